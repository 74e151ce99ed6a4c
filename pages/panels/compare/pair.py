"""Two runs beside each other: errors, the same cells of the matrix, and the map."""

from __future__ import annotations

import math

import streamlit as st

from pages.panels.train.live_panels import curve_of
from pages.shared import parts, session, sidebar, view
from pages.shared.chart.chart import cells, chart, points
from recsys_core import escape, words
from recsys_core.asking import latent_map, matrix_view
from recsys_core.asking.latent_map import Places
from recsys_core.asking.projection import Basis
from recsys_core.figures import curves, heatmap, latent, theme
from recsys_core.live.frames import shown
from recsys_core.models import Factored, FittedModel, seen_as
from recsys_core.ratings import SIDES
from recsys_core.runs import Entry
from recsys_core.text import Text

_CURVE, _MAP = 280, 420


def head(compared: list[Entry]) -> None:
    """The heading, and what both predict for the selected cell."""
    if len(compared) < 2:
        return
    st.header(Text("Two beside each other"), anchor=False)
    both, now = _chosen(compared), view.now()
    ratings = both[0].run.ratings
    if now.user is None or now.item is None:
        st.caption(Text("Select a cell or a point in one, and it is selected in the other."))
        return
    predicted = [
        f"{each.name} {words.number(float(each.run.fitted.predict([now.user], [now.item])[0]))}"
        for each in both
    ]
    rated = float(ratings.block([now.user], [now.item])[0, 0])
    told = {
        "cell": f"{ratings.user_names[now.user]} × {ratings.item_names[now.item]}",
        "predictions": words.listed(predicted),
    }
    st.markdown(
        escape.markdown(
            Text("{cell}, not rated: {predictions}.", **told)
            if math.isnan(rated)
            else Text("{cell}, rated {x}: {predictions}.", x=ratings.scale.said(rated), **told)
        )
    )


def draw(compared: list[Entry]) -> None:
    """Draw two of the runs compared; a cell or point selected in one is so in the other."""
    if len(compared) < 2:
        return
    both = _chosen(compared)
    models = [each.run.fitted for each in both]
    places = _places(models)
    for at, column in enumerate(st.columns(2, gap="medium")):
        with column:
            _one(at, both[at], models[at], places[at], compared)


def _chosen(compared: list[Entry]) -> list[Entry]:
    """The two that the view says; where there are no such ones, the first two."""
    first, second = (int(number) - 1 for number in view.option("pair").split(","))
    n = len(compared)
    first = first if first < n else 0
    second = second if second < n and second != first else (first + 1) % n
    return [compared[first], compared[second]]


def _one(
    at: int, each: Entry, fitted: FittedModel, places: Places | None, compared: list[Entry]
) -> None:
    side = "left" if at == 0 else "right"
    key = f"pair_{side}"
    names = [f"{one.name}" for one in compared]
    st.session_state[key] = compared.index(each)
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        st.html(f'<span style="font-size:1.3rem">{sidebar.dot(each)}</span>', width="content")
        st.selectbox(
            Text("Run on the left") if at == 0 else Text("Run on the right"),
            range(len(compared)),
            format_func=names.__getitem__,
            key=key,
            on_change=_choose,
            args=(at,),
            label_visibility="collapsed",
        )
    if parts.drawn("curve"):
        _curve(each, side)
    if parts.drawn("matrix"):
        _matrix(each, fitted, side)
    if parts.drawn("map"):
        _map(each, fitted, places, side)


def _choose(at: int) -> None:
    """In a callback: another run on one side; where it is the other side's, they change places."""
    before = [int(number) for number in view.option("pair").split(",")]
    picked = int(st.session_state["pair_left" if at == 0 else "pair_right"]) + 1
    after = list(before)
    after[at] = picked
    if after[0] == after[1]:
        after[1 - at] = before[at]
    view.choose(("pair", ",".join(map(str, after))))
    view.redraw("options")


def _curve(each: Entry, side: str) -> None:
    if not each.run.model.has_epochs:
        last = each.run.epochs[-1].validation_rmse
        said = Text("It learns in one pass: there are no epochs to draw.")
        if last is None:
            st.caption(said)
        else:
            st.caption(f"{said} {Text('Its validation RMSE is {rmse}.', rmse=words.error(last))}")
        return
    curve = curve_of(each)
    measure: curves.Measure = "RMSE" if each.run.fitted.has.ratings else "objective"
    chart(
        curves.drawn([curve], session.theme(), measure=measure),
        key=f"pair_curve_{side}",
        alt=Text("{picture}, on the left", picture=curves.alt([curve], measure))
        if side == "left"
        else Text("{picture}, on the right", picture=curves.alt([curve], measure)),
        height=_CURVE,
        table=lambda: curves.table(curve),
        part="curve",
        what=f"errors {each.name}",
    )


def _matrix(each: Entry, fitted: FittedModel, side: str) -> None:
    run, mode = each.run, session.theme()
    part, split = shown(run.split.train), run.split
    block = matrix_view.block_of(
        split.train, fitted, part.rows, part.columns, validation=split.validation, test=split.test
    )
    chart(
        heatmap.figure(block, "predicted", mode),
        key=f"pair_matrix_{side}",
        alt=Text("{picture}, by {run}", picture=heatmap.alt(block, "predicted"), run=each.name),
        table=lambda: block.table("predicted"),
        marks=cells(block.user_ids, block.item_ids, theme.cell_ring(mode)),
        part="matrix",
        what=f"predicted {each.name}",
        note=heatmap.legend(block, "predicted"),
    )


def _places(models: list[FittedModel]) -> list[Places | None]:
    """Where the same users and items lie in both maps, the second turned towards the first."""
    found: list[Places | None] = []
    for fitted in models:
        if not fitted.has.factors:
            found.append(None)
            continue
        factored, part = seen_as(Factored, fitted), shown(fitted.train)
        basis = Basis.fit(factored)
        ids = {"user": part.users, "item": part.items}
        found.append(latent_map.project(factored, basis, ids, latent_map.axes_of(basis)))  # type: ignore[arg-type]
    first, second = found
    if first is not None and second is not None:
        found[1] = latent_map.turned_onto(second, first)
    return found


def _map(each: Entry, fitted: FittedModel, places: Places | None, side: str) -> None:
    if places is None:
        st.caption(
            Text(
                "{model} has no factors, and so no map of users and items.",
                model=each.run.model.title,
            )
        )
        return
    mode, train = session.theme(), each.run.split.train
    clouds = [latent.cloud(train, places, of) for of in SIDES]
    title = latent.title(clouds, "pca")
    figure = latent.figure(clouds, mode, title=title, axes=places.axes, scale=train.scale)
    chart(
        figure,
        key=f"pair_map_{side}",
        alt=Text("{picture}, by {run}", picture=latent.alt(clouds, "pca"), run=each.name),
        height=_MAP,
        table=lambda: latent.table(clouds),
        marks=points(
            [
                (at, of["meta"], [int(index) for index in of["customdata"]])
                for at, of in enumerate(figure["data"])
                if "customdata" in of
            ],
            theme.point_ring(mode),
        ),
        part="map",
        what=f"latent-space {each.name}",
    )
