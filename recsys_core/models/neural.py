"""NeuralMF: matrix factorization as a neural network, in PyTorch.

>>> import recsys_core as rc
>>> board = rc.datasets.checkerboard(density=0.6, seed=0)  # 5 and 1 in turn
>>> split = rc.splits.random(board, validation=0, test=0.2, seed=0)
>>> model = rc.NeuralMF(variant="GMF", n_factors=2, n_epochs=100, seed=0).fit(split.train)
>>> predicted = model.predict(split.test.user_ids, split.test.item_ids)
>>> round(rc.metrics.rmse(split.test.values, predicted), 1)  # the test ratings' deviation is 2
0.1
"""

from __future__ import annotations

import copy
import dataclasses
from typing import Any, NamedTuple

import numpy as np

from recsys_core.errors import SettingsError
from recsys_core.extras import needed_for
from recsys_core.models.base import Model
from recsys_core.models.factor_model import FactorModel, FoldIn
from recsys_core.models.factor_trainer import FactorTrainer, both_errors
from recsys_core.models.fitted_model import FittedModel
from recsys_core.models.neural_factor_model import NeuralFactorModel
from recsys_core.models.options import (
    biases_option,
    center_option,
    deviation_option,
    epochs_option,
    factors_option,
    option,
    patience_option,
    rate_option,
    seed_option,
    standardize_option,
)
from recsys_core.models.registry import MODELS
from recsys_core.ratings import Ratings, Side
from recsys_core.standardized import plain
from recsys_core.text import Text, later

with needed_for("Neural MF"):
    import torch

# Batches between two looks at the clock: a few milliseconds of work.
_BATCHES_A_STEP = 4


@MODELS.register
@dataclasses.dataclass
class NeuralMF(Model):
    """Embeddings combined by a network f, trained in batches by Adam on the squared error.

        x = μ + b_u + b_i + f(p_u, q_i)        r̂ = x, or low + range · σ(x) with ``sigmoid``

        "dot"     p_u · q_i
        "GMF"     h · (p_u ∘ q_i): the products weighted by learned h
        "MLP"     a tower over (p_u, q_i) side by side: two hidden layers of max(8, k) and half as
                  many units, and a weighted sum of the last
        "NeuMF"   GMF over the first half of the factors plus MLP over the second

    ``weight_decay`` is Adam's L2 penalty, added to the gradient of the batch's mean squared error
    (on standardized ratings, or on ratings mapped to [0, 1] with ``sigmoid``). Source: He et al.,
    *Neural Collaborative Filtering*, 2017, whose networks end in a click's probability; here they
    end in a rating.
    """

    title = "Neural MF"
    summary = Text("Combines the factors by a small neural network, trained in batches by Adam.")
    shaping = (*Model.shaping, "variant", "sigmoid")

    variant: str = option(
        "dot",
        "choice",
        "",
        Text("Network"),
        choices=(later("dot"), "GMF", "MLP", "NeuMF"),
        meaning=Text("Dot product, weighted products (GMF), hidden layers (MLP), or both (NeuMF)."),
        what_if=Text(
            "Hidden layers have to learn to multiply, and their predictions have no terms."
        ),
    )
    n_factors: int | None = factors_option()
    learning_rate: float | None = rate_option()
    weight_decay: float | None = option(
        None,
        "float",
        "λ",
        Text("Weight decay"),
        low=0.0,
        high=0.1,
        meaning=Text("L2 penalty: moves all parameters a little towards zero at every step."),
        what_if=Text(
            "Too little overfits the training ratings; too much predicts the mean for all."
        ),
    )
    batch_size: int | None = option(
        None,
        "int",
        "B",
        Text("Batch size"),
        low=1,
        high=65536,
        meaning=Text("How many ratings each step averages over."),
        what_if=Text(
            "Small batches have noisy gradients and slow epochs; large ones make few steps."
        ),
    )
    n_epochs: int | None = epochs_option()
    biases: bool = biases_option()
    sigmoid: bool = option(
        False, "bool", "σ", Text("Sigmoid output"),
        meaning=Text("Maps the prediction into the scale, so that it can never leave it."),
        what_if=Text("Near both ends the gradient is small: extreme ratings are learned slowly."),
    )  # fmt: skip
    init: str = option(
        "normal", "choice", "", Text("Initial draw"), choices=(later("normal"), later("uniform")),
        advanced=True,
        meaning=Text("Initial factors are N(0, spread²), or uniform between 0 and the spread."),
        what_if=Text("Uniform starts all factors positive, so that all users begin alike."),
    )  # fmt: skip
    init_deviation: float = deviation_option(
        0.05, Text("How far the initial factors lie from zero.")
    )
    center: bool = center_option()
    standardize: bool = standardize_option()
    patience: int | None = patience_option()
    device: str = option(
        "auto", "choice", "", Text("Device"), choices=(later("auto"), "cpu", "cuda", "mps"),
        advanced=True,
        meaning=Text("Where it computes; auto takes a GPU where there is one."),
        what_if=Text("On another device sums are rounded otherwise: the last digits differ."),
    )  # fmt: skip
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
            return {"n_factors": 32, "learning_rate": 0.0045, "weight_decay": 1.8e-4,
                    "batch_size": 512, "n_epochs": 30, "patience": 3}  # fmt: skip
        return {"n_factors": 32, "learning_rate": 0.005, "weight_decay": 3e-5, "batch_size": 4096,
                "n_epochs": 25, "patience": 3}  # fmt: skip

    def _chosen(self, train: Ratings) -> dict[str, Any]:
        """The defaults; an MLP alone overfits without smaller steps and more weight decay."""
        chosen = self.defaults(train)
        if self.variant == "MLP" and train.n_ratings >= 20_000:
            chosen |= {"learning_rate": 0.003, "weight_decay": chosen["weight_decay"] * 8}
        return chosen

    def _trainer(self, train: Ratings, settings: dict[str, Any]) -> NeuralTrainer:
        return NeuralTrainer(train, settings)


