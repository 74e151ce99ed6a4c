"""Splits: which ratings train a model, which watch it learn (validation), which judge it (test).

Every part is a ``Ratings`` with the labels, indices and scale of the whole. A size is a share of
the ratings (0.1) or a count (500); 0 or None leaves the part out.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from recsys_core.errors import RatingsError, SettingsError
from recsys_core.ratings import Ratings
from recsys_core.words import plural

Size = float | int | None


@dataclass(frozen=True)
class Unseen:
    """How much of one held-out part has a user or an item without any rating in training."""

    part: str
    n_ratings: int
    n_users: int
    n_items: int

    def sentence(self) -> str:
        """The counts in one sentence."""
        return (
            f"{plural(f'{self.part} rating', self.n_ratings)} with a user or an item that training "
            f"never saw ({plural('user', self.n_users)}, {plural('item', self.n_items)}): nothing "
            "was learnt about those."
        )


@dataclass(frozen=True)
class SplitReport:
    """What is worth knowing about a split: unseen users and items, and remarks."""

    unseen: tuple[Unseen, ...] = ()
    remarks: tuple[str, ...] = ()

    def sentences(self) -> list[str]:
        """One sentence for each thing worth telling; empty when there is none."""
        return [*(u.sentence() for u in self.unseen if u.n_ratings), *self.remarks]


@dataclass(frozen=True)
class Split:
    """Training, validation and test ratings, disjoint and together complete.

    ``description`` is one line a page can show; ``report`` counts the unseen.
    """

    train: Ratings
    validation: Ratings | None
    test: Ratings | None
    description: str
    report: SplitReport = field(default_factory=SplitReport)


# Below this many ratings, holding some out leaves too few to learn from and too few to judge by.
FEW = 200


def usual(ratings: Ratings, seed: int = 0) -> Split:
    """The split to begin with: nothing held out of fewer than 200 ratings, else random 80/10/10."""
    return whole(ratings) if len(ratings) < FEW else random(ratings, seed=seed)


def whole(ratings: Ratings) -> Split:
    """No split: all ratings train, none is held out."""
    return Split(ratings, None, None, f"all {len(ratings):,} ratings train, none held out")


def random(
    ratings: Ratings,
    validation: Size = 0.1,
    test: Size = 0.1,
    seed: int = 0,
    keep_one: bool = False,
) -> Split:
    """Ratings drawn at random, each with the same chance.

    The test part does not depend on the size of the validation part. With ``keep_one`` every user
    and every item keeps at least one rating in training (for tiny data); should that leave too few
    to hold out, the held-out parts shrink and the report says so.
    """
    n_validation, n_test = _sizes(ratings, validation, test)
    order = np.random.default_rng(seed).permutation(len(ratings))
    remarks: tuple[str, ...] = ()
    name = f"random {_proportions(ratings, validation, test)}, seed {seed}"
    if keep_one:
        name += ", one rating of each kept in training"
        free = order[~_first_of_each(ratings, order)]
        wanted = n_validation + n_test
        if wanted > len(free):
            n_test = len(free) * n_test // wanted
            n_validation = len(free) - n_test if n_validation else 0
            remarks = (
                f"Only {len(free):,} of {wanted:,} ratings could be held out without leaving a "
                "user or an item with none in training.",
            )
        order = free
    return _split(
        ratings, order[n_test : n_test + n_validation], order[:n_test], name, remarks=remarks
    )


def last_out(ratings: Ratings, validation: Size = 1, test: Size = 1) -> Split:
    """Each user's latest ratings are the test part, those just before them the validation part.

    Sizes are ratings a user (1), or a share of each user's ratings (0.1, at least one rating).
    Latest by timestamp, the later position in the data where timestamps are equal or absent. Every
    user keeps at least one rating in training; the test part is served before validation.
    """
    position = np.arange(len(ratings))
    times = position if ratings.timestamps is None else ratings.timestamps
    order = np.lexsort((position, times, ratings.user_ids))
    counts = ratings.user_counts
    ends = np.cumsum(counts)
    from_last = np.repeat(ends, counts) - 1 - position  # 0 at each user's latest, in ``order``

    def a_user(size: Size, most: np.ndarray) -> np.ndarray:
        size = _checked(size)
        wanted = np.maximum(1, np.rint(counts * size)) if 0 < size < 1 else np.full_like(most, size)
        return np.minimum(wanted.astype(np.int64), most)

    n_test = a_user(test, np.maximum(counts - 1, 0))
    n_held = n_test + a_user(validation, np.maximum(counts - 1 - n_test, 0))
    is_test = from_last < np.repeat(n_test, counts)
    is_held = from_last < np.repeat(n_held, counts)
    return _split(
        ratings,
        order[is_held & ~is_test],
        order[is_test],
        f"each user's latest ratings held out: {_named_sizes(validation, test)}",
        wanted=(validation, test),
    )


def by_time(ratings: Ratings, validation: Size = 0.1, test: Size = 0.1) -> Split:
    """The latest ratings of all are the test part, those just before them the validation part.

    Raises
    ------
    SettingsError
        If the ratings have no timestamps.
    """
    if ratings.timestamps is None:
        raise SettingsError(
            "These ratings have no timestamps; split at random or by each user's last rating."
        )
    n_validation, n_test = _sizes(ratings, validation, test)
    order = np.argsort(ratings.timestamps, kind="stable")
    n_train = len(ratings) - n_validation - n_test
    return _split(
        ratings,
        order[n_train : n_train + n_validation],
        order[n_train + n_validation :],
        f"by time {_proportions(ratings, validation, test)}",
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
    """
    is_test = _mask(ratings, test_mask, "test")
    if validation_mask is not None:
        is_validation = _mask(ratings, validation_mask, "validation")
        if (is_test & is_validation).any():
            raise SettingsError(
                f"{int((is_test & is_validation).sum()):,} ratings are both in the validation and "
                "in the test mask; put each in one."
            )
        held, name = np.flatnonzero(is_validation), "given test and validation parts"
    else:
        rest = np.flatnonzero(~is_test)
        if not len(rest):
            raise SettingsError("The test mask leaves no rating to train on; hold out fewer.")
        (n_validation,) = _sizes(ratings.take(rest), validation)
        held = np.random.default_rng(seed).permutation(rest)[:n_validation]
        name = "given test part"
        if n_validation:
            name += f", {_size_in_words(validation)} of the rest for validation, seed {seed}"
    return _split(ratings, held, np.flatnonzero(is_test), name)


