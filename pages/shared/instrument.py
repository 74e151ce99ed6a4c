"""The live part of the Train page: controls, epoch slider, three panels, the teacher's sentence."""

from __future__ import annotations

import math
from html import escape

import streamlit as st

from pages.shared import state
from pages.shared.chart import Click, chart
from pages.shared.timeline import timeline
from recsys_core import blocks, narrate
from recsys_core.figures import curves, heatmap, live_latent, live_matrix
from recsys_core.figures.frames import shown
from recsys_core.models import UserItemBias
from recsys_core.runs import SPEEDS, Run, Workspace
from recsys_core.words import duration, number

# Seconds between ticks while something goes on.
_TICK = 0.7

_HEIGHT = 350


def shown_runs(workspace: Workspace) -> list[Run]:
    """The runs whose curves are drawn: those on the same data that are not hidden.

    Only such as have a curve of the same measure: objectives of different models do not compare.
    """
    run = state.run()
    assert run is not None
    has_ratings = run.predictor.has_ratings
    return [
        other
        for other in workspace.runs
        if other is run
        or (other.visible and other.split is run.split and other.group == run.group
            and other.model.has_epochs and other.predictor.has_ratings == has_ratings)
    ]  # fmt: skip


def strip(workspace: Workspace) -> None:
    """Controls and slider; ticks while a run goes on, and has the page run again when it ends."""
    st.fragment(_strip, run_every=_TICK if workspace.busy else None)(_drawn(workspace))


def _drawn(workspace: Workspace) -> tuple:
    """What the rest of the page was drawn for: when it changes, all of it has to run again."""
    run = state.run()
    return workspace.busy, run and run.stream, state.selection().epoch


def _strip(drawn: tuple) -> None:
    workspace, run = state.workspace(), state.run()
    if run is None or _drawn(workspace) != drawn:
        st.rerun()  # before anything is sent that the page would send again at once
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="controls"):
        if run.model.has_epochs:
            _buttons(run)
            _speed(run)
        st.html(_progress(run), width="content")
    if run.model.has_epochs:
        timeline(shown_runs(workspace), run)


def _buttons(run: Run) -> None:
    playing = run.status == "playing"
    st.button(
        "Pause" if playing else "Play",
        icon=":material/pause:" if playing else ":material/play_arrow:",
        type="primary",
        key="play",
        width=110,
        on_click=run.pause if playing else run.play,
        disabled=run.status == "failed" or not run.n_epochs,
        help="After the last epoch, Play adds as many again." if not playing else None,
    )
    st.button(
        "Step",
        icon=":material/skip_next:",
        key="step",
        on_click=run.step,
        disabled=run.status == "failed" or not run.n_epochs,
        help="One epoch: once through all training ratings.",
    )
    st.button(
        "Reset",
        icon=":material/replay:",
        key="reset",
        on_click=_reset,
        args=(run,),
        disabled=run.epoch == 0 and run.status != "failed",
        help="Back to epoch 0, with the same settings.",
    )


def _reset(run: Run) -> None:
    run.reset()
    state.selection().epoch = None


def _speed(run: Run) -> None:
    key = f"speed_{run.id}"

    def changed() -> None:
        run.set_speed(st.session_state[key])

    st.segmented_control(
        "Speed",
        SPEEDS,
        default=run.speed,
        format_func=lambda speed: "max" if speed is None else f"{speed:g}",
        key=key,
        required=True,
        on_change=changed,
        label_visibility="collapsed",
        help="Epochs a second; max is as fast as possible.",
    )


def _progress(run: Run) -> str:
    """“epoch 37 / 200 · 12 s left”."""
    if not run.model.has_epochs:
        done = {"finished": "Done, in one pass", "failed": "Failed"}
        return f"<span>{done.get(run.status, 'At work …')}</span>"
    text = f"epoch <b>{run.epoch:,}</b> / {run.n_epochs:,}"
    left = run.seconds_left
    if run.rewinding:
        text += " · going back …"
    elif run.status == "playing" and left is not None:
        text += f" · {duration(left)} left"
    elif run.status in ("finished", "failed"):
        text += {"finished": " · done", "failed": " · failed"}[run.status]
    return f'<span style="font-variant-numeric:tabular-nums;white-space:nowrap">{text}</span>'


def panels(workspace: Workspace) -> None:
    """Error, matrix and latent space of the run in view; a click on a cell or point selects it."""
    run = state.run()
    assert run is not None
    selected = state.selection()
    mode = state.theme()
    left, middle, right = st.columns([10, 11, 10], gap="small")
    moves = run.model.has_epochs
    with left:
        if moves:
            _curves(workspace, run)
        else:
            _errors(run)
    with middle:
        (_matrix_live if moves else _matrix_at_rest)(run)
    with right:
        if run.basis is None and not run.basis_pending:
            _no_latent_space(run)
            return
        figure, following = live_latent.figure(
            run, mode, epoch=selected.epoch, user=selected.user, item=selected.item
        )
        chart(
            figure,
            key="latent",
            alt=f"Users and {run.ratings.item_noun}s in the latent space at epoch {run.epoch}",
            height=_HEIGHT,
            live=following,
            table=lambda: live_latent.table(run, selected.epoch),
            on_click=lambda click: _select_point(run, click),
        )


def _matrix_live(run: Run) -> None:
    selected = state.selection()
    figure, following = live_matrix.figure(
        run, state.theme(), epoch=selected.epoch, user=selected.user, item=selected.item
    )
    chart(
        figure,
        key="matrix",
        alt=f"Predicted ratings at epoch {run.epoch}, with the known ones inside their cells",
        height=_HEIGHT,
        live=following,
        table=lambda: live_matrix.table(run, selected.epoch),
        on_click=lambda click: _select_cell(run, click),
    )


