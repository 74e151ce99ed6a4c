"""Many seeds of one model: which trainings these are, their band, the neighbours they share."""

import numpy as np
import pytest

import recsys_core as rc
from recsys_core.experiments import Experiment, seed_band
from recsys_core.experiments.outcome import Outcome
from recsys_core.training import Epoch


def outcome(errors, neighbours, best=None):
    epochs = tuple(Epoch(n, 1.0, e, 1.0, 0.0) for n, e in enumerate(errors))
    width = 10
    table = np.full((len(neighbours), width), -1, np.int32)
    for row, found in enumerate(neighbours.values()):
        table[row, : len(found)] = found
    return Outcome(
        experiment=Experiment("party", "whole", rc.SGD()), epochs=epochs, best_epoch=best,
        n_train=1, n_held_out=1, n_unseen=0, score=None, baselines={},
        items=np.array(list(neighbours), np.int32), neighbours=table,
    )  # fmt: skip


def test_seeds_are_counted_from_the_experiments_own_and_change_nothing_else():
    experiment = Experiment("low_rank", {"name": "random", "seed": 5}, rc.SGD(n_factors=3, seed=7))
    for which, models, splits in (
        ("model", [7, 8, 9], [5, 5, 5]),
        ("split", [7, 7, 7], [5, 6, 7]),
        ("both", [7, 8, 9], [5, 6, 7]),
    ):
        found = seed_band.seeds(experiment, 3, which)
        assert found[0] == experiment and len(set(found)) == 3
        assert [each.make_model().seed for each in found] == models
        assert [each.split["seed"] for each in found] == splits
        assert {each.make_model().n_factors for each in found} == {3}


def test_only_seeds_that_draw_something_are_offered():
    split = {"name": "random"}
    assert seed_band.seeded(Experiment("party", split, rc.SGD())) == ["model", "split", "both"]
    assert seed_band.seeded(Experiment("party", "whole", rc.SGD())) == ["model"]
    assert seed_band.seeded(Experiment("party", split, rc.ItemKNN())) == ["split"]
    assert seed_band.seeded(Experiment("party", "whole", rc.ItemKNN())) == []
    # A seed that nothing is drawn by: few ratings are not split, the latest are the latest.
    for split in ("usual", "last_out", "whole"):
        assert seed_band.seeded(Experiment("party", split, rc.SGD())) == ["model"], split
    drawn = {"name": "last_out", "validation_from": "random"}
    assert "split" in seed_band.seeded(Experiment("party", drawn, rc.SGD()))
    assert "split" in seed_band.seeded(Experiment("low_rank", "usual", rc.SGD()))


def test_a_forked_experiment_keeps_its_forks():
    forked = Experiment("party", "whole", rc.SGD(n_epochs=9)).fork(4, learning_rate=0.01)
    assert [each.forks for each in seed_band.seeds(forked, 2)] == [forked.forks] * 2


def test_the_band_is_over_those_that_got_so_far_while_half_did():
    table = seed_band.band(
        [
            [Epoch(n, 1.0, e, 1.0, 0.0) for n, e in enumerate(errors)]
            for errors in ([1.0, 0.8, 0.5, 0.4], [1.0, 0.6], [1.2, 0.7, 0.7], [0.8, 0.7])
        ]
    )
    assert table.to_numpy().tolist() == [
        [0, 0.8, pytest.approx(1.0), 1.2, 4],
        [1, 0.6, pytest.approx(0.7), 0.8, 4],
        [2, 0.5, pytest.approx(0.6), 0.7, 2],
    ]
    assert seed_band.band([]).empty


def test_without_validation_the_band_is_of_training_and_without_ratings_of_the_objective():
    for epoch, what, number in (
        (Epoch(0, 0.9, 0.8, 7.0, 0.0), "validation RMSE", 0.8),
        (Epoch(0, 0.9, None, 7.0, 0.0), "training RMSE", 0.9),
        (Epoch(0, None, None, 7.0, 0.0), "objective", 7.0),
    ):
        assert seed_band.leading([epoch]) == (what, [number])


def test_shared_neighbours_by_hand():
    three = [
        outcome([1.0], {4: [1, 2, 3], 0: [9]}),
        outcome([1.0], {4: [3, 2, 5], 8: [1]}),
        outcome([1.0], {4: [6, 7, 3], 0: [9]}),
    ]
    # {1,2,3} and {2,3,5}: 2 of 4; {1,2,3} and {3,6,7}: 1 of 5; {2,3,5} and {3,6,7}: 1 of 5.
    (found,) = seed_band.shared(three, [4, 0, 8])
    assert found.item == 4 and found.listed == 3 and found.always == 1
    assert found.mean == pytest.approx((2 / 4 + 1 / 5 + 1 / 5) / 3)
    assert (found.lowest, found.highest) == (1 / 5, 2 / 4)
    assert found.common == pytest.approx((2 + 1 + 1) / 3)
    assert seed_band.most_rated(three, 5) == [4]
    assert seed_band.shared(three[:1], [4]) == []
    assert "1.3 of the 3 nearest songs" in seed_band.spread_of_neighbours([found], "songs")


def test_the_spread_of_errors_is_of_the_best_epochs():
    seeds = [outcome([1.0, 0.5, 0.7], {}, best=1), outcome([1.0, 0.6, 0.9], {}, best=1)]
    said = seed_band.spread_of_errors(seeds)
    assert "2 seeds the validation RMSE of the best epoch lies between 0.5000 and 0.6000" in said
    assert "standard deviation 0.0707" in said and "lie 0.1000 or less apart" in said
    assert seed_band.spread_of_errors(seeds[:1]) is None
