"""Diagnosis: which curves mean what, where it began, and that what is offered was tried."""

from __future__ import annotations

import pytest

import recsys_core as rc
from recsys_core.errors import DivergedError
from recsys_core.experiments import Experiment, diagnosis, run
from recsys_core.experiments.outcome import Outcome, measuring
from recsys_core.experiments.running import ExperimentTraining
from recsys_core.training import Epoch


def curve(train, validation=None):
    held = validation or [None] * len(train)
    return [Epoch(n, t, v, t, 0.1) for n, (t, v) in enumerate(zip(train, held, strict=True))]


RATE = {"learning_rate": 0.1}


@pytest.mark.parametrize(
    ("epochs", "failed", "settings", "kind", "began"),
    [
        (curve([2, 1, 0.9, 5, 60]), True, RATE, "diverged", 2),
        (curve([2.0]), True, RATE, "diverged", 0),
        (curve([2, 1.5, 1.2, 1.0], [2, 1.6, 1.4, 1.3]), False, RATE, "well", None),
        (curve([2, 1.5, 1.2, 1.0], [2, 1.6, 1.4, 1.401]), False, RATE, "well", None),
        (curve([2, 1.5, 1.2, 1.0, 0.8], [2, 1.4, 1.3, 1.35, 1.5]), False, RATE, "overfits", 2),
        (curve([2, 1.5, 1.2, 1.0]), False, RATE, "unknown", None),
        (curve([2, 1.0, 1.1, 1.3], [2, 1.2, 1.3, 1.5]), False, RATE, "overshoots", 1),
        (curve([2, 1.0, 1.1, 1.3], [2, 1.2, 1.3, 1.5]), False, {}, "well", None),
        (curve([2, 1.5]), False, RATE, "early", None),
    ],
)
def test_what_curves_mean(epochs, failed, settings, kind, began):
    found = diagnosis.diagnose(epochs, failed, settings)
    assert (found.kind, found.began) == (kind, began)
    if began:
        assert f"after epoch {began}" in found.sentence or f"since epoch {began}" in found.sentence


def outcome_of(experiment) -> Outcome:
    split = experiment.make_split()
    course = ExperimentTraining(experiment, split)
    while not course.finished:
        course.advance()
    steps = measuring(experiment, split, course.training, {})
    while True:
        try:
            next(steps)
        except StopIteration as end:
            return end.value


def trained(experiment):
    """Its epochs, its settings, and whether it diverged."""
    course = ExperimentTraining(experiment, experiment.make_split())
    try:
        while not course.finished:
            course.advance()
    except DivergedError:
        return course.training.history, course.training.settings, True
    return course.training.history, course.training.settings, False


WORLD = rc.datasets.low_rank(80, 50, 2, density=0.3, noise=0.6, seed=3)
SPLIT = {"name": "random", "validation": 0.2, "test": 0, "seed": 0}


def test_what_diverges_is_mended_by_a_smaller_rate_which_was_tried():
    experiment = Experiment(WORLD, SPLIT, rc.SGD(n_factors=5, learning_rate=3.0, n_epochs=20))
    epochs, settings, failed = trained(experiment)
    found = diagnosis.diagnose(epochs, failed, settings)
    assert found.kind == "diverged"
    tried = diagnosis.remedies(experiment, settings, found)
    assert [each.settings["learning_rate"] for each in tried] == [1.5, 0.6, 0.15]
    assert tried[1].change == "γ = 0.6 instead of 3"
    assert {each.experiment.make_model().n_factors for each in tried} == {5}
    assert all(each.experiment.split == experiment.split for each in tried)
    outcomes = {}
    for each in tried:
        try:
            outcomes[each.experiment] = outcome_of(each.experiment)
        except DivergedError:
            continue
    best = diagnosis.best_of(tried, outcomes)
    error = diagnosis.judged_error(outcomes[best.experiment])
    assert error == min(diagnosis.judged_error(each) for each in outcomes.values())
    assert error == pytest.approx(run(best.experiment).scores["validation_rmse"], rel=1e-6)
    assert error < WORLD.values.std() * 1.05  # it learned something at all


def test_what_overfits_is_mended_by_more_regularisation():
    model = rc.SGD(n_factors=10, learning_rate=0.05, reg=0.0, n_epochs=150, patience=None)
    experiment = Experiment(WORLD, SPLIT, model)
    epochs, settings, failed = trained(experiment)
    found = diagnosis.diagnose(epochs, failed, settings)
    assert found.kind == "overfits" and 0 < found.began < len(epochs) - 1
    tried = diagnosis.remedies(experiment, settings, found)
    assert [each.settings for each in tried] == [
        {"reg": 0.02}, {"reg": 0.1}, {"reg": 0.3}, {"n_factors": 5},
    ]  # fmt: skip
    outcomes = {each.experiment: outcome_of(each.experiment) for each in tried}
    best = diagnosis.best_of(tried, outcomes)
    before = min(epoch.validation_rmse for epoch in epochs)
    assert "reg" in best.settings
    assert diagnosis.judged_error(outcomes[best.experiment]) < before


def test_a_model_with_two_penalties_has_both_changed():
    experiment = Experiment(WORLD, SPLIT, rc.PMF(n_factors=4, reg_user=0.1, reg_item=0.2))
    settings = experiment.make_model().resolve(experiment.make_split().train)
    found = diagnosis.diagnose(
        curve([2, 1.5, 1.2, 1.0, 0.8], [2, 1.4, 1.3, 1.35, 1.5]), False, settings
    )
    tried = diagnosis.remedies(experiment, settings, found)
    assert tried[0].settings == {"reg_user": 0.3, "reg_item": 0.6}
    assert tried[0].change == "λ_U = 0.3 instead of 0.1, λ_V = 0.6 instead of 0.2"


def test_where_nothing_is_wrong_nothing_is_offered_and_nothing_tried_is_best():
    experiment = Experiment(WORLD, SPLIT, rc.SGD())
    well = diagnosis.diagnose(curve([2, 1.5, 1.2, 1.0], [2, 1.6, 1.4, 1.3]), False, RATE)
    assert diagnosis.remedies(experiment, RATE, well) == []
    assert diagnosis.best_of([], {}) is None
