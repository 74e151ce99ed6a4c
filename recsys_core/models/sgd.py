"""SGD: biased matrix factorization by stochastic gradient descent, one rating at a time.

>>> import recsys_core as rc
>>> world = rc.datasets.low_rank(density=0.5, noise=0.3, seed=0)  # 100 × 50, of rank 3
>>> split = rc.splits.random(world, seed=0)  # 80/10/10
>>> model = rc.SGD(n_factors=3, n_epochs=100, seed=0).fit(split.train, split.validation)
>>> first, last = model.history[0], model.history[-1]
>>> round(first.validation_rmse, 1), round(last.validation_rmse, 1)  # in rating units
(1.0, 0.4)
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

import numpy as np

from recsys_core import kernels
from recsys_core.kernels.threads import cut, run_all
from recsys_core.models.base import Model
from recsys_core.models.factor_model import FoldIn
from recsys_core.models.factor_trainer import FactorTrainer, squares
from recsys_core.models.fitted_model import FittedModel
from recsys_core.models.options import (
    biases_option,
    center_option,
    decay_option,
    deviation_option,
    epochs_of_decay,
    epochs_option,
    factors_option,
    option,
    patience_option,
    rate_in,
    rate_option,
    reg_option,
    seed_option,
    standardize_option,
)
from recsys_core.models.registry import MODELS
from recsys_core.ratings import Ratings
from recsys_core.text import Text

# Ratings updated between two looks at the clock: a few milliseconds of work.
_RATINGS_A_STEP = 1 << 16

# Up to here drawing a new order costs little; beyond, it would cost more than the epoch itself.
_SHUFFLED_EVERY_EPOCH = 1 << 15

# Blocks a side of the grid: few for few ratings, since each costs a hand-over; with eight even ten
# million ratings' rows stay in a core's cache. Even, so that two threads end together.
_BLOCKS_A_SIDE = ((0, 2), (500_000, 4), (2_000_000, 8))


@MODELS.register
@dataclasses.dataclass
class SGD(Model):
    """Biased matrix factorization: r̂ = μ + b_u + b_i + p_u · q_i, learned rating by rating.

    Minimises Σ [(r − r̂)² + λ(‖p_u‖² + ‖q_i‖² + b_u² + b_i²)] over the training ratings by the
    updates of ``kernels.sgd``, r standardized. Source: Koren, Bell and Volinsky, *Matrix
    Factorization Techniques for Recommender Systems*, 2009.
    """

    title = "SGD"
    summary = Text("Visits the ratings one by one, and corrects the factors a little after each.")
    shaping = (*Model.shaping, "shuffle")

    n_factors: int | None = factors_option()
    learning_rate: float | None = rate_option()
    reg: float | None = reg_option()
    decay: bool | None = decay_option()
    n_epochs: int | None = epochs_option()
    biases: bool = biases_option()
    shuffle: bool = option(
        True,
        "bool",
        "",
        Text("Shuffle"),
        advanced=True,
        meaning=Text("Visits the ratings in random order instead of row by row."),
        what_if=Text(
            "Always in the same order, the last ratings of the table have the most influence."
        ),
    )
    init_deviation: float | None = deviation_option(None)
    center: bool = center_option()
    standardize: bool = standardize_option()
    patience: int | None = patience_option()
    seed: int = seed_option()
    in_turn: bool = False  # no option of the form: q_i by the new p_u, as some programs have it

    @classmethod
    def defaults(cls, ratings: Ratings) -> dict[str, Any]:
        """More factors, and fewer epochs with larger steps, as data grows."""
        if ratings.n_ratings < 500:
            return {"n_factors": 3, "learning_rate": 0.03, "reg": 0.1, "n_epochs": 200,
                    "patience": 100, "decay": False, "init_deviation": 0.1}  # fmt: skip
        if ratings.n_ratings < 20_000:
            return {"n_factors": 5, "learning_rate": 0.03, "reg": 0.04, "n_epochs": 200,
                    "patience": 100, "decay": False, "init_deviation": 0.1}  # fmt: skip
        if ratings.n_ratings < 300_000:
            return {"n_factors": 32, "learning_rate": 0.045, "reg": 0.065, "n_epochs": 24,
                    "patience": 5, "decay": True, "init_deviation": 0.01}  # fmt: skip
        if ratings.n_ratings < 3_000_000:
            return {"n_factors": 32, "learning_rate": 0.05, "reg": 0.042, "n_epochs": 15,
                    "patience": 5, "decay": True, "init_deviation": 0.01}  # fmt: skip
        return {"n_factors": 32, "learning_rate": 0.03, "reg": 0.04, "n_epochs": 20,
                "patience": 5, "decay": True, "init_deviation": 0.01}  # fmt: skip

    def _trainer(self, train: Ratings, settings: dict[str, Any]) -> SGDTrainer:
        return SGDTrainer(train, settings)


class SGDTrainer(FactorTrainer):
    """The updates of ``kernels.sgd``, in steps of some thousand ratings.

    In row order the ratings are cut into runs. Shuffled, few ratings are drawn anew every epoch as
    one run. Many are shuffled once into a grid of blocks of users × items: blocks that share
    neither user nor item are worked on at the same time (Gemulla et al. 2011), and the order of
    the diagonals is drawn anew every epoch. The grid does not depend on the number of threads, so
    that neither do the results.
    """

    def __init__(self, train: Ratings, settings: dict[str, Any]) -> None:
        super().__init__(train, settings["n_factors"])
        self.settings = settings
        self.n_scheduled = epochs_of_decay(settings)
        self.rng = np.random.default_rng(settings["seed"])
        self.mean = train.global_mean if settings["center"] else 0.0
        self.draw_factors(self.rng, settings["init_deviation"], settings["center"])
        self._triples = kernels.Triples(train.user_ids, train.item_ids, train.values)
        n = len(train)
        self.shuffles = settings["shuffle"] and n <= _SHUFFLED_EVERY_EPOCH
        self._order: np.ndarray | None = None  # of the ratings, where drawn anew every epoch
        if settings["shuffle"] and not self.shuffles:
            self._steps = self._grid()
        else:
            self._steps = [[piece] for piece in cut(n, _RATINGS_A_STEP)]
        self._visits = np.arange(len(self._steps))
        self.epoch = 0
        self.n_steps = len(self._steps)

    def _grid(self) -> list[list[tuple[int, int]]]:
        """Lay the ratings out in blocks; a step is a diagonal of blocks without common rows."""
        train = self.train
        n = max(side for least, side in _BLOCKS_A_SIDE if len(train) >= least)
        users, items = (_even_blocks(c, n) for c in (train.user_counts, train.item_counts))
        copies = kernels.Triples(*(np.empty_like(array) for array in self._triples))
        ends = np.empty(n * n, np.int64)
        kernels.lay_out(self._triples, users, items, n, copies, ends)
        self._triples = copies
        pieces = list(zip([0, *ends[:-1].tolist()], ends.tolist(), strict=True))
        shuffle, seeds = kernels.shuffle, self.rng.integers(1 << 62, size=n * n)
        run_all(
            lambda block: shuffle(copies, seeds[block], *pieces[block]),
            [(block,) for block in range(n * n)],
        )
        return [pieces[d * n : (d + 1) * n] for d in range(n)]

    def _lay_out(self, order: np.ndarray) -> None:
        """Put the ratings in this order in memory, so that the kernel reads straight through."""
        train = self.train
        self._triples = kernels.Triples(
            train.user_ids[order], train.item_ids[order], train.values[order]
        )

    def begin_epoch(self) -> None:
        """Draw the order of this epoch."""
        self.epoch += 1
        if self.shuffles:
            self._order = self.rng.permutation(len(self.train))
            self._lay_out(self._order)
        elif self.settings["shuffle"]:
            self._visits = self.rng.permutation(self.n_steps)

    def step(self, index: int) -> None:
        """Update by one run of ratings, or one diagonal of blocks."""
        kernel, fixed = self.update()
        pieces = self._steps[self._visits[index]]
        run_all(lambda start, stop: kernel(self._triples, *fixed, start, stop), pieces)

    def visited(self) -> kernels.Triples:
        """Return the ratings in the order in which this epoch visits them, (n_ratings,) each.

        Blocks of one diagonal share no rows: one after the other, they give the same bits.
        """
        runs = [slice(*piece) for piece in self._pieces()]
        return kernels.Triples(*(np.concatenate([a[r] for r in runs]) for a in self._triples))

    def update_by(self, first: int, last: int) -> None:
        """Update by the ratings ``first`` to ``last`` of that order, and by no others."""
        kernel, fixed = self.update()
        passed = 0
        for start, stop in self._pieces():
            begin, end = max(first - passed, 0), min(last - passed, stop - start)
            if begin < end:
                kernel(self._triples, *fixed, start + begin, start + end)
            passed += stop - start

    def _pieces(self) -> list[tuple[int, int]]:
        return [piece for visit in self._visits for piece in self._steps[visit]]

    def measured(self, ratings: Ratings) -> tuple[kernels.Triples, kernels.Parameters]:
        """Return the training ratings as they are trained on: block by block, rows stay near."""
        if ratings is not self.train:
            return super().measured(ratings)
        return self._triples, self.parameters()

    def update(self) -> tuple[Callable[..., None], tuple]:
        """Return the kernel, and its arguments between the ratings and the run."""
        s = self.settings
        return kernels.sgd_kernel(self.p.shape[1], bool(s.get("in_turn"))), (
            self.parameters(), np.float32(rate_in(self.epoch, s)), np.float32(s["reg"]),
            bool(s["biases"]),
        )  # fmt: skip

    def penalties(self, user: int, item: int) -> tuple[float, float]:
        """Return λ of the user's and of the item's numbers, as the kernel has them."""
        reg = float(np.float32(self.settings["reg"]))
        return reg, reg

    def objective(self, squared_error: float) -> float:
        """Compute Σ e² + λ Σ (‖p_u‖² + ‖q_i‖² + b_u² + b_i²), sums over the training ratings."""
        users = squares(self.p) + squares(self.b_user)
        items = squares(self.q) + squares(self.b_item)
        train = self.train
        penalty = float(users @ train.user_counts + items @ train.item_counts)
        return squared_error + self.settings["reg"] * penalty

    def fold_in_rule(self) -> FoldIn:
        """Return the rule of the row that minimises the same: λ counts once for each rating."""
        reg = self.row_penalty(self.settings["reg"], self.settings["biases"])
        return FoldIn(reg, np.zeros(self.n_factors + 1), weighted=True)

    def fold_in_item_rule(self) -> FoldIn:
        """Return the same rule: λ is that of users and of items."""
        return self.fold_in_rule()

    def state(self, snapshot: FittedModel | None = None) -> dict[str, Any]:
        """Return copies of parameters, the generator, and the order of the present epoch."""
        rng = self.rng.bit_generator.state
        mine = {"rng": rng, "order": self._order, "visits": self._visits, "epoch": self.epoch}
        return {**super().state(snapshot), **mine}

    def restore(self, state: dict[str, Any]) -> None:
        """Restore all of it."""
        super().restore(state)
        self.rng.bit_generator.state = state["rng"]
        self._order, self._visits = state["order"], state["visits"]
        self.epoch = state["epoch"]
        if self._order is not None:
            self._lay_out(self._order)


def _even_blocks(counts: np.ndarray, n_blocks: int) -> np.ndarray:
    """Block of each row: neighbouring rows with about equally many ratings a block.

    Neighbours, because rows and biases side by side in memory share cache lines, and two threads
    that write to one line wait for each other.
    """
    block = (np.cumsum(counts) - 1) * n_blocks // max(counts.sum(), 1)
    return np.clip(block, 0, n_blocks - 1)
