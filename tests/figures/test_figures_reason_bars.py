"""The bars of reasons show the numbers they are given, under the right names."""

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from recsys_core.asking.attribution import Reasons
from recsys_core.figures import reason_bars

NAMES = ["Ann", "Bo", "Cy"]


def reasons(contributions, ratings=None):
    ratings = np.arange(1, len(contributions) + 1) if ratings is None else ratings
    table = pd.DataFrame(
        {"item": range(len(contributions)), "label": "x", "rating": ratings, "pull": contributions}
    )
    return Reasons(3.0, 3.0 + sum(contributions), table, n_ratings=len(table))


def test_pulls_keep_their_order_and_sign():
    chart = go.Figure(reason_bars.figure(reasons([0.5, -0.3, 0.1]), NAMES, "Z", "dark"))
    assert list(chart.data[0].x) == [0.5, -0.3, 0.1]
    assert list(chart.layout.yaxis.ticktext) == ["Ann, rated 1", "Bo, rated 2", "Cy, rated 3"]
    assert list(chart.data[0].text) == ["+0.50", "−0.30", "+0.10"]
    assert chart.layout.title.text == "Why Z?"


def test_of_many_pulls_the_strongest_are_drawn_and_the_title_says_so():
    many = reasons([0.01 * n for n in range(20, 0, -1)])
    chart = go.Figure(reason_bars.figure(many, [f"item {i}" for i in range(20)], "Z", "light"))
    assert len(chart.data[0].x) == 9  # the others share one
    assert chart.layout.title.text == "Why Z?"


def test_what_is_shown_adds_up_to_the_prediction_shown():
    found = Reasons(3.004, 3.0 + 0.004 + 0.204 * 3 + 0.064, reasons([0.204] * 3).table, 0.064, 3)
    table = reason_bars.summands(found, NAMES, most=2)
    assert table["kind"].tolist() == ["start", "rating", "rating", "others", "rest"]
    assert table["summand"].tolist()[3:] == ["1\u00a0other rating", reason_bars.REST]
    assert round(table["shown"].sum(), 2) == 3.68 == round(found.prediction, 2)
    sums = reason_bars.totals(found, NAMES, most=2)
    numbers = [float(text) for text in (sums.start, sums.pulled, sums.rest)]
    assert round(sum(numbers), 2) == float(sums.prediction) == 3.68
    chart = go.Figure(reason_bars.figure(found, NAMES, "Z", "dark", most=2))
    bars = [float(text) for text in chart.data[0].text]
    assert round(numbers[0] + sum(bars), 2) == 3.68
    assert "In training" in chart.data[0].hovertext[-1]
    assert chart.data[0].marker.color[-1] != chart.data[0].marker.color[0]


def test_nothing_is_said_of_training_where_it_adds_nothing():
    found = Reasons(3.0, 3.5004, reasons([0.5]).table, 0.0004, 1)
    assert reason_bars.totals(found, NAMES) == ("3.00", "+0.50", "", "3.50")
    assert len(go.Figure(reason_bars.figure(found, NAMES, "Z", "dark")).data[0].x) == 1


def test_because_names_what_speaks_for_it_and_the_strongest_against_it():
    found = reasons([-0.5, 0.3, 0.1])
    assert reason_bars.because(found, NAMES) == "Bo 2 · Cy 3 (against it: Ann 1)"
    assert reason_bars.because(reasons([0.5, -0.3, 0.1]), NAMES) == "Ann 1 · Cy 3"
    assert reason_bars.because(reasons([0.3]), NAMES) == "Ann 1"
    assert reason_bars.because(reasons([-0.3]), NAMES) == "(against it: Ann 1)"
    assert reason_bars.because(reasons([]), NAMES) == ""
