"""Item kNN: no factors, but the nearest neighbours of each item.

>>> import recsys_core as rc
>>> board = rc.datasets.checkerboard(density=0.6, seed=0)  # 5 and 1 in turn
>>> model = rc.ItemKNN(n_neighbours=5, shrinkage=5.0).fit(board)
>>> neighbours = model.similar_items(0, n=4)["item"]
>>> sorted(int(item) % 2 for item in neighbours)  # item 0 is like the other even ones
[0, 0, 0, 0]
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar

import numpy as np

from recsys_core import kernels
from recsys_core.kernels.threads import cut, run_all
from recsys_core.models.base import Model
from recsys_core.models.baselines import BiasTrainer
from recsys_core.models.capabilities import Capabilities
from recsys_core.models.factor_trainer import both_errors
from recsys_core.models.fitted_model import (
    Attribution,
    Biased,
    FittedModel,
    Guest,
    NewItem,
    Row,
    TrainedUser,
)
from recsys_core.models.options import option
from recsys_core.models.registry import MODELS
from recsys_core.ratings import Ratings
from recsys_core.standardized import plain
from recsys_core.text import Text, later

# Neighbours kept of each item: a user has rated only some of them, and enough must be left.
_KEPT = 500

# Similarities are compared rounded to one part in so many. Equal ones differ by what float32 makes
# of a sum, up to 1e-5 where ratings are far from zero; without a grid that noise would choose among
# them, and not the index, and on another scale it would choose others.
_GRID = 1 << 12

# Shrinkage of the biases below the neighbours.
_REG_BIAS = 5.0

# Cells of the item-by-item table worked on in one step, by all threads together.
_CELLS_A_STEP = 1 << 18

_PAIRS_A_THREAD = 1 << 14


@MODELS.register
@dataclasses.dataclass
class ItemKNN(Model):
    """Nearest neighbours of items on what biases leave unexplained, e_uj = r_uj − b_uj.

        r̂_ui = b_ui + Σ_j s_ij e_uj / (β + Σ_j s_ij)        b_ui = μ + b_u + b_i

    over the ``n_neighbours`` items j most similar to i among those u has rated, with s the cosine
    of e over users, shrunk where few rated both (see ``kernels.neighbours``). β shrinks the mean
    towards b_ui where a user has rated few or only little similar items. Neighbours are chosen by s
    rounded to 1/4096, and ties go by index. Sources: Koren, *Factor in the Neighbors*, 2010; β as
    Bell and Koren, *Scalable Collaborative Filtering with Jointly Derived Neighborhood
    Interpolation Weights*, 2007, shrink estimates from few ratings.
    """

    title = Text("Item kNN")
    summary = Text("Predicts a rating from the user's own ratings of the most similar items.")
    has_epochs, n_passes = False, 1

    n_neighbours: int = option(
        40, "int", "K", Text("Neighbours"), low=1, high=500,
        meaning=Text("How many of the most similar items that the user has rated are averaged."),
        what_if=Text("Few make predictions noisy; many include items that are hardly similar."),
    )  # fmt: skip
    shrinkage: float = option(
        50.0,
        "float",
        "λ",
        Text("Shrinkage"),
        low=0.0,
        high=1000.0,
        meaning=Text(
            "Multiplies a similarity by n / (n + λ), n the number of users who rated both."
        ),
        what_if=Text("At 0, two items that a single user rated alike have a similarity of 1."),
    )
    baseline_weight: float = option(
        0.2,
        "float",
        "β",
        Text("Weight of the biases"),
        low=0.0,
        high=10.0,
        meaning=Text(
            "Weighs the prediction by biases alone like neighbours of that total similarity."
        ),
        what_if=Text(
            "At 0, a single neighbour that is hardly similar decides; too much ignores all."
        ),
    )
    min_support: int = option(
        1,
        "int",
        "",
        Text("Least support"),
        low=1,
        high=100,
        meaning=Text("Two items are neighbours only if at least this many users rated both."),
        what_if=Text(
            "Too high, items with few ratings have no neighbours: biases alone predict them."
        ),
    )
    seed: int = 0  # nothing is drawn; taken so that every model is made alike, no control in forms

    @classmethod
    def defaults(cls, ratings: Ratings) -> dict[str, Any]:
        """The same for all sizes."""
        return {}

    def _trainer(self, train: Ratings, settings: dict[str, Any]) -> NeighbourTrainer:
        return NeighbourTrainer(train, settings)


@dataclass(frozen=True, eq=False)
class Neighbourhood(Biased):
    """Fitted item kNN: neighbours of each item, their similarities, and the baseline.

    Attributes
    ----------
    mean, b_user, b_item : of the baseline b_ui, as trained; float32, (n_users,) and (n_items,).
    neighbours : int32, (n_items, m), the items most similar to each, the most similar first; of
        those equal on the grid the first by index.
    similarities : float32, (n_items, m), those of the neighbours; 0 past the last neighbour.
    n_neighbours : how many of those a user has rated are averaged.
    baseline_weight : β.
    shrinkage, min_support : of similarities; those of a new item are found by them.
    """

    mean: float
    b_user: np.ndarray
    b_item: np.ndarray
    neighbours: np.ndarray
    similarities: np.ndarray
    n_neighbours: int
    baseline_weight: float = 0.0  # files of earlier versions have none
    shrinkage: float = 50.0
    min_support: int = 1

    capabilities = Capabilities(similarity=True, reasons=True, new_items=True)
    before_reasons: ClassVar[str] = later("By biases alone, without neighbours, the model expects")
    similar_by: ClassVar[str] = Text("by what people thought of both")

    @cached_property
    def _rest(self) -> np.ndarray:
        """The e of all training ratings, user by user, float32."""
        by_user = self.train.by_user
        rated = self.unit.standard(by_user.values).astype(np.float32)
        users = np.repeat(np.arange(self.n_users), np.diff(by_user.starts))
        return rated - self._base(users, by_user.columns)

    def _base(self, users: np.ndarray, items: np.ndarray) -> np.ndarray:
        return np.float32(self.mean) + self.b_user[users] + self.b_item[items]

    def _pairs(self, users: np.ndarray, items: np.ndarray) -> np.ndarray:
        order = np.argsort(users, kind="stable")  # the kernel wants a user's pairs together
        u, i = users[order], items[order]
        g = self.train.by_user
        x = np.empty(len(users), np.float32)
        of_users = kernels.Rows(g.starts, g.columns, self._rest)
        x[order] = self._said(u, i, self._base(u, i), of_users)
        return x

    def _said(
        self, users: np.ndarray, items: np.ndarray, base: np.ndarray, of_users: kernels.Rows
    ) -> np.ndarray:
        """``base`` with what the neighbours say added; ``of_users`` are the e of each user."""
        fixed = (
            users, items, of_users, self.neighbours, self.similarities, self.n_neighbours,
            np.float32(self.baseline_weight), base,
        )  # fmt: skip
        add = kernels.add_neighbours
        run_all(lambda a, b: add(*fixed, a, b), cut(len(users), _PAIRS_A_THREAD))
        return base

    def _block(self, users: np.ndarray, items: np.ndarray) -> np.ndarray:
        pairs = np.repeat(users, len(items)), np.tile(items, len(users))
        return self._pairs(*pairs).reshape(len(users), len(items))

    def _all_items(self, row: Row) -> np.ndarray:
        everything = np.arange(self.n_items)
        base = np.float32(self.mean + row.bias / self.unit.size) + self.b_item
        starts, alone = np.array([0, len(row.item_ids)]), np.zeros(self.n_items, np.int64)
        own = kernels.Rows(starts, row.item_ids, self._rest_of(row))
        return self._said(alone, everything, base, own)

    def _user(self, index: int) -> TrainedUser:
        bias = self.b_user[index] * np.float32(self.unit.size)
        return TrainedUser(index, np.empty(0, np.float32), bias, self.train)

    def _rest_of(self, row: Row) -> np.ndarray:
        """The e of one user's ratings, in the order of ``rated_by``, float32."""
        known = self.mean + row.bias / self.unit.size + self.b_item[row.item_ids]
        return (self.unit.standard(row.values) - known).astype(np.float32)

    def _fold_in(self, items: np.ndarray, ratings: np.ndarray) -> Guest:
        """Compute the guest's bias, a shrunken mean; neighbours are only used in predictions."""
        bias = self._bias_of(ratings, self.b_item[items])
        return Guest(np.empty(0, np.float32), bias, items, ratings)

    def _bias_of(self, ratings: np.ndarray, others: np.ndarray) -> float:
        """A new row's shrunken mean, in rating units, given the biases b of those rated, (n,)."""
        over = self.unit.standard(ratings) - self.mean - others
        return self.unit.size * float(over.sum() / (_REG_BIAS + len(others)))

    # --- new items ------------------------------------------------------------------------------

    def _fold_in_item(self, users: np.ndarray, ratings: np.ndarray) -> NewItem:
        """Compute the item's bias, a shrunken mean; neighbours are only found when asked for."""
        bias = self._bias_of(ratings, self.b_user[users])
        return NewItem(Guest(np.empty(0, np.float32), bias, users, ratings))

    def _similarity_of_new(self, item: NewItem) -> np.ndarray:
        """Compute s of a new item and each, as in ``kernels.similarities``; float64, (n_items,)."""
        grouped, users = self.train.by_user, item.user_ids
        known = self.mean + item.bias / self.unit.size + self.b_user[users]
        own = self.unit.standard(item.values) - known
        dots, both, squares = np.zeros((3, self.n_items))
        for user, e in zip(users, own, strict=True):
            here = slice(*grouped.starts[user : user + 2])
            dots[grouped.columns[here]] += e * self._rest[here]
            both[grouped.columns[here]] += 1
        squares += np.bincount(grouped.columns, self._rest.astype(np.float64) ** 2, self.n_items)
        lengths = np.sqrt(squares) * np.linalg.norm(own)
        found = np.zeros(self.n_items)
        enough = (both >= max(self.min_support, 1)) & (lengths > 0)
        trust = both / (both + max(self.shrinkage, 1e-12))
        np.divide(trust * dots, lengths, out=found, where=enough)
        return found

    def _all_users(self, item: NewItem) -> np.ndarray:
        """Compute x of all users with a new item: from its own neighbours, as of any other."""
        alike = self._similarity_of_new(item)
        on_grid = np.rint(alike * _GRID)
        near = np.argsort(-on_grid, kind="stable")[:_KEPT]
        near = near[on_grid[near] > 0]
        place = np.full(self.n_items, -1)
        place[near] = np.arange(len(near))
        x = self.mean + item.bias / self.unit.size + self.b_user.astype(np.float64)
        grouped = self.train.by_user
        for user in range(self.n_users):
            here = slice(*grouped.starts[user : user + 2])
            at = place[grouped.columns[here]]
            rated = np.flatnonzero(at >= 0)
            first = rated[np.argsort(at[rated])][: self.n_neighbours]
            s, e = alike[near[at[first]]], self._rest[here][first]
            if len(first):
                x[user] += float(s @ e) / (self.baseline_weight + float(s.sum()))
        return x.astype(np.float32)

    def user_similarity(self, user: int | Guest) -> np.ndarray:
        """Compute the cosine of this user's e and each user's, unrated 0; float64, (n_users,)."""
        profile, row = np.zeros(self.n_items), self.row(user)
        profile[row.item_ids] = self._rest_of(row)
        g = self.train.by_user
        of = np.repeat(np.arange(self.n_users), np.diff(g.starts))
        dots = np.bincount(of, self._rest * profile[g.columns], self.n_users)
        squares = np.bincount(of, self._rest.astype(np.float64) ** 2, self.n_users)
        both = np.sqrt(squares) * np.linalg.norm(profile)
        return np.divide(dots, both, out=np.zeros(self.n_users), where=both > 0)

    def item_similarity(self, item: int | NewItem) -> np.ndarray:
        """Return the similarities that neighbours are chosen by, else 0; float64, (n_items,)."""
        if isinstance(item, NewItem):
            return np.maximum(np.rint(self._similarity_of_new(item) * _GRID), 0) / _GRID
        found = np.zeros(self.n_items)
        near = self.similarities[item] > 0
        on_grid = np.rint(self.similarities[item, near] * np.float32(_GRID))
        found[self.neighbours[item, near]] = on_grid / _GRID
        return found

    def _attribution(self, user: int | Guest, item: int) -> Attribution:
        """Compute what each neighbour adds to the baseline b_ui: s_ij e_uj / (β + Σ_j s_ij).

        Only the neighbours the user has rated are listed.
        """
        row = self.row(user)
        items, values, rest = row.item_ids, row.values, self._rest_of(row)
        place = {int(j): at for at, j in enumerate(items)}
        near = [
            (place[int(j)], float(s))
            for j, s in zip(self.neighbours[item], self.similarities[item], strict=True)
            if s > 0 and int(j) in place
        ][: self.n_neighbours]
        at = np.array([a for a, _ in near], np.int64)
        weights = np.array([s for _, s in near])
        total = weights.sum() + np.float32(self.baseline_weight)
        contributions = self.unit.size * weights * rest[at] / max(total, 1e-12)
        base = self.mean + row.bias / self.unit.size + self.b_item[item]
        start = float(self.unit.shift + self.unit.size * base)
        return Attribution(
            start,
            start + float(contributions.sum()),
            items[at],
            np.asarray(values)[at],
            contributions,
        )


