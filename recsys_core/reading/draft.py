"""The draft: what a file seems to hold, shown to a person, who may change any of it."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pandas as pd

from recsys_core import escape
from recsys_core.errors import RatingsError, ReadError, SettingsError
from recsys_core.ratings import Ratings, Scale, label_text
from recsys_core.reading import (
    budget,
    building,
    column_roles,
    doubts,
    folders,
    formats,
    joining,
    kinds,
    meaning,
    opening,
    several,
    tables,
    tabling,
    valuing,
)
from recsys_core.reading.cells import Table
from recsys_core.reading.doubts import Doubt
from recsys_core.reading.folders import Folder
from recsys_core.reading.limits import PREVIEW_COLUMNS, PREVIEW_ROWS
from recsys_core.reading.meaning import LongRoles
from recsys_core.reading.memory import Memory
from recsys_core.reading.ready import Ready, ReadyLong, ReadyMade, ReadyWide
from recsys_core.reading.releases import recognised
from recsys_core.reading.sources import Content, Source, unreadable
from recsys_core.reading.tabling import Cut, Tabled
from recsys_core.reading.text import TextCells, unique_names
from recsys_core.text import Text

# What a person may change; each is an attribute of Draft, and a keyword of read_ratings.
CHANGEABLE = (
    "member", "sheet", "encoding", "delimiter", "first_line", "header", "footer", "left_out",
    "decimal", "layout", "user", "item", "rating", "timestamp", "title", "genres", "key",
    "labels", "items_in_rows", "unrated", "answers", "repeats", "scale", "log", "implicit",
    "person", "event", "only",
)  # fmt: skip

# What decides how a file becomes cells, and so which columns there are.
_CUTS = frozenset(["member", "sheet", "encoding", "delimiter", "first_line", "header", "layout"])

# What names columns, and so means nothing once these are others.
_OF_COLUMNS = frozenset([*column_roles.ROLES, "left_out", "key", "event", "only"])

Cell = str | float | int | bool | None


@dataclass(frozen=True, eq=False)
class Brought:
    """What was brought, and the results of the steps done on it: held apart from the plain data."""

    content: Content | Folder
    memory: Memory = field(default_factory=Memory)

    @property
    def named(self) -> Content:
        """What names it."""
        return self.content.content if isinstance(self.content, Folder) else self.content

    @property
    def said(self) -> str:
        """How a sentence names it."""
        return self.named.said


@dataclass(frozen=True, eq=False)
class Draft:
    """What a file seems to hold, and everything needed to read it: plain data.

    ``change(delimiter=";")`` gives another draft: what was changed stays as the person said, the
    rest is guessed anew. ``read()`` gives the ratings. What does not apply is None or empty.

    Attributes
    ----------
    form : "text", "excel", "parquet", "npz" or "grouplens".
    layout : "long" (one rating a row), "wide" (users × items) or "grouplens" (nothing to choose).
    member, members : the file chosen of several, None where parts of one table are read together;
        and all that could be. What lies ``beside`` is joined by the ids it shares with the ratings.
    sheet, sheets : likewise for a workbook.
    encoding, delimiter, decimal : how text becomes cells; ``delimiter`` is a key of
        ``dialect.DELIMITERS``, ``decimal`` is "." or ",".
    first_line : the line, 1 = first, on which the table begins; titles above it are left out.
    names_shown : some names with letters beyond ASCII: by them one sees if the encoding is right.
    header, footer : how many lines name the columns, and how many are left out at the end.
    columns : all column names; ``user``, ``item``, ``rating``, ``timestamp``, ``title`` and
        ``genres`` are among them (None: there is none; a wide table has a user at most).
    left_out : names of columns that are not read.
    labels : a column names the rows, the first or that of ``user`` (wide only).
    items_in_rows : items are rows and users columns (wide only).
    unrated : the numbers and words that mean “not rated”. Blanks always do.
    size : how many users, items and ratings; None where only some rows were looked at, or rows of a
        matrix have the same name.
    event, events : the column that says what each row of a log records (“view”, “cart”), and all
        that it says; ``only`` are those whose rows count, None: all.
    scale : lowest and highest possible rating and their step; None when no rating is left.
    counts : the numbers look like play counts; ``log`` reads log(1 + count) instead of the count.
    implicit : there are pairs of user and item only; each counts 1.
    rows : the first rows as they are in the file, under ``row_names``.
    remarks : what a person should know about the guesses, in sentences.
    joins : of how many items or users each other table tells that is joined to the ratings.
    sampled : only some rows of a large file were looked at so far.
    doubts : why a guess may be wrong, each with the control that mends it.
    problem : why it cannot be read as it is, one sentence; None when it can.
    changes : what a person said, by names of ``CHANGEABLE``.
    """

    name: str
    form: str = ""
    layout: str = ""
    member: str | None = None
    members: tuple[str, ...] = ()
    beside: tuple[str, ...] = ()
    sheet: str | None = None
    sheets: tuple[str, ...] = ()
    encoding: str | None = None
    names_shown: tuple[str, ...] = ()
    delimiter: str | None = None
    decimal: str | None = None
    first_line: int | None = None
    header: int | None = None
    footer: int = 0
    columns: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()
    user: str | None = None
    item: str | None = None
    rating: str | None = None
    timestamp: str | None = None
    title: str | None = None
    genres: str | None = None
    labels: bool | None = None
    items_in_rows: bool | None = None
    unrated: tuple[float | str, ...] = ()
    size: tuple[int, int, int] | None = None
    scale: Scale | None = None
    counts: bool = False
    log: bool = False
    implicit: bool = False
    sampled: bool = False
    answers: tuple[tuple[str, float], ...] = ()
    texts: tuple[str, ...] = ()
    key: str | None = None
    repeats: str | None = None
    person: tuple[str, ...] | None = None
    event: str | None = None
    events: tuple[str, ...] = ()
    only: tuple[str, ...] | None = None
    doubts: tuple[Doubt, ...] = ()
    row_names: tuple[str, ...] = ()
    rows: tuple[tuple[Cell, ...], ...] = ()
    remarks: tuple[str, ...] = ()
    joins: tuple[Text, ...] = ()
    problem: Text | None = None
    changes: dict[str, Any] = field(default_factory=dict)
    _brought: Brought | None = field(default=None, repr=False)

    def _settled(self) -> dict[str, Any]:
        """What is to be taken as said when all rows are read: all that a sample can tell.

        What the rows decide, such as the scale, is found anew among all of them.
        """
        names = [*_CELLS, *_TABLE, "member", "items_in_rows", "implicit", "key", "event"]
        names += column_roles.ROLES if self.layout == "long" else ["user", "labels"]
        return {name: getattr(self, name) for name in names} | self.changes

    @property
    def can_be_mended(self) -> bool:
        """Whether another choice could help where a step fails."""
        return self.form in ("text", "excel") or len(self.members) > 1 or bool(self.columns)

    @property
    def preview(self) -> pd.DataFrame:
        """The first rows as they are in the file, as a table."""
        return pd.DataFrame(list(self.rows), columns=list(self.row_names), dtype=object)

    def change(self, **changes: Any) -> Draft:
        """The draft once a person has changed something; earlier changes stay.

        Chosen columns are an exception: cells cut in another way have other columns.

        Raises
        ------
        SettingsError
            If something is changed that is not in ``CHANGEABLE``.
        """
        if self._brought is None:
            raise unreadable(Text("What was brought is not here any more; bring it again."))
        return _draft(self._brought, self.changed(**changes))

    def changed(self, **changes: Any) -> dict[str, Any]:
        """All that a person has changed, these changes included; see ``change``."""
        kept = dict(self.changes)
        if not _CUTS.isdisjoint(changes):
            kept = {name: value for name, value in kept.items() if name not in _OF_COLUMNS}
        return {**kept, **changes}

    @budget.shared()
    def read(self, to_train: bool = True) -> Ratings:
        """The ratings, read as the draft says.

        ``to_train``: those of one user, or all equal, are refused; nothing is learnt from them.

        Raises
        ------
        ReadError
            One sentence: the line, the column, the remedy.
        """
        if self._brought is None:
            raise unreadable(Text("There is nothing to read; bring a file."))
        if self.problem is not None:
            raise unreadable(self.problem)
        said = self._brought.said
        brought, changes = self._brought, self.changes
        if self.sampled:  # all rows are read, as the sample was; they are not kept in memory
            brought, changes = replace(brought, memory=brought.memory.copy()), self._settled()
        reached = _reached(brought, changes, whole=self.sampled)
        if reached.draft.problem is not None or reached.ratings is None:
            raise unreadable(reached.draft.problem or Text("{said} holds no ratings.", said=said))
        try:
            budget.now().at("build")
            made = reached.ratings.made()
            ratings = recognised(building.checked(made, said) if to_train else made)
            # Whoever reads at once sees no preview: the report says what that would say.
            others = _others(brought, self)
            ratings = joining.joined(ratings, others, self.beside) if others else ratings
            report = ratings.report
            sentences = (*report.remarks, *(doubt.sentence for doubt in self.doubts))
            return ratings.replace(report=replace(report, remarks=sentences))
        except ReadError:
            raise
        except RatingsError as error:
            raise building.as_read_error(error, said) from None


def inspect(
    source: Source | Sequence[Source] | Content | Folder, name: str | None = None, **changes: Any
) -> Draft:
    """Look at a file and guess how to read it; ``changes`` (CHANGEABLE) are taken as said.

    Raises
    ------
    ReadError
        If nothing in it could be a table. What a person may mend by choosing differently is no
        error but the draft's ``problem``.
    SettingsError
        If something is changed that is not in ``CHANGEABLE``.
    """
    return _draft(Brought(folders.brought(source, name)), changes)


@budget.shared()
def _draft(brought: Brought, changes: dict[str, Any]) -> Draft:
    unknown = [name for name in changes if name not in CHANGEABLE]
    if unknown:
        raise SettingsError(
            Text(
                "“{unknown}” is not something a reader can choose; there are {names}.",
                unknown=unknown[0],
                names=", ".join(CHANGEABLE),
            )
        )
    return _reached(brought, changes).draft


# --- the steps in their order ---------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class _Reached:
    """How far the steps have come: the draft so far, and at the end what makes ratings of it."""

    draft: Draft
    ratings: Ready | None = None


def _reached(brought: Brought, changes: dict[str, Any], whole: bool = False) -> _Reached:
    """Do all steps. Where one fails that a control could mend, the draft so far says so.

    ``whole``: all rows are read, not a sample of a large file.
    """
    draft = Draft(name=brought.named.stem, changes=changes, _brought=brought)
    reached = _Reached(draft)
    try:
        for further in _follow(draft, brought, changes, whole):
            reached = further
    except ReadError as error:
        if not reached.draft.can_be_mended:
            raise
        return _Reached(replace(reached.draft, problem=reached.draft.problem or error.text))
    return reached


def _follow(
    draft: Draft, brought: Brought, changes: dict[str, Any], whole: bool
) -> Iterator[_Reached]:
    """The draft after each step, ever more complete."""
    do = brought.memory
    inside = do(opening.inside, brought.content)
    if inside.ratings is not None:
        yield _grouplens(draft, inside.ratings)
        return
    if inside.members:
        member = changes["member"] if "member" in changes else do(several.member_of, inside)
        beside = several.beside(inside, member)
        draft = replace(draft, members=inside.members, member=member, beside=beside)
        yield _Reached(draft)
    found = do(opening.chosen, inside, draft.member)
    if found[0].form == "text":
        draft = replace(draft, form="text")
        yield _Reached(draft)
    cells = do(opening.all_cells, found, *map(changes.get, _CELLS))
    first = cells[0]
    draft = replace(draft, form=first.form)
    if isinstance(first, TextCells):
        draft = replace(
            draft,
            encoding=first.encoding,
            delimiter=first.delimiter,
            first_line=first.first_line,
            names_shown=first.names_shown(),
        )
    if isinstance(first, formats.NamedCells | formats.RecordCells):
        draft = replace(draft, sheet=first.sheet, sheets=first.sheets)
    yield _Reached(draft)
    cut = Cut(**{what: changes[what] for what in _TABLE if what in changes}, whole=whole)
    if whole and changes["layout"] == "long":
        roles = [changes.get(what) for what in (*column_roles.ROLES, "key", "event")]
        columns = tuple(dict.fromkeys(filter(None, roles)))
        labels = [changes[what] for what in ("user", "item") if changes.get(what) in columns]
        cut = cut._replace(columns=columns, labels=tuple(labels))
    files = tuple(one.content.name for one in found)
    tabled = do(_all_tabled, cells, cut, files, _all_of(changes.get("person")))
    row_names, rows = do(_first_rows, tabled.whole)
    draft = replace(
        draft,
        layout=tabled.layout,
        header=None if isinstance(first, tables.FrameCells) else tabled.header,
        decimal=tabled.decimal,
        footer=tabled.footer,
        columns=tuple(tabled.whole.names),
        left_out=tabled.left_out,
        row_names=row_names,
        rows=rows,
        sampled=tabled.sampled,
    )
    yield _Reached(draft)
    steps = _wide if tabled.layout == "wide" else _long
    for reached in steps(draft, brought, tabled, changes, whole):
        yield reached
    if reached.ratings is None or reached.draft.problem is not None or whole:
        return
    if others := _others(brought, reached.draft):
        told = do(_told, reached.ratings, others, reached.draft.beside, tabled.sampled)
        yield replace(reached, draft=replace(reached.draft, joins=told))


def _others(brought: Brought, draft: Draft) -> joining.Others:
    """The tables that are joined to the ratings: other files, and other tables of their file."""
    inside = brought.memory(opening.inside, brought.content)
    if not inside.members and len(draft.sheets) < 2:
        return ()
    return brought.memory(several.others, inside, draft.member, draft.sheet, draft.sheets)


def _told(
    ready: Ready, others: joining.Others, files: tuple[str, ...], sampled: bool
) -> tuple[Text, ...]:
    """What is said of other tables before they are joined."""
    labels = {side: [label_text(x) for x in found] for side, found in ready.labels().items()}
    told = joining.told(labels, ready.noun, others, files)
    return tuple(Text("So far: {remark}", remark=one) for one in told) if sampled else told


# What each step takes of what a person said, in its order.
_CELLS = ("sheet", "encoding", "delimiter", "first_line")
_TABLE = ("first_line", "header", "footer", "left_out", "decimal", "layout")


def _all_tabled(
    cells: tuple[opening.Cells, ...],
    cut: Cut,
    files: tuple[str, ...],
    persons: tuple[str, ...] | None,
) -> Tabled:
    """The table of a file, or of all parts of one: cut as the first is."""
    if len(cells) == 1:
        return tabling.tabled(cells[0], cut)
    first = tabling.tabled(cells[0], cut._replace(columns=None, labels=()))
    cut = cut._replace(
        header=first.header,
        left_out=first.left_out,
        decimal=first.decimal,
        layout=first.layout,
        columns=None,
        labels=(),
    )
    parts = (first, *(tabling.tabled(one, cut) for one in cells[1:]))
    return tabling.together(parts, files, persons)


def _all_of(said: str | Sequence[str] | None) -> tuple[str, ...] | None:
    """One text or several as several; None where nothing was said."""
    return None if said is None else (said,) if isinstance(said, str) else tuple(said)


def _long(
    draft: Draft, brought: Brought, tabled: Tabled, changes: dict[str, Any], whole: bool
) -> Iterator[_Reached]:
    """The draft after each step that tells what a table with one rating a row means."""
    do, file = brought.memory, brought.said
    chosen = {what: changes[what] for what in column_roles.ROLES if what in changes}
    found = do(meaning.long_roles, tabled, file, chosen, changes.get("key", ...))
    only = _all_of(changes.get("only"))
    found = do(meaning.of_events, found, file, changes.get("event", ...), only)
    draft = replace(draft, **dataclasses.asdict(found.roles), key=found.key)
    draft = replace(draft, event=found.event, events=found.events, only=found.only)
    if tabled.persons:
        draft = replace(draft, person=tabled.persons)
    yield _Reached(draft)
    implicit = do(meaning.are_pairs, found, changes.get("implicit"))
    draft = replace(draft, implicit=implicit)
    meaning.needed(found, implicit, file)
    said = _said(changes)
    read = do(valuing.read_long, found, tabled.decimal, implicit, said.of_cells, file)
    draft = _answered(draft, read)
    yield _Reached(draft)
    named_so = column_roles.role(found.roles.rating or "") == "count"
    valued = do(valuing.valued, read, named_so, False, said, found.unrated)
    once = do(valuing.once, found, valued, named_so, changes.get("repeats"), whole)
    draft = _valued(draft, once.valued, (*tabled.remarks, *found.remarks, *read.remarks))
    draft = replace(draft, repeats=once.how if once.n_repeated else None)
    yield _Reached(draft)
    scale = do(valuing.scale_of, once.valued, read, implicit and once.how != "sum", said, file)
    draft = replace(draft, scale=scale, doubts=do(_doubts, found, once, whole, draft.sampled))
    ready = ReadyLong(found, once, scale, draft.name, draft.remarks)
    if not draft.sampled:
        draft = replace(draft, size=once.size)
    yield _Reached(draft, ready)


def _wide(
    draft: Draft, brought: Brought, tabled: Tabled, changes: dict[str, Any], whole: bool
) -> Iterator[_Reached]:
    """The draft after each step that tells what a table of users × items means."""
    do, file = brought.memory, brought.said
    named = changes.get("user", ...), changes.get("labels"), changes.get("items_in_rows")
    roles = do(meaning.wide_roles, tabled, *named)
    draft = replace(draft, user=roles.user, labels=roles.labels, items_in_rows=roles.items_in_rows)
    yield _Reached(draft)
    said = _said(changes)
    read = do(valuing.read_wide, tabled, roles, said.of_cells, file)
    draft = _answered(draft, read)
    yield _Reached(draft)
    valued = do(valuing.valued, read, False, True, said)
    draft = _valued(draft, valued, (*tabled.remarks, *read.remarks))
    yield _Reached(draft)
    scale = do(valuing.scale_of, valued, read, False, said, file)
    users = read.labels[0] if read.labels is not None else pd.Index([])
    known = not (draft.sampled or users.has_duplicates)  # equal names become one user
    size = (*read.numbers.shape, valued.n) if known else None
    doubted = (*tabled.doubts, *do(_wide_doubts, read, valued, whole))
    draft = replace(draft, scale=scale, size=size, doubts=doubted)
    yield _Reached(draft, ReadyWide(read, roles, valued, scale, draft.name, draft.remarks))


def _doubts(found: LongRoles, once: valuing.Once, whole: bool, sampled: bool) -> tuple[Doubt, ...]:
    """What speaks against the guesses; looked for in the sample alone, where there is one."""
    if whole:
        return ()
    of_kind = kinds.of_long(found)
    controls = {doubt.control for doubt in of_kind}
    follow = {"user_name": "user", "item_name": "item", "repeated": "only"}  # from what is said
    numbers = once.valued.numbers.astype(np.float64, copy=False)
    ratings = doubts.of_long(found.table, found.roles, numbers, sampled)
    return (*of_kind, *(one for one in ratings if follow.get(one.code) not in controls))


def _wide_doubts(read: valuing.Read, valued: valuing.Valued, whole: bool) -> tuple[Doubt, ...]:
    if whole or read.labels is None or valued.numbers.size > _MOST_DOUBTED:
        return ()
    users, items = read.labels
    return tuple(doubts.of_wide(pd.DataFrame(valued.numbers, index=users, columns=items)))


# Cells of a matrix in which doubts are looked for; it takes a second.
_MOST_DOUBTED = 10_000_000


def _said(changes: dict[str, Any]) -> valuing.Said:
    answers = changes.get("answers")
    return valuing.Said(
        None if answers is None else tuple(map(tuple, answers)),
        changes.get("unrated", ...),
        bool(changes.get("log", False)),
        changes.get("scale"),
    )


def _answered(draft: Draft, read: valuing.Read) -> Draft:
    """The draft with what words mean, and with what stands in the way."""
    answered = read.answers
    return replace(
        draft,
        answers=answered.pairs if answered else (),
        unrated=answered.unrated if answered else (),
        texts=read.texts,
        problem=read.problem,
    )


def _valued(draft: Draft, valued: valuing.Valued, remarks: tuple[Text, ...]) -> Draft:
    return replace(
        draft,
        unrated=valued.unrated,
        counts=valued.counts,
        log=valued.log,
        remarks=(*valued.remarks, *remarks),
    )


def _grouplens(draft: Draft, ratings: Ratings) -> _Reached:
    first = ratings.take(np.arange(min(PREVIEW_ROWS, ratings.n_ratings)))
    frame = first.to_frame()
    frame.insert(2, "title", [ratings.item_names[item] for item in first.item_ids])
    draft = replace(
        draft,
        form="grouplens",
        layout="grouplens",
        columns=tuple(frame.columns),
        scale=ratings.scale,
        row_names=tuple(frame.columns),
        rows=_plain_rows(frame),
    )
    return _Reached(draft, ReadyMade(ratings))


def _first_rows(table: Table) -> tuple[tuple[str, ...], tuple[tuple[Cell, ...], ...]]:
    """Names and cells of the first rows and columns, as they are in the file."""
    names = [escape.brief(name, 80) for name in table.names[:PREVIEW_COLUMNS]]
    rows = _plain_rows(table.body.iloc[:PREVIEW_ROWS, :PREVIEW_COLUMNS])
    return tuple(unique_names(names)), rows


def _plain_rows(frame: pd.DataFrame) -> tuple[tuple[Cell, ...], ...]:
    return tuple(tuple(map(_plain, row)) for row in frame.astype(object).to_numpy().tolist())


def _plain(cell: Any) -> Cell:
    """A cell as plain data: numbers, truth and blanks as they are, all else as text."""
    if cell is None or isinstance(cell, bool | int):
        return cell
    if isinstance(cell, float):
        return None if np.isnan(cell) else float(cell)
    return None if cell is pd.NaT or cell is pd.NA else escape.short(str(cell), 200)
