"""The scale of ratings: which one values are on, and what people call its ratings."""

import copy
import itertools
import pickle

import msgspec
import numpy as np
import pytest

import recsys_core as rc
from recsys_core.errors import SettingsError
from recsys_core.experiments import Experiment, replay, run
from recsys_core.ratings import Scale

LIKERT = Scale(1, 5, 1, [(5, "Loved it"), (1, "Hated it"), (3, "So so")])


@pytest.mark.parametrize(
    ("values", "n", "scale"),
    [
        ([1, 2, 3, 4, 5], 9, (1, 5, 1)),
        ([2, 3, 4, 5], 10**5, (1, 5, 1)),
        ([4, 5], 30, (1, 5, 1)),
        ([1, 5], 30, (1, 5, 1)),
        ([1, 2, 3, 4], 5, (1, 5, 1)),
        ([1, 2, 3, 4], 10**5, (1, 4, 1)),
        ([0, 1, 2, 3, 4], 40, (0, 4, 1)),
        ([0, 1, 2, 3], 40, (0, 3, 1)),
        ([0, 1, 2], 40, (0, 2, 1)),
        ([0, 1, 3, 5], 9, (0, 5, 1)),
        ([0, 1], 9, (0, 1, 1)),
        ([1, 2, 3, 4, 5, 6, 7], 7, (1, 7, 1)),
        ([3, 4, 5, 6, 7], 33, (1, 7, 1)),
        ([1, 2, 3, 4, 5, 6], 50, (1, 6, 1)),
        ([1, 4, 6, 9], 9, (1, 10, 1)),
        ([2, 5, 8, 9], 10**4, (1, 10, 1)),
        ([*range(1, 10)], 30, (1, 10, 1)),
        ([*range(11)], 30, (0, 10, 1)),
        ([*range(1, 21)], 60, (1, 20, 1)),
        ([8, 11, 12.5, 15], 60, (0, 20, 0.5)),
        ([37, 60, 98], 60, (0, 100, 1)),
        ([0.5, 3, 4.5], 60, (0.5, 5, 0.5)),
        ([1, 3.5, 5], 60, (0.5, 5, 0.5)),
        ([0, 2.5, 5], 60, (0, 5, 0.5)),
        ([-1, 1], 60, (-1, 1, 2)),
        ([-1, 0, 1], 60, (-1, 1, 1)),
        ([-2, -1, 0, 2], 60, (-2, 2, 1)),
        ([-3, 1, 2], 60, (-3, 3, 1)),
        ([-9.5, 3.25], 60, (-9.5, 3.25, None)),
        ([1.25, 3.5], 60, (1.25, 3.5, None)),
        ([0, 5000], 60, (0, 5000, 1)),
    ],
)
def test_which_scale_values_are_on(values, n, scale):
    values = np.array(values, dtype=float)
    found = Scale.guess(values, n)
    assert found == scale
    assert Scale.usual_for(values, n)[:1] == ([found] if scale[2] and scale[1] <= 100 else [])
    assert all(usual.contains(values).all() for usual in Scale.usual_for(values, n))


def test_every_scale_people_use_is_itself_once_there_are_enough_ratings():
    generator = np.random.default_rng(0)
    ends = [
        (low, high) for low in (0, 1) for high in (3, 4, 5, 6, 7, 10, 20) if (low, high) != (0, 6)
    ]
    for low, high in [*ends, (0, 1), (0, 2), (-2, 2), (-1, 1), (-5, 5)]:
        whole = np.array([*range(low, high + 1), *generator.integers(low, high + 1, 500)], float)
        assert Scale.guess(whole)[:2] == (low, high)
    for low, high in [(0.5, 5), (0, 5), (0, 10)]:
        half = np.array([*np.arange(low, high + 0.5, 0.5)] * 20)
        assert Scale.guess(half) == (low, high, 0.5)


@pytest.mark.parametrize("numbers", [(1, 5, 0), (1, 5, -1), (1, 5, np.inf), (5, 1), (np.nan, 1)])
def test_no_scale(numbers):
    with pytest.raises(SettingsError):
        Scale(*numbers)


