"""Splits: ratings for training, for choosing (validation), and for the final measure (test).

Every part is a ``Ratings`` with the labels, indices and scale of the whole. A size is a share of
the ratings (0.1) or a count (500); 0 or None leaves the part out.
"""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import cached_property, partial
from typing import Any, Literal

import numpy as np
import pandas as pd

from recsys_core.errors import MissingDataError, RatingsError, SettingsError
from recsys_core.ratings import Ratings
from recsys_core.recipes import SPLITS, Parameter, Recipe, Size, ranges_of, ranges_text
from recsys_core.text import Number, Text, later
from recsys_core.words import plural


@dataclass(frozen=True)
class Unseen:
    """Numbers of held-out ratings, users and items that have no rating in training."""

    part: str
    n_ratings: int
    n_users: int
    n_items: int

    def sentence(self) -> str:
        """The counts in one sentence."""
        return Text(
            "{n}\u00a0{part} rating with a user or an item that training never saw ({users}, "
            "{items}): nothing was learnt about those.",
            "{n:,}\u00a0{part} ratings with a user or an item that training never saw ({users}, "
            "{items}): nothing was learnt about those.",
            part=Text(self.part),
            n=self.n_ratings,
            users=plural("user", self.n_users),
            items=plural("item", self.n_items),
        )


@dataclass(frozen=True)
class SplitReport:
    """What is worth knowing about a split: unseen users and items, and remarks."""

    unseen: tuple[Unseen, ...] = ()
    remarks: tuple[str, ...] = ()

    def sentences(self) -> list[str]:
        """One sentence for each thing worth telling; empty when there is none."""
        return [*(u.sentence() for u in self.unseen if u.n_ratings), *self.remarks]


@dataclass(frozen=True, eq=False)
class Split:
    """Training, validation and test ratings, disjoint and together complete.

    ``description`` is one line a page can show; ``report`` counts the unseen; ``recipe`` says how
    to divide the same ratings so again (None for a Split put together by hand).
    """

    train: Ratings
    validation: Ratings | None
    test: Ratings | None
    description: str
    report: SplitReport = field(default_factory=SplitReport)
    made_by: Recipe | Callable[[], Recipe] | None = None

    @cached_property
    def recipe(self) -> Recipe | None:
        """How to divide the same ratings so again."""
        return self.made_by() if callable(self.made_by) else self.made_by


_LATEST = later("each user's latest ratings held out: {sizes}")

# Below this many ratings, holding some out leaves too few to learn from and too few to judge by.
FEW = 200


@SPLITS
def usual(ratings: Ratings, seed: int = 0) -> Split:
    """The split to begin with: nothing held out of fewer than 200 ratings, else random 80/10/10."""
    return whole(ratings) if len(ratings) < FEW else random(ratings, seed=seed)


@SPLITS
def whole(ratings: Ratings) -> Split:
    """No split: all ratings train, none is held out."""
    return Split(
        ratings, None, None, Text("all {n:,} ratings train, none held out", n=len(ratings))
    )


@SPLITS
def random(
    ratings: Ratings,
    validation: Size = 0.1,
    test: Size = 0.1,
    seed: int = 0,
    keep_one: bool = False,
) -> Split:
    """Draw the held-out ratings at random, each with the same chance.

    The test part does not depend on the size of the validation part. With ``keep_one`` every user
    and every item keeps at least one rating in training (for tiny data); should that leave too few
    to hold out, the held-out parts shrink and the report says so.

    Raises
    ------
    SettingsError
        If a size has no meaning, or nothing is left to train on.
    """
    n_validation, n_test = _sizes(ratings, validation, test)
    order = np.random.default_rng(seed).permutation(len(ratings))
    remarks: tuple[str, ...] = ()
    name = Text(
        "random {parts}, seed {seed}", parts=_proportions(ratings, validation, test), seed=seed
    )
    if keep_one:
        name = Text("{split}, one rating of each kept in training", split=name)
        free = order[~_first_of_each(ratings, order)]
        wanted = n_validation + n_test
        if wanted > len(free):
            n_test = len(free) * n_test // wanted
            n_validation = len(free) - n_test if n_validation else 0
            remarks = (
                Text(
                    "Only {free:,} of {wanted:,} ratings could be held out without leaving a "
                    "user or an item with none in training.",
                    free=len(free),
                    wanted=wanted,
                ),
            )
        order = free
    return _split(
        ratings, order[n_test : n_test + n_validation], order[:n_test], name, remarks=remarks
    )


