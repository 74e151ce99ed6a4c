"""NeuralMF: matrix factorization as a neural network, in PyTorch."""

from __future__ import annotations

import copy
import dataclasses
from typing import Any

import numpy as np
import torch

from recsys_core.models.base import Model
from recsys_core.models.options import (
    biases_option,
    center_option,
    epochs_option,
    factors_option,
    option,
    patience_option,
    rate_option,
    seed_option,
)
from recsys_core.models.parameters import FactorLearner
from recsys_core.models.predictor import FoldIn, Predictor
from recsys_core.ratings import Ratings

# Batches between two looks at the clock: a few milliseconds of work.
_BATCHES_A_STEP = 4


@dataclasses.dataclass
class NeuralMF(Model):
    """Two embeddings and their dot product, trained in batches by Adam on the squared error.

        x = μ + b_u + b_i + p_u · q_i        r̂ = x, or low + range · σ(x) with ``sigmoid``

    ``weight_decay`` is Adam's L2 penalty, added to the gradient of the batch's mean squared error
    (on ratings mapped to [0, 1] with ``sigmoid``). Source: He et al., *Neural Collaborative
    Filtering*, 2017, for the frame; the dot product is its plainest interaction.
    """

    title = "Neural MF"
    summary = "The same dot product as a small neural network, trained in batches by Adam."

    n_factors: int | None = factors_option()
    learning_rate: float | None = rate_option()
    weight_decay: float | None = option(
        None, "float", "λ", "Weight decay", low=0.0, high=0.1,
        meaning="Pulls all numbers a little towards zero at every step.",
        what_if="Too little memorises the training ratings; too much predicts the mean for all.",
    )  # fmt: skip
    batch_size: int | None = option(
        None, "int", "B", "Batch size", low=1, high=65536,
        meaning="How many ratings each step averages over.",
        what_if="Small batches are noisy and slow; large ones take few, blunt steps.",
    )  # fmt: skip
    n_epochs: int | None = epochs_option()
    biases: bool = biases_option()
    sigmoid: bool = option(
        False, "bool", "σ", "Sigmoid output",
        meaning="Squeezes the prediction into the scale, so that it can never leave it.",
        what_if="At both ends the slope fades: extreme ratings are learned slowly.",
    )  # fmt: skip
    init: str = option(
        "normal", "choice", "", "Initial draw", choices=("normal", "uniform"), advanced=True,
        meaning="Initial factors are N(0, spread²), or uniform between 0 and the spread.",
        what_if="Uniform starts all factors positive, so that all users begin alike.",
    )  # fmt: skip
    init_deviation: float = option(
        0.05, "float", "", "Initial spread", low=1e-3, high=1.0, log=True, advanced=True,
        meaning="How far the initial factors lie from zero.",
        what_if="Near zero, learning takes long to start; large, it starts from noise.",
    )  # fmt: skip
    center: bool = center_option()
    patience: int | None = patience_option()
    seed: int = seed_option()

    @classmethod
    def defaults(cls, ratings: Ratings) -> dict[str, Any]:
        """Larger batches as data grows."""
        if ratings.n_ratings < 500:
            return {"n_factors": 3, "learning_rate": 0.02, "weight_decay": 1e-2, "batch_size": 16,
                    "n_epochs": 150, "patience": 50}  # fmt: skip
        if ratings.n_ratings < 20_000:
            return {"n_factors": 5, "learning_rate": 0.01, "weight_decay": 1e-3, "batch_size": 64,
                    "n_epochs": 150, "patience": 30}  # fmt: skip
        if ratings.n_ratings < 300_000:
            return {"n_factors": 32, "learning_rate": 0.005, "weight_decay": 2e-4,
                    "batch_size": 512, "n_epochs": 30, "patience": 3}  # fmt: skip
        return {"n_factors": 32, "learning_rate": 0.005, "weight_decay": 3e-5, "batch_size": 4096,
                "n_epochs": 25, "patience": 3}  # fmt: skip

    def _learner(self, train: Ratings, settings: dict[str, Any]) -> NeuralLearner:
        return NeuralLearner(train, settings)


class Network(torch.nn.Module):
    """The network: x for a batch of (user, item) pairs."""

    def __init__(self, n_users: int, n_items: int, n_factors: int, biases: bool, mean: float):
        super().__init__()
        # Empty at first: every draw comes from the learner's own generator, never from torch's.
        self.p = torch.nn.Embedding(n_users, n_factors, _weight=torch.empty(n_users, n_factors))
        self.q = torch.nn.Embedding(n_items, n_factors, _weight=torch.empty(n_items, n_factors))
        self.biases = biases
        if biases:
            self.b_user = torch.nn.Embedding(n_users, 1, _weight=torch.zeros(n_users, 1))
            self.b_item = torch.nn.Embedding(n_items, 1, _weight=torch.zeros(n_items, 1))
        self.mean = mean

    def forward(self, user_ids: torch.Tensor, item_ids: torch.Tensor) -> torch.Tensor:
        """Shape (n,)."""
        x = (self.p(user_ids) * self.q(item_ids)).sum(dim=1)
        if self.biases:
            x = x + self.b_user(user_ids).squeeze(1) + self.b_item(item_ids).squeeze(1)
        return x + self.mean if self.mean else x


