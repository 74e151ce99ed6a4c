"""The Recommend page: the best and why, neighbours, and a guest nobody has met."""

import re

import numpy as np
import pytest

import recsys_core as rc
from pages.shared import pickers, visitor
from recsys_core import runs, words
from recsys_core.asking import similarity
from tests.app_harness import checked, load, open_page, text_of, train


def party(browser_id, model=None):
    workspace = load(browser_id, rc.datasets.music_party())
    return train(workspace, model or rc.ALS(n_factors=2, n_epochs=6))


def texts(at):
    return [element.value for element in (*at.main.markdown, *at.main.caption)]


def table_with(at, column):
    return next(d.value for d in at.main.dataframe if column in d.value)


def best(at):
    return at.dataframe(key="best_song").value


def shown_is(table, expected, ratings):
    assert list(table["song"]) == [ratings.item_names[i] for i in expected["item"]]
    np.testing.assert_allclose(table["predicted"], ratings.scale.clip(expected["score"]), atol=6e-5)


def test_a_user_sees_own_ratings_and_the_best_of_the_rest(browser_id):
    run = party(browser_id)
    at = open_page("recommend", browser_id)
    own = table_with(at, "rated")
    ids, values = run.split.train.by_user.row(0)
    assert dict(zip(own["song"], own["rated"], strict=True)) == {
        run.ratings.item_names[i]: v for i, v in zip(ids, values, strict=True)
    }
    assert (np.diff(own["rated"]) <= 0).all()
    shown_is(best(at), run.fitted.recommend(0, 10), run.ratings)
    assert not set(best(at)["song"]) & set(own["song"])


def test_another_user_is_chosen_by_name(browser_id):
    run = party(browser_id)
    at = open_page("recommend", browser_id)
    at.selectbox(key="recommend_user_0").set_value(2).run()
    shown_is(best(at), run.fitted.recommend(2, 10), run.ratings)
    assert any("Ripley" in text for text in texts(at))


def test_a_guest_who_rated_nothing_is_told_so_and_gets_what_anybody_would(browser_id):
    run = party(browser_id)
    at = open_page("recommend", browser_id)
    at.segmented_control(key="recommend_who").set_value("guest").run()
    assert not at.exception
    assert any("knows nothing of you" in text for text in texts(at))
    anybody = run.fitted.fold_in(np.array([], int), np.array([]))
    shown_is(best(at), run.fitted.recommend(anybody, 10), run.ratings)


def test_a_guests_ratings_change_the_recommendations_at_once(browser_id):
    run = party(browser_id)
    at = open_page("recommend", browser_id)
    at.segmented_control(key="recommend_who").set_value("guest").run()
    for control, value in zip(at.main.segmented_control[1:4], (5.0, 1.0, 4.0), strict=True):
        control.set_value(value).run()
    rated = [c for c in at.main.segmented_control[1:] if c.value is not None and "guest" in c.key]
    items = [int(c.key.split("_")[1]) for c in rated]
    guest = run.fitted.fold_in(np.array(items), np.array([c.value for c in rated]))
    assert len(items) == 3
    shown_is(best(at), run.fitted.recommend(guest, 10), run.ratings)
    assert "because you rated" in best(at).columns
    assert any(best(at)["because you rated"].str.contains(run.ratings.item_names[items[0]]))
    # What is found by name can be rated too, and all survives a visit to another page.
    at.selectbox(key="guest_find_0_None").set_value(3).run()
    at.switch_page("latent.py").run()
    at.switch_page("recommend.py").run()
    assert not at.exception
    shown_is(best(at), run.fitted.recommend(guest, 10), run.ratings)
    at.button(key="guest_over").click().run()
    assert any("knows nothing of you" in text for text in texts(at))