@SPLITS
def last_out(
    ratings: Ratings,
    validation: Size = 1,
    test: Size = 1,
    ties: Literal["last", "first"] = "last",
    validation_from: Literal["last", "random"] = "last",
    seed: int = 0,
) -> Split:
    """Each user's latest ratings are the test part, those just before them the validation part.

    Sizes are ratings per user (1), or a share of each user's ratings (0.1, at least one rating).
    Every user keeps at least one rating in training; the test part is served before validation.

    ``ties``: of ratings with the same time, or without times, the "last" or the "first" in the
    order of the data counts as the latest. ``validation_from`` "random" draws the validation part,
    with ``seed``, from all ratings that the test part leaves; ``validation`` is then a share or a
    number of those.

    Raises
    ------
    SettingsError
        If a size has no meaning, or nothing is left to train on.
    """
    position = np.arange(len(ratings))
    times = position if ratings.timestamps is None else ratings.timestamps
    order = np.lexsort((position if ties == "last" else -position, times, ratings.user_ids))
    counts = ratings.user_counts
    from_last = np.repeat(np.cumsum(counts), counts) - 1 - position  # 0 at each user's latest

    def per_user(size: Size, most: np.ndarray) -> np.ndarray:
        size = _checked(size)
        wanted = np.maximum(1, np.rint(counts * size)) if 0 < size < 1 else np.full_like(most, size)
        return np.minimum(wanted.astype(np.int64), most)

    n_test = per_user(test, np.maximum(counts - 1, 0))
    is_test = from_last < np.repeat(n_test, counts)
    if validation_from == "random":
        name = Text(_LATEST, sizes=_named_sizes(0, test))
        return _rest_at_random(ratings, order[is_test], validation, seed, name)
    n_held = n_test + per_user(validation, np.maximum(counts - 1 - n_test, 0))
    is_held = from_last < np.repeat(n_held, counts)
    return _split(
        ratings,
        order[is_held & ~is_test],
        order[is_test],
        Text(_LATEST, sizes=_named_sizes(validation, test)),
        wanted=(validation, test),
    )


@SPLITS
def by_time(ratings: Ratings, validation: Size = 0.1, test: Size = 0.1) -> Split:
    """The latest ratings of all are the test part, those just before them the validation part.

    Raises
    ------
    SettingsError
        If the ratings have no timestamps, a size has no meaning, or nothing is left to train on.
    """
    if ratings.timestamps is None:
        raise SettingsError(
            Text("These ratings have no timestamps; split at random or by each user's last rating.")
        )
    n_validation, n_test = _sizes(ratings, validation, test)
    order = np.argsort(ratings.timestamps, kind="stable")
    n_train = len(ratings) - n_validation - n_test
    return _split(
        ratings,
        order[n_train : n_train + n_validation],
        order[n_train + n_validation :],
        Text("by time {parts}", parts=_proportions(ratings, validation, test)),
    )


