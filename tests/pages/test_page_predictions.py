"""The Predictions page: views, orders, blocks, the sum of a cell, looking back."""

import itertools

import numpy as np
import pytest

import recsys_core as rc
from pages.shared import take_home
from recsys_core.asking import attribution, matrix_view
from recsys_core.asking.coverage import coverage
from recsys_core.figures import waterfall
from tests.app_harness import (
    checked,
    components,
    current,
    figure_of,
    load,
    open_page,
    text_of,
    train,
    until,
)
from tests.figures.test_figures_plain import unpacked


def party(browser_id, model=None):
    workspace = load(browser_id, rc.datasets.music_party())
    return train(workspace, model or rc.SGD(n_factors=2, n_epochs=6))


def texts(at):
    return [element.value for element in (*at.main.markdown, *at.main.caption)]


def test_every_view_in_every_order(browser_id):
    run = party(browser_id)
    ratings = run.ratings
    rated = np.full((4, 12), np.nan)
    rated[ratings.user_ids, ratings.item_ids] = ratings.values
    predicted = run.fitted.predict_matrix()
    expected = {
        "observed": rated,
        "predicted": predicted,
        "filled": np.where(np.isnan(rated), predicted, rated),
        "error": predicted - rated,
    }
    at = open_page("predictions", browser_id)
    for view, how in itertools.product(expected, ["given", "popularity", "cluster", "similarity"]):
        shown = f"{view}, by {how}"
        at.segmented_control(key="matrix_view").set_value(view)
        at.selectbox(key="order_user").set_value(how)
        checked(at.selectbox(key="order_item").set_value(how).run())
        figure = unpacked(figure_of(at, "matrix"))
        marks = components(at)["matrix"]["marks"]
        rows, columns = marks["rows"], marks["columns"]
        assert (sorted(rows), sorted(columns)) == (list(range(4)), list(range(12))), shown
        for ids, names, counts, axis in (
            (rows, ratings.user_names, ratings.user_counts, "yaxis"),
            (columns, ratings.item_names, ratings.item_counts, "xaxis"),
        ):
            names = [names[one] for one in ids]
            told = [name.removesuffix("…") for name in figure["layout"][axis]["ticktext"]]
            assert all(map(str.startswith, names, told)) and len(told) == len(names), shown
            assert how != "given" or names == sorted(names), shown
            assert how != "popularity" or (np.diff(counts[ids]) <= 0).all(), shown
        z = np.array(figure["data"][0]["z"], float)
        np.testing.assert_allclose(z, expected[view][rows][:, columns], atol=1e-3, err_msg=shown)


def test_there_is_always_a_cell_and_its_sum_is_the_prediction(browser_id):
    run = party(browser_id)
    at = open_page("predictions", browser_id)
    said = waterfall.sentence(attribution.terms(run.fitted, 0, 0), run.fitted.scale)
    assert said in texts(at)
    assert f"= {run.fitted.predict([0], [0], clip=False)[0]:.2f}" in said


def test_one_may_look_back_at_an_epoch(browser_id):
    run = party(browser_id)
    at = open_page("predictions", browser_id)
    at.main.slider[0].set_value(1).run()
    early = waterfall.sentence(attribution.terms(run.fitted_at(1), 0, 0), run.fitted.scale)
    assert early in texts(at)
    assert any("looking back at epoch 1 of 6" in html.value for html in at.main.get("html"))
    at.button(key="epoch_latest").click().run()
    late = waterfall.sentence(attribution.terms(run.fitted, 0, 0), run.fitted.scale)
    assert late in texts(at) and early != late


def test_a_large_matrix_is_shown_in_blocks_found_by_page_and_by_name(browser_id):
    world = rc.datasets.low_rank(n_users=130, n_items=90, n_factors=2, density=0.2, seed=1)
    workspace = load(browser_id, world)
    train(workspace, rc.ALS(n_factors=2, n_epochs=2))
    at = open_page("predictions", browser_id)
    assert {"1–25 of 130", "1–30 of 90"} <= set(texts(at))
    split = current(workspace).run.split
    by_count = np.argsort(-split.train.user_counts, kind="stable")
    at.selectbox(key="find_user_None").set_value(int(by_count[60])).run()
    assert not at.exception
    assert "51–75 of 130" in texts(at)
    assert any(world.user_names[by_count[60]] in text for text in texts(at))


