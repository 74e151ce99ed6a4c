"""Bring the catalogues up to date with the sources, ``python -m docs.catalogues``.

What is new gets an empty entry, to be filled in; what is gone is removed. A sentence is found where
it is written: as literals in ``Text("…", "…")`` and ``later("…")`` of Python, ``worded("…")`` and
``counted("…", "…")`` of JavaScript. Lessons are files of their own.
"""

from __future__ import annotations

import ast
import io
import json
import re
from collections.abc import Iterator
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.pofile import write_po

from recsys_core import language, words

ROOT = Path(__file__).parents[1]

Id = str | tuple[str, str]

# A form for one, and one for all other numbers, as in English. No dates: they would change always.
_HEADER = """msgid ""
msgstr ""
"Language: {code}\\n"
"Plural-Forms: nplurals=2; plural=(n != 1);\\n"
"Content-Type: text/plain; charset=utf-8\\n"

"""


def sources() -> Iterator[tuple[str, Id]]:
    """All sentences, with the file each stands in, from the project's folder."""
    for folder in ("pages", "recsys_core"):
        for path in sorted((ROOT / folder).rglob("*.py")):
            here = path.relative_to(ROOT).as_posix()
            for id in of_python(path.read_text(encoding="utf-8")):
                yield here, id
    for path in sorted(
        (*(ROOT / "pages/shared/chart/js").glob("*.js"), *(ROOT / "pages/routes").rglob("*.js"))
    ):
        here = path.relative_to(ROOT).as_posix()
        for id in of_javascript(path.read_text(encoding="utf-8")):
            yield here, id
    for noun in words.NOUNS:
        yield "recsys_core/words.py", words.many(noun)
        yield "recsys_core/words.py", words.counted(noun)


def of_python(source: str) -> Iterator[Id]:
    """The sentences of a Python file."""
    for node in ast.walk(ast.parse(source)):
        if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Name | ast.Attribute)):
            continue
        called = node.func.id if isinstance(node.func, ast.Name) else node.func.attr
        if called not in ("Text", "later"):
            continue
        given = [arg.value for arg in node.args if isinstance(arg, ast.Constant)]
        if len(given) == len(node.args) and given and given[0]:
            yield given[0] if len(given) == 1 else (given[0], given[1])


_STRING = r'"(?:[^"\\]|\\.)*"'


def of_javascript(source: str) -> Iterator[Id]:
    """The sentences of a JavaScript file."""
    for one in re.finditer(rf"\bworded\(\s*({_STRING})", source):
        yield json.loads(one[1])
    for one in re.finditer(rf"\bcounted\(\s*({_STRING}),\s*({_STRING})", source):
        yield json.loads(one[1]), json.loads(one[2])


def part_of(path: str) -> str:
    """The file of a catalogue for a source: "reading" for all of ``recsys_core/reading``."""
    folder, *rest = path.split("/")
    if "telephone" in rest:
        return "telephone"
    if "js" in rest or (folder == "recsys_core" and rest[0] == "live"):
        return "browser"
    if folder == "recsys_core":
        return rest[0] if len(rest) > 1 else "core"
    return f"page-{rest[1]}" if rest[0] == "panels" and len(rest) > 2 else "pages"


def fresh(code: str) -> dict[str, Catalog]:
    """The files of a language as they should be, with what the present ones say."""
    known = {
        path.stem: language.read(path, code)
        for path in sorted((language.FOLDER / code).glob("*.po"))
    }
    found: dict[str, Catalog] = {}
    for path, id in sources():
        part = part_of(path)
        catalogue = found.setdefault(part, empty())
        said = [each[id] for each in (known.get(part), *known.values()) if each and id in each]
        catalogue.add(
            id,
            next((entry.string for entry in said if entry and is_said(entry.string)), None),
            locations=[(path, None)],
        )
    return found


def empty() -> Catalog:
    """A file without sentences; as many forms as English has, see the header."""
    return Catalog(locale="en", fuzzy=False)


def is_said(string: object) -> bool:
    """Whether an entry is filled in, with all its forms."""
    return all(string) if isinstance(string, tuple | list) else bool(string)


def lacking(code: str) -> list[tuple[str, Id]]:
    """Sentences that a language does not have, with the file that should say each."""
    return unsaid(fresh(code))


def unsaid(files: dict[str, Catalog]) -> list[tuple[str, Id]]:
    """The same of the files of a language."""
    return [
        (part, entry.id)
        for part, catalogue in files.items()
        for entry in catalogue
        if entry.id and not is_said(entry.string)
    ]


def write(code: str) -> dict[str, Catalog]:
    """Bring the files of a language up to date; returns them."""
    folder = language.FOLDER / code
    folder.mkdir(parents=True, exist_ok=True)
    made = fresh(code)
    for path in folder.glob("*.po"):
        if path.stem not in made:
            path.unlink()
    for part, catalogue in made.items():
        body = io.BytesIO()
        write_po(body, catalogue, width=100, omit_header=True, include_lineno=False)
        text = _HEADER.format(code=code) + body.getvalue().decode()
        (folder / f"{part}.po").write_text(text, encoding="utf-8")
    return made


if __name__ == "__main__":
    for code in {**language.LANGUAGES, **language.BEGUN}:
        if code != "en":
            print(f"{code}: {len(unsaid(write(code)))} sentences are not said yet")
