"""Lines on logarithmic axes as a plain SVG: nothing to install, readable on light and on dark."""

from __future__ import annotations

import math
from dataclasses import dataclass
from html import escape
from pathlib import Path

_WIDTH, _HEIGHT = 1000, 560
_LEFT, _RIGHT, _TOP, _BOTTOM = 70, 240, 50, 60

# Colour tells the family, a thick line tells ours.
_COLOURS = {
    "SGD": "#2563a8", "ALS": "#b5532a", "Bayesian": "#2f7d4f", "other": "#76679b",
}  # fmt: skip


@dataclass(frozen=True)
class Curve:
    """One line: its points (x, y), in ascending x."""

    name: str
    points: list[tuple[float, float]]
    ours: bool
    family: str


def write(
    file: Path,
    curves: list[Curve],
    title: str,
    x_title: str,
    y_title: str,
    log_y: bool = False,
) -> None:
    """Draw the curves; the worst starts are cut off, since the ends are what matters."""
    if not curves:
        return
    xs = [x for c in curves for x, _ in c.points]
    ys = [y for c in curves for _, y in c.points]
    if log_y:
        low, high = min(ys) / 1.3, max(ys) * 1.3
    else:
        ends = [c.points[-1][1] for c in curves]
        low = min(ys)
        high = max(ends) + 0.6 * max(max(ends) - low, 0.01)
        low -= 0.05 * (high - low)
    x_low, x_high = min(xs) / 1.15, max(xs) * 1.15

    def x_at(x: float) -> float:
        share = math.log(x / x_low) / math.log(x_high / x_low)
        return _LEFT + share * (_WIDTH - _LEFT - _RIGHT)

    def y_at(y: float) -> float:
        share = math.log(y / low) / math.log(high / low) if log_y else (y - low) / (high - low)
        return _HEIGHT - _BOTTOM - share * (_HEIGHT - _TOP - _BOTTOM)

    out = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}" '
        'font-family="system-ui, sans-serif" font-size="13" role="img">',
        f"<title>{escape(title)}</title>",
        f'<rect width="{_WIDTH}" height="{_HEIGHT}" rx="6" fill="#fdfcf9"/>',
        f'<text x="{_LEFT}" y="28" font-size="16" fill="#222">{escape(title)}</text>',
        f'<text x="{(_LEFT + _WIDTH - _RIGHT) / 2}" y="{_HEIGHT - 14}" text-anchor="middle" '
        f'fill="#444">{escape(x_title)}</text>',
        f'<text transform="translate(18 {(_TOP + _HEIGHT - _BOTTOM) / 2}) rotate(-90)" '
        f'text-anchor="middle" fill="#444">{escape(y_title)}</text>',
    ]
    for x in _decades(x_low, x_high):
        out.append(
            f'<path d="M{x_at(x):.1f} {_TOP}V{_HEIGHT - _BOTTOM}" stroke="#e4e1d8"/>'
            f'<text x="{x_at(x):.1f}" y="{_HEIGHT - _BOTTOM + 20}" text-anchor="middle" '
            f'fill="#444">{x:,g}</text>'
        )
    for y in _decades(low, high) if log_y else _even(low, high):
        out.append(
            f'<path d="M{_LEFT} {y_at(y):.1f}H{_WIDTH - _RIGHT}" stroke="#e4e1d8"/>'
            f'<text x="{_LEFT - 8}" y="{y_at(y) + 4:.1f}" text-anchor="end" '
            f'fill="#444">{y:,g}</text>'
        )
    out.append(
        f'<clipPath id="inside"><rect x="{_LEFT}" y="{_TOP}" '
        f'width="{_WIDTH - _LEFT - _RIGHT}" height="{_HEIGHT - _TOP - _BOTTOM}"/></clipPath>'
    )
    for curve in sorted(curves, key=lambda c: c.ours):
        colour, width = _COLOURS.get(curve.family, "#666"), 3 if curve.ours else 1.3
        path = "L".join(f"{x_at(x):.1f} {y_at(y):.1f}" for x, y in curve.points)
        dots = "".join(
            f'<circle cx="{x_at(x):.1f}" cy="{y_at(y):.1f}" r="{width + 0.7}"/>'
            for x, y in curve.points
        )
        out.append(
            f'<g clip-path="url(#inside)" fill="{colour}"><path d="M{path}" fill="none" '
            f'stroke="{colour}" stroke-width="{width}"/>{dots}</g>'
        )
    out += _labels(curves, x_at, y_at)
    file.write_text("\n".join([*out, "</svg>"]) + "\n")


def _labels(curves: list[Curve], x_at, y_at) -> list[str]:  # type: ignore[no-untyped-def]
    """A name for each line at the right, in order of where lines end, joined to its end."""
    order = sorted(curves, key=lambda c: y_at(c.points[-1][1]))
    gap = min(18.0, (_HEIGHT - _TOP - _BOTTOM) / max(len(order), 1))
    places: list[float] = []
    for curve in order:
        wanted = y_at(curve.points[-1][1])
        places.append(max(wanted, places[-1] + gap) if places else max(wanted, _TOP + 8))
    over = max(places[-1] - (_HEIGHT - _BOTTOM), 0.0)
    for i in reversed(range(len(places))):  # push back up what fell off the bottom
        limit = places[i + 1] - gap if i + 1 < len(places) else places[i] - over
        places[i] = min(places[i], limit)
    out = []
    for curve, y in zip(order, places, strict=True):
        colour, (x_end, y_end) = _COLOURS.get(curve.family, "#666"), curve.points[-1]
        right = _WIDTH - _RIGHT
        weight = "700" if curve.ours else "400"
        out.append(
            f'<path d="M{x_at(x_end):.1f} {y_at(y_end):.1f}L{right} {y:.1f}h6" fill="none" '
            f'stroke="{colour}" stroke-width=".6" stroke-dasharray="2 3"/>'
            f'<text x="{right + 10}" y="{y + 4:.1f}" fill="{colour}" font-weight="{weight}">'
            f"{escape(curve.name)}</text>"
        )
    return out


def _decades(low: float, high: float) -> list[float]:
    """1, 2, 5, 10 … inside a range; whole decades only where it is wide."""
    steps = (1, 2, 5) if high / low < 200 else (1,)
    powers = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    return [s * 10.0**p for p in powers for s in steps if low <= s * 10.0**p <= high]


def _even(low: float, high: float) -> list[float]:
    """Some six round numbers inside a range."""
    raw = (high - low) / 6
    unit = 10.0 ** math.floor(math.log10(raw))
    step = unit * min((m for m in (1, 2, 5, 10)), key=lambda m: abs(m * unit - raw))
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    return [round(n * step, 10) for n in range(first, last + 1)]
