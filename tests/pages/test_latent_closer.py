"""Latent space, closer: the factors turned, and why similarity is a cosine."""

import numpy as np
import pytest

import recsys_core as rc
from recsys_core.asking import closeness, latent_map, rotation
from recsys_core.experiments import link
from tests.app_harness import address, components, figure_of, load, open_page, text_of, train


def party(browser_id, model=None):
    space = load(browser_id, rc.datasets.music_party())
    return train(space, model or rc.SGD(n_factors=3, n_epochs=20))


def opened(run, browser_id, query):
    """The page of a run by its link, which may select somebody."""
    said = [link.write([run.experiment]), "epoch=best", query]
    return open_page("latent", browser_id, "&".join(said))


def table(at, heading, which=0):
    """The last table with such a heading, or another one counted from there."""
    found = [d.value for d in at.dataframe if heading in d.value.columns]
    return found[-1 - which]


def test_the_factors_are_turned_and_predictions_said_to_stay(browser_id):
    run = party(browser_id)
    at = open_page("latent", browser_id)
    assert at.slider(key="turn").value == 0
    at.slider(key="turn").set_value(60).run()
    assert "turn=60" in address(at)
    factors = latent_map.factor_table(run.fitted)["factor"].iloc[:2] - 1
    first, second = sorted(int(f) for f in factors)
    other = rotation.turned(run.fitted, 60, first, second)
    users = run.fitted.train.axis("user").most_rated(500)
    points = figure_of(at, "turned")["data"][0]
    np.testing.assert_allclose(points["x"], other.user_factors[users, first], atol=1e-6)
    np.testing.assert_allclose(points["y"], other.user_factors[users, second], atol=1e-6)
    assert "rounding" in text_of(at)
    ends = table(at, "high end", 0)
    assert len(ends) == 4 and ends["high end"].iloc[0] != ends["high end"].iloc[1]


def test_nmf_is_the_exception(browser_id):
    run = party(browser_id, rc.NMF(n_factors=2, n_epochs=20))
    at = opened(run, browser_id, "turn=40")
    assert "numbers are negative, which this model does not allow" in text_of(at)


def test_what_cannot_be_turned_says_why(browser_id):
    party(browser_id, rc.BayesianPMF(n_factors=2, n_epochs=8))
    assert "means over many draws" in text_of(open_page("latent", browser_id))


@pytest.mark.parametrize("side", ["user", "item"])
def test_two_are_compared_by_three_measures(browser_id, side):
    run = party(browser_id)
    at = opened(run, browser_id, f"look=cosine&close_of={side}&{side}=1&close_to=3")
    pair = closeness.pair(run.fitted, side, 1, 3)
    numbers = table(at, "measure").set_index("measure")["value"]
    assert numbers["angle, degrees"] == pytest.approx(pair.degrees, abs=6e-4)
    assert numbers["dot product"] == pytest.approx(pair.dot, abs=6e-4)
    assert f"angle of **{pair.degrees:.0f}°**" in text_of(at)
    nearest = table(at, "by cosine")
    compared = closeness.compared(run.fitted, side, 1)
    names = run.ratings.axis(side).names
    for measure, column in (("cosine", "by cosine"), ("dot", "by dot product")):
        first = names[int(compared.index[compared[f"rank_{measure}"] == 1][0])]
        assert nearest[column].iloc[0].startswith(f"{first} (")
    tips = [trace["x"][1] for trace in figure_of(at, "angle")["data"][:2]]
    cos = np.cos(np.deg2rad(pair.degrees))
    np.testing.assert_allclose(tips, [pair.first, pair.second * cos], atol=1e-6)


def test_the_first_to_be_compared_with_is_one_on_which_the_measures_disagree(browser_id):
    run = party(browser_id)
    at = opened(run, browser_id, "look=cosine")
    assert "angle" in components(at) and "Of the" in text_of(at)
    assert "turned" not in components(at)
