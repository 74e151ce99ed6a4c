"""Text that people bring reaches Streamlit's Markdown only through ``escape.markdown``."""

import ast
import string
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

# Where Streamlit reads an argument as Markdown: in its bodies, its labels and its help.
READ = frozenset(
    "badge button caption checkbox dialog download_button error expander feedback file_uploader "
    "form_submit_button header info link_button markdown metric multiselect number_input page_link "
    "pills popover radio segmented_control selectbox slider spinner subheader success tabs "
    "text_area text_input title toast toggle warning write".split()
)
KEYWORDS = frozenset("body caption captions help label text".split())
OPTIONS = frozenset("pills radio segmented_control".split())  # Markdown; those of lists are text

# Words of ours that no name gets into, nouns from a table, and numbers.
OURS = frozenset(
    "CATALOGUE[key].title MODELS.described(algorithm)[1] MODELS.described(name)[0] before_reasons "
    "case.title each each.text each.title group heatmap.legend item_noun k label meaning "
    "model.title n_factors names.__getitem__ noun of option.meaning own ratings.scale "
    "each.code.__module__ glossary.tooltip "
    "release.terms release.title replica.number replica.settings replica.summary replica.system "
    "shown speed sums.pulled sums.rest title what_would_be_here words.many words.given "
    "words.a words.duration words.error words.factor words.measure words.named words.nouns "
    "words.number words.percent words.plural words.span replica.seeds_sentence "
    "replica.another_data_set world.what".split()
)
# Parameters that are Markdown already, and what is put together from words of ours.
EXEMPT = {
    ("pages/panels/predictions/interval_check.py", "found.n_ratings"),
    # Another of that name in the file, or escaped once it is put together.
    ("pages/panels/latent/map_notes.py", "escape.short(names[i], 40)"),
    ("pages/shared/recommendations.py", "*before"),
    ("pages/shared/recommendations.py", "_on_the_scale"),
    ("pages/panels/compare/splits.py", "'\\n'.join"),
    ("pages/panels/compare/table.py", "'\\n'.join"),
    ("pages/panels/latent/closer.py", "{which: title"),
    ("pages/panels/predictions/guess.py", "'; '.join"),
    ("pages/panels/recommend/closer.py", "{which: title"),
    ("pages/panels/learn/replicas.py", "others"),
    ("pages/panels/learn/replicas.py", "why"),
    # A lesson's own words are Markdown, by whoever keeps this server.
    ("pages/shared/lesson_panel.py", "step.text"),
    ("pages/shared/lesson_panel.py", "hint"),
    ("pages/shared/lesson_panel.py", "question.text"),
    ("pages/shared/lesson_panel.py", "question.answers[at].text"),
    ("pages/shared/lesson_panel.py", "answer.why"),
    ("pages/shared/header.py", "text"),
    ("pages/shared/recommendations.py", "start"),
    ("pages/train.py", "nouns()"),
    ("pages/panels/data/generate.py", "worlds[name].name"),
    ("pages/shared/choices.py", "names[each]"),
    # Codes of six letters of ours, numbers, and an address of this server.
    ("pages/room.py", "view.option('room')"),
    ("pages/panels/room/ending.py", "state"),
    ("pages/panels/room/ending.py", "state.room.code"),
    ("pages/panels/room/ending.py", "below()"),
    ("pages/panels/room/entries.py", "number"),
    ("pages/panels/room/phases.py", "step.button"),
    ("pages/panels/room/results.py", "scores.n_cells"),
    # What is written there is no page.
    ("pages/routes/connections.py", "head.encode()"),
    ("pages/routes/rooms.py", "request.headers.get(simulated.HEADER, '')"),
}

# Not Streamlit's, though called the same.
OTHERS = frozenset("escape latent link receipt view words".split())


def arguments(tree: ast.AST) -> Iterator[tuple[ast.Call, ast.expr]]:
    """The arguments that are read as Markdown, with their calls."""
    for call in ast.walk(tree):
        if not (isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute)):
            continue
        if call.func.attr not in READ or ast.unparse(call.func.value) in OTHERS:
            continue
        if call.args:
            yield call, call.args[0]
        for keyword in call.keywords:
            if keyword.arg in KEYWORDS or (
                keyword.arg == "format_func" and call.func.attr in OPTIONS
            ):
                yield call, keyword.value