class Network(torch.nn.Module):
    """The network: x for a batch of (user, item) pairs.

    All is empty or zero at first: every draw comes from the trainer's own generator, never from
    torch's.
    """

    def __init__(self, n_users: int, n_items: int, settings: dict[str, Any], mean: float):
        super().__init__()
        k, variant = settings["n_factors"], settings["variant"]
        self.p = torch.nn.Embedding(n_users, k, _weight=torch.empty(n_users, k))
        self.q = torch.nn.Embedding(n_items, k, _weight=torch.empty(n_items, k))
        self.biases, self.mean = settings["biases"], mean
        if self.biases:
            self.b_user = torch.nn.Embedding(n_users, 1, _weight=torch.zeros(n_users, 1))
            self.b_item = torch.nn.Embedding(n_items, 1, _weight=torch.zeros(n_items, 1))
        half = max(1, k // 2)
        self.n_products = {"MLP": 0, "NeuMF": max(1, k - half)}.get(variant, k)
        self.n_tower = {"MLP": k, "NeuMF": half}.get(variant, 0)
        if variant in ("GMF", "NeuMF"):
            self.output = torch.nn.Parameter(torch.ones(self.n_products))
        if self.n_tower:
            units = max(8, k)
            self.inner = _layer(2 * self.n_tower, units)
            self.outer = _layer(units, units // 2)
            self.top = torch.nn.Parameter(torch.zeros(units // 2))

    def forward(self, user_ids: torch.Tensor, item_ids: torch.Tensor) -> torch.Tensor:
        """Compute x of n pairs; all tensors are (n,)."""
        p, q, n = self.p(user_ids), self.q(item_ids), self.n_products
        if not self.n_tower:
            products = p * q
            x = products @ self.output if hasattr(self, "output") else products.sum(dim=1)
        else:
            sides = torch.cat([p[:, -self.n_tower :], q[:, -self.n_tower :]], dim=1)
            x = torch.relu(self.outer(torch.relu(self.inner(sides)))) @ self.top
            if n:
                x = x + (p[:, :n] * q[:, :n]) @ self.output
        if self.biases:
            x = x + self.b_user(user_ids).squeeze(1) + self.b_item(item_ids).squeeze(1)
        return x + self.mean if self.mean else x


def _layer(n_in: int, n_out: int) -> torch.nn.Linear:
    return torch.nn.utils.skip_init(torch.nn.Linear, n_in, n_out)


def chosen_device(name: str) -> torch.device:
    """Return the device asked for; for “auto”, CUDA or MPS where there is one, else the CPU.

    Raises
    ------
    SettingsError
        If there is no such device here.
    """
    there = {"cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available()}
    if name == "auto":
        name = next((device for device, is_there in there.items() if is_there), "cpu")
    if not there.get(name, True):
        raise SettingsError(
            Text("There is no {name} device on this machine; choose “auto” or “cpu”.", name=name)
        )
    return torch.device(name)


class Numbers(NamedTuple):
    """A user's or an item's numbers in the course of training: its bias, where it has one, then k.

    Attributes
    ----------
    step : t, Adam's steps so far.
    value, gradient : θ, and the slope of the latest batch's loss, without weight decay.
    mean, square : Adam's m and v. All arrays are float32, (k,) or (k + 1,).
    """

    step: int
    value: np.ndarray
    gradient: np.ndarray
    mean: np.ndarray
    square: np.ndarray


class NeuralTrainer(FactorTrainer):
    """Runs Adam over batches; errors are measured as for other models, on copies as arrays."""

    def __init__(self, train: Ratings, settings: dict[str, Any]) -> None:
        super().__init__(
            train, settings["n_factors"], "logistic" if settings["sigmoid"] else "identity"
        )
        # One thread leaves the other cores to the server, and loses little: measured on two cores
        # at k = 32, batches of 512 took 1.09 ms with one thread and 1.09 with two, of 4096 3.9 ms
        # against 16.2 (and a tower's 20 against 40): threads wait for one another.
        torch.set_num_threads(1)
        self.settings = settings
        self.device = chosen_device(settings["device"])
        low, high = train.scale[:2]
        mean = train.global_mean
        if settings["sigmoid"]:
            share = min(max((mean - low) / (high - low), 0.01), 0.99)
            mean = float(np.log(share / (1 - share)))
        self.mean = mean if settings["center"] else 0.0
        self.generator = torch.Generator().manual_seed(settings["seed"])
        self.network = Network(train.n_users, train.n_items, settings, self.mean)
        self._initialise()
        self.network.to(self.device)
        # Fused: one pass over all numbers a step instead of a dozen, 1.4 to 3 times as fast.
        self.optimiser = torch.optim.Adam(
            self.network.parameters(),
            lr=settings["learning_rate"],
            weight_decay=settings["weight_decay"],
            fused=True,
        )
        self._users = torch.from_numpy(train.user_ids.astype(np.int64)).to(self.device)
        self._items = torch.from_numpy(train.item_ids.astype(np.int64)).to(self.device)
        values = (train.values - low) / (high - low) if settings["sigmoid"] else train.values
        targets = torch.from_numpy(np.ascontiguousarray(values, dtype=np.float32))
        self._targets = targets.to(self.device)
        self._order = torch.arange(len(train), device=self.device)
        self.n_batches = -(-len(train) // settings["batch_size"])
        self.n_steps = -(-self.n_batches // _BATCHES_A_STEP)
        self._at_rest: FactorModel | None = None
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
            if self.network.n_tower:
                # So that outputs of a layer have the variance of its inputs (He et al. 2015).
                for weight in (self.network.inner.weight, self.network.outer.weight):
                    spread = (2 / weight.shape[1]) ** 0.5
                    weight.normal_(0.0, spread, generator=self.generator)
                for layer in (self.network.inner, self.network.outer):
                    layer.bias.zero_()
                top = self.network.top
                top.normal_(0.0, (1 / len(top)) ** 0.5, generator=self.generator)

    def _read(self) -> None:
        """Copy the network's parameters to where all models have theirs."""
        network, k = self.network, self.n_factors
        self._at_rest = None
        self.p[:, :k] = _array(network.p.weight)
        self.q[:, :k] = _array(network.q.weight)
        if hasattr(network, "output") and not network.n_tower:
            self.q[:, :k] *= _array(network.output)  # h · (p ∘ q) = p · (h ∘ q)
        if network.biases:
            self.b_user[:] = _array(network.b_user.weight)[:, 0]
            self.b_item[:] = _array(network.b_item.weight)[:, 0]

    def begin_epoch(self) -> None:
        """Draw the order of the batches, in the two draws a DataLoader makes."""
        torch.empty((), dtype=torch.int64).random_(generator=self.generator)  # its workers' seed
        seed = int(torch.empty((), dtype=torch.int64).random_(generator=self.generator).item())
        own = torch.Generator().manual_seed(seed)
        self._order = torch.randperm(len(self.train), generator=own).to(self.device)

    def step(self, index: int) -> None:
        """Do some batches."""
        first = index * _BATCHES_A_STEP
        for batch in range(first, min(first + _BATCHES_A_STEP, self.n_batches)):
            self.do_batch(batch)

    def do_batch(self, batch: int) -> None:
        """Do one batch, counted from 0: gather by index, predict, follow the gradient."""
        rows = self._rows(batch)
        self.optimiser.zero_grad()
        x = self.network(self._users[rows], self._items[rows])
        predicted = torch.sigmoid(x) if self.settings["sigmoid"] else x
        loss = torch.nn.functional.mse_loss(predicted, self._targets[rows])
        loss.backward()
        self.optimiser.step()

    def _rows(self, batch: int) -> torch.Tensor:
        size = self.settings["batch_size"]
        return self._order[batch * size : (batch + 1) * size]

    # --- for whoever looks into a batch ---------------------------------------------------------

    def ratings_of(self, batch: int) -> np.ndarray:
        """Which training ratings a batch of the epoch under way holds, int64, (n,)."""
        return _array(self._rows(batch))

    def numbers_of(self, side: Side, index: int) -> Numbers:
        """Return a user's or an item's numbers as they are now, and what Adam knows of them."""
        network, biases = self.network, []
        if network.biases:
            biases = [network.b_user if side == "user" else network.b_item]
        tables = [*biases, network.p if side == "user" else network.q]
        value, gradient, mean, square = [], [], [], []
        step = 0
        for weight in (table.weight for table in tables):
            known = self.optimiser.state.get(weight, {})
            none = torch.zeros_like(weight[index])
            step = int(known.get("step", 0))
            value.append(weight[index])
            gradient.append(none if weight.grad is None else weight.grad[index])
            mean.append(known["exp_avg"][index] if known else none)
            square.append(known["exp_avg_sq"][index] if known else none)
        return Numbers(step, *(_array(torch.cat(each)) for each in (value, gradient, mean, square)))

    def predicted(self, user: int, item: int) -> float:
        """Predict one pair by the present parameters, in rating units, not clipped."""
        with torch.no_grad():
            pair = (torch.tensor([index], device=self.device) for index in (user, item))
            x = float(self.network(*pair))
        low, high = self.train.scale[:2]
        z = low + (high - low) / (1 + np.exp(-x)) if self.settings["sigmoid"] else x
        unit = plain(self.train)[1]
        return float(unit.shift + unit.size * z)

    def end_epoch(self) -> None:
        """Make the new parameters readable."""
        self._read()

    def snapshot(self) -> FactorModel:
        """Return a fitted model with the present parameters, also in the middle of an epoch."""
        self._read()
        return self._rest(self.fold_in_rule(), self.fold_in_item_rule())

    def _rest(self, fold: FoldIn, fold_item: FoldIn | None = None) -> FactorModel:
        """The parameters as they were last read; GMF rests as the dot product it amounts to."""
        network, k = self.network, self.n_factors
        train, unit = plain(self.train)
        factors: dict[str, Any] = dict(
            train=train, unit=unit, mean=float(self.mean), link=self.link, fold=fold,
            fold_item=fold_item,
            b_user=self.b_user.copy(), b_item=self.b_item.copy(),
            p=self.p[:, :k].copy(), q=self.q[:, :k].copy(),
        )  # fmt: skip
        if not network.n_tower:
            return FactorModel(**factors)
        output = _array(network.output) if network.n_products else np.empty(0, np.float32)
        return NeuralFactorModel(
            **factors, output=output, top=_array(network.top),
            inner=_array(network.inner.weight), inner_bias=_array(network.inner.bias),
            outer=_array(network.outer.weight), outer_bias=_array(network.outer.bias),
        )  # fmt: skip

    def squared_errors(self, ratings: Ratings, start: int, stop: int) -> tuple[float, float]:
        """Compute Σ (r − r̂)² over ratings start to stop: raw, and with r̂ clipped to the scale."""
        if not self.network.n_tower:
            return super().squared_errors(ratings, start, stop)
        if self._at_rest is None:
            self._at_rest = self._rest(FoldIn(np.empty(0), np.empty(0)))
        here = slice(start, stop)
        x = self._at_rest.predict(ratings.user_ids[here], ratings.item_ids[here], clip=False)
        z = self._at_rest.unit.standard(x)
        return both_errors(ratings.values[here], z, self.train.scale)

    def objective(self, squared_error: float) -> float:
        """Compute Σ e² + (N/2) · weight decay · ‖all parameters‖², e on the trained scale."""
        low, high = self.train.scale[:2]
        if self.settings["sigmoid"]:
            squared_error /= (high - low) ** 2
        with torch.no_grad():
            norm = sum(float((weight.double() ** 2).sum()) for weight in self.network.parameters())
        return squared_error + len(self.train) / 2 * self.settings["weight_decay"] * norm

    def fold_in_rule(self) -> FoldIn:
        """Return the rule of a guest: mean and variance s² of the users' rows are its prior.

        Early stopping regularises the network more than its weight decay says, so the penalty is
        taken from the result: λ = σ² / s², with σ² the mean squared error on the training ratings.
        """
        return self._rule(self.p, self.b_user, self.train.user_counts)

    def fold_in_item_rule(self) -> FoldIn:
        """Return the same of a new item, from the items' rows."""
        return self._rule(self.q, self.b_item, self.train.item_counts)

    def _rule(self, factors: np.ndarray, bias: np.ndarray, counts: np.ndarray) -> FoldIn:
        rated = counts > 0
        rows = np.column_stack([factors[rated, : self.n_factors], bias[rated]])
        prior, spread = rows.mean(axis=0, dtype=np.float64), rows.var(axis=0, dtype=np.float64)
        raw, _ = self.squared_errors(self.train, 0, min(len(self.train), 1 << 17))
        noise = raw / min(len(self.train), 1 << 17)
        with np.errstate(divide="ignore"):
            reg = np.where(spread > 1e-9, noise / np.maximum(spread, 1e-9), np.inf)
        return FoldIn(reg, prior)

    def state(self, snapshot: FittedModel | None = None) -> dict[str, Any]:
        """Return copies of network, optimiser, generator and order."""
        return {
            "network": copy.deepcopy(self.network.state_dict()),
            "optimiser": copy.deepcopy(self.optimiser.state_dict()),
            "generator": self.generator.get_state().clone(),
            "order": self._order.clone(),
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Restore all of it; the learning rate and weight decay are the new settings'."""
        self.network.load_state_dict(state["network"])
        self.optimiser.load_state_dict(state["optimiser"])
        for group in self.optimiser.param_groups:
            group["lr"] = self.settings["learning_rate"]
            group["weight_decay"] = self.settings["weight_decay"]
        self.generator.set_state(state["generator"])
        self._order = state["order"].clone()
        self._read()


def _array(weight: torch.Tensor) -> np.ndarray:
    """A copy in numpy, from wherever it is."""
    return weight.detach().cpu().numpy().copy()
