"""The same user and item more than once: which rating counts, or what they make together."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pandas as pd

from recsys_core.errors import RatingsError
from recsys_core.text import Text

# The latest by time, the last or first row, or one number of all.
HOW = ("latest", "last", "first", "mean", "sum")


class Settled(NamedTuple):
    """One row for every pair.

    ``rows``: positions of the rows that stay, ascending, int64; ``values``: what each counts,
    of their shape, float64 where it was computed. ``n_repeated``: rows more than pairs.
    ``n_returned``: pairs left out because all that was bought went back.
    """

    rows: np.ndarray
    values: np.ndarray
    n_repeated: int = 0
    n_returned: int = 0


def guess(values: np.ndarray, has_times: bool, counts: bool) -> str:
    """Which of ``HOW`` suits numbers, (n,): counts are summed, of ratings the latest counts.

    ``counts``: they say how often or how much; see ``have_returns`` for counts below zero.
    """
    if counts or (len(values) and values.min() == values.max() == 1):
        return "sum"  # a one for each time
    return "latest" if has_times else "last"


def have_returns(values: np.ndarray, named_so: bool) -> bool:
    """Whether quantities, (n,), hold what was sent back as numbers below zero: lines of invoices.

    ``named_so``: the column's name says “quantity” or the like.
    """
    if not named_so:
        return False
    present = values[np.isfinite(values)]
    if not len(present) or (present != np.rint(present)).any():
        return False
    return bool(present.min() < 0 < present.max() and 2 * (present < 0).sum() <= len(present))


def repeated(users: np.ndarray, items: np.ndarray) -> bool:
    """Whether some pair comes more than once, of codes from 0, (n_rows,).

    Pairs are sorted, which takes a sixth of the memory of hashing them.
    """
    n_users, n_items = (int(codes.max(initial=0)) + 1 for codes in (users, items))
    pairs = users.astype(np.uint32 if n_users * n_items < 1 << 32 else np.uint64)
    np.multiply(pairs, n_items, out=pairs, casting="unsafe")
    np.add(pairs, items, out=pairs, casting="unsafe")
    pairs.sort()
    return bool((pairs[1:] == pairs[:-1]).any())


def settled(
    users: np.ndarray, items: np.ndarray, values: np.ndarray, times: np.ndarray | None, how: str
) -> Settled:
    """Let every pair of user and item count once.

    ``users`` and ``items`` are whole numbers from 0, (n_rows,); ``values`` finite; ``times`` whole
    numbers or None: then the last row is the latest. A sum or a mean stands in the row of the
    latest. A sum that numbers below zero bring to zero or less counts nothing: all was returned.

    Raises
    ------
    RatingsError
        If ``how`` is none of ``HOW``.
    """
    if how not in HOW:
        raise RatingsError(
            Text(
                "Repeated ratings cannot be settled by “{how}”; choose one of {names}.",
                how=how,
                names=", ".join(HOW),
            )
        )
    if how in ("mean", "sum"):
        values = np.asarray(values, dtype=np.float64)
    returns = how == "sum" and bool((values < 0).any())
    n_items = int(items.max(initial=0)) + 1
    pairs = users.astype(np.int64)
    pairs *= n_items
    pairs += items
    again = _again(pairs)
    keep = ~again
    rows = np.flatnonzero(again)
    several = pairs[rows]
    if how not in ("mean", "sum"):
        del pairs
    if how in ("first", "last"):
        others = pd.Series(several).duplicated(keep="first" if how == "first" else "last")
        keep[rows[~others.to_numpy()]] = True
    else:
        moments = np.zeros(len(rows)) if times is None else times[rows]
        order = np.lexsort((rows, moments, several))
        ends = np.append(np.diff(several[order]) != 0, True)[: len(rows)]
        keep[rows[order[ends]]] = True
    kept = np.flatnonzero(keep)
    found = values[kept]
    if how in ("mean", "sum"):
        codes, _ = pd.factorize(pairs)
        totals = np.bincount(codes, weights=values)
        found = totals[codes[kept]]
        if how == "mean":
            found = found / np.bincount(codes)[codes[kept]]
    n_repeated = len(users) - len(kept)
    if not returns:
        return Settled(kept, found, n_repeated)
    bought = found > 0
    return Settled(kept[bought], found[bought], n_repeated, int((~bought).sum()))


def _again(pairs: np.ndarray) -> np.ndarray:
    """Whether each of some whole numbers comes more than once, bool: by sorting, not by hashing.

    Of millions of ratings few are repeated, and a table of all pairs takes several times as much
    memory as the pairs.
    """
    ordered = np.sort(pairs)
    several = np.unique(ordered[1:][ordered[1:] == ordered[:-1]])
    if not len(several):
        return np.zeros(len(pairs), dtype=bool)
    del ordered
    # Whose last bits are those of none is none of them: most are told so, in a table of 16 MB.
    last = np.zeros(1 << 24, dtype=bool)
    last[several & (len(last) - 1)] = True
    found = np.zeros(len(pairs), dtype=bool)
    for begin in range(0, len(pairs), 1 << 20):
        piece = pairs[begin : begin + (1 << 20)]
        likely = np.flatnonzero(last[piece & (len(last) - 1)])
        found[begin + likely] = np.isin(piece[likely], several)
    return found


def sentence(how: str, n: int) -> Text:
    """The sentence on n repeated ratings and what was done with them."""
    sentences = {
        "latest": Text(
            "{n} repeated rating (same user, same item): the latest was kept.",
            "{n:,} repeated ratings (same user, same item): the latest was kept.",
            n=n,
        ),
        "last": Text(
            "{n} repeated rating (same user, same item): the last was kept.",
            "{n:,} repeated ratings (same user, same item): the last was kept.",
            n=n,
        ),
        "first": Text(
            "{n} repeated rating (same user, same item): the first was kept.",
            "{n:,} repeated ratings (same user, same item): the first was kept.",
            n=n,
        ),
        "mean": Text(
            "{n} repeated rating (same user, same item): the mean was taken.",
            "{n:,} repeated ratings (same user, same item): the mean was taken.",
            n=n,
        ),
        "sum": Text(
            "{n} repeated row (same user, same item): the sum was taken.",
            "{n:,} repeated rows (same user, same item): the sum was taken.",
            n=n,
        ),
    }
    return sentences[how]
