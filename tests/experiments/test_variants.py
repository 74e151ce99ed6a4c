"""The networks of neural MF beside each other: which trainings these are, and what is said."""

import pytest

import recsys_core as rc
from recsys_core.experiments import Experiment, variants
from recsys_core.experiments.variants import Row

ALL = ("dot", "GMF", "MLP", "NeuMF")
BASELINES = {"Global mean": 1.2, "User + item bias": 1.0}


def experiment(**settings):
    return Experiment("low_rank", {"name": "random", "seed": 4}, rc.NeuralMF(**settings))


def test_all_but_network_and_seed_is_the_experiments():
    own = experiment(variant="MLP", n_factors=4, n_epochs=2, seed=7).fork(1, learning_rate=0.003)
    plan = variants.planned(own)
    assert tuple(plan) == ALL
    assert plan["MLP"][0] == own
    for variant, experiments in plan.items():
        assert [each.make_model().seed for each in experiments] == [7, 8, 9]
        for each in experiments:
            assert each.make_model().variant == variant
            assert (each.data, each.split, each.forks) == (own.data, own.split, own.forks)
            assert (each.model["n_factors"], each.model["n_epochs"]) == (4, 2)


def test_ratings_that_were_brought_are_held_by_all():
    ratings = rc.datasets.low_rank(30, 20, n_factors=2, density=0.5)
    ratings = rc.Ratings(
        ratings.user_ids, ratings.item_ids, ratings.values, ratings.users, ratings.items,
        ratings.scale,
    )  # fmt: skip
    plan = variants.planned(Experiment(ratings, "random", rc.NeuralMF(n_factors=2)))
    for experiments in plan.values():
        for each in experiments:
            assert each.make_ratings().n_ratings == ratings.n_ratings


def test_what_is_chosen_for_one_network_alone_is_said():
    small = experiment()
    assert variants.chosen_apart(variants.planned(small), small.make_split().train) == {}
    large = rc.datasets.low_rank(400, 200, density=0.4)
    plan = variants.planned(Experiment(large, "whole", rc.NeuralMF()))
    assert set(apart := variants.chosen_apart(plan, large)) == {"MLP"}
    assert len(apart["MLP"]) == 2 and "0.003" in apart["MLP"][0]
    given = Experiment(large, "whole", rc.NeuralMF(learning_rate=0.01, weight_decay=0.001))
    assert variants.chosen_apart(variants.planned(given), large) == {}


def rows(**errors):
    return [Row(variant, tuple(each), (3.0, 4.0), BASELINES) for variant, each in errors.items()]


@pytest.mark.parametrize(
    ("found", "said"),
    [
        # Every seed of GMF below every seed of dot.
        (rows(dot=[0.9, 0.92], GMF=[0.8, 0.82], MLP=[0.95, 0.96]), "GMF is better than the dot"),
        # Lower on average, but the seeds overlap.
        (rows(dot=[0.9, 0.92], MLP=[0.89, 0.91]), "is as good: MLP has the lowest"),
        (rows(dot=[0.9, 0.92], MLP=[0.91, 0.95]), "is as good as any"),
        (rows(dot=[0.9, 0.92], GMF=[0.91, 0.93], MLP=[0.95, 0.97]), "0.9100: MLP is behind"),
        (rows(dot=[0.9, 0.92], GMF=[0.94, 0.93], MLP=[0.95, 0.97]), "GMF and MLP are behind"),
    ],
)
def test_what_is_said_weighs_the_difference_by_what_seeds_do(found, said):
    assert said in variants.sentence(found)


def test_nothing_is_said_before_seeds_can_be_compared():
    assert variants.sentence([]) is None
    assert variants.sentence(rows(dot=[0.9, 0.92])) is None
    assert variants.sentence(rows(GMF=[0.9, 0.92], MLP=[0.9, 0.92])) is None
    assert variants.sentence(rows(dot=[0.9, 0.92], MLP=[0.9])) is None


def test_a_network_no_better_than_the_biases_is_named():
    assert variants.beside_biases(rows(dot=[0.9], MLP=[0.95])) is None
    assert "bias, 1.0000: MLP." in variants.beside_biases(rows(dot=[0.9], MLP=[1.05]))
    assert "None of them" in variants.beside_biases(rows(dot=[1.0], MLP=[1.05]))
    assert variants.beside_biases([Row("dot", (2.0,), (), {})]) is None
