"""Jobs beside a run's training: done in turn, stopped, failed, forgotten with their run."""

import pytest

import recsys_core as rc
from recsys_core import runs
from recsys_core.errors import SettingsError


@pytest.fixture
def server():
    return runs.Registry(threaded=False)


@pytest.fixture
def space(server):
    return server.workspace("a browser")


@pytest.fixture
def run(space):
    data = space.load(rc.datasets.music_party())
    return space.new_entry(data.experiment(rc.SGD(n_factors=2, n_epochs=2))).run


def counting(n, log):
    for step in range(n):
        log.append(step)
        yield step / n
    return n


def work(server, space):
    for _ in range(100):
        if not space.jobs.busy:
            return
        server.turn()
    raise AssertionError("it never ended")


def test_jobs_are_done_in_turn_and_once(server, space, run):
    first, second = [], []
    space.jobs.ask(run, "first", lambda: counting(3, first))
    space.jobs.ask(run, "second", lambda: counting(2, second))
    space.jobs.ask(run, "first", lambda: counting(3, first))
    assert space.jobs.share(run, "first") == 0 and space.jobs.result(run, "first") is None
    work(server, space)
    assert (first, second) == ([0, 1, 2], [0, 1])
    assert (space.jobs.result(run, "first"), space.jobs.result(run, "second")) == (3, 2)
    assert space.jobs.share(run, "first") is None
    space.jobs.ask(run, "first", lambda: counting(3, first))
    assert not space.jobs.busy


def test_how_far_it_is_and_a_stop_in_the_middle(space, run):
    log = []
    space.jobs.ask(run, "long", lambda: counting(4, log))
    space.jobs._step()
    space.jobs._step()
    assert space.jobs.share(run, "long") == 0.25 and log == [0, 1]
    space.jobs.stop(run, "long")
    assert not space.jobs.busy and space.jobs.result(run, "long") is None
    space.jobs.ask(run, "long", lambda: counting(4, log))
    space.jobs._step()
    assert log == [0, 1, 0]  # from its beginning


def test_what_fails_says_why_and_stops_nobody_else(server, space, run):
    def refused():
        yield 0.0
        raise SettingsError("That cannot be.")

    def broken():
        yield 0.0
        raise ZeroDivisionError

    space.jobs.ask(run, "refused", refused)
    space.jobs.ask(run, "broken", broken)
    space.jobs.ask(run, "good", lambda: counting(1, []))
    work(server, space)
    assert space.jobs.failure(run, "refused") == "That cannot be."
    assert "error of ours" in space.jobs.failure(run, "broken")
    assert space.jobs.result(run, "good") == 1 and not space.jobs.failure(run, "good")


def test_a_run_that_is_removed_takes_its_jobs_along(space, run):
    space.jobs.ask(run, "long", lambda: counting(4, []))
    space.remove(space.entries[0])
    assert not space.jobs.busy