@SPLITS
def k_fold(
    ratings: Ratings,
    n_folds: int = 5,
    fold: int = 0,
    validation: Size = 0.1,
    seed: int = 0,
    fold_is: Literal["test", "validation"] = "test",
) -> Split:
    """One of ``n_folds`` equal parts, drawn at random, is the test part: ``fold`` counts from 0.

    The folds of one seed are disjoint and together complete. ``validation`` is drawn from the rest
    (a share is a share of that). With ``fold_is`` "validation" the fold is the validation part, all
    the rest trains, and there is no test part; ``validation`` has then no effect.

    Raises
    ------
    SettingsError
        If there cannot be so many folds, there is no such fold, or nothing is left to train on.
    """
    if not 2 <= n_folds <= len(ratings):
        raise SettingsError(
            Text(
                "{n_given:,} ratings cannot be cut into {n_folds:,} folds; choose a number from "
                "2 up to theirs.",
                n_given=len(ratings),
                n_folds=n_folds,
            )
        )
    if not fold < n_folds:
        raise SettingsError(
            Text(
                "There is no fold {fold} of {n_folds}; they are numbered from 0.",
                fold=fold,
                n_folds=n_folds,
            )
        )
    part = np.random.default_rng(seed).permutation(len(ratings)) % n_folds
    name = Text("fold {fold} of {n_folds}, seed {seed}", fold=fold + 1, n_folds=n_folds, seed=seed)
    if fold_is == "validation":
        none = np.empty(0, np.int64)
        return _split(
            ratings, np.flatnonzero(part == fold), none, Text("{split}, for validation", split=name)
        )
    return _rest_at_random(ratings, np.flatnonzero(part == fold), validation, seed, name)


@SPLITS
def cold_users(
    ratings: Ratings,
    validation: Size = 0.1,
    test: Size = 0.1,
    known: int = 0,
    seed: int = 0,
) -> Split:
    """Hold out whole users, to measure a model on users it was not trained on.

    Sizes are a share or a number of the users. ``known`` ratings of each held-out user, drawn at
    random, stay in training (at most all but one): 0 tests users without any rating, 5 users with
    five.

    Raises
    ------
    SettingsError
        If a size has no meaning, or no user is left to train on.
    """
    rated = np.flatnonzero(ratings.user_counts)
    n_validation, n_test = _counts(len(rated), "user", validation, test)
    rng = np.random.default_rng(seed)
    part_of = np.zeros(ratings.n_users, dtype=np.int8)  # 0 training, 1 validation, 2 test
    drawn = rng.permutation(rated)
    part_of[drawn[:n_test]] = 2
    part_of[drawn[n_test : n_test + n_validation]] = 1
    part = part_of[ratings.user_ids]
    if known:
        order = rng.permutation(len(ratings))
        order = order[np.argsort(ratings.user_ids[order], kind="stable")]
        counts = ratings.user_counts
        place = np.arange(len(order)) - np.repeat(np.cumsum(counts) - counts, counts)
        part[order[place < np.repeat(np.minimum(known, counts - 1), counts)]] = 0
    name = Text(
        "cold users: {sizes}, seed {seed}",
        sizes=_named_sizes(validation, test, "user"),
        seed=seed,
    )
    if known:
        name = Text("{split}, {known} ratings of each known", split=name, known=known)
    return _split(ratings, np.flatnonzero(part == 1), np.flatnonzero(part == 2), name)


@SPLITS
def as_sklearn(ratings: Ratings, test: Size = 0.2, seed: int = 42) -> Split:
    """The test part, and the order of both parts, that scikit-learn's train_test_split draws.

    For published notebooks that call ``train_test_split(ratings, test_size=test,
    random_state=seed)``; there is no validation part. A share is rounded up, as there.

    Raises
    ------
    SettingsError
        If the test part would be empty or everything.
    """
    n, size = len(ratings), _checked(test)
    n_test = int(np.ceil(n * size)) if size < 1 else int(size)
    if not 0 < n_test < n:
        raise SettingsError(
            Text("{n_test:,} of {n:,} ratings cannot be the test part.", n_test=n_test, n=n)
        )
    order = np.random.RandomState(seed).permutation(n)
    return Split(
        ratings.take(order[n_test:]),
        None,
        ratings.take(order[:n_test]),
        Text(
            "random {parts} as scikit-learn draws it, seed {seed}",
            parts=_proportions(ratings, 0, test),
            seed=seed,
        ),
    )


