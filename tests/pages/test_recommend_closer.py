"""Recommend's closer looks: why exactly, ask me next, cold start, surprise, edited factors."""

from __future__ import annotations

import base64
import json

import numpy as np
import pytest

import recsys_core as rc
from recsys_core import runs
from recsys_core.asking import cold_start, edited, next_question, reranking
from recsys_core.asking.counterfactual import counterfactuals
from recsys_core.experiments import link
from tests.app_harness import (
    address,
    checked,
    components,
    figure_of,
    load,
    open_page,
    text_of,
    train,
    trigger,
    until,
    view_of,
)


def party(browser_id, model=None):
    space = load(browser_id, rc.datasets.music_party())
    return train(space, model or rc.SGD(n_factors=2, n_epochs=30))


def world(browser_id, model=None):
    made = rc.datasets.low_rank(60, 40, 2, density=0.4, seed=2, scale=rc.Scale(1, 5, 1))
    return train(load(browser_id, made), model or rc.ALS(n_factors=2, n_epochs=5))


# What only this table has: the heading of one of its columns.
HEADINGS = {
    "counterfactuals": "lead without it",
    "again_compared": "predictions move by",
    "questions": "gain × known, %",
    "surprise_list": "safe place",
    "surprise_measures": "coverage, %",
}


def tables(at, key):
    return [d.value for d in at.dataframe if HEADINGS.get(key, key) in d.value.columns]


def table(at, key):
    (found,) = tables(at, key)
    return found


def opened(run, browser_id, query):
    """The page of a run by its link, which may select somebody."""
    said = [link.write([run.experiment]), "epoch=best", query]
    return open_page("recommend", browser_id, "&".join(said))


# --- why exactly ----------------------------------------------------------------------------------


def test_which_rating_decides_is_said_and_tabled(browser_id):
    run = party(browser_id)
    at = opened(run, browser_id, "user=1")
    found = counterfactuals(run.fitted, 1)
    names = run.ratings.item_names
    shown = table(at, "counterfactuals")
    assert shown["rated song"].tolist() == [names[i] for i in found.table["item"]]
    np.testing.assert_allclose(shown["adds"], found.table["adds"], atol=6e-3)
    np.testing.assert_allclose(shown["lead without it"], found.table["lead"], atol=6e-4)
    then = [
        names[i] if flips else ""
        for i, flips in zip(found.table["then_first"], found.table["flips"], strict=True)
    ]
    assert shown["first without it"].tolist() == then
    said = text_of(at)
    assert "This is the list of the fold-in" in said
    if found.table["flips"].any():
        row = found.table.iloc[0]
        assert f"Without the rating of **{names[row['item']]}**" in said
        assert f"**{names[row['then_first']]}** would be first" in said
    assert "exact_terms" in components(at)


def test_a_guest_is_told_the_same_of_the_list_that_is_shown(browser_id):
    run = party(browser_id)
    rated = dict(zip(range(5), (5.0, 1.0, 5.0, 2.0, 3.0), strict=True))
    runs.registry().workspace(browser_id).guest[run.experiment.data] = rated
    at = opened(run, browser_id, "who=guest")
    guest = run.fitted.fold_in(list(rated), list(rated.values()))
    found = counterfactuals(run.fitted, guest)
    assert (
        at.dataframe(key="best_song").value["song"].iloc[0] == run.ratings.item_names[found.first]
    )
    assert len(table(at, "counterfactuals")) == 5
    assert "again_start" not in {b.key for b in at.button}  # no training has a guest
    runs.registry().workspace(browser_id).guest.clear()
    assert "there is no rating that could change" in text_of(opened(run, browser_id, "who=guest"))


@pytest.mark.parametrize(
    ("model", "why"), [(rc.ItemKNN(), "keeps no row"), (rc.NMF(n_epochs=3), "Non-negative rows")]
)
def test_models_without_such_rows_say_why(browser_id, model, why):
    party(browser_id, model)
    assert why in text_of(open_page("recommend", browser_id))


def test_training_again_is_measured_on_demand(browser_id):
    run = world(browser_id)
    at = opened(run, browser_id, "user=3")
    assert not tables(at, "again_compared")
    at.button(key="again_start").click().run()
    jobs = runs.registry().workspace(browser_id).jobs
    until(lambda: not jobs.busy)
    checked(at.run())
    shown = table(at, "again_compared")
    assert shown["model"].tolist()[:2] == [
        "fold-in, the rating taken away", "trained again without it",
    ]  # fmt: skip
    assert len(shown) == 3 and (shown["predictions move by"] >= 0).all()
    item = int(counterfactuals(run.fitted, 3).table["item"].iloc[0])
    found = jobs.result(run, ("again", run.best_epoch, 3, item))
    open_ = np.ones(40, bool)
    open_[run.fitted.rated_by(3)[0]] = False
    before = run.fitted.predict(np.full(40, 3), np.arange(40), clip=False)
    moved = np.sqrt(np.mean((found.without - before)[open_] ** 2))
    assert shown["predictions move by"].iloc[1] == pytest.approx(moved, abs=1e-3)


