"""The rating matrix, or a block of it: observed, predicted, gaps filled, and where it errs."""

from __future__ import annotations

import numpy as np

from recsys_core import words
from recsys_core.asking.matrix_view import Block, View
from recsys_core.figures import plain, theme
from recsys_core.figures.plain import Figure, Trace, axis, given, trace
from recsys_core.figures.theme import Mode

# Values are printed in the cells of a block no larger than this, so that they can be read.
_PRINTED_ROWS, _PRINTED_COLUMNS = 30, 16

# Dots in unrated cells are drawn one by one; past this many they would be a grey haze.
_MOST_DOTS = 2500

# Pixels: all rows together, so that a matrix fits a screen; and a name beside them.
_HEIGHT = 480
_PIXELS_FOR_A_NAME = 13


def figure(
    part: Block,
    view: View,
    mode: Mode,
    *,
    user: int | None = None,
    item: int | None = None,
) -> Figure:
    """A heatmap of the block; a click on it comes back as row and column.

    ``user`` and ``item`` are what is selected: together a ring around a cell, alone around a row or
    a column.
    """
    values = part.values(view)
    rows, columns = values.shape
    row_height = min(40, max(6, _HEIGHT // rows))
    gap = 1 if row_height > 8 else 0
    cells = trace(
        "heatmap",
        z=np.round(values, 3),
        hovertext=_sentences(part),
        hoverinfo="text",
        hoverongaps=True,
        text=_printed(part, view) if is_small(part) else None,
        texttemplate="%{text}" if is_small(part) else None,
        textfont={"size": 13},
        xgap=gap,
        ygap=gap,
        colorbar=_colour_bar(part, view),
        **_colours(part, view, values, mode),
    )
    row, column = part.place(user, item)
    marks = [
        *_dots(part, view, mode),
        *_outlines(part.held_out, row_height, mode),
        *_group_lines(part, mode),
        *_ring(row, column, values.shape, mode),
    ]
    across = _names(part.item_names, 1000 / columns, bold=column)
    slanted = max(map(len, part.item_names)) > 4
    longest = max(map(len, across["ticktext"]))
    above = 44 + int(4.4 * longest if slanted else 16)
    below = 66 if is_small(part) else 8
    # The last name leans out of the plot; a colour bar beside it leaves room enough.
    after = int(4.4 * len(across["ticktext"][-1])) if slanted and is_small(part) else None
    chart = plain.figure(
        [cells, *marks],
        title(part, view),
        height=above + rows * row_height + below,
        margin=given(t=above, b=below, r=after),
        showlegend=False,
        plot_bgcolor=theme.paper(mode),
        xaxis=axis(
            **across,
            range=[-0.5, columns - 0.5],
            side="top",
            tickangle=-45 if slanted else 0,
            automargin=False,
            ticklabeloverflow="allow",
            ticks="",
            showgrid=False,
            zeroline=False,
        ),
        yaxis=axis(
            **_names(part.user_names, row_height, bold=row),
            range=[rows - 0.5, -0.5],
            ticks="",
            showgrid=False,
            zeroline=False,
        ),
    )
    return theme.dress(chart, mode)


def is_small(part: Block) -> bool:
    """Whether values are printed in the cells."""
    return len(part.user_ids) <= _PRINTED_ROWS and len(part.item_ids) <= _PRINTED_COLUMNS


def _colour_bar(part: Block, view: View) -> dict:
    """Below a small block, which needs its width; beside a large one, which needs its height."""
    what = {"error": "error", "uncertainty": "± rating"}.get(view, "rating")
    if view == "predicted" and not part.has_ratings:
        what = "preference"
    bar = {
        "thickness": 10,
        "outlinewidth": 0,
        "title": {"text": what, "side": "top"},
        "lenmode": "pixels",
        "len": 200,
    }
    if is_small(part):
        return bar | {"orientation": "h", "x": 0, "xanchor": "left", "y": 0, "yanchor": "top"}
    return bar | {"y": 1, "yanchor": "top"}


def title(part: Block, view: View) -> str:
    """What a view shows, in a line."""
    what = {
        "observed": "Observed ratings",
        "predicted": "Predicted ratings" if part.has_ratings else "Predicted preferences",
        "filled": "Gaps filled",
        "error": "Errors, predicted − observed",
        "uncertainty": "Uncertainty, the standard deviation of each prediction",
    }
    items = words.plural(part.item_noun, len(part.item_ids))
    return f"{what[view]} · {words.plural('user', len(part.user_ids))} × {items}"


def legend(part: Block, view: View) -> str:
    """How to read the marks of a view, in a sentence or two."""
    marks = {
        "observed": ["A dot is a gap: nobody rated there."],
        "predicted": [
            "Every cell is a prediction."
            if part.has_ratings
            else "Every cell is a preference: about 0 for what nobody like them chose, 1 for what "
            "they surely would."
        ],
        "filled": [
            "Bold: rated. Plain: predicted."
            if is_small(part)
            else "A cell with a dot is predicted; the others are rated."
        ],
        "error": [
            "Red: predicted too high. Blue: too low. White: right. "
            "A dot: no rating to compare with."
        ],
        "uncertainty": ["The deeper, the less sure: few ratings speak for that number."],
    }[view]
    if part.held_out.any():
        marks.append("Outlined: a rating held out of training.")
    return " ".join(marks)


def alt(part: Block, view: View) -> str:
    """The picture in a sentence, for those who cannot see it."""
    values = part.values(view)
    shown = values[~np.isnan(values)]
    if not len(shown):
        return f"{title(part, view)}; no cell has a value."
    return (
        f"{title(part, view)}; values from {words.number(shown.min())} to "
        f"{words.number(shown.max())}, mean {words.number(shown.mean())}, "
        f"in {words.percent(len(shown) / values.size)} of the cells."
    )


def _colours(part: Block, view: View, values: np.ndarray, mode: Mode) -> dict:
    if view == "uncertainty":
        # From no doubt to the most there is here: a mere order of the cells would hide its size.
        return {"colorscale": theme.sequential(mode), "zmin": 0, "zmax": float(values.max())}
    if view != "error":
        low, high, _ = part.extent if view == "predicted" else part.scale
        return {"colorscale": theme.sequential(mode), "zmin": low, "zmax": high}
    # Symmetric, and the same for every block of these data, so that pages of blocks compare.
    most = part.scale.width / 2 or 1.0
    return {"colorscale": theme.diverging(mode), "zmin": -most, "zmax": most}


def _sentences(part: Block) -> list[list[str]]:
    """What hovering over each cell says."""
    parts = (("rated", part.trained), ("held out, rated", part.validation))
    table = np.full(part.trained.shape, "unrated", object)
    for word, values in (*parts, ("held out for the test, rated", part.test)):
        for at in zip(*np.nonzero(~np.isnan(values)), strict=True):
            table[at] = f"{word} {words.given(values[at])}"
    if part.predicted is not None:
        what = "predicted" if part.has_ratings else "preference"
        errors = part.values("error")
        for at, value in np.ndenumerate(part.predicted):
            table[at] += f" · {what} {words.number(value)}"
            if part.deviation is not None:
                table[at] += f" ± {words.number(part.deviation[at])}"
            if part.has_ratings and not np.isnan(errors[at]):
                table[at] += f" · error {_signed(errors[at], 2)}"
    return [
        [f"{user} · {item}<br>{table[r, c]}" for c, item in enumerate(items)]
        for items in [[_short(name, 60) for name in part.item_names]]
        for r, user in enumerate(part.user_names)
    ]


def _printed(part: Block, view: View) -> list[list[str]]:
    """The text in each cell: ratings as given, predictions with a decimal or two."""
    digits = 1 if part.extent.width >= 2 and view != "uncertainty" else 2
    values = part.values(view)
    text = np.full(values.shape, "", object)
    for at in zip(*np.nonzero(~np.isnan(values)), strict=True):
        if view == "error":
            text[at] = _signed(values[at], digits)
        elif view == "observed":
            text[at] = words.given(values[at])
        elif view == "filled" and not np.isnan(part.trained[at]):
            text[at] = f"<b>{words.given(values[at])}</b>"
        else:
            text[at] = f"{values[at]:.{digits}f}"
    return text.tolist()


def _signed(value: float, digits: int) -> str:
    text = f"{abs(value):.{digits}f}"
    sign = "" if not text.strip("0.") else "+" if value > 0 else "−"
    return sign + text


def _dots(part: Block, view: View, mode: Mode) -> list[Trace]:
    """A faint dot where nobody rated; over a prediction, in what reads on its colour."""
    if view == "predicted" or (view == "filled" and is_small(part)):
        return []
    values = part.values(view)
    gaps = np.isnan(part.trained) if view == "filled" else np.isnan(values)
    if not gaps.any() or gaps.sum() > _MOST_DOTS:
        return []
    at_row, at_column = np.nonzero(gaps)
    colours: str | list[str] = theme.of(mode).mark
    if view == "filled":
        low, high, _ = part.scale
        shares = (values[gaps] - low) / ((high - low) or 1.0)
        colours = [theme.ink_on(share) for share in shares]
    dots = trace(
        "scatter",
        x=at_column,
        y=at_row,
        mode="markers",
        marker={"size": 3, "color": colours, "opacity": 0.7 if view == "filled" else 1},
        hoverinfo="skip",
    )
    return [dots]


def _outlines(cells: np.ndarray, row_height: int, mode: Mode) -> list[Trace]:
    """One path for all outlines: each a closed rectangle, a gap between them."""
    if not cells.any():
        return []
    x, y = _rectangles(cells, 0.42)
    # On a halo of paper, so that they show on the deepest cells too; the ring likewise.
    halo = [_path(x, y, theme.paper(mode), 3)] if row_height >= 14 else []
    return [*halo, _path(x, y, theme.ink(mode), 1)]


def _rectangles(cells: np.ndarray, half: float) -> tuple[list, list]:
    rows, columns = np.nonzero(cells)
    corners_x, corners_y = (-half, half, half, -half, -half), (-half, -half, half, half, -half)
    x = [v for c in columns for v in (*(round(c + d, 2) for d in corners_x), None)]
    y = [v for r in rows for v in (*(round(r + d, 2) for d in corners_y), None)]
    return x, y


def _path(x: list, y: list, colour: str, width: float) -> Trace:
    line = {"color": colour, "width": width}
    return trace("scatter", x=x, y=y, mode="lines", line=line, hoverinfo="skip")


def _group_lines(part: Block, mode: Mode) -> list[Trace]:
    rows, columns = part.trained.shape
    lines = []
    for groups, vertical in ((part.user_groups, False), (part.item_groups, True)):
        if groups is None:
            continue
        for edge in np.flatnonzero(np.diff(groups)) + 0.5:
            along, across = [-0.5, (rows if vertical else columns) - 0.5], [edge, edge]
            x, y = (across, along) if vertical else (along, across)
            lines.append(_path(x, y, theme.ink(mode), 1.5))
    return lines


def _ring(row: int | None, column: int | None, shape: tuple[int, ...], mode: Mode) -> list[Trace]:
    """A dark ring around the selected cell, or the selected row or column."""
    if row is None and column is None:
        return []
    top, bottom = (-0.5, shape[0] - 0.5) if row is None else (row - 0.5, row + 0.5)
    left, right = (-0.5, shape[1] - 0.5) if column is None else (column - 0.5, column + 0.5)
    x, y = [left, right, right, left, left], [top, top, bottom, bottom, top]
    return [_path(x, y, theme.paper(mode), 5), _path(x, y, theme.ink(mode), 2.5)]


def _names(names: list[str], room: float, *, bold: int | None) -> dict:
    """Tick labels: as many as there is room for (in pixels a name), the selected one always."""
    every = max(1, int(np.ceil(_PIXELS_FOR_A_NAME / room)))
    places = [p for p in range(0, len(names), every) if bold is None or abs(p - bold) >= every]
    texts = [_short(names[p], 24) for p in places]
    if bold is not None:
        places.append(bold)
        texts.append(f"<b>{_short(names[bold], 24)}</b>")
    return {"tickmode": "array", "tickvals": places, "ticktext": texts}


def _short(name: str, most: int) -> str:
    return name if len(name) <= most else name[: most - 1].rstrip() + "…"