def test_baselines_say_that_they_have_no_factors(browser_id):
    run = party(browser_id, rc.UserItemBias())
    at = open_page("predictions", browser_id)
    assert any("no factors" in text for text in texts(at))
    assert waterfall.sentence(attribution.terms(run.fitted, 0, 0), run.fitted.scale) in texts(at)


def test_data_without_a_model_offer_to_train_one(browser_id):
    workspace = load(browser_id, rc.datasets.music_party())
    at = open_page("predictions", browser_id)
    at.button(key="train_usual").click().run()
    assert not at.exception
    run = current(workspace).run
    until(lambda: run.status == "finished")
    assert "nothing learnt yet" not in text_of(at.run())


def test_the_files_offered_fit_the_size(browser_id, monkeypatch):
    party(browser_id)
    at = open_page("predictions", browser_id)
    assert not at.main.get("download_button"), "nothing is drawn before it is asked for"
    at.session_state["export"] = True  # as a click on the button leaves it
    labels = [b.label for b in at.run().main.get("download_button")]
    assert any("All 48 predictions" in label for label in labels)
    monkeypatch.setattr(take_home, "_MOST_CELLS", 40)
    labels = [b.label for b in at.run().main.get("download_button")]
    assert "Hand-out" in labels
    assert not any("All 48" in label for label in labels)
    assert any("10 best songs" in link.proto.label for link in at.main.get("link_button"))


def test_held_out_test_ratings_give_no_error_away(browser_id, monkeypatch):
    world = rc.datasets.low_rank(n_users=40, n_items=30, n_factors=2, density=0.5, seed=1)
    workspace = load(browser_id, world)
    train(workspace, rc.ALS(n_factors=2, n_epochs=2))
    shown, block_of = [], matrix_view.block_of
    monkeypatch.setattr(
        matrix_view, "block_of", lambda *a, **kw: shown.append(block_of(*a, **kw)) or shown[-1]
    )
    open_page("predictions", browser_id)
    test = current(workspace).run.split.test
    assert np.isnan(shown[-1].values("error")[test.user_ids, test.item_ids]).all()
    assert shown[-1].held_out[test.user_ids, test.item_ids].all()


def tables_of_coverage(at):
    return [d.value for d in at.dataframe if "uncertainty" in d.value.columns]


def test_whether_intervals_hold_is_said_of_ratings_that_set_no_width(browser_id):
    world = rc.datasets.low_rank(60, 50, n_factors=2, density=0.6, noise=0.5)
    workspace = load(browser_id, world)
    run = train(workspace, rc.BayesianPMF(n_factors=2, n_epochs=20, implicit=False))
    at = open_page("predictions", browser_id)
    found = coverage(run.fitted)
    said = f"90\u00a0% intervals hold **{100 * found.inside:.1f}\u00a0%** of"
    assert said in text_of(at) and "each half is judged here" in text_of(at)
    (table,) = tables_of_coverage(at)  # of the test part when somebody asks, and not before
    shares = table["uncertainty"].str.split(" ± ").str[0].astype(float)
    by = found.table[found.table["by"] == "predicted uncertainty"]
    assert shares.to_numpy() == pytest.approx(100 * by["inside"].to_numpy(), abs=0.06)
    assert table.shape == (4, 3)
    checked(at.button(key="coverage_test").click().run())
    on_test = coverage(run.fitted, run.split.test)
    assert f"test ratings: **{100 * on_test.inside:.1f}\u00a0%**" in text_of(at)
    assert len(tables_of_coverage(at)) == 2


def test_without_held_out_ratings_the_page_says_whose_doubts_intervals_are(browser_id):
    party(browser_id, rc.BayesianPMF(n_factors=2, n_epochs=6))
    at = open_page("predictions", browser_id)
    assert "as wide as the model itself thinks" in text_of(at)
    assert at.button(key="coverage_test").disabled
    party(browser_id)
    assert "Do the intervals hold" not in text_of(open_page("predictions", browser_id))