def by_mask(
    ratings: Ratings,
    test_mask: np.ndarray,
    validation_mask: np.ndarray | None = None,
    validation: Size = 0.1,
    seed: int = 0,
) -> Split:
    """The ratings where ``test_mask`` (bool, shape (n_ratings,)) is true are the test part.

    ``validation_mask`` likewise names the validation part; without it, ``validation`` is drawn at
    random from the ratings that the test part leaves (a share is a share of those).

    A mask of many ratings is too long for a link: the recipe then names it by its digest, and it
    can be made again in this process only.

    Raises
    ------
    SettingsError
        If a mask has another shape or is not boolean, the two overlap, or nothing is left to train
        on.
    """
    is_test = _mask(ratings, test_mask, "test")
    test = np.flatnonzero(is_test)
    if validation_mask is None:
        split = _rest_at_random(ratings, test, validation, seed, Text("given test part"))
        recipe = partial(_mask_recipe, ratings, test, validation=validation, seed=seed)
    else:
        is_validation = _mask(ratings, validation_mask, "validation")
        if (is_test & is_validation).any():
            raise SettingsError(
                Text(
                    "{int:,} ratings are both in the validation and "
                    "in the test mask; put each in one.",
                    int=int((is_test & is_validation).sum()),
                )
            )
        rows = np.flatnonzero(is_validation)
        split = _split(ratings, rows, test, Text("given test and validation parts"))
        recipe = partial(_mask_recipe, ratings, test, rows)
    return replace(split, made_by=recipe)


def _mask_recipe(
    ratings: Ratings, test: np.ndarray, rows: np.ndarray | None = None, **options: Any
) -> Recipe:
    """The recipe of ``by_mask``; worked out when it is asked for, as rows may have to be sorted."""
    options["test_rows"] = _positions_text(ratings, test)
    options["validation_rows"] = None if rows is None else _positions_text(ratings, rows)
    return SPLITS.recipe("by_mask", options)


def _by_positions(
    ratings: Ratings, test_rows: str, validation_rows: str | None, validation: Size, seed: int
) -> Split:
    """``by_mask`` from the texts of its recipe."""
    test_mask = _mask_from_text(ratings, test_rows)
    rows = None if validation_rows is None else _mask_from_text(ratings, validation_rows)
    return by_mask(ratings, test_mask, rows, validation, seed)


SPLITS.register(
    "by_mask",
    (
        Parameter("test_rows", "positions", "none"),
        Parameter("validation_rows", "positions"),
        Parameter("validation", "size", 0.1),
        Parameter("seed", "int", 0),
    ),
    _by_positions,
)


def predefined(
    ratings: Ratings,
    test: Ratings | pd.DataFrame | np.ndarray,
    validation: Ratings | pd.DataFrame | np.ndarray | Size = 0.1,
    seed: int = 0,
) -> Split:
    """Use parts chosen by others, such as u1.test of MovieLens 100K.

    Each is other ``Ratings`` or a table (its first two columns: user and item), matched to these
    ratings by label, or an array of positions, int, (n,), or a mask, bool, (n_ratings,).
    ``validation`` may be a size instead, drawn as in ``by_mask``.

    Raises
    ------
    RatingsError
        If a pair is not among these ratings, or a label is unknown.
    SettingsError
        If there is no rating at a position, or the parts overlap or leave nothing to train on.
    """
    test_mask = _mask_of(ratings, test, "test")
    if validation is None or np.isscalar(validation):
        return by_mask(ratings, test_mask, validation=validation, seed=seed)  # type: ignore[arg-type]
    return by_mask(ratings, test_mask, _mask_of(ratings, validation, "validation"))


# --- masks in recipes ---------------------------------------------------------------------------

# Longer texts of positions fit neither into a link nor into a receipt; the latest of those masks
# are remembered, up to so many bytes in all.
_LONGEST, _REMEMBERED = 400, 64 << 20
_masks: OrderedDict[str, np.ndarray] = OrderedDict()


def _positions_text(ratings: Ratings, positions: np.ndarray) -> str:
    """Positions as a recipe says them: in the order in which these ratings are made anew."""
    if ratings.origin is None:
        rank = np.empty(len(ratings), dtype=np.int64)
        rank[ratings.order_by_label] = np.arange(len(ratings))
        positions = np.sort(rank[positions])
    first = np.flatnonzero(np.diff(positions, prepend=-2) != 1)
    ends = np.append(first[1:], len(positions)) - 1
    text = ranges_text(list(zip(positions[first].tolist(), positions[ends].tolist(), strict=True)))
    if len(text) <= _LONGEST:
        return text
    name = "#" + hashlib.sha256(text.encode("ascii")).hexdigest()[:16]
    _masks[name] = positions.astype(np.int32)
    _masks.move_to_end(name)
    while len(_masks) > 1 and sum(mask.nbytes for mask in _masks.values()) > _REMEMBERED:
        _masks.popitem(last=False)
    return name


