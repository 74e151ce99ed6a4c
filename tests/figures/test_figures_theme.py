import subprocess
import sys
import tomllib
from pathlib import Path

import numpy as np
import plotly.graph_objects as go
import pytest

from recsys_core.figures import plain, theme

CONFIG = Path(__file__).parents[2] / ".streamlit" / "config.toml"


def lightness(colour: str) -> float:
    """CIELAB L*, 0 to 100, of a hex colour."""
    srgb = np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)]) / 255
    linear = np.where(srgb <= 0.04045, srgb / 12.92, ((srgb + 0.055) / 1.055) ** 2.4)
    return 116 * np.cbrt(linear @ [0.2126, 0.7152, 0.0722]) - 16


def contrast(one: str, other: str) -> float:
    luminance = [((lightness(c) + 16) / 116) ** 3 + 0.05 for c in (one, other)]
    return max(luminance) / min(luminance)


def test_rating_scale_falls_evenly_from_pale_to_deep():
    steps = np.diff([lightness(c) for c in theme.RATING])
    assert (steps < 0).all()
    assert np.ptp(steps) < 1  # of about 8.6 each: even, and so readable in grey


def test_error_scale_is_white_at_zero_and_symmetric():
    middle = len(theme.ERROR) // 2
    lights = np.array([lightness(c) for c in theme.ERROR])
    assert lights[middle] > 95 and lights.argmax() == middle
    np.testing.assert_allclose(lights, lights[::-1], atol=1)


@pytest.mark.parametrize("mode", ["light", "dark"])
def test_unrated_is_no_colour_of_a_rating(mode):
    assert min(abs(lightness(theme.paper(mode)) - lightness(c)) for c in theme.RATING) > 4
    assert contrast(theme.ink(mode), theme.paper(mode)) > 7
    assert contrast(theme.of(mode).muted, theme.paper(mode)) > 4.5


@pytest.mark.parametrize("mode", ["light", "dark"])
def test_neutral_colours_are_those_of_the_pages(mode):
    with CONFIG.open("rb") as file:
        config = tomllib.load(file)["theme"][mode]
    colours = theme.of(mode)
    assert colours.paper == config["backgroundColor"]
    assert colours.panel == config["secondaryBackgroundColor"]
    assert colours.ink == config["textColor"]
    assert colours.accent == config["primaryColor"]
    runs = [theme.run_colour(i, mode) for i in range(len(config["chartCategoricalColors"]))]
    assert runs == config["chartCategoricalColors"]


@pytest.mark.parametrize("mode", ["light", "dark"])
def test_runs_can_be_told_apart(mode):
    looks = [
        (theme.run_colour(i, mode), theme.run_dash(i, training), theme.run_mark(i))
        for i in range(21)
        for training in (True, False)
    ]
    assert len(set(looks)) == len(looks)
    assert (theme.run_dash(0, True), theme.run_dash(0, False)) == ("dash", "solid")
    # Yellow on white (1.3) is none; sky blue, the palest of the others, has 2.3.
    assert min(contrast(colour, theme.paper(mode)) for colour, _, _ in looks) > 2.1


def test_colour_at_meets_the_stops_and_mixes_between():
    assert theme.colour_at(0) == theme.RATING[0]
    assert theme.colour_at(1) == theme.RATING[-1] == theme.colour_at(7)
    assert theme.colour_at(0.5) == theme.RATING[4]
    assert (
        lightness(theme.RATING[1]) < lightness(theme.colour_at(0.06)) < lightness(theme.RATING[0])
    )


def test_ink_on_a_cell_can_be_read():
    for share in np.linspace(0, 1, 21):
        assert contrast(theme.ink_on(share), theme.colour_at(share)) > 3.4


@pytest.mark.parametrize("mode", ["light", "dark"])
def test_a_dressed_figure_leaves_nothing_to_the_page(mode):
    line = plain.trace("scatter", x=[1, 2], y=[3, 4])
    figure = go.Figure(theme.dress(plain.figure([line]), mode))
    layout = figure.to_dict()["layout"]
    assert layout["template"]["layout"]["font"]["color"] == theme.ink(mode)
    assert layout["template"]["layout"]["font"]["size"] >= 12
    assert layout["uirevision"]


def test_colours_do_not_load_plotly():
    code = "import sys, recsys_core.figures.theme; sys.exit('plotly' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0
