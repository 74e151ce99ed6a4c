"""What thirty runs at once, or very long ones, cost: nothing that grows with their product."""

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

import recsys_core as rc
from recsys_core.live import commentary
from recsys_core.runs import Registry
from tests.app_harness import components, load, new_entry, open_page


class Clock:
    """Every look at it takes a millisecond."""

    def __init__(self):
        self.now = 0.0

    def __call__(self):
        self.now += 0.001
        return self.now


@pytest.fixture
def registry():
    return Registry(clock=Clock(), threaded=False)


def begun(registry, owner, n_epochs, seed=0):
    space = registry.workspace(owner * 32)
    loaded = space.load(rc.datasets.music_party())
    model = rc.SGD(n_epochs=n_epochs, seed=seed, patience=None)
    entry = space.new_entry(loaded.experiment(model))
    entry.train()
    return entry


def test_of_thirty_runs_begun_together_each_soon_has_frames(registry):
    entries = [begun(registry, "abcdefghijklmnopqrstuvwxyz0123"[i], 10_000, i) for i in range(30)]
    began = registry.clock.now
    while any(entry.run.basis_pending for entry in entries):
        registry.turn()
        assert registry.clock.now - began < 2.0  # a twin of each would take ten
    assert all(entry.run.status == "training" and entry.run.epoch > 0 for entry in entries)


def test_the_axes_of_a_run_under_way_are_its_own_and_of_one_that_waits_a_twins(registry):
    entry = begun(registry, "a", 10_000)
    while entry.run.basis_pending:
        registry.turn()
    kept = {id(moment.value) for moment in entry.run.frames}
    assert id(entry.run.pilot) in kept
    waiting = begun(registry, "b", 10_000, seed=1)
    waiting.hold()
    while waiting.run.basis_pending:
        registry.turn()
    assert waiting.run.epoch == 0
    start = waiting.run.frames.nearest(0).value
    assert (waiting.run.pilot.user_factors != start.user_factors).any()


def test_checkpoints_share_the_epochs_and_each_goes_on_from_its_own():
    split = rc.Experiment(rc.datasets.music_party()).make_split()
    model = rc.SGD(n_epochs=20, seed=3)
    training = model.start(split.train, split.validation)
    kept = []
    while not training.finished:
        training.advance()
        kept.append(training.checkpoint())
    assert len({id(each.position["history"]) for each in kept}) == 1
    errors = [(e.number, e.loss, e.validation_rmse) for e in training.history]
    for checkpoint in kept[::6]:
        again = model.start(split.train, split.validation, checkpoint)
        while not again.finished:
            again.advance()
        assert [(e.number, e.loss, e.validation_rmse) for e in again.history] == errors
    assert [(e.number, e.loss, e.validation_rmse) for e in training.history] == errors


class Watched:
    """A run of which is counted how many epochs are looked at."""

    def __init__(self, run):
        self.run, self.looks = run, 0

    def __getattr__(self, name):
        return getattr(self.run, name)

    @property
    def epochs(self):
        return Looks(self)


class Looks(Sequence):
    def __init__(self, watched):
        self.watched = watched

    def __len__(self):
        return len(self.watched.run.epochs)

    def __getitem__(self, at):
        found = self.watched.run.epochs[at]
        self.watched.looks += len(found) if isinstance(at, slice) else 1
        return found


def test_the_sentences_of_a_long_run_are_found_in_one_look_at_its_epochs(registry):
    entry = begun(registry, "a", 400)
    while entry.run.busy:
        registry.turn()
    watched = Watched(entry.run)
    said = commentary.changes(watched, 0)
    assert said[0][0] == 0 and len(said) > 2
    assert 400 < watched.looks < 10 * 400  # not 400²
    texts = [commentary.during(entry.run, epoch) for epoch in range(401)]
    assert said == [(e, t) for e, t in enumerate(texts) if e == 0 or t != texts[e - 1]]


def test_of_more_runs_than_a_chart_holds_the_latest_are_drawn_and_the_one_in_view(browser_id):
    space = load(browser_id, rc.datasets.music_party())
    first, *rest = [new_entry(space, rc.SGD(seed=seed)) for seed in range(15)]
    for seen, drawn in ((rest[-1], rest[-12:]), (first, [first, *rest[-11:]])):
        space.look_at(seen)
        told = components(open_page("train", browser_id))["view"]["live"]
        assert told["main"] == seen.run.stream
        assert told["streams"][:12] == [each.run.stream for each in drawn]


def test_the_server_multiplies_matrices_on_one_thread():
    code = (
        "import app, numpy, threadpoolctl\n"
        "print({p['num_threads'] for p in threadpoolctl.threadpool_info()"
        " if p['internal_api'] == 'openblas'} or {1})"
    )
    environment = {k: v for k, v in os.environ.items() if k != "OPENBLAS_NUM_THREADS"}
    command = [sys.executable, "-c", code]
    root = Path(__file__).resolve().parents[2]
    said = subprocess.run(
        command, cwd=root, env=environment, capture_output=True, text=True, check=True
    )
    assert said.stdout.split() == ["{1}"], said.stderr