def raw(value: ast.expr, inside: ast.AST, seen: frozenset[str] = frozenset()) -> str | None:
    """The part of an expression that may hold somebody's text as it is; None if there is none."""

    def first(*parts: ast.expr) -> str | None:
        return next((found for part in parts if (found := raw(part, inside, seen))), None)

    said = ast.unparse(value)
    called = ast.unparse(value.func) if isinstance(value, ast.Call) else said
    if any(called == ours or called.endswith(f".{ours}") for ours in OURS):
        return None
    match value:
        case ast.Constant():
            return None
        case ast.FormattedValue(value=part, format_spec=spec):
            return None if spec is not None else raw(part, inside, seen)
        case ast.JoinedStr(values=parts):
            return first(*parts)
        case ast.BoolOp(values=parts) | ast.List(elts=parts) | ast.Tuple(elts=parts):
            return first(*parts)
        case ast.IfExp(body=a, orelse=b) | ast.BinOp(left=a, right=b):
            return first(a, b)
        case ast.Lambda(body=body):
            return raw(body, inside, seen)
        case ast.Call(func=ast.Attribute(value=ast.Name(id="escape"), attr="markdown")):
            return None
        case ast.Call(func=ast.Name(id="len" | "Number" | "later")):
            return None
        case ast.Call(
            func=ast.Attribute(value=ast.Constant(value=str()), attr="join"), args=[part]
        ):
            return raw(part, inside, seen)
        case ast.Call(func=ast.Name(id="Text"), args=sentences, keywords=values):
            numbers = {name for each in sentences for name in written_as_numbers(each)}
            return first(*sentences, *(each.value for each in values if each.arg not in numbers))
        case ast.Call(func=ast.Name(id="worded"), args=[part]):
            return raw(part, inside, seen)
        case ast.Call(func=ast.Attribute(value=part, attr="worded"), args=[]):
            return raw(part, inside, seen)
        case ast.Call(func=ast.Attribute(attr="listed"), args=[part]):
            return raw(part, inside, seen)
        case ast.Call(func=ast.Name(id="list"), args=[part]):
            return raw(part, inside, seen)
        case ast.Call(
            func=ast.Attribute(value=part, attr="capitalize" | "removeprefix" | "values")
        ):
            return raw(part, inside, seen)
        case ast.Dict(values=parts):
            return first(*parts)
        case ast.Call(func=ast.Name(id=name)) if name not in seen:
            return returned(name, inside, seen | {name})
        case ast.Attribute(attr=name) | ast.Name(id=name) if name.isupper():
            return None
        case ast.Subscript(value=ast.Name(id=name)) if name.isupper():
            return None
        case ast.ListComp(elt=part) | ast.GeneratorExp(elt=part):
            return raw(part, inside, seen)
        case ast.Name(id=name) if name in seen:
            return None  # looked at already
        case ast.Name(id="Text"):
            return None  # of a sentence of ours, which a choice names by its English
        case ast.Name(id=name) if name not in seen:
            return assigned(name, inside, seen | {name})
    return said


def written_as_numbers(sentence: ast.expr) -> set[str]:
    """The values of a Text that its template writes as numbers: “{n:,}”; and what it counts."""
    if not (isinstance(sentence, ast.Constant) and isinstance(sentence.value, str)):
        return set()
    placeholders = string.Formatter().parse(sentence.value)
    return {name for _, name, spec, _ in placeholders if name and spec} | {"n"}


def assigned(name: str, inside: ast.AST, seen: frozenset[str]) -> str | None:
    """The same of all that a name is given, anywhere in the file."""
    values = [
        node.value
        for node in ast.walk(inside)
        if isinstance(node, ast.Assign | ast.AugAssign | ast.AnnAssign) and node.value is not None
        for target in (node.targets if isinstance(node, ast.Assign) else [node.target])
        if isinstance(target, ast.Name) and target.id == name
    ] + [
        node.args[0]
        for node in ast.walk(inside)
        if isinstance(node, ast.Call) and ast.unparse(node.func) == f"{name}.append"
    ]
    if not values:
        return name
    return next((found for value in values if (found := raw(value, inside, seen))), None)


def returned(name: str, inside: ast.AST, seen: frozenset[str]) -> str | None:
    """The same of all that a function of the file returns."""
    values = [
        node.value
        for function in ast.walk(inside)
        if isinstance(function, ast.FunctionDef) and function.name == name
        for node in ast.walk(function)
        if isinstance(node, ast.Return) and node.value is not None
    ]
    if not values:
        return f"{name}()"
    return next((found for value in values if (found := raw(value, inside, seen))), None)


def found(tree: ast.AST) -> list[tuple[int, str]]:
    return [(call.lineno, said) for call, value in arguments(tree) if (said := raw(value, tree))]


def test_nothing_raw_is_read_as_markdown():
    wrong = [
        f"{name}:{line} reads {said} as Markdown"
        for path in [ROOT / "app.py", *sorted((ROOT / "pages").rglob("*.py"))]
        for name in [path.relative_to(ROOT).as_posix()]
        for line, said in found(ast.parse(path.read_text(encoding="utf-8")))
        if not any(name == file and said.startswith(part) for file, part in EXEMPT)
    ]
    assert not wrong, "Put it through escape.markdown:\n" + "\n".join(wrong)


@pytest.mark.parametrize(
    "code",
    [
        "st.caption(name)",
        "st.markdown(f'**{axis.names[0]}** rated')",
        "st.button('x', help=ratings.name)",
        "st.error(str(error))",
        "place.pills('x', a, format_func=lambda at: names[at])",
        "text = 'a'\ntext += data.name\nst.info(text)",
        "def f():\n    return run.name\nst.write(f())",
        "st.write(Text('{name} rated', name=axis.names[0]))",
        "st.write(worded(error.text))",
    ],
)
def test_what_is_raw_is_found(code):
    assert found(ast.parse(code))


@pytest.mark.parametrize(
    "code",
    [
        "st.caption(f'{n:,} of {escape.markdown(name)}')",
        "st.button('x' if one else PLAY, help=MEANING[kind])",
        "st.pills('x', names)",
        "st.write(Text('{n} of {all:,} by {name}', n=n, all=k, name=escape.markdown(name)))",
        "st.pills('x', a, format_func=lambda each: LABELS[each].worded())",
    ],
)
def test_what_is_not_is_left_alone(code):
    assert not found(ast.parse(code))
