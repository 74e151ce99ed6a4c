"""The guess: what a file seems to hold, shown to a person, who may change any of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from recsys_core import escape
from recsys_core.errors import RatingsError, ReadError, SettingsError
from recsys_core.ratings import Ratings, Scale
from recsys_core.reading import building, column_roles, layout, opening, tables, values
from recsys_core.reading.cells import Table, uses_decimal_comma
from recsys_core.reading.limits import PREVIEW_COLUMNS, PREVIEW_ROWS
from recsys_core.reading.releases import recognised
from recsys_core.reading.sources import Content, Source, open_source, unreadable
from recsys_core.reading.text import TextCells, unique_names
from recsys_core.text import Text

# What a person may change; each is an attribute of Guess, and a keyword of read_ratings.
CHANGEABLE = (
    "member", "sheet", "encoding", "delimiter", "header", "decimal", "layout",
    "user", "item", "rating", "timestamp", "title", "genres",
    "labels", "items_in_rows", "unrated", "scale", "log",
)  # fmt: skip

# What decides how a file becomes cells, and so which columns there are.
_CUTS = frozenset(["member", "sheet", "encoding", "delimiter", "header", "layout"])


@dataclass(frozen=True, eq=False)
class Guess:
    """What a file seems to hold, and everything needed to read it.

    ``change(delimiter=";")`` gives another guess: what was changed stays as the person said, the
    rest is guessed anew. ``read()`` gives the ratings. What does not apply is None.

    Attributes
    ----------
    form : "text", "excel", "parquet", "npz" or "grouplens".
    layout : "long" (one rating a row), "wide" (users × items) or "grouplens" (nothing to choose).
    member, members : the file chosen inside a zip, and all that could be.
    sheet, sheets : likewise for a workbook.
    encoding, delimiter, decimal, header : how text becomes cells; ``delimiter`` is a key of
        ``dialect.DELIMITERS``, ``decimal`` is "." or ",".
    columns : all column names; ``user``, ``item``, ``rating``, ``timestamp``, ``title`` and
        ``genres`` are among them (long only; None: there is none).
    labels : the first column holds labels, not ratings (wide only).
    items_in_rows : items are rows and users columns (wide only).
    unrated : the number that means “not rated”; None when none does. Blanks always do.
    scale : lowest and highest possible rating and their step; None when no rating is left.
    counts : the numbers look like play counts; ``log`` reads log(1 + count) instead of the count.
    preview : the first rows as they are in the file.
    remarks : what a person should know about the guesses, in sentences.
    problem : why it cannot be read as guessed, one sentence; None when it can.
    """

    form: str
    layout: str
    name: str
    member: str | None = None
    members: tuple[str, ...] = ()
    sheet: str | None = None
    sheets: tuple[str, ...] = ()
    encoding: str | None = None
    delimiter: str | None = None
    decimal: str | None = None
    header: bool | None = None
    columns: tuple[str, ...] = ()
    user: str | None = None
    item: str | None = None
    rating: str | None = None
    timestamp: str | None = None
    title: str | None = None
    genres: str | None = None
    labels: bool | None = None
    items_in_rows: bool | None = None
    unrated: float | None = None
    scale: Scale | None = None
    counts: bool = False
    log: bool = False
    preview: pd.DataFrame = field(default_factory=pd.DataFrame)
    remarks: tuple[str, ...] = ()
    problem: Text | None = None
    _content: Content = field(default=Content(b"", ""), repr=False)
    _changes: dict[str, Any] = field(default_factory=dict, repr=False)
    _build: Callable[[], Ratings] | None = field(default=None, repr=False)

    def change(self, **changes: Any) -> Guess:
        """The guess once a person has changed something; earlier changes stay.

        Chosen columns are an exception: cells cut in another way have other columns.

        Raises
        ------
        SettingsError
            If something is changed that is not in ``CHANGEABLE``.
        """
        kept = dict(self._changes)
        if not _CUTS.isdisjoint(changes):
            kept = {name: value for name, value in kept.items() if name not in column_roles.ROLES}
        return _inspect(self._content, {**kept, **changes})

    def read(self) -> Ratings:
        """The ratings, read as guessed.

        Raises
        ------
        ReadError
            One sentence: the line, the column, the remedy.
        """
        if self.problem is not None or self._build is None:
            raise unreadable(self.problem or Text("There is nothing to read; bring a file."))
        try:
            return recognised(building.checked(self._build(), self._content.said))
        except ReadError:
            raise
        except RatingsError as error:
            raise building.as_read_error(error, self._content.said) from None


def inspect(source: Source, name: str | None = None, **changes: Any) -> Guess:
    """Look at a file and guess how to read it; ``changes`` (CHANGEABLE) are taken as said.

    Raises
    ------
    ReadError
        If nothing in it could be a table. What a person may mend by choosing differently is no
        error but the guess's ``problem``.
    SettingsError
        If something is changed that is not in ``CHANGEABLE``.
    """
    return _inspect(open_source(source, name), changes)


def _inspect(content: Content, changes: dict[str, Any]) -> Guess:
    unknown = [name for name in changes if name not in CHANGEABLE]
    if unknown:
        raise SettingsError(
            Text(
                "“{unknown}” is not something a reader can choose; there are {names}.",
                unknown=unknown[0],
                names=", ".join(CHANGEABLE),
            )
        )
    found: dict[str, Any] = {"_content": content, "_changes": changes, "name": content.stem}
    cells = opening.opened(content, changes, found)
    if isinstance(cells, Ratings):
        return _grouplens(cells, found)

    # How the cells form a table.
    records = cells.sample()
    if cells.width < 2:
        raise unreadable(
            Text(
                "{said} has one column only; bring at least three: user, item and rating, or "
                "choose another delimiter.",
                said=content.said,
            )
        )
    comma = uses_decimal_comma([cell for record in records[:200] for cell in record])
    decimal = changes.get("decimal", "," if comma else ".")
    if isinstance(cells, tables.FrameCells):
        header = cells.named
    else:
        header = changes.get("header", layout.has_header(records, decimal))
    # Answers to a form: when, who, then one column an item.
    stamped = header and column_roles.role(str(records[0][0])) == "timestamp"
    answers = [record[1:] for record in records] if stamped else records
    wide = layout.is_wide(answers, header, decimal)
    shape = changes.get("layout", "wide" if wide else "long")
    table = cells.table(header, shape == "wide", decimal)
    found |= {
        "form": cells.form,
        "layout": shape,
        "header": None if isinstance(cells, tables.FrameCells) else header,
        "decimal": decimal,
        "columns": tuple(table.names),
        "preview": _preview(table),
        "remarks": (),
    }
    if isinstance(cells, TextCells):
        found |= {"encoding": cells.encoding, "delimiter": cells.delimiter}
    if isinstance(cells, tables.SheetCells):
        found |= {"sheet": cells.sheet, "sheets": tuple(cells.sheets)}

    # What the table means.
    try:
        if shape == "wide":
            table = table.without_first() if stamped else table
            _wide(table, answers, header, decimal, changes, found)
        else:
            _long(table, decimal, changes, found)
    except ReadError as error:
        found["problem"] = error.text
    return Guess(**found)


def _grouplens(ratings: Ratings, found: dict[str, Any]) -> Guess:
    first = ratings.take(np.arange(min(PREVIEW_ROWS, ratings.n_ratings)))
    preview = first.to_frame()
    preview.insert(2, "title", [ratings.item_names[item] for item in first.item_ids])
    return Guess(
        **found,
        form="grouplens",
        layout="grouplens",
        columns=tuple(preview.columns),
        scale=ratings.scale,
        preview=preview,
        _build=lambda: ratings,
    )


def _long(table: Table, decimal: str, changes: dict[str, Any], found: dict[str, Any]) -> None:
    """Fill in what a table with one rating a row means."""
    said = found["_content"].said
    known = column_roles.by_name(table.names)
    chosen = {what: changes[what] for what in column_roles.ROLES if what in changes}
    for column in chosen.values():
        if column is not None and column not in table.names:
            names = ", ".join(table.names[:12])
            raise unreadable(
                Text(
                    "{said} has no column “{column}”; its columns are {names}.",
                    said=said,
                    column=column,
                    names=names,
                )
            )
    roles = column_roles.by_content(table, column_roles.settled(known, chosen), decimal)
    roles = column_roles.settled(roles, chosen)  # “none” stays none, whatever the cells look like
    found |= {what: getattr(roles, what) for what in column_roles.ROLES}
    for what in ("user", "item", "rating"):
        if getattr(roles, what) is None:
            names = ", ".join(f"“{name}”" for name in table.names[:12])
            raise unreadable(
                Text(
                    "{said} has no column that looks like the {what} among {names}; choose it, or "
                    "bring a table with user, item and rating.",
                    said=said,
                    what=what,
                    names=names,
                )
            )
    assert roles.rating is not None
    numbers = building.long_numbers(table, roles, decimal, said)
    named_so = column_roles.role(roles.rating) == "count"
    numbers, remarks = _settle(numbers, named_so, False, changes, found)
    noun = column_roles.noun(roles.item)
    found["remarks"] = tuple(remarks)
    found["_build"] = lambda: building.from_long(
        table, roles, numbers, found["scale"], found["name"], noun, remarks
    )


def _wide(
    table: Table,
    records: list[list[Any]],
    header: bool,
    decimal: str,
    changes: dict[str, Any],
    found: dict[str, Any],
) -> None:
    """Fill in what a table of users × items means."""
    said = found["_content"].said
    labels = changes.get("labels", layout.has_labels(records, header, decimal))
    corner = column_roles.bare(table.names[0]) if header and labels else ""
    names_items = column_roles.role(corner) == "item" or corner.endswith(
        "title"
    )  # “name” is a person's
    items_in_rows = changes.get("items_in_rows", names_items)
    found |= {"labels": labels, "items_in_rows": items_in_rows}
    matrix = building.wide_matrix(table, labels, items_in_rows, decimal, said)
    counted = not labels and values.first_counts_the_rest(matrix.to_numpy())
    if counted:  # as Jester's files do
        matrix = matrix.iloc[:, 1:]
    cells, remarks = _settle(matrix.to_numpy(), False, True, changes, found)
    if len(table.names) < len(found["columns"]):
        remarks.append(
            Text("Column “{column}” holds times and was left out.", column=found["columns"][0])
        )
    if counted:
        remarks.append("The first column counts the ratings of its row and was left out.")
    matrix = pd.DataFrame(cells, index=matrix.index, columns=matrix.columns)
    noun = column_roles.noun(table.names[0]) if items_in_rows else "item"
    found["remarks"] = tuple(remarks)
    found["_build"] = lambda: building.from_wide(
        matrix, None, found["scale"], found["name"], noun, remarks
    )


def _settle(
    numbers: np.ndarray, named_so: bool, wide: bool, changes: dict[str, Any], found: dict[str, Any]
) -> tuple[np.ndarray, list[str]]:
    """The numbers with NaN where unrated (and logarithms where wished), and what to say of it."""
    present = numbers[np.isfinite(numbers)].astype(np.float64)
    counts = values.are_counts(present, named_so)
    guessed = values.unrated_value(present, len(present) < numbers.size, wide, counts)
    unrated = changes.get("unrated", guessed)
    remarks: list[str] = []
    if unrated is not None:
        is_mark = numbers == unrated
        remarks.append(
            Text(
                "{unrated:g} was taken as “unrated”: {n}\u00a0cell.",
                "{unrated:g} was taken as “unrated”: {n:,}\u00a0cells.",
                unrated=unrated,
                n=int(is_mark.sum()),
            )
        )
        numbers = np.where(is_mark, np.nan, numbers)
        present = present[present != unrated]
    elif (n_zeros := int((present == 0).sum())) and present.min() >= 0:
        remarks.append(
            Text(
                "0 was taken as a rating: {n}\u00a0cell.",
                "0 was taken as a rating: {n:,}\u00a0cells.",
                n=n_zeros,
            )
        )
    log = bool(changes.get("log", False))
    if counts and len(present):
        remarks.append(_about_counts(present, log))
    if log:
        if len(present) and present.min() < 0:
            raise unreadable(
                Text("Negative numbers have no logarithm of 1 + value; read them as they are.")
            )
        numbers, present = np.log1p(numbers), np.log1p(present)
    found |= {"unrated": unrated, "counts": counts, "log": log}
    if not len(present):
        raise unreadable(
            Text(
                "{said} holds no rating, only blanks and what was taken as "
                "“unrated”; choose another column of ratings, or another value for unrated.",
                said=found["_content"].said,
            )
        )
    found["scale"] = changes.get("scale") or Scale.guess(pd.unique(present))
    return numbers, remarks


def _about_counts(counts: np.ndarray, log: bool) -> Text:
    about = Text(
        "The ratings look like counts, such as plays: half are at most {median:g}, the largest is "
        "{largest:,.0f}",
        median=np.median(counts),
        largest=counts.max(),
    )
    if log:
        return Text(
            "{about}; log(1 + count) is learnt, so that a few large ones do not outweigh all.",
            about=about,
        )
    return Text(
        "{about}; take log(1 + count), lest a few large ones outweigh all others.", about=about
    )


def _preview(table: Table) -> pd.DataFrame:
    """The first rows and columns as they are in the file."""
    shown = table.body.iloc[:PREVIEW_ROWS, :PREVIEW_COLUMNS].astype(object)
    shown = shown.map(
        lambda cell: escape.short(cell, 200) if isinstance(cell, str) else cell
    ).astype(object)
    names = [escape.short(escape.one_line(name), 80) for name in table.names[:PREVIEW_COLUMNS]]
    shown.columns = pd.Index(unique_names(names))
    return shown.reset_index(drop=True)
