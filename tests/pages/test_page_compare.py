"""Compare: the race and the table, with runs on one split; others are named, never drawn."""

from __future__ import annotations

import concurrent.futures

import pytest

import recsys_core as rc
from recsys_core.runs import comparing
from tests.app_harness import (
    checked,
    components,
    figure_of,
    load,
    new_entry,
    open_page,
    text_of,
    train,
    until,
    view_of,
)


@pytest.fixture
def space(browser_id):
    """A small world with two trained runs, and one on another split."""
    found = load(browser_id, rc.datasets.low_rank(80, 50, seed=3))
    train(found, rc.SGD(n_factors=2, n_epochs=4))
    found.data[-1].choose({"name": "random", "seed": 7})
    other = new_entry(found, rc.ALS(n_factors=2, n_epochs=2, seed=5))
    found.rename(other, "elsewhere")
    found.data[-1].choose(None)
    train(found, rc.ALS(n_factors=3, n_epochs=4))
    return found


def measured(at):
    """The page, once all that it asked for is measured."""
    for _ in range(3):  # differences are asked for once the measures are there
        for kept in list(comparing._kept.values()):
            concurrent.futures.wait(list(kept.values()))
        checked(at.run())
    return at


def test_the_race_has_the_runs_of_one_split_and_names_the_others(space, browser_id):
    at = open_page("compare", browser_id)
    first, other, second = space.entries
    drawn = components(at)["race"]["live"]["lanes"]
    assert [lane["stream"] for lane in drawn] == [first.run.stream, second.run.stream]
    assert [lane["touched"] for lane in drawn] == [
        len(first.run.split.train), 2 * len(first.run.split.train)
    ]  # fmt: skip
    assert "Not comparable: elsewhere (split random 80/10/10, seed 7)" in text_of(at)
    assert "leads with" in text_of(at) and "ratings touched" in text_of(at)
    told = components(at)["view"]
    assert told["live"]["race"] == [first.run.stream, second.run.stream]
    assert set(told["view"]["racing"].values()) == {"finished"}


def test_what_is_counted_and_the_pair_are_choices_that_the_link_says(space, browser_id):
    at = open_page("compare", browser_id)
    at.segmented_control(key="race_over").set_value("seconds").run()
    assert "over seconds" in figure_of(at, "race")["layout"]["title"]["text"]
    at.toggle(key="race_log_x").set_value(True).run()
    assert figure_of(at, "race")["layout"]["xaxis"]["type"] == "log"
    at.selectbox(key="pair_left").set_value(1).run()  # that of the right side: they change places
    assert view_of(at).option("pair") == "2,1"
    assert checked(at).selectbox(key="pair_right").value == 0
    query = components(at)["view"]["query"]
    assert all(said in query for said in ("race=seconds", "race_log=x", "pair=2,1", "run2."))


def test_one_button_starts_and_pauses_all(browser_id):
    found = load(browser_id, rc.datasets.low_rank(80, 50, seed=3))
    entries = [new_entry(found, rc.SGD(n_epochs=100_000, n_factors=k)) for k in (2, 3)]
    at = open_page("compare", browser_id)
    assert at.button(key="race_all").label == "Start all"
    at.button(key="race_all").click().run()
    assert all(entry.training for entry in entries)
    assert checked(at).button(key="race_all").label == "Pause all"
    until(lambda: all(entry.run.epoch for entry in entries))
    at.button(key="race_all").click().run()
    assert not any(entry.training for entry in entries)


def test_runs_in_one_pass_are_points_and_lists_are_left_to_the_table(space, browser_id):
    train(space, rc.ItemKNN())
    train(space, rc.ImplicitALS(n_factors=2, n_epochs=2))
    at = open_page("compare", browser_id)
    assert [lane["single"] for lane in components(at)["race"]["live"]["lanes"]] == [
        False, False, True
    ]  # fmt: skip
    assert "only the table compares it" in text_of(at)


def test_the_table_hides_test_columns_until_one_button_shows_all(space, browser_id):
    at = measured(open_page("compare", browser_id, "compare=table"))
    table = at.main.dataframe[0].value
    baselines = ["Global mean", "User + item bias", "Most popular", "Item kNN"]
    assert table.index.tolist() == [space.entries[0].name, space.entries[2].name, *baselines]
    assert not any(column.startswith("test") for column in table)
    assert table["validation RMSE"].iloc[0] == pytest.approx(
        min(e.validation_rmse for e in space.entries[0].run.epochs), abs=1e-4
    )
    assert "User + item bias in RMSE by" in text_of(at)
    at.button(key="compare_test").click().run()
    measured(at)
    shown = at.main.dataframe[0].value
    assert sum(column.startswith("test") for column in shown) == 7
    assert shown["test RMSE"].notna().tolist() == [True] * 4 + [False, True]
    assert at.get("download_button")[0].label == "The whole table as CSV"
    tested = space.entries[0].run.test_scores()[0]
    assert shown["test RMSE"].iloc[0] == pytest.approx(tested.rmse, abs=1e-4)
    assert shown["test NDCG@10"].iloc[0] == pytest.approx(tested.ndcg, abs=1e-4)


def test_from_nothing_to_a_race_in_one_click(browser_id):
    found = load(browser_id, rc.datasets.music_party())
    at = open_page("compare", browser_id)
    at.button(key="race_usual").click().run()
    checked(at)
    assert [type(e.run.model).__name__ for e in found.entries] == ["SGD", "ALS", "PMF"]
    until(lambda: all(e.run.status == "finished" for e in found.entries))
