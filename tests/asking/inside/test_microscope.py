"""A step taken apart is the kernel's: its numbers, its order, and where it leads."""

import copy
import math

import numpy as np
import pytest

import recsys_core as rc
from recsys_core.asking.inside.microscope import Microscope, can_be_taken_apart, take_apart
from recsys_core.asking.inside.step_words import SUB_STEPS, WORDS, sentence
from recsys_core.errors import SettingsError
from recsys_core.standardized import Unit

CLOSE = {"abs": 2e-6, "rel": 2e-5}

MODELS = {
    "SGD": rc.SGD(n_factors=3, learning_rate=0.05, reg=0.2, n_epochs=6, init_deviation=0.5),
    "decay": rc.SGD(n_factors=3, learning_rate=0.05, decay=True, n_epochs=6, init_deviation=0.5),
    "in turn": rc.SGD(n_factors=3, learning_rate=0.05, in_turn=True, n_epochs=6, biases=False),
    "rows": rc.SGD(n_factors=3, learning_rate=0.05, shuffle=False, standardize=False, n_epochs=6),
    "grid": rc.SGD(n_factors=3, learning_rate=0.05, reg=0.2, n_epochs=6, init_deviation=0.5),
    "logistic": rc.PMF(n_factors=3, link="logistic", learning_rate=0.05, reg_user=0.9, n_epochs=6),
    "SVD++": rc.SVDpp(n_factors=3, learning_rate=0.05, reg=0.2, n_epochs=6, init_deviation=0.5),
}


@pytest.fixture(scope="module")
def train():
    return rc.datasets.low_rank(20, 12, n_factors=3, density=0.5, seed=1)


def after(model, train, n):
    """The training of a model after n epochs."""
    training = copy.copy(model).start(train)
    for _ in range(n):
        training.advance(math.inf)
    return training


@pytest.mark.parametrize("kind", MODELS)
def test_all_steps_of_an_epoch_lead_to_the_next_snapshot(kind, train, monkeypatch):
    if kind == "grid":
        monkeypatch.setattr("recsys_core.models.sgd._SHUFFLED_EVERY_EPOCH", 0)
    model = MODELS[kind]
    before, then = (after(model, train, n).checkpoint() for n in (2, 3))
    scope = Microscope(model, train, before)
    assert (scope.epoch, scope.n_steps) == (3, len(train))
    pairs = sorted(zip(scope.users.tolist(), scope.items.tolist(), strict=True))
    assert pairs == sorted(zip(train.user_ids.tolist(), train.item_ids.tolist(), strict=True))
    p, q = (before.state[name].astype(float) for name in ("p", "q"))
    b_user, b_item = (before.state[name].astype(float) for name in ("b_user", "b_item"))
    for found in scope.found(0, scope.n_steps):
        u, i = found.user, found.item
        assert found.item_factors == pytest.approx(q[i], **CLOSE)
        assert (found.user_bias, found.item_bias) == pytest.approx((b_user[u], b_item[i]), **CLOSE)
        if kind != "SVD++":
            assert found.user_factors == pytest.approx(p[u], **CLOSE)
        step = take_apart(found, scope.rule)
        p[u], q[i] = step.user_factors, step.item_factors
        b_user[u], b_item[i] = step.user_bias, step.item_bias
    assert q == pytest.approx(then.state["q"], **CLOSE)
    assert b_user == pytest.approx(then.state["b_user"], **CLOSE)
    assert b_item == pytest.approx(then.state["b_item"], **CLOSE)
    if kind != "SVD++":
        assert p == pytest.approx(then.state["p"], **CLOSE)


@pytest.mark.parametrize("kind", ["SGD", "grid", "logistic"])
def test_the_kernel_taken_over_the_epoch_gives_the_same_bits(kind, train, monkeypatch):
    if kind == "grid":
        monkeypatch.setattr("recsys_core.models.sgd._SHUFFLED_EVERY_EPOCH", 0)
    model = MODELS[kind]
    before, then = (after(model, train, n).checkpoint() for n in (1, 2))
    scope = Microscope(model, train, before)
    scope.found(0, scope.n_steps)  # one after the other
    k = scope._k
    assert np.array_equal(scope._trainer.p[:, :k], then.state["p"])
    assert np.array_equal(scope._trainer.q[:, :k], then.state["q"])