# --- ask me next ----------------------------------------------------------------------------------


def test_the_best_question_is_asked_answered_and_another_comes(browser_id):
    run = party(browser_id)
    at = opened(run, browser_id, "who=guest&closer=ask")
    first = next_question.questions(run.fitted, run.fitted.fold_in([], []))
    shown = table(at, "questions")
    assert shown["song to ask about"].tolist() == first["label"].tolist()
    np.testing.assert_allclose(shown["gain × known, %"], 100 * first["worth"], atol=6e-3)
    item = int(first["item"].iloc[0])
    at.segmented_control(key=f"ask_{item}").set_value(4.0).run()
    rated = runs.registry().workspace(browser_id).guest[run.experiment.data]
    assert rated == {item: 4.0}
    second = next_question.questions(run.fitted, run.fitted.fold_in([item], [4.0]))
    assert table(at, "questions")["song to ask about"].tolist() == second["label"].tolist()
    skipped = int(second["item"].iloc[0])
    at.button(key="ask_unknown").click().run()
    checked(at)
    third = next_question.questions(run.fitted, run.fitted.fold_in([item], [4.0]), 8, [skipped])
    assert table(at, "questions")["song to ask about"].tolist() == third["label"].tolist()


def test_of_a_user_the_questions_are_only_told(browser_id):
    run = party(browser_id)
    at = opened(run, browser_id, "closer=ask")
    assert "If one could ask" in text_of(at)
    assert not [c for c in at.segmented_control if (c.key or "").startswith("ask_")]


# --- cold start -----------------------------------------------------------------------------------


def test_the_dial_counts_ratings_one_at_a_time(browser_id):
    run = party(browser_id)
    at = opened(run, browser_id, "user=2&closer=cold&counted=1")
    items, values = cold_start.in_order(run.fitted.train, 2)
    found = cold_start.steps(run.fitted, items, values)
    names = run.ratings.item_names
    ahead = components(at)["cold_dial_steps"]
    given = components(at)["cold_dial"]
    assert given["at"] == 1 and len(ahead["steps"]) == len(items) + 1
    assert given["token"] == ahead["token"]
    for n in (1, 0, 3):
        trigger(at, "cold_dial", "counted", {"at": n, "number": 7 - n})
        given = components(at)["cold_dial"]
        listed = ahead["steps"][n]["list"]
        assert (given["at"], given["seen"]) == (n, 7 - n)
        assert [name for name, _, _ in listed] == [names[i] for i in found[n].best[:8]]
        scores = run.fitted.clipped(found[n].scores[:8])
        np.testing.assert_allclose([score for _, score, _ in listed], scores)
        assert f"counted={n}" in address(at)
    step = ahead["steps"][3]
    assert names[items[2]] in step["says"]
    near = run.fitted.similar_users(found[3].guest, 5)["user"]
    assert all(run.ratings.user_names[u] in step["near"] for u in near)
    alike, way, here = json.loads(step["over"]["cold_way"])["data"]
    assert len(alike["x"]) == len(near)
    assert len(way["x"]) == 4  # before any rating, and after 1, 2, 3
    assert [way["x"][-1]] == here["x"]
    whole = figure_of(at, "cold_way")["data"][1]
    assert len(whole["x"]) == len(items) + 1 and whole["x"][:4] == way["x"]
    vector = json.loads(step["over"]["cold_vector"])["data"][0]
    np.testing.assert_allclose(vector["y"], found[3].guest.factors, atol=1e-6)
    for odd in (-1, 99, "2", None):
        trigger(at, "cold_dial", "counted", {"at": odd, "number": 9})
        assert components(at)["cold_dial"]["at"] == 3
    locked = opened(run, browser_id, "user=2&closer=cold&counted=1&lock=closer")
    trigger(locked, "cold_dial", "counted", {"at": 2, "number": 9})
    assert components(locked)["cold_dial"]["at"] == 1 and components(locked)["cold_dial"]["locked"]