def _mask_from_text(ratings: Ratings, text: str) -> np.ndarray:
    mask = np.zeros(len(ratings), dtype=bool)
    if text.startswith("#"):
        if text not in _masks:
            raise MissingDataError(
                Text(
                    "The held-out ratings {name} were chosen one by one, are too many for a link, "
                    "and are not at hand any more; choose the split again.",
                    name=text,
                )
            )
        ranges = [(int(row), int(row)) for row in _masks[text]]
    else:
        ranges = ranges_of(text)
    for first, last in ranges:
        if last >= len(mask):
            raise SettingsError(
                Text(
                    "There is no rating at position {last:,}; there are {n_given:,}.",
                    last=last,
                    n_given=len(mask),
                )
            )
        mask[first : last + 1] = True
    return mask


# --- inside ------------------------------------------------------------------------------------


def _rest_at_random(
    ratings: Ratings, test: np.ndarray, validation: Size, seed: int, name: Text
) -> Split:
    """The test part at some positions; validation drawn at random from the rest."""
    rest = np.ones(len(ratings), dtype=bool)
    rest[test] = False
    left = np.flatnonzero(rest)
    if not len(left):
        raise SettingsError(Text("The test part leaves no rating to train on; hold out fewer."))
    (n_validation,) = _counts(len(left), "rating", validation)
    held = np.random.default_rng(seed).permutation(left)[:n_validation]
    if n_validation:
        name = Text(
            "{split}, {size} of the rest for validation, seed {seed}",
            split=name,
            size=_size_in_words(validation),
            seed=seed,
        )
    return _split(ratings, held, test, name)


def _split(
    ratings: Ratings,
    validation: np.ndarray,
    test: np.ndarray,
    description: str,
    remarks: tuple[str, ...] = (),
    wanted: tuple[Size, Size] = (None, None),
) -> Split:
    """The parts at the given positions, training being the rest; in the order of the data."""
    held = np.zeros(len(ratings), dtype=bool)
    held[validation] = held[test] = True
    if held.all():
        raise SettingsError(Text("Nothing is left to train on; hold out fewer ratings."))
    train = ratings.take(np.flatnonzero(~held))
    parts = {}
    for part, positions, size in zip(
        ("validation", "test"), (validation, test), wanted, strict=True
    ):
        if len(positions):
            parts[part] = ratings.take(np.sort(positions))
        elif size:
            remarks = (
                *remarks,
                Text("No user has ratings enough for a {part} part.", part=Text(part)),
            )
    unseen = tuple(_unseen(train, held_out, part) for part, held_out in parts.items())
    return Split(
        train,
        parts.get("validation"),
        parts.get("test"),
        description,
        SplitReport(unseen, remarks),
    )


def _unseen(train: Ratings, part: Ratings, name: str) -> Unseen:
    new_user = train.user_counts[part.user_ids] == 0
    new_item = train.item_counts[part.item_ids] == 0
    return Unseen(
        name,
        int((new_user | new_item).sum()),
        len(np.unique(part.user_ids[new_user])),
        len(np.unique(part.item_ids[new_item])),
    )


def _first_of_each(ratings: Ratings, order: np.ndarray) -> np.ndarray:
    """Mask over ``order``: the first rating of every user, and of every item these leave out."""
    kept = np.zeros(len(order), dtype=bool)
    users, items = ratings.user_ids[order], ratings.item_ids[order]
    kept[np.unique(users, return_index=True)[1]] = True
    covered = np.zeros(ratings.n_items, dtype=bool)
    covered[items[kept]] = True
    first = np.unique(items, return_index=True)[1]
    kept[first[~covered[items[first]]]] = True
    return kept