def predefined(
    ratings: Ratings,
    test: Ratings | pd.DataFrame | np.ndarray,
    validation: Ratings | pd.DataFrame | np.ndarray | Size = 0.1,
    seed: int = 0,
) -> Split:
    """Parts somebody else has chosen, such as u1.test of MovieLens 100K.

    Each is other ``Ratings`` or a table (its first two columns: user and item), matched to these
    ratings by label, or an array of positions. ``validation`` may be a size instead, drawn as in
    ``by_mask``.

    Raises
    ------
    RatingsError
        If a pair is not among these ratings, or a label is unknown.
    """
    test_mask = _mask_of(ratings, test, "test")
    if validation is None or np.isscalar(validation):
        return by_mask(ratings, test_mask, validation=validation, seed=seed)  # type: ignore[arg-type]
    return by_mask(ratings, test_mask, _mask_of(ratings, validation, "validation"))


# --- inside ------------------------------------------------------------------------------------


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
        raise SettingsError("Nothing is left to train on; hold out fewer ratings.")
    train = ratings.take(np.flatnonzero(~held))
    parts = {}
    for part, positions, size in zip(
        ("validation", "test"), (validation, test), wanted, strict=True
    ):
        if len(positions):
            parts[part] = ratings.take(np.sort(positions))
        elif size:
            remarks = (*remarks, f"No user has ratings enough for a {part} part.")
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


def _checked(size: Size) -> float:
    size = size or 0
    if not (0 <= size < 1 or (size >= 1 and float(size).is_integer())):
        raise SettingsError(
            f"{size:g} is no size of a part; give a share between 0 and 1, or a whole number."
        )
    return size


def _sizes(ratings: Ratings, *sizes: Size) -> list[int]:
    """Numbers of ratings for these sizes; a share of anything is at least one rating."""
    n = len(ratings)
    counts = [max(1, round(n * s)) if 0 < s < 1 else int(s) for s in map(_checked, sizes)]
    if sum(counts) >= n:
        raise SettingsError(
            f"{sum(counts):,} of {n:,} ratings held out leave none to train on; hold out fewer."
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
    return "/".join(parts) + (" (no test part)" if sizes and not test else "")


def _size_in_words(size: Size) -> str:
    size = _checked(size)
    return f"{100 * size:.3g} %" if size < 1 else plural("rating", int(size))


def _named_sizes(validation: Size, test: Size) -> str:
    named = [
        f"{_size_in_words(size)} for {part}"
        for part, size in (("test", test), ("validation", validation))
        if size
    ]
    return ", then ".join(named) or "none held out"


def _mask(ratings: Ratings, mask: np.ndarray, part: str) -> np.ndarray:
    mask = np.asarray(mask)
    if mask.shape != (len(ratings),) or mask.dtype != bool:
        raise SettingsError(
            f"The {part} mask must hold one true or false for each of the {len(ratings):,} ratings."
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
                f"The {name} positions must be whole numbers from 0 to {len(ratings) - 1}."
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
            f"{len(wanted) - int(mask.sum()):,} of the {len(wanted):,} {name} pairs are not among "
            "these ratings; read the whole that they are a part of."
        )
    return mask