def test_the_dial_of_a_guest_without_ratings_has_nothing_to_count(browser_id):
    run = party(browser_id)
    at = opened(run, browser_id, "who=guest&closer=cold")
    assert "there is nothing to count" in text_of(at)


# --- safe or surprising ---------------------------------------------------------------------------


def test_the_list_is_chosen_again_and_what_it_costs_is_said(browser_id):
    run = world(browser_id)
    at = opened(run, browser_id, "user=4&closer=surprise&surprise=6")
    names = run.ratings.item_names
    for way in ("diverse", "novel"):
        at.segmented_control(key="surprise_by").set_value(way).run()
        expected = reranking.reranked(run.fitted, 4, 0.6, way)
        assert table(at, "surprise_list")["item"].tolist() == [names[i] for i in expected]
        curve = reranking.curve(run.fitted, run.split.validation, way)
        measures = table(at, "surprise_measures")
        np.testing.assert_allclose(measures["NDCG"], curve.values("ndcg")[[0, 6]], atol=6e-5)
        assert "Paid at λ = 0.6: NDCG" in text_of(at)
    at.slider(key="surprise").set_value(0.0).run()
    safe = run.fitted.recommend(4, 10)["item"]
    assert table(at, "surprise_list")["item"].tolist() == [names[i] for i in safe]
    assert view_of(at).option("surprise") == "0"


def test_where_nothing_is_held_out_no_price_is_claimed(browser_id):
    run = party(browser_id)
    at = opened(run, browser_id, "closer=surprise&surprise=5")
    assert "Nothing is held out that could say" in text_of(at)
    assert "NDCG" not in table(at, "surprise_measures").columns


# --- edited factors -------------------------------------------------------------------------------


def edit(at):
    """What the browser is given: the sliders and what it works with, and the numbers as set."""
    given = components(at)
    return given["edit_block"], given["edit_row"]


def move(at, number, *moved, **forged):
    """The browser tells that sliders were released: places and values."""
    token = edit(at)[1]["token"]
    told = {"token": token, "number": number, "moved": [list(each) for each in moved]} | forged
    return trigger(at, "edit_row", "moved", told)


def far(field):
    """The end of a slider that is farther away."""
    return field["low"] if field["now"] > 0 else field["high"]


def test_an_edited_number_changes_the_list_and_can_be_put_back(browser_id):
    run = party(browser_id)
    at = opened(run, browser_id, "user=1&closer=edit")
    names, fitted = run.ratings.item_names, run.fitted
    block, first = edit(at)
    assert block["token"] == first["token"] and block["name"] == run.ratings.user_names[1]
    assert [field["label"] for field in block["fields"]] == ["factor 1", "factor 2", "bias"]
    assert [e["name"] for e in first["answer"]["list"]] == [
        names[i] for i in fitted.recommend(1, 8)["item"]
    ]
    assert (first["moved"], first["seen"]) == ([], 0)
    assert "release_start" not in {b.key for b in at.button}
    value = far(block["fields"][0])
    move(at, 3, (0, value))
    factors = fitted.user_factors[1].astype(float)
    factors[0] = value
    after = fitted.with_row("user", 1, factors, float(fitted.user_bias[1]))
    _, moved = edit(at)
    assert (moved["moved"], moved["seen"]) == ([[0, value]], 3)
    listed = after.recommend(1, 8)
    assert [e["name"] for e in moved["answer"]["list"]] == [names[i] for i in listed["item"]]
    shown = [e["predicted"] for e in moved["answer"]["list"]]
    np.testing.assert_allclose(shown, np.clip(listed["score"], 1, 5), rtol=1e-5)
    assert shown != [e["predicted"] for e in first["answer"]["list"]]
    assert [e["name"] for e in moved["answer"]["near"]] == [
        run.ratings.user_names[u] for u in after.similar_users(1, 5)["user"]
    ]
    assert moved["answer"]["rmse"][1] > moved["answer"]["rmse"][0]
    assert "release_start" in {b.key for b in at.button}
    at.button(key="edit_back").click().run()
    checked(at)
    _, back = edit(at)
    assert back["answer"] == first["answer"]
    # What the browser changed last is known still: so its sliders follow the numbers put back.
    assert (back["moved"], back["seen"]) == ([], 3)


