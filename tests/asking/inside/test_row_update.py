"""One row's normal equations: numpy's least squares, and the row that training takes."""

import copy
import math

import numpy as np
import pytest

import recsys_core as rc
from recsys_core.asking.inside.row_update import RowUpdates, has_closed_form
from recsys_core.errors import SettingsError

CLOSE = {"abs": 3e-5, "rel": 2e-4}

MODELS = {
    "ALS": rc.ALS(n_factors=3, reg=0.1, n_epochs=12),
    "unweighted": rc.ALS(n_factors=3, reg=0.5, weighted=False, biases=False, n_epochs=12),
    "PMF": rc.PMF(n_factors=3, adaptive=False, reg_user=0.9, reg_item=0.5, n_epochs=12),
    "adaptive": rc.PMF(n_factors=3, adaptive=True, n_epochs=12),
    "implicit": rc.ImplicitALS(n_factors=5, alpha=0.7, reg=2.0, n_epochs=12),
}


@pytest.fixture(scope="module")
def train():
    return rc.datasets.low_rank(20, 12, n_factors=3, density=0.5, seed=1)


def after(model, train, n):
    training = copy.copy(model).start(train)
    for _ in range(n):
        training.advance(math.inf)
    return training


@pytest.mark.parametrize("kind", MODELS)
@pytest.mark.parametrize("epochs", [1, 9])
def test_both_half_steps_lead_to_the_next_snapshot(kind, epochs, train):
    model = MODELS[kind]
    before, then = (after(model, train, n).checkpoint() for n in (epochs, epochs + 1))
    updates = RowUpdates(model, train, before)
    assert updates.epoch == epochs + 1
    for side, factors, bias, counts in (
        ("item", "q", "b_item", train.item_counts), ("user", "p", "b_user", train.user_counts),
    ):  # fmt: skip
        for index in np.flatnonzero(counts):
            row = updates.of(side, int(index))
            reached = row.path[-1]
            own = len(reached) - row.names.count("b")
            assert reached[-own:] == pytest.approx(then.state[factors][index], **CLOSE)
            assert row.before[-own:] == pytest.approx(before.state[factors][index], **CLOSE)
            if "b" in row.names:
                assert reached[0] == pytest.approx(then.state[bias][index], **CLOSE)


@pytest.mark.parametrize("kind", MODELS)
def test_its_minimum_is_that_of_numpys_least_squares(kind, train):
    model = MODELS[kind]
    row = RowUpdates(model, train, after(model, train, 9).checkpoint()).of("user", 3)
    root = np.linalg.cholesky(row.matrix).T
    expected = np.linalg.lstsq(root, np.linalg.solve(root.T, row.right_side), rcond=None)[0]
    assert row.solution == pytest.approx(expected, abs=1e-9)
    # Stationary, and a bowl: whichever way one goes from there, the loss is higher.
    rng = np.random.default_rng(0)
    lowest, away = row.loss(row.solution), rng.normal(0, 0.1, (50, len(row.solution)))
    assert (row.loss(row.solution + away) > lowest).all()
    assert (row.loss(row.without + away, penalised=False) >= row.loss(row.without, False)).all()
    if kind in ("ALS", "unweighted", "PMF"):
        n, m = row.design.shape
        rows = np.vstack([row.design, np.diag(np.sqrt(row.penalty))])
        right = np.concatenate([row.targets, np.sqrt(row.penalty) * row.prior])
        found, residual = np.linalg.lstsq(rows, right, rcond=None)[:2]
        assert row.solution == pytest.approx(found, abs=1e-9)
        assert row.loss(row.solution) == pytest.approx(residual[0])
        without = np.linalg.lstsq(row.design, row.targets, rcond=None)[0]
        assert row.without == pytest.approx(without, abs=1e-6)
    if kind == "ALS":
        assert row.penalty == pytest.approx(np.full(4, 0.1 * len(row.others)), rel=1e-6)


def test_on_a_slice_the_lowest_errors_are_where_both_slopes_are_zero(train):
    row = RowUpdates(MODELS["ALS"], train, after(MODELS["ALS"], train, 3).checkpoint()).of(
        "user", 3
    )
    lowest = row.on_slice(1, 3)

    def errors(two):
        rows = np.repeat(row.solution[None], len(two), axis=0)
        rows[:, [1, 3]] = two
        return row.loss(rows, penalised=False)

    around = lowest + 1e-3 * np.array([[0, 0], [1, 0], [-1, 0], [0, 1], [0, -1], [1, 1]])
    assert errors(around).argmin() == 0


def test_rounds_of_implicit_als_approach_the_minimum(train):
    model = MODELS["implicit"]
    row = RowUpdates(model, train, after(model, train, 0).checkpoint()).of("user", 3)
    losses = [float(row.loss(w)) for w in (row.before, *row.path, row.solution)]
    assert losses == sorted(losses, reverse=True) and len(row.path) == 3


def test_which_models_solve_rows():
    assert has_closed_form(rc.ALS()) and has_closed_form(rc.PMF())
    assert not has_closed_form(rc.PMF(link="logistic")) and not has_closed_form(rc.SGD())
    model, party = rc.SGD(n_factors=2), rc.datasets.music_party()
    with pytest.raises(SettingsError, match="no normal equations"):
        RowUpdates(model, party, after(model, party, 1).checkpoint())
