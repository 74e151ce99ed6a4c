"""Ratings: sparse (user, item, value) triples with the labels of users and items."""

from __future__ import annotations

import hashlib
import json
import math
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, Literal, NamedTuple

import numpy as np
import pandas as pd

from recsys_core import escape, kernels, words
from recsys_core.errors import RatingsError, SettingsError
from recsys_core.recipes import Recipe
from recsys_core.repeats import repeated
from recsys_core.repeats import sentence as about_repeats
from recsys_core.repeats import settled as settled_repeats
from recsys_core.text import Number, Text

# The two sides of the matrix: its rows and its columns, in this order wherever both are meant.
Side = Literal["user", "item"]
SIDES: tuple[Side, Side] = ("user", "item")
OTHER: dict[Side, Side] = {"user": "item", "item": "user"}


class _Scale(NamedTuple):
    low: float
    high: float
    step: float | None = None
    words: tuple[tuple[float, str], ...] | None = None


class Scale(_Scale):
    """The possible ratings: lowest, highest, the step between them, and words for them.

    A ``step`` of None: every number between the ends. ``words`` are pairs of a rating and what
    people called it, ``(1, "Strongly disagree")``, lowest first; not every rating need have one.
    None where ratings were given as numbers. They are names, as titles are: they are saved with a
    model and shown beside the numbers, and no fingerprint, link or receipt depends on them.

    Raises
    ------
    SettingsError
        If the lowest lies above the highest, or the step is not above 0.
    """

    __slots__ = ()

    def __new__(
        cls,
        low: float,
        high: float,
        step: float | None = None,
        words: Iterable[tuple[float, str]] | None = None,
    ) -> Scale:
        """Check the numbers, and put the words in order."""
        if not low <= high:
            raise SettingsError(
                Text(
                    "The lowest possible rating, {low:g}, lies above the highest, {high:g}; "
                    "exchange them.",
                    low=low,
                    high=high,
                )
            )
        if step is not None and not 0 < step < math.inf:
            raise SettingsError(
                Text(
                    "The step between possible ratings must be above 0, not {step:g}; leave it out "
                    "where every number is possible.",
                    step=step,
                )
            )
        named = tuple(sorted((float(rating), str(word)) for rating, word in words or ()))
        return super().__new__(cls, low, high, step, named or None)

    def __eq__(self, other: object) -> bool:
        """Tell whether both are the same; without words also the tuple of its three numbers."""
        return self._compared() == (other._compared() if isinstance(other, Scale) else other)

    def __ne__(self, other: object) -> bool:
        """Tell whether they differ."""
        return not self == other

    def __hash__(self) -> int:
        """Return the hash of the tuple it equals."""
        return hash(self._compared())

    def _compared(self) -> tuple[Any, ...]:
        return self[:3] if self.words is None else self[:]

    @property
    def width(self) -> float:
        """Highest minus lowest possible rating."""
        return self.high - self.low

    def clip(self, values: np.ndarray) -> np.ndarray:
        """Move values that lie outside the scale to its nearest end; of any shape, kept."""
        return np.clip(values, self.low, self.high)

    def contains(self, values: np.ndarray) -> np.ndarray:
        """Tell which values lie within the scale, bool, of their shape; steps are not checked.

        Compared as float32, as ratings are kept: the −9.2 of a file is the −9.2 of its scale.
        """
        with np.errstate(over="ignore"):  # beyond float32 is infinite: outside
            values = np.asarray(values, dtype=np.float64).astype(np.float32)
        return (values >= np.float32(self.low)) & (values <= np.float32(self.high))

    def possible(self, most: int) -> list[float]:
        """List the possible ratings, lowest first; none where there are more than ``most``.

        On a scale without steps they are the ratings that have a word, if its ends have one.
        """
        if self.step is not None:
            n = self.width / self.step
            return [self.low + self.step * i for i in range(round(n) + 1)] if n < most else []
        named = [rating for rating, _ in self.words or ()]
        ends = len(named) > 1 and (named[0], named[-1]) == (self.low, self.high)
        return named if ends and len(named) <= most else []

    def word(self, rating: float) -> str | None:
        """Return what people called a rating, on one short line; None where it has no word."""
        for named, word in self.words or ():
            if np.float32(named) == np.float32(rating):
                return escape.brief(word, _LONGEST_WORD)
        return None

    def said(self, rating: float) -> str:
        """Say a rating as it was given, with its word where it has one: “4 (Agree)”, “4.5”."""
        return self._with_word(words.given(rating), rating)

    def _with_word(self, text: str, rating: float) -> str:
        word = self.word(rating)
        return text if word is None else f"{text} ({word})"

    def __str__(self) -> str:
        low, high = (self._with_word(Number(f"{end:g}"), end) for end in (self.low, self.high))
        if self.step is None:
            return Text("{low}–{high}, continuous", low=low, high=high)
        step = Number(f"{self.step:g}")
        return Text("{low}–{high}, steps of {step}", low=low, high=high, step=step)

    @classmethod
    def guess(cls, values: np.ndarray, n: int | None = None) -> Scale:
        """Find the likeliest usual scale that holds all values; their own range if none does.

        ``values`` are the ratings, (n,), or the different ones among them; then ``n`` says how
        many ratings there are: four of {1, 2, 3, 4} may well be on 1–5, a thousand are on 1–4.
        """
        for usual in cls.usual_for(values, n):
            return usual
        # As they are kept, so that a file of the kept ratings has the same scale.
        values = np.asarray(values, dtype=np.float32).astype(np.float64)
        step = 1.0 if np.allclose(values, np.rint(values), atol=1e-6) else None
        return cls(float(values.min()), float(values.max()), step)

    @classmethod
    def usual_for(cls, values: np.ndarray, n: int | None = None) -> list[Scale]:
        """Find the usual scales that hold all values, (n,), the likeliest first; see ``guess``.

        Each rating is taken to be any of a scale's with equal probability: the more ratings, the
        less likely a scale with more possible ratings than were given. A scale that few people use
        counts only where both its ends were given.
        """
        n = len(values) if n is None else n
        values = np.unique(values).astype(np.float64)
        low, high = float(values[0]), float(values[-1])

        def holds(usual: Scale) -> bool:
            if not (usual.low <= low and high <= usual.high):
                return False
            steps = (values - usual.low) / (usual.step or 1)
            return np.allclose(steps, np.rint(steps), atol=1e-6)

        held = [(s, surprise) for s, surprise in _USUAL_SCALES.items() if holds(s)]
        if low < 0 and max(-low, high) <= _WIDEST_AROUND_ZERO:
            end = max(-low, high)
            two = Scale(-end, end, 2 * end)  # thumbs up, thumbs down
            around = [two] if holds(two) else [Scale(-end, end, 1)]
            held += [(s, 0.0) for s in around if holds(s)]
        ends = (low, high)
        held = [(s, x) for s, x in held if x < _RARE or (s.low, s.high) == ends]

        def unlikely(found: tuple[Scale, float]) -> float:
            usual, surprise = found
            return surprise + n * math.log(usual.width / (usual.step or 1) + 1)

        return [usual for usual, _ in sorted(held, key=unlikely)]