class NeuralLearner(FactorLearner):
    """Adam over batches. Its measuring is the other models': parameters are read as arrays."""

    def __init__(self, train: Ratings, settings: dict[str, Any]) -> None:
        super().__init__(
            train, settings["n_factors"], "logistic" if settings["sigmoid"] else "identity"
        )
        # Between the small operations of a batch, more threads wait for one another longer than
        # they work: one is fastest, and leaves the other cores to the server.
        torch.set_num_threads(1)
        self.settings = settings
        low, high, _ = train.scale
        mean = train.global_mean
        if settings["sigmoid"]:
            share = min(max((mean - low) / (high - low), 0.01), 0.99)
            mean = float(np.log(share / (1 - share)))
        self.mean = mean if settings["center"] else 0.0
        self.generator = torch.Generator().manual_seed(settings["seed"])
        self.network = Network(
            train.n_users, train.n_items, self.n_factors, settings["biases"], self.mean
        )
        self._initialise()
        self.optimiser = torch.optim.Adam(
            self.network.parameters(),
            lr=settings["learning_rate"],
            weight_decay=settings["weight_decay"],
        )
        self._users = torch.from_numpy(train.user_ids.astype(np.int64))
        self._items = torch.from_numpy(train.item_ids.astype(np.int64))
        values = (train.values - low) / (high - low) if settings["sigmoid"] else train.values
        self._targets = torch.from_numpy(np.ascontiguousarray(values, dtype=np.float32))
        self._order = torch.arange(len(train))
        self.n_batches = -(-len(train) // settings["batch_size"])
        self.n_steps = -(-self.n_batches // _BATCHES_A_STEP)
        self._read()

    def _initialise(self) -> None:
        spread = self.settings["init_deviation"]
        counts = self.train.user_counts, self.train.item_counts
        with torch.no_grad():
            for table, n_rated in zip((self.network.p, self.network.q), counts, strict=True):
                if self.settings["init"] == "normal":
                    table.weight.normal_(0.0, spread, generator=self.generator)
                else:
                    table.weight.uniform_(0.0, spread, generator=self.generator)
                if self.settings["center"]:
                    table.weight[torch.from_numpy(n_rated == 0)] = 0.0  # see draw_factors

    def _read(self) -> None:
        """Copy the network's parameters to where all models have theirs."""
        network, k = self.network, self.n_factors
        self.p[:, :k] = network.p.weight.detach().numpy()
        self.q[:, :k] = network.q.weight.detach().numpy()
        if network.biases:
            self.b_user[:] = network.b_user.weight.detach().numpy()[:, 0]
            self.b_item[:] = network.b_item.weight.detach().numpy()[:, 0]

    def begin_epoch(self) -> None:
        """Draw the order of the batches, in the two draws a DataLoader makes."""
        torch.empty((), dtype=torch.int64).random_(generator=self.generator)  # its workers' seed
        seed = int(torch.empty((), dtype=torch.int64).random_(generator=self.generator).item())
        own = torch.Generator().manual_seed(seed)
        self._order = torch.randperm(len(self.train), generator=own)

    def step(self, index: int) -> None:
        """Some batches: gather by index, predict, follow the gradient."""
        size = self.settings["batch_size"]
        first = index * _BATCHES_A_STEP
        for batch in range(first, min(first + _BATCHES_A_STEP, self.n_batches)):
            rows = self._order[batch * size : (batch + 1) * size]
            self.optimiser.zero_grad()
            x = self.network(self._users[rows], self._items[rows])
            predicted = torch.sigmoid(x) if self.settings["sigmoid"] else x
            loss = torch.nn.functional.mse_loss(predicted, self._targets[rows])
            loss.backward()
            self.optimiser.step()

    def end_epoch(self) -> None:
        """Make the new parameters readable."""
        self._read()

    def snapshot(self) -> Predictor:
        """Mid-epoch, the parameters as they are now."""
        self._read()
        return super().snapshot()

    def objective(self, squared_error: float) -> float:
        """Σ e² + (N/2) · weight decay · ‖all parameters‖², e on the scale it is trained on."""
        low, high, _ = self.train.scale
        if self.settings["sigmoid"]:
            squared_error /= (high - low) ** 2
        arrays = (self.p, self.q, self.b_user, self.b_item)
        norm = sum(float((array.astype(np.float64) ** 2).sum()) for array in arrays)
        return squared_error + len(self.train) / 2 * self.settings["weight_decay"] * norm

    def fold_in_rule(self) -> FoldIn:
        """A guest is drawn from the population of users: their mean, their variance as prior.

        Early stopping regularises the network more than its weight decay says, so the penalty is
        read off the result: λ = σ² / s², with σ² the noise the users leave unexplained.
        """
        rated = self.train.user_counts > 0
        rows = np.column_stack([self.p[rated, : self.n_factors], self.b_user[rated]])
        prior, spread = rows.mean(axis=0, dtype=np.float64), rows.var(axis=0, dtype=np.float64)
        raw, _ = self.squared_errors(self.train, 0, min(len(self.train), 1 << 17))
        noise = raw / min(len(self.train), 1 << 17)
        with np.errstate(divide="ignore"):
            reg = np.where(spread > 1e-9, noise / np.maximum(spread, 1e-9), np.inf)
        return FoldIn(reg, prior)

    def state(self) -> dict[str, Any]:
        """Network, optimiser, generator and order."""
        return {
            "network": copy.deepcopy(self.network.state_dict()),
            "optimiser": copy.deepcopy(self.optimiser.state_dict()),
            "generator": self.generator.get_state().clone(),
            "order": self._order.clone(),
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Take all of it up again; the learning rate and weight decay are the new settings'."""
        self.network.load_state_dict(state["network"])
        self.optimiser.load_state_dict(state["optimiser"])
        for group in self.optimiser.param_groups:
            group["lr"] = self.settings["learning_rate"]
            group["weight_decay"] = self.settings["weight_decay"]
        self.generator.set_state(state["generator"])
        self._order = state["order"].clone()
        self._read()
