"""Tables drawn with signs: Markdown, Jira, and what psql, MySQL, Org mode and pandas print.

| user | film  | rating |        user | film  | rating        +------+-------+
|------|:-----:|-------:|       ------+-------+--------       | user | film  |
| Ana  | Alien | 5      |        Ana  | Alien |      5        +------+-------+
"""

from __future__ import annotations

import re

import pandas as pd

from recsys_core.reading import budget
from recsys_core.reading.formats.rows import NamedCells
from recsys_core.reading.sources import unreadable
from recsys_core.reading.text import unique_names
from recsys_core.text import Text

CODE = "markdown"

_RULE = re.compile(r"(?=.*(--|==|:-|-:))[|+:=\-\s]+")
_JIRA = re.compile(r"\s*\|\|[^|].*[^|]\|\|\s*")  # ||user||film||, and no rule below it
_PIPE = re.compile(r"(?<!\\)\|")
_EMPHASIS = re.compile(r"(\*\*|__|\*|_|`)(.+)\1", re.DOTALL)
_COUNT = re.compile(r"\(?\d+ rows?( in set.*)?\)?", re.IGNORECASE)  # of psql and MySQL


def recognised(head: str, name: str = "") -> bool:
    """Whether, after at most 20 lines of prose, a line of pipes has a rule beside it."""
    lines = [line for line in head.splitlines() if line.strip()][:24]
    return _begin(lines) is not None


def _begin(lines: list[str]) -> int | None:
    """The line that names the columns: pipes, and below it a rule with as many parts."""
    for at, (line, below) in enumerate(zip(lines, lines[1:], strict=False)):
        if _JIRA.fullmatch(line) and len(_cells(below)) == len(_names(line)):
            return at
        if not _PIPE.search(line) or not _RULE.fullmatch(below) or _RULE.fullmatch(line):
            continue
        n_parts = len([part for part in re.split(r"[|+]", below.strip().strip("|+"))])
        if n_parts == len(_cells(line)):
            return at
    return None


def _names(line: str) -> list[str]:
    """The names in a line of them."""
    return _cells(line.replace("||", "|") if _JIRA.fullmatch(line) else line)


def _cells(line: str) -> list[str]:
    """The cells of a line; pipes at its ends and after a backslash are not between cells."""
    line = line.strip()
    line = line[1:] if line.startswith("|") else line
    line = line[:-1] if line.endswith("|") and not line.endswith("\\|") else line
    return [_plain(cell.replace("\\|", "|").strip()) for cell in _PIPE.split(line)]


def _plain(cell: str) -> str:
    found = _EMPHASIS.fullmatch(cell)
    return found[2].strip() if found else cell


def read(data: bytes, said: str, table: str | None = None) -> NamedCells:
    """The first table; all cells as text.

    Raises
    ------
    ReadError
        If a line has another number of cells than the header.
    """
    spent = budget.now()
    spent.spend(said, memory=58 * (data.count(b"\n") + data.count(b"\r")))  # a text for each line
    lines = [line for line in data.decode("utf-8", "replace").splitlines() if line.strip()]
    begin = _begin(lines)
    if begin is None:
        raise unreadable(Text("{said} holds no table drawn with “|”.", said=said))
    names = _names(lines[begin])
    rows: list[list[str]] = []
    for line in lines[begin + 1 :]:
        if _RULE.fullmatch(line):
            continue
        if not _PIPE.search(line) or _COUNT.fullmatch(line.strip()):
            break
        cells = _cells(line)
        if len(cells) > len(names):
            raise unreadable(
                Text(
                    "Row {row:,} of the table in {said} has {n_given} cells where the others have "
                    "{expected}; write “\\|” for a “|” inside a cell.",
                    row=len(rows) + 1,
                    said=said,
                    n_given=len(cells),
                    expected=len(names),
                )
            )
        cells += [""] * (len(names) - len(cells))
        spent.take(said, cells)
        rows.append(cells)
    frame = pd.DataFrame(rows, columns=unique_names(names), dtype=object)
    return NamedCells(frame, said, CODE)