# A word longer than this is a sentence, for which no form has room.
_LONGEST_WORD = 60

_WIDEST_AROUND_ZERO = 10  # −10 … 10

# The usual scales, and how little each is used: −log of its odds against 1–5. Those from _RARE on
# are taken only where both their ends were given.
_RARE = 3.0
_USUAL_SCALES: dict[Scale, float] = {
    Scale(1, 5, 1): 0.0,
    Scale(0, 1, 1): 0.5,
    Scale(1, 10, 1): 0.5,
    Scale(0.5, 5, 0.5): 0.5,
    Scale(0, 5, 1): 1.0,
    Scale(0, 5, 0.5): 1.0,
    Scale(1, 7, 1): 1.0,
    Scale(0, 10, 1): 1.0,
    Scale(0, 10, 0.5): 1.0,
    Scale(0, 100, 1): 1.0,
    Scale(0, 20, 1): 2.0,
    Scale(0, 20, 0.5): 2.0,
    **{Scale(0, high, 1): _RARE for high in (2, 3, 4)},
    **{Scale(1, high, 1): _RARE for high in (2, 3, 4, 6, 20, 100)},
    **{Scale(0, high, 1): 4 * _RARE for high in (6, 7, 8, 9, 12)},
    **{Scale(1, high, 1): 4 * _RARE for high in (8, 9, 11, 12)},
}


@dataclass(frozen=True)
class Truth:
    """What generated ratings were made from: r = offset + gain · (p_u · q_i), before noise.

    ``user_factors`` is (n_users, k), ``item_factors`` (n_items, k).
    """

    user_factors: np.ndarray
    item_factors: np.ndarray
    offset: float = 0.0
    gain: float = 1.0

    def ratings(self, user_ids: np.ndarray, item_ids: np.ndarray) -> np.ndarray:
        """Noise-free ratings of the given pairs, shape (n,)."""
        dots = np.einsum("nk,nk->n", self.user_factors[user_ids], self.item_factors[item_ids])
        return self.offset + self.gain * dots

    def block(
        self, user_ids: Sequence[int] | np.ndarray, item_ids: Sequence[int] | np.ndarray
    ) -> np.ndarray:
        """Noise-free ratings of every pair in a block, shape (len(user_ids), len(item_ids))."""
        return self.offset + self.gain * (
            self.user_factors[user_ids] @ self.item_factors[item_ids].T
        )


@dataclass(frozen=True)
class Report:
    """What was left out while reading: counts, and remarks in whole sentences."""

    n_rows: int = 0
    n_duplicates: int = 0
    n_blank: int = 0
    n_out_of_scale: int = 0
    remarks: tuple[str, ...] = ()
    repeats: str = "last"  # what was done with duplicates: one of repeats.HOW
    n_returned: int = 0

    def sentences(self) -> list[str]:
        """One sentence for each thing worth telling; empty when nothing was left out."""
        found = []
        if self.n_duplicates:
            found.append(about_repeats(self.repeats, self.n_duplicates))
        if self.n_returned:
            found.append(
                Text(
                    "{n} user and item of which all was returned was left out.",
                    "{n:,} users and items of which all was returned were left out.",
                    n=self.n_returned,
                )
            )
        if self.n_blank:
            found.append(
                Text(
                    "{n} row without a user, an item or a rating was left out.",
                    "{n:,} rows without a user, an item or a rating were left out.",
                    n=self.n_blank,
                )
            )
        if self.n_out_of_scale:
            found.append(
                Text(
                    "{n} rating outside the scale was left out.",
                    "{n:,} ratings outside the scale were left out.",
                    n=self.n_out_of_scale,
                )
            )
        return [*found, *self.remarks]