class NeighbourTrainer:
    """Makes one pass: the biases first, then the neighbours of some items per step."""

    n_scheduled = 0
    has_ratings = Neighbourhood.capabilities.ratings

    def __init__(self, train: Ratings, settings: dict[str, Any]) -> None:
        self.train, self.settings = train, settings
        self.biases = BiasTrainer(train, {"reg_user": _REG_BIAS, "reg_item": _REG_BIAS})
        kept = min(_KEPT, max(train.n_items - 1, 1))
        self.neighbours = np.zeros((train.n_items, kept), np.int32)
        self.similarities = np.zeros((train.n_items, kept), np.float32)
        self._steps = cut(train.n_items, max(1, _CELLS_A_STEP // train.n_items))
        self.n_steps = self.biases.n_steps + len(self._steps)
        self._rest: tuple[np.ndarray, np.ndarray, np.ndarray] | None = None
        self._at_rest: Neighbourhood | None = None

    def begin_epoch(self) -> None:
        """Prepare an epoch: nothing to do."""

    def step(self, index: int) -> None:
        """Do a round on the biases; in the later steps, find the neighbours of some items."""
        self._at_rest = None
        if index < self.biases.n_steps:
            self.biases.step(index)
            return
        if self._rest is None:
            self._rest = self._unexplained()
        of_item, of_user, lengths = self._rest
        by_item, by_user = self.train.by_item, self.train.by_user
        first, last = self._steps[index - self.biases.n_steps]
        found = np.empty((last - first, self.train.n_items), np.float32)
        counts = np.empty(found.shape, np.int32)

        def some(start: int, stop: int) -> None:
            rows = slice(start - first, stop - first)
            kernels.similarities(
                kernels.Rows(by_item.starts, by_item.columns, of_item),
                kernels.Rows(by_user.starts, by_user.columns, of_user), lengths,
                np.float32(self.settings["shrinkage"]), self.settings["min_support"],
                found[rows], counts[rows], start, stop,
            )  # fmt: skip
            self._keep(found[rows], slice(start, stop))

        run_all(some, [(first + a, first + b) for a, b in cut(last - first, 16)])

    def _keep(self, found: np.ndarray, items: slice) -> None:
        """The most similar ones, in order; ties on the grid by index."""
        kept = self.neighbours.shape[1]
        far = -np.rint(found * np.float32(_GRID)).astype(np.int16)
        best = np.argsort(far, axis=1, kind="stable")[:, :kept]
        near = np.take_along_axis(far, best, axis=1) < 0
        self.neighbours[items] = best
        self.similarities[items] = np.where(near, np.take_along_axis(found, best, axis=1), 0)

    def _unexplained(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """The e of each item's and of each user's ratings, and the length of each item's."""
        snapshot = self.snapshot()
        by_item, by_user = self.train.by_item, self.train.by_user
        of_item = _unexplained(self.train, by_item.order, snapshot)
        of = np.repeat(np.arange(self.train.n_items), np.diff(by_item.starts))
        squares = np.bincount(of, of_item.astype(np.float64) ** 2, self.train.n_items)
        of_user = _unexplained(self.train, by_user.order, snapshot)
        return of_item, of_user, np.sqrt(squares).astype(np.float32)

    def end_epoch(self) -> None:
        """Finish an epoch: nothing to do."""

    def squared_errors(self, ratings: Ratings, start: int, stop: int) -> tuple[float, float]:
        """Compute Σ (r − r̂)² over ratings start to stop: raw, and with r̂ clipped to the scale."""
        here = slice(start, stop)
        if self._at_rest is None:
            self._at_rest = self.snapshot()
        x = self._at_rest.predict(ratings.user_ids[here], ratings.item_ids[here], clip=False)
        z = self._at_rest.unit.standard(x)
        return both_errors(ratings.values[here], z, self.train.scale)

    def objective(self, squared_error: float) -> float:
        """Return Σ e², with no penalty."""
        return squared_error

    def snapshot(self) -> Neighbourhood:
        """Return a fitted model with the biases and the neighbours found so far."""
        of, (train, unit) = self.biases, plain(self.train)
        return Neighbourhood(
            train, float(of.mean), of.b_user.copy(), of.b_item.copy(), self.neighbours.copy(),
            self.similarities.copy(), int(self.settings["n_neighbours"]),
            float(self.settings["baseline_weight"]), float(self.settings["shrinkage"]),
            int(self.settings["min_support"]), unit=unit,
        )  # fmt: skip

    def state(self, snapshot: FittedModel | None = None) -> dict[str, Any]:
        """Return biases and neighbours."""
        at_rest = self.snapshot() if snapshot is None else snapshot
        assert isinstance(at_rest, Neighbourhood)
        found = at_rest.neighbours, at_rest.similarities
        return {"biases": self.biases.state(), "found": found}

    def restore(self, state: dict[str, Any]) -> None:
        """Restore them."""
        self.biases.restore(state["biases"])
        self.neighbours, self.similarities = (array.copy() for array in state["found"])
        self._rest, self._at_rest = None, None


def _unexplained(train: Ratings, order: np.ndarray, model: Neighbourhood) -> np.ndarray:
    """The e of the training ratings in some order, float32."""
    return train.values[order] - model._base(train.user_ids[order], train.item_ids[order])
