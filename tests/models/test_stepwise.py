"""The trainers and kernels against the steps of ``stepwise``; these against independent oracles."""

import copy
import doctest
import inspect
import itertools
import math

import numpy as np
import pytest
import torch

import recsys_core as rc
from recsys_core import kernels, stepwise
from recsys_core.models.neural import Network
from recsys_core.standardized import Standardized, Unit, plain

K = 3

# What float32 makes of numbers around 1 after some hundred additions.
CLOSE = {"abs": 2e-5, "rel": 1e-4}


def some(n_users=12, n_items=9, density=0.6, seed=0):
    """Ratings from 1 to 5; the last user and the last item have none, the first user has one."""
    rng = np.random.default_rng(seed)
    rated = rng.random((n_users, n_items)) < density
    matrix = np.where(rated, rng.integers(1, 6, rated.shape), 0)
    matrix[-1], matrix[:, -1], matrix[0] = 0, 0, 0
    matrix[0, 0] = 5
    users, items = np.nonzero(matrix)
    return rc.Ratings(
        users.astype(np.int32), items.astype(np.int32), matrix[users, items].astype(np.float32),
        list(range(n_users)), list(range(n_items)), rc.Scale(1, 5, 1),
    )  # fmt: skip


def standardized(ratings):
    """The ratings as models are fitted to them."""
    return Standardized.from_ratings(ratings, Unit.of(ratings))


class Tables:
    """A trainer's parameters in float64, from the state of its checkpoint."""

    def __init__(self, state, k=K):
        self.p, self.q = (state[name][:, :k].astype(float) for name in ("p", "q"))
        self.b_user, self.b_item = (state[name].astype(float) for name in ("b_user", "b_item"))

    def take(self, user, item, step):
        self.p[user], self.q[item] = step.user_factors, step.item_factors
        self.b_user[user], self.b_item[item] = step.user_bias, step.item_bias

    def sides(self, other):
        """Each side's rows and biases, and those of the other side that they are solved by."""
        users = self.p, self.b_user, other.q, other.b_item
        return users, (self.q, self.b_item, self.p, self.b_user)


def close(tables, expected, **tolerance):
    for name, table in vars(expected).items():
        assert getattr(tables, name) == pytest.approx(table, **(CLOSE | tolerance)), name


def epochs(model, ratings, n):
    """The state before and after each of the first n epochs; standardizing is the model's part."""
    training = model.start(plain(ratings)[0])
    before = training.checkpoint().state
    for _ in range(n):
        training.advance(math.inf)
        after = training.checkpoint().state
        yield before, after
        before = after


def given_to(monkeypatch, name):
    """Copies of the arguments of every call of a kernel from now on; the call is made as well."""
    calls, original = [], getattr(kernels, name)

    def of_width(*width):
        kernel = original(*width)

        def call(*args):
            calls.append(copy.deepcopy(args))
            kernel(*args)

        return call

    monkeypatch.setattr(kernels, name, of_width)
    return calls


def users_visited(calls, ratings):
    """The users with ratings in the order a kernel was given them, with their items and ratings."""
    ((users, (starts, columns, values), *_),) = calls
    calls.clear()
    assert sorted(users) == list(range(ratings.n_users))
    for u in users:
        mine = slice(starts[u], starts[u + 1])
        if mine.start < mine.stop:
            yield u, columns[mine], values[mine]


def visits(calls, ratings):
    """The ratings (u, i, r) in the order in which a kernel was given them: each of them once."""
    order = [
        triple
        for triples, *_, start, stop in calls
        for triple in zip(*(a[start:stop].tolist() for a in triples), strict=True)
    ]
    calls.clear()
    every = zip(ratings.user_ids, ratings.item_ids, ratings.values, strict=True)
    assert sorted(order) == sorted(every)
    return order


def difference(objective, point, h=1e-6):
    """Slope of a function at a point (a number or an array), by central differences."""
    point = np.asarray(point, float)
    slopes = np.empty(point.shape)
    for place in np.ndindex(point.shape):
        away = np.zeros(point.shape)
        away[place] = h
        slopes[place] = (objective(point + away) - objective(point - away)) / (2 * h)
    return slopes


def least_squares(design, targets, *more):
    """The row that minimises Σ (t − x · w)² + Σ λ (w − m)² for each more (λ, m), by lstsq."""
    roots = [np.sqrt(reg) for reg, _ in more]
    rows = np.vstack([design, *(np.diag(root) for root in roots)])
    right = [targets, *(root * prior for root, (_, prior) in zip(roots, more, strict=True))]
    return np.linalg.lstsq(rows, np.concatenate(right), rcond=None)[0]


def test_the_example_of_each_step_is_true():
    examples = 0
    for name in stepwise.__all__:
        step = getattr(stepwise, name)
        if not inspect.isfunction(step):
            continue
        (found,) = doctest.DocTestFinder(recurse=False).find(
            step, name, globs=step.__globals__.copy()
        )
        assert found.examples, f"{name} has no example"
        assert doctest.DocTestRunner().run(found).failed == 0, name
        examples += 1
    assert examples > 10


# --- SGD, PMF with a logistic link, SVD++ ---------------------------------------------------------