class Grouped(NamedTuple):
    """Ratings in compressed rows: those of row r are ``columns[starts[r]:starts[r + 1]]``.

    ``order`` holds the position of each in the original triples.
    """

    starts: np.ndarray  # int64, (n_rows + 1,)
    columns: np.ndarray  # int32, (n_ratings,)
    values: np.ndarray  # float32, (n_ratings,)
    order: np.ndarray  # int64, (n_ratings,)

    def row(self, index: int) -> tuple[np.ndarray, np.ndarray]:
        """Return the column indices, int32, and the values, float32, of one row; (n,) each."""
        here = slice(self.starts[index], self.starts[index + 1])
        return self.columns[here], self.values[here]


# A name longer than this is no name; nobody reads it, and every page would carry it.
_LONGEST_NAME = 200


def _as_name(text: str) -> str:
    if text.isascii() and text.isprintable() and 0 < len(text) <= _LONGEST_NAME:
        return text
    name = escape.brief(text, _LONGEST_NAME)
    return name if escape.is_seen(name) else "(no name)"


@dataclass(frozen=True, eq=False)
class Axis:
    """One side of the matrix: all its users, or all its items, and what the ratings say of them.

    Attributes
    ----------
    side : "user" or "item"; noun : what one of them is called.
    labels : in index order.
    ids : int32, (n_ratings,), whose each rating is; values : float32, (n_ratings,), the ratings.
    titles : a title each, missing where unknown; None where there are no titles.
    """

    side: Side
    noun: str
    labels: list[Any]
    ids: np.ndarray
    values: np.ndarray
    titles: pd.Series | None = None

    @property
    def n(self) -> int:
        """How many there are, those without a rating included."""
        return len(self.labels)

    @cached_property
    def names(self) -> list[str]:
        """What to call each: its title where there is one, else its label; a number “user 12”.

        On one line, in at most 200 characters; ``labels`` has them as they are.
        """
        names = [str(label) for label in self.labels]
        if self.side == "user":
            names = [f"user {name}" if name.isdigit() else name for name in names]
        elif self.titles is not None:
            known = self.titles.notna()
            names = [str(t) if k else n for t, k, n in zip(self.titles, known, names, strict=True)]
        return [_as_name(name) for name in names]

    @cached_property
    def distinct_names(self) -> list[str]:
        """The names where each must be another, as in a list to choose from."""
        return words.distinct(self.names)

    @cached_property
    def counts(self) -> np.ndarray:
        """Ratings each, int64, shape (n,)."""
        return np.bincount(self.ids, minlength=self.n)

    @cached_property
    def means(self) -> np.ndarray:
        """Mean rating of each, NaN where there is none; float64, shape (n,)."""
        sums = np.bincount(self.ids, weights=self.values, minlength=self.n)
        with np.errstate(invalid="ignore"):
            return np.where(self.counts > 0, sums / self.counts, np.nan)

    @cached_property
    def order(self) -> np.ndarray:
        """Indices by label as people count: “2” before “10”; int64, shape (n,)."""
        return _natural_order(self.labels)

    def most_rated(self, n: int | None = None) -> np.ndarray:
        """Sort indices by ratings, most first, ties by index; int64, (n,), all if n is None."""
        return most_first(self.counts, n)

    def index(self, label: Any) -> int:
        """Find the index of a label; the text of a label finds it, too.

        Raises
        ------
        RatingsError
            If there is no such label.
        """
        index = self._lookup.get(label, self._lookup.get(label_text(label)))
        if index is None:
            raise RatingsError(
                Text(
                    "No {noun} is called “{label}” in these ratings; check the spelling.",
                    noun=self.noun,
                    label=label,
                )
            )
        return index

    @cached_property
    def _lookup(self) -> dict[Any, int]:
        """Label to index; the text of a label where that is not another's label."""
        by_text = {label_text(label): index for index, label in enumerate(self.labels)}
        return by_text | {label: index for index, label in enumerate(self.labels)}