def test_the_plane_is_that_of_two_factors_with_sliders(browser_id):
    run = world(browser_id, rc.ALS(n_factors=14, n_epochs=3))
    at = opened(run, browser_id, "user=1&closer=edit&map_factors=14,2")
    block, row = edit(at)
    shown = [field["place"] for field in block["fields"][:-1]]
    # Of two that are not shown, the next lower ones are.
    assert row["plane"] == [max(f for f in shown if f < 14), max(f for f in shown if f < 2)]
    at.selectbox(key="edit_Across").set_value(shown[3]).run()
    at.selectbox(key="edit_Upward").set_value(shown[3]).run()
    assert edit(at)[1]["plane"] == [shown[3], shown[0]], "no plane has the same factor twice"
    assert view_of(at).option("map_factors") == f"{shown[3] + 1},{shown[3] + 1}"
    for side, rows in (("user", run.fitted.user_factors), ("item", run.fitted.item_factors)):
        sent = np.frombuffer(base64.b64decode(block["points"][side]), "<f4").reshape(-1, 12)
        np.testing.assert_array_equal(sent, rows[:, shown])


@pytest.mark.parametrize(("k", "plane"), [(2, [0, 1]), (1, None)])
def test_two_factors_are_the_plane_and_one_has_none(browser_id, k, plane):
    at = opened(
        party(browser_id, rc.ALS(n_factors=k, n_epochs=3)), browser_id, "user=1&closer=edit"
    )
    assert edit(at)[1]["plane"] == plane and "edit_Across" not in {s.key for s in at.selectbox}


def test_a_message_that_no_slider_sends_changes_nothing(browser_id):
    run = party(browser_id)
    at = opened(run, browser_id, "user=1&closer=edit")
    first = edit(at)[1]
    for number, moved in ((1, (9, 0.5)), (1, (0, "x")), (1, (0, 1.0, 2.0)), ("x", (0, 0.5))):
        move(at, number, moved)
        assert edit(at)[1] == first
    for forged in ({"token": "another row"}, {"moved": 3}, {"moved": [[0, float("nan")]]}):
        move(at, 1, (0, 0.5), **forged)
        assert edit(at)[1] == first
    move(at, 1, (0, 1e9))  # no farther than the slider reaches
    assert edit(at)[1]["moved"] == [[0, edit(at)[0]["fields"][0]["high"]]]


def test_what_is_locked_hears_of_no_slider(browser_id):
    run = party(browser_id)
    at = opened(run, browser_id, "user=1&closer=edit&lock=closer")
    first = edit(at)[1]
    assert first["locked"] and at.button(key="edit_back").disabled
    move(at, 1, (0, 0.5))
    assert edit(at)[1] == first


def test_non_negative_factors_stay_so(browser_id):
    run = party(browser_id, rc.NMF(n_factors=2, n_epochs=30))
    at = opened(run, browser_id, "user=1&closer=edit")
    block, _ = edit(at)
    assert [field["low"] for field in block["fields"] if field["label"] != "bias"] == [0, 0]
    move(at, 1, (0, -2.0))
    assert edit(at)[1]["moved"] == [[0, 0.0]]


def test_released_training_pulls_the_number_back(browser_id):
    run = party(browser_id)
    at = opened(run, browser_id, "user=1&closer=edit")
    move(at, 1, (0, far(edit(at)[0]["fields"][0])))
    at.button(key="release_start").click().run()
    jobs = runs.registry().workspace(browser_id).jobs
    until(lambda: not jobs.busy)
    checked(at.run())
    line = figure_of(at, "released")["data"][0]
    assert len(line["y"]) == 21 and line["y"][-1] < line["y"][0]
    assert "of the change is left" in text_of(at)


def test_an_item_can_be_edited_too(browser_id):
    run = party(browser_id)
    at = opened(run, browser_id, "closer=edit&edit_of=item&item=3")
    users = [run.ratings.user_names[u] for u in run.fitted.recommend_users(3, 8)["user"]]
    block, row = edit(at)
    assert block["heading"] == "who would like it most"
    assert [each["name"] for each in row["answer"]["list"]] == users
    guest = opened(run, browser_id, "who=guest&closer=edit")
    assert "A guest’s numbers follow from the ratings" in text_of(guest)


def test_the_page_says_which_factors_are_shown_and_what_the_browser_knows(browser_id, monkeypatch):
    run = world(browser_id, rc.ALS(n_factors=14, n_epochs=3))
    at = opened(run, browser_id, "user=1&closer=edit")
    block, _ = edit(at)
    assert len(block["fields"]) == 13  # 12, and the bias
    assert block["notes"] == ["The 12 factors with the largest spread, of 14."]
    monkeypatch.setattr(edited, "_MOST_ROWS", 10)
    block, _ = edit(opened(run, browser_id, "user=2&closer=edit"))
    assert "the neighbours from the 10 of 59 users most similar" in block["notes"][1]
    assert len(block["numbers"]["near"]["names"]) == 10