@pytest.mark.parametrize("kind", MODELS)
def test_a_rating_finds_the_same_numbers_whatever_was_looked_at_before(kind, train):
    model = MODELS[kind]
    checkpoint = after(model, train, 1).checkpoint()
    scope, fresh = (Microscope(model, train, checkpoint) for _ in range(2))
    late = scope.found(60, 3)
    early, again = scope.found(10, 2), scope.found(61, 1)[0]
    place = scope.place(late[1].user, late[1].item)
    assert place == late[1].place == 61
    for mine, others in ((again, fresh.found(61, 1)[0]), (early[0], fresh.found(10, 1)[0])):
        for name, value in vars(mine).items():
            assert np.array_equal(value, getattr(others, name)), name
    assert scope.found(scope.n_steps - 1, 64)[0].place == scope.n_steps - 1
    absent = next(
        (u, i) for u in range(20) for i in range(12)
        if math.isnan(train.block([u], [i])[0, 0])
    )  # fmt: skip
    assert scope.place(*absent) is None


def test_of_a_user_of_svdpp_each_rating_finds_the_sum_that_the_one_before_left(train):
    scope = Microscope(MODELS["SVD++"], train, after(MODELS["SVD++"], train, 1).checkpoint())
    found = scope.found(0, 3)
    assert found[0].user == found[1].user == found[2].user
    for one, following in zip(found, found[1:], strict=False):
        step = take_apart(one, scope.rule)
        assert following.user_factors == pytest.approx(step.user_factors, **CLOSE)
        assert following.user_bias == pytest.approx(step.user_bias, **CLOSE)


def test_a_step_is_what_its_parts_say(train):
    scope = Microscope(MODELS["SGD"], train, after(MODELS["SGD"], train, 2).checkpoint())
    step = take_apart(scope.found(5, 1)[0], scope.rule)
    found, rule = step.found, scope.rule
    p, q = found.user_factors, found.item_factors
    assert step.score == pytest.approx(rule.mean + found.user_bias + found.item_bias + p @ q)
    rating = float(train.block([found.user], [found.item])[0, 0])
    assert scope.unit.shift + scope.unit.size * found.target == pytest.approx(rating, abs=1e-5)
    assert step.error == pytest.approx(found.target - step.score)
    assert step.user_gradient.of_error == pytest.approx(-step.error * q)
    assert step.user_gradient.of_penalty == pytest.approx(0.2 * p)
    moved = rule.mean + step.user_bias + step.item_bias + step.user_factors @ step.item_factors
    assert step.prediction_after == pytest.approx(moved)
    assert abs(found.target - step.prediction_after) < abs(step.error)


def test_only_models_that_learn_rating_by_rating_are_taken_apart(train):
    assert can_be_taken_apart(rc.SGD()) and can_be_taken_apart(rc.SVDpp())
    assert not can_be_taken_apart(rc.PMF())
    assert not can_be_taken_apart(rc.PMF(link="logistic", constrained=True))
    model = rc.ALS(n_factors=2)
    with pytest.raises(SettingsError, match="ALS has no step"):
        Microscope(model, train, after(model, train, 1).checkpoint())


def test_each_sub_step_has_one_sentence(train):
    scope = Microscope(MODELS["SGD"], train, after(MODELS["SGD"], train, 2).checkpoint())
    step = take_apart(scope.found(5, 1)[0], scope.rule)
    said = [sentence(sub, step, scope.unit, "Ann", "Jazz", "4") for sub in SUB_STEPS]
    assert len(set(said)) == len(SUB_STEPS)
    assert "Ann rated Jazz 4" in said[0] and {text.id for text in said} <= set(WORDS.values())
    low = "too low" in said[3]
    assert low == (step.error > 0) and ("raise" in said[3]) == low
    plain = sentence("rating", step, Unit(), "Ann", "Jazz", "4")
    assert plain.id == WORDS["rating_plain"]