def _matrix_at_rest(run: Run) -> None:
    """The same part of the matrix, its gaps filled at one stroke."""
    part, selected, split = shown(run.split.train), state.selection(), run.split
    block = blocks.cut(
        split.train,
        run.predictor if run.epoch or not run.n_epochs else None,
        part.rows,
        part.columns,
        validation=split.validation,
        test=split.test,
    )
    chart(
        heatmap.figure(block, "filled", state.theme(), user=selected.user, item=selected.item),
        key="matrix_at_rest",
        alt=heatmap.alt(block, "filled"),
        height=_HEIGHT,
        table=lambda: block.table("filled"),
        on_click=lambda click: _select_cell(run, click),
    )


def _errors(run: Run) -> None:
    """How good a model without epochs is: no curve, but two numbers beside those of biases."""
    last = run.epochs[-1]
    known = (("Training", last.train_rmse), ("Validation", last.validation_rmse))
    biases = next((b for b in run.baselines if isinstance(b.model, UserItemBias)), None)
    st.markdown("**How well**")
    if run.status != "finished":
        st.caption("Its errors will be here in a moment.")
        return
    for part, rmse in known:
        if rmse is None:
            continue
        bias = biases and (biases.train_rmse if part == "Training" else biases.validation_rmse)
        st.metric(
            f"{part} RMSE",
            f"{rmse:.4f}",
            f"{rmse - bias:+.4f} against user and item biases" if bias else None,
            delta_color="inverse",
        )


def _no_latent_space(run: Run) -> None:
    """In place of the map: why there is none, and what the model goes by instead."""
    st.markdown("**No latent space**")
    st.caption(f"{run.model.title} has no factors, and so no map of users and items.")
    found, selected = run.predictor, state.selection()
    if found.has_likeness and run.epoch:
        item = selected.item
        if item is None:
            item = int(run.split.train.item_counts.argmax())
        table = found.similar_items(item, 6)
        names = run.ratings.item_names
        heading = f"most like {names[item]}"
        st.dataframe(
            {heading: [names[i] for i in table["item"]], "similarity": table["similarity"]},
            hide_index=True,
            column_config={"similarity": st.column_config.NumberColumn(format="%.2f")},
            alt=heading.capitalize(),
        )


def _curves(workspace: Workspace, run: Run) -> None:
    view = st.session_state.setdefault("curve_view", ("RMSE", False, False))
    measure, log_x, log_y = view
    figure, following = curves.figure(
        shown_runs(workspace),
        run,
        state.theme(),
        measure=measure,
        log_x=log_x,
        log_y=log_y,
        epoch=state.selection().epoch,
    )
    with st.container(key="curves_chart", gap=None):
        chart(
            figure,
            key="curve",
            alt=curves.alt(run),
            height=_HEIGHT,
            live=following,
            table=lambda: curves.table(run),
        )
        with (
            st.container(key="curves_view", width="content"),
            st.popover("", icon=":material/tune:", key="curve_axes", help="What the curves show"),
        ):
            chosen = measure
            if run.predictor.has_ratings:
                chosen = st.radio("Show", ("RMSE", "objective"), index=int(measure == "objective"),
                                  horizontal=True)  # fmt: skip
            new_x = st.toggle("Logarithmic epochs", log_x)
            new_y = st.toggle("Logarithmic errors", log_y)
    if (chosen, new_x, new_y) != view:
        st.session_state.curve_view = (chosen, new_x, new_y)
        st.rerun()


def _select_cell(run: Run, click: Click) -> None:
    part = shown(run.split.train)
    if click.row is None or click.column is None:
        return
    if click.row < len(part.rows) and click.column < len(part.columns):
        selected = state.selection()
        selected.user, selected.item = int(part.rows[click.row]), int(part.columns[click.column])


def _select_point(run: Run, click: Click) -> None:
    part = shown(run.split.train)
    if click.point is None or click.curve > 1:
        return
    if click.curve == 0:
        state.selection().user = int(part.users[click.point])
    else:
        state.selection().item = int(part.items[click.point])


def voice(workspace: Workspace) -> None:
    """The teacher's sentence, and what is selected."""
    st.fragment(_voice, run_every=2 * _TICK if workspace.busy else None)()


def _voice() -> None:
    run = state.run()
    if run is None:
        return
    said = narrate.sentence(run)
    if run.status == "failed":
        st.error(said, icon=":material/error:")
    else:
        st.html(f'<p style="margin:0;font-size:1.07rem">{escape(said)}</p>')
    selected = state.selection()
    if selected.user is not None and selected.item is not None:
        _selected(run, selected.user, selected.item, selected.epoch)


def _selected(run: Run, user: int, item: int, epoch: int | None) -> None:
    names = f"**{run.ratings.user_names[user]}**, **{run.ratings.item_names[item]}**"
    found = run.predictor_at(epoch)
    predicted = float(found.predict([user], [item])[0])
    rated = run.split.train.block([user], [item])[0, 0]
    known = "" if math.isnan(rated) else f", rated {number(float(rated))}"
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        what = "predicted" if found.has_ratings else "preference"
        st.markdown(f"{names}: {what} {number(predicted)}{known}.", width="content")
        label = "Why? Term by term" if found.has_terms else "Look closer"
        st.page_link("predictions.py", label=label, icon=":material/grid_on:")
