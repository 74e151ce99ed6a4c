"""Recommendations from neighbours, against the published table of the party and by hand."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import recsys_core as rc
from recsys_core import models
from recsys_core.asking import similarity
from recsys_core.errors import RatingsError, SettingsError, TooLargeError
from recsys_core.models.factor_model import FactorModel, FoldIn

# The predicted matrix printed for the party: Darth Vader, Hermione, Ripley, Spock.
PRINTED = np.array([
    [4.169970, 4.057246, 3.667471, 0.710625, 1.712582, 2.772770,
     3.595744, 3.018872, 2.391332, 4.190256, 4.012947, 4.421050],
    [2.686220, 3.310009, 5.080972, 4.519992, 5.051042, 3.952128,
     3.291865, 4.718939, 4.862734, 4.351025, 2.163611, 0.979503],
    [4.838367, 4.918483, 4.106493, 1.043555, 2.023779, 3.012154,
     3.992257, 4.059402, 3.200697, 4.823499, 4.927110, 4.451684],
    [1.994154, 2.523687, 4.894493, 4.974091, 4.904403, 3.989944,
     2.998294, 2.253896, 3.132301, 3.994360, 1.850755, 0.795050],
])  # fmt: skip


def predicting(matrix: np.ndarray, train: rc.Ratings) -> FactorModel:
    """A fitted model whose matrix is the given one: each item has a factor of its own."""
    n_items = matrix.shape[1]
    return FactorModel(
        train, 0.0, np.zeros(len(matrix), np.float32), np.zeros(n_items, np.float32),
        matrix.astype(np.float32), np.eye(n_items, dtype=np.float32), "identity",
        FoldIn(np.full(n_items + 1, 0.1), np.zeros(n_items + 1)),
    )  # fmt: skip


@pytest.fixture
def party() -> FactorModel:
    return predicting(PRINTED, rc.datasets.music_party())


def test_similarities_of_the_party_with_the_right_names(party):
    table = similarity.similarity_matrix(party, by="predictions")
    assert table.loc["Darth Vader", "Ripley"] == pytest.approx(0.9968, abs=5e-5)
    assert table.loc["Hermione", "Spock"] == pytest.approx(0.9760, abs=5e-5)
    assert table.loc["Ripley", "Hermione"] == pytest.approx(0.8565, abs=5e-5)
    assert table.loc["Darth Vader", "Hermione"] == pytest.approx(0.8367, abs=5e-5)
    np.testing.assert_allclose(np.diag(table), 1)
    np.testing.assert_allclose(table, table.T)


def test_the_published_sums_come_from_mislabelled_neighbours(party):
    """Hermione's 9.906 and 5.532 are her neighbours' rows under the weights of other names."""
    theirs = np.array([0.976032, 0.805946, 0.795352])  # given as Darth Vader's, Spock's, Ripley's
    scores = similarity.weighted(PRINTED[[0, 3, 2]], theirs, "sum")
    assert scores[[1, 3]] == pytest.approx([9.905884, 5.532434], abs=1e-5)
    mean = similarity.weighted(PRINTED[[0, 3, 2]], theirs, "mean")
    np.testing.assert_allclose(mean, scores / theirs.sum())


def test_from_neighbours_with_the_right_names(party):
    hermione = 1
    found = similarity.from_neighbours(party, hermione, by="predictions")
    assert found["label"].tolist() == ["Back in Black", "Brandenburg Concerto No. 3"]
    table = similarity.similarity_matrix(party, by="predictions")
    weights = table.loc["Hermione", ["Spock", "Ripley", "Darth Vader"]]
    by_hand = weights.to_numpy() @ PRINTED[[3, 2, 0]] / weights.sum()
    assert found["score"].to_numpy() == pytest.approx(by_hand[[1, 3]], abs=1e-5)
    summed = similarity.from_neighbours(party, hermione, how="sum")
    assert summed["score"].to_numpy() == pytest.approx(by_hand[[1, 3]] * weights.sum(), abs=1e-5)
    # Her nearest alone: Spock.
    nearest = similarity.from_neighbours(party, hermione, n_neighbours=1)
    assert nearest["score"].tolist() == pytest.approx([PRINTED[3, 3], PRINTED[3, 1]], abs=1e-5)


def test_only_what_is_unrated_is_recommended(party):
    for user in range(4):
        listed = similarity.from_neighbours(party, user, n=12)["item"]
        assert set(listed) == set(range(12)) - set(party.train.by_user.row(user)[0])


def test_neighbours_of_negative_similarity_have_no_say():
    train = rc.Ratings.from_matrix(np.array([[5, 0, 1], [5, 3, 0], [0, 2, 5]]))
    model = predicting(np.array([[1.0, 0, -1], [1, 2, -1], [-1, 5, 1]]), train)
    found = similarity.from_neighbours(model, 0, n_neighbours=2)
    assert found["score"].tolist() == pytest.approx([2])
    lonely = predicting(np.array([[1.0, 0, -1], [-1, 0, 1], [-1, 0, 1]]), train)
    assert similarity.from_neighbours(lonely, 0).empty


@pytest.fixture(scope="module")
def als():
    return rc.ALS(n_factors=3, n_epochs=5).fit(rc.datasets.low_rank(seed=1))


@pytest.mark.parametrize("side", ["user", "item"])
def test_similarities_equal_cosines_of_the_whole_matrix(als, side, monkeypatch):
    monkeypatch.setattr(similarity, "_COMPARED_AT_ONCE", 70)  # several blocks
    whole = als.predict_matrix(clip=False).astype(float)
    rows = whole if side == "user" else whole.T
    lengths = np.linalg.norm(rows, axis=1)
    expected = rows @ rows[7] / lengths / lengths[7]
    found = similarity.similarities(als, side, 7, by="predictions")
    np.testing.assert_allclose(found, expected, atol=1e-6)
    found = similarity.similar(als, side, 7, n=4, by="predictions")
    order = [i for i in np.argsort(-expected) if i != 7][:4]
    assert found[side].tolist() == order
    labels = als.snapshot().users if side == "user" else als.snapshot().items
    assert found["label"].tolist() == [labels[i] for i in order]


@pytest.mark.parametrize("name", models.MODELS.algorithms)
def test_the_default_is_the_models_own_similarity(name):
    kind = getattr(rc, name)
    epochs = {"n_epochs": 3} if kind.has_epochs else {}
    model = kind(**epochs).fit(rc.datasets.low_rank(n_users=40, n_items=30, seed=2))
    for side, own in (("user", model.similar_users), ("item", model.similar_items)):
        pd.testing.assert_frame_equal(similarity.similar(model, side, 3, n=5), own(3, n=5))
        # The others take the same one by default.
        column = similarity.similarity_matrix(model, side).iloc[3]
        np.testing.assert_array_equal(column, similarity.similarities(model, side, 3))
        listed = similarity.similar(model, side, 3, n=5)
        np.testing.assert_array_equal(column.iloc[listed[side]], listed["similarity"])
        assert not np.allclose(column, similarity.similarities(model, side, 3, by="predictions"))
    nearest = similarity.similar(model, "user", 3, n=1)
    scores = model.predict_matrix(nearest["user"], clip=False)[0].astype(float)
    best = similarity.from_neighbours(model, 3, n=4, n_neighbours=1)
    np.testing.assert_allclose(best["score"], scores[best["item"]], rtol=1e-6)


def test_similarity_by_factors_is_the_same_both_ways(als):
    table = similarity.similarity_matrix(als, "item", by="factors")
    assert table.iloc[2, 9] == pytest.approx(table.iloc[9, 2])
    assert table.iloc[2, 9] == pytest.approx(
        als.similar_items(2, n=49).set_index("item")["similarity"][9]
    )


def test_a_guest_goes_wherever_a_user_goes(als):
    items, values = als.snapshot().train.by_user.row(5)
    guest = als.fold_in(items, values)
    for by in ("factors", "predictions"):
        assert 5 in similarity.similar(als, "user", guest, n=3, by=by)["user"].tolist()
        listed = similarity.from_neighbours(als, guest, n=50, by=by)["item"]
        assert not set(listed) & set(items)


def test_refusals(als):
    with pytest.raises(RatingsError, match="outside 0–99"):
        similarity.similar(als, "user", 100)
    with pytest.raises(RatingsError, match="outside 0–49"):
        similarity.similar(als, "item", -1, by="factors")
    with pytest.raises(SettingsError, match="“mean” or a “sum”"):
        similarity.from_neighbours(als, 0, how="median")


def test_a_table_of_everyone_is_for_small_data(als, monkeypatch):
    monkeypatch.setattr(similarity, "MOST_IN_A_MATRIX", 60)
    assert similarity.similarity_matrix(als, "item").shape == (50, 50)
    with pytest.raises(TooLargeError, match="neighbours of one user"):
        similarity.similarity_matrix(als, "user")