@dataclass(frozen=True, eq=False)
class Ratings:
    """Ratings as sparse triples with labels, scale and optional item information.

    Attributes
    ----------
    user_ids, item_ids : int32 arrays, shape (n_ratings,)
        Indices into ``users`` and ``items``; never raw labels.
    values : float32 array, shape (n_ratings,)
    users, items : lists of labels, in index order.
    scale : Scale
    timestamps : int64 array, shape (n_ratings,), seconds since 1970; or None.
    item_info : table with one row an item (``title``, ``genres`` …) in index order; or None.
    user_info : table with one row a user (``age``, ``sex``, ``occupation``) likewise; or None.
    truth : Truth; generated data only.
    name : what a person calls this data.
    report : Report of what was met while reading.
    origin : Recipe of ratings that can be made anew by name; None for all others (see ``source``).
    """

    user_ids: np.ndarray
    item_ids: np.ndarray
    values: np.ndarray
    users: list[Any]
    items: list[Any]
    scale: Scale
    timestamps: np.ndarray | None = None
    item_info: pd.DataFrame | None = None
    truth: Truth | None = None
    name: str = "ratings"
    item_noun: str = "item"
    report: Report = field(default_factory=Report)
    origin: Recipe | None = None
    user_info: pd.DataFrame | None = None

    def __post_init__(self) -> None:
        # Canonical types once, here, so that kernels never meet another; frozen, so that snapshots
        # taken while a model trains can share them.
        for attribute, dtype in (
            ("user_ids", np.int32),
            ("item_ids", np.int32),
            ("values", np.float32),
        ):
            array = np.ascontiguousarray(getattr(self, attribute), dtype=dtype)
            object.__setattr__(self, attribute, array)
        if not len(self.user_ids) == len(self.item_ids) == len(self.values):
            raise RatingsError(
                Text("Users, items and ratings must be equally many; check the columns.")
            )
        if len(self.values) and not np.isfinite(self.values).all():
            raise RatingsError(
                Text("Some ratings are not finite numbers; mark them as unrated instead.")
            )
        if len(self.values):
            for ids, size, what in (
                (self.user_ids, len(self.users), "user"),
                (self.item_ids, len(self.items), "item"),
            ):
                if ids.min() < 0 or ids.max() >= size:
                    raise RatingsError(
                        Text(
                            "A {what} index lies outside 0–{value}; {what}_index(label) turns a "
                            "label into its index.",
                            what=what,
                            value=size - 1,
                        )
                    )

    # --- construction ---------------------------------------------------------------------------

    @classmethod
    def from_frame(
        cls,
        frame: pd.DataFrame,
        user: str = "user",
        item: str = "item",
        rating: str = "rating",
        timestamp: str | None = None,
        scale: Scale | None = None,
        item_info: pd.DataFrame | None = None,
        name: str = "ratings",
        item_noun: str = "item",
        remarks: Sequence[str] = (),
        user_info: pd.DataFrame | None = None,
        repeats: str = "last",
    ) -> Ratings:
        """Ratings from a long table, one row a rating.

        Rows without user, item or rating are left out, repeated pairs are settled as ``repeats``
        says (one of ``repeats.HOW``), and values outside a given ``scale`` are left out (of a sum,
        the sum); ``report`` counts all three. Labels that are all numbers are put in ascending
        order, others stay in order of appearance.

        ``item_info`` and ``user_info`` are tables indexed by item and by user label; they are
        brought into index order.

        Raises
        ------
        RatingsError
            If a column is missing, a rating is not a number, or nothing is left.
        """
        for column in (user, item, rating, *([timestamp] if timestamp else [])):
            if column not in frame.columns:
                names = ", ".join(str(c) for c in frame.columns)
                raise RatingsError(
                    Text(
                        "There is no column “{column}”; the table has: {names}.",
                        column=column,
                        names=names,
                    )
                )
        numbers = to_numbers(frame[rating])
        not_number = numbers.isna() & frame[rating].notna()
        if not_number.any():
            at = int(np.flatnonzero(not_number.to_numpy())[0])
            raise RatingsError(
                Text(
                    "Row {value}, column “{rating}”: “{iloc}” is not a number; "
                    "choose another rating column or mend the row.",
                    value=at + 1,
                    rating=rating,
                    iloc=frame[rating].iloc[at],
                )
            )
        values = numbers.to_numpy(dtype=np.float64, na_value=np.nan)
        user_codes, users = _encode(frame[user])
        item_codes, items = _encode(frame[item])
        rated = (user_codes >= 0) & (item_codes >= 0) & np.isfinite(values)
        times = None
        if timestamp is not None:
            moments = _seconds(frame[timestamp] if rated.all() else frame[timestamp][rated])
            if moments is not None:
                times = np.zeros(len(frame), dtype=np.int64)
                times[rated] = moments
        return cls.from_codes(
            user_codes, users, item_codes, items, values, times,
            scale=scale, item_info=item_info, name=name, item_noun=item_noun, remarks=remarks,
            user_info=user_info, repeats=repeats,
        )  # fmt: skip

    @classmethod
    def from_codes(
        cls,
        user_codes: np.ndarray,
        users: Sequence[Any],
        item_codes: np.ndarray,
        items: Sequence[Any],
        values: np.ndarray,
        times: np.ndarray | None = None,
        scale: Scale | None = None,
        item_info: pd.DataFrame | None = None,
        name: str = "ratings",
        item_noun: str = "item",
        remarks: Sequence[str] = (),
        user_info: pd.DataFrame | None = None,
        repeats: str = "last",
    ) -> Ratings:
        """Ratings from rows whose labels are codes already, as ``from_frame`` makes them.

        ``user_codes`` and ``item_codes`` are integers, (n_rows,), positions in ``users`` and
        ``items``, whose labels are distinct, −1 where blank; ``values`` are numbers, NaN where
        unrated; ``times`` int64 seconds. Labels without a rating are left out.

        Raises
        ------
        RatingsError
            If nothing is left.
        """
        n_rows = len(values)
        keep = (user_codes >= 0) & (item_codes >= 0) & np.isfinite(values)
        n_blank = int(n_rows - keep.sum())
        n_outside = 0
        if scale is not None and repeats != "sum":
            inside = scale.contains(values)
            n_outside = int((keep & ~inside).sum())
            keep &= inside
        if not keep.any():
            raise RatingsError(
                Text("No rating is left after leaving out blank and out-of-scale rows.")
            )
        if not keep.all():
            user_codes, item_codes, values = user_codes[keep], item_codes[keep], values[keep]
            times = None if times is None else times[keep]
        user_codes, users = _in_order(user_codes, users)
        item_codes, items = _in_order(item_codes, items)

        n_repeated = n_returned = 0
        if repeated(user_codes, item_codes) or repeats == "sum":
            once = settled_repeats(user_codes, item_codes, values, times, repeats)
            n_repeated, n_returned = once.n_repeated, once.n_returned
            rows, values = once.rows, once.values.astype(np.float32, copy=False)
            del once
            if scale is not None and repeats == "sum":
                inside = scale.contains(values)
                n_outside = int((~inside).sum())
                rows, values = rows[inside], values[inside]
            if not len(rows):
                raise RatingsError(
                    Text("No rating is left once repeated rows are summed; choose another rule.")
                )
            if len(rows) < len(user_codes):
                user_codes, item_codes = user_codes[rows], item_codes[rows]
                times = None if times is None else times[rows]
            if n_returned or (n_outside and repeats == "sum"):  # some may have none any more
                user_codes, users = _without_unused(user_codes, users)
                item_codes, items = _without_unused(item_codes, items)
        values = values.astype(np.float32, copy=False)
        if item_info is not None:
            item_info = item_info.reindex(items).reset_index(drop=True)
        if user_info is not None:
            user_info = user_info.reindex(users).reset_index(drop=True)
        return cls(
            user_ids=user_codes,
            item_ids=item_codes,
            values=values,
            users=list(users),
            items=list(items),
            scale=scale or Scale.guess(values),
            timestamps=times,
            item_info=item_info,
            name=name,
            item_noun=item_noun,
            report=Report(
                n_rows, n_repeated, n_blank, n_outside, tuple(remarks), repeats, n_returned
            ),
            user_info=user_info,
        )

    @classmethod
    def from_matrix(
        cls,
        matrix: np.ndarray | pd.DataFrame,
        missing: float | None = 0,
        scale: Scale | None = None,
        name: str = "ratings",
        item_noun: str = "item",
        remarks: Sequence[str] = (),
    ) -> Ratings:
        """Build Ratings from a wide table, (n_users, n_items).

        NaN always means unrated; so does the value ``missing`` (None: no value does). Values
        outside a given ``scale`` are left out, and counted in ``report``.

        Raises
        ------
        RatingsError
            If the table has not two dimensions, a cell is not a number, or no cell is rated.
        """
        if isinstance(matrix, pd.DataFrame):
            users, items = list(matrix.index), list(matrix.columns)
            try:
                # Where no cell can be pandas' own NA it is not looked for, which copies.
                plain = all(kind == np.float32 for kind in matrix.dtypes)
                blank = {} if plain else {"na_value": np.nan}
                wide = matrix.to_numpy(dtype=np.float32, **blank)
            except (TypeError, ValueError):
                raise RatingsError(
                    Text(
                        "The matrix holds something that is not a number; leave unrated cells "
                        "blank."
                    )
                ) from None
        else:
            wide = np.asarray(matrix, dtype=np.float32)
            if wide.ndim != 2:
                raise RatingsError(
                    Text("A rating matrix has two dimensions; this one has {ndim}.", ndim=wide.ndim)
                )
            users, items = list(range(wide.shape[0])), list(range(wide.shape[1]))
        rated = np.isfinite(wide)
        n_outside = 0
        height = max((1 << 20) // max(wide.shape[1], 1), 1)  # rows at once: copies are small
        blocks = [slice(at, at + height) for at in range(0, len(wide), height)]
        for rows in blocks:
            if missing is not None:
                rated[rows] &= wide[rows] != missing
            if scale is not None:
                outside = rated[rows] & ~scale.contains(wide[rows])
                n_outside += int(outside.sum())
                rated[rows] &= ~outside
        n_rated = np.count_nonzero(rated)
        if not n_rated:
            raise RatingsError(
                Text("No cell of the matrix is rated; check which value means unrated.")
            )
        user_ids, item_ids = np.empty(n_rated, np.int32), np.empty(n_rated, np.int32)
        values, ends = np.empty(n_rated, np.float32), 0
        for rows in blocks:
            in_block, columns = np.nonzero(rated[rows])
            begins, ends = ends, ends + len(columns)
            user_ids[begins:ends] = in_block + rows.start
            item_ids[begins:ends] = columns
            values[begins:ends] = wide[rows][in_block, columns]
        return cls(
            user_ids=user_ids,
            item_ids=item_ids,
            values=values,
            users=users,
            items=items,
            scale=scale or Scale.guess(values),
            name=name,
            item_noun=item_noun,
            report=Report(wide.size, 0, 0, n_outside, tuple(remarks)),
        )

    def replace(self, **changes: Any) -> Ratings:
        """A copy with some attributes changed (name, scale, item_info …).

        Where more changes than what things are called, it is other data: ``origin`` is dropped.
        """
        if not changes.keys() <= _ONLY_WORDS:
            changes = {"origin": None, **changes}
        return replace(self, **changes)

    def with_scale(self, scale: Scale) -> Ratings:
        """The same ratings on another scale; sorting by label, if done before, is not repeated."""
        found = self.replace(scale=scale)
        found.__dict__["_by_label"] = self._by_label
        return found

    def take(self, which: np.ndarray) -> Ratings:
        """Take the ratings at some positions, int, (n,), or where a mask, (n_ratings,), is true.

        Labels and indices stay as they are.
        """
        return replace(
            self,
            origin=None,
            user_ids=self.user_ids[which],
            item_ids=self.item_ids[which],
            values=self.values[which],
            timestamps=None if self.timestamps is None else self.timestamps[which],
        )

    # --- size and labels ------------------------------------------------------------------------

    @property
    def n_users(self) -> int:
        """Number of users, those without a rating in this subset included."""
        return len(self.users)

    @property
    def n_items(self) -> int:
        """Number of items, those without a rating in this subset included."""
        return len(self.items)

    @property
    def n_ratings(self) -> int:
        """Number of ratings."""
        return len(self.values)

    @property
    def density(self) -> float:
        """Share of the matrix that is rated, 0 to 1."""
        cells = self.n_users * self.n_items
        return self.n_ratings / cells if cells else 0.0

    @property
    def global_mean(self) -> float:
        """Mean of all ratings, μ.

        Raises
        ------
        RatingsError
            If there are none.
        """
        if not self.n_ratings:
            raise RatingsError(Text("There are no ratings to take the mean of."))
        return float(self.values.mean(dtype=np.float64))

    def axis(self, side: Side) -> Axis:
        """The users, or the items: labels, names, counts and the like of one side of the matrix."""
        return self._axes[side]

    @cached_property
    def _axes(self) -> dict[Side, Axis]:
        info = self.item_info
        titles = None if info is None or "title" not in info else info["title"]
        return {
            "user": Axis("user", "user", self.users, self.user_ids, self.values),
            "item": Axis("item", self.item_noun, self.items, self.item_ids, self.values, titles),
        }

    @property
    def user_names(self) -> list[str]:
        """What to call each user: text labels as they are, numbers as “user 12”."""
        return self.axis("user").names

    @property
    def item_names(self) -> list[str]:
        """What to call each item: its title where there is one, else its label."""
        return self.axis("item").names

    def user_index(self, label: Any) -> int:
        """Find the index of the user with this label; raises RatingsError if there is none."""
        return self.axis("user").index(label)

    def item_index(self, label: Any) -> int:
        """Find the index of the item with this label; raises RatingsError if there is none."""
        return self.axis("item").index(label)

    @property
    def user_order(self) -> np.ndarray:
        """User indices by label as people count: “2” before “10”; int64, shape (n_users,)."""
        return self.axis("user").order

    @property
    def item_order(self) -> np.ndarray:
        """Item indices likewise, int64, shape (n_items,)."""
        return self.axis("item").order

    # --- which ratings these are ----------------------------------------------------------------

    @property
    def source(self) -> Recipe:
        """How these ratings are found or made anew: by name, or as the upload of a fingerprint."""
        return self.origin or Recipe.of(UPLOAD, id=self.fingerprint)

    @cached_property
    def fingerprint(self) -> str:
        """SHA-256 (16 hex digits) of the rows, sorted by label as text, and of the scale.

        A row is user label, item label, float32 value and, where there are times, the time. Files
        that differ only in the order of rows or in format have the same fingerprint. Labels nobody
        rated or was rated by count as well: they have a place in the matrix.
        """
        by_user, by_item, rows = self._by_label
        users, items = (_ranks(order) for order in (by_user, by_item))
        digest = self._digest(by_user, by_item, timed=self.timestamps is not None)
        for ids, ranks in ((self.user_ids, users), (self.item_ids, items)):
            digest.update(ranks[ids[rows]].astype("<i4").tobytes())
        digest.update((self.values[rows] + np.float32(0)).astype("<f4").tobytes())  # −0.0 is 0.0
        if self.timestamps is not None:
            digest.update(self.timestamps[rows].astype("<i8").tobytes())
        return digest.hexdigest()[:16]

    def sorted_by_label(self) -> Ratings:
        """The same ratings with users, items and rows in the order of the fingerprint.

        Labels become text. A model trained on the result has the same bits whatever the order of
        the rows in the file they came from.
        """
        by_user, by_item, rows = self._by_label
        users, items = _ranks(by_user), _ranks(by_item)
        truth = self.truth and replace(
            self.truth,
            user_factors=self.truth.user_factors[by_user],
            item_factors=self.truth.item_factors[by_item],
        )
        found = replace(
            self,
            user_ids=users[self.user_ids[rows]],
            item_ids=items[self.item_ids[rows]],
            values=self.values[rows],
            users=[label_text(self.users[i]) for i in by_user],
            items=[label_text(self.items[i]) for i in by_item],
            timestamps=None if self.timestamps is None else self.timestamps[rows],
            item_info=_reordered(self.item_info, by_item),
            user_info=_reordered(self.user_info, by_user),
            truth=truth,
            origin=None,
        )
        # The same by definition: nothing is sorted a second time.
        found.__dict__.update(fingerprint=self.fingerprint, is_sorted_by_label=True)
        return found

    @cached_property
    def is_sorted_by_label(self) -> bool:
        """Whether they are in the order of the fingerprint already."""
        in_order = all(np.array_equal(order, np.arange(len(order))) for order in self._by_label)
        return in_order and all(isinstance(x, str) for x in (*self.users, *self.items))

    @cached_property
    def rows_digest(self) -> str:
        """SHA-256 (16 hex digits) of labels, rows and scale in their present order, without times.

        It tells a release of MovieLens from the same ratings in another order.
        """
        digest = self._digest(range(self.n_users), range(self.n_items), timed=False)
        for array, kind in ((self.user_ids, "<i4"), (self.item_ids, "<i4"), (self.values, "<f4")):
            digest.update(array.astype(kind).tobytes())
        return digest.hexdigest()[:16]

    @property
    def order_by_label(self) -> np.ndarray:
        """Positions of the rows in the order of the fingerprint, int64, shape (n_ratings,)."""
        return self._by_label[2]

    def _digest(self, users: Iterable[int], items: Iterable[int], timed: bool) -> Any:
        """A SHA-256 that has taken in labels in an order, the scale, and what rows consist of."""
        header = [
            [label_text(self.users[user]) for user in users],
            [label_text(self.items[item]) for item in items],
            [None if part is None else float(part) for part in self.scale[:3]],  # words are names
            [self.n_ratings, timed],
        ]
        text = json.dumps(header, ensure_ascii=True, separators=(",", ":"))
        return hashlib.sha256(text.encode("ascii"))

    @cached_property
    def _by_label(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Orders of users, items and rows by label as text."""
        by_user, by_item = (
            np.array(sorted(range(len(side)), key=[label_text(x) for x in side].__getitem__), int)
            for side in (self.users, self.items)
        )
        pairs = _ranks(by_user)[self.user_ids] * np.int64(max(len(by_item), 1))
        pairs += _ranks(by_item)[self.item_ids]
        rows = np.argsort(pairs, kind="stable")
        if len(rows) and (np.diff(pairs[rows]) == 0).any():  # never read from a file
            times = self.values if self.timestamps is None else self.timestamps
            rows = np.lexsort((self.values, times, pairs))
        return by_user, by_item, rows

    # --- shapes for the kernels and pages -------------------------------------------------------

    @cached_property
    def by_user(self) -> Grouped:
        """The ratings grouped by user (compressed rows)."""
        return _group(self.user_ids, self.item_ids, self.values, self.n_users)

    @cached_property
    def by_item(self) -> Grouped:
        """The ratings grouped by item (compressed columns)."""
        return _group(self.item_ids, self.user_ids, self.values, self.n_items)

    @cached_property
    def transposed(self) -> Ratings:
        """The same ratings with users and items exchanged; without titles, times and origin."""
        found = Ratings(
            self.item_ids, self.user_ids, self.values, self.items, self.users, self.scale,
            name=self.name, item_noun="user",
        )  # fmt: skip
        found.__dict__.update(by_user=self.by_item, by_item=self.by_user)
        return found

    @property
    def user_counts(self) -> np.ndarray:
        """Ratings a user, int64, shape (n_users,)."""
        return self.axis("user").counts

    @property
    def item_counts(self) -> np.ndarray:
        """Ratings an item, int64, shape (n_items,)."""
        return self.axis("item").counts

    @property
    def user_means(self) -> np.ndarray:
        """Mean rating of each user, NaN where there is none; float64, shape (n_users,)."""
        return self.axis("user").means

    @property
    def item_means(self) -> np.ndarray:
        """Mean rating of each item, NaN where there is none; float64, shape (n_items,)."""
        return self.axis("item").means

    def block(
        self, user_ids: Sequence[int] | np.ndarray, item_ids: Sequence[int] | np.ndarray
    ) -> np.ndarray:
        """A dense block, NaN where unrated; float32, shape (len(user_ids), len(item_ids))."""
        column_of = np.full(self.n_items, -1, dtype=np.int64)
        column_of[item_ids] = np.arange(len(item_ids))
        dense = np.full((len(user_ids), len(item_ids)), np.nan, dtype=np.float32)
        for row, user in enumerate(user_ids):
            items, values = self.by_user.row(int(user))
            columns = column_of[items]
            here = columns >= 0
            dense[row, columns[here]] = values[here]
        return dense

    def to_frame(self) -> pd.DataFrame:
        """A long table with labels: user, item, rating (and timestamp)."""
        table = pd.DataFrame(
            {
                "user": pd.Series(self.users, dtype=object).take(self.user_ids).to_numpy(),
                "item": pd.Series(self.items, dtype=object).take(self.item_ids).to_numpy(),
                "rating": self.values,
            }
        )
        if self.timestamps is not None:
            table["timestamp"] = self.timestamps
        return table

    def __len__(self) -> int:
        return self.n_ratings

    def __repr__(self) -> str:
        return (
            f"<Ratings {self.name!r}: {self.n_users:,} users × {self.n_items:,} {self.item_noun}s, "
            f"{self.n_ratings:,} ratings, {self.density:.1%} filled, scale {self.scale}>"
        )


# The name of ratings that are found by their fingerprint alone.
UPLOAD = "upload"

# What may be changed of ratings that stay the same data.
_ONLY_WORDS = frozenset({"name", "item_noun", "report", "item_info", "user_info", "origin"})


def label_text(label: Any) -> str:
    """A label as text: 1, “1” and 1.0 are one label."""
    if isinstance(label, float | np.floating) and float(label).is_integer():
        return str(int(label))
    return str(label)


def most_first(counts: np.ndarray, n: int | None = None) -> np.ndarray:
    """Sort positions of counts, (m,), highest first, ties in order; int64, the first n, or all."""
    return np.argsort(-counts, kind="stable")[:n]


def _natural_order(labels: Sequence[Any]) -> np.ndarray:
    keys = [
        [(int(part), "") if part.isdecimal() else (-1, part.casefold()) for part in parts]
        for parts in (re.split(r"(\d{1,18})", label_text(label)) for label in labels)
    ]
    return np.array(sorted(range(len(keys)), key=keys.__getitem__), dtype=np.int64)


def _reordered(info: pd.DataFrame | None, order: np.ndarray) -> pd.DataFrame | None:
    """What is known of users or items, in another order of these."""
    return None if info is None else info.iloc[order].reset_index(drop=True)


def _ranks(order: np.ndarray) -> np.ndarray:
    """Invert an order: the new position of each, int64."""
    ranks = np.empty(len(order), dtype=np.int64)
    ranks[order] = np.arange(len(order))
    return ranks


def _encode(labels: pd.Series) -> tuple[np.ndarray, list[Any]]:
    """Codes, −1 where missing, and the distinct labels they name."""
    codes, unique = pd.factorize(labels)
    texts = [label_text(label) for label in unique]
    if len(set(texts)) < len(texts):  # 1 and "1" in one column
        merged, first = pd.factorize(pd.Series(texts, dtype=object))
        codes, unique = np.append(merged, -1)[codes], pd.Index(first, dtype=object)
    return codes, unique.tolist()


def to_numbers(column: pd.Series) -> pd.Series:
    """A column as numbers, NaN where a cell is none, or none that a float could hold."""
    try:
        return pd.to_numeric(column, errors="coerce")
    except OverflowError:  # Python's whole numbers, and JSON's, have no end
        return pd.to_numeric(column.map(_held), errors="coerce")


def _held(cell: Any) -> Any:
    try:
        return float(cell) if isinstance(cell, int) else cell
    except OverflowError:
        return np.nan


def _in_order(codes: np.ndarray, labels: Sequence[Any]) -> tuple[np.ndarray, list[Any]]:
    """Codes, int32, and the labels in use: numbers ascending, others in order of appearance."""
    first = np.full(len(labels), len(codes), dtype=np.int64)
    for begins in reversed(range(0, len(codes), 1 << 20)):  # of equals, the last written stays
        block = codes[begins : begins + (1 << 20)][::-1]
        first[block] = np.arange(begins + len(block) - 1, begins - 1, -1)
    order = np.argsort(first, kind="stable")[: np.count_nonzero(first < len(codes))]
    in_use = pd.Series([labels[code] for code in order], dtype=object)
    numbers = to_numbers(in_use)
    if numbers.notna().all():
        order = order[np.argsort(numbers.to_numpy(dtype=np.float64), kind="stable")]
    rank = np.zeros(len(labels), dtype=np.int32)
    rank[order] = np.arange(len(order))
    return rank[codes], [labels[code] for code in order]


def _without_unused(codes: np.ndarray, labels: Sequence[Any]) -> tuple[np.ndarray, list[Any]]:
    """Codes and labels once labels that no code names are left out."""
    used, codes = np.unique(codes, return_inverse=True)
    return codes.astype(np.int32), [labels[code] for code in used]


def _seconds(column: pd.Series) -> np.ndarray | None:
    """Timestamps as whole seconds: numbers as they are, dates converted; None when unreadable."""
    numbers = to_numbers(column)
    if numbers.notna().all():
        return numbers.to_numpy(dtype=np.int64)
    dates = pd.to_datetime(column, errors="coerce", utc=True)
    if dates.notna().all():
        return dates.dt.as_unit("s").astype("int64").to_numpy()
    return None


def _group(rows: np.ndarray, columns: np.ndarray, values: np.ndarray, n_rows: int) -> Grouped:
    starts, order = np.empty(n_rows + 1, np.int64), np.empty(len(rows), np.int64)
    grouped = np.empty_like(columns), np.empty_like(values), order
    kernels.group(rows, columns, values, starts, grouped)
    return Grouped(starts, *grouped)