@pytest.mark.parametrize("order", ["rows", "shuffled", "grid", "in turn"])
@pytest.mark.parametrize("standardize", [True, False])
@pytest.mark.parametrize("biases", [True, False])
def test_sgd_is_its_step_for_each_rating(order, biases, standardize, monkeypatch):
    if order == "grid":
        monkeypatch.setattr("recsys_core.models.sgd._SHUFFLED_EVERY_EPOCH", 0)
    in_turn = order == "in turn"
    ratings, calls = some(), given_to(monkeypatch, "sgd_kernel")
    ratings = standardized(ratings) if standardize else ratings
    model = rc.SGD(
        n_factors=K, learning_rate=0.05, reg=0.2, decay=True, n_epochs=4, biases=biases,
        shuffle=order != "rows", init_deviation=0.5, standardize=standardize, in_turn=in_turn,
    )  # fmt: skip
    for epoch, (before, after) in enumerate(epochs(model, ratings, 3), start=1):
        t = Tables(before)
        rate = stepwise.decayed_rate(0.05, epoch, 4)
        for u, i, r in visits(calls, ratings):
            step = stepwise.sgd_step(
                r, t.p[u], t.q[i], t.b_user[u], t.b_item[i], mean=ratings.global_mean,
                learning_rate=rate, reg=0.2, with_biases=biases, in_turn=in_turn,
            )  # fmt: skip
            t.take(u, i, step)
        close(Tables(after), t)


@pytest.mark.parametrize("biases", [True, False])
def test_logistic_pmf_is_its_step_for_each_rating(biases, monkeypatch):
    ratings, calls = standardized(some()), given_to(monkeypatch, "logistic_kernel")
    model = rc.PMF(
        n_factors=K, link="logistic", learning_rate=0.05, reg_user=0.9, reg_item=0.5, n_epochs=4,
        biases=biases, init_deviation=0.5,
    )  # fmt: skip
    low, high = ratings.scale[:2]
    share = (ratings.global_mean - low) / (high - low)
    for before, after in epochs(model, ratings, 2):
        t = Tables(before)
        for u, i, r in visits(calls, ratings):
            step = stepwise.logistic_step(
                r, t.p[u], t.q[i], t.b_user[u], t.b_item[i], mean=math.log(share / (1 - share)),
                low=low, high=high, learning_rate=0.05, reg_user=0.9, reg_item=0.5,
                n_user=ratings.user_counts[u], n_item=ratings.item_counts[i], with_biases=biases,
            )  # fmt: skip
            t.take(u, i, step)
        close(Tables(after), t)


@pytest.mark.parametrize("logistic", [False, True])
def test_gradients_of_one_rating_are_the_slopes_of_its_objective(logistic):
    rng = np.random.default_rng(0)
    rating, mean, p, q, b_u, b_i = 4.0, 0.3, *rng.normal(0, 0.7, (2, K)), 0.4, -0.2
    reg_user, reg_item = (0.3 / 4, 0.5 / 7) if logistic else (0.3, 0.3)

    def objective(p, q, b_u, b_i):
        x = mean + b_u + b_i + p @ q
        e = rating - (1 + 4 / (1 + np.exp(-x)) if logistic else x)
        return (e**2 + reg_user * (p @ p + b_u**2) + reg_item * (q @ q + b_i**2)) / 2

    if logistic:
        step = stepwise.logistic_step(
            rating, p, q, b_u, b_i, mean=mean, low=1, high=5, learning_rate=0.1, reg_user=0.3,
            reg_item=0.5, n_user=4, n_item=7,
        )  # fmt: skip
        scores = difference(lambda x: 1 + 4 / (1 + np.exp(-x)), step.score)
        assert step.slope == pytest.approx(float(scores), rel=1e-6)
    else:
        step = stepwise.sgd_step(
            rating, p, q, b_u, b_i, mean=mean, learning_rate=0.1, reg=0.3
        )  # fmt: skip
    found = step.user_gradient, step.item_gradient, step.user_bias_gradient, step.item_bias_gradient
    after = step.user_factors, step.item_factors, step.user_bias, step.item_bias
    point = [p, q, b_u, b_i]
    for which, gradient in enumerate(found):

        def along(value, which=which):
            return objective(*(value if n == which else part for n, part in enumerate(point)))

        slopes = difference(along, point[which])
        assert gradient.total == pytest.approx(slopes, rel=1e-6, abs=1e-8)
        penalty = (reg_user if which % 2 == 0 else reg_item) * np.asarray(point[which])
        assert gradient.of_penalty == pytest.approx(penalty)
        assert after[which] == pytest.approx(point[which] - 0.1 * slopes, abs=1e-7)


@pytest.mark.parametrize("biases", [True, False])
def test_svdpp_is_its_step_for_each_user(biases, monkeypatch):
    ratings, calls = standardized(some()), given_to(monkeypatch, "svdpp_kernel")
    model = rc.SVDpp(
        n_factors=K, learning_rate=0.05, reg=0.2, decay=True, n_epochs=4, biases=biases,
        init_deviation=0.5,
    )  # fmt: skip
    for epoch, (before, after) in enumerate(epochs(model, ratings, 3), start=1):
        t = Tables(before)
        own, y = (before[name][:, :K].astype(float) for name in ("own", "y"))
        for u, items, values in users_visited(calls, ratings):
            step = stepwise.svdpp_step(
                values, own[u], t.b_user[u], t.q[items], y[items], t.b_item[items],
                mean=ratings.global_mean, learning_rate=stepwise.decayed_rate(0.05, epoch, 4),
                reg=0.2, with_biases=biases,
            )  # fmt: skip
            own[u], t.b_user[u], t.q[items] = step.user_factors, step.user_bias, step.item_factors
            y[items], t.b_item[items] = step.implicit_factors, step.item_biases
        for u in range(ratings.n_users):  # at rest p holds the sums, by the new y
            items = ratings.by_user.row(u)[0]
            t.p[u] = own[u] + y[items].sum(axis=0) / math.sqrt(max(len(items), 1))
        close(Tables(after), t)
        assert after["own"][:, :K] == pytest.approx(own, **CLOSE)
        assert after["y"][:, :K] == pytest.approx(y, **CLOSE)


