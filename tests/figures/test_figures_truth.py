"""True and learned points, and errors against the truth, as they are drawn."""

import numpy as np
import pytest

import recsys_core as rc
from recsys_core.asking import truth as asked
from recsys_core.asking.truth import PartError
from recsys_core.figures import theme, truth


@pytest.fixture(scope="module")
def world():
    ratings = rc.datasets.low_rank(30, 20, 2, density=0.8, seed=4)
    return ratings, asked.recovery(rc.ALS(n_factors=2, n_epochs=4).fit(ratings).snapshot(),
                                   ratings.truth)  # fmt: skip


@pytest.mark.parametrize("side", ["user", "item"])
def test_a_line_leads_from_each_true_point_to_the_learned_one(world, side):
    ratings, found = world
    ids = np.array([7, 2, 11])
    lines, true, learned = truth.recovered(found, ratings, side, ids, "light")["data"]
    for name, at in (("x", 0), ("y", 1)):
        np.testing.assert_allclose(true[name], found.true[side][ids, at], atol=1e-4)
        np.testing.assert_allclose(learned[name], found.found[side][ids, at], atol=1e-4)
        ways = np.asarray(lines[name]).reshape(3, 3)
        assert (ways[:, 0] == true[name]).all() and (ways[:, 1] == learned[name]).all()
        assert np.isnan(ways[:, 2]).all()  # and no line from one to the next
    assert learned["marker"]["color"] == theme.COLOUR[side]
    assert ratings.axis(side).names[7] in true["hovertext"][0]
    assert "-" not in "".join(true["hovertext"])  # a minus sign, no hyphen
    table = truth.recovered_table(found, ratings, side, ids)
    np.testing.assert_array_equal(table["second direction, true"], found.true[side][ids, 1])


def test_one_direction_is_drawn_level():
    ratings = rc.datasets.low_rank(30, 20, 1, density=0.8, seed=4)
    fitted = rc.ALS(n_factors=2, n_epochs=4).fit(ratings).snapshot()
    found = asked.recovery(fitted, ratings.truth)
    assert found.n_true == 1
    true, learned = truth.places(found, "item", np.arange(20))
    assert (true[:, 1] == learned[:, 1]).all()
    assert (np.diff(true[np.argsort(true[:, 1]), 0]) >= 0).all()
    assert len(truth.recovered_table(found, ratings, "item", np.arange(20)).columns) == 3


def test_errors_stand_beside_the_noise():
    parts = [
        PartError("training", 9, 0.2, 0.4, 0.5), PartError("validation", 3, 0.3, 0.6, 0.55),
        PartError("all", 50, 0.25),
    ]  # fmt: skip
    noisy, clean, noise = truth.errors(parts, "dark")["data"]
    assert noisy["x"] == [0.4, 0.6] and noisy["y"] == ["training pairs", "validation pairs"]
    assert clean["x"] == [0.2, 0.3, 0.25]
    assert set(noise["x"]) == {0.55} == {truth.floor(parts)} and noise["name"] == "noise 0.5500"
    assert truth.floor([parts[0], parts[2]]) == 0.5
    assert "0.2500 against the truth" in truth.errors_alt(parts)
    table = truth.errors_table(parts)
    assert np.isnan(table["RMSE against ratings"].iloc[2]) and list(table["pairs"]) == [9, 3, 50]


def test_held_out_pairs_stand_beside_all_pairs():
    named = {
        "mine": [PartError("validation", 3, 0.3, 0.6, 0.55), PartError("all", 50, 0.9)],
        "Global <b>": [PartError("validation", 3, 0.8, 1.0, 0.55), PartError("all", 50, 1.2)],
        "none held out": [PartError("all", 50, 1.2)],
    }
    between, held, everything = truth.held_out(named, 2, "light")["data"]
    assert held["x"] == [0.3, 0.8] and everything["x"] == [0.9, 1.2]
    assert between["x"] == [0.3, 0.9, None, 0.8, 1.2, None]
    assert held["marker"]["color"][0] == theme.run_colour(2, "light") != held["marker"]["color"][1]
    assert "<b>" not in held["y"][1], "names are text"
    table = truth.held_out_table(named)
    assert list(table["model"]) == ["mine", "Global <b>"]
    assert list(table["held-out RMSE against ratings"]) == [0.6, 1.0]
    assert "mine 0.3000 and 0.9000" in truth.held_out_alt(named)