def test_a_prediction_beyond_the_scale_is_shown_on_it_and_what_it_was_is_told(browser_id):
    run = party(browser_id, rc.SGD(n_factors=2, standardize=False))
    rated = dict(zip(range(5), (5.0, 1.0, 5.0, 1.0, 3.0), strict=True))  # one taste, plainly
    runs.registry().workspace(browser_id).guest[run.experiment.data] = rated
    at = open_page("recommend", browser_id, "who=guest")
    guest = run.fitted.fold_in(np.array(list(rated)), np.array(list(rated.values())))
    before = run.fitted.recommend(guest, 10)["score"]
    assert before[0] > 5.1 and before[1] < 5
    assert best(at)["predicted"].max() == 5
    raw = words.number(before[0])
    name = best(at)["song"].iloc[0]
    proto = at.dataframe(key="best_song").proto
    assert f"Before that: {name} {raw}." in proto.columns  # on hover over the heading
    assert any(f"the prediction is {raw}, cut to the scale: 5." in text for text in texts(at))


def test_a_guests_ratings_are_there_in_another_tab_of_the_same_browser_and_nowhere_else(browser_id):
    run = party(browser_id)
    at = open_page("recommend", browser_id, "who=guest")
    items = [int(c.key.split("_")[1]) for c in at.main.segmented_control if "guest" in c.key][:2]
    for item, value in zip(items, (5.0, 2.0), strict=True):
        at.segmented_control(key=f"guest_{item}").set_value(value).run()
    fresh = open_page("recommend", browser_id, "who=guest")
    assert [fresh.segmented_control(key=f"guest_{item}").value for item in items] == [5.0, 2.0]
    guest = run.fitted.fold_in(np.array(items), np.array([5.0, 2.0]))
    shown_is(best(fresh), run.fitted.recommend(guest, 10), run.ratings)
    fresh.segmented_control(key=f"guest_{items[0]}").set_value(None).run()  # taken back
    at.run()
    assert at.segmented_control(key=f"guest_{items[0]}").value is None
    other = visitor.new_id()
    party(other)
    assert "knows nothing of you" in text_of(open_page("recommend", other, "who=guest"))


def test_a_continuous_scale_is_typed(browser_id):
    world = rc.datasets.low_rank(n_users=20, n_items=15, density=0.5, seed=1)
    values = world.values + 0.123
    load(browser_id, world.replace(values=values, scale=rc.Scale(0.0, 7.0, None)))
    run = train(runs.registry().workspace(browser_id), rc.ALS(n_factors=2, n_epochs=3))
    at = open_page("recommend", browser_id)
    at.segmented_control(key="recommend_who").set_value("guest").run()
    typed = at.main.number_input[0]
    checked(typed.set_value(6.5).run())
    assert not any("knows nothing of you" in text for text in texts(at))
    guest = run.fitted.fold_in([int(typed.key.removeprefix("guest_"))], [6.5])
    expected = run.fitted.recommend(guest, 10)
    shown = at.dataframe(key="best_item").value["predicted"]
    np.testing.assert_allclose(shown, np.clip(expected["score"], 0.0, 7.0), atol=6e-5)


@pytest.mark.parametrize("how", ["mean", "sum"])
def test_neighbours_advice_and_the_warning_about_sums(how, browser_id):
    run = party(browser_id)
    at = open_page("recommend", browser_id, "similar=neighbours")
    at.segmented_control(key="neighbours_how").set_value(how).run()
    assert not at.exception
    table = table_with(at, "own prediction")
    expected = similarity.from_neighbours(run.fitted, 0, 10, 3, how, "predictions")
    cut = run.ratings.scale.clip if how == "mean" else np.asarray  # a sum is no rating
    np.testing.assert_allclose(table.iloc[:, 1], cut(expected["score"]), atol=6e-3)
    assert bool(at.warning) == (how == "sum")


def test_a_baseline_has_no_likeness_to_show(browser_id):
    party(browser_id, rc.UserItemBias())
    at = open_page("recommend", browser_id)
    assert any("no likeness to show" in text for text in texts(at))
    assert len(best(at))


