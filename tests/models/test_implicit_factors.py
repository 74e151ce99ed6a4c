"""Implicit factors: their draws against a dense posterior, and against their own prior."""

import numpy as np
import pytest

import recsys_core as rc
from recsys_core.models.alternating import Side
from recsys_core.models.implicit_factors import ImplicitFactors, Incidence

N_ROWS, N_OTHERS, K = 9, 6, 2
PRECISION = np.array([[2.0, 0.6], [0.6, 1.0]])


def problem(seed=0):
    """Implicit factors of users by the items they rated, and F."""
    rng = np.random.default_rng(seed)
    rated = rng.random((N_ROWS, N_OTHERS)) < 0.5
    rated[0], rated[:, 0] = False, False  # a user without ratings, an item without
    rated[1:, 1] = True
    users, items = np.nonzero(rated)
    ratings = rc.Ratings(
        users.astype(np.int32), items.astype(np.int32), np.ones(len(users), np.float32),
        users=[f"u{n}" for n in range(N_ROWS)], items=[f"i{n}" for n in range(N_OTHERS)],
        scale=rc.Scale(1, 5),
    )  # fmt: skip
    one, other = (
        Side(np.zeros((n, 8), np.float32), np.zeros(n, np.float32), grouped, K, True)
        for n, grouped in ((N_ROWS, ratings.by_user), (N_OTHERS, ratings.by_item))
    )
    f = rated / np.sqrt(np.maximum(rated.sum(axis=1, keepdims=True), 1))
    return ImplicitFactors(Incidence.of_ratings(one, other), 8), f


def drawn(implicit, rows, normal):
    implicit.begin(rows, PRECISION, normal)
    for index in range(implicit.n_steps):
        implicit.step(index)
    return implicit.y[:, :K].astype(np.float64)


@pytest.fixture(autouse=True)
def exact(monkeypatch):
    monkeypatch.setattr("recsys_core.models.implicit_factors._TOLERANCE", 1e-6)


@pytest.mark.parametrize("kappa", [0.05, 1.0, 30.0])
def test_without_noise_a_draw_is_the_ridge_solution(kappa):
    implicit, f = problem()
    implicit.kappa = kappa
    rows = np.random.default_rng(1).normal(size=(N_ROWS, K))
    y = drawn(implicit, rows, lambda kind, n: np.zeros((n, K)))
    expected = np.linalg.solve(f.T @ f + kappa * np.eye(N_OTHERS), f.T @ rows)
    assert y == pytest.approx(expected, abs=1e-4)
    shift = f @ expected
    shift[0] = shift[1:].mean(axis=0)  # of the user without ratings that of any user
    assert implicit.shift[:, :K] == pytest.approx(shift, abs=1e-4)
    assert not implicit.y[:, K:].any() and not implicit.shift[:, K:].any()


@pytest.mark.slow
def test_draws_have_the_mean_and_the_covariance_of_the_posterior():
    implicit, f = problem()
    implicit.kappa = 0.5
    rng = np.random.default_rng(2)
    rows = rng.normal(size=(N_ROWS, K))
    draws = [drawn(implicit, rows, lambda _, n: rng.normal(size=(n, K))) for _ in range(4000)]
    a = f.T @ f + 0.5 * np.eye(N_OTHERS)
    flat = np.array(draws).reshape(len(draws), -1)
    assert flat.mean(axis=0) == pytest.approx(np.linalg.solve(a, f.T @ rows).ravel(), abs=0.12)
    covariance = np.kron(np.linalg.inv(a), np.linalg.inv(PRECISION))
    assert np.cov(flat.T) == pytest.approx(covariance, abs=0.12 * np.abs(covariance).max())


@pytest.mark.slow
def test_drawn_in_turn_with_their_rows_they_follow_their_prior():
    # Geweke's test: if rows are drawn given y, and y, its size and κ given the rows, then what is
    # seen in the end is the prior: κ = κ₀/a², κ₀ ~ Exp(1), a ~ N(0, 1), so E log κ = log 2.
    implicit, f = problem()
    rng = np.random.default_rng(3)
    root = np.linalg.cholesky(np.linalg.inv(PRECISION))
    y, logs, sizes = drawn(implicit, np.zeros((N_ROWS, K)), lambda _, n: np.ones((n, K))), [], []
    for _ in range(6000):
        rows = f @ y + rng.normal(size=(N_ROWS, K)) @ root.T
        implicit.rescale(rows, PRECISION, rng)
        y = drawn(implicit, rows, lambda _, n: rng.normal(size=(n, K)))
        logs.append(np.log(implicit.kappa))
        sizes.append(implicit.kappa * ((y @ PRECISION) * y).sum())
    assert np.mean(logs) == pytest.approx(np.log(2), abs=0.35)
    assert np.std(logs) == pytest.approx(np.sqrt(np.pi**2 / 6 + np.pi**2 / 2), rel=0.2)
    # κ Σ yᵀΛy is χ² with one degree of freedom for each number.
    assert np.mean(sizes) == pytest.approx(N_OTHERS * K, rel=0.05)
