"""Browser tests wait for what they look at: nothing is read only once, and nothing sleeps."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

# Whatever these are handed as a lambda, they call again and again.
POLLS = {"becomes", "steady", "stays"}

# What Playwright answers at once, from the page as it is at that moment.
READINGS = {
    "all", "all_inner_texts", "all_text_contents", "aria_snapshot", "bounding_box", "content",
    "count", "element_handle", "element_handles", "eval_on_selector", "eval_on_selector_all",
    "evaluate", "evaluate_all", "evaluate_handle", "get_attribute", "inner_html", "inner_text",
    "input_value", "is_checked", "is_disabled", "is_editable", "is_enabled", "is_hidden",
    "is_visible", "query_selector", "query_selector_all", "text_content", "title",
}  # fmt: skip

SLEEPS = {"sleep", "wait_for_timeout"}

# Their address never changes; that of a page does.
_OF_ONE_ADDRESS = {"answer", "request", "server", "socket"}

Function = ast.FunctionDef | ast.AsyncFunctionDef


def races(sources: dict[str, str]) -> list[str]:
    """Where a test looks at the page without waiting, or sleeps; ``sources`` by file name.

    The rule: **a test reads the page only inside a lambda handed to ``becomes``, ``steady`` or
    ``stays``.** A function that reads elsewhere is a reading itself: it, too, is called only there.
    A statement that throws the answer away, such as ``div.evaluate("…")``, does something and reads
    nothing. Only the polls themselves sleep, in ``helpers.py``.
    """
    trees = {name: ast.parse(source) for name, source in sources.items()}
    nodes = [(name, node) for name, tree in trees.items() for node in ast.walk(tree)]
    functions = [(name, node) for name, node in nodes if isinstance(node, Function)]
    reading = set(READINGS)
    while more := {f.name for _, f in functions if any(_reads(f, reading))} - reading - POLLS:
        reading |= more
    said = [
        f"{name}:{line}: {what} is read only once"
        for name, function in functions
        if _is_run_by_pytest(function)
        for line, what in _reads(function, reading)
    ]
    said += [
        f"{name}:{node.lineno}: {_called(node)} hopes to be long enough"
        for name, node in nodes
        if _called(node) in SLEEPS and name != "helpers.py"
    ]
    return said


def _is_run_by_pytest(function: Function) -> bool:
    decorators = " ".join(map(ast.unparse, function.decorator_list))
    return function.name.startswith("test_") or "fixture" in decorators


def _reads(function: Function, reading: set[str]) -> Iterator[tuple[int, str]]:
    """Line and name of each reading in a function, outside what is polled."""
    for node in _own_nodes(function):
        called = _called(node)
        if called in reading and not _is_pythons(node):
            yield node.lineno, called
        if isinstance(node, ast.Attribute) and node.attr == "url":
            if ast.unparse(node.value) not in _OF_ONE_ADDRESS:
                yield node.lineno, "url"


def _is_pythons(call: ast.Call) -> bool:
    """``all(seen)`` and ``text.count("a")`` ask no page; its own want no argument."""
    return _called(call) in ("all", "count") and bool(call.args)


def _own_nodes(node: ast.AST) -> Iterator[ast.AST]:
    """All below a node but functions, lambdas that are polled, and calls of no consequence."""
    polls = _called(node) in POLLS
    for child in ast.iter_child_nodes(node):
        handed = child.value if isinstance(child, ast.keyword) else child
        if isinstance(child, Function) or (polls and isinstance(handed, ast.Lambda)):
            continue
        is_thrown_away = isinstance(node, ast.Expr) and _called(child) in READINGS
        if not is_thrown_away:
            yield child
        yield from _own_nodes(child)


def _called(node: ast.AST) -> str:
    """Name of the function or method that a node calls; nothing where it is no call."""
    function = node.func if isinstance(node, ast.Call) else None
    return getattr(function, "attr", None) or getattr(function, "id", "")


def test_no_browser_test_reads_once_or_sleeps():
    files = sorted(Path(__file__).parent.glob("*.py"))
    assert len(files) > 5
    assert races({file.name: file.read_text(encoding="utf-8") for file in files}) == []


HELPERS = """
def latest(page):
    return int(page.locator(".fs-timeline").get_attribute("data-latest"))

def shown(page):
    return latest(page) + 1

def press(page):
    box = page.locator("button").bounding_box()
    page.mouse.click(box["x"], box["y"])

def press_well(page):
    box = steady(lambda: page.locator("button").bounding_box())
    page.mouse.click(box["x"], box["y"])
"""


@pytest.mark.parametrize(
    "line",
    [
        "assert page.locator('h1').inner_text() == 'Data'",
        "assert page.url.endswith('/train')",
        "assert latest(page) == 3",
        "assert shown(page) == 3  # reads by another function",
        "before = latest(page)",
        "press(page)  # acts on what it has read once",
        "becomes(latest(page), 3)",
        "becomes(lambda: latest(page), shown(page))",
        "becomes(lambda: latest(page) > 2, wanted=shown(page))",
        "page.mouse.click(*page.locator('canvas').bounding_box())",
        "later = lambda: latest(page)",
        "for _ in range(3):\n        if page.locator('h1').is_visible(): break",
        "page.wait_for_timeout(300)",
        "time.sleep(1)",
        "sleep(1)",
    ],
)
def test_what_may_look_too_early_is_found(line):
    test = f"def test_it(page):\n    {line}\n"
    assert len(races({"helpers.py": HELPERS, "test_it.py": test})) == 1


@pytest.mark.parametrize(
    "line",
    [
        "becomes(lambda: latest(page), 3)",
        "becomes(read=lambda: latest(page), wanted=lambda seen: seen > 3)",
        "becomes(read, 3)  # a function by its name",
        "before = steady(lambda: page.locator('h1').inner_text())",
        "stays(lambda: [each.inner_text() for each in page.locator('h1').all()], ['Data'])",
        "expect(page.locator('h1')).to_have_text('Data')",
        "press_well(page)",
        "page.evaluate('window.mark = 1')",
        "page.on('request', lambda request: notes.append(request.url))",
        "assert all(seen) and 'a b a'.count('a') == 2",
        "page.goto(server.url)",
    ],
)
def test_what_waits_is_let_pass(line):
    test = f"def read(page):\n    return latest(page)\n\ndef test_it(page):\n    {line}\n"
    assert races({"helpers.py": HELPERS, "test_it.py": test}) == []


def test_a_fixture_waits_too():
    fixture = "@pytest.fixture\ndef title(page):\n    return page.locator('h1').inner_text()\n"
    assert races({"conftest.py": fixture}) == ["conftest.py:3: inner_text is read only once"]
