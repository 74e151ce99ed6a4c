"""Plain figures: Plotly knows every property of them, and a browser can read their JSON."""

import base64
import copy
import json

import numpy as np
import plotly.graph_objects as go
import pytest

from recsys_core.figures import plain, theme
from tests.every_figure import MODULES, every_figure, matrix, trained

MODES = ("light", "dark")


def sent(figure):
    """What the browser makes of a figure: its JSON, read by the rules of JSON."""

    def refused(constant):
        raise AssertionError(f"{constant} is not JSON")

    return json.loads(plain.to_json(figure), parse_constant=refused)


def unpacked(value):
    """The same with every typed array as an array of NumPy's, as Plotly's JavaScript reads it."""
    if isinstance(value, list):
        return [unpacked(each) for each in value]
    if not isinstance(value, dict):
        return value
    if "bdata" not in value:
        return {name: unpacked(each) for name, each in value.items()}
    numbers = np.frombuffer(base64.b64decode(value["bdata"]), f"<{value['dtype']}")
    shape = value.get("shape", str(numbers.size)).split(", ")
    return numbers.reshape([int(length) for length in shape])


@pytest.mark.parametrize("mode", MODES)
def test_plotly_knows_every_property_of_every_figure(mode):
    drawn = every_figure(mode)
    builders = {
        f"{module.__name__.split('.')[-1]}.{name}"
        for module in MODULES
        for name, made in vars(module).items()
        if getattr(made, "__module__", "") == module.__name__ and not name.startswith("_")
        if "Figure" in getattr(made, "__annotations__", {}).get("return", "")
    }
    assert set(drawn) == builders, "tests/every_figure.py draws all of them"
    for figure in (each for figures in drawn.values() for each in figures):
        received = unpacked(sent(figure))
        assert received.pop("theme") == mode
        received["layout"]["template"] = theme.template(mode)
        assert len(go.Figure(received).data) == len(figure["data"])
        assert go.Figure(figure).layout.title.text  # before it is packed, as in a notebook


def test_a_misspelt_property_would_be_found():
    for wrong in (
        plain.figure([plain.trace("scatter", colour="red")]),
        plain.figure([], xaxis=plain.axis("epoch", tickvalues=[1])),
        plain.figure([], shapes=[{"type": "rect", "left": 0}]),
    ):
        with pytest.raises(ValueError, match="Invalid property"):
            go.Figure(wrong)


def test_a_matrix_of_1200_cells_is_sent_in_30_kilobytes_without_its_template():
    figure, _ = matrix(trained("world"), "light")
    assert figure["data"][1]["z"].shape == (40, 30)
    text = plain.to_json(figure)
    assert len(text.encode()) < 30_000
    assert "template" not in sent(figure)["layout"] and "Source Sans" not in text
    assert figure["layout"]["template"] is theme.template("light")  # left as it was


def test_the_template_of_a_theme_is_made_once_and_stays_as_it_is():
    for mode in MODES:
        before = copy.deepcopy(theme.template(mode))
        go.Figure(theme.dress(plain.figure([]), mode)).update_layout(template_layout_font_size=99)
        assert theme.template(mode) is theme.template(mode) and theme.template(mode) == before
    assert theme.template("light") != theme.template("dark")


def received(value):
    return sent(plain.figure([plain.trace("scatter", x=value)]))["data"][0]["x"]


def test_short_rows_are_lists_and_what_is_not_finite_is_null():
    assert received(np.array([0.1, np.nan, 3])) == [0.1, None, 3]
    assert received(np.array([1, 2])) == [1, 2]
    assert received(np.array(["a", "b"])) == ["a", "b"]
    assert received([1.5, float("nan"), float("inf"), None]) == [1.5, None, None, None]
    assert received([np.float32(np.nan), np.int64(7), np.float64(0.1)]) == [None, 7, 0.1]
    assert received(np.empty(0)) == received(np.empty((0, 0))) == []
    with pytest.raises(TypeError, match="cannot hold a set"):
        received({1, 2})


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        (np.linspace(0, 1, 99), "f4"),
        (np.linspace(0, 1, 99).astype(np.float32), "f4"),
        (np.arange(-50, 49), "i4"),
        (np.arange(99) + 2**40, "f8"),
        (np.arange(99, dtype=np.uint8), "u1"),
        (np.array([[1.5, np.nan], [-2, 0]]), "f4"),
        (np.arange(6).reshape(2, 3).T, "i4"),
    ],
)
def test_longer_arrays_are_packed_and_stay_what_they_are(values, kind):
    packed = received(values)
    assert packed["dtype"] == kind
    np.testing.assert_allclose(unpacked(packed), values, rtol=1e-7)


def test_what_is_none_is_left_out():
    trace = plain.trace("bar", x=[None, 1], text=None)
    assert trace == {"type": "bar", "x": [None, 1]}
    assert plain.axis(range=[0, 1], tickvals=None) == {"range": [0, 1]}
    assert plain.figure([trace], "A title", shapes=None) == {
        "data": [trace],
        "layout": {"title": {"text": "A title"}},
    }
