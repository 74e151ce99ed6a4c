"""The same model under several splits: which there are, and what is said of them."""

import math

import numpy as np
import pytest

import recsys_core as rc
from recsys_core.experiments import Experiment, split_study
from recsys_core.experiments.outcome import Outcome
from recsys_core.experiments.scores import Score
from recsys_core.training import Epoch


def world(times=True, n_users=60):
    ratings = rc.datasets.low_rank(n_users, 40, 2, density=0.3, noise=0.2, seed=1)
    if not times:
        return ratings
    stamps = np.random.default_rng(0).permutation(len(ratings)).astype(np.int64)
    return ratings.replace(timestamps=stamps, origin=None)


def outcome(experiment, rmse, ndcg=0.2, biases=1.0, held_out=100):
    score = Score("it", rmse, rmse and rmse / 2, ndcg, 0.1)
    return Outcome(
        experiment=experiment, epochs=(Epoch(0, 1.0, rmse, 1.0, 0.5),), best_epoch=0,
        n_train=800, n_held_out=held_out, n_unseen=3, score=score,
        baselines={} if rmse is None else {"Global mean": 1.2, "User + item bias": biases},
        items=np.empty(0, np.int32), neighbours=np.empty((0, 10), np.int32),
    )  # fmt: skip


def test_every_split_keeps_the_model_and_the_data_and_holds_a_validation_part_out():
    ratings = world()
    experiment = Experiment(ratings, {"name": "random", "seed": 4}, rc.SGD(n_factors=2, seed=3))
    planned = split_study.under_splits(experiment)
    assert list(planned) == ["random", "k_fold", "last_out", "by_time", "cold_users"]
    assert planned["random"] == (experiment,), "the run in view is one of them"
    assert not split_study.not_offered(ratings)
    for kind, experiments in planned.items():
        assert len(experiments) == (5 if kind == "k_fold" else 1)
        for each in experiments:
            assert (each.data, each.model) == (experiment.data, experiment.model)
            assert each.make_split().validation, kind
            assert kind in ("last_out", "by_time") or each.split["seed"] == 4


def test_folds_are_the_validation_parts_disjoint_and_together_complete():
    ratings = world(times=False)
    planned = split_study.under_splits(Experiment(ratings, None, rc.SGD()))["k_fold"]
    seen = []
    for fold, each in enumerate(planned):
        split = each.make_split()
        assert split.test is None and len(split.train) + len(split.validation) == len(ratings)
        held = split.validation
        seen += list(zip(held.user_ids.tolist(), held.item_ids.tolist(), strict=True))
        usual = rc.splits.k_fold(ratings, 5, fold).test
        np.testing.assert_array_equal(held.user_ids, usual.user_ids)
        np.testing.assert_array_equal(held.item_ids, usual.item_ids)
    assert len(seen) == len(set(seen)) == len(ratings)


@pytest.mark.parametrize(
    ("ratings", "kinds", "why"),
    [
        (world(times=False), {"random", "k_fold", "cold_users"}, "no times"),
        (world(n_users=19), {"random", "k_fold", "last_out", "by_time"}, "A tenth of 19 users"),
        (rc.datasets.music_party(), set(), "at least 200"),
    ],
)
def test_what_the_data_do_not_allow_is_left_out_and_said(ratings, kinds, why):
    assert set(split_study.under_splits(Experiment(ratings, None, rc.SGD()))) == kinds
    assert why in " ".join(split_study.not_offered(ratings))


def rows(**errors):
    experiment = Experiment(world(), None, rc.SGD())
    planned = split_study.under_splits(experiment)
    done = {}
    for kind, values in errors.items():
        for each, value in zip(planned[kind], values, strict=False):
            done[each] = outcome(each, *value)
    return split_study.rows(planned, done)


def test_a_row_is_the_mean_over_folds_and_says_how_far_they_differ():
    (row,) = rows(k_fold=[(0.9, 0.2), (1.0, 0.3), (1.1, 0.4)])
    assert (row.kind, row.n, row.n_planned, row.n_held_out) == ("k_fold", 3, 5, 100)
    assert row.means["rmse"] == pytest.approx(1.0)
    assert row.deviations["rmse"] == pytest.approx(0.1)  # √((0.01 + 0 + 0.01) / 2)
    assert row.means["ndcg"] == pytest.approx(0.3)
    assert "3 folds" in split_study.chance([row]) and "0.1000" in split_study.chance([row])
    (alone,) = rows(k_fold=[(0.9,)])
    assert alone.deviations["rmse"] is None and split_study.chance([alone]) is None


def test_the_sentence_names_the_hardest_split_and_by_how_much():
    found = rows(random=[(0.93,)], by_time=[(1.01, 0.2, 1.0)], cold_users=[(0.99, 0.2, 1.1)])
    assert split_study.sentence(found) == (
        "Held out at random, the RMSE is 0.9300; by time it is 1.0100, higher by 0.0800. The model "
        "is the same."
    )
    assert split_study.beside_biases(found) == (
        "At random the model is ahead of the user + item bias by 0.0700; by time behind by 0.0100."
    )
    easier = rows(random=[(0.93,)], by_time=[(0.9,)])
    assert split_study.sentence(easier).startswith("No split is harder here")


def test_of_a_model_that_predicts_no_ratings_the_sentence_is_of_lists():
    found = rows(random=[(None, 0.3)], last_out=[(None, 0.1)], by_time=[(None, 0.2)])
    said = split_study.sentence(found)
    assert "NDCG is 0.3000; with each user's latest it is 0.1000" in said
    assert split_study.beside_biases(found) is None


def test_nothing_is_said_of_one_split():
    assert split_study.sentence(rows(random=[(0.9,)])) is None
    assert split_study.sentence(rows(by_time=[(0.9,)])) is None
    assert math.isclose(rows(random=[(0.9,)])[0].means["rmse"], 0.9)