def test_a_small_svdpp_step_follows_the_slopes_of_the_users_objective():
    rng = np.random.default_rng(1)
    ratings, rate, reg, n, m = np.array([5.0, 1.0, 3.0]), 1e-6, 0.3, 3, 2
    point = [rng.normal(0, 0.7, shape) for shape in ((K,), (), (n, K), (n, K), (n,), (m, K))]

    def objective(p, b_u, q, y, b_i, a):
        w = p + y.sum(axis=0) / math.sqrt(n) + a.sum(axis=0) / math.sqrt(m)
        e = ratings - (2.5 + b_u + b_i + q @ w)
        penalty = n * (p @ p + b_u**2) + (q**2).sum() + (y**2).sum() + b_i @ b_i
        return (e @ e + reg * (penalty + n * (a**2).sum())) / 2

    step = stepwise.svdpp_step(
        ratings, *point[:5], mean=2.5, learning_rate=rate, reg=reg, feature_factors=point[5]
    )
    after = (
        step.user_factors, step.user_bias, step.item_factors, step.implicit_factors,
        step.item_biases, n * (step.feature_factors - point[5]) + point[5],
    )  # fmt: skip
    for which, moved in enumerate(after):

        def along(value, which=which):
            return objective(*(value if n == which else part for n, part in enumerate(point)))

        speed = (moved - point[which]) / rate
        assert speed == pytest.approx(-difference(along, point[which]), rel=1e-3, abs=1e-4)
    w = point[0] + point[3].sum(axis=0) / math.sqrt(n) + point[5].sum(axis=0) / math.sqrt(m)
    assert step.user_sums[0] == pytest.approx(w)
    assert step.predictions[0] == pytest.approx(2.5 + point[1] + point[4][0] + point[2][0] @ w)
    assert step.errors == pytest.approx(ratings - step.predictions)


@pytest.mark.parametrize("link", ["identity", "logistic"])
@pytest.mark.parametrize("biases", [True, False])
def test_constrained_pmf_is_its_step_for_each_user(biases, link, monkeypatch):
    ratings, calls = standardized(some()), given_to(monkeypatch, "constrained_kernel")
    model = rc.PMF(
        n_factors=K, constrained=True, link=link, learning_rate=0.05, reg_user=0.9, reg_item=0.5,
        reg_rated=0.7, n_epochs=4, biases=biases, init_deviation=0.5,
    )  # fmt: skip
    low, high = ratings.scale[:2]
    share = (ratings.global_mean - low) / (high - low)
    mean = math.log(share / (1 - share)) if link == "logistic" else ratings.global_mean
    for before, after in epochs(model, ratings, 3):
        t = Tables(before)
        own, w = (before[name][:, :K].astype(float) for name in ("own", "y"))
        for u, items, values in users_visited(calls, ratings):
            step = stepwise.constrained_step(
                values, own[u], t.b_user[u], t.q[items], w[items], t.b_item[items],
                mean=mean, learning_rate=0.05, reg_user=0.9, reg_item=0.5, reg_rated=0.7,
                n_item=ratings.item_counts[items], with_biases=biases,
                scale=(low, high) if link == "logistic" else None,
            )  # fmt: skip
            own[u], t.b_user[u], t.q[items] = step.own_factors, step.user_bias, step.item_factors
            w[items], t.b_item[items] = step.rated_factors, step.item_biases
        for u in range(ratings.n_users):  # at rest p holds y_u + mean of w, by the new w
            items = ratings.by_user.row(u)[0]
            t.p[u] = own[u] + w[items].sum(axis=0) / max(len(items), 1)
        close(Tables(after), t)
        assert after["own"][:, :K] == pytest.approx(own, **CLOSE)
        assert after["y"][:, :K] == pytest.approx(w, **CLOSE)


@pytest.mark.parametrize("scale", [None, (1.0, 5.0)])
def test_a_small_step_of_constrained_pmf_follows_the_slopes_of_the_users_objective(scale):
    rng = np.random.default_rng(1)
    ratings, rate, n, n_item = np.array([5.0, 1.0, 3.0]), 1e-6, 3, np.array([2, 5, 1])
    point = [rng.normal(0, 0.7, shape) for shape in ((K,), (), (n, K), (n, K), (n,))]

    def objective(y, b_u, q, w, b_i):
        x = 0.4 + b_u + b_i + q @ (y + w.sum(axis=0) / n)
        e = ratings - (x if scale is None else 1 + 4 / (1 + np.exp(-x)))
        items = ((q**2).sum(axis=1) + b_i**2) * 0.5 + (w**2).sum(axis=1) * 0.7
        return (e @ e + 0.9 * (y @ y + b_u**2) + (items / n_item).sum()) / 2

    step = stepwise.constrained_step(
        ratings, *point, mean=0.4, learning_rate=rate, reg_user=0.9, reg_item=0.5, reg_rated=0.7,
        n_item=n_item, scale=scale,
    )  # fmt: skip
    after = (
        step.own_factors, step.user_bias, step.item_factors, step.rated_factors, step.item_biases
    )  # fmt: skip
    for which, moved in enumerate(after):

        def along(value, which=which):
            return objective(*(value if m == which else part for m, part in enumerate(point)))

        speed = (moved - point[which]) / rate
        assert speed == pytest.approx(-difference(along, point[which]), rel=1e-3, abs=1e-4)
    assert step.user_sums[0] == pytest.approx(point[0] + point[3].mean(axis=0))


# --- one row at a time: ALS, PMF, NMF, Gibbs sampling, implicit ALS -------------------------------


