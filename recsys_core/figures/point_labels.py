"""Names beside points, placed so that they cover neither each other nor the points."""

from __future__ import annotations

import numpy as np

# Letters of a name beside a point, or in the legend; hovering says the whole.
LONGEST_LABEL = 28

_PLACES = (
    ("middle right", 1, 0),
    ("middle left", -1, 0),
    ("top center", 0, 1),
    ("bottom center", 0, -1),
    ("top right", 1, 1),
    ("top left", -1, 1),
    ("bottom right", 1, -1),
    ("bottom left", -1, -1),
)

# Pixels, roughly: of a plot, of a letter, of a line, and from a point's centre to its name.
_WIDTH, _HEIGHT = 760.0, 480.0
_LETTER, _LINE, _AWAY = 6.8, 14.0, 9.0


def positions(
    xy: np.ndarray,
    names: list[str],
    points: np.ndarray | None = None,
    size: tuple[float, float] = (_WIDTH, _HEIGHT),
) -> list[str]:
    """Plotly's ``textposition`` for each name at ``xy``, (n, 2); the first names choose first.

    ``points``, (m, 2), are all that must not be covered; ``xy`` itself where None. ``size`` is the
    plot's, in pixels. Greedy: each
    name takes the place where it covers least of what is there already.
    """
    points = xy if points is None else points
    low, high = points.min(axis=0), points.max(axis=0)
    spread = np.where(high > low, high - low, 1e-9)
    to_pixels = float(min(size[0] / spread[0], size[1] / spread[1]))  # axes of equal scale
    middle = (low + high) / 2

    def placed(at: np.ndarray) -> np.ndarray:
        return (at - middle) * to_pixels + np.array(size) / 2

    marks = placed(points)
    dots = np.column_stack([marks - 6, marks + 6])  # boxes: left, bottom, right, top
    written = np.empty((0, 4))
    chosen = []
    for at, name in zip(placed(xy), names, strict=True):
        boxes = np.array([_box(at, len(name), right, up) for _, right, up in _PLACES])
        # Names over names, or cut at the edge, cannot be read; names over points can, and in a
        # dense cloud must be.
        covered = _overlap(boxes, dots) + 20 * _outside(boxes, size) + 50 * _overlap(boxes, written)
        best = int(np.argmin(np.round(covered, 3)))
        chosen.append(_PLACES[best][0])
        written = np.vstack([written, boxes[best]])
    return chosen


def _box(at: np.ndarray, letters: int, right: int, up: int) -> tuple[float, float, float, float]:
    width = letters * _LETTER
    x = at[0] + right * _AWAY - (0.0, width / 2, width)[1 - right]
    y = at[1] + up * _AWAY - (0.0, _LINE / 2, _LINE)[1 - up]
    return (x, y, x + width, y + _LINE)


def _overlap(boxes: np.ndarray, others: np.ndarray) -> np.ndarray:
    """Area of each box, (b, 4), that is covered by others, (m, 4), summed over these; (b,)."""
    left, bottom, right, top = (boxes[:, None, side] for side in range(4))
    across = np.minimum(right, others[:, 2]) - np.maximum(left, others[:, 0])
    along = np.minimum(top, others[:, 3]) - np.maximum(bottom, others[:, 1])
    return (np.maximum(across, 0) * np.maximum(along, 0)).sum(axis=1)


def _outside(boxes: np.ndarray, size: tuple[float, float]) -> np.ndarray:
    """Area outside the plot, where a name would be cut; (b,)."""
    inside = _overlap(boxes, np.array([[-20.0, -20.0, size[0] + 20, size[1] + 20]]))
    return (boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1]) - inside
