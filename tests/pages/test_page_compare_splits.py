"""Compare: the same model under splits and seeds, and where metrics disagree."""

import numpy as np
import pytest

import recsys_core as rc
from recsys_core.asking import comparison, disagreement
from recsys_core.asking.reliability import binned
from recsys_core.experiments import seed_band, split_study
from recsys_core.runs import comparing
from tests.app_harness import (
    checked,
    components,
    figure_of,
    load,
    open_page,
    text_of,
    train,
    until,
    view_of,
)
from tests.figures.test_figures_plain import unpacked


def world():
    return rc.datasets.low_rank(60, 40, 2, density=0.4, noise=0.2, seed=1)


def measured_to_the_end(at, workspace, key):
    """Press a button that starts a study; the page once it is over."""
    checked(at.button(key=key).click().run())
    until(lambda: not workspace.study.busy)
    return checked(at.run())


def all_measured(at):
    """The page once everything that is measured behind it is there."""
    comparing._thread().submit(int).result()  # what was asked for before is done
    return checked(at.run())


def test_the_same_model_under_every_split_the_data_allow(browser_id):
    workspace = load(browser_id, world())
    run = train(workspace, rc.SGD(n_factors=2, n_epochs=5))
    at = open_page("compare", browser_id, "compare=splits")
    assert "These ratings have no times" in text_of(at)
    at = measured_to_the_end(at, workspace, "splits_start")
    planned = split_study.under_splits(run.experiment)
    rows = split_study.rows(planned, workspace.study.outcomes)
    assert [row.kind for row in rows] == ["random", "k_fold", "cold_users"]
    assert str(split_study.sentence(rows)) in text_of(at)
    own = run.epochs[run.best_epoch].validation_rmse
    assert rows[0].means["rmse"] == pytest.approx(own, rel=1e-6), "as on Train"
    (table,) = (each for each in at.dataframe if "split" in each.value)
    assert table.value["RMSE"].tolist() == pytest.approx(
        [row.means["rmse"] for row in rows], abs=1e-4
    )
    drawn = unpacked(figure_of(at, "splits_chart"))["data"]
    assert drawn[-1]["x"] == pytest.approx([row.means["rmse"] for row in rows])
    assert "Test parts are left alone" in text_of(at)
    assert "splits_start" not in [button.key for button in at.button]


def test_one_may_stop_and_what_is_done_stays(browser_id):
    workspace = load(browser_id, world())
    train(workspace, rc.SGD(n_factors=2, n_epochs=5))
    at = open_page("compare", browser_id, "compare=splits&seeds=30")
    checked(at.button(key="seeds_start").click().run())
    until(lambda: len(workspace.study.outcomes) >= 2)
    at.run()
    if not workspace.study.busy:
        pytest.skip("thirty seeds were done before anybody could stop them")
    checked(at.button(key="seeds_stop").click().run())
    assert not workspace.study.busy
    at = checked(at.run())
    n = len(workspace.study.outcomes)
    assert 2 <= n < 30 and "seed_band" in components(at)
    assert at.button(key="seeds_start").label == "Go on with the rest"


def test_a_band_of_seeds_and_the_neighbours_they_share(browser_id):
    workspace = load(browser_id, world())
    run = train(workspace, rc.SGD(n_factors=2, n_epochs=5))
    at = open_page("compare", browser_id, "compare=splits")
    checked(at.number_input(key="seeds_n").set_value(3).run())
    assert view_of(at).option("seeds") == "3"
    at = measured_to_the_end(at, workspace, "seeds_start")
    found = [workspace.study.outcomes[e] for e in seed_band.seeds(run.experiment, 3)]
    assert str(seed_band.spread_of_errors(found)) in text_of(at)
    lowest, highest, mean, own = unpacked(figure_of(at, "seed_band"))["data"]
    errors = np.array([[e.validation_rmse for e in each.epochs] for each in found])
    for line, values in ((lowest, errors.min(0)), (highest, errors.max(0)), (mean, errors.mean(0))):
        np.testing.assert_allclose(line["y"], values, rtol=1e-6)
    np.testing.assert_allclose(own["y"], errors[0], rtol=1e-6)
    points = unpacked(figure_of(at, "seed_neighbours"))["data"][1]
    shared = seed_band.shared(found, seed_band.most_rated(found, 12))
    assert points["x"] == pytest.approx([each.mean for each in shared])