@pytest.mark.parametrize("weighted", [True, False])
@pytest.mark.parametrize("biases", [True, False])
def test_als_solves_each_row_as_its_step(weighted, biases):
    ratings = standardized(some())
    model = rc.ALS(n_factors=K, reg=0.2, biases=biases, weighted=weighted, init_deviation=0.5)
    for before, after in epochs(model, ratings, 2):
        new = Tables(after)
        groups = ratings.by_user, ratings.by_item
        for grouped, (rows, row_biases, x, b) in zip(
            groups, new.sides(Tables(before)), strict=True
        ):
            for n in range(len(rows)):
                rated, values = grouped.row(n)
                step = stepwise.als_row(
                    values, x[rated], b[rated], mean=ratings.global_mean, reg=0.2,
                    weighted=weighted, with_bias=biases,
                )  # fmt: skip
                assert rows[n] == pytest.approx(step.factors, **CLOSE)
                assert row_biases[n] == pytest.approx(step.bias, **CLOSE)


@pytest.mark.parametrize("weighted", [True, False])
def test_a_row_of_als_is_regularised_least_squares(weighted):
    rng = np.random.default_rng(2)
    ratings, q, b = rng.uniform(1, 5, 6), rng.normal(size=(6, K)), rng.normal(size=6)
    row = stepwise.als_row(ratings, q, b, mean=3.0, reg=0.7, weighted=weighted)
    design = np.column_stack([np.ones(6), q])
    reg = np.full(K + 1, 0.7 * (6 if weighted else 1))
    expected = least_squares(design, ratings - 3 - b, (reg, 0.0))
    assert row.solution == pytest.approx(expected, abs=1e-10)
    assert row.matrix @ row.solution == pytest.approx(row.right_side, abs=1e-10)
    assert (row.bias, *row.factors) == tuple(row.solution)


@pytest.mark.parametrize("biases", [True, False])
def test_pmf_solves_each_row_as_its_step(biases):
    ratings = standardized(some())
    model = rc.PMF(
        n_factors=K, adaptive=False, reg_user=0.9, reg_item=0.5, biases=biases, init_deviation=0.5
    )
    for before, after in epochs(model, ratings, 2):
        new = Tables(after)
        sides = zip(
            (ratings.by_user, ratings.by_item), new.sides(Tables(before)), (0.9, 0.5), strict=True
        )
        for grouped, (rows, row_biases, x, b), reg in sides:
            for n in range(len(rows)):
                rated, values = grouped.row(n)
                step = stepwise.pmf_row(
                    values, x[rated], b[rated], mean=ratings.global_mean,
                    reg=np.full(K + biases, reg), prior=np.zeros(K + biases), with_bias=biases,
                )  # fmt: skip
                assert rows[n] == pytest.approx(step.factors, **CLOSE)
                assert row_biases[n] == pytest.approx(step.bias, **CLOSE)


def bias_first(numbers, biases):
    """The order of the unknowns, from the trainer's, where the bias is the last."""
    return np.roll(numbers, 1) if biases else numbers


@pytest.mark.parametrize("biases", [True, False])
@pytest.mark.parametrize("covariance", ["diagonal", "spherical"])
def test_adaptive_pmf_is_its_rows_its_priors_and_its_noise(covariance, biases):
    ratings = standardized(some(40, 25))
    model = rc.PMF(
        n_factors=K, adaptive=True, covariance=covariance, reg_user=2.0, reg_item=3.0,
        biases=biases, init_deviation=0.5,
    )  # fmt: skip
    *_, adapted, (before, after) = epochs(model, ratings, 13)  # ten of them with fixed priors
    assert adapted[0]["noise"][2] == 0
    old, new = Tables(before), Tables(after)
    noise, determined, priors = before["noise"][0], 0.0, []
    uncertain = {"users": before["items"][3], "items": after["users"][3]}  # of the other side
    sides = zip(("users", "items"), (ratings.by_user, ratings.by_item), new.sides(old), strict=True)
    for name, grouped, (rows, row_biases, x, b) in sides:
        reg, prior, *_ = (bias_first(part, biases) for part in before[name][:2])
        solved = []
        for n in np.flatnonzero(np.diff(grouped.starts)):
            rated, values = grouped.row(n)
            step = stepwise.pmf_row(
                values, x[rated], b[rated], mean=ratings.global_mean, reg=reg, prior=prior,
                other_variances=uncertain[name][rated, :K].astype(float), with_bias=biases,
            )  # fmt: skip
            assert rows[n] == pytest.approx(step.factors, **CLOSE)
            assert row_biases[n] == pytest.approx(step.bias, **CLOSE)
            inverse = after[name][2][n, 1 - biases : K + 1]
            assert inverse == pytest.approx(step.inverse_diagonal, rel=1e-3)
            assert after[name][3][n, :K] == pytest.approx(noise * inverse[-K:], rel=1e-3)
            solved.append(step)
        determined += sum(step.determined for step in solved)
        priors.append(
            stepwise.pmf_prior(
                np.array([step.solution for step in solved]),
                np.array([step.inverse_diagonal for step in solved]),
                noise=noise,
                with_bias=biases,
                spherical=covariance == "spherical",
            )  # fmt: skip
        )
    u, i = ratings.user_ids, ratings.item_ids
    x = ratings.global_mean + new.b_user[u] + new.b_item[i] + (new.p[u] * new.q[i]).sum(axis=1)
    width = ratings.scale.width
    expected = stepwise.pmf_noise(ratings.values - x, determined, scale_width=width)
    assert after["noise"][0] == pytest.approx(expected, rel=1e-3)
    for name, prior in zip(("users", "items"), priors, strict=True):
        reg, mean, *_ = (bias_first(part, biases) for part in after[name][:2])
        assert mean == pytest.approx(prior.mean, abs=1e-4)
        # λ = σ² / s², with the noise of the end of the epoch.
        assert reg == pytest.approx(prior.reg * expected / noise, rel=2e-3)