_SIZE = Parameter("size", "size")


def _checked(size: Size) -> float:
    found = _SIZE.validate(size)
    assert isinstance(found, int | float)
    return found


def _sizes(ratings: Ratings, *sizes: Size) -> list[int]:
    """Numbers of ratings for these sizes; a share of anything is at least one rating."""
    return _counts(len(ratings), "rating", *sizes)


def _counts(n: int, noun: str, *sizes: Size) -> list[int]:
    counts = [max(1, round(n * s)) if 0 < s < 1 else int(s) for s in map(_checked, sizes)]
    if sum(counts) >= n:
        raise SettingsError(
            Text(
                "{sum:,} of {n:,} {noun}s held out leave none to train on; hold out fewer.",
                sum=sum(counts),
                n=n,
                noun=noun,
            )
        )
    return counts


def _proportions(ratings: Ratings, validation: Size, test: Size) -> str:
    """“80/10/10”, in percent; in ratings where a size is a count."""
    sizes = [size for size in map(_checked, (validation, test)) if size]
    if all(size < 1 for size in sizes):
        held = [100 * size for size in sizes]
        parts = [f"{part:.3g}" for part in (100 - sum(held), *held)]
    else:
        counts = _sizes(ratings, *sizes)
        parts = [f"{part:,}" for part in (len(ratings) - sum(counts), *counts)]
    shares = Number("/".join(parts))
    return Text("{parts} (no test part)", parts=shares) if sizes and not test else shares


def _size_in_words(size: Size, noun: str = "rating") -> str:
    size = _checked(size)
    return Number(f"{100 * size:.3g} %") if size < 1 else plural(noun, int(size))


def _named_sizes(validation: Size, test: Size, noun: str = "rating") -> str:
    sizes = {"test": _size_in_words(test, noun), "validation": _size_in_words(validation, noun)}
    if test and validation:
        return Text("{test} for test, then {validation} for validation", **sizes)
    if test:
        return Text("{test} for test", **sizes)
    return Text("{validation} for validation", **sizes) if validation else Text("none held out")


def _mask(ratings: Ratings, mask: np.ndarray, part: str) -> np.ndarray:
    mask = np.asarray(mask)
    if mask.shape != (len(ratings),) or mask.dtype != bool:
        raise SettingsError(
            Text(
                "The {part} mask must hold one true or false for each of the {n_given:,} ratings.",
                part=part,
                n_given=len(ratings),
            )
        )
    return mask


def _mask_of(
    ratings: Ratings, part: Ratings | pd.DataFrame | np.ndarray | Size, name: str
) -> np.ndarray:
    """Where the ratings belong to a part given as ratings, pairs of labels or positions."""
    mask = np.zeros(len(ratings), dtype=bool)
    if isinstance(part, Ratings):
        part = part.to_frame()
    if not isinstance(part, pd.DataFrame):
        positions = np.asarray(part)
        if positions.dtype == bool:
            return _mask(ratings, positions, name)
        whole = np.issubdtype(positions.dtype, np.integer) or not positions.size
        if not whole or ((positions < 0) | (positions >= len(ratings))).any():
            raise SettingsError(
                Text(
                    "The {name} positions must be whole numbers from 0 to {value}.",
                    name=name,
                    value=len(ratings) - 1,
                )
            )
        mask[positions.astype(np.int64)] = True
        return mask
    users, items = (
        column.map({label: index_of(label) for label in column.unique()}).to_numpy(np.int64)
        for column, index_of in (
            (part.iloc[:, 0], ratings.user_index),
            (part.iloc[:, 1], ratings.item_index),
        )
    )
    wanted = np.unique(users * ratings.n_items + items)
    mask = np.isin(ratings.user_ids.astype(np.int64) * ratings.n_items + ratings.item_ids, wanted)
    if mask.sum() < len(wanted):
        raise RatingsError(
            Text(
                "{value:,} of the {n_given:,} {name} pairs are not among "
                "these ratings; read the whole that they are a part of.",
                value=len(wanted) - int(mask.sum()),
                n_given=len(wanted),
                name=name,
            )
        )
    return mask
