"""Calibration of predictions: bins, means and intervals, by hand."""

import numpy as np
import pandas as pd
import pytest

import recsys_core as rc
from recsys_core.asking.reliability import binned, distance, reliability, sentence
from recsys_core.ratings import Scale

SCALE = Scale(1, 5, 1)


def test_bins_by_hand():
    predicted = np.array([1.0, 1.9, 2.0, 2.5, 2.9, 5.0])
    truth = np.array([1.0, 3.0, 2.0, 4.0, 3.0, 4.0])
    table = binned(truth, predicted, SCALE, n_bins=4)
    assert table[["low", "high", "n"]].to_numpy().tolist() == [[1, 2, 2], [2, 3, 3], [4, 5, 1]]
    assert table["predicted"].tolist() == pytest.approx([1.45, 7.4 / 3, 5.0])
    assert table["actual"].tolist() == pytest.approx([2.0, 3.0, 4.0])
    # Of 1 and 3: s = √2, so ± 1.96 · √2 / √2; of 2, 4 and 3: s = 1, so ± 1.96 / √3.
    half = (table["actual_high"] - table["actual"]).tolist()
    assert half[:2] == pytest.approx([1.959964, 1.959964 / np.sqrt(3)])
    assert np.isnan(half[2]), "of one rating there is no interval"
    assert distance(table) == pytest.approx((2 * 0.55 + 3 * (3 - 7.4 / 3) + 1 * 1) / 6)


def test_every_rating_is_in_one_bin_whatever_is_predicted():
    chance = np.random.default_rng(0)
    truth, predicted = chance.integers(1, 6, 500), chance.uniform(1, 5, 500)
    table = binned(truth, predicted, SCALE)
    assert table["n"].sum() == 500
    assert ((table["predicted"] >= table["low"]) & (table["predicted"] <= table["high"])).all()
    mean = (table["actual"] * table["n"]).sum() / 500
    assert mean == pytest.approx(truth.mean())


def test_a_model_is_asked_for_clipped_predictions_of_the_part():
    world = rc.datasets.low_rank(60, 40, 2, density=0.4, noise=0.2, seed=1)
    split = rc.splits.random(world, seed=0)
    model = rc.ALS(n_factors=2).fit(split.train)
    held = split.validation
    expected = binned(held.values, model.predict(held.user_ids, held.item_ids), held.scale)
    pd.testing.assert_frame_equal(reliability(model, held), expected)


def test_the_sentence_names_the_bin_that_is_off_by_more_than_chance():
    truth = np.concatenate([np.tile([2.0, 4.0], 20), np.tile([4.0, 5.0], 20)])
    predicted = np.concatenate([np.full(40, 3.05), np.full(40, 4.05)])
    said = sentence(binned(truth, predicted, SCALE))
    assert "Most where about 4.05 is predicted: people gave 4.50 on average (40 ratings)" in said
    honest = sentence(binned(truth[:40], predicted[:40], SCALE))
    assert "no bin of 20 or more ratings is off by more than chance" in honest
