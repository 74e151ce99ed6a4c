"""Sweeps under way: in slices, stopped and gone on with, paused, kept and brought back."""

from __future__ import annotations

import pytest

import recsys_core as rc
from recsys_core.errors import SettingsError
from recsys_core.experiments import Experiment
from recsys_core.experiments.sweep import Over, Sweep, Trial
from recsys_core.runs import Registry, SweepRun, Workspace

OVER = Over("reg", (0.003, 0.03, 0.3, 3.0)), Over("n_factors", (1, 2, 3))


def begun(n_epochs: int = 8, model: rc.Model | None = None, **more) -> tuple[Registry, SweepRun]:
    registry = Registry(threaded=False)
    space = registry.workspace("a browser")
    experiment = Experiment("low_rank", "random", model or rc.SGD(n_epochs=n_epochs))
    return registry, space.new_sweep(Sweep(experiment, more.pop("over", OVER), **more))


def finish(registry: Registry, run: SweepRun) -> None:
    run.start()
    while run.busy:
        registry.turn()
    assert not run.message, run.message


def without_time(trials: tuple[Trial, ...]) -> list[dict]:
    return [{**trial.to_dict(), "seconds": 0} for trial in trials]


def test_trials_are_what_training_them_alone_gives():
    registry, run = begun(pause=False)
    finish(registry, run)
    assert run.status == "finished" and run.n_ended == 24
    for trial in run.trials[::7]:
        record = rc.run(run.experiment_of(trial.number))
        assert trial.status == "done"
        assert trial.errors == tuple(e.validation_rmse for e in record.epochs)
        assert trial.best == record.scores["validation_rmse"]
        assert trial.best_epoch == record.best_epoch


def test_stopped_and_gone_on_with_it_is_the_same():
    registry, straight = begun()
    finish(registry, straight)
    assert straight.n_paused
    registry, run = begun()
    run.start()
    while run.n_ended < 10:
        run.work(0.0005)
    run.stop()
    before = run.trials
    assert run.status == "stopped"
    registry.turn()
    assert run.trials is before, "nothing is trained while it is stopped"
    finish(registry, run)
    assert without_time(run.trials) == without_time(straight.trials)


def test_paused_trials_can_be_trained_to_their_end():
    registry, run = begun()
    finish(registry, run)
    paused = [t for t in run.trials if t.status == "paused"]
    assert paused and all(5 <= len(t.errors) < 9 for t in paused), "from half of the epochs on"
    run.resume_paused()
    finish(registry, run)
    assert {t.status for t in run.trials} == {"done"}
    _, whole = begun(pause=False)
    finish(whole._worker, whole)  # type: ignore[arg-type]
    assert without_time(run.trials) == without_time(whole.trials)


def test_one_that_diverges_harms_no_other():
    over = (Over("learning_rate", (0.03, 1e6)),)
    registry, run = begun(over=over)
    finish(registry, run)
    failed = [t for t in run.trials if t.status == "failed"]
    assert {dict(t.settings)["learning_rate"] for t in failed} == {1e6}
    assert "diverged" in failed[0].message and failed[0].best is None
    assert sum(t.status == "done" for t in run.trials) == 2


def test_no_model_is_held_when_it_is_over():
    registry, run = begun()
    finish(registry, run)
    assert run._course is None
    run_while = begun()[1]
    run_while.start()
    while run_while._course is None or run_while.n_ended < 3:
        run_while.work(0.001)
    assert run_while._course.training.best is not None, "of the one under way alone"


def test_what_cannot_be_judged_is_refused():
    with pytest.raises(SettingsError, match="keeps none"):
        Registry(threaded=False).workspace("a").new_sweep(
            Sweep(Experiment("party", "whole", rc.SGD()), (Over("reg", (0.1, 0.2)),))
        )
    registry, run = begun(model=rc.ImplicitALS(n_epochs=2), over=(Over("n_factors", (2, 3)),))
    run.start()
    registry.turn()
    assert run.status == "failed" and "predicts no ratings" in run.message


def test_a_second_sweep_stops_the_first():
    _, run = begun()
    run.start()
    space = run._worker.workspace("a browser")  # type: ignore[attr-defined]
    other = space.new_sweep(run.sweep)
    assert (run.status, other.number) == ("stopped", 2)
    space.remove_sweep(run)
    assert [each.number for each in space.sweeps] == [2]


def back(store, keep, owner: str = "a browser") -> Workspace:
    space = Registry(threaded=False).workspace(owner)
    keep.fill(store, space)
    return space


def test_kept_sweeps_come_back(tmp_path):
    pytest.importorskip("sqlalchemy")
    from recsys_core.experiments.store import Store
    from recsys_core.runs.kept_sweeps import KeptSweeps

    url = f"sqlite:///{tmp_path}/factorscope.db"
    registry, run = begun()
    space, store, keep = registry.workspace("a browser"), Store(url), KeptSweeps(url)
    run.start()
    while run.n_ended < 10:
        run.work(0.0005)
    keep.write(store, space)
    # As after kill -9: what was not written is not there.
    again = back(store, KeptSweeps(url)).sweeps[0]
    assert (again.id, again.sweep, again.status) == (run.id, run.sweep, "stopped")
    assert without_time(again.trials) == without_time(run.trials[: len(again.trials)])
    assert len(again.trials) == 10
    finish(again._worker, again)  # type: ignore[arg-type]
    finish(registry, run)
    assert without_time(again.trials) == without_time(run.trials)
    keep.write(store, space)
    finished = back(store, KeptSweeps(url)).sweeps[0]
    assert finished.status == "finished" and finished.trials == run.trials
    assert back(store, keep, "another").sweeps == []
    space.remove_sweep(run)
    keep.write(store, space)
    assert back(store, KeptSweeps(url)).sweeps == []
