"""EASE: every item predicted from all others at once, in closed form; for lists.

>>> import numpy as np
>>> import recsys_core as rc
>>> plays = np.array([[9, 3, 0, 0], [2, 7, 1, 0], [0, 0, 5, 4], [0, 0, 2, 8], [4, 0, 0, 0]])
>>> counts = rc.Ratings.from_matrix(plays, missing=0)  # two groups of users, each with two items
>>> model = rc.EASE(reg=1.0).fit(counts)
>>> model.recommend(4, n=1)[["item", "score"]].round(2)  # for the one who played item 0 only
   item  score
0     1   0.45
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar

import numpy as np

from recsys_core import kernels
from recsys_core.errors import TooLargeError
from recsys_core.kernels.threads import cut, one_blas_thread, run_all
from recsys_core.models.base import Model
from recsys_core.models.capabilities import Capabilities
from recsys_core.models.counts import check_counts, choices
from recsys_core.models.fitted_model import (
    Attribution,
    FittedModel,
    Guest,
    NewItem,
    Row,
)
from recsys_core.models.options import option
from recsys_core.models.registry import MODELS
from recsys_core.ratings import Ratings
from recsys_core.text import Text
from recsys_core.words import many

# A table of all items by all items, in float64 while it is inverted: 800 MB.
_MOST_ITEMS = 10_000

# Columns that leave the inverse at a time; multiplications a step, some tens of milliseconds.
_BLOCK, _WORK_A_STEP = 128, 1 << 30

_ROWS_A_THREAD = 64


@MODELS.register
@dataclasses.dataclass
class EASE(Model):
    """Embarrassingly shallow autoencoder: weights of all items on all others, and no factors.

    With X the choices, X_ui = 1 where u chose i, else 0, it minimises over *all* cells

        ‖X − X B‖² + λ ‖B‖²     with  B_ii = 0

    so that an item is predicted from the others alone. The solution is closed:

        P = (Xᵀ X + λ I)⁻¹          B = I − P · diag(1 / diag P)

    Ratings are taken for choices, as ``ImplicitALS`` takes them, and whatever their value is, since
    what someone rated, someone chose. Its scores, x_ui = Σ_{j∈I_u} B_ji, are preferences, usually
    between 0 and 1: they rank items, are no ratings and have no RMSE. Source: Steck,
    *Embarrassingly Shallow Autoencoders for Sparse Data*, 2019.
    """

    title = "EASE"
    summary = Text("Scores an item by learned weights of the items that a user chose; for lists.")
    standardizes = False  # choices are no ratings around a mean
    has_epochs, n_passes = False, 1

    reg: float | None = option(
        None,
        "float",
        "λ",
        Text("Regularisation"),
        low=1.0,
        high=10_000.0,
        log=True,
        meaning=Text("Keeps weights small, so that items few people chose are not overfitted."),
        what_if=Text(
            "Too little trusts items that two people chose; too much leaves the popular ones."
        ),
    )
    seed: int = 0  # nothing is drawn; taken so that every model is made alike, no control in forms

    @classmethod
    def defaults(cls, ratings: Ratings) -> dict[str, Any]:
        """More regularisation for more ratings, as the sums of XᵀX grow with them."""
        if ratings.n_ratings < 500:
            return {"reg": 5.0}
        if ratings.n_ratings < 20_000:
            return {"reg": 50.0}
        return {"reg": 400.0 if ratings.n_ratings < 300_000 else 1000.0}

    def _trainer(self, train: Ratings, settings: dict[str, Any]) -> EASETrainer:
        if train.n_items > _MOST_ITEMS:
            raise TooLargeError(
                Text(
                    "EASE weighs every one of {n_items:,} {noun} against every other, which does "
                    "not fit into memory beyond {most:,}; choose implicit ALS, or fewer {noun}.",
                    n_items=train.n_items,
                    noun=many(train.item_noun),
                    most=_MOST_ITEMS,
                )
            )
        check_counts(train, self.title)
        return EASETrainer(train, settings)


@dataclass(frozen=True, eq=False)
class ItemWeights(FittedModel):
    """Fitted EASE: x_ui = Σ_{j∈I_u} B_ji, I_u the items that u chose.

    Attributes
    ----------
    weights : B, float32, (n_items, n_items); (0, 0) before they are found: all scores are then 0.
    """

    weights: np.ndarray

    capabilities = Capabilities(ratings=False, similarity=True, reasons=True)
    similar_by: ClassVar[str] = Text("by choices")

    @cached_property
    def _chosen(self) -> Ratings:
        return choices(self.train)

    def _sums(self, items: np.ndarray) -> np.ndarray:
        """The x of whoever chose these items with all items, float32, (n_items,)."""
        if not len(self.weights):
            return np.zeros(self.n_items, np.float32)
        return self.weights[items].sum(axis=0)

    def _block(self, users: np.ndarray, items: np.ndarray) -> np.ndarray:
        of = self._chosen.by_user
        x = np.empty((len(users), len(items)), np.float32)
        for at, user in enumerate(users):
            x[at] = self._sums(of.row(user)[0])[items]
        return x

    def _pairs(self, users: np.ndarray, items: np.ndarray) -> np.ndarray:
        x = np.empty(len(users), np.float32)
        for user in np.unique(users):
            here = users == user
            x[here] = self._block(np.array([user]), items[here])[0]
        return x

    def _all_items(self, row: Row) -> np.ndarray:
        return self._sums(row.item_ids[np.asarray(row.values) > 0])

    def user_similarity(self, user: int | Guest) -> np.ndarray:
        """Compute the cosine of this user's row of X and each user's, float64, (n_users,)."""
        row, of = self.row(user), self._chosen.by_user
        own = row.item_ids[np.asarray(row.values) > 0]
        profile = np.zeros(self.n_items)
        profile[own] = 1.0
        counts = np.diff(of.starts)
        both = np.bincount(np.repeat(np.arange(self.n_users), counts), profile[of.columns],
                           self.n_users)  # fmt: skip
        lengths = np.sqrt(counts * float(len(own)))
        return np.divide(both, lengths, out=np.zeros(self.n_users), where=lengths > 0)

    def item_similarity(self, item: int | NewItem) -> np.ndarray:
        """Return what choosing this item adds to the score of each, B_ij; float64, (n_items,)."""
        assert not isinstance(item, NewItem)  # none is folded in
        if not len(self.weights):
            return np.zeros(self.n_items)
        return self.weights[item].astype(np.float64)

    def _attribution(self, user: int | Guest, item: int) -> Attribution:
        """Compute what each choice adds, B_ji: the score is their sum, so this is exact."""
        items, values = self.rated_by(user)
        added = np.zeros(len(items))
        if len(self.weights):
            added = np.where(np.asarray(values) > 0, self.weights[items, item], 0.0)
        added = added.astype(np.float64)
        return Attribution(0.0, float(added.sum()), items, np.asarray(values), added)


class EASETrainer:
    """Counts XᵀX, inverts XᵀX + λI in place, a block of columns at a time, and reads B off it.

    With K the block, D = A_KK⁻¹ and C = A_·K, a block's sweep (Gauss and Jordan's elimination) is

        A ← A − C D Cᵀ        A_·K ← C D        A_KK ← −D

    and after the last block A has become −P. No pivots are needed, since A is positive definite;
    and A stays symmetric, so that only what lies on and below the diagonal is worked out.
    """

    n_scheduled = 0
    has_ratings = ItemWeights.capabilities.ratings

    def __init__(self, train: Ratings, settings: dict[str, Any]) -> None:
        self.train, self.reg = train, float(settings["reg"])
        n = train.n_items
        # Made when the pass begins: the checkpoint of epoch 0, which is always kept, has none.
        self._table = np.zeros((0, 0))
        self._blocks = cut(n, _BLOCK)
        self._pivot: tuple[np.ndarray, ...] = ()  # C, D Cᵀ and D of the block under way
        self._chosen = choices(train)
        self._counted = cut(n, max(1, (1 << 18) // n))
        self._rows = cut(n, max(_BLOCK, _WORK_A_STEP // (_BLOCK * n)))
        self.n_steps = len(self._counted) + (len(self._blocks) + 1) * len(self._rows)
        self.weights = self._found = np.zeros((0, 0), np.float32)  # whole, and as far as it is read
        self._loss = float(len(self._chosen))

    def begin_epoch(self) -> None:
        """Prepare the pass: make room for A."""
        n = self.train.n_items
        self._table = np.zeros((n, n))

    def step(self, index: int) -> None:
        """Count for some items, take some rows through a block's sweep, or read B off some."""
        if index < len(self._counted):
            self._count(*self._counted[index])
            return
        block, rows = divmod(index - len(self._counted), len(self._rows))
        if block < len(self._blocks):
            self._eliminate(slice(*self._blocks[block]), rows)
        else:
            self._read_off(*self._rows[rows])

    def _count(self, first: int, last: int) -> None:
        """How many users chose both of two items, for the rows ``first`` to ``last`` of A; + λ."""
        by_item, by_user = self._chosen.by_item, self._chosen.by_user

        def some(start: int, stop: int) -> None:
            kernels.count_both(
                by_item.starts, by_item.columns, by_user.starts, by_user.columns, self._table,
                start, stop,
            )  # fmt: skip

        run_all(some, [(first + a, first + b) for a, b in cut(last - first, 16)])
        here = np.arange(first, last)
        self._table[here, here] += max(self.reg, 1e-9)

    def _eliminate(self, block: slice, rows: int) -> None:
        table = self._table
        with one_blas_thread():
            if rows == 0:
                c = np.concatenate([table[block, : block.start].T, table[block.start :, block]])
                own = table[block, block]
                c[block] = own = np.tril(own) + np.tril(own, -1).T
                d = np.linalg.inv(own)
                self._pivot = c, d @ c.T, d
            c, row, d = self._pivot
            first, last = self._rows[rows]

            def some(start: int, stop: int) -> None:
                table[start:stop, :stop] -= c[start:stop] @ row[:, :stop]

            run_all(some, [(first + a, first + b) for a, b in cut(last - first, _ROWS_A_THREAD)])
            if rows == len(self._rows) - 1:
                table[block.start :, block] = row.T[block.start :]
                table[block, : block.start] = row[:, : block.start]
                table[block, block] = -d

    def _read_off(self, first: int, last: int) -> None:
        """B_ij = −P_ij / P_jj of some rows; with the last, the objective as well.

        Each column's part of the objective is 1 / P_jj − λ.
        """
        table, diagonal = self._table, np.diag(self._table)  # of −P
        if first == 0:
            self._found = np.empty(table.shape, np.float32)

        def some(start: int, stop: int) -> None:
            here = np.tril(table[start:stop, start:stop])
            # −P over P: with its sign, the quotient is B.
            self._found[start:stop, :start] = table[start:stop, :start] / -diagonal[:start]
            self._found[start:stop, start:stop] = (here + np.tril(here, -1).T) / -diagonal[
                start:stop
            ]
            self._found[start:stop, stop:] = table[stop:, start:stop].T / -diagonal[stop:]

        run_all(some, [(first + a, first + b) for a, b in cut(last - first, _ROWS_A_THREAD)])
        if last == len(table):
            self._loss = float((-1 / diagonal - self.reg).sum())
            np.fill_diagonal(self._found, 0)
            self.weights = self._found
            # Of twice the size of the weights, and no longer needed.
            self._table, self._found = np.zeros((0, 0)), np.zeros((0, 0), np.float32)
            self._pivot = ()

    def end_epoch(self) -> None:
        """Finish the pass: nothing to do."""

    def squared_errors(self, ratings: Ratings, start: int, stop: int) -> tuple[float, float]:
        """Not asked for: no ratings are predicted."""
        raise NotImplementedError

    def objective(self, squared_error: float) -> float:
        """Return ‖X − X B‖² + λ ‖B‖²: without weights all choices, then Σ_j (1 / P_jj − λ)."""
        return self._loss

    def snapshot(self) -> ItemWeights:
        """Return the fitted model; the weights, once found, do not change any more."""
        return ItemWeights(self.train, self.weights)

    def state(self, snapshot: FittedModel | None = None) -> dict[str, Any]:
        """Return the weights, and the table and the block that lie before them."""
        pivot = tuple(each.copy() for each in self._pivot)
        return {
            "table": self._table.copy(), "pivot": pivot, "weights": self.weights,
            "found": self._found.copy(), "loss": self._loss,
        }  # fmt: skip

    def restore(self, state: dict[str, Any]) -> None:
        """Restore them."""
        self._table = state["table"].copy()
        self._pivot = tuple(each.copy() for each in state["pivot"])
        self._found = state["found"].copy()
        self.weights, self._loss = state["weights"], state["loss"]
