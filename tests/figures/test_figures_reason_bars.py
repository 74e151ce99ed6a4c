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
    return Reasons(3.0, 3.0 + sum(contributions), table)


def test_pulls_keep_their_order_and_sign():
    chart = go.Figure(reason_bars.figure(reasons([0.5, -0.3, 0.1]), NAMES, "Z", "dark"))
    assert list(chart.data[0].x) == [0.5, -0.3, 0.1]
    assert list(chart.layout.yaxis.ticktext) == ["Ann, rated 1", "Bo, rated 2", "Cy, rated 3"]
    assert list(chart.data[0].text) == ["+0.50", "−0.30", "+0.10"]
    assert chart.layout.title.text == "Why Z?"


def test_of_many_pulls_the_strongest_are_drawn_and_the_title_says_so():
    many = reasons([0.01 * n for n in range(20, 0, -1)])
    chart = go.Figure(reason_bars.figure(many, [f"item {i}" for i in range(20)], "Z", "light"))
    assert len(chart.data[0].x) == 8
    assert chart.layout.title.text == "Why Z? The 8 strongest of 20 ratings"


def test_because_names_what_speaks_for_it_only():
    assert reason_bars.because(reasons([-0.5, 0.3, 0.1]), NAMES) == "Bo 2 · Cy 3"
    assert reason_bars.because(reasons([0.3]), NAMES) == "Ann 1"
    assert reason_bars.because(reasons([-0.3]), NAMES) == ""
    assert reason_bars.because(reasons([]), NAMES) == ""
