"""Three small drawings for the ways in: SVG, in the colours that have a meaning elsewhere."""

from __future__ import annotations

import numpy as np

from recsys_core.datasets import music_party
from recsys_core.figures import theme
from recsys_core.text import Text

_CELL, _STEP = 14, 17
_WIDTH, _HEIGHT = 240, 112
_FAINT = "#9A9CA3"  # on either paper


def party() -> str:
    """The music party as it is: 4 guests, 12 songs, and the gaps."""
    ratings = music_party()
    values = ratings.block(np.arange(ratings.n_users), np.arange(ratings.n_items))
    left = (_WIDTH - _STEP * ratings.n_items + _STEP - _CELL) / 2
    top = (_HEIGHT - _STEP * ratings.n_users + _STEP - _CELL) / 2
    return _drawing(
        _matrix(values, left, top, ratings.scale.low, ratings.scale.high),
        Text("A table of 4 guests by 12 songs, coloured by rating, with gaps"),
    )


def world() -> str:
    """Known factors: tall teal times wide orange gives the matrix between them."""
    generator = np.random.default_rng(4)
    users, items = generator.uniform(0.15, 1, (4, 2)), generator.uniform(0.15, 1, (2, 8))
    values = users @ items
    values[generator.random(values.shape) < 0.3] = np.nan
    left, top = 78.0, 44.0
    low, high = float(np.nanmin(values)), float(np.nanmax(values))
    marks = [
        _factors(users, left - 2 * _STEP - 10, top, theme.USER),
        _factors(items, left, top - 2 * _STEP - 8, theme.ITEM),
        _matrix(values, left, top, low, high),
    ]
    return _drawing(
        f'<g transform="translate(-16 -1)">{"".join(marks)}</g>',
        Text("User factors times item factors give a matrix of ratings"),
    )


def file() -> str:
    """A file of rows: a user, an item, a rating."""
    widths = ((34, 62), (26, 48), (34, 74), (30, 56), (22, 66))
    left, top = 42, 8
    marks = [
        f'<rect x="{left}" y="{top}" width="156" height="96" rx="5" fill="none" '
        f'stroke="{_FAINT}" stroke-opacity=".6"/>'
    ]
    for row, (user, item) in enumerate(widths):
        y = top + 11 + _STEP * row - (row > 0)
        colour = theme.colour_at((0.9, 0.35, 0.7, 0.15, 1.0)[row])
        marks += [
            _bar(left + 12, y + 3, user, theme.USER),
            _bar(left + 52, y + 3, item, theme.ITEM),
            f'<rect x="{left + 132}" y="{y}" width="{_CELL}" height="{_CELL}" rx="2" '
            f'fill="{colour}"/>',
        ]
    return _drawing("".join(marks), Text("A file with a user, an item and a rating in each row"))


def _matrix(values: np.ndarray, left: float, top: float, low: float, high: float) -> str:
    marks = []
    for (row, column), value in np.ndenumerate(values):
        x, y = left + _STEP * column, top + _STEP * row
        if np.isnan(value):
            marks.append(
                f'<circle cx="{x + _CELL / 2:.1f}" cy="{y + _CELL / 2:.1f}" r="1.4" '
                f'fill="{_FAINT}"/>'
            )
        else:
            colour = theme.colour_at((value - low) / (high - low))
            marks.append(
                f'<rect x="{x:.1f}" y="{y:.1f}" width="{_CELL}" height="{_CELL}" rx="2" '
                f'fill="{colour}"/>'
            )
    return "".join(marks)


def _factors(strengths: np.ndarray, left: float, top: float, colour: str) -> str:
    return "".join(
        f'<rect x="{left + _STEP * column:.1f}" y="{top + _STEP * row:.1f}" width="{_CELL}" '
        f'height="{_CELL}" rx="2" fill="{colour}" fill-opacity="{strength:.2f}"/>'
        for (row, column), strength in np.ndenumerate(strengths)
    )


def _bar(x: float, y: float, width: float, colour: str) -> str:
    return (
        f'<rect x="{x}" y="{y}" width="{width}" height="8" rx="4" '
        f'fill="{colour}" fill-opacity=".75"/>'
    )


def _drawing(marks: str, says: str) -> str:
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img" '
        f'aria-label="{says}">{marks}</svg>'
    )
