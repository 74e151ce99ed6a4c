"""The Data page: generate, split, edit; a failure leaves the data as they were."""

from __future__ import annotations

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

import recsys_core as rc
from recsys_core import runs
from tests.app_harness import checked, current, load, open_page, train


@pytest.fixture
def workspace(browser_id) -> runs.Workspace:
    return runs.registry().workspace(browser_id)


def source(at: AppTest, name: str) -> AppTest:
    at.segmented_control(key="data_source").set_value(name).run()
    assert not at.exception
    return at


def button(at: AppTest, label: str):
    return next(b for b in at.main.button if b.label == label)


def metrics(at: AppTest) -> dict[str, str]:
    return {m.label: m.value.replace("\u00a0", " ") for m in at.metric}


def test_a_world_is_generated_as_asked(browser_id, workspace):
    at = source(open_page("data", browser_id), "Generate")
    at.number_input[0].set_value(40)
    at.number_input[1].set_value(25)
    next(s for s in at.slider if s.label == "Filled").set_value(0.5)
    next(s for s in at.slider if s.label == "Selection").set_value(0.7)
    button(at, "Generate").click().run()
    assert not at.exception
    ratings = workspace.latest.ratings
    assert (ratings.n_users, ratings.n_items, ratings.n_ratings) == (40, 25, 500)
    assert ratings.scale.step == 1
    assert ratings.source["selection"] == 0.7
    assert metrics(at)["Ratings"] == "500"
    assert metrics(at)["Filled"] == "50 %"
    assert at.segmented_control(key="data_source").value is None, "its panel has closed"


def test_a_world_too_large_is_refused_and_the_data_stay(browser_id, workspace):
    load(browser_id, rc.datasets.music_party())
    at = source(open_page("data", browser_id), "Generate")
    at.number_input[0].set_value(100_000)
    at.number_input[1].set_value(100_000)
    button(at, "Generate").click().run()
    assert len(at.error) == 1 and "at most 12,000,000" in at.error[0].value
    assert workspace.latest.ratings.name == "Robbie's party"
    assert metrics(at)["Songs"] == "12"


@pytest.mark.parametrize(("kind", "n_ratings"), [("Shared features", 3_403), ("Checkerboard", 320)])
def test_the_other_worlds(kind, n_ratings, browser_id, workspace):
    at = source(open_page("data", browser_id), "Generate")
    next(c for c in at.segmented_control if kind in c.options).set_value(kind).run()
    button(at, "Generate").click().run()
    assert not at.exception
    ratings = workspace.latest.ratings
    assert ratings.n_ratings == n_ratings
    assert metrics(at)["Ratings"] == f"{n_ratings:,}"
    if kind == "Checkerboard":
        alike = (ratings.user_ids + ratings.item_ids) % 2 == 0
        assert (ratings.values == np.where(alike, 5, 1)).all()


def test_the_party_is_one_click_away_from_other_data(browser_id, workspace):
    load(browser_id, rc.datasets.checkerboard())
    source(open_page("data", browser_id), "Robbie's party")
    assert workspace.latest.ratings.name == "Robbie's party"
    assert workspace.latest.split.validation is None


def test_a_split_is_chosen_and_told(browser_id, workspace):
    load(browser_id, rc.datasets.low_rank(n_users=50, n_items=40, seed=1))
    at = open_page("data", browser_id)
    next(s for s in at.slider if s.label == "For validation").set_value(0.2).run()
    next(n for n in at.number_input if n.label == "Seed").set_value(7).run()
    button(at, "Use this split").click().run()
    assert not at.exception
    assert workspace.latest.split.description.startswith("random 70/20/10, seed 7")
    assert any("random 70/20/10, seed 7" in h.value for h in at.main.html)
    assert len(workspace.latest.split.validation) == 120


