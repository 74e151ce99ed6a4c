"""Where recovery begins: which data are planned, and what is said of what was measured."""

import pytest

import recsys_core as rc
from recsys_core.experiments import Experiment, generated, recovery_map, run
from recsys_core.experiments.outcome import AgainstTruth
from recsys_core.figures import recovery_map as picture
from recsys_core.runs import Registry


def experiment(model=None, split=None, **data):
    world = {"name": "low_rank", "n_users": 60, "n_items": 40, "density": 0.4, "noise": 0.2}
    return Experiment({**world, **data}, split, model or rc.ALS(n_factors=3, n_epochs=20))


class Measured:
    """As much of an Outcome as the map asks for."""

    def __init__(self, r2, chance=0.03):
        self.truth = AgainstTruth(r2, chance, {})


def cells(plan, r2):
    """Both seeds of each cell 0.02 apart around what ``r2`` gives for (row, column)."""
    outcomes = {
        each: Measured(r2(at) + step)
        for at, experiments in plan.of_cell.items()
        for each, step in zip(experiments, (-0.01, 0.01), strict=True)
    }
    return recovery_map.cells(plan, outcomes)


def test_the_data_in_view_are_among_those_planned():
    own = experiment(selection=0.5, popularity=1.0, seed=7)
    plan = recovery_map.planned(own)
    assert plan.of_cell[plan.present][0] == own, "the same training, to the bits"
    assert plan.densities == (0.1, 0.2, 0.4, 0.8) and plan.noises == (0, 0.2, 0.5, 1, 2)
    assert not plan.remarks and len(set(plan.experiments)) == 4 * 5 * 2
    for (row, column), experiments in plan.of_cell.items():
        assert [each.data["seed"] for each in experiments] == [7, 8]
        for each in experiments:
            data = dict(each.data.options)
            assert (data["noise"], data["density"]) == (plan.noises[row], plan.densities[column])
            assert (data["selection"], data["popularity"]) == (0.5, 1.0)
            assert each.model == own.model


@pytest.mark.parametrize("density", [0.004, 0.03, 0.1, 0.3, 0.5, 0.7, 0.9, 1.0])
def test_densities_halve_and_double_around_the_present_one(density):
    plan = recovery_map.planned(experiment(n_users=300, n_items=200, density=density))
    found = plan.densities
    assert len(found) == 5 and list(found) == sorted(set(found))
    assert density == found[plan.present[1]] and found[-1] <= 1
    for low, high in zip(found, found[1:], strict=False):
        assert high == pytest.approx(2 * low) or high == 1
    assert all(each == density or each * 60_000 >= 200 for each in found)


@pytest.mark.parametrize("noise", [0.0, 0.1, 0.5, 1.4, 9.0])
@pytest.mark.parametrize("scale", [(1, 5, 1), (0, 100, 1)])
def test_the_present_noise_takes_the_place_of_the_nearest(noise, scale):
    plan = recovery_map.planned(experiment(noise=noise, scale=scale))
    assert len(plan.noises) == 5 and plan.noises[0] == 0 and noise in plan.noises
    usual = {0, *(share * (scale[1] - scale[0]) / 4 for share in (0.25, 0.5, 1, 2))}
    assert len(usual - set(plan.noises)) == (noise not in usual)


def test_large_data_and_long_trainings_are_made_smaller_and_it_is_said():
    model = rc.SGD(n_factors=3, n_epochs=900, learning_rate=0.03)
    own = experiment(model, n_users=2000, n_items=1000, density=0.02).fork(5, learning_rate=0.1)
    plan = recovery_map.planned(own)
    data = dict(plan.experiments[0].data.options)
    assert data["n_users"] == pytest.approx(2 * data["n_items"], rel=0.01)
    for each in plan.experiments:
        n_pairs = each.data["n_users"] * each.data["n_items"]
        assert each.data["density"] * n_pairs <= generated.MOST_RATINGS
        assert each.model["n_epochs"] == generated.MOST_EPOCHS
        assert each.model["learning_rate"] == 0.03 and not each.forks
    said = " ".join(plan.remarks)
    assert f"{data['n_users']:,} × {data['n_items']:,}" in said
    assert "200 epochs" in said and "forks" in said
    assert plan.n_items == data["n_items"]