def test_a_row_of_pmf_is_least_squares_around_its_prior():
    rng = np.random.default_rng(3)
    ratings, q, b = rng.uniform(1, 5, 6), rng.normal(size=(6, K)), rng.normal(size=6)
    reg, prior, variances = rng.uniform(1, 2, K + 1), rng.normal(size=K + 1), rng.random((6, K))
    row = stepwise.pmf_row(
        ratings, q, b, mean=3.0, reg=reg, prior=prior, other_variances=variances
    )  # fmt: skip
    design, unsure = np.column_stack([np.ones(6), q]), np.append(0.0, variances.sum(axis=0))
    expected = least_squares(design, ratings - 3 - b, (reg, prior), (unsure, 0.0))
    assert row.solution == pytest.approx(expected, abs=1e-10)
    # Without a penalty all numbers are determined by the ratings; with a huge one, none.
    for size, determined in ((1e-9, K + 1), (1e9, 0)):
        row = stepwise.pmf_row(ratings, q, b, mean=3.0, reg=np.full(K + 1, size), prior=prior)
        assert row.determined == pytest.approx(determined, abs=1e-6)


def test_the_noise_of_pmf_has_a_lower_bound():
    errors = np.array([2.0, -2.0])  # Σ e² = 8 of N = 2 ratings
    assert stepwise.pmf_noise(errors, 5.0, scale_width=4) == pytest.approx(8 / (2 / 20))
    assert stepwise.pmf_noise(0 * errors, 0.0, scale_width=4) == pytest.approx(16e-6)


def test_nmf_multiplies_each_row_as_its_step():
    ratings = standardized(some())
    for before, after in epochs(rc.NMF(n_factors=K, reg=0.2), ratings, 3):
        old, new = Tables(before), Tables(after)
        for grouped, was, rows, x in (
            (ratings.by_user, old.p, new.p, old.q), (ratings.by_item, old.q, new.q, new.p)
        ):  # fmt: skip
            for n in np.flatnonzero(np.diff(grouped.starts)):
                rated, values = grouped.row(n)
                step = stepwise.nmf_row(values, x[rated], was[n], low=ratings.scale.low, reg=0.2)
                assert rows[n] == pytest.approx(step.factors, **CLOSE)


def test_a_row_of_nmf_is_a_gradient_step_of_a_chosen_length():
    rng = np.random.default_rng(4)
    ratings, x, w = rng.uniform(1, 5, 6), rng.random((6, K)), rng.uniform(0.01, 0.2, K)

    def objective(w):
        e = ratings - (1 + x @ w)
        return (e @ e + 0.3 * 6 * w @ w) / 2

    row = stepwise.nmf_row(ratings, x, w, low=1, reg=0.3)
    length = w / row.denominator
    assert row.factors == pytest.approx(w - length * difference(objective, w), abs=1e-8)
    assert row.ratio == pytest.approx(row.factors / w)
    assert row.predictions == pytest.approx(1 + x @ w)
    assert stepwise.nmf_row(ratings, 0 * x, w, low=1, reg=0.0).factors.tolist() == [0] * K
    assert (stepwise.nmf_row(ratings[:0], x[:0], w, low=1, reg=0.3).factors == w).all()


@pytest.mark.parametrize("biases", [True, False])
@pytest.mark.parametrize("implicit", [False, True])
def test_gibbs_sampling_draws_each_row_and_each_prior_as_its_step(implicit, biases):
    ratings, seed = standardized(some()), 5
    model = rc.BayesianPMF(
        n_factors=K, n_epochs=5, burn_in=0, implicit=implicit, biases=biases, init_deviation=0.5,
        seed=seed,
    )  # fmt: skip
    for sweep, (before, after) in enumerate(epochs(model, ratings, 3), start=1):
        old, new = Tables(before), Tables(after)
        sides = zip((ratings.by_user, ratings.by_item), new.sides(old), (old.p, old.q), strict=True)
        for number, (grouped, (rows, row_biases, x, b), were) in enumerate(sides):
            prior, n_rows = after["hyperpriors"][number], len(rows)
            shift = prior["implicit"]["shift"][:, :K] if implicit else np.zeros((n_rows, K))
            if not implicit:  # who rated what changes what the prior is drawn from
                rng = np.random.default_rng([seed, sweep, 1, number])
                drawn = stepwise.normal_wishart_draw(
                    were, rng.standard_normal((K, K)), rng.chisquare(K + n_rows - np.arange(K)),
                    rng.standard_normal(K),
                )  # fmt: skip
                assert prior["mean"] == pytest.approx(drawn.mean, rel=1e-6)
                assert prior["precision"] == pytest.approx(drawn.precision, rel=1e-6)
            rng = np.random.default_rng([seed, sweep, 4 + number, 0])
            z = rng.standard_normal((n_rows, K + 1), dtype=np.float32)
            # The users' precisions, and α, are drawn after the users' rows in odd sweeps, the
            # items' after the items' rows in even ones.
            its_turn = sweep % 2 != number
            noise = before["noise"] if number == 0 or its_turn else after["noise"]
            theirs = noise["precisions"][1 - number]
            gammas = np.random.default_rng([seed, sweep, 6, number])
            shapes = (noise["shapes"][number] + np.diff(grouped.starts)) / 2
            standard = gammas.gamma(shapes)
            for n in range(n_rows):
                rated, values = grouped.row(n)
                step = stepwise.gibbs_row(
                    values, x[rated], b[rated], z[n, 1 - biases :], mean=ratings.global_mean,
                    alpha=noise["alpha"] * noise["precisions"][number][n],
                    other_precisions=theirs[rated], prior_mean=prior["mean"] + shift[n],
                    precision=prior["precision"], bias_precision=prior["bias_precision"],
                    with_bias=biases,
                )  # fmt: skip
                assert rows[n] == pytest.approx(step.factors, abs=2e-4)
                assert row_biases[n] == pytest.approx(step.bias, abs=2e-4)
                e = values - ratings.global_mean - b[rated] - row_biases[n] - x[rated] @ rows[n]
                drawn = stepwise.precision_draw(
                    e, theirs[rated], standard[n], alpha=noise["alpha"], nu=noise["shapes"][number]
                )
                found = after["noise"]["precisions"][number][n]
                expected = drawn.precision if its_turn else noise["precisions"][number][n]
                assert found == pytest.approx(expected, rel=1e-4)


