"""What comes of a room: an ordinary experiment, fair guesses, and links that work."""

from __future__ import annotations

import collections

import numpy as np
import pytest
from hypothesis import given as drawn
from hypothesis import strategies as st

import recsys_core as rc
from recsys_core.errors import MissingDataError
from recsys_core.experiments import Experiment, link
from recsys_core.experiments.store_errors import VARIABLE
from recsys_core.rooms import Answer, Guess, close, lists, results, rooms, shared_ratings, simulated
from recsys_core.rooms.freezing import frozen
from recsys_core.rooms.results import CELLS_EACH, Cell, Results, Scores, dealt
from recsys_core.runs.registry import Registry
from tests.rooms.test_model import opinions, state

CELL = st.builds(Cell, st.integers(1, 8), st.integers(0, 5))


@drawn(st.lists(CELL, unique=True, max_size=30), st.integers(0, 3))
def test_hidden_ratings_are_dealt_evenly_and_never_to_whose_they_are(cells, seed):
    found = dealt(cells, range(1, 9), seed)
    assert found == dealt(cells, range(1, 9), seed)
    assert {n: found[n] for n in range(1, 5)} == dealt(cells, range(1, 5), seed)
    for number, mine in found.items():
        others = [at for at, cell in enumerate(cells) if cell.member != number]
        assert len(mine) == len(set(mine)) == min(CELLS_EACH, len(others))
        assert set(mine) <= set(others)


def test_with_a_cell_of_each_all_are_guessed_as_often():
    cells = [Cell(member, 0) for member in range(1, 31)]
    times = collections.Counter(
        at for mine in dealt(cells, range(1, 31), 0).values() for at in mine
    )
    assert set(times.values()) <= {5, 6, 7} and sum(times.values()) == 180


def of(rated, **chosen):
    found = state(rated, phase="locked", **chosen)
    return found, Results.of(found.room, "x" * 10, frozen(found))


def test_the_hidden_ratings_are_the_test_part_of_an_ordinary_experiment():
    rated = opinions()
    locked, found = of(rated)
    experiment = found.record.experiment
    split = Experiment(experiment.data, experiment.split, experiment.model).with_ratings(
        frozen(locked)
    ).make_split()  # fmt: skip
    assert len(found.cells) == len(split.test) == round(0.15 * np.isfinite(rated).sum())
    for at, cell in enumerate(found.cells):
        assert rated[cell.member - 1, cell.item] == found.truth[at]
        assert cell.item not in [item for item, _ in found.known_of(cell.member)]
    for member in found.numbers:
        hidden = {cell.item for cell in found.cells if cell.member == member}
        known = dict(found.known_of(member))
        assert known.keys() | hidden == set(np.flatnonzero(np.isfinite(rated[member - 1])))
        assert known and all(rated[member - 1, i] == value for i, value in known.items())
    assert rc.run(experiment.with_ratings(frozen(locked))).receipt[:20] == found.record.receipt[:20]
    assert rc.run(experiment.with_ratings(frozen(locked))).digest == found.record.digest


def test_scores_computed_by_hand():
    rated = opinions()
    locked, found = of(rated)
    assert found.scores([]) == Scores(0, 0, 0)
    first, second = found.cells[0], found.cells[1]
    guesses = [
        Guess(1, first.member, first.item, 5.0), Guess(2, first.member, first.item, 1.0),
        Guess(1, second.member, second.item, 2.0), Guess(1, 99, 0, 5.0),  # of no hidden rating
    ]  # fmt: skip
    scores = found.scores(guesses)
    assert (scores.n_pairs, scores.n_cells, scores.n_members) == (3, 2, 2)
    truth = np.array([found.truth[0], found.truth[0], found.truth[1]])

    def rmse(predicted):
        return float(np.sqrt(np.mean((truth - predicted) ** 2)))

    assert scores.guesses == pytest.approx(rmse(np.array([5.0, 1.0, 2.0])))
    visible = rated.copy()
    for cell in found.cells:
        visible[cell.member - 1, cell.item] = np.nan
    means = np.nanmean(visible, axis=0)[[first.item, first.item, second.item]]
    assert scores.mean == pytest.approx(rmse(means), abs=1e-6)
    row = {number: at for at, number in enumerate(found.numbers)}
    model = [found.predicted()[row[c.member], c.item] for c in (first, first, second)]
    assert scores.model == pytest.approx(rmse(np.array(model)), abs=1e-5)
    assert scores.baseline != scores.mean


def test_the_model_of_a_class_with_tastes_beats_means_and_biases():
    locked, found = of(opinions(n=30, m=24, seed=4, gaps=0.2))
    everywhere = [Guess(1, cell.member, cell.item, 3.0) for cell in found.cells]
    scores = found.scores(everywhere)
    assert scores.model < 0.9 * scores.baseline and scores.baseline <= 1.05 * scores.mean


def test_what_a_member_is_shown():
    rated = opinions()
    locked, found = of(rated)
    for number in (1, 10):
        classmates = found.classmates(number)
        assert len(classmates) == 3 and number not in [other for other, _ in classmates]
        alike = [similarity for _, similarity in classmates]
        assert alike == sorted(alike, reverse=True)
        best = found.recommendations(number)
        unrated = set(np.flatnonzero(np.isnan(rated[number - 1])))
        assert {item for item, _ in best} <= unrated and len(best) == min(5, len(unrated))
        row = found.predicted()[found.numbers.index(number)]
        assert [value for _, value in best] == sorted((row[i] for i in unrated), reverse=True)[:5]
    assert found.classmates(99) == [] and found.recommendations(99) == []


def test_links_to_frozen_ratings_work_also_after_a_restart(tmp_path, monkeypatch):
    monkeypatch.setenv(VARIABLE, f"sqlite:///{tmp_path}/rooms.db")
    desk = rooms().desk
    code, _ = desk.open(lists.ready("films")[:12], title="Films").result(30)
    desk.go_to(code, "rating").result(30)
    tastes = simulated.opinions(6, 12, desk.known(code).room.scale, 0)
    for number in range(1, 7):
        desk.join(code, f"m{number}").result(30)
        answers = [Answer(number, i, float(v), i) for i, v in enumerate(tastes[number - 1])]
        desk.answer(code, number, answers).result(30)
    beside = desk.freeze(code).result(30)
    desk.go_to(code, "locked").result(30)
    found = rooms().results(desk.known(code).room).result(60)
    query = found.record.experiment.to_query()
    close()  # and begin anew
    registry = Registry(threaded=False)
    registry.find_shared = shared_ratings
    experiment, _, remarks = link.read(query)
    assert not remarks and experiment == found.record.experiment
    ratings = registry.shared(experiment.data)
    assert ratings.fingerprint == found.frozen.fingerprint
    assert registry.shared(experiment.data) is ratings  # so that all watch one run
    entry = registry.workspace("me").new_entry(experiment)
    assert entry.run.ratings is ratings
    assert rooms().ratings(beside).fingerprint == ratings.fingerprint
    again = rooms().results(rooms().desk.state(code).result(30).room).result(60)
    assert again.record.digest == found.record.digest and again.cells == found.cells
    rooms().desk.delete(code).result(30)
    with pytest.raises(MissingDataError, match="no longer shared"):
        registry.shared(experiment.data)


def test_hidden_cells_of_a_tiny_class():
    rated = np.array([[5.0, 1, 2, 3, 4], [4, 2, 2, 3, 5]])
    locked, found = of(rated)
    assert 1 <= len(found.cells) <= 2
    assert all(results.Cell(c.member, c.item) in found.cells for c in found.cells_of(locked, 1))
