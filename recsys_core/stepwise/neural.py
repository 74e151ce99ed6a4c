"""One step of neural MF: forward, backward by hand, and Adam's update, on one batch.

The network's parameters are a dictionary; which of them there are makes the variant:

    user_factors, item_factors : the embeddings p and q, (n_users, k) and (n_items, k); always.
    user_bias, item_bias       : b, (n_users,) and (n_items,); with biases.
    output                     : h, (n_products,); GMF and NeuMF.
    inner, inner_bias          : W₁, (units, 2 n_tower), and c₁, (units,); MLP and NeuMF.
    outer, outer_bias          : W₂, (units₂, units), and c₂, (units₂,); MLP and NeuMF.
    top                        : v, (units₂,); MLP and NeuMF.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

Parameters = Mapping[str, np.ndarray]


class Forward(NamedTuple):
    """What the network makes of n pairs; the parts of a tower have no columns where there is none.

    Attributes
    ----------
    products : p ∘ q of the factors that are multiplied, (n, n_products).
    sides : (p', q'), what goes into the tower, (n, 2 n_tower).
    inner, outer : W₁ (p', q') + c₁ and W₂ relu(inner) + c₂, before their relu.
    score : x, (n,); prediction : x or σ(x), (n,), on the scale the network is trained on.
    """

    products: np.ndarray
    sides: np.ndarray
    inner: np.ndarray
    outer: np.ndarray
    score: np.ndarray
    prediction: np.ndarray


def network_forward(
    parameters: Parameters,
    user_ids: np.ndarray,
    item_ids: np.ndarray,
    *,
    mean: float,
    sigmoid: bool = False,
) -> Forward:
    """Predict n pairs (u, i).

        x = μ + b_u + b_i + h · (p ∘ q) + v · relu(W₂ relu(W₁ (p', q') + c₁) + c₂)
        r̂ = x, or σ(x) with ``sigmoid``

    p and q are the first ``n_products`` factors of p_u and q_i, p' and q' the last ``n_tower``:
    all and none for "dot" (h = 1) and "GMF", none and all for "MLP". Source: He et al., *Neural
    Collaborative Filtering*, 2017.

    >>> tables = {"user_factors": np.array([[1.0, 2.0]]), "item_factors": np.array([[3.0, 4.0]])}
    >>> network_forward(tables, np.array([0]), np.array([0]), mean=1.0).prediction
    array([12.])
    """
    p, q = parameters["user_factors"][user_ids], parameters["item_factors"][item_ids]
    n_products, n_tower = _widths(parameters)
    h = parameters.get("output", np.ones(n_products))
    products = p[:, :n_products] * q[:, :n_products]
    score = mean + products @ h
    if "user_bias" in parameters:
        score = score + parameters["user_bias"][user_ids] + parameters["item_bias"][item_ids]
    first = p.shape[1] - n_tower
    sides = np.column_stack([p[:, first:], q[:, first:]])
    inner = outer = np.empty((len(p), 0))
    if n_tower:
        inner = sides @ parameters["inner"].T + parameters["inner_bias"]
        outer = _relu(inner) @ parameters["outer"].T + parameters["outer_bias"]
        score = score + _relu(outer) @ parameters["top"]
    prediction = 1 / (1 + np.exp(-score)) if sigmoid else score
    return Forward(products, sides, inner, outer, score, prediction)


def network_gradients(
    parameters: Parameters,
    user_ids: np.ndarray,
    item_ids: np.ndarray,
    targets: np.ndarray,
    forward: Forward,
    *,
    sigmoid: bool = False,
) -> dict[str, np.ndarray]:
    """Slopes of the batch's mean squared error 1/n Σ (r̂ − t)² against every parameter.

    By the chain rule, from the prediction back to the tables. For each pair of the batch:

        δ = ∂/∂x = 2/n (r̂ − t), times r̂ (1 − r̂) with ``sigmoid``
        ∂/∂h = δ (p ∘ q)          ∂/∂p = δ (h ∘ q)          ∂/∂q = δ (h ∘ p)
        ∂/∂v = δ relu(outer)      δ₂ = δ v where outer > 0, else 0
        ∂/∂W₂ = δ₂ relu(inner)ᵀ   ∂/∂c₂ = δ₂          δ₁ = W₂ᵀ δ₂ where inner > 0, else 0
        ∂/∂W₁ = δ₁ (p', q')ᵀ      ∂/∂c₁ = δ₁          ∂/∂(p', q') = W₁ᵀ δ₁
        ∂/∂b_u = ∂/∂b_i = δ

    summed over the batch; a user's row gets the sum over the pairs the user is in, 0 if in none.
    ``targets`` t, (n,), on the scale of r̂. Source: Rumelhart, Hinton and Williams, *Learning
    Representations by Back-propagating Errors*, 1986.

    >>> tables = {"user_factors": np.array([[1.0]]), "item_factors": np.array([[3.0], [5.0]])}
    >>> u, i = np.array([0]), np.array([1])
    >>> forward = network_forward(tables, u, i, mean=0.0)
    >>> network_gradients(tables, u, i, np.array([4.0]), forward)["item_factors"].tolist()
    [[0.0], [2.0]]
    """
    p, q = parameters["user_factors"][user_ids], parameters["item_factors"][item_ids]
    n_products, n_tower = _widths(parameters)
    h = parameters.get("output", np.ones(n_products))
    slopes = {name: np.zeros_like(value) for name, value in parameters.items()}
    d_p, d_q = np.zeros_like(p), np.zeros_like(q)

    delta = 2 / len(targets) * (forward.prediction - targets)
    if sigmoid:
        delta = delta * forward.prediction * (1 - forward.prediction)
    if "output" in parameters:
        slopes["output"] = delta @ forward.products
    d_p[:, :n_products] = delta[:, None] * h * q[:, :n_products]
    d_q[:, :n_products] = delta[:, None] * h * p[:, :n_products]
    if n_tower:
        slopes["top"] = delta @ _relu(forward.outer)
        delta_2 = delta[:, None] * parameters["top"] * (forward.outer > 0)
        slopes["outer"] = delta_2.T @ _relu(forward.inner)
        slopes["outer_bias"] = delta_2.sum(axis=0)
        delta_1 = delta_2 @ parameters["outer"] * (forward.inner > 0)
        slopes["inner"] = delta_1.T @ forward.sides
        slopes["inner_bias"] = delta_1.sum(axis=0)
        d_sides, first = delta_1 @ parameters["inner"], p.shape[1] - n_tower
        d_p[:, first:] += d_sides[:, :n_tower]
        d_q[:, first:] += d_sides[:, n_tower:]
    np.add.at(slopes["user_factors"], user_ids, d_p)
    np.add.at(slopes["item_factors"], item_ids, d_q)
    if "user_bias" in parameters:
        np.add.at(slopes["user_bias"], user_ids, delta)
        np.add.at(slopes["item_bias"], item_ids, delta)
    return slopes


class Moments(NamedTuple):
    """What Adam remembers of one parameter between two steps.

    Attributes
    ----------
    step : t, how many steps there were.
    mean, square : m and v, running means of g and of g², of θ's shape.
    """

    step: int
    mean: np.ndarray
    square: np.ndarray


class AdamUpdate(NamedTuple):
    """One parameter after one of Adam's steps; all arrays have θ's shape.

    Attributes
    ----------
    gradient : g, with the weight decay's part.
    moments : t, m and v after this step; to be given to the next.
    mean_hat, square_hat : m̂ and v̂, corrected for having begun at 0.
    value : the new θ.
    """

    gradient: np.ndarray
    moments: Moments
    mean_hat: np.ndarray
    square_hat: np.ndarray
    value: np.ndarray


def adam_update(
    value: np.ndarray,
    gradient: np.ndarray,
    earlier: Moments | None = None,
    *,
    learning_rate: float,
    weight_decay: float = 0.0,
) -> AdamUpdate:
    """Move one parameter θ, of any shape, against its gradient, by Adam with an L2 penalty.

        g = ∂/∂θ + λ θ
        m ← β₁ m + (1 − β₁) g          v ← β₂ v + (1 − β₂) g²          β₁ = 0.9, β₂ = 0.999
        θ ← θ − γ m̂ / (√v̂ + 10⁻⁸)      m̂ = m / (1 − β₁ᵗ)      v̂ = v / (1 − β₂ᵗ)

    ``earlier`` are the moments after the step before; None at the first, where m = v = 0. Source:
    Kingma and Ba, *Adam: A Method for Stochastic Optimization*, 2015.

    >>> adam_update(np.array([1.0, 1.0]), np.array([4.0, -2.0]), learning_rate=0.5).value.round(6)
    array([0.5, 1.5])
    """
    beta_1, beta_2, epsilon = 0.9, 0.999, 1e-8
    before = earlier or Moments(0, np.zeros_like(value), np.zeros_like(value))
    step = before.step + 1
    g = gradient + weight_decay * value
    mean = beta_1 * before.mean + (1 - beta_1) * g
    square = beta_2 * before.square + (1 - beta_2) * g**2
    mean_hat = mean / (1 - beta_1**step)
    square_hat = square / (1 - beta_2**step)
    new = value - learning_rate * mean_hat / (np.sqrt(square_hat) + epsilon)
    return AdamUpdate(g, Moments(step, mean, square), mean_hat, square_hat, new)


class NetworkStep(NamedTuple):
    """One batch's step.

    Attributes
    ----------
    forward : what the network made of the batch before the step.
    loss : 1/n Σ (r̂ − t)², without the weight decay.
    gradients : its slope against each parameter, by name.
    updates : Adam's, by name; their moments are to be given to the next step.
    parameters : the new ones, by name.
    """

    forward: Forward
    loss: float
    gradients: dict[str, np.ndarray]
    updates: dict[str, AdamUpdate]
    parameters: dict[str, np.ndarray]


def network_step(
    parameters: Parameters,
    user_ids: np.ndarray,
    item_ids: np.ndarray,
    targets: np.ndarray,
    earlier: Mapping[str, Moments] | None = None,
    *,
    mean: float,
    learning_rate: float,
    weight_decay: float = 0.0,
    sigmoid: bool = False,
) -> NetworkStep:
    """Do one step on one batch: ``network_forward``, ``network_gradients``, ``adam_update`` of all.

    Weight decay and Adam's running means move every row of the tables, also of users and items
    outside the batch. ``user_ids``, ``item_ids`` and ``targets`` are (n,); targets are ratings, or
    with ``sigmoid`` (r − low) / (high − low).

    >>> tables = {"user_factors": np.array([[2.0]]), "item_factors": np.array([[1.0]])}
    >>> step = network_step(tables, np.array([0]), np.array([0]), np.array([4.0]), mean=1.0,
    ...     learning_rate=0.5)
    >>> step.loss, step.parameters["item_factors"].round(6)
    (1.0, array([[1.5]]))
    """
    earlier = earlier or {}
    forward = network_forward(parameters, user_ids, item_ids, mean=mean, sigmoid=sigmoid)
    loss = float(np.mean((forward.prediction - targets) ** 2))
    gradients = network_gradients(parameters, user_ids, item_ids, targets, forward, sigmoid=sigmoid)
    updates = {
        name: adam_update(
            value,
            gradients[name],
            earlier.get(name),
            learning_rate=learning_rate,
            weight_decay=weight_decay,
        )
        for name, value in parameters.items()
    }
    new = {name: update.value for name, update in updates.items()}
    return NetworkStep(forward, loss, gradients, updates, new)


def _widths(parameters: Parameters) -> tuple[int, int]:
    """How many factors are multiplied, and how many go into the tower."""
    n_tower = parameters["inner"].shape[1] // 2 if "inner" in parameters else 0
    if "output" in parameters:
        return len(parameters["output"]), n_tower
    return 0 if n_tower else parameters["user_factors"].shape[1], n_tower


def _relu(x: np.ndarray) -> np.ndarray:
    return np.maximum(x, 0)