def test_a_precision_has_the_posterior_that_its_errors_and_prior_multiply_to():
    # Numerically: prior density times the likelihood of the errors, over a grid.
    e, theirs, alpha, nu = np.array([0.5, -2.0, 1.0]), np.array([0.5, 2.0, 1.5]), 1.3, 5.0
    grid = np.linspace(1e-3, 12, 40_000)
    tau = alpha * grid[:, None] * theirs
    log_p = (np.log(tau) - tau * e**2).sum(axis=1) / 2 + (nu / 2 - 1) * np.log(grid) - nu / 2 * grid
    p = np.exp(log_p - log_p.max())
    p /= p.sum()
    drawn = stepwise.precision_draw(e, theirs, 1.0, alpha=alpha, nu=nu)
    mean = p @ grid
    assert drawn.shape / drawn.rate == pytest.approx(mean, rel=1e-3)
    assert drawn.shape / drawn.rate**2 == pytest.approx(p @ (grid - mean) ** 2, rel=1e-3)


@pytest.mark.parametrize("biases", [True, False])
def test_a_drawn_row_has_the_posteriors_mean_and_covariance(biases):
    rng = np.random.default_rng(6)
    ratings, q, b = rng.uniform(1, 5, 6), rng.normal(size=(6, K)), rng.normal(size=6)
    root = rng.normal(size=(K, K))
    precision, prior_mean = root @ root.T + np.eye(K), rng.normal(size=K)
    m, theirs = K + biases, rng.uniform(0.2, 3, 6)
    times = np.sqrt(1.7 * theirs)

    def draw(z):
        return stepwise.gibbs_row(
            ratings, q, b, z, mean=3.0, alpha=1.7, prior_mean=prior_mean, precision=precision,
            bias_precision=0.6, with_bias=biases, other_precisions=theirs,
        )  # fmt: skip

    # Whitened, prior and ratings alike are rows of one least-squares problem.
    design = np.column_stack([np.ones(6), q]) if biases else q
    prior, around = np.zeros((m, m)), np.append(np.zeros(m - K), prior_mean)
    prior[biases:, biases:] = np.linalg.cholesky(precision).T
    if biases:
        prior[0, 0] = math.sqrt(0.6)
    rows = np.vstack([times[:, None] * design, prior])
    right = np.concatenate([times * (ratings - 3 - b), prior @ around])
    centre = draw(np.zeros(m))
    expected = np.linalg.lstsq(rows, right, rcond=None)[0]
    assert centre.solution == pytest.approx(expected, abs=1e-9)
    assert centre.posterior_mean == pytest.approx(expected, abs=1e-9)
    # w = m + C z, z ~ N(0, I), has the covariance C Cᵀ.
    c = np.column_stack([draw(z).solution - centre.solution for z in np.eye(m)])
    assert c @ c.T == pytest.approx(np.linalg.inv(rows.T @ rows), abs=1e-9)


def test_the_drawn_prior_has_the_normal_wisharts_scale_and_mean():
    rng = np.random.default_rng(7)
    n, rows = 5, rng.normal(size=(5, K))
    drawn = stepwise.normal_wishart_draw(rows, np.zeros((K, K)), np.ones(K), np.zeros(K))
    assert drawn.degrees == K + n
    assert drawn.mean == pytest.approx(rows.sum(axis=0) / (2 + n))
    # The same posterior, uncentred: W*⁻¹ = I + Σ x xᵀ − (β₀ + n) m* m*ᵀ. Without chance Λ = W*.
    inverse = np.eye(K) + rows.T @ rows - (2 + n) * np.outer(drawn.mean, drawn.mean)
    assert np.linalg.inv(drawn.scale) == pytest.approx(inverse, abs=1e-9)
    assert drawn.precision == pytest.approx(drawn.scale)
    # The draw of m, given Λ, has the covariance [(β₀ + n) Λ]⁻¹.
    normals, chi_squares = rng.normal(size=(K, K)), rng.uniform(3, 9, K)
    draws = [stepwise.normal_wishart_draw(rows, normals, chi_squares, z) for z in np.eye(K)]
    c = np.column_stack([one.mean - one.posterior_mean for one in draws])
    assert c @ c.T == pytest.approx(np.linalg.inv((2 + n) * draws[0].precision), abs=1e-9)
    # |Λ| = |W*| Π χ²: whatever stands below the diagonal (Bartlett).
    assert np.linalg.det(draws[0].precision) == pytest.approx(
        np.linalg.det(drawn.scale) * chi_squares.prod()
    )


