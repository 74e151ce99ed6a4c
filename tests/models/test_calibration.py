"""Calibration of intervals: quantiles by hand, and what it is worth where the model is wrong."""

import math

import numpy as np
import pytest

import recsys_core as rc
from recsys_core.errors import SettingsError
from recsys_core.models.calibration import Calibration


def test_of_nine_scores_the_ninth_holds_nine_tenths_and_none_holds_more():
    # (9 + 1) · 0.9 = 9: the largest. Of 95 % it would be the tenth of nine.
    scores = np.array([0.3, 1.1, 0.2, 0.9, 2.5, 0.1, 0.4, 0.6, 0.5])
    found = Calibration.on(np.zeros(9), np.full(9, 2.0), 2 * scores)
    one = np.zeros(1), np.ones(1)
    assert found.multiples(*one, 0.9) == pytest.approx(2.5)
    assert found.multiples(*one, 0.5) == pytest.approx(0.5)
    assert found.multiples(*one, 0.95) == math.inf


def test_groups_are_quarters_of_deviation_and_in_each_of_prediction():
    # Sixteen groups, each with a score of its own: that of a pair is its group's.
    rng = np.random.default_rng(0)
    n = 16 * 100
    deviation, middle = rng.permutation(n) / n + 0.5, rng.normal(size=n)
    found = Calibration.on(middle, deviation, np.zeros(n))
    groups = found.group(middle, deviation)
    assert np.bincount(groups).tolist() == [100] * 16
    outer = np.argsort(np.argsort(deviation)) * 4 // n
    assert np.array_equal(groups // 4, outer)
    for g in range(4):
        here = outer == g
        assert np.array_equal(groups[here] % 4, np.argsort(np.argsort(middle[here])) * 4 // 400)
    found = Calibration.on(middle, deviation, middle + deviation * (1 + groups))
    assert found.multiples(middle, deviation, 0.5) == pytest.approx(1.0 + groups)


def test_before_training_all_are_equally_uncertain_and_in_one_group():
    # Bayesian PMF at epoch 0: 160 ratings would be 2 × 2 groups, but all deviations are equal.
    ratings = np.linspace(-2, 2, 160)
    found = Calibration.on(np.zeros(160), np.ones(160), ratings)
    assert np.unique(found.group(np.zeros(160), np.ones(160))).tolist() == [0]
    # ⌈161 · 0.9⌉ = 145: the 145th smallest of |r|, each of which is there twice.
    assert found.multiples(np.zeros(1), np.ones(1), 0.9) == pytest.approx(
        np.sort(np.abs(ratings))[144]
    )


@pytest.mark.parametrize("coverage", [0.5, 0.9])
def test_it_holds_in_every_group_whatever_the_distribution(coverage):
    # Errors far from normal, and deviations wrong by a factor that grows with what is predicted.
    rng = np.random.default_rng(1)

    def drawn(n):
        middle, deviation = rng.uniform(0, 4, n), rng.uniform(1, 2, n)
        return middle, deviation, middle + deviation * (1 + middle) * rng.standard_t(2, n)

    found = Calibration.on(*drawn(8000))
    middle, deviation, ratings = drawn(40_000)
    inside = np.abs(ratings - middle) <= found.multiples(middle, deviation, coverage) * deviation
    groups = found.group(middle, deviation)
    each = [inside[groups == g].mean() for g in range(16)]
    # 500 ratings set the width of a group: a standard error of 1.3 to 2.2 points.
    assert each == pytest.approx(np.full(16, coverage), abs=0.08)
    assert inside.mean() == pytest.approx(coverage, abs=0.015)


@pytest.fixture(scope="module")
def split():
    world = rc.datasets.low_rank(
        n_users=120, n_items=80, n_factors=2, density=0.5, noise=0.6, seed=0,
        scale=rc.Scale(1, 5, 1),
    )  # fmt: skip
    return rc.splits.random(world, validation=0.2, test=0.2, seed=0)


def model(**changed):
    return rc.BayesianPMF(**{"n_factors": 2, "n_epochs": 20, "implicit": False} | changed)


def test_it_says_what_it_was_set_on_and_keeps_it_in_a_file(split, tmp_path):
    users, items = split.test.user_ids, split.test.item_ids
    for validation, hold_back, source in (
        (split.validation, False, "validation"),
        (split.validation, True, "validation"),
        (None, True, "held back"),
        (None, False, "model"),
    ):
        fitted = model(hold_back=hold_back).fit(split.train, validation)
        posterior = fitted.snapshot()
        assert posterior.calibrated_on == source
        fitted.save(tmp_path / "model.npz")
        again = rc.load_model(tmp_path / "model.npz").snapshot()
        assert again.calibrated_on == source
        for coverage in (0.5, 0.9):
            ends = posterior.predict_interval(users, items, coverage)
            assert np.array_equal(again.predict_interval(users, items, coverage), ends)


def test_what_is_held_back_is_not_learned_from_and_counts_as_rated(split):
    train = split.train
    fitted = model(hold_back=True).fit(train)
    posterior = fitted.snapshot()
    assert posterior.train is train
    held = posterior.held_out
    assert len(held.values) == round(0.1 * len(train))
    # Other ratings there change nothing that is learned.
    at = np.isin(
        train.user_ids.astype(np.int64) * train.n_items + train.item_ids,
        held.user_ids.astype(np.int64) * train.n_items + held.item_ids,
    )
    assert at.sum() == len(held.values)
    swapped = train.values.copy()
    swapped[at] = swapped[at][::-1]  # of the same mean and deviation, which all are measured in
    other = model(hold_back=True).fit(train.replace(values=swapped, origin=None)).snapshot()
    assert np.array_equal(other.p, posterior.p) and np.array_equal(other.q, posterior.q)
    assert not np.array_equal(other.held_out.values, held.values)


def test_a_fork_keeps_the_calibration_and_cannot_change_what_it_is_set_on(split):
    straight = model(hold_back=True).start(split.train)
    list(straight)
    first = model(hold_back=True, seed=0).start(split.train)
    for _ in range(9):
        first.advance(math.inf)
    checkpoint = first.checkpoint()
    resumed = model(hold_back=True).start(split.train, checkpoint=checkpoint)
    list(resumed)
    pairs = split.test.user_ids, split.test.item_ids
    expected = straight.snapshot().predict_interval(*pairs)
    assert np.array_equal(resumed.snapshot().predict_interval(*pairs), expected)
    with pytest.raises(SettingsError, match="hold_back"):
        model(hold_back=False).start(split.train, checkpoint=checkpoint)
    with pytest.raises(SettingsError, match="held back"):
        model(hold_back=True).start(split.train, split.validation, checkpoint)


def test_a_file_of_an_earlier_version_has_one_noise_for_all(split, tmp_path):
    posterior = model().fit(split.train).snapshot()
    parts = posterior.parts()
    for name in ("draws.noise_user", "draws.noise_item"):
        del parts[name]
    for name in ("fold.", "draws.fold."):
        for new in ("precisions", "expected"):
            parts.pop(name + new)
    old = type(posterior).of_parts(posterior.train, parts | {"noise": 0.25})
    assert old.noise == pytest.approx(0.25) and old.calibrated_on == "model"
    pairs = split.test.user_ids, split.test.item_ids
    assert np.array_equal(old.predict(*pairs), posterior.predict(*pairs))
    spread = old.rating_deviation(*pairs) ** 2 - old.deviation(*pairs) ** 2
    assert spread == pytest.approx(0.25 * old.unit.size**2, rel=1e-3)