def test_time_is_offered_only_where_there_are_times(browser_id):
    ratings = rc.datasets.checkerboard()
    load(browser_id, ratings)
    at = open_page("data", browser_id)
    assert "By time" not in at.segmented_control(key="split_kind").options
    load(browser_id, ratings.replace(timestamps=np.arange(len(ratings))))
    at = open_page("data", browser_id)
    assert "By time" in at.segmented_control(key="split_kind").options


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        ("All train", "whole"),
        ("At random", "random"),
        ("Each user's last", "last_out"),
        ("By time", "by_time"),
    ],
)
def test_every_kind_of_split_can_be_used(kind, name, browser_id, workspace):
    ratings = rc.datasets.checkerboard()
    load(browser_id, ratings.replace(timestamps=np.arange(len(ratings))))
    at = open_page("data", browser_id)
    at.segmented_control(key="split_kind").set_value(kind).run()
    button(at, "Use this split").click().run()
    assert not at.exception and not at.error
    split = workspace.latest.split
    held = [part for part in (split.validation, split.test) if part is not None]
    assert split.recipe.name == name and bool(held) == (kind != "All train")
    assert len(split.train) + sum(map(len, held)) == len(ratings)


def test_a_split_that_leaves_nothing_is_one_sentence(browser_id, workspace):
    tiny = rc.Ratings.from_matrix([[1, 5]])
    load(browser_id, tiny)
    at = open_page("data", browser_id)
    for slider in (s for s in at.slider if s.label.startswith("For")):
        slider.set_value(0.45)
    next(t for t in at.toggle if t.label == "Keep one of each").set_value(False).run()
    button(at, "Use this split").click().run()
    assert not at.exception
    assert len(at.error) == 1 and "hold out fewer" in at.error[0].value
    assert workspace.latest.split.train is workspace.latest.ratings


def edited(browser_id, monkeypatch, edit):
    """Train on the table with ``edit(table)`` typed into it; the ratings, and the table before."""
    shown = []

    def typed(table, **_):
        shown.append(table.copy())
        edit(table)
        return table

    with monkeypatch.context() as patch:
        patch.setattr("streamlit.data_editor", typed)
        checked(button(open_page("data", browser_id), "Train on this table").click().run())
    entry = current(runs.registry().workspace(browser_id))
    assert entry.started  # on its way, or there already
    entry.hold()
    return entry.run.ratings, shown[0]


def ratings_of(ratings):
    """The ratings by labels."""
    return {(user, item): value for user, item, value, *_ in ratings.to_frame().to_numpy()}


def test_editing_keeps_names_and_counts_what_changed(browser_id, workspace, monkeypatch):
    party = load(browser_id, rc.datasets.music_party()).latest.ratings

    def edit(table):
        table.iloc[0, 3] = 5.0  # a gap filled
        table.iloc[0, 0] = np.nan  # a rating taken back

    found, _ = edited(browser_id, monkeypatch, edit)
    (ann, *_), (first, *_, fourth) = party.users, party.items[:4]
    expected = {**ratings_of(party), (ann, fourth): 5.0}
    del expected[ann, first]
    assert ratings_of(found) == expected and len(expected) == party.n_ratings
    assert found.users == party.users and found.items == party.items
    assert found.scale == party.scale and found.item_noun == "song"
    assert found.name == "Robbie's party, edited"
    again, _ = edited(browser_id, monkeypatch, lambda table: table.iloc.__setitem__((2, 2), 1.0))
    assert again.name == "Robbie's party, edited"


def test_numbered_users_stand_in_the_order_of_their_numbers(browser_id, workspace, monkeypatch):
    ratings = rc.Ratings.from_matrix(np.arange(1, 37).reshape(12, 3) % 5 + 1.0, missing=None)
    before = load(browser_id, ratings).latest.ratings  # by label: 0, 1, 10, 11, 2 …
    assert before.users[2] == "10"
    found, table = edited(browser_id, monkeypatch, lambda table: table.iloc.__setitem__((10, 1), 1))
    assert list(table.index) == [f"user {number}" for number in range(12)]
    assert table.iloc[10].tolist() == [2.0, 3.0, 4.0]
    assert ratings_of(found) == {**ratings_of(before), ("10", before.items[1]): 1.0}


def test_training_on_the_table_starts_a_run(browser_id, workspace, monkeypatch):
    party = load(browser_id, rc.datasets.music_party()).latest.ratings
    found, table = edited(browser_id, monkeypatch, lambda table: None)
    assert found is party and len(workspace.data) == 1  # nobody edited a cell
    assert table.notna().to_numpy().sum() == party.n_ratings


