"""The rating matrix, or a block of it: observed, predicted, gaps filled, and where it errs.

``figure`` draws one view of it, ``live`` the predictions of a run while they change.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from recsys_core import escape, words
from recsys_core.asking.matrix_view import Block, View
from recsys_core.figures import plain, theme
from recsys_core.figures.plain import Figure, Trace, axis, given, trace
from recsys_core.figures.theme import Mode
from recsys_core.text import Number, Text

# Values are printed in the cells of a block no larger than this, so that they can be read.
_PRINTED_ROWS, _PRINTED_COLUMNS = 30, 16

# Dots in unrated cells are drawn one by one; past this many they would be a grey haze.
_MOST_DOTS = 2500

# Pixels: all rows together, so that a matrix fits a screen; and a name beside them.
_HEIGHT = 480
_PIXELS_FOR_A_NAME = 13

# The outline of a cell held out of training: half its side, in cells (0.5 is the edge of the cell),
# and the width of its line, in pixels.
_OUTLINE_HALF, _OUTLINE_WIDTH = 0.42, 1

# The live matrix. Width and height of its cells together, roughly, in pixels; up to so many rows or
# columns have their names; half the side of a known rating and of the frame around it, in cells.
_LIVE_PLOT = (300.0, 220.0)
_BELOW = 54  # for the colour bar
_NAMED_LINES = 16
_KNOWN_HALF, _FRAME_HALF = 0.24, 0.29

# Where its cells are at least so large, in pixels, they have numbers: what is rated in the inner
# square, which then stands higher and is larger, what is predicted below. Shares of a cell.
_ROOMY_CELL = (19, 28)
_ROOMY_HALF, _ROOMY_FRAME = (0.36, 0.2), (0.41, 0.235)
_UP, _DOWN = 0.215, 0.26

# Whole names are written above so few rows that the cells stay large.
_FEW_ROWS = 8
_WHOLE_NAME, _SHORT_NAME = 28, 16


def figure(part: Block, view: View, mode: Mode) -> Figure:
    """A heatmap of the block; the browser rings the selected cell (``theme.cell_ring``)."""
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
    marks = [
        *_dots(part, view, mode),
        *_question_marks(part, mode),
        *_outlines(part.held_out, mode, halo=row_height >= 14),
        *_group_lines(part, mode),
    ]
    across = _names(part.item_names, 1000 / columns)
    slanted = max(map(len, part.item_names)) > 4
    longest = max(map(len, across["ticktext"]))
    above = 44 + int(4.4 * longest if slanted else 16)
    below = 66 if is_small(part) else 8
    # The last name leans out of the plot.
    after = int(4.4 * len(across["ticktext"][-1])) if slanted else None
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
            **_names(part.user_names, row_height),
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
    what = Text("rating")
    if view == "error":
        what = Text("error")
    elif view == "uncertainty":
        what = Text("± rating")
    elif view == "predicted" and not part.has_ratings:
        what = Text("preference")
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
        "observed": Text("Observed ratings"),
        "predicted": Text("Predicted ratings")
        if part.has_ratings
        else Text("Predicted preferences"),
        "filled": Text("Gaps filled"),
        "error": Text("Errors, predicted − observed"),
        "uncertainty": Text("Uncertainty, the standard deviation of each prediction"),
    }
    items = words.plural(part.item_noun, len(part.item_ids))
    return f"{what[view]} · {words.plural('user', len(part.user_ids))} × {items}"


def legend(part: Block, view: View) -> str:
    """How to read the marks of a view, in a sentence or two; of those that are drawn alone."""
    dotted = _gaps(part, view).any()
    said: dict[View, list[str]] = {
        "observed": [
            Text("A dot is a gap: the user has not rated this {noun}.", noun=part.item_noun)
            if dotted
            else Text("Blank: not rated.")
        ],
        "predicted": [
            Text("Every cell is a prediction.")
            if part.has_ratings
            else Text(
                "Every cell is a preference: about 0 for what nobody like them chose, 1 for what "
                "they surely would."
            )
        ],
        "filled": [
            Text("Bold: rated. Plain: predicted.")
            if is_small(part)
            else Text("A cell with a dot is predicted; the others are rated.")
            if dotted
            else Text("Rated cells show the rating, all others the prediction.")
        ],
        "error": [
            Text("Red: predicted too high. Blue: too low. White: right."),
            Text("A dot: no rating to compare with.")
            if dotted
            else Text("Blank: no rating to compare with."),
        ],
        "uncertainty": [Text("The deeper, the less sure: few ratings speak for that number.")],
    }
    marks = said[view]
    if part.held_out.any():
        marks.append(Text("Outlined: a rating held out of training."))
    if part.hidden.any():
        marks.append(Text("?: hidden, for you to guess."))
    return " ".join(marks)


def alt(part: Block, view: View) -> str:
    """The picture in a sentence, for those who cannot see it."""
    values = part.values(view)
    shown = values[~np.isnan(values)]
    if not len(shown):
        return Text("{title}; no cell has a value.", title=title(part, view))
    return Text(
        "{title}; values from {lowest} to {highest}, mean {mean}, in {share} of the cells.",
        title=title(part, view),
        lowest=words.number(shown.min()),
        highest=words.number(shown.max()),
        mean=words.number(shown.mean()),
        share=words.percent(len(shown) / values.size),
    )


def _colours(part: Block, view: View, values: np.ndarray, mode: Mode) -> dict:
    if view == "uncertainty":
        # From no doubt to the most there is here: a mere order of the cells would hide its size.
        return {"colorscale": theme.sequential(mode), "zmin": 0, "zmax": float(np.nanmax(values))}
    if view != "error":
        low, high = (part.extent if view == "predicted" else part.scale)[:2]
        return {"colorscale": theme.sequential(mode), "zmin": low, "zmax": high}
    # Symmetric, and the same for every block of these data, so that pages of blocks compare.
    most = part.scale.width / 2 or 1.0
    return {"colorscale": theme.diverging(mode), "zmin": -most, "zmax": most}


def _sentences(part: Block) -> list[list[str]]:
    """What hovering over each cell says."""
    # Worded once, not in each cell: a value "{}" stands for what a cell has there.
    parts = (
        (Text("rated {rating}", rating="{}"), part.trained),
        (Text("held out, rated {rating}", rating="{}"), part.validation),
        (Text("held out for the test, rated {rating}", rating="{}"), part.test),
    )
    table = np.full(part.trained.shape, str(Text("unrated")), object)
    for said, values in parts:
        for at in zip(*np.nonzero(~np.isnan(values)), strict=True):
            table[at] = said.format(escape.plotly(part.scale.said(values[at])))
    if part.predicted is not None:
        what = Text("predicted {value}", value="{}")
        if not part.has_ratings:
            what = Text("preference {value}", value="{}")
        error = Text("error {value}", value="{}")
        errors = part.values("error")
        for at, value in np.ndenumerate(part.predicted):
            table[at] += f" · {what.format(words.number(value))}"
            if part.deviation is not None:
                table[at] += f" ± {words.number(part.deviation[at])}"
            if part.has_ratings and not np.isnan(errors[at]):
                table[at] += f" · {error.format(_signed(errors[at], 2))}"
    table[part.hidden] = str(Text("hidden: to be guessed"))
    return [
        [f"{user} · {item}<br>{table[r, c]}" for c, item in enumerate(items)]
        for items in [_hover_names(part.item_names)]
        for r, user in enumerate(_hover_names(part.user_names))
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
            text[at] = Number(f"{values[at]:.{digits}f}")
    return text.tolist()


def _signed(value: float, digits: int) -> str:
    text = f"{abs(value):.{digits}f}"
    sign = "" if not text.strip("0.") else "+" if value > 0 else "−"
    return Number(sign + text)


def _gaps(part: Block, view: View) -> np.ndarray:
    """Where a dot says that nobody rated, (rows, columns); nowhere if there were too many."""
    gaps = np.isnan(part.trained if view == "filled" else part.values(view))
    dotted = view != "predicted" and not (view == "filled" and is_small(part))
    return gaps & ~part.hidden & (dotted and gaps.sum() <= _MOST_DOTS)


def _dots(part: Block, view: View, mode: Mode) -> list[Trace]:
    """A faint dot where nobody rated; over a prediction, in what reads on its colour."""
    gaps = _gaps(part, view)
    if not gaps.any():
        return []
    values = part.values(view)
    at_row, at_column = np.nonzero(gaps)
    colours: str | list[str] = theme.of(mode).mark
    if view == "filled":
        low, high = part.scale[:2]
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


def _question_marks(part: Block, mode: Mode) -> list[Trace]:
    """A question mark in each cell that is hidden."""
    if not part.hidden.any():
        return []
    at_row, at_column = np.nonzero(part.hidden)
    marks = trace(
        "scatter", x=at_column, y=at_row, mode="text", text=["?"] * len(at_row), hoverinfo="skip",
        textfont={"size": 15, "color": theme.ink(mode)}, name=Text("hidden"),
    )  # fmt: skip
    return [marks]


def _outlines(cells: np.ndarray, mode: Mode, *, halo: bool) -> list[Trace]:
    """One path for all outlines: each a closed rectangle, a gap between them.

    A path draws faster than a marker a cell, and fits the cells exactly.
    """
    if not cells.any():
        return []
    half = _OUTLINE_HALF
    around = half * np.array([[-1, -1], [-1, 1], [1, 1], [1, -1], [-1, -1]])  # (row, column)
    corners = np.full((int(cells.sum()), 6, 2), np.nan)
    corners[:, :5] = np.argwhere(cells)[:, None] + around
    y, x = np.round(corners.reshape(-1, 2), 2).T
    outlines = _path(x, y, theme.ink(mode), _OUTLINE_WIDTH) | {"name": Text("held out")}
    # On a halo of paper they show on the deepest cells, too.
    return [_path(x, y, theme.paper(mode), 3), outlines] if halo else [outlines]


def _path(x: Any, y: Any, colour: str, width: float) -> Trace:
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


def _names(names: list[str], room: float) -> dict:
    """Tick labels: as many as there is room for, in pixels a name."""
    every = max(1, int(np.ceil(_PIXELS_FOR_A_NAME / room)))
    places = list(range(0, len(names), every))
    texts = [escape.plotly(escape.short(names[p], _WHOLE_NAME)) for p in places]
    return {"tickmode": "array", "tickvals": places, "ticktext": texts}


def _hover_names(names: list[str]) -> list[str]:
    return [escape.plotly(escape.short(name, 60)) for name in names]


# --- live -----------------------------------------------------------------------------------------


def live(part: Block, mode: Mode, *, sampled: bool = False) -> tuple[Figure, dict[str, Any]]:
    """The predictions of a run, ready to be filled: each known rating inside its cell.

    What is predicted comes from the browser's store, on the scale of ``part.extent``: where a cell
    and the square inside it have one colour, the model has learned that rating. Gaps have no
    square: before training they are paper with a dot. Ratings held out are outlined. ``sampled``:
    the block is the most rated part of a larger matrix.

    Returns the figure, and what the browser's panel needs to fill it.
    """
    known = part.trained
    if not part.has_ratings:
        known = np.where(np.isnan(known), known, np.float32(1))  # chosen: as preferred as can be
    n_rows, n_columns = known.shape
    low, high = part.extent[:2]
    cells = {"colorscale": theme.sequential(mode), "zmin": low, "zmax": high}
    dot, paper = theme.of(mode).mark, theme.paper(mode)
    framed = n_columns <= _NAMED_LINES
    # Four layers; the browser shrinks the cells of all but the second. A frame keeps what is known
    # apart from its prediction even when both agree.
    layers = [
        _one_colour(np.isnan(known), dot),
        trace(
            "heatmap",
            z=np.full(known.shape, np.nan, np.float32),
            **cells,
            xgap=1,
            ygap=1,
            hoverongaps=True,
            hovertemplate="%{hovertext}<extra></extra>",
            zhoverformat=".3~g",  # so Plotly writes a minus; a format in the template, a hyphen
            showscale=False,
        ),
        _one_colour(~np.isnan(known) & framed, paper),
        trace("heatmap", z=known, **cells, hoverinfo="skip", colorbar=_live_colour_bar(part)),
    ]
    title = Text("The matrix, as predicted")
    if sampled:
        title = Text(
            "The matrix, as predicted: the {rows} × {columns} most rated",
            rows=n_rows, columns=n_columns,
        )  # fmt: skip
    margin = {"b": 34, "t": 58}
    most = _WHOLE_NAME if n_rows <= _FEW_ROWS else _SHORT_NAME
    names = _live_names(part.item_names, part.item_noun, most)
    users = _live_names(part.user_names, "user", _SHORT_NAME)
    if "ticktext" in names:  # slanted above the columns, below the title
        shortened = [escape.short(name, most) for name in part.item_names]
        longest, last = 6.0 * max(map(len, shortened)), 6.0 * len(shortened[-1])
        margin |= {"t": 42 + int(0.87 * longest), "r": 8 + int(0.5 * last)}
        names |= {"tickangle": -60, "ticklabeloverflow": "allow"}
    numbers, roomy = (
        _live_numbers(part, known, len(layers), margin, users) if framed else ([], None)
    )
    bare: dict[str, Any] = {"showgrid": False, "zeroline": False, "ticks": ""}
    chart = plain.figure(
        [*layers, *numbers, *_outlines(part.held_out, mode, halo=False)],
        title,
        plot_bgcolor=paper,
        margin=margin,
        showlegend=False,
        uirevision="matrix",
        xaxis=axis(**names, **bare, range=[-0.5, n_columns - 0.5], side="top", automargin=False),
        yaxis=axis(**users, **bare, range=[n_rows - 0.5, -0.5]),
        annotations=[_live_legend(part, mode)],
    )
    named = part.scale.words or () if part.has_ratings else ()
    following = {
        "panel": "matrix",
        "trace": 1,
        "shrunk": {
            0: _dot(n_rows, n_columns),
            2: (_FRAME_HALF, _FRAME_HALF),
            3: (_KNOWN_HALF, _KNOWN_HALF),
        },
        "known": 3,
        "users": part.user_ids.tolist(),
        "items": part.item_ids.tolist(),
        "rows": _hover_names(part.user_names),
        "columns": _hover_names(part.item_names),
        "low": low,
        "high": high,
        "framed": framed,
        "roomy": roomy,
        "held": _held_out(part),
        "words": {words.given(x): escape.plotly(w) for x, _ in named if (w := part.scale.word(x))},
        "colours": {"paper": paper, "mark": dot},
        "outline": {"half": _OUTLINE_HALF, "color": theme.ink(mode), "width": _OUTLINE_WIDTH},
        "ring": theme.cell_ring(mode),
    }
    return theme.dress(chart, mode), following


def live_alt(part: Block) -> str:
    """The live matrix in a sentence; it holds for every epoch."""
    users = words.plural("user", len(part.user_ids))
    items = words.plural(part.item_noun, len(part.item_ids))
    if part.has_ratings:
        return Text(
            "Predicted ratings at the epoch shown, {users} × {items}; each known rating inside its "
            "cell",
            users=users, items=items,
        )  # fmt: skip
    return Text(
        "Predicted preferences at the epoch shown, {users} × {items}; each known choice inside its "
        "cell",
        users=users, items=items,
    )  # fmt: skip


def _one_colour(cells: np.ndarray, colour: str) -> Trace:
    """A layer with some of the cells, all in one colour."""
    return trace(
        "heatmap",
        z=cells.astype(np.uint8),
        colorscale=[[0, colour], [1, colour]],
        showscale=False,
        hoverinfo="skip",
    )


def _live_colour_bar(part: Block) -> dict[str, Any]:
    return {
        "orientation": "h",
        "thickness": 8,
        "len": 0.45,
        "x": 0,
        "xanchor": "left",
        "y": 0,
        "yanchor": "top",
        "ypad": 4,
        "outlinewidth": 0,
        "title": {
            "text": f"{Text('rating') if part.has_ratings else Text('preference')} ",
            "side": "top",
            "font": {"size": theme.FONT_SIZE},
        },
    }


def _dot(n_rows: int, n_columns: int) -> tuple[float, float]:
    """Half the width and height of a dot of about three pixels, in cells."""
    width, height = _LIVE_PLOT
    return min(1.6 * n_columns / width, 0.2), min(1.6 * n_rows / height, 0.2)


def _live_numbers(
    part: Block, known: np.ndarray, first: int, margin: dict[str, int], users: dict[str, Any]
) -> tuple[list[Trace], dict[str, Any]]:
    """The traces of numbers in the cells, and how the browser is to draw the cells around them."""
    low, high = part.extent[:2]
    row, column = np.nonzero(~np.isnan(known))
    inks = [theme.ink_on((value - low) / ((high - low) or 1.0)) for value in known[row, column]]

    def written(**properties: Any) -> Trace:
        return trace("scatter", mode="text", hoverinfo="skip", visible=False, **properties)

    rated = written(
        x=column.tolist(),
        y=(row - _UP).tolist(),
        text=[f"<b>{words.given(value)}</b>" for value in known[row, column]],
        textfont={"size": theme.FONT_SIZE, "color": inks},
    )
    predicted = written(x=[], y=[], text=[], textfont={"size": theme.FONT_SIZE})
    beside = 6.0 * max(map(len, users.get("ticktext", [""]))) + 12
    return [rated, predicted], {
        "cell": _ROOMY_CELL,
        "around": (beside + margin.get("r", 8), margin["t"] + _BELOW),
        "shrunk": {2: _ROOMY_FRAME, 3: _ROOMY_HALF},
        "up": _UP,
        "down": _DOWN,
        "known": first,
        "predicted": first + 1,
        "digits": 1 if high - low >= 2 else 2,
        "inks": theme.INKS,
    }


def _live_legend(part: Block, mode: Mode) -> dict[str, Any]:
    """What the marks mean, beside the colour bar."""
    marks = [Text("in a square: rated"), Text("no square: a gap")]
    marks += [Text("outlined: held out")] if part.held_out.any() else []
    return {
        "text": "<br>".join(marks),
        "align": "left",
        "showarrow": False,
        "xref": "paper",
        "x": 1,
        "xanchor": "right",
        "yref": "paper",
        "y": 0,
        "yanchor": "top",
        "yshift": -2,
        "font": {"size": theme.FONT_SIZE, "color": theme.of(mode).muted},
    }


def most_rated_first(noun: str) -> Text:
    """The title of an axis: “users, most rated first”."""
    return Text("{nouns}, most rated first", nouns=words.nouns(noun))


def _live_names(names: list[str], noun: str, most: int) -> dict[str, Any]:
    """Names of rows or columns where there is room for them, else what they are."""
    if len(names) > _NAMED_LINES:
        return {"showticklabels": False, "title": most_rated_first(noun)}
    texts = [escape.plotly(escape.short(name, most)) for name in names]
    return {"tickvals": list(range(len(names))), "ticktext": texts}


def _held_out(part: Block) -> list[tuple[int, int, str]]:
    """Row, column and what to say of each cell held out; test ratings are not told."""
    said: list[tuple[int, int, str]] = []
    for row, column in np.argwhere(part.held_out).tolist():
        value = float(part.validation[row, column])
        text = Text("rating kept for the test")
        if not np.isnan(value):
            text = Text(
                "rated {rating}, kept for validation",
                rating=escape.plotly(part.scale.said(value)),
            )
        said.append((row, column, text))
    return said
