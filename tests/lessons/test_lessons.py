"""Each lesson that comes along: every check is reachable, and not true before one does anything."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import NamedTuple

import pytest

from recsys_core import runs
from recsys_core.experiments import link
from recsys_core.experiments.experiment import Experiment
from recsys_core.lessons import facts, shelf
from recsys_core.lessons.checks import judge
from recsys_core.lessons.facts import Facts
from recsys_core.lessons.lesson import Lesson
from recsys_core.runs import Run
from tests.app_harness import forget_everybody, until

LESSONS = {found.lesson.id: found.lesson for found in shelf.shipped() if found.lesson is not None}


class Way(NamedTuple):
    """What a student does in a step: settings of a new run (None: the run in view), the epoch
    that is then shown, who is selected, and how many items the new guest has rated.

    An item may be one that depends on the ratings: it is then found in the run.
    """

    settings: str | None = None
    epoch: int | str = "best"
    user: str | None = None
    item: str | Callable[[Run], str] | None = None
    guest_ratings: int = 0


def listed(run: Run, name: str) -> list[tuple[str, float]]:
    """What is recommended to a user: names and scores, the best first."""
    table = run.fitted.recommend(run.ratings.user_names.index(name), 10)
    names = [run.ratings.item_names[i] for i in table["item"]]
    return list(zip(names, table["score"], strict=True))


def first_in_the_list(run: Run) -> str:
    return listed(run, "user 3")[0][0]


def for_user_12_alone(run: Run) -> str:
    """In the list of user 12, and hardly anything to user 3."""
    other = run.ratings.user_names.index("user 3")
    return next(
        name
        for name, score in listed(run, "user 12")
        if score > 0.75 > run.fitted.predict([other], [run.ratings.item_names.index(name)])[0]
    )


HERE = Way()

# By lesson and check, in the order in which a student comes to them.
WAYS: dict[str, dict[str, Way]] = {
    "rating-matrix": {
        "1.1": Way(epoch=0, user="Hermione", item="Clair de Lune"),
        "2.1": Way(epoch=0, user="Spock", item="Back in Black"),
        "3.1": HERE,
        "4.1": Way(user="Hermione", item="Back in Black"),
    },
    "one-step": {
        "1.1": Way(epoch=1),
        "2.1": Way(epoch=1, user="Hermione", item="Clair de Lune"),
        "3.1": Way(epoch=5),
        "4.1": HERE,
        "5.1": Way("learning_rate=3"),
        "6.1": Way("learning_rate=0.05"),
    },
    "factors": {
        "1.1": HERE,
        "2.1": Way("k=3"),
        "3.1": Way("k=20", epoch="latest"),
        "4.1": Way("k=3&reg=0.02"),
    },
    "overfitting": {
        "1.1": HERE,
        "2.1": Way("reg=0"),
        "3.1": Way("reg=0", epoch=2),
        "4.1": Way("reg=0.2"),
        "5.1": Way("k=2&reg=0.1"),
    },
    "als": {
        "1.1": HERE,
        "2.1": Way("model=ALS"),
        "3.1": Way("model=ALS", epoch=3),
        "4.1": Way("model=ALS&k=15&reg=0.0001"),
        "5.1": Way("model=ALS&k=3&reg=0.1"),
    },
    "baselines": {
        "2.1": Way(epoch=1),
        "3.1": HERE,
        "4.1": Way("model=ALS"),
    },
    "pmf": {
        "1.1": HERE,
        "2.1": Way("k=10&adaptive=false&reg_user=0.01&reg_item=0.01"),
        "3.1": Way("k=10&adaptive=true"),
        "4.1": Way("model=BayesianPMF"),
        "5.1": Way("model=BayesianPMF", user="user 1", item="item 2"),
    },
    "networks": {
        "1.1": HERE,
        "2.1": Way("model=NeuralMF"),
        "3.1": Way("model=NeuralMF&variant=MLP&k=8"),
        "4.1": Way("model=SGD&k=3"),
    },
    "likes": {
        "1.1": HERE,
        "2.1": Way("alpha=10&k=4"),
        "3.1": Way(user="user 3", item=first_in_the_list),
        "4.1": Way(user="user 12", item=for_user_12_alone),
    },
    "maps": {
        "1.1": Way(user="Darth Vader"),
        "2.1": Way(user="Hermione"),
        "3.1": Way(user="Hermione", item="Survivor"),
        "4.1": Way("seed=17", user="Darth Vader"),
    },
    "cold-start": {
        "1.1": Way(user="Hermione"),
        "2.1": Way(user="Darth Vader", item="Firework"),
        "3.1": Way(user="Ripley", item="Firework", guest_ratings=2),
        "4.1": Way(user="Spock", item="Back in Black"),
    },
    "evaluation": {
        "1.1": Way("k=20&reg=0", epoch="latest"),
        "2.1": Way("k=12&reg=0.2"),
        "3.1": Way("k=2&reg=0.1"),
        "5.1": Way("model=ALS&k=2&reg=0.1"),
    },
}

_CASES = [(lesson, seed) for lesson in LESSONS.values() for seed in lesson.seeds]


def trained(experiment: Experiment) -> Run:
    """The experiment, trained to its end as pages do, with its baselines."""
    space = runs.registry().workspace("f" * 32)
    entry = space.new_entry(experiment)
    entry.train()
    until(lambda: not entry.run.busy, seconds=600)  # a network, on a busy machine
    return entry.run


def opened(lesson: Lesson, seed: int) -> tuple[Experiment, int]:
    """What the lesson opens with, and the epoch shown then (0 unless its link says another)."""
    experiment, view, remarks = link.read(lesson.query(seed))
    assert experiment is not None and not remarks
    return experiment, 0 if view.moment is None else -1


def changed(experiment: Experiment, settings: str) -> Experiment:
    """Another run on the same data, as a student starts one: other settings stay at what they are
    while the model is the same one.
    """
    named = settings if "model=" in settings else f"model={experiment.model.name}&{settings}"
    asked, _, remarks = link.read(f"data=party&{named}")
    assert asked is not None and not remarks, remarks
    model = asked.make_model()
    if asked.model.name == experiment.model.name:
        model = type(model)(**dict(experiment.model.options) | dict(asked.model.options))
    return experiment.with_model(model)


def seen(run: Run, way: Way, epoch: int | str) -> Facts:
    at = run.epoch_at(epoch)
    u = None if way.user is None else run.ratings.user_names.index(way.user)
    item = way.item(run) if callable(way.item) else way.item
    i = None if item is None else run.ratings.item_names.index(item)
    return facts.of_run(run, at, u, i, begun=epoch != 0, guest_ratings=way.guest_ratings)


@pytest.mark.slow
@pytest.mark.parametrize(("lesson", "seed"), _CASES, ids=lambda case: getattr(case, "id", case))
def test_every_check_is_reached_by_doing_something_for_every_seed(lesson, seed):
    """Trained as the lesson says; each check fails just before, and holds once it is done."""
    if lesson.lacking():
        pytest.skip(f"needs {lesson.lacking()}")
    ways = WAYS[lesson.id]
    assert list(ways) == [name for name, _ in lesson.checks()]
    run_of = functools.cache(trained)
    experiment, begins = opened(lesson, seed)
    run = run_of(experiment)
    shown = first = seen(run, HERE, "best" if begins else 0)
    wrong = []
    try:
        for name, check in lesson.checks():
            way = ways[name]
            if judge(check, first).met or judge(check, shown).met:
                wrong.append(f"{name} holds before anything is done")
            if way.settings is not None:
                run = run_of(changed(experiment, way.settings))
            shown = seen(run, way, way.epoch)
            verdict = judge(check, shown)
            if not verdict.met:
                wrong.append(f"{name}: {' '.join(verdict.missing)}")
    finally:
        run_of.cache_clear()
        forget_everybody()
    assert not wrong, "\n".join(wrong)


def test_there_are_twelve_lessons_each_of_five_to_ten_minutes():
    assert [found.problem for found in shelf.shipped()] == [None] * 12
    assert len(LESSONS) == 12
    for lesson in LESSONS.values():
        assert 5 <= lesson.minutes <= 10 and len(lesson.steps) >= 4, lesson.id
        assert list(lesson.checks()) and lesson.n_questions >= 2, lesson.id
        assert all(step.hints for step in lesson.steps if step.checks), lesson.id
        assert all(step.checks or step.questions for step in lesson.steps), lesson.id