@pytest.mark.parametrize("k", [2, 7])
def test_implicit_als_improves_each_row_as_its_rounds(k):
    ratings = some()
    counts = np.zeros((ratings.n_users, ratings.n_items))
    counts[ratings.user_ids, ratings.item_ids] = ratings.values
    model = rc.ImplicitALS(n_factors=k, alpha=0.7, reg=2.0, init_deviation=0.5)
    for before, after in epochs(model, ratings, 2):
        old, new = Tables(before, k), Tables(after, k)
        sides = (counts, old.p, old.q, new.p), (counts.T, old.q, new.p, new.q)
        for table, was, x, rows in sides:
            for n in range(len(rows)):
                rounds = stepwise.implicit_als_rounds(table[n], x, was[n], alpha=0.7, reg=2.0)
                assert rows[n] == pytest.approx(rounds[-1].factors, **CLOSE)


def test_rounds_of_implicit_als_lower_the_objective_to_the_solution():
    rng = np.random.default_rng(9)
    counts, q = np.array([0.0, 3.0, 0.0, 1.0, 2.0, 5.0, 0.0]), rng.normal(size=(7, 5))
    row = stepwise.implicit_als_row(counts, q, alpha=0.7, reg=0.4)
    start = rng.normal(size=5)
    rounds = stepwise.implicit_als_rounds(counts, q, start, alpha=0.7, reg=0.4, n_rounds=5)

    def objective(w):
        return row.confidences @ (row.preferences - q @ w) ** 2 + 0.4 * w @ w

    losses = [objective(w) for w in (start, *(each.factors for each in rounds))]
    assert (np.diff(losses) < 0).all()
    assert rounds[-1].factors == pytest.approx(row.factors, abs=1e-8)
    assert rounds[2].factors != pytest.approx(row.factors, abs=1e-4), "three are not enough yet"
    slopes = difference(objective, start)
    assert rounds[0].residual == pytest.approx(-slopes / 2, rel=1e-6)
    for one, other in itertools.combinations(rounds, 2):  # conjugate directions
        assert one.direction @ row.matrix @ other.direction == pytest.approx(0, abs=1e-6)


def test_a_row_of_implicit_als_minimises_the_sum_over_all_items():
    rng = np.random.default_rng(8)
    counts, q = np.array([0.0, 3.0, 0.0, 1.0, 2.0]), rng.normal(size=(5, K))
    row = stepwise.implicit_als_row(counts, q, alpha=0.7, reg=0.4)
    root = np.sqrt(1 + 0.7 * counts)
    expected = least_squares(
        root[:, None] * q, root * (counts > 0), (np.full(K, 0.4), 0.0)
    )  # fmt: skip
    assert row.factors == pytest.approx(expected, abs=1e-10)
    assert row.matrix @ row.factors == pytest.approx(row.right_side, abs=1e-10)


# --- EASE -----------------------------------------------------------------------------------------


def test_ease_has_the_weights_of_its_closed_form():
    ratings = some()
    choices = np.zeros((ratings.n_users, ratings.n_items))
    choices[ratings.user_ids, ratings.item_ids] = 1
    fitted = rc.EASE(reg=3.0).fit(ratings).snapshot()
    assert fitted.weights == pytest.approx(stepwise.ease_weights(choices, reg=3.0).weights, **CLOSE)


# --- neural MF ------------------------------------------------------------------------------------

NAMES = {
    "p.weight": "user_factors", "q.weight": "item_factors", "b_user.weight": "user_bias",
    "b_item.weight": "item_bias", "output": "output", "inner.weight": "inner",
    "inner.bias": "inner_bias", "outer.weight": "outer", "outer.bias": "outer_bias", "top": "top",
}  # fmt: skip
VARIANTS = ("dot", "GMF", "MLP", "NeuMF")


def arrays(named):
    """Tensors by the network's names, as arrays by the names of the step."""
    found = {NAMES[name]: tensor.detach().numpy().astype(float) for name, tensor in named.items()}
    # torch's embeddings of biases are columns.
    return {name: a[:, 0] if name in ("user_bias", "item_bias") else a for name, a in found.items()}


def test_gradients_by_hand_are_torchs():
    rng = np.random.default_rng(9)
    users, items = rng.integers(0, 6, 20), rng.integers(0, 5, 20)
    targets, wrong = rng.random(20), []
    for case in itertools.product(VARIANTS, (False, True), (True, False), (1, 4)):
        variant, sigmoid, biases, k = case
        network = Network(6, 5, {"n_factors": k, "variant": variant, "biases": biases}, 0.4)
        network.double()
        with torch.no_grad():
            for parameter in network.parameters():
                parameter.copy_(torch.tensor(rng.normal(0, 0.7, parameter.shape)))
        parameters = arrays(network.state_dict())
        score = network(torch.tensor(users), torch.tensor(items))
        prediction = torch.sigmoid(score) if sigmoid else score
        torch.nn.functional.mse_loss(prediction, torch.tensor(targets)).backward()
        forward = stepwise.network_forward(parameters, users, items, mean=0.4, sigmoid=sigmoid)
        gradients = stepwise.network_gradients(
            parameters, users, items, targets, forward, sigmoid=sigmoid
        )
        found = {"score": forward.score, "prediction": forward.prediction, **gradients}
        expected = {
            "score": score.detach().numpy(), "prediction": prediction.detach().numpy(),
            **arrays({name: value.grad for name, value in network.named_parameters()}),
        }  # fmt: skip
        assert found.keys() == expected.keys()
        wrong += [
            (*case, name)
            for name, value in found.items()
            if value != pytest.approx(expected[name], abs=1e-12)
        ]
    assert not wrong


