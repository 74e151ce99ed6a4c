"""The browser follows a changed row as the model does: the same list, neighbours and errors."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

import recsys_core as rc
from pages.panels.recommend.edit_row import block_sent
from recsys_core.asking import edited
from tests.node import Tab, needs_node

pytestmark = needs_node

WORLD = rc.datasets.low_rank(60, 45, 3, density=0.3, seed=4, scale=rc.Scale(1, 5, 1), noise=0.3)

MODELS = {
    "SGD": rc.SGD(n_factors=3, n_epochs=8),
    "no unit": rc.SGD(n_factors=3, n_epochs=8, standardize=False),
    "ALS": rc.ALS(n_factors=5, n_epochs=5, biases=False),
    "logistic": rc.PMF(n_factors=2, n_epochs=8, link="logistic"),
    "NMF": rc.NMF(n_factors=3, n_epochs=8),
    "SVDpp": rc.SVDpp(n_factors=2, n_epochs=5),
    "preferences": rc.ImplicitALS(n_factors=3, n_epochs=4),
}


@pytest.fixture(scope="module")
def tab():
    tab = Tab()
    yield tab
    tab.close()


def followed(tab, fitted, side, index, rows, lengths=(8, 5)):
    """What the browser says of rows, (n, k + 1); names are indices."""
    found = edited.block(fitted, side, index)
    sent = block_sent(found, [str(i) for i in found.open.ids], [str(i) for i in found.near.ids])
    return tab.follow(sent, lengths, rows.tolist())


def moved_rows(fitted, side, index, n=25):
    """The trained row, and others around it; of NMF none below 0."""
    rng = np.random.default_rng(index)
    row = np.append(*edited.row(fitted, side, index))
    rows = row + np.vstack([np.zeros(len(row)), rng.normal(0, 0.7, (n, len(row)))])
    if fitted.fold.nonnegative:
        rows[:, :-1] = np.maximum(rows[:, :-1], 0)
    return rows


def assert_same(theirs, ours):
    assert [int(each["name"]) for each in theirs["list"]] == ours.listed.tolist()
    for name, values in (("predicted", ours.predicted), ("before", ours.before)):
        assert [each[name] for each in theirs["list"]] == pytest.approx(values, rel=1e-4)
    assert [each["place"] for each in theirs["list"]] == ours.places.tolist()
    assert [int(each["name"]) for each in theirs["near"]] == ours.near.tolist()
    assert [e["cosine"] for e in theirs["near"]] == pytest.approx(ours.cosines, rel=1e-4, abs=1e-6)
    assert [each["fresh"] for each in theirs["near"]] == ours.fresh.tolist()
    if ours.errors is None:
        assert theirs["rmse"] is None
    else:
        errors = ours.errors.before, ours.errors.after
        assert theirs["rmse"] == pytest.approx(errors, rel=1e-4)


def compare(tab, fitted, side, index):
    rows = moved_rows(fitted, side, index)
    for row, theirs in zip(rows, followed(tab, fitted, side, index, rows), strict=True):
        after = fitted.with_row(side, index, row[:-1], float(row[-1]))
        assert_same(theirs, edited.followed(fitted, after, side, index, 8, 5))


@pytest.mark.parametrize("side", ["user", "item"])
@pytest.mark.parametrize("kind", MODELS)
def test_the_same_list_neighbours_and_errors(tab, kind, side):
    compare(tab, MODELS[kind].fit(WORLD).snapshot(), side, 7)


@pytest.mark.parametrize("side", ["user", "item"])
def test_equal_ones_are_drawn_in_the_same_order(tab, side):
    fitted = MODELS["SGD"].fit(WORLD).snapshot()
    same = {
        name: np.tile(getattr(fitted, name)[:5], (n // 5, 1) if name in "pq" else n // 5)
        for name, n in (("p", 60), ("q", 45), ("b_user", 60), ("b_item", 45))
    }
    compare(tab, dataclasses.replace(fitted, **same), side, 3)


def test_one_without_ratings_has_no_error_and_a_row_of_zeros_no_neighbours(tab):
    none = WORLD.take(WORLD.user_ids != 4)
    fitted = rc.SGD(n_factors=2, n_epochs=3).fit(none).snapshot()
    rows = np.zeros((1, 3))
    (theirs,) = followed(tab, fitted, "user", 4, rows)
    assert_same(
        theirs,
        edited.followed(fitted, fitted.with_row("user", 4, rows[0, :2], 0.0), "user", 4, 8, 5),
    )
    assert theirs["rmse"] is None and {each["cosine"] for each in theirs["near"]} == {0}


def test_a_large_model_sends_the_part_that_is_near_the_trained_row(tab, monkeypatch):
    fitted = MODELS["SGD"].fit(WORLD).snapshot()
    whole = edited.block(fitted, "item", 2)
    assert whole.whole == {
        "open": len(whole.open.ids), "rated": len(whole.rated.ids), "near": len(whole.near.ids),
    }  # fmt: skip
    assert sorted([*whole.open.ids, *whole.rated.ids]) == list(range(60))
    assert sorted(whole.near.ids) == [i for i in range(45) if i != 2]
    monkeypatch.setattr(edited, "_MOST_NUMBERS", 36)  # 12 rows of 3 factors
    part = edited.block(fitted, "item", 2)
    assert part.whole == whole.whole
    assert set(part.open.ids) == set(fitted.recommend_users(2, 12)["user"])
    assert set(part.near.ids) == set(fitted.similar_items(2, 12)["item"])
    assert len(part.rated.ids) == len(part.values) <= 12 < len(whole.rated.ids)
    rows = np.append(*edited.row(fitted, "item", 2))[None, :]
    (theirs,) = followed(tab, fitted, "item", 2, rows)
    ours = edited.followed(fitted, fitted, "item", 2, 8, 5)
    assert [int(each["name"]) for each in theirs["list"]] == ours.listed.tolist()
    assert [int(each["name"]) for each in theirs["near"]] == ours.near.tolist()
