"""Likeness and reasons show the numbers they are given, under the right names."""

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from recsys_core.asking.attribution import Reasons
from recsys_core.figures import similarity_matrix, theme

NAMES = ["Ann", "Bo", "Cy"]
TABLE = pd.DataFrame([[1, 0.9, 0.2], [0.9, 1, 0.4], [0.2, 0.4, 1]], NAMES, NAMES)


def reasons(contributions, ratings=None):
    ratings = np.arange(1, len(contributions) + 1) if ratings is None else ratings
    table = pd.DataFrame(
        {"item": range(len(contributions)), "label": "x", "rating": ratings, "pull": contributions}
    )
    return Reasons(3.0, 3.0 + sum(contributions), table)


def test_the_matrix_has_everyone_by_name_and_the_selected_one_ringed():
    chart = go.Figure(similarity_matrix.similarities(TABLE, "Alike", "light", selected=1))
    heat = chart.data[0]
    np.testing.assert_allclose(np.array(heat.z, float), TABLE)
    assert list(chart.layout.xaxis.ticktext) == list(chart.layout.yaxis.ticktext) == NAMES
    assert heat.text[0][1] == "0.90"
    assert heat.hovertext[2][1] == "Cy and Bo: 0.4000"
    assert heat.zmin == 0.2  # the diagonal says nothing
    assert {shape.line.color for shape in chart.layout.shapes} == {theme.ink("light")}
    assert chart.layout.shapes[0].x0 == 0.5 and chart.layout.shapes[0].x1 == 1.5


def test_one_alone_is_no_error():
    go.Figure(similarity_matrix.similarities(TABLE.iloc[:1, :1], "Alike", "dark"))


def test_pulls_keep_their_order_and_sign():
    chart = go.Figure(
        similarity_matrix.contributions(reasons([0.5, -0.3, 0.1]), NAMES, "Z", "dark")
    )
    assert list(chart.data[0].x) == [0.5, -0.3, 0.1]
    assert list(chart.layout.yaxis.ticktext) == ["Ann, rated 1", "Bo, rated 2", "Cy, rated 3"]
    assert list(chart.data[0].text) == ["+0.50", "−0.30", "+0.10"]
    assert chart.layout.title.text == "Why Z?"


def test_of_many_pulls_the_strongest_are_drawn_and_the_title_says_so():
    many = reasons([0.01 * n for n in range(20, 0, -1)])
    chart = go.Figure(
        similarity_matrix.contributions(many, [f"item {i}" for i in range(20)], "Z", "light")
    )
    assert len(chart.data[0].x) == 8
    assert chart.layout.title.text == "Why Z? The 8 strongest of 20 ratings"


def test_because_names_what_speaks_for_it_only():
    assert similarity_matrix.because(reasons([-0.5, 0.3, 0.1]), NAMES) == "Bo 2 · Cy 3"
    assert similarity_matrix.because(reasons([0.3]), NAMES) == "Ann 1"
    assert similarity_matrix.because(reasons([-0.3]), NAMES) == ""
    assert similarity_matrix.because(reasons([]), NAMES) == ""
