"""From cells to ratings as numbers: what words mean, what means “unrated”, counts, the scale."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from recsys_core import escape, repeats
from recsys_core.ratings import Scale
from recsys_core.reading import answers, building, values
from recsys_core.reading.answers import Answers
from recsys_core.reading.cells import (
    Column,
    as_codes,
    as_numbers,
    as_seconds,
    columns_of,
    factorized,
    is_blank,
    number,
)
from recsys_core.reading.meaning import LongRoles, WideRoles
from recsys_core.reading.sources import unreadable
from recsys_core.reading.tabling import Tabled
from recsys_core.text import Text

_MOST_TEXTS = 200  # texts without a number that are listed for a person to say theirs


class Said(NamedTuple):
    """What a person said of cells: None, or ``...`` of ``unrated``, where nothing was said."""

    answers: tuple[tuple[str, float], ...] | None = None
    unrated: Any = ...
    log: bool = False
    scale: Scale | None = None

    @property
    def marks(self) -> tuple[float | str, ...] | None:
        """The numbers and words that mean “not rated”; None where nothing was said."""
        if self.unrated is ...:
            return None
        if self.unrated is None:
            return ()
        some = self.unrated if isinstance(self.unrated, tuple | list | set) else (self.unrated,)
        return tuple(mark if isinstance(mark, str) else float(mark) for mark in some)

    @property
    def of_cells(self) -> Said:
        """What was said of single cells: the meaning of words alone."""
        return Said(self.answers, ... if self.words is None else self.words)

    @property
    def words(self) -> tuple[str, ...] | None:
        """The words among them."""
        marks = self.marks
        return None if marks is None else tuple(mark for mark in marks if isinstance(mark, str))


@dataclass(frozen=True, eq=False)
class Read:
    """Cells as numbers, NaN where unrated: (n_rows,) of a long table, (n_users, n_items) of a wide.

    They are float32, but float64 where ratings of a long table are not exact so.
    ``labels`` are the users and items of a wide table. ``answers`` say what texts stand for;
    ``problem`` names a cell that stands for nothing, ``texts`` all such.
    """

    numbers: np.ndarray
    labels: tuple[pd.Index, pd.Index] | None = None
    answers: Answers | None = None
    problem: Text | None = None
    texts: tuple[str, ...] = ()
    remarks: tuple[Text, ...] = ()


def read_long(found: LongRoles, decimal: str, implicit: bool, said: Said, file: str) -> Read:
    """Read the ratings of a table with one rating a row; 1 each where there are pairs alone."""
    table, name = found.table, found.roles.rating
    if implicit or name is None:
        return Read(np.ones(len(table.body)))
    column = table[name]
    numbers, wrong = as_numbers(column, decimal)
    if not wrong.any() and said.answers is None:
        return Read(_short_floats(numbers))
    answered = _answered([_counted(column)], said, decimal)
    if answered is not None:
        numbers, wrong = answers.applied(column, answered, decimal)
    if not wrong.any():
        return Read(_short_floats(numbers), answers=answered, remarks=_remarks(answered))
    problem = building.not_a_number(table, name, wrong, numbers, file)
    return Read(numbers, None, answered, problem, _texts(column[wrong]))


def _short_floats(numbers: np.ndarray) -> np.ndarray:
    """Numbers, float64, as float32 where these are the same: most ratings, in half the memory."""
    short = numbers.astype(np.float32)
    return short if ((short == numbers) | np.isnan(short)).all() else numbers


def read_wide(tabled: Tabled, roles: WideRoles, said: Said, file: str) -> Read:
    """Read the ratings of a table of users × items, float32."""
    grid = building.grid(roles.table, roles.labels)
    if not grid.names:
        raise unreadable(
            Text(
                "{file} has no column of ratings left; leave fewer columns out, or choose “one "
                "rating a row” if that is what the table holds.",
                file=file,
            )
        )
    numbers, wrong = building.grid_numbers(grid, tabled.decimal)
    answered: Answers | None = None
    remarks: list[Text] = []
    if wrong.any() or said.answers is not None:
        worded = grid.with_words
        counted = list(map(_counted, columns_of(grid.body.iloc[:, worded])))
        if said.answers is None:
            _, others = answers.of_columns(counted, tabled.decimal)
            if 2 * len(others) < len(worded):  # of another question than most
                apart = [worded[at] for at in others]
                numbers, wrong = (np.delete(array, apart, axis=1) for array in (numbers, wrong))
                remarks += [_of_another_kind(grid.names[at]) for at in apart]
                grid = grid.without(apart)
                worded = grid.with_words
                counted = [texts for at, texts in enumerate(counted) if at not in others]
        answered = _answered(counted, said, tabled.decimal, survey=bool(tabled.items))
        if answered is not None:
            for at, column in zip(worded, columns_of(grid.body.iloc[:, worded]), strict=True):
                numbers[:, at], wrong[:, at] = answers.applied(column, answered, tabled.decimal)
    if wrong.any():
        problem = building.not_a_rating(grid, wrong, file)
        return Read(numbers, None, answered, problem, _texts_of(grid.body, wrong))
    numbers, names = grid.without_nameless_end(numbers)
    users, items = grid.rows, pd.Index([tabled.items.get(name, name) for name in names])
    remarks += _remarks(answered)
    if not roles.labels and values.first_counts_the_rest(numbers):  # as Jester's files do
        numbers, items = numbers[:, 1:], items[1:]
        remarks.append(Text("The first column counts the ratings of its row and was left out."))
    if roles.items_in_rows:
        numbers, users, items = numbers.T, items, users
    return Read(numbers, (users, items), answered, remarks=tuple(remarks))


def _counted(column: Column) -> Counter[str]:
    """How often each text stands in a column."""
    texts: Counter[str] = Counter()
    codes, unique = factorized(column)
    times = np.bincount(codes[codes >= 0], minlength=len(unique))
    for cell, n in zip(unique, times.tolist(), strict=True):
        if not is_blank(cell):
            texts[str(cell).strip()] += n
    return texts


def _of_another_kind(name: str) -> Text:
    return Text(
        "Column “{name}” holds words of another kind than the others and was left out.",
        name=_short(name),
    )


def _answered(
    columns: Iterable[Counter[str]], said: Said, decimal: str, survey: bool = False
) -> Answers | None:
    """What the texts of columns mean: as a person said, else as they are understood.

    ``columns``: how often each text stands in each. ``survey``: they are the answers to one.
    """
    texts: Counter[str] = Counter()
    for column in columns:
        texts.update(column)
    if said.answers is not None:
        answered = answers.said(said.answers, texts, decimal)
    else:
        codes = answers.coded(texts) if survey else None
        answered = answers.understood(texts, decimal) or codes or Answers()
        answered = _with_mark(answered, texts, decimal)
    if said.words is not None:
        pairs = tuple(pair for pair in answered.pairs if pair[0] not in said.words)
        answered = replace(answered, pairs=pairs, unrated=said.words)
    return None if answered == Answers() else answered


def _with_mark(answered: Answers, texts: Counter[str], decimal: str) -> Answers:
    """The answers, with one text that comes again and again among ratings as “not rated”.

    People make up such marks: “x”, “n.s.”, “ng”. A typing error comes once.
    """
    known = {text for text, _ in answered.pairs} | set(answered.unrated)
    others = [text for text in texts if text not in known and number(text, decimal) is None]
    n_ratings = sum(n for text, n in texts.items() if text not in others)
    if len(others) != 1 or not 2 <= texts[others[0]] < n_ratings or len(others[0]) > 20:
        return answered
    remark = answered.remark or Text(
        "“{text}” is among the ratings again and again; it was taken as “unrated”.",
        text=_short(others[0]),
    )
    unrated = (*answered.unrated, others[0])
    return replace(answered, unrated=unrated, unknown=(), remark=remark)


def _remarks(answered: Answers | None) -> tuple[Text, ...]:
    if answered is None:
        return ()
    found = []
    if answered.pairs and answered.remark is None:
        pairs = ", ".join(f"“{_short(text)}” {number:g}" for text, number in answered.pairs[:12])
        found.append(Text("Answers were taken as numbers: {pairs}.", pairs=pairs))
    if answered.unrated:
        marks = ", ".join(f"“{_short(text)}”" for text in answered.unrated[:12])
        found.append(Text("Taken as “unrated”: {marks}.", marks=marks))
    if answered.remark is not None:
        found.append(answered.remark)
    return tuple(found)


def _short(text: str) -> str:
    return escape.brief(text, 40)


def _texts(cells: Column) -> tuple[str, ...]:
    """The different texts of some cells, those met first."""
    return tuple(dict.fromkeys(str(cell).strip() for cell in pd.unique(cells)))[:_MOST_TEXTS]


def _texts_of(body: pd.DataFrame, wrong: np.ndarray) -> tuple[str, ...]:
    found: dict[str, None] = {}
    places = np.flatnonzero(wrong.any(axis=0))
    for at, column in zip(places, columns_of(body.iloc[:, places]), strict=True):
        found |= dict.fromkeys(_texts(column[wrong[:, at]]))
    return tuple(found)[:_MOST_TEXTS]


# --- numbers → ratings ----------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class Valued:
    """The ratings as numbers, NaN where unrated, logarithms where wished; of the shape read."""

    numbers: np.ndarray
    unrated: tuple[float | str, ...]
    counts: bool
    log: bool
    distinct: np.ndarray  # the different ratings, ascending
    n: int  # how many ratings
    remarks: tuple[Text, ...]


def valued(
    read: Read, named_so: bool, wide: bool, said: Said, known: tuple[float, ...] = ()
) -> Valued:
    """Tell which numbers mean “unrated” and whether they count something.

    ``named_so``: the column is called as counts are; ``known`` numbers mean “unrated” for sure.

    Raises
    ------
    ReadError
        If logarithms of negative numbers are wished.
    """
    numbers = read.numbers
    times = values.times_of(numbers)
    counts = values.are_counts(times, named_so)
    marks = said.marks
    said_zero = read.answers is not None and any(number == 0 for _, number in read.answers.pairs)
    if marks is None:
        words = read.answers.unrated if read.answers else ()
        guessed = values.unrated_values(times, words, times.sum() < numbers.size, wide, counts)
        if repeats.have_returns(numbers, named_so):
            guessed = words  # −2 is what was sent back
        elif said_zero and 2 * times.get(0.0, 0) <= times.sum():
            guessed = tuple(mark for mark in guessed if mark != 0)  # somebody wrote “0 %”
        marks = tuple(dict.fromkeys([*(m for m in known if m in times.index), *guessed]))
    remarks: list[Text] = []
    for mark in marks:
        if isinstance(mark, str):
            continue
        is_mark = numbers == mark
        remarks.append(
            Text(
                "{unrated:g} was taken as “unrated”: {n}\u00a0cell.",
                "{unrated:g} was taken as “unrated”: {n:,}\u00a0cells.",
                unrated=mark,
                n=int(is_mark.sum()),
            )
        )
        numbers = np.where(is_mark, np.nan, numbers)
        times = times[times.index.astype(numbers.dtype) != mark]
    distinct = times.index.to_numpy()
    if 0 not in marks and not said_zero:
        if (n_zeros := int(times.get(0.0, 0))) and distinct[0] >= 0:
            remarks.append(
                Text(
                    "0 was taken as a rating: {n}\u00a0cell.",
                    "0 was taken as a rating: {n:,}\u00a0cells.",
                    n=n_zeros,
                )
            )
    if len(times) and distinct[0] == distinct[-1] == 1:
        remarks.append(
            Text(
                "Each pair of user and item counts 1, as of what was bought or clicked: models of "
                "implicit feedback learn from them."
            )
        )
    if counts and len(times):
        remarks.append(_about_counts(times, said.log))
    if said.log:
        if len(times) and distinct[0] < 0:
            raise unreadable(
                Text("Negative numbers have no logarithm of 1 + value; read them as they are.")
            )
        numbers = np.log1p(numbers, dtype=np.float64)
        distinct = np.unique(np.log1p(distinct))
    return Valued(numbers, marks, counts, said.log, distinct, int(times.sum()), tuple(remarks))


def scale_of(valued: Valued, read: Read, implicit: bool, said: Said, file: str) -> Scale:
    """The scale that the ratings seem to have, with the words that people answered in.

    Raises
    ------
    ReadError
        If there is no rating.
    """
    if said.scale is not None:
        return said.scale
    if not valued.n:
        raise unreadable(
            Text(
                "{file} holds no rating, only blanks and what was taken as "
                "“unrated”; choose another column of ratings, or another value for unrated.",
                file=file,
            )
        )
    if implicit:
        return Scale(0, 1, 1)
    if read.answers is None or valued.log:
        return Scale.guess(valued.distinct, valued.n)
    return answers.scale_of(read.answers, valued.distinct, valued.n)


# --- the same user and item twice -----------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class Once:
    """What is done with repeated pairs (``how``, one of ``repeats.HOW``).

    ``n_repeated`` rows are more than pairs; ``valued`` is what each pair counts. ``size``: how many
    users, items and ratings there are; None where pairs were not looked for.
    """

    how: str
    n_repeated: int
    valued: Valued
    size: tuple[int, int, int] | None = None


def once(
    found: LongRoles, valued: Valued, named_so: bool, said: str | None, whole: bool = False
) -> Once:
    """Tell which rating of a repeated pair counts, or what they make together.

    The lines of invoices are summed: what was sent back is in them as numbers below zero.
    ``whole``: these are all rows of a large file, in which pairs are looked for once, later.
    """
    roles, table = found.roles, found.table
    assert roles.user is not None and roles.item is not None
    if whole and not (valued.counts or named_so or said == "sum"):
        how = said or repeats.guess(valued.numbers, roles.timestamp is not None, False)
        return Once(how, 0, valued)
    users, _ = as_codes(table[roles.user])
    items, _ = as_codes(table[roles.item])
    known = np.isfinite(valued.numbers) & (users >= 0) & (items >= 0)
    if not known.any():
        return Once(said or "last", 0, valued)
    numbers = valued.numbers
    if not known.all():
        users, items, numbers = users[known], items[known], numbers[known]
    returns = repeats.have_returns(numbers, named_so)
    counts = valued.counts or returns or named_so
    how = said or repeats.guess(numbers, roles.timestamp is not None, counts)
    n_users, n_items = len(pd.unique(users)), len(pd.unique(items))
    if not returns and not repeats.repeated(users, items):
        return Once(how, 0, valued, (n_users, n_items, len(numbers)))
    times = None if roles.timestamp is None else as_seconds(table[roles.timestamp][known])
    how = said or repeats.guess(numbers, times is not None, counts)
    settled = repeats.settled(users, items, numbers, times, how)
    distinct = np.sort(pd.unique(settled.values))
    size = n_users, n_items, len(settled.values)
    remarks = valued.remarks
    if settled.n_repeated and how == "sum" and said is None:
        remarks = (
            *remarks,
            Text("The same user and item come more than once; their numbers are summed."),
        )
    if how != "sum":
        return Once(how, settled.n_repeated, valued, size)
    summed = replace(valued, distinct=distinct, n=len(settled.values), remarks=remarks)
    return Once(how, settled.n_repeated, summed, size)


def _about_counts(times: pd.Series, log: bool) -> Text:
    about = Text(
        "The ratings look like counts, such as plays: half are at most {median:g}, the largest is "
        "{largest:,.0f}",
        median=values.median(times),
        largest=times.index[-1],
    )
    if log:
        return Text(
            "{about}; log(1 + count) is learnt, so that a few large ones do not outweigh all.",
            about=about,
        )
    return Text(
        "{about}; take log(1 + count), lest a few large ones outweigh all others.", about=about
    )
