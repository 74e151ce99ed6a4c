"""What docstrings of the core say: shapes of arrays, errors that are raised, examples that run."""

import ast
import doctest
import re
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import pytest

from recsys_core import errors

CORE = Path(errors.__file__).parent
ERRORS = {
    name
    for name, value in vars(errors).items()
    if isinstance(value, type) and issubclass(value, errors.FactorscopeError)
}

# A shape: sizes in parentheses, as in (n,), (n_users, k), (len(ids), 3) or (n, width + 1). Other
# words in parentheses, as in (users, for example), are none.
NUMBER = r"(?:\d+|[a-zA-Z]|n_\w+|len\(\w+\)|width|rows|columns|units.?|…)"
SIZE = rf"{NUMBER}(?:(?: ?[+·×−*-] ?| ){NUMBER})*"
SHAPE = re.compile(rf"\({SIZE},(?: {SIZE},?)*\)|\bshape\b")


def modules() -> Iterator[tuple[str, ast.Module]]:
    """Every module of the core, by its path in the checkout."""
    for path in sorted(CORE.rglob("*.py")):
        where = path.relative_to(CORE.parent).as_posix()
        yield where, ast.parse(path.read_text(encoding="utf-8"))


def public_functions(tree: ast.Module) -> Iterator[tuple[str, ast.FunctionDef]]:
    """The functions and methods of a module whose own name and class are public."""
    classes = [node for node in tree.body if isinstance(node, ast.ClassDef)]
    for owner in [None, *(each for each in classes if not each.name.startswith("_"))]:
        for node in (owner or tree).body:
            if isinstance(node, ast.FunctionDef) and not node.name.startswith("_"):
                yield f"{owner.name + '.' if owner else ''}{node.name}", node


def takes_or_returns_arrays(function: ast.FunctionDef) -> bool:
    given = [*function.args.posonlyargs, *function.args.args, *function.args.kwonlyargs]
    annotations = [function.returns, *(each.annotation for each in given)]
    return any("ndarray" in ast.unparse(each) for each in annotations if each)


def raised(function: ast.FunctionDef, helpers: dict[str, list[ast.FunctionDef]]) -> set[str]:
    """The core's errors that a function raises, itself or by the module's private functions."""
    found, seen, waiting = set(), set(), [function]
    while waiting:
        for node in ast.walk(waiting.pop()):
            if isinstance(node, ast.Raise) and node.exc is not None:
                called = node.exc.func if isinstance(node.exc, ast.Call) else node.exc
                found.add(ast.unparse(called).rpartition(".")[2])
            elif isinstance(node, ast.Call):
                name = re.sub(r"^(self|cls)\.", "", ast.unparse(node.func))
                if name in helpers and name not in seen:
                    seen.add(name)
                    waiting += helpers[name]
    return found & ERRORS


def private_functions(tree: ast.Module) -> dict[str, list[ast.FunctionDef]]:
    """The functions and methods of a module that begin with one underscore, by name."""
    found: dict[str, list[ast.FunctionDef]] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef) and re.match("_[^_]", node.name):
            found.setdefault(node.name, []).append(node)
    return found


def raises_section(docstring: str) -> str:
    """The text under ``Raises``, up to the next section."""
    parts = re.split(r"^(\w+)\n-{3,}$", docstring, flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True)).get("Raises", "")


MODULES = dict(modules())


def test_every_public_function_of_arrays_says_a_shape():
    checked, silent = 0, []
    for where, tree in MODULES.items():
        for name, function in public_functions(tree):
            if takes_or_returns_arrays(function):
                checked += 1
                if not SHAPE.search(ast.get_docstring(function) or ""):
                    silent.append(f"{where}:{function.lineno} {name}")
    assert not silent, "no shape, such as (n_users, n_factors), in\n" + "\n".join(silent)
    assert checked > 100  # else nothing was looked at


def test_every_public_function_names_the_errors_it_raises():
    checked, silent = 0, []
    for where, tree in MODULES.items():
        helpers = private_functions(tree)
        for name, function in public_functions(tree):
            said = raises_section(ast.get_docstring(function) or "")
            for error in sorted(raised(function, helpers)):
                checked += 1
                if not re.search(rf"^[\w, ]*\b{error}\b[\w, ]*$", said, re.MULTILINE):
                    silent.append(f"{where}:{function.lineno} {name}: {error}")
    assert not silent, "no such error under Raises in\n" + "\n".join(silent)
    assert checked > 70


@pytest.mark.parametrize(
    ("text", "is_shape"),
    [
        ("float32, (n,)", True),
        ("(n_users, n_factors)", True),
        ("(len(user_ids), len(item_ids))", True),
        ("(n_rows, width + 1)", True),
        ("θ, of any shape", True),
        ("Predict ratings (float32).", False),
        ("of some people (users, for example)", False),
        ("x (see ``FoldIn``)", False),
    ],
)
def test_a_shape_is_told_from_words_in_parentheses(text, is_shape):
    assert bool(SHAPE.search(text)) == is_shape


def test_errors_raised_by_a_private_function_count():
    tree = ast.parse("def f():\n  _g()\ndef _g():\n  raise errors.ReadError('x')\n  raise KeyError")
    assert raised(tree.body[0], private_functions(tree)) == {"ReadError"}


def registers_a_model(tree: ast.Module) -> bool:
    classes = [node for node in tree.body if isinstance(node, ast.ClassDef)]
    return "MODELS.register" in {ast.unparse(d) for each in classes for d in each.decorator_list}


MODELS = [
    Path(where).stem
    for where, tree in MODULES.items()
    if where.startswith("recsys_core/models/") and registers_a_model(tree)
]


@pytest.mark.parametrize("name", MODELS)
def test_the_example_at_the_top_of_each_model_is_true(name):
    module = import_module(f"recsys_core.models.{name}")
    # With nothing of the module at hand: a reader who copies the example has it all.
    (example,) = doctest.DocTestFinder(recurse=False).find(module, name, globs={})
    assert 4 <= len(example.examples) <= 9, "an example of some six lines is missing"
    assert doctest.DocTestRunner().run(example).failed == 0


def test_every_model_has_been_found():
    assert len(MODELS) >= 10 and {"sgd", "neural", "baselines"} <= set(MODELS)