def test_other_seeds_are_other_trainings(browser_id):
    workspace = load(browser_id, world())
    run = train(workspace, rc.SGD(n_factors=2, n_epochs=2))
    at = open_page("compare", browser_id, "compare=splits&seeds=2&seeds_of=both")
    at = measured_to_the_end(at, workspace, "seeds_start")
    assert set(workspace.study.outcomes) == set(seed_band.seeds(run.experiment, 2, "both"))


@pytest.mark.parametrize("part", ["splits", "metrics"])
def test_with_nothing_and_without_a_run_and_with_the_party_there_is_a_way_on(browser_id, part):
    at = open_page("compare", browser_id, f"compare={part}")
    assert at.button(key="start_party")
    workspace = load(browser_id, rc.datasets.music_party())
    at = checked(at.run())
    assert at.get("page_link")
    train(workspace, rc.SGD(n_factors=2, n_epochs=2))
    at = open_page("compare", browser_id, f"compare={part}")
    said = text_of(at)
    assert ("at least 200" if part == "splits" else "holds no ratings out") in said


def test_a_model_without_seeds_says_so(browser_id):
    workspace = load(browser_id, rc.datasets.music_party())
    train(workspace, rc.ItemKNN())
    assert "draws no random numbers" in text_of(open_page("compare", browser_id, "compare=splits"))


def test_where_metrics_disagree(browser_id):
    ratings = rc.datasets.low_rank(80, 50, 2, density=0.4, noise=0.2, seed=1)
    workspace = load(browser_id, ratings)
    run = train(workspace, rc.SGD(n_factors=2, n_epochs=5))
    train(workspace, rc.EASE())
    at = all_measured(open_page("compare", browser_id, "compare=metrics"))
    held = run.split.validation
    names = [*(entry.name for entry in workspace.entries), "Global mean", "User + item bias",
             "Most popular", "Item kNN"]  # fmt: skip
    fitted = [entry.run.fitted for entry in workspace.entries]
    fitted += [kind().fit(run.split.train, held).snapshot() for kind in comparing.BASELINES]
    models = {n: comparison.measure(f, held) for n, f in zip(names, fitted, strict=True)}
    ranks = disagreement.ranks(models)
    lines = unpacked(figure_of(at, "rank_lines"))["data"]
    assert [line["name"] for line in lines] == names
    for line, (_, row) in zip(lines, ranks.iterrows(), strict=True):
        np.testing.assert_array_equal(np.array(line["y"], float), row.to_numpy())
    assert str(disagreement.sentence(models)) in text_of(at).replace("\\", "")
    assert "Test ratings are left alone" in text_of(at)
    assert list(at.selectbox(key="metrics_first").options) == [
        name for name, f in zip(names, fitted, strict=True) if f.has.ratings
    ]
    # One by one: other models are looked at, and calibrated, without drawing the rest anew.
    at = checked(at.selectbox(key="metrics_calibrated").set_value("Global mean").run())
    mean = fitted[names.index("Global mean")]
    expected = binned(held.values, mean.predict(held.user_ids, held.item_ids), held.scale)
    drawn = unpacked(figure_of(at, "reliability"))["data"][1]
    assert drawn["y"] == pytest.approx(expected["actual"].tolist())
    at = checked(at.selectbox(key="metrics_second").set_value("User + item bias").run())
    served = disagreement.served(models[names[0]], models["User + item bias"])
    assert str(served.sentence(names[0], "User + item bias")) in text_of(at)