def test_words_are_names():
    assert LIKERT.words == ((1, "Hated it"), (3, "So so"), (5, "Loved it"))
    assert [LIKERT.said(x) for x in (1, 2, np.float32(5))] == ["1 (Hated it)", "2", "5 (Loved it)"]
    assert str(LIKERT) == "1 (Hated it)–5 (Loved it), steps of 1"
    assert Scale(0, 1, None, [(0.1, "low")]).word(np.float32(0.1)) == "low"  # as ratings are kept
    assert Scale(1, 5, 1, [(1, "two\nlines")]).word(1) == "two lines"
    assert len(Scale(1, 5, 1, [(1, "long " * 50)]).word(1)) <= 60


def test_what_may_be_given_is_counted_by_steps_or_by_words():
    assert Scale(1, 5, 1).possible(5) == [1, 2, 3, 4, 5] and Scale(1, 5, 1).possible(4) == []
    assert Scale(0.5, 2, 0.5).possible(11) == [0.5, 1, 1.5, 2]
    assert Scale(0, 1).possible(11) == []
    grades = Scale(0, 4.3, None, [(4.3, "A+"), (4, "A"), (0, "F")])
    assert grades.possible(3) == [0, 4, 4.3] and grades.possible(2) == []
    assert Scale(0, 5, None, [(4.3, "A+"), (0, "F")]).possible(11) == []  # an end without a word


def test_without_words_a_scale_is_the_tuple_of_its_numbers_and_with_them_it_is_not():
    plain = Scale(1, 5, 1)
    assert plain == (1, 5, 1) and (1, 5, 1) == plain and hash(plain) == hash((1, 5, 1))
    assert LIKERT != plain and LIKERT != (1, 5, 1) and LIKERT == Scale(*LIKERT)
    assert LIKERT._replace(words=None) == plain


def test_words_travel():
    for again in (pickle.loads(pickle.dumps(LIKERT)), copy.deepcopy(LIKERT)):
        assert again == LIKERT
    packed = msgspec.msgpack.encode(LIKERT)
    assert msgspec.msgpack.decode(packed, type=Scale) == LIKERT


@pytest.fixture(scope="module")
def ratings():
    rows = [(u, i, (u * i + u) % 5 + 1) for u, i in itertools.product(range(12), range(9))]
    wide = np.array([value for *_, value in rows], float).reshape(12, 9)
    wide[::3, ::2] = np.nan
    return rc.Ratings.from_matrix(wide, None, Scale(1, 5, 1))


def test_fingerprints_do_not_depend_on_words(ratings):
    named = ratings.with_scale(LIKERT)
    assert ratings.fingerprint == "ddaa62c2f7128695"  # as before there were words
    assert named.fingerprint == ratings.fingerprint and named.rows_digest == ratings.rows_digest
    assert named.sorted_by_label().scale == LIKERT
    assert rc.splits.random(named).train.scale == LIKERT


def test_a_model_is_saved_with_the_words(ratings, tmp_path):
    model = rc.ALS(n_factors=2, n_epochs=2)
    model.fit(ratings.with_scale(LIKERT))
    model.save(tmp_path / "model.npz")
    assert rc.load_model(tmp_path / "model.npz").snapshot().scale == LIKERT
    model.fit(ratings)
    model.save(tmp_path / "plain.npz")
    assert rc.load_model(tmp_path / "plain.npz").snapshot().scale == (1, 5, 1)


def test_a_receipt_is_the_same_with_words_and_replays_with_them(ratings):
    model = rc.SGD(n_factors=2, n_epochs=2)
    named = ratings.with_scale(LIKERT)
    plain, spoken = (
        run(Experiment(each.source, None, model).with_ratings(each)) for each in (ratings, named)
    )
    assert spoken.receipt == plain.receipt
    found = replay(spoken.receipt, data=named)
    assert found.outcome == "same bits" and found.record.experiment.ratings_held.scale == LIKERT


def test_what_is_generated_has_no_words_as_its_recipe_has_none():
    world = rc.datasets.low_rank(8, 6, 2, scale=LIKERT)
    assert world.scale == (1, 5, 1)
    assert world.origin == rc.datasets.low_rank(8, 6, 2, scale=Scale(1, 5, 1)).origin
