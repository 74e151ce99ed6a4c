"""Inside neural MF: one prediction from the embeddings through every layer.

    x = μ + b_u + b_i + h · (p_u ∘ q_i) + v · relu(W₂ relu(W₁ (p'_u, q'_i) + c₁) + c₂)

Computed by ``stepwise.network_forward`` on the parameters of a fitted model.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from recsys_core import stepwise
from recsys_core.models.factor_model import FactorModel
from recsys_core.models.neural_factor_model import NeuralFactorModel


@dataclass(frozen=True, eq=False)
class NetworkPath:
    """What one pair makes of every layer, in the unit of training.

    Attributes
    ----------
    user_embedding, item_embedding : p and q, (k,).
    products : h ∘ p ∘ q of the factors that are multiplied, (n_products,).
    sides : what goes into the tower, the user's half first, (2 n_tower,).
    inner, outer : both layers before their relu, (units,) and (units₂,); empty without a tower.
    to_inner, to_outer, to_score : what each number adds to each of the next layer: weight times
        activation, (units, 2 n_tower), (units₂, units) and (units₂,).
    inner_bias, outer_bias : c₁ and c₂.
    mean, user_bias, item_bias : μ, b_u and b_i.
    score : x, the sum. prediction : as a rating, not clipped.
    """

    user_embedding: np.ndarray
    item_embedding: np.ndarray
    products: np.ndarray
    sides: np.ndarray
    inner: np.ndarray
    outer: np.ndarray
    to_inner: np.ndarray
    to_outer: np.ndarray
    to_score: np.ndarray
    inner_bias: np.ndarray
    outer_bias: np.ndarray
    mean: float
    user_bias: float
    item_bias: float
    score: float
    prediction: float

    @property
    def tower(self) -> float:
        """V · relu(outer): what the tower adds to the score."""
        return float(self.to_score.sum())


def network_path(fitted: FactorModel, user: int, item: int) -> NetworkPath:
    """Follow one prediction of a fitted neural MF; GMF is the dot product it amounts to."""
    tables = {
        "user_factors": fitted.p[[user]], "item_factors": fitted.q[[item]],
        "user_bias": fitted.b_user[[user]], "item_bias": fitted.b_item[[item]],
    }  # fmt: skip
    if isinstance(fitted, NeuralFactorModel):
        names = ("inner", "inner_bias", "outer", "outer_bias", "top")
        tables |= {name: getattr(fitted, name) for name in names}
        if len(fitted.output):
            tables["output"] = fitted.output
    parameters = {name: table.astype(np.float64) for name, table in tables.items()}
    here = np.array([0])
    forward = stepwise.network_forward(parameters, here, here, mean=fitted.mean)
    h = parameters.get("output", np.ones(forward.products.shape[1]))
    sides, inner, outer = forward.sides[0], forward.inner[0], forward.outer[0]
    none = np.zeros((0, 0))
    w_1, w_2 = parameters.get("inner", none), parameters.get("outer", none)
    return NetworkPath(
        parameters["user_factors"][0], parameters["item_factors"][0], h * forward.products[0],
        sides, inner, outer,
        w_1 * sides if len(w_1) else none,
        w_2 * np.maximum(inner, 0) if len(w_2) else none,
        parameters.get("top", np.zeros(0)) * np.maximum(outer, 0),
        parameters.get("inner_bias", np.zeros(0)), parameters.get("outer_bias", np.zeros(0)),
        float(fitted.mean), float(fitted.b_user[user]), float(fitted.b_item[item]),
        float(forward.score[0]), float(fitted.score(forward.score)[0]),
    )  # fmt: skip
