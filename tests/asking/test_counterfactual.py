"""Counterfactuals against the same row solved again, and against lists made anew."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

import recsys_core as rc
from recsys_core.asking import attribution, row_equations
from recsys_core.asking.counterfactual import counterfactuals, scores_without
from recsys_core.asking.row_equations import RowEquations, each_of
from recsys_core.errors import SettingsError
from recsys_core.experiments import Experiment, leave_one_out
from recsys_core.experiments.running import run
from recsys_core.models.factor_model import FoldIn
from recsys_core.ratings import Ratings, Scale


def world() -> Ratings:
    return rc.datasets.low_rank(40, 25, 2, density=0.4, seed=4, scale=Scale(1, 5, 1), noise=0.3)


MODELS = {
    "SGD": rc.SGD(n_factors=3, n_epochs=80),
    "SGD without biases": rc.SGD(n_factors=3, n_epochs=80, biases=False),
    "ALS": rc.ALS(n_factors=3, n_epochs=5),
    "weighted ALS": rc.ALS(n_factors=3, n_epochs=5, biases=False, weighted=True),
    "PMF": rc.PMF(n_factors=3, n_epochs=5, adaptive=True),
    "constrained PMF": rc.PMF(n_factors=3, n_epochs=5, constrained=True),
    "SVD++": rc.SVDpp(n_factors=3, n_epochs=80),
    "Bayesian PMF": rc.BayesianPMF(n_factors=2, n_epochs=12),
    "GMF": rc.NeuralMF(n_factors=2, n_epochs=40, variant="GMF"),
}


@pytest.fixture(scope="module", params=MODELS)
def fitted(request):
    return MODELS[request.param].fit(world()).snapshot()


def solved_again(equations: RowEquations, without: int) -> np.ndarray:
    """The row by least squares over all equations, those of the penalty among them."""
    fitted, fold = equations.fitted, equations.fitted.fold
    keep = np.arange(len(equations.items)) != without
    items, values = equations.items[keep], equations.values[keep]
    prior = fold.prior_of(items, fitted.least)
    free, w = fold.free(), prior.copy()
    x = np.column_stack([fitted.q[items], np.ones(len(items))]).astype(np.float64)
    x *= fold.roots(items)[:, None]
    known = fitted.mean + fitted.b_item[items].astype(np.float64)
    t = fold.roots(items) * (fitted.unit.standard(values) - known) - x[:, ~free] @ prior[~free]
    root = np.linalg.cholesky(fold.penalty(len(items), fitted.least)).T
    rows = np.vstack([x[:, free], root])
    w[free] = np.linalg.lstsq(rows, np.concatenate([t, root @ prior[free]]))[0]
    return w


def test_a_row_without_a_rating_is_that_solved_again(fitted):
    for user in (0, 7):
        items, values = (np.asarray(part) for part in fitted.rated_by(user))
        equations = RowEquations(each_of(fitted)[-1], items.astype(np.int64), values.astype(float))
        found = equations.without_each()
        assert len(found) == len(items) > 4
        for j in range(len(items)):
            np.testing.assert_allclose(found[j], solved_again(equations, j), atol=1e-6)


def first_of(fitted, items, values, seen):
    guest = fitted.fold_in(items, values)
    return int(fitted.recommend(guest, 1, exclude=seen)["item"].iloc[0])


def test_what_flips_is_what_lists_made_anew_say(fitted):
    n_changes = 0
    for user in range(6):
        items, values = (np.asarray(part) for part in fitted.rated_by(user))
        items, values = items.astype(np.int64), values.astype(float)
        found = counterfactuals(fitted, user)
        assert found.first == first_of(fitted, items, values, items)
        assert sorted(found.table["item"]) == sorted(items)
        assert (np.diff(found.table["lead"]) >= 0).all()
        for row in found.table.itertuples():
            at = int(np.flatnonzero(items == row.item)[0])
            assert row.rating == values[at]
            kept = np.arange(len(items)) != at
            if abs(row.lead) > 1e-4:  # float32 may see nearer ones otherwise
                assert row.then_first == first_of(fitted, items[kept], values[kept], items)
                assert row.flips == (row.then_first != found.first)
            flipping = {}
            for value in (1.0, 2.0, 3.0, 4.0, 5.0):
                changed = np.where(kept, values, value)
                then = first_of(fitted, items, changed, items)
                if then != found.first:
                    flipping[value] = then
            if flipping:
                nearest = min(abs(value - row.rating) for value in flipping)
                assert abs(row.changed_to - row.rating) == nearest
                assert row.changed_first == flipping[row.changed_to]
                n_changes += 1
            else:
                assert np.isnan(row.changed_to) and row.changed_first == -1
    assert n_changes


def test_a_rating_taken_away_does_flip_some_lists():
    fitted = MODELS["ALS"].fit(world()).snapshot()
    assert any(counterfactuals(fitted, user).table["flips"].any() for user in range(40))


def test_what_ratings_add_is_their_reasons(fitted):
    items, values = (np.asarray(part) for part in fitted.rated_by(3))
    guest = fitted.fold_in(items.astype(np.int64), values.astype(float))
    found = counterfactuals(fitted, 3)
    why = attribution.reasons(fitted, guest, found.first)
    assert why.start + found.table["adds"].sum() == pytest.approx(
        found.scores[found.first], abs=1e-4
    )
    pulls = why.table.set_index("item")["pull"]
    np.testing.assert_allclose(
        found.table["adds"], pulls[found.table["item"]].to_numpy(), atol=1e-6
    )


def by_hand(step=1.0):
    """One factor, no biases, λ = 1: w = Σ q r / (1 + Σ q²), two rated, three open items."""
    scale = Scale(1, 5, step)
    party = Ratings.from_matrix(np.array([[4.0, 2, 0, 0, 0], [1, 1, 1, 1, 1]]), scale=scale)
    plain = rc.ALS(n_factors=1, n_epochs=1, biases=False, center=False, standardize=False)
    fitted = plain.fit(party).snapshot()
    q = np.array([[2.0], [-1.0], [1.0], [-1.0], [0.1]], np.float32)
    fold = FoldIn(np.array([1.0, np.inf]), np.zeros(2))
    zeros = np.zeros(5, np.float32)
    return dataclasses.replace(fitted, q=q, b_item=zeros, mean=3.0, fold=fold)


def test_numbers_worked_out_by_hand():
    # Targets r − 3 are 1 and −1: w = (2·1 + (−1)(−1)) / (1 + 4 + 1) = 1/2; scores 3 + w q.
    found = counterfactuals(by_hand(), 0)
    np.testing.assert_allclose(found.scores[2:], [3.5, 2.5, 3.05], atol=1e-6)
    assert (found.first, found.second) == (2, 4) and found.lead == pytest.approx(0.45)
    rows = found.table.set_index("item")
    # Without item 0: w = 1 / 2, all the same. Without item 1: w = 2 / 5.
    assert rows.loc[0, "lead"] == pytest.approx(0.45) and rows.loc[1, "lead"] == pytest.approx(0.36)
    assert not rows["flips"].any()
    # Below w = 0 item 3 leads: 2 (r − 3) + 1 < 0 needs r < 2.5, so 2; −(r − 3) + 2 < 0: r > 5.
    assert rows.loc[0, "changed_to"] == 2 and rows.loc[0, "changed_first"] == 3
    assert np.isnan(rows.loc[1, "changed_to"]) and rows.loc[1, "changed_first"] == -1


def test_on_a_continuous_scale_a_change_is_just_beyond_the_crossing():
    rows = counterfactuals(by_hand(None), 0).table.set_index("item")
    assert 2.4 < rows.loc[0, "changed_to"] < 2.5


def test_ends_of_the_matter():
    fitted = MODELS["ALS"].fit(world()).snapshot()
    nothing = counterfactuals(fitted, fitted.fold_in([], []))
    assert nothing.table.empty
    everything = np.arange(fitted.n_items)
    assert counterfactuals(fitted, fitted.fold_in(everything, np.full(25, 3.0))) is None
    last = counterfactuals(fitted, fitted.fold_in(everything[1:], np.full(24, 3.0)))
    assert last.first == 0 and last.second is None and np.isinf(last.lead)
    one = counterfactuals(fitted, fitted.fold_in([3], [5.0]))
    anybody = fitted.recommend(fitted.fold_in([], []), 1, exclude=[3])["item"].iloc[0]
    assert one.table["then_first"].iloc[0] == anybody


@pytest.mark.parametrize(
    ("model", "why"),
    [
        (rc.PMF(n_factors=2, n_epochs=2, link="logistic"), "logistic"),
        (rc.NMF(n_factors=2, n_epochs=2), "Non-negative"),
        (rc.ItemKNN(), "keeps no row"),
        (rc.ImplicitALS(n_factors=2, n_epochs=2), "chosen"),
        (rc.UserItemBias(), "no factors"),
        (rc.NeuralMF(n_factors=4, n_epochs=1, variant="MLP"), "network"),
    ],
    ids=lambda value: type(value).__name__,
)
def test_models_without_such_equations_say_why(model, why):
    fitted = model.fit(world()).snapshot()
    assert why in row_equations.why_not(fitted)
    with pytest.raises(SettingsError, match=why):
        counterfactuals(fitted, 0)


def test_scores_without_a_rating_are_those_of_the_rest(fitted):
    items, values = (np.asarray(part) for part in fitted.rated_by(2))
    rest = fitted.fold_in(items[1:].astype(np.int64), values[1:].astype(float))
    expected = fitted.predict(rest, np.arange(25), clip=False)
    np.testing.assert_allclose(scores_without(fitted, 2, int(items[0])), expected, atol=1e-6)


def done(steps):
    shares = []
    while True:
        try:
            shares.append(next(steps))
        except StopIteration as end:
            return shares, end.value


def test_training_again_is_training_on_the_rest():
    ratings = world()
    experiment = Experiment(ratings, {"name": "random", "seed": 1}, rc.SGD(n_factors=2, n_epochs=6))
    split = experiment.make_split()
    user = int(split.train.user_ids[5])
    item = int(split.train.item_ids[5])
    shares, found = done(leave_one_out.retrained(experiment, split, user, item, 4))
    assert shares == sorted(shares) and 0 <= shares[0] and shares[-1] <= 1
    rest = split.train.take(np.arange(len(split.train)) != 5)
    alone = rc.SGD(n_factors=2, n_epochs=6).start(rest, split.validation)
    while alone.epoch < 4:
        alone.advance()
    everything = np.arange(25)
    expected = alone.latest.predict(np.full(25, user), everything, clip=False)
    np.testing.assert_array_equal(found.without, expected.astype(float))
    assert found.epoch == 4 and found.by_chance is not None
    assert np.abs(found.by_chance - found.without).max() > 1e-3


def test_a_model_that_draws_nothing_has_no_chance_to_compare_with():
    experiment = Experiment(world(), "whole", rc.UserItemBias())
    _, found = done(leave_one_out.retrained(experiment, experiment.make_split(), 0, 0, 1))
    assert found.by_chance is None
    assert run(experiment).fitted.n_users == 40
