"""The error on held-out pairs and on all, over how strongly ratings are selected."""

import pytest

import recsys_core as rc
from recsys_core.experiments import Experiment, selection_study
from recsys_core.figures import selection as picture
from recsys_core.runs import Registry


def experiment(split=None, **data):
    world = {"name": "low_rank", "n_users": 80, "n_items": 60, "density": 0.15, "noise": 0.2}
    return Experiment({**world, **data}, split, rc.ALS(n_factors=3, n_epochs=10))


def test_the_strength_in_view_takes_the_place_of_the_nearest():
    own = experiment(selection=0.6)
    plan = selection_study.planned(own)
    assert list(plan.of_strength) == [0, 0.25, 0.6, 0.75, 1] and plan.present == 0.6
    assert plan.of_strength[0.6][0] == own and not plan.remarks
    for strength, experiments in plan.of_strength.items():
        assert [each.data["selection"] for each in experiments] == [strength] * 2
        assert len({each.data["seed"] for each in experiments}) == 2


def test_other_data_and_data_without_a_held_out_part_have_none():
    assert selection_study.planned(Experiment("party", None, rc.SGD())) is None
    assert selection_study.planned(Experiment("checkerboard", None, rc.SGD())) is None
    assert selection_study.planned(experiment("whole")) is None


def test_the_held_out_error_falls_away_from_that_of_all_pairs():
    plan = selection_study.planned(experiment())
    assert selection_study.rows(plan, {}) == []
    assert selection_study.sentence(plan, []) is None
    study = Registry(threaded=False).workspace("a browser").study
    study.ask(plan.experiments)
    while study.busy:
        study.work(1)
    found = selection_study.rows(plan, study.outcomes)
    assert not study.failed and [row.strength for row in found] == list(plan.of_strength)
    for name in ("ALS", "Global mean", "User + item bias"):
        apart = [row.everything[name] / row.held_out[name] for row in found]
        assert apart[0] == pytest.approx(1, abs=0.2), name
        assert apart[-1] > 1.3, name
    first, last = found[0], found[-1]
    # What is measured is what the model itself errs by.
    parts = [study.outcomes[each].truth.errors["ALS"] for each in plan.of_strength[0]]
    assert first.n == 2
    assert first.everything["ALS"] == pytest.approx(sum(each[-1].truth for each in parts) / 2)
    said = selection_study.sentence(plan, found)
    assert f"from {first.everything['ALS']:.4f} to {last.everything['ALS']:.4f}" in said
    assert said.startswith("From selection 0 to 1 the RMSE of ALS on held-out pairs")
    drawn = picture.figure(plan, found, 0, "light")["data"]
    assert drawn[0]["y"] == [row.held_out["ALS"] for row in found]
    assert drawn[1]["y"] == [row.everything["ALS"] for row in found]
    assert [line["name"] for line in drawn[2:]] == [
        "User + item bias, held out", "User + item bias, all pairs",
    ]  # fmt: skip
    assert len(drawn) == 4 and len(picture.table(found)) == 15
    assert f"{last.everything['ALS']:.4f}" in picture.alt(found)
