"""The terms shown are the terms there are, and they add up."""

import numpy as np
import plotly.graph_objects as go
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recsys_core.asking.attribution import Terms
from recsys_core.figures import waterfall as figures
from recsys_core.ratings import Scale

SCALE = Scale(1, 5, 1)


def made(mean=3.5, user=0.2, item=-0.4, p=(1.0, -0.5), q=(0.5, 0.4), score=None, clip=True):
    p, q = np.array(p, float), np.array(q, float)
    x = mean + user + item + float(p @ q)
    score = x if score is None else score
    cut = float(np.clip(score, 1, 5)) if clip else score
    return Terms(mean, user, item, p, q, p * q, x, score, cut)


@given(
    st.lists(st.floats(-20, 20).map(lambda v: round(v, 6)), min_size=1, max_size=20),
    st.integers(0, 3),
)
def test_rounded_values_add_up_and_stay_next_to_themselves(values, digits):
    shown = figures.adding_up(np.array(values), digits)
    unit = 10.0**-digits
    assert abs(shown.sum() - sum(values)) <= unit / 2 + 1e-9
    assert (np.abs(shown - values) < unit + 1e-9).all()


def test_plain_rounding_would_not_add_up():
    values = np.array([0.335, 0.335, 0.335])  # 1.005: three times 0.34 would be 1.02
    np.testing.assert_allclose(figures.adding_up(values), [0.34, 0.33, 0.33])


def test_steps_name_the_terms_in_order():
    table = figures.steps(made(), "Ann", "x")
    assert list(table["term"]) == [
        "mean of all ratings", "Ann: bias", "x: bias", "factor 1", "factor 2",
    ]  # fmt: skip
    np.testing.assert_allclose(table["value"], [3.5, 0.2, -0.4, 0.5, -0.2])
    assert table["shown"].sum() == pytest.approx(3.6)


def test_many_factors_share_a_bar_but_lose_nothing():
    rng = np.random.default_rng(0)
    many = made(p=rng.normal(size=40), q=rng.normal(size=40))
    table = figures.steps(many, "Ann", "x")
    assert len(table) == 3 + 8 + 1
    assert table["term"].iloc[-1] == "32 other factors"
    assert table["value"].sum() == pytest.approx(many.x)
    own = np.abs(table["value"][table["kind"] == "factor"])
    assert (np.diff(own) <= 0).all()


def test_biases_a_model_does_not_have_are_not_shown():
    table = figures.steps(made(user=0.0, item=0.0), "Ann", "x")
    assert list(table["kind"]) == ["mean", "factor", "factor"]


def test_the_sentence_is_the_sum():
    assert figures.sentence(made(), SCALE) == "3.50 + 0.20 − 0.40 + 0.30 = 3.60"
    assert figures.sentence(made(mean=5.5), SCALE).endswith("= 5.60, cut to the scale: 5.00")
    linked = made(mean=0.0, score=1 + 4 / (1 + np.exp(-0.1)))
    assert figures.sentence(linked, SCALE) == (
        "0.00 + 0.20 − 0.40 + 0.30 = 0.10, and 1 + 4 · σ(0.10) = 3.10"
    )
    assert figures.sentence(made(user=0.0, item=0.0), SCALE) == "3.50 + 0.30 = 3.80"
    baseline = made(p=(), q=())
    assert figures.sentence(baseline, SCALE) == "3.50 + 0.20 − 0.40 = 3.30"


@pytest.mark.parametrize("mode", ["light", "dark"])
def test_each_bar_begins_where_the_one_before_ended(mode):
    one = made()
    bars = go.Figure(figures.figure(one, "Ann", "x", SCALE, mode)).data[0]
    base, length = np.array(bars.base, float), np.array(bars.x, float)
    ends = base + length
    np.testing.assert_allclose(base[1:5], ends[:4])
    assert ends[-1] == pytest.approx(one.x)
    np.testing.assert_allclose(length[1:5], [0.2, -0.4, 0.5, -0.2])
    assert base[0] == base[-1] < ends.min()


def test_alt_says_what_is_predicted_for_whom():
    assert figures.alt(made(), "Ann", "x", SCALE) == (
        "The predicted rating of x by Ann: 3.50 + 0.20 − 0.40 + 0.30 = 3.60."
    )
