"""The live latent space: users and items moving as they are learned."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from recsys_core import words
from recsys_core.figures import plain, theme
from recsys_core.figures.frames import places, shown, spread
from recsys_core.figures.labels import positions
from recsys_core.figures.plain import Figure, axis, trace
from recsys_core.figures.theme import Mode
from recsys_core.runs import Run

# Up to this many points each carries its name.
_NAMED_POINTS = 24

# Width and height of the panel, roughly, in pixels.
_PLOT = (310.0, 250.0)


def figure(
    run: Run,
    mode: Mode,
    *,
    epoch: int | None = None,
    user: int | None = None,
    item: int | None = None,
) -> tuple[Figure, dict[str, Any]]:
    """Users and items in the plane that this run's basis fixes; motion is learning."""
    train = run.split.train
    part = shown(train)
    n_users = len(part.users)
    xy = np.zeros((n_users + len(part.items), 2), np.float32)
    if run.basis is not None:
        at = run.predictor_at(run.epoch if epoch is None else epoch)
        xy = places(run, at).astype(np.float32)
    names = [train.user_names[u] for u in part.users] + [train.item_names[i] for i in part.items]
    groups: list[dict[str, Any]] = [
        {"trace": 0, "points": [0, n_users]},
        {"trace": 1, "points": [n_users, len(xy)]},
    ]
    traces = []
    reach = _reach(run, xy)
    named = len(xy) <= _NAMED_POINTS
    beside = _beside(run, xy, names, reach) if named else np.empty(0)
    noun = train.item_noun
    for group, label, colour, symbol in (
        (groups[0], "users", theme.USER, theme.USER_SYMBOL),
        (groups[1], words.many(noun), theme.ITEM, theme.ITEM_SYMBOL),
    ):
        here = slice(group["points"][0], group["points"][1])
        traces.append(
            trace(
                "scatter",
                x=xy[here, 0],
                y=xy[here, 1],
                mode="markers+text" if named else "markers",
                text=names[here],
                textposition=beside[here] if named else None,
                textfont={"size": theme.FONT_SIZE, "color": theme.of(mode).muted},
                cliponaxis=False if named else None,
                marker={
                    "color": colour,
                    "symbol": symbol,
                    "size": 10 if named else 6,
                    "opacity": 1 if named else 0.7,
                },
                name=label,
                hovertemplate="%{text}<extra></extra>",
            )
        )
    for index, ids, first in ((user, part.users, 0), (item, part.items, n_users)):
        if index is not None and index in ids:
            point = first + int(np.flatnonzero(ids == index)[0])
            groups.append({"trace": len(traces), "points": [point, point + 1]})
            traces.append(trace(
                "scatter", x=xy[point : point + 1, 0], y=xy[point : point + 1, 1],
                mode="markers" if named else "markers+text",
                text=[names[point]], textposition="bottom center",
                marker={"symbol": "circle-open", "size": 15, "color": theme.ink(mode),
                        "line": {"width": 2.5}},
                showlegend=False, hoverinfo="skip",
            ))  # fmt: skip
    sampled = len(part.users) < train.n_users or len(part.items) < train.n_items
    main, second = map(words.percent, run.basis.shares if run.basis is not None else (0.0, 0.0))
    bare = {"range": [-reach, reach], "showticklabels": False, "zeroline": True}
    chart = plain.figure(
        traces,
        "Latent space" + (f": {words.plural('point', len(xy))}, a sample" if sampled else ""),
        margin={"t": 62},
        uirevision=run.id,
        xaxis=axis(f"main direction, {main} of the spread", **bare),
        yaxis=axis(f"second direction, {second}", **bare, scaleanchor="x"),
    )
    live = {"panel": "latent", "stream": run.stream, "groups": groups, "reach": reach,
            "ink": theme.ink(mode)}  # fmt: skip
    return theme.dress(chart, mode), live


def _beside(run: Run, xy: np.ndarray, names: list[str], reach: float) -> np.ndarray:
    """Where each name stands so that none covers another: now, or where the points are heading."""
    if run.wants_training or run.epoch == 0:
        if run.scouted is None:
            return np.full(len(names), "top center")
        xy = places(run, run.scouted)
    corners = reach * np.array([[-1.0, -1.0], [1.0, 1.0]])
    return np.array(positions(xy, names, np.concatenate([xy, corners]), _PLOT))


def _reach(run: Run, xy: np.ndarray) -> float:
    """Half the width of the picture: what the scout expects, or more where it is exceeded."""
    expected = 0.0 if run.scouted is None else spread(places(run, run.scouted))
    room = 1.35 if len(xy) <= _NAMED_POINTS else 1.2  # for the names
    return room * max(expected, spread(xy)) or 1.0


def table(run: Run, epoch: int | None = None) -> pd.DataFrame:
    """The points shown: kind, name, and where they lie."""
    part, train = shown(run.split.train), run.split.train
    rows = [("user", train.user_names[u]) for u in part.users]
    rows += [(train.item_noun, train.item_names[i]) for i in part.items]
    table = pd.DataFrame(rows, columns=["kind", "name"])
    if run.basis is None:
        return table
    xy = places(run, run.predictor_at(run.epoch if epoch is None else epoch))
    return table.assign(main=np.round(xy[:, 0], 4), second=np.round(xy[:, 1], 4))