def test_a_split_that_names_single_ratings_is_left_for_the_usual_one():
    ratings = experiment().make_ratings()
    split = rc.splits.by_mask(ratings, ratings.values > 4)
    plan = recovery_map.planned(Experiment(ratings, split, rc.ALS(n_factors=2)))
    assert {each.split.name for each in plan.experiments} == {"usual"}
    assert "drawn at random" in " ".join(plan.remarks)


@pytest.mark.parametrize("data", ["party", "checkerboard", "article0"])
def test_other_data_have_no_density_and_noise_to_change(data):
    assert recovery_map.planned(Experiment(data, None, rc.SGD())) is None


def test_where_recovery_begins_is_the_density_from_which_on_it_holds():
    plan = recovery_map.planned(experiment(density=0.3, n_users=200, n_items=100))
    assert plan.densities == (0.075, 0.15, 0.3, 0.6, 1.0)
    assert not recovery_map.sentences(plan, {})
    found = cells(plan, lambda at: 0.9 if at[1] >= 2 or at[0] == 0 else 0.1)
    cell = found[0, 0]
    assert (cell.r2, cell.lowest, cell.highest) == pytest.approx((0.9, 0.89, 0.91))
    here, begins = recovery_map.sentences(plan, found)
    assert "30\u00a0% filled and with a noise of 0.2, R² is 0.90; random factors reach 0.03" in here
    assert begins == (
        "Most of the truth (R² ≥ 0.5) is found at every density here without noise, and from "
        "30\u00a0% filled on (30 ratings per user) with a noise of 2."
    )
    # One lucky cell at a low density is no beginning.
    found = cells(plan, lambda at: 0.9 if at[1] in (0, 4) else 0.1)
    assert "from 100\u00a0% filled on" in recovery_map.sentences(plan, found)[1]
    found = cells(plan, lambda at: 0.1)
    assert "and at no density here with" in recovery_map.sentences(plan, found)[1]


def test_dense_and_noiseless_is_found_and_hopeless_is_not():
    plan = recovery_map.planned(experiment(rc.ALS(n_factors=3, n_epochs=30), noise=2.0))
    server = Registry(threaded=False)
    study = server.workspace("a browser").study
    best, worst = (0, len(plan.densities) - 1), (len(plan.noises) - 1, 0)
    asked = [*plan.of_cell[best], *plan.of_cell[worst]]
    study.ask(asked)
    while study.busy:
        study.work(1)
    found = recovery_map.cells(plan, study.outcomes)
    assert set(found) == {best, worst} and not study.failed
    assert found[best].lowest > 0.95
    assert found[worst].highest < 0.2 and found[worst].by_chance < 0.1
    # What is measured is what the model of a run finds.
    first = asked[0]
    fitted, ratings = run(first).model, first.make_ratings()
    own = rc.asking.truth.recovery(fitted, ratings.truth)
    assert study.outcomes[first].truth.r2 == pytest.approx(own.r2)
    drawn = picture.figure(plan, found, "light")["data"][0]
    assert drawn["z"][best] == pytest.approx(found[best].r2, abs=1e-4)
    assert drawn["text"][best[0]][best[1]] == f"{found[best].r2:.2f}"
    assert "not measured yet" in drawn["hovertext"][0][0]
    *_, ring = picture.figure(plan, found, "dark")["layout"]["shapes"]
    row, column = plan.present
    assert ring["x0"] < column < ring["x1"] and ring["y0"] < row < ring["y1"]
    table = picture.table(plan, found)
    assert table["R²"].tolist() == [found[best].r2, found[worst].r2]
    assert f"{found[best].r2:.2f}" in picture.alt(plan, found)
