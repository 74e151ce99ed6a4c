"""Tables with notes above in lines of “#” or “%”: np.savetxt, KONECT, and many a program.

The notes are made blank lines, which the reader of text skips and counts, so that every message
still names the right line.
"""

from __future__ import annotations

import io
import re

import pandas as pd

from recsys_core.reading import budget
from recsys_core.reading.dialect import DELIMITERS, sniff
from recsys_core.reading.formats.rows import NamedCells, SaidText, Says
from recsys_core.reading.layout import has_header
from recsys_core.reading.limits import MAX_COLUMNS
from recsys_core.reading.sources import unreadable
from recsys_core.text import Text

CODE = "comments"

_KONECT = re.compile(r"%\s*(bip|sym|asym)\b", re.IGNORECASE)
_KONECT_NAMES = ["user", "item", "rating", "timestamp"]
_SAVETXT = re.compile(r"[+-]?\d\.\d+e[+-]\d+", re.IGNORECASE)  # every number of np.savetxt
_HEAD = 1 << 16


def recognised(head: str, name: str = "") -> bool:
    """Whether a text begins with notes: lines of “#” or “%” above a table.

    A first line that is as wide as the table and no header is a row: its first cell begins with
    “#”. So is “#,Alien,Heat”, a header whose first name is “#”.
    """
    notes, lines = _parted(head)
    if not notes or not lines:
        return False
    mark = notes[0][0]
    if mark == "%":
        return not notes[0].startswith("%%MatrixMarket")
    delimiter = DELIMITERS.get(found := sniff(lines[:50]), found)
    if notes[0][1:2] == delimiter != " ":
        return False
    cells = [_split(line, delimiter) for line in lines[:50]]
    first = _split(notes[-1].lstrip("#"), delimiter)
    return len(notes) > 1 or len(first) != len(cells[0]) or has_header([first, *cells])


def read(data: bytes, said: str, table: str | None = None) -> SaidText | NamedCells:
    """The table below the notes; the last note names the columns where it has as many names."""
    head = data[:_HEAD].decode("utf-8", "replace")
    notes, lines = _parted(head)
    if not notes or not lines:
        return SaidText(data, said)  # in the encoding that was chosen there are none
    if _KONECT.match(notes[0]):
        return _konect(data, said)
    delimiter = DELIMITERS.get(found := sniff(lines[:50]), found)
    first = _split(lines[0], delimiter)
    names = _names(notes, len(first), delimiter)
    if all(map(_SAVETXT.fullmatch, first)):
        return _savetxt(data, said, names, delimiter)
    return SaidText(_without_notes(data, delimiter.join(names)), said)


def _parted(head: str) -> tuple[list[str], list[str]]:
    """The notes above, and the lines below them that hold anything."""
    lines = [line for line in head.lstrip("\ufeff").splitlines() if line.strip()]
    at = 0
    while at < len(lines) and lines[at].lstrip()[0] in "#%":
        at += 1
    notes = [line.strip() for line in lines[:at]]
    return notes, [line for line in lines[at:] if not line.lstrip().startswith("#")]


def _split(line: str, delimiter: str) -> list[str]:
    cells = line.split() if delimiter == " " else line.split(delimiter)
    return [cell.strip() for cell in cells]


def _names(notes: list[str], width: int, delimiter: str) -> list[str]:
    """The names in the last note, none where it has not as many as there are columns."""
    last = notes[-1].lstrip("#% ")
    for split in (_split(last, delimiter), last.split(), last.replace(",", " ").split()):
        if len(split) == width:
            return split
    return []


def _without_notes(data: bytes, header: str = "") -> bytes:
    """The text with its notes as blank lines, the last of them as the header."""
    at, last = 0, -1
    for line in io.BytesIO(data):
        stripped = line.lstrip(b"\xef\xbb\xbf \t")
        if stripped.strip() and stripped[:1] not in (b"#", b"%"):
            break
        if stripped.strip():
            last = at
        at += len(line)
    blank = re.sub(rb"[^\r\n]", b"", data[:last])
    end = data.find(b"\n", last)
    body = data[end:]
    whole = end_of_body = len(body.rstrip())
    while (at := body.rfind(b"\n", 0, whole)) >= 0 and body[at + 1 : at + 2] in (b"#", b"%"):
        whole = at  # a footer of np.savetxt
    return blank + header.encode() + (body[:whole] if whole < end_of_body else body)


def _konect(data: bytes, said: str) -> NamedCells:
    """KONECT's edges: from, to and, where there, weight and time (http://konect.cc)."""
    frame = _parsed(data, said, " ", dtype={0: object, 1: object})
    if not 2 <= frame.shape[1] <= 4:
        raise unreadable(
            Text(
                "{said} has {n_given} columns; a file of KONECT has user, item, rating and time.",
                said=said,
                n_given=frame.shape[1],
            )
        )
    frame.columns = pd.Index(_KONECT_NAMES[: frame.shape[1]])
    return NamedCells(frame, said, CODE, says=Says({n: n for n in frame.columns}))


def _savetxt(data: bytes, said: str, names: list[str], delimiter: str) -> NamedCells:
    """Numbers as np.savetxt writes them, 1.000000000000000000e+00: ids among them are whole."""
    frame = _parsed(data, said, delimiter)
    if len(names) == frame.shape[1]:
        frame.columns = pd.Index(names)
    return NamedCells(frame, said, CODE, named=len(names) == frame.shape[1])


def _parsed(data: bytes, said: str, delimiter: str, **options: object) -> pd.DataFrame:
    separator = r"\s+" if delimiter == " " else delimiter
    body = _without_notes(data)
    first = body.lstrip().partition(b"\n")[0]
    if (width := first.count(delimiter.encode()) + 1) > MAX_COLUMNS:
        raise unreadable(
            Text(
                "{said} has {width:,} columns, more than the {most:,} read as a matrix; bring one "
                "rating a line instead: user, item, rating.",
                said=said,
                width=width,
                most=MAX_COLUMNS,
            )
        )
    budget.now().spend(said, cells=width * (body.count(b"\n") + 1))
    try:
        return pd.read_csv(
            io.BytesIO(body), sep=separator, header=None, low_memory=False,
            quoting=3, encoding_errors="replace", **options,
        )  # type: ignore[call-overload,no-any-return]  # fmt: skip
    except (pd.errors.ParserError, ValueError):
        raise unreadable(
            Text(
                "The lines of {said} have not all as many columns; mend those that differ.",
                said=said,
            )
        ) from None