@pytest.mark.parametrize("sigmoid", [False, True])
@pytest.mark.parametrize("variant", VARIANTS)
def test_neural_mf_is_its_step_for_each_batch(variant, sigmoid):
    ratings, size = standardized(some()), 16
    model = rc.NeuralMF(
        variant=variant, sigmoid=sigmoid, n_factors=4, learning_rate=0.02, weight_decay=0.05,
        batch_size=size, init_deviation=0.5, device="cpu",
    )  # fmt: skip
    mean, targets = ratings.global_mean, ratings.values
    if sigmoid:
        low, high = ratings.scale[:2]
        targets = (targets - low) / (high - low)
        mean = math.log((mean - low) / (high - mean))
    moments = None
    for before, after in epochs(model, ratings, 2):
        parameters, order = arrays(before["network"]), after["order"].numpy()
        assert sorted(order) == list(range(len(ratings)))
        for start in range(0, len(ratings), size):
            batch = order[start : start + size]
            step = stepwise.network_step(
                parameters, ratings.user_ids[batch], ratings.item_ids[batch], targets[batch],
                moments, mean=mean, learning_rate=0.02, weight_decay=0.05, sigmoid=sigmoid,
            )  # fmt: skip
            parameters = step.parameters
            moments = {name: update.moments for name, update in step.updates.items()}
            assert step.loss == pytest.approx(
                np.mean((step.forward.prediction - targets[batch]) ** 2)
            )
        for name, value in arrays(after["network"]).items():
            assert value == pytest.approx(parameters[name], abs=1e-4), name


def test_adams_update_is_torchs():
    rng = np.random.default_rng(10)
    value, moments = rng.normal(size=5), None
    parameter = torch.nn.Parameter(torch.tensor(value))
    adam = torch.optim.Adam([parameter], lr=0.03, weight_decay=0.2)
    for gradient in rng.normal(size=(4, 5)):
        parameter.grad = torch.tensor(gradient)
        adam.step()
        update = stepwise.adam_update(
            value, gradient, moments, learning_rate=0.03, weight_decay=0.2
        )
        value, moments = update.value, update.moments
        assert value == pytest.approx(parameter.detach().numpy(), abs=1e-12)
        state = adam.state[parameter]
        assert moments.mean == pytest.approx(state["exp_avg"].numpy(), abs=1e-12)
        assert moments.square == pytest.approx(state["exp_avg_sq"].numpy(), abs=1e-12)
        assert moments.step == int(state["step"])


# --- item kNN -------------------------------------------------------------------------------------


# Sparse, some pairs of items share one user only; dense, there are more neighbours than may count.
@pytest.mark.parametrize("settings", [(40, 50.0, 1, 0.3, 0.0), (2, 3.0, 5, 0.6, 0.7)])
def test_item_knn_is_its_biases_similarities_and_predictions(settings):
    n_neighbours, shrinkage, min_support, density, baseline_weight = settings
    ratings = some(25, 14, density)
    model = rc.ItemKNN(
        n_neighbours=n_neighbours, shrinkage=shrinkage, min_support=min_support,
        baseline_weight=baseline_weight,
    ).fit(ratings)  # fmt: skip
    matrix = np.full((ratings.n_users, ratings.n_items), np.nan)
    matrix[ratings.user_ids, ratings.item_ids] = ratings.values - ratings.global_mean
    b_user, b_item = np.zeros(ratings.n_users), np.zeros(ratings.n_items)
    for _ in range(10):
        for i, column in enumerate(matrix.T):
            rests = (column - b_user)[~np.isnan(column)]
            b_item[i] = stepwise.shrunken_bias(rests, reg=5.0)
        for u, row in enumerate(matrix):
            rests = (row - b_item)[~np.isnan(row)]
            b_user[u] = stepwise.shrunken_bias(rests, reg=5.0)
    assert model.user_bias == pytest.approx(b_user, abs=1e-5)
    assert model.item_bias == pytest.approx(b_item, abs=1e-5)
    e = matrix - b_user[:, None] - b_item
    alike = np.array([
        [
            0.0 if i == j else stepwise.item_similarity(
                e[:, i], e[:, j], shrinkage=shrinkage, min_support=min_support
            ).similarity
            for j in range(ratings.n_items)
        ]
        for i in range(ratings.n_items)
    ])  # fmt: skip
    predicted = model.predict_matrix(clip=False)
    for i in range(ratings.n_items):
        likeness = model.snapshot().item_similarity(i)
        assert likeness == pytest.approx(np.maximum(alike[i], 0), abs=0.5 / 4096 + 1e-5)
        assert (likeness * 4096 == np.rint(likeness * 4096)).all()
        for u in range(ratings.n_users):
            rated = np.flatnonzero(~np.isnan(e[u]))
            found = stepwise.neighbour_prediction(
                ratings.global_mean + b_user[u] + b_item[i], alike[i, rated], e[u, rated],
                n_neighbours=n_neighbours, baseline_weight=baseline_weight,
            )  # fmt: skip
            assert predicted[u, i] == pytest.approx(found.prediction, abs=1e-4)


def test_without_shrinkage_similarity_is_the_cosine():
    rng = np.random.default_rng(11)
    one, other = rng.normal(size=(2, 8))
    found = stepwise.item_similarity(one, other, shrinkage=0.0)
    cosine = one @ other / np.linalg.norm(one) / np.linalg.norm(other)
    assert found.similarity == found.cosine == pytest.approx(cosine)
    assert stepwise.item_similarity(one, other, shrinkage=8.0).similarity == pytest.approx(
        cosine / 2
    )
    assert stepwise.item_similarity(one, one * np.nan, shrinkage=0.0) == (0, 0, 0, 0)
