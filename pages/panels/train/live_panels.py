"""The live part of the Train page: controls, epoch slider, three panels, the teacher's sentence.

All that moves here moves in the browser; a part is drawn anew only when what it says has changed.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import streamlit as st

from pages.panels.inside import expand
from pages.panels.train.timeline import timeline
from pages.shared import choices, parts, session, sidebar, view
from pages.shared.chart.chart import cells, chart, points
from pages.shared.tables import aligned
from recsys_core import escape, words
from recsys_core.asking import matrix_view
from recsys_core.asking.matrix_view import Block, View
from recsys_core.experiments.view import Speed
from recsys_core.figures import curves, heatmap, latent, theme
from recsys_core.figures.curves import Curve, Measure
from recsys_core.live import commentary, status_lines
from recsys_core.live.frames import places, shown
from recsys_core.models import FittedModel, GlobalMean, UserItemBias
from recsys_core.runs import SPEEDS, Entry, Run
from recsys_core.standardized import Unit
from recsys_core.words import number, plural

_HEIGHT = 350


def strip(run: Run) -> None:
    """Controls and slider."""
    if parts.drawn("controls"):
        _controls()
    if run.model.has_epochs and parts.drawn("timeline"):
        timeline(parts.locked("timeline"))


@view.fragment("controls", "playing", "speed", "status")
def _controls() -> None:
    entry = view.entry()
    if entry is None:
        return
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="controls"):
        if entry.run.model.has_epochs:
            _buttons(entry)
            _speed()
        text = escape.html(status_lines.progress(view.standing()))
        style = "font-variant-numeric:tabular-nums;white-space:nowrap"
        st.html(f'<span data-fs="progress" style="{style}">{text}</span>', width="content")


def _buttons(entry: Entry) -> None:
    run = entry.run
    active, locked = view.active(), parts.locked("controls")
    off = locked or run.status == "failed" or not run.n_epochs
    st.button(
        "Pause" if active else "Play",
        icon=":material/pause:" if active else ":material/play_arrow:",
        type="primary",
        key="play",
        width=110,
        on_click=parts.unlocked("controls", sidebar.play_or_pause),
        args=(entry, active),
        disabled=off,
        help=None if active else "At its end, Play shows it from the start once more.",
    )
    st.button(
        "Step",
        icon=":material/skip_next:",
        key="step",
        on_click=parts.unlocked("controls", _step),
        disabled=off,
        help="One epoch: once through all training ratings.",
    )
    st.button(
        "Reset",
        icon=":material/replay:",
        key="reset",
        on_click=parts.unlocked("controls", _reset),
        disabled=off,
        help="Back to epoch 0. What is trained is kept.",
    )


def _step() -> None:
    view.step()
    view.redraw("playing", "moment", "status")


def _reset() -> None:
    view.reset()
    view.redraw("playing", "moment", "status")


def _speed() -> None:
    chosen = view.speed()
    offered: list[Speed] = sorted({*SPEEDS[:-1], chosen} - {"max"}) + ["max"]  # type: ignore[type-var]
    st.session_state.speed = chosen
    st.segmented_control(
        "Speed",
        offered,
        format_func=lambda speed: speed if isinstance(speed, str) else f"{speed:g}",
        key="speed",
        required=True,
        on_change=parts.unlocked("controls", _pace),
        disabled=parts.locked("controls"),
        label_visibility="collapsed",
        help="Epochs a second; max is as fast as it trains.",
    )
    st.caption("epochs a second", width="content")


def _pace() -> None:
    view.pace(st.session_state.speed)
    view.redraw("speed")


# --- panels ---------------------------------------------------------------------------------------


def panels(entry: Entry) -> None:
    """Error, matrix and latent space of the run in view; a click on a cell or point selects it."""
    draw = {"curve": _curve, "matrix": _matrix, "map": _map}
    wide = {"curve": 10, "matrix": 11, "map": 10}
    drawn = [part for part in draw if parts.drawn(part)]
    if not drawn:
        return
    for column, part in zip(
        st.columns([wide[part] for part in drawn], gap="small"), drawn, strict=True
    ):
        with column:
            draw[part](entry)


def curve_of(entry: Entry, earlier: Sequence[Entry] = ()) -> Curve:
    """The epochs of a run, as figures take them; without those it shares with earlier ones."""
    run = entry.run
    return Curve(
        entry.name,
        run.epochs,
        run.n_epochs,
        entry.color_index,
        run.best_epoch,
        run.stream,
        max((_shared(run, other.run) for other in earlier), default=0),
    )


def _shared(run: Run, other: Run) -> int:
    """The last epoch that a run has in common with one it was forked from, or forked beside."""
    epoch = run.experiment.alike_until(other.experiment)
    return epoch if epoch is not None and epoch <= other.epoch else 0


def _curve(entry: Entry) -> None:
    if entry.run.model.has_epochs:
        _curves()
    else:
        _errors()


@view.fragment("curves", "shown", "options")
def _curves() -> None:
    entry = view.entry()
    if entry is None:
        return
    shows = view.option("curve")
    measure: Measure = "objective" if shows == "objective" else "RMSE"
    size = Unit.of(entry.run.split.train).size if shows == "normalized" else None
    log = view.option("log")
    entries = view.shown()
    drawn = [curve_of(each, entries[:n]) for n, each in enumerate(entries)]
    here = curve_of(entry)
    figure, following = curves.live(
        drawn,
        here,
        [GlobalMean.title, UserItemBias.title],
        session.theme(),
        measure=measure,
        size=size,
        log_x="x" in log,
        log_y="y" in log,
    )
    with st.container(key="curves_chart", gap=None):
        chart(
            figure,
            key="curve",
            alt=curves.alt(drawn, measure, size is not None),
            height=_HEIGHT,
            live=following,
            table=lambda: curves.table(curve_of(entry)),
            part="curve",
            what="errors" if measure == "RMSE" else "objective",
        )
        with (
            st.container(key="curves_view", width="content"),
            st.popover(
                "What the curves show",
                icon=":material/tune:",
                key="curve_axes",
                help="What the curves show",
            ),  # fmt: skip
        ):
            if entry.run.fitted.has.ratings:
                offered = {"rmse": "RMSE", "normalized": "RMSE / s", "objective": "objective"}
                choices.segmented("curve", "Show", offered, "curve_measure", part="curve")
                st.caption(
                    "s is the standard deviation of the training ratings: RMSE / s has no unit, "
                    "and predicting their mean is near 1."
                )
            st.session_state.curve_log_x, st.session_state.curve_log_y = "x" in log, "y" in log
            scaled, locked = parts.unlocked("curve", _scaled), parts.locked("curve")
            for axis, of in (("x", "epochs"), ("y", "errors")):
                st.toggle(
                    f"Logarithmic {of}", key=f"curve_log_{axis}", on_change=scaled, disabled=locked
                )


def _scaled() -> None:
    x, y = st.session_state.curve_log_x, st.session_state.curve_log_y
    choices.choose("log", "x" * x + "y" * y)


@view.fragment("errors", "status")
def _errors() -> None:
    """How good a model without epochs is: no curve, but two numbers beside those of biases."""
    run = view.run()
    if run is None:
        return
    last = run.epochs[-1]
    known = (("Training", last.train_rmse), ("Validation", last.validation_rmse))
    others = () if isinstance(run.model, UserItemBias) else run.baselines  # itself says nothing
    biases = next((b for b in others if isinstance(b.model, UserItemBias)), None)
    st.markdown("**How well**")
    if run.status != "finished":
        st.caption("Its errors will be here in a moment.")
        return
    if not run.fitted.has.ratings:
        st.caption(
            "It predicts who would choose what, not ratings, so there is no RMSE. How good its "
            "lists are is measured below, on test ratings."
        )
        return
    for part, rmse in known:
        if rmse is None:
            continue
        bias = None
        if biases is not None:
            bias = biases.train_rmse if part == "Training" else biases.validation_rmse
        lower = bias is not None and rmse < bias
        st.metric(
            f"{part} RMSE",
            words.error(rmse),
            f"{words.error(abs(rmse - bias))} {'below' if lower else 'above'} user and item biases"
            if bias is not None
            else None,
            delta_color="green" if lower else "red",
            delta_arrow="down" if lower else "up",
        )


def _matrix(entry: Entry) -> None:
    run = entry.run
    if not run.n_epochs:
        _matrix_at_rest()
        return
    train, block, mode = run.split.train, _block(run, run.fitted), session.theme()
    sampled = len(block.user_ids) < train.n_users or len(block.item_ids) < train.n_items
    figure, following = heatmap.live(block, mode, sampled=sampled)
    chart(
        figure,
        key="matrix",
        alt=heatmap.live_alt(block),
        height=_HEIGHT,
        live=following,
        table=lambda: _block(run, run.fitted_at(view.epoch())).table("predicted"),
        marks=cells(block.user_ids, block.item_ids, theme.cell_ring(mode)),
        part="matrix",
        what="predicted",
    )


def _block(run: Run, fitted: FittedModel | None) -> Block:
    """The part of the matrix that is shown, as a state of the model has it."""
    part, split = shown(run.split.train), run.split
    return matrix_view.block_of(
        split.train,
        fitted,
        part.rows,
        part.columns,
        validation=split.validation,
        test=split.test,
    )


@view.fragment("matrix_at_rest", "status")
def _matrix_at_rest() -> None:
    """The same part of the matrix, its gaps filled at one stroke; of preferences, all cells."""
    run = view.run()
    if run is None:
        return
    mode = session.theme()
    block = _block(run, run.fitted if run.epoch or not run.n_epochs else None)
    # Preferences are on a scale of their own: among ratings they would look like low ones.
    how: View = "filled" if run.fitted.has.ratings else "predicted"
    chart(
        heatmap.figure(block, how, mode),
        key="matrix_at_rest",
        alt=heatmap.alt(block, how),
        table=lambda: block.table(how),
        marks=cells(block.user_ids, block.item_ids, theme.cell_ring(mode)),
        part="matrix",
        what="gaps-filled" if how == "filled" else how,
        note=heatmap.legend(block, how),
    )


def _map(entry: Entry) -> None:
    run = entry.run
    if not run.fitted.has.factors:
        _no_latent_space()
        return
    train, part, mode = run.split.train, shown(run.split.train), session.theme()
    figure, following = latent.live(train, part.users, part.items, mode)

    def table() -> Any:
        known = None if run.basis is None else places(run, run.fitted_at(view.epoch()))
        return latent.live_table(train, part.users, part.items, known)

    chart(
        figure,
        key="latent",
        alt=f"{plural('user', len(part.users))} and "
        f"{plural(run.ratings.item_noun, len(part.items))} in the latent space at the epoch shown",
        height=_HEIGHT,
        live=following,
        table=table,
        marks=points(
            [(group["trace"], group["side"], group["ids"]) for group in following["groups"]],
            theme.point_ring(mode),
        ),
        part="map",
        what="latent-space",
    )


@view.fragment("no_latent_space", "status", "item")
def _no_latent_space() -> None:
    """In place of the map: why there is none, and what the model goes by instead."""
    run, item = view.run(), view.now().item
    if run is None:
        return
    st.markdown("**No latent space**")
    st.caption(f"{run.model.title} has no factors, and so no map of users and items.")
    found = run.fitted
    if found.has.similarity and run.epoch:
        if item is None:
            item = int(run.split.train.item_counts.argmax())
        table = found.similar_items(item, 6)
        names = run.ratings.item_names
        heading = f"Most like {names[item]}"
        st.dataframe(
            aligned(
                {heading: [names[i] for i in table["item"]], "similarity": table["similarity"]},
                similarity=2,
            ),
            hide_index=True,
            alt=heading,
        )


# --- what is said ---------------------------------------------------------------------------------


def teacher_sentence() -> None:
    """The teacher's sentence, and what is selected: apart, so that a click sends little."""
    _sentence()
    _cell()


