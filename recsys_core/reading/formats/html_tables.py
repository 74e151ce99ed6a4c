"""Tables of a web page, saved or pasted, and “.xls” files that are such a page inside."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from html.parser import HTMLParser

from recsys_core.reading import budget
from recsys_core.reading.formats.rows import (
    RecordCells,
    chosen_table,
    likeness_of_records,
    trimmed,
)
from recsys_core.reading.limits import MAX_COLUMNS, MAX_SHEET_CELLS, MiB
from recsys_core.reading.sources import unreadable
from recsys_core.text import Text
from recsys_core.words import distinct

CODE = "html"

# Python's parser takes some 5 MB a second; a page of ratings has a few.
_MOST = 64 * MiB
_MOST_TABLES = 200
_PIECE = 1 << 16  # letters that are parsed at once

# No way back into a comment that has ended (*+): there are 2ⁿ ways through n of them.
_BEGINS = re.compile(
    r"\s*(<!--.*?-->\s*)*+<(!doctype|html|head|body|table|meta|div)\b", re.I | re.S
)


def recognised(head: str, name: str = "") -> bool:
    """Whether a text begins as a web page or a piece of one does."""
    return bool(_BEGINS.match(head.lstrip("\ufeff")[:4096]))


def read(data: bytes, said: str, table: str | None = None) -> RecordCells:
    """The chosen table of a page; by itself the one most like ratings, of equals the largest.

    Tables are called by their caption or id, else “table 1”, “table 2” …

    Raises
    ------
    ReadError
        If the page has no table of two rows and two columns.
    """
    if len(data) > _MOST:
        raise unreadable(
            Text(
                "{said} is a web page of more than {most} MB; bring its table as CSV.",
                said=said,
                most=_MOST // MiB,
            )
        )
    page = _Page(said)
    spent = budget.now()
    text = data.decode("utf-8", "replace")
    for at in range(0, len(text), _PIECE):
        page.read(text[at : at + _PIECE])
        spent.spend(said)
        # Python's parser looks through all of a tag or comment without an end, again and again.
        if len(page.rawdata) > _PIECE:
            raise unreadable(
                Text("{said} holds a tag that does not end; save the page again.", said=said)
            )
    page.read("", ends=True)
    found = [(t, *trimmed(t.rows)) for t in page.tables]
    found = [(t, records, numbers) for t, records, numbers in found if len(records) > 1]
    found = [one for one in found if max(map(len, one[1])) > 1]
    if not found:
        raise unreadable(
            Text(
                "{said} is a web page without a table, perhaps a sign-in page saved instead of the "
                "file; download it again or export it as CSV.",
                said=said,
            )
        )
    names = distinct([t.name.strip() or f"table {at}" for at, (t, _, _) in enumerate(found, 1)])
    scores = [(likeness_of_records(records[:60]), len(records)) for _, records, _ in found]
    guess = names[max(range(len(found)), key=lambda at: scores[at])]
    chosen = chosen_table(table, names, said, guess)
    _, records, numbers = found[names.index(chosen)]
    sheets = tuple(names) if len(names) > 1 else ()
    return RecordCells(records, numbers, said, CODE, chosen if sheets else None, sheets)


@dataclass
class _Table:
    """A table as it is parsed: ``rows`` of finished cells, and cells that reach further down."""

    name: str = ""
    rows: list[list[str | None]] = field(default_factory=list)
    below: dict[int, tuple[int, str]] = field(default_factory=dict)  # column → rows left, text
    in_row: bool = False


class _Page(HTMLParser):
    """Collects the tables of a page; one inside another is a table of its own."""

    def __init__(self, said: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tables: list[_Table] = []
        self._said = said
        self._open: list[_Table] = []
        self._texts: list[list[str] | None] = []  # of the open cell of each open table
        self._spans: list[tuple[int, int]] = []
        self._silent = 0
        self._in_caption = False
        self._n_cells = 0

    def read(self, text: str, ends: bool = False) -> None:
        """Take in a piece of the page; after the last one finish the tables that do not end.

        Raises
        ------
        ReadError
            If the page holds a mark that Python's parser does not know, or more than fits.
        """
        try:
            self.feed(text)
            if ends:
                self.close()
        except AssertionError:  # what the parser raises at “<![” before an unknown word
            raise unreadable(
                Text("{said} holds a damaged mark “<!”; save the page again.", said=self._said)
            ) from None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in ("script", "style", "noscript", "template"):
            self._silent += 1
        elif tag == "table":
            if len(self.tables) >= _MOST_TABLES:
                raise unreadable(
                    Text("{said} has more than {most} tables; bring the one of ratings.",
                         said=self._said, most=_MOST_TABLES)
                )  # fmt: skip
            named = dict(attrs)
            table = _Table(named.get("id") or named.get("summary") or "")
            self.tables.append(table)
            self._open.append(table)
            self._texts.append(None)
            self._spans.append((1, 1))
        elif not self._open:
            return
        elif tag == "caption":
            self._in_caption, self._open[-1].name = True, ""
        elif tag == "tr":
            self._end_cell()
            self._end_row()
            self._begin_row()
        elif tag in ("td", "th"):
            self._end_cell()
            if not self._open[-1].in_row:
                self._begin_row()
            spans = dict(attrs)
            self._spans[-1] = _span(spans.get("colspan")), _span(spans.get("rowspan"))
            self._texts[-1] = []
        elif tag in ("br", "p", "div", "li"):
            self._say(" ")

    def handle_endtag(self, tag: str) -> None:
        if tag in ("script", "style", "noscript", "template"):
            self._silent = max(0, self._silent - 1)
        elif not self._open:
            return
        elif tag == "caption":
            self._in_caption = False
        elif tag in ("td", "th"):
            self._end_cell()
        elif tag == "tr":
            self._end_cell()
            self._end_row()
        elif tag == "table":
            self._end_cell()
            self._end_row()
            self._open.pop()
            self._texts.pop()
            self._spans.pop()
            self._in_caption = False

    def handle_data(self, data: str) -> None:
        if self._in_caption and self._open:
            self._open[-1].name = (self._open[-1].name + data)[:80]
        else:
            self._say(data)

    def close(self) -> None:
        """Finish the cells of tables that do not end."""
        super().close()
        while self._open:
            self.handle_endtag("table")

    def _say(self, text: str) -> None:
        if self._texts and self._texts[-1] is not None and not self._silent:
            self._texts[-1].append(text)

    def _end_cell(self) -> None:
        texts = self._texts[-1]
        if texts is None:
            return
        self._texts[-1] = None
        text = " ".join("".join(texts).split())
        table = self._open[-1]
        row = table.rows[-1]
        if table.below:
            self._fill(table, row)
        n_columns, n_rows = self._spans[-1]
        self._n_cells += n_columns
        if self._n_cells > MAX_SHEET_CELLS or len(row) + n_columns > MAX_COLUMNS:
            raise unreadable(
                Text("{said} has more cells than fit; bring its table as CSV.", said=self._said)
            )
        for at in range(n_columns):
            # A title that spans the table is written once; a name that spans rows counts for each.
            written = text if at == 0 else ""
            if n_rows > 1:
                table.below[len(row)] = n_rows - 1, written
            row.append(written or None)

    def _begin_row(self) -> None:
        self._open[-1].rows.append([])
        self._open[-1].in_row = True

    def _end_row(self) -> None:
        table = self._open[-1]
        if table.in_row:
            row = table.rows[-1]
            self._fill(table, row)
            budget.now().take(self._said, [cell or "" for cell in row])
        table.in_row = False

    def _fill(self, table: _Table, row: list[str | None]) -> None:
        """Write the cells of rows above that reach down to this place."""
        while len(row) in table.below:
            n_left, text = table.below.pop(len(row))
            if n_left > 1:
                table.below[len(row)] = n_left - 1, text
            row.append(text or None)
            self._n_cells += 1


def _span(text: str | None) -> int:
    """How many columns or rows a cell takes, as browsers bound it (1,000 columns)."""
    return min(max(int(text), 1), 1000) if text and text.isdecimal() and len(text) < 6 else 1