def test_edited_ratings_are_split_as_was_chosen_by_hand(browser_id, workspace, monkeypatch):
    def edit(table, **_):
        table.iloc[0, 0] = np.nan if np.isfinite(table.iloc[0, 0]) else 1
        return table

    load(browser_id, rc.datasets.checkerboard(12, 12))
    monkeypatch.setattr("streamlit.data_editor", edit)
    at = open_page("data", browser_id)
    button(at, "Use this split").click().run()
    button(at, "Train on this table").click().run()
    assert not at.exception
    run = current(workspace).run
    assert run.ratings.name == "checkerboard, edited"
    assert run.split.description.startswith("random 80/10/10")


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        ([9.0], "9, for Another One Bites the Dust by Darth Vader, is not on the scale of these "
         "ratings, 0–5: change it, or empty the cell."),
        ([-1.0, 3.0, 6.0], "2 numbers are not on the scale of these ratings, 0–5, such as −1 for "
         "Another One Bites the Dust by Darth Vader: change them, or empty the cells."),
    ],
)  # fmt: skip
def test_a_number_beyond_the_scale_is_refused_in_a_sentence(
    typed, told, browser_id, workspace, monkeypatch
):
    def edit(table, **_):
        table.iloc[0, : len(typed)] = typed
        return table

    load(browser_id, rc.datasets.music_party())
    monkeypatch.setattr("streamlit.data_editor", edit)
    at = open_page("data", browser_id)
    assert told in " ".join(element.value for element in at.main.get("html"))
    assert button(at, "Train on this table").disabled
    typed[:] = [5.0 if value in (9.0, 6.0) else 0.0 for value in typed]  # the ends are on it
    at.run()
    assert told not in " ".join(element.value for element in at.main.get("html"))
    button(at, "Train on this table").click().run()
    assert current(workspace).run.ratings.name == "Robbie's party, edited"


def test_a_chosen_split_survives_a_reload_and_a_second_tab(browser_id, workspace):
    load(browser_id, rc.datasets.checkerboard(12, 12))
    at = open_page("data", browser_id)
    at.number_input(key="split_seed").set_value(5)
    button(at, "Use this split").click().run()
    for _ in range(2):  # each a new session of the same browser
        at = open_page("data", browser_id)
        assert any("seed 5" in h.value for h in at.main.get("html"))
    assert workspace.latest.split.recipe["seed"] == 5


def test_one_switches_between_loaded_data(browser_id, workspace):
    party = load(browser_id, rc.datasets.music_party())
    run = train(party, rc.SGD(n_epochs=2))
    load(browser_id, rc.datasets.checkerboard())
    at = open_page("data", browser_id)
    switch = next(c for c in at.segmented_control if c.label == "Loaded")
    assert switch.options == ["Robbie's party", "checkerboard"]
    switch.set_value(0).run()
    assert not at.exception
    assert current(workspace).run is run  # the data, with what was last learned on them
    assert any("39" in m.value for m in at.metric)
    at.button(key="data_forget").click().run()
    assert not at.exception and [d.ratings.name for d in workspace.data] == ["checkerboard"]
    assert workspace.entries == []


def test_two_tabs_look_at_different_things(browser_id, workspace):
    load(browser_id, rc.datasets.checkerboard())
    one = open_page("data", browser_id)
    other = open_page("data", browser_id)
    load(browser_id, rc.datasets.music_party())
    next(c for c in other.run().segmented_control if c.label == "Loaded").set_value(1).run()
    assert any("39" in m.value for m in other.metric)
    one.run()
    assert not any("39" in m.value for m in one.metric)


def test_own_ratings_are_shared_by_a_switch_and_that_is_undone(browser_id, workspace):
    ratings = rc.Ratings.from_matrix([[1, 5, 2], [2, 0, 4]])
    load(browser_id, ratings)
    at = open_page("data", browser_id)
    at.toggle(key="data_share").set_value(True).run()
    code = runs.registry().shared_as(browser_id, workspace.data[0].ratings)
    assert any(f"data=shared&data.id={code['id']}" in c.value for c in at.code)
    assert runs.registry().workspace("somebody").load(runs.registry().shared(code), code)
    at.toggle(key="data_share").set_value(False).run()
    assert runs.registry().shared_as(browser_id, workspace.data[0].ratings) is None
    load(browser_id, rc.datasets.music_party())  # which everybody has
    assert not [t for t in open_page("data", browser_id).toggle if t.key == "data_share"]