@view.fragment("inside", "playing", "moment", "status", "user", "item", "options")
def inside() -> None:
    """The update of the run in view, taken apart for the selected cell; where it was opened."""
    run, now = view.run(), view.now()
    if run is None or now.user is None or now.item is None or not view.option("inside"):
        return
    if now.playing:
        st.caption("Its update can be looked into when it is paused.")
        return
    expand.show(run, view.epoch(), now.user, now.item)


@view.fragment("commentary", "playing", "moment", "status")
def _sentence() -> None:
    run = view.run()
    if run is None:
        return
    said = escape.html(str(commentary.sentence(run, view.epoch(), view.now().playing)))
    style = "margin:0;font-size:1.07rem"
    if run.status == "failed":
        style += ";border-left:4px solid #C0392B;padding-left:.6em"
    st.html(f'<p style="{style}" data-fs="sentence">{said}</p>')


@view.fragment("cell", "playing", "moment", "status", "user", "item", "options")
def _cell() -> None:
    run, now = view.run(), view.now()
    if run is not None and now.user is not None and now.item is not None:
        _selected(run, now.user, now.item)


def _selected(run: Run, user: int, item: int) -> None:
    found, epoch = run.fitted, view.epoch()
    names = (
        f"<b>{escape.html(run.ratings.user_names[user])}</b>, "
        f"<b>{escape.html(run.ratings.item_names[item])}</b>"
    )
    predicted = run.fitted_at(epoch).predict([user], [item])[0]
    text = number(float(predicted))
    rated = run.split.train.block([user], [item])[0, 0]
    said = escape.html(run.ratings.scale.said(float(rated)))
    known = "" if math.isnan(rated) else f", rated {said}"
    what = "predicted" if found.has.ratings else "preference"
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.html(
            f'{names}: {what} <span data-fs="cell" data-epoch="{epoch}" data-text="{text}"'
            f"{_place(run, user, item)}>{text}</span>{known}.",
            width="content",
        )
        if parts.drawn("why"):
            label = "Why? Term by term" if found.has.terms else "Look closer"
            st.page_link(
                "predictions.py", label=label, icon=":material/grid_on:",
                disabled=parts.locked("why"),
            )  # fmt: skip
        expand.offer(run)


def _place(run: Run, user: int, item: int) -> str:
    """Where the live matrix has the cell, for the browser to read it while it moves."""
    part = shown(run.split.train)
    row, column = (part.rows == user).nonzero()[0], (part.columns == item).nonzero()[0]
    if not (len(row) and len(column)):
        return ""
    low, high = run.fitted.extent[:2]
    return (
        f' data-row="{row[0]}" data-column="{column[0]}" data-columns="{len(part.columns)}"'
        f' data-low="{low}" data-high="{high}"'
    )