def test_who_has_rated_everything_is_told_so(browser_id):
    full = rc.Ratings.from_matrix(np.arange(1, 13).reshape(3, 4) % 5 + 1.0, missing=None)
    train(load(browser_id, full), rc.ALS(n_factors=1, n_epochs=2))
    at = open_page("recommend", browser_id)
    assert "rated already" in at.info[0].value


def test_among_very_many_users_one_is_found_by_typing(browser_id, monkeypatch):
    run = party(browser_id)
    monkeypatch.setattr(pickers, "_MOST_LISTED", 3)
    at = open_page("recommend", browser_id)
    at.text_input(key="recommend_user_text").set_value("spo").run()
    found = at.selectbox(key="recommend_user_0")
    assert found.options == ["Darth Vader", "Spock"]  # the one in view, and what matches
    found.set_value(3).run()
    assert not at.exception
    shown_is(best(at), run.fitted.recommend(3, 10), run.ratings)


@pytest.mark.parametrize("few", [True, False])
def test_reasons_add_up_to_the_prediction_that_is_shown(browser_id, few):
    # Far from convergence the trained rows are not those that the ratings alone would give.
    run = party(browser_id, rc.SGD(n_epochs=2) if few else rc.UserItemBias(reg_user=1, reg_item=1))
    at = open_page("recommend", browser_id)
    item = int(run.fitted.recommend(0, 1)["item"][0])
    assert (abs(run.fitted.attribution(0, item).rest) > 0.1) is few
    own = float(run.fitted.predict([0], [item], clip=False)[0])
    caption = next(c.value for c in at.caption if "together change that by" in c.value)
    assert ("training beyond these ratings by" in caption) is few
    assert f"the prediction is {own:.2f}." in caption
    assert round(best(at)["predicted"].iloc[0], 2) == round(own, 2)
    numbers = [float(n) for n in re.findall(r"[+-]?\d+\.\d\d", caption.replace("−", "-"))]
    assert round(sum(numbers[:-1]), 2) == numbers[-1]  # as they are read


def test_before_training_there_are_no_reasons(browser_id):
    party(browser_id, rc.SGD(n_epochs=2))
    at = open_page("recommend", browser_id)
    at.slider(key="epoch").set_value(0).run()
    assert "Not trained yet" in text_of(at)
    assert not [column for column in best(at).columns if "because" in column]
    at.slider(key="epoch").set_value(1).run()
    assert "Not trained yet" not in text_of(at)
    assert "because they rated" in best(at).columns


def test_what_was_liked_in_the_held_out_part_is_shown_with_its_place(browser_id):
    world = rc.datasets.low_rank(30, 40, n_factors=2, density=0.6, seed=1, scale=rc.Scale(1, 5, 1))
    run = train(load(browser_id, world), rc.ALS(n_factors=2, n_epochs=5))
    split = run.split
    liked = [
        {u for u in range(30) if (part.by_user.row(u)[1] >= 4).any()}
        for part in (split.validation, split.test)
    ]
    user = min(liked[0] & liked[1])
    at = open_page("recommend", browser_id)
    at.selectbox(key="recommend_user_0").set_value(user).run()
    table = table_with(at, "part")
    items, values = split.validation.by_user.row(user)
    best = {world.item_names[i]: v for i, v in zip(items, values, strict=True) if v >= 4}
    assert dict(zip(table["item"], table["rated"], strict=True)) == best
    assert set(table["part"]) == {"validation"}
    order = run.fitted.recommend(user, 99)["item"].map(lambda i: world.item_names[i]).tolist()
    assert [order[rank - 1] for rank in table["rank"]] == table["item"].tolist()
    at.toggle(key="held_out_test").set_value(True).run()
    assert set(table_with(at, "part")["part"]) == {"validation", "test"}


def test_where_nothing_is_held_out_that_is_said(browser_id):
    party(browser_id)
    assert "is held out, so there is nothing" in text_of(open_page("recommend", browser_id))
