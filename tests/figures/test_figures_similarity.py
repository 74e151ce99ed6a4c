"""The matrix of similarities shows the numbers it is given, under the right names."""

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from recsys_core.figures import similarity_matrix, theme

NAMES = ["Ann", "Bo", "Cy"]
TABLE = pd.DataFrame([[1, 0.9, 0.2], [0.9, 1, 0.4], [0.2, 0.4, 1]], NAMES, NAMES)


def test_the_matrix_has_everyone_by_name_and_the_selected_one_ringed():
    chart = go.Figure(similarity_matrix.figure(TABLE, "Alike", "light", selected=1))
    heat = chart.data[0]
    np.testing.assert_allclose(np.array(heat.z, float), TABLE)
    assert list(chart.layout.xaxis.ticktext) == list(chart.layout.yaxis.ticktext) == NAMES
    assert heat.text[0][1] == "0.90"
    assert heat.hovertext[2][1] == "Cy and Bo: 0.4000"
    assert heat.zmin == 0.2  # the diagonal says nothing
    assert {shape.line.color for shape in chart.layout.shapes} == {theme.ink("light")}
    assert chart.layout.shapes[0].x0 == 0.5 and chart.layout.shapes[0].x1 == 1.5


def test_one_alone_is_a_cell_with_a_1():
    chart = go.Figure(similarity_matrix.figure(TABLE.iloc[:1, :1], "Alike", "dark"))
    heat = chart.data[0]
    assert np.array(heat.z).tolist() == [[1]] and heat.text[0] == ["1.00"]
    assert heat.zmin == heat.zmax == 1  # there are no others to take the least of
    assert chart.layout.xaxis.ticktext == ("Ann",) and not chart.layout.shapes
