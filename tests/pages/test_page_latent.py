"""The Latent space page: who is shown, by which map, neighbours, trust, the ends of factors."""

import time

import pandas as pd
import pytest

import recsys_core as rc
from pages.shared import visitor
from tests.app_harness import checked, load, open_page, train


def party(browser_id, model=None, **changes):
    workspace = load(browser_id, rc.datasets.music_party().replace(**changes))
    return train(workspace, model or rc.SGD(n_factors=3, n_epochs=6))


def texts(at):
    return [element.value for element in (*at.main.markdown, *at.main.caption)]


@pytest.mark.parametrize("who", ["both", "user", "item"])
@pytest.mark.parametrize("method", ["pca", "factors"])
@pytest.mark.parametrize("colour", ["kind", "cluster", "mean", "count"])
def test_every_map_in_every_colour(who, method, colour, browser_id):
    party(browser_id)
    at = open_page("latent", browser_id)
    at.segmented_control(key="latent_who").set_value(who)
    at.segmented_control(key="latent_method").set_value(method)
    at.selectbox(key="latent_colour").set_value(colour).run()
    assert not at.exception
    assert any("Trustworthiness" in text for text in texts(at))


def test_finding_an_item_lists_its_neighbours_in_the_space_itself(browser_id):
    run = party(browser_id)
    at = open_page("latent", browser_id)
    at.selectbox(key="latent_find_item_None").set_value(4).run()
    assert not at.exception
    near = at.main.dataframe[0].value
    expected = run.fitted.similar_items(4, 10)
    names = run.ratings.item_names
    assert list(near.iloc[:, 0]) == [names[i] for i in expected["item"]]
    assert list(near["similarity"]) == pytest.approx(list(expected["similarity"]))
    # Selected here is selected everywhere.
    at.switch_page("predictions.py").run()
    assert any(names[4] in text for text in texts(at))


def test_a_user_found_after_an_item_is_the_one_looked_at(browser_id):
    run = party(browser_id)
    at = open_page("latent", browser_id)
    at.selectbox(key="latent_find_item_None").set_value(4).run()
    at.selectbox(key="latent_find_user_None").set_value(3).run()
    assert "**Spock**" in texts(at)
    assert len(at.main.dataframe[0].value) == run.fitted.n_users - 1


@pytest.mark.parametrize("method", ["tsne", pytest.param("umap", marks=pytest.mark.slow)])
def test_layouts_are_worked_out_behind_the_page(method, browser_id):
    party(browser_id)
    at = open_page("latent", browser_id)
    at.segmented_control(key="latent_method").set_value(method).run()
    deadline = time.monotonic() + 120
    while "layout_stop" in {button.key for button in checked(at.run()).button}:
        assert time.monotonic() < deadline, "the layout never arrived"
        time.sleep(0.1)
    assert any("Trustworthiness" in text for text in texts(at))


def test_genres_are_offered_where_they_are_known(browser_id):
    info = pd.DataFrame({"title": list("abcdefghijkl"), "genres": ["Rock|Pop", "Opera"] * 6})
    party(browser_id, item_info=info)
    at = open_page("latent", browser_id)
    assert "genre" in at.selectbox(key="latent_colour").options
    at.selectbox(key="latent_colour").set_value("genre").run()
    assert not at.exception
    assert set(at.multiselect(key="latent_genres").value) == {"Rock", "Pop", "Opera"}
    other = visitor.new_id()
    party(other, rc.SGD(n_factors=2, n_epochs=6))  # which nobody trained on those
    assert "genre" not in open_page("latent", other).selectbox(key="latent_colour").options


def test_the_ends_of_each_factor_are_there(browser_id):
    party(browser_id)
    at = open_page("latent", browser_id)
    table = at.main.dataframe[-1].value
    assert sorted(table["factor"]) == [1, 2, 3]
    assert table["low end"].str.len().min() > 3


@pytest.mark.parametrize("k", [1, 2])
def test_few_factors_are_no_error(k, browser_id):
    party(browser_id, rc.ALS(n_factors=k, n_epochs=3))
    at = open_page("latent", browser_id)
    at.segmented_control(key="latent_method").set_value("factors").run()
    assert not at.exception


def test_a_model_without_factors_says_so(browser_id):
    party(browser_id, rc.GlobalMean())
    at = open_page("latent", browser_id)
    assert "no latent space" in at.info[0].value
    assert not at.main.dataframe
