"""The row solver against the normal equations in NumPy, whatever it is asked to add."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recsys_core.kernels import FixedSide, Penalty, Rows, Solution, padded
from recsys_core.kernels.errors import row_errors_kernel
from recsys_core.kernels.least_squares import rows_kernel
from recsys_core.models.normal_equations import normal_equations

NONE, f32 = np.empty((0, 0), np.float32), np.float32


class Problem:
    """Some rows to solve, drawn at random; ``solve`` by the kernel, ``system`` in NumPy."""

    def __init__(self, seed, n_rows=7, n_columns=6, k=5, **has):
        rng = np.random.default_rng(seed)
        self.k, self.width, self.n_rows = k, padded(k), n_rows
        self.bias, self.weighted = has.get("bias", False), has.get("weighted", False)
        counts = rng.integers(0, n_columns + 1, n_rows)
        self.starts = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
        self.columns = np.concatenate(
            [rng.permutation(n_columns)[:c] for c in counts] or [np.zeros(0)]
        ).astype(np.int32)
        n = len(self.columns)
        self.values = rng.normal(3.0, 1.0, n).astype(f32)
        self.x = np.zeros((n_columns, self.width), f32)
        self.x[:, :k] = rng.normal(size=(n_columns, k))
        self.variance = NONE
        if has.get("variance"):
            self.variance = np.zeros_like(self.x)
            self.variance[:, :k] = rng.uniform(0, 1, (n_columns, k))
        self.other_bias = rng.normal(size=n_columns).astype(f32)
        root = rng.normal(size=(k, k)) / np.sqrt(k)
        self.matrix = np.eye(self.width)
        self.matrix[:k, :k] = root @ root.T + 0.3 * np.eye(k)
        self.priors = np.zeros((n_rows if has.get("own_priors") else 1, self.width))
        self.priors[:, :k] = rng.normal(size=(len(self.priors), k))
        self.roots, self.times = NONE.ravel(), NONE.ravel()
        if has.get("precisions"):
            self.roots = rng.uniform(0.3, 2, n_columns).astype(f32)
            self.times = rng.uniform(0.3, 2, n_rows).astype(f32)
        self.noise = NONE
        if has.get("noise"):
            self.noise = np.zeros((n_rows, self.width + 1), f32)
            self.noise[:, : k + 1] = rng.normal(size=(n_rows, k + 1))

    @property
    def fixed(self):
        return self.roots[:, None] * self.x if len(self.roots) else self.x

    def solve(self, first=0, last=None):
        rows = np.full((self.n_rows, self.width), 7.0, f32)
        bias = np.zeros(self.n_rows, f32)
        inverse = np.zeros((self.n_rows, self.width + 1), f32)
        penalty = Penalty(
            self.matrix.astype(f32), (self.priors @ self.matrix).astype(f32),
            f32(0.8), f32(0.8 * 0.5), self.bias, self.weighted, self.times,
        )  # fmt: skip
        rows_kernel(self.width)(
            Rows(self.starts, self.columns, self.values),
            FixedSide(self.fixed, self.variance, self.other_bias, f32(2), self.roots), penalty,
            self.noise,
            Solution(rows, bias, inverse), first, self.n_rows if last is None else last,
        )  # fmt: skip
        return rows, bias, inverse

    def system(self, row):
        """A and a of row ``row``, the bias first."""
        here = slice(self.starts[row], self.starts[row + 1])
        columns, k = self.columns[here], self.k
        x = np.column_stack([np.full(len(columns), float(self.bias)), self.x[columns, :k]])
        t = self.values[here].astype(float) - 2.0 - self.other_bias[columns]
        weight = np.ones(len(t))
        if len(self.roots):
            weight = self.roots[columns].astype(float) ** 2
        penalty = np.diag([0.8, *np.zeros(k)])
        penalty[1:, 1:] = self.matrix[:k, :k]
        if len(self.times):
            penalty *= self.times[row]
        elif self.weighted:
            penalty *= max(len(t), 1)
        prior = np.array([0.5, *self.priors[row % len(self.priors), :k]])
        a, b = normal_equations(x, t, penalty, prior, weight)
        if len(self.variance):
            a[1:, 1:] += np.diag(self.variance[columns, :k].astype(float).sum(axis=0))
        return a, b


@pytest.mark.slow
@settings(max_examples=60)
@given(
    seed=st.integers(0, 10_000),
    n_rows=st.integers(1, 12),
    n_columns=st.integers(1, 90),
    k=st.sampled_from([1, 3, 8, 11, 16, 23, 32, 42]),
    has=st.fixed_dictionaries(
        {
            name: st.booleans()
            for name in ("bias", "weighted", "variance", "noise", "own_priors", "precisions")
        }
    ),
)
def test_rows_solve_their_normal_equations(seed, n_rows, n_columns, k, has):
    problem = Problem(seed, n_rows, n_columns, k, **has)
    rows, bias, inverse = problem.solve()
    for row in range(n_rows):
        a, b = problem.system(row)
        upper = np.linalg.cholesky(a).T
        y = np.linalg.solve(upper.T, b)
        if has["noise"]:
            y += problem.noise[row, : k + 1]
        w, variances = np.linalg.solve(upper, y), np.diag(np.linalg.inv(a))
        scale = max(1.0, np.abs(w).max())
        assert rows[row, :k] == pytest.approx(w[1:], abs=3e-3 * scale)
        assert not rows[row, k:].any()
        assert inverse[row, 1 : k + 1] == pytest.approx(variances[1:], rel=2e-2)
        if has["bias"]:
            assert bias[row] == pytest.approx(w[0], abs=3e-3 * scale)
            assert inverse[row, 0] == pytest.approx(variances[0], rel=2e-2)


def test_row_errors_are_those_of_the_rows_weighted_by_column():
    problem = Problem(4, n_rows=9, n_columns=600, bias=True, precisions=True)
    rng = np.random.default_rng(0)
    w, b = rng.normal(size=(9, problem.width)).astype(f32), rng.normal(size=9).astype(f32)
    w[:, problem.k :] = 0
    sums = np.full(9, np.nan)
    fixed = FixedSide(problem.fixed, NONE, problem.other_bias, f32(2), problem.roots)
    ratings = Rows(problem.starts, problem.columns, problem.values)
    row_errors_kernel(problem.width)(ratings, w, b, fixed, sums, 0, 9)
    for row in range(9):
        here = slice(problem.starts[row], problem.starts[row + 1])
        j = problem.columns[here]
        e = problem.values[here] - 2 - problem.other_bias[j] - b[row] - problem.x[j] @ w[row]
        assert sums[row] == pytest.approx((problem.roots[j] ** 2) @ e**2, rel=1e-4)


def test_rows_do_not_depend_on_the_run_they_are_solved_in():
    problem = Problem(3, n_rows=9, n_columns=80, bias=True)
    whole, _, _ = problem.solve()
    parts = [problem.solve(first, first + 3)[0][first : first + 3] for first in (6, 0, 3)]
    assert np.array_equal(np.vstack([parts[1], parts[2], parts[0]]), whole)


def test_draws_have_the_posteriors_mean_and_covariance():
    problem = Problem(1, n_rows=1, n_columns=4, k=3, bias=True, noise=True)
    a, b = problem.system(0)
    rng = np.random.default_rng(0)
    draws = np.empty((4000, 4))
    for n in range(len(draws)):
        problem.noise[0, :4] = rng.normal(size=4)
        rows, bias, _ = problem.solve()
        draws[n] = bias[0], *rows[0, :3]
    posterior = np.linalg.inv(a)
    assert draws.mean(axis=0) == pytest.approx(posterior @ b, abs=0.08)
    assert np.cov(draws.T) == pytest.approx(posterior, abs=0.1 * posterior.max())
