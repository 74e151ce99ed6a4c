"""The normal equations against least squares of NumPy, which knows nothing of penalties."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recsys_core.models.normal_equations import normal_equations


@settings(max_examples=50)
@given(
    seed=st.integers(0, 10_000),
    n=st.integers(0, 12),
    k=st.integers(1, 6),
    with_prior=st.booleans(),
    with_weights=st.booleans(),
)
def test_their_solution_is_that_of_least_squares(seed, n, k, with_prior, with_weights):
    rng = np.random.default_rng(seed)
    x, targets = rng.normal(size=(n, k)).astype(np.float32), rng.normal(size=n)
    root = rng.normal(size=(k, k)) / 2 + np.eye(k)  # the penalty as k further equations
    prior = rng.normal(size=k) if with_prior else None
    weights = rng.uniform(0, 4, n) if with_weights else None
    a, b = normal_equations(x, targets, root.T @ root, prior, weights)
    scale = np.ones(n) if weights is None else np.sqrt(weights)
    rows = np.vstack([scale[:, None] * x, root])
    goals = np.concatenate([scale * targets, root @ (np.zeros(k) if prior is None else prior)])
    # At the least-squares solution w, A w = b, however badly A is conditioned.
    w = np.linalg.lstsq(rows, goals)[0]
    assert a @ w == pytest.approx(b, abs=1e-7 * max(1.0, np.abs(w).max()))
    assert a == pytest.approx(rows.T @ rows, abs=1e-9) and a.dtype == b.dtype == np.float64


def test_one_rating_by_hand():
    # (t − x w)² · c + λ (w − m)², x = 2, t = 3, c = 5, λ = 4, m = 1: 2·2·5 + 4 and 5·2·3 + 4·1.
    a, b = normal_equations(
        np.array([[2.0]]), np.array([3.0]), np.array([[4.0]]), np.array([1.0]), np.array([5.0])
    )
    assert (a.tolist(), b.tolist()) == ([[24.0]], [34.0])
