"""The data sets, and their splits: one split for all systems, and one inside it for tuning."""

from __future__ import annotations

import os
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

import recsys_core as rc

# Generated in the shape of MovieLens 10M, with noise that leaves about the error it leaves.
_TEN_MILLION = dict(n_users=69_878, n_items=10_677, n_factors=10, popularity=0.8, noise=0.73)

NAMES = {
    "100k": "MovieLens 100K",
    "latest-small": "MovieLens latest-small",
    "1m": "MovieLens 1M",
    "10m": "generated, 10 M ratings",
}
_ZIPS = {"100k": "ml-100k.zip", "latest-small": "ml-latest-small.zip", "1m": "ml-1m.zip"}
_FOLDER = "../shared/data"


def use(folder: Path | None) -> None:
    """Look for the zips in this folder; None leaves $FACTORSCOPE_DATA, or ../shared/data."""
    os.environ["FACTORSCOPE_DATA"] = str(folder or os.environ.get("FACTORSCOPE_DATA", _FOLDER))


# What each is made anew by; and the one split on which times are measured.
RECIPES: dict[str, dict[str, Any]] = {
    "100k": {"name": "movielens", "release": "100k"},
    "latest-small": {"name": "movielens", "release": "latest-small"},
    "1m": {"name": "movielens", "release": "1m"},
    "10m": {"name": "low_rank", "density": 10_000_000 / (69_878 * 10_677), "seed": 0,
            "scale": (0.5, 5.0, 0.5), **_TEN_MILLION},
}  # fmt: skip
SPLIT = {"name": "random", "validation": 0, "test": 0.1, "seed": 0}


@cache
def ratings(name: str) -> rc.Ratings:
    """A data set by its short name.

    Raises
    ------
    FileNotFoundError
        If its zip is not there.
    """
    if name == "10m":
        return generated(10_000_000)
    return rc.read_ratings(zip_path(_ZIPS[name]))


def zip_path(name: str) -> Path:
    """Where a zip lies."""
    folder = Path(os.environ.get("FACTORSCOPE_DATA", _FOLDER))
    path = folder / name
    if not path.is_file():
        raise FileNotFoundError(f"{name} is not in {folder}; name another folder by --data")
    return path


def generated(n_ratings: int) -> rc.Ratings:
    """Ratings in the shape of MovieLens 10M; smaller in both directions when they are fewer."""
    shape: dict[str, Any] = dict(_TEN_MILLION)
    shrink = (n_ratings / 10_000_000) ** 0.5
    n_users, n_items = (round(shape.pop(side) * shrink) for side in ("n_users", "n_items"))
    density = n_ratings / (n_users * n_items)
    return rc.datasets.low_rank(
        n_users, n_items, density=density, scale=rc.Scale(0.5, 5, 0.5), seed=0, **shape
    )


def split(whole: rc.Ratings) -> tuple[rc.Ratings, rc.Ratings]:
    """Training and test part: 90/10 at random, seed 0."""
    details: dict[str, Any] = {k: v for k, v in SPLIT.items() if k != "name"}
    parts = rc.splits.random(whole, **details)
    assert parts.test is not None
    return parts.train, parts.test


def tuning_split(whole: rc.Ratings) -> tuple[rc.Ratings, rc.Ratings]:
    """The training part again cut 90/10, to choose settings by; test is not touched."""
    return split(split(whole)[0])


def unrated(whole: rc.Ratings, part: rc.Ratings, seed: int = 0) -> np.ndarray:
    """For each rating of a part an item drawn at random that its user has never rated."""
    rng = np.random.default_rng(seed)
    rated = np.sort(whole.user_ids.astype(np.int64) * whole.n_items + whole.item_ids)
    items = rng.integers(0, whole.n_items, len(part), dtype=np.int64)
    while True:
        pairs = part.user_ids * np.int64(whole.n_items) + items
        at = np.minimum(np.searchsorted(rated, pairs), len(rated) - 1)
        taken = np.flatnonzero(rated[at] == pairs)
        if not len(taken):
            return items.astype(np.int32)
        items[taken] = rng.integers(0, whole.n_items, len(taken))
