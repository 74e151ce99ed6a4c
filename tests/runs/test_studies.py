"""Experiments trained for their numbers alone, turn by turn."""

import numpy as np
import pytest

import recsys_core as rc
from recsys_core import runs
from recsys_core.experiments import Experiment, run, seed_band
from recsys_core.experiments.outcome import NEIGHBOURS
from recsys_core.runs import studies


@pytest.fixture
def server():
    return runs.Registry(threaded=False)


@pytest.fixture
def space(server):
    return server.workspace("a browser")


@pytest.fixture
def experiment(space):
    world = rc.datasets.low_rank(60, 40, 2, density=0.4, noise=0.2, seed=1)
    data = space.load(world)
    data.choose({"name": "random", "seed": 2})
    return data.experiment(rc.SGD(n_factors=2, n_epochs=5))


def step(study):
    """One step of work, however fast the machine is: the clock is past the slice by then."""
    ticks = iter((0.0, 0.0))
    real, study._worker.clock = study._worker.clock, lambda: next(ticks, 1.0)
    try:
        study.work(0.5)
    finally:
        study._worker.clock = real


def work(server, space):
    for _ in range(5000):
        if not space.study.busy:
            return
        server.turn()
    raise AssertionError("it never ended")


def test_a_study_gives_the_numbers_of_the_same_experiment_run_alone(server, space, experiment):
    planned = seed_band.seeds(experiment, 3)
    space.study.ask(planned)
    work(server, space)
    for each in planned:
        found, alone = space.study.outcomes[each], run(each)
        assert [e.validation_rmse for e in found.epochs] == [
            e.validation_rmse for e in alone.epochs
        ]
        assert found.best_epoch == alone.best_epoch
        assert found.score.rmse == pytest.approx(alone.scores["validation_rmse"], rel=1e-6)
        for item, nearest in zip(found.items[:5], found.neighbours, strict=False):
            expected = alone.fitted.similar_items(int(item), NEIGHBOURS)["item"]
            np.testing.assert_array_equal(nearest, expected)
        split = each.make_split()
        mean = rc.GlobalMean().fit(split.train)
        held = split.validation
        expected = rc.metrics.rmse(held.values, mean.predict(held.user_ids, held.item_ids))
        assert found.baselines["Global mean"] == pytest.approx(expected, rel=1e-6)
        assert (found.n_train, found.n_held_out) == (len(split.train), len(held))


def test_stop_keeps_what_is_done_and_asking_again_trains_the_rest(server, space, experiment):
    planned = seed_band.seeds(experiment, 3)
    study = space.study
    study.ask(planned)
    while not study.outcomes:
        step(study)
    first = study.outcomes[planned[0]]
    assert study.progress(planned).busy
    study.stop(planned)
    assert not study.busy and study.progress(planned).n_done == 1
    server.turn()
    assert len(study.outcomes) == 1
    study.ask(planned)
    work(server, space)
    assert set(study.outcomes) == set(planned) and study.outcomes[planned[0]] is first


def test_stopping_some_leaves_the_others_wanted(server, space, experiment):
    one, other, third = seed_band.seeds(experiment, 3)
    space.study.ask([one, other, third])
    step(space.study)
    space.study.stop([one, third])
    work(server, space)
    assert set(space.study.outcomes) == {other}


def test_how_far_it_is_is_said_epoch_by_epoch(space, experiment):
    planned = seed_band.seeds(experiment, 2)
    study = space.study
    study.ask(planned)
    assert study.progress(planned).share == 0 and study.progress(planned).busy
    shares = []
    while study.busy:
        step(study)
        shares.append(study.progress(planned).share)
    assert shares == sorted(shares) and shares[-1] == 1.0
    assert any(0 < share < 0.5 for share in shares), "epochs of the first are counted"


def test_what_fails_says_why_and_harms_no_other(server, space, experiment):
    bad = Experiment(experiment.data, experiment.split, rc.SGD(learning_rate=1e6, biases=False))
    bad = bad.with_ratings(experiment.make_ratings())
    space.study.ask([bad, experiment])
    work(server, space)
    assert "diverged" in space.study.failed[bad]
    assert experiment in space.study.outcomes and bad not in space.study.outcomes
    assert space.study.progress([bad, experiment]).n_done == 2


def test_what_is_on_data_that_are_unloaded_is_forgotten(server, space, experiment):
    space.study.ask([experiment])
    work(server, space)
    other = space.load(rc.datasets.music_party()).experiment(rc.SGD(n_epochs=2))
    space.study.ask([other, *seed_band.seeds(experiment, 2)])
    space.unload(space.data_of(experiment.data))
    work(server, space)
    assert set(space.study.outcomes) == {other}


def test_the_models_of_the_latest_are_kept(server, space, experiment, monkeypatch):
    planned = seed_band.seeds(experiment, 3)
    space.study.ask(planned)
    work(server, space)
    for each in planned:
        np.testing.assert_array_equal(space.study.fitted[each].p, run(each).fitted.p)
    size = space.study.fitted[planned[0]].nbytes
    monkeypatch.setattr(studies, "_MOST_OF_MODELS", 2 * size)
    fourth = seed_band.seeds(experiment, 4)[3]
    space.study.ask([fourth])
    work(server, space)
    assert list(space.study.fitted) == [planned[2], fourth]
    assert set(space.study.outcomes) == {*planned, fourth}, "numbers stay"
    space.unload(space.data_of(experiment.data))
    assert not space.study.fitted


def test_runs_train_on_while_a_study_does(server, space, experiment):
    entry = space.new_entry(experiment)
    entry.train()
    space.study.ask(seed_band.seeds(experiment, 2))
    for _ in range(5000):
        if not space.busy and not space.study.busy:
            break
        server.turn()
    assert entry.run.status == "finished" and len(space.study.outcomes) == 2
