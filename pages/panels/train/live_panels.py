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
from recsys_core.text import Number, Text, worded
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
        Text("Pause") if active else Text("Play"),
        icon=":material/pause:" if active else ":material/play_arrow:",
        type="primary",
        key="play",
        width=110,
        on_click=parts.unlocked("controls", sidebar.play_or_pause),
        args=(entry, active),
        disabled=off,
        help=None if active else Text("At its end, Play shows it from the start once more."),
    )
    st.button(
        Text("Step"),
        icon=":material/skip_next:",
        key="step",
        on_click=parts.unlocked("controls", _step),
        disabled=off,
        help=Text("One epoch: once through all training ratings."),
    )
    st.button(
        Text("Reset"),
        icon=":material/replay:",
        key="reset",
        on_click=parts.unlocked("controls", _reset),
        disabled=off,
        help=Text("Back to epoch 0. What is trained is kept."),
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
        Text("Speed"),
        offered,
        format_func=lambda speed: Text("max") if speed == "max" else Number(f"{speed:g}"),
        key="speed",
        required=True,
        on_change=parts.unlocked("controls", _pace),
        disabled=parts.locked("controls"),
        label_visibility="collapsed",
        help=Text("Epochs a second; max is as fast as it trains."),
    )
    st.caption(Text("epochs a second"), width="content")


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
                Text("What the curves show"),
                icon=":material/tune:",
                key="curve_axes",
                help=Text("What the curves show"),
            ),
        ):
            if entry.run.fitted.has.ratings:
                offered = {
                    "rmse": "RMSE", "normalized": "RMSE / s", "objective": Text("objective"),
                }  # fmt: skip
                choices.segmented("curve", Text("Show"), offered, "curve_measure", part="curve")
                st.caption(
                    Text(
                        "s is the standard deviation of the training ratings: RMSE / s has no "
                        "unit, and predicting their mean is near 1."
                    )
                )
            st.session_state.curve_log_x, st.session_state.curve_log_y = "x" in log, "y" in log
            scaled, locked = parts.unlocked("curve", _scaled), parts.locked("curve")
            labels = {"x": Text("Logarithmic epochs"), "y": Text("Logarithmic errors")}
            for axis, label in labels.items():
                st.toggle(label, key=f"curve_log_{axis}", on_change=scaled, disabled=locked)


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
    others = () if isinstance(run.model, UserItemBias) else run.baselines  # itself says nothing
    biases = next((b for b in others if isinstance(b.model, UserItemBias)), None)
    st.markdown(Text("**How well**"))
    if run.status != "finished":
        st.caption(Text("Its errors will be here in a moment."))
        return
    if not run.fitted.has.ratings:
        st.caption(
            Text(
                "It predicts who would choose what, not ratings, so there is no RMSE. How good its "
                "lists are is measured below, on test ratings."
            )
        )
        return
    none = (None, None)
    bias_rmse = none if biases is None else (biases.train_rmse, biases.validation_rmse)
    labels = Text("Training RMSE"), Text("Validation RMSE")
    rmses = last.train_rmse, last.validation_rmse
    for label, rmse, bias in zip(labels, rmses, bias_rmse, strict=True):
        if rmse is None:
            continue
        if bias is None:
            st.metric(label, words.error(rmse))
            continue
        by, lower = words.error(abs(rmse - bias)), rmse < bias
        st.metric(
            label,
            words.error(rmse),
            Text("{by} below user and item biases", by=by)
            if lower
            else Text("{by} above user and item biases", by=by),
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
        alt=Text(
            "{users} and {items} in the latent space at the epoch shown",
            users=plural("user", len(part.users)),
            items=plural(run.ratings.item_noun, len(part.items)),
        ),
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
    st.markdown(Text("**No latent space**"))
    st.caption(
        Text("{title} has no factors, and so no map of users and items.", title=run.model.title)
    )
    found = run.fitted
    if found.has.similarity and run.epoch:
        if item is None:
            item = int(run.split.train.item_counts.argmax())
        table = found.similar_items(item, 6)
        names = run.ratings.item_names
        heading, similarity = Text("Most like {name}", name=names[item]), Text("similarity")
        st.dataframe(
            aligned(
                {heading: [names[i] for i in table["item"]], similarity: table["similarity"]},
                **{similarity: 2},
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
        st.caption(Text("Its update can be looked into when it is paused."))
        return
    expand.show(run, view.epoch(), now.user, now.item)


@view.fragment("commentary", "playing", "moment", "status")
def _sentence() -> None:
    run = view.run()
    if run is None:
        return
    said = escape.html(worded(commentary.sentence(run, view.epoch(), view.now().playing)))
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
    names = run.ratings
    user_name, item_name = escape.html(names.user_names[user]), escape.html(names.item_names[item])
    predicted = run.fitted_at(epoch).predict([user], [item])[0]
    text = number(float(predicted))
    rated = run.split.train.block([user], [item])[0, 0]
    said = escape.html(run.ratings.scale.said(float(rated)))
    values = {
        "names": f"<b>{user_name}</b>, <b>{item_name}</b>",
        "value": f'<span data-fs="cell" data-epoch="{epoch}" data-text="{text}"'
        f"{_place(run, user, item)}>{text}</span>",
    }
    if found.has.ratings:
        sentence = (
            Text("{names}: predicted {value}.", **values)
            if math.isnan(rated)
            else Text("{names}: predicted {value}, rated {said}.", said=said, **values)
        )
    else:
        sentence = (
            Text("{names}: preference {value}.", **values)
            if math.isnan(rated)
            else Text("{names}: preference {value}, rated {said}.", said=said, **values)
        )
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.html(sentence, width="content")
        if parts.drawn("why"):
            label = Text("Why? Term by term") if found.has.terms else Text("Look closer")
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
