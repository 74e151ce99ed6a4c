"""The runs of this browser side by side, and the test error of the one in view, once."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from pages.shared import receipt, state
from pages.shared.settings import described
from recsys_core import words
from recsys_core.errors import FactorscopeError
from recsys_core.experiments.scores import PLACES
from recsys_core.figures import curves, theme
from recsys_core.runs import Run, Workspace


def runs(workspace: Workspace) -> None:
    """One line a run: colour, name, settings, errors; show, look at, rename, remove."""
    st.subheader("Runs")
    groups: dict[str, list[Run]] = {}
    for each in workspace.runs:
        groups.setdefault(each.group, []).append(each)
    for each in groups.pop("", []):
        _line(workspace, each)
    run = state.run()
    for group, theirs in groups.items():
        with st.expander(f"{group}: {words.plural('run', len(theirs))}", expanded=run in theirs):
            for each in theirs:
                _line(workspace, each)
    if run is not None:
        left, right = st.columns(2, gap="large")
        with left:
            _epochs(run)
        with right:
            _test(run)


def _line(workspace: Workspace, run: Run) -> None:
    colour = theme.run_colour(run.color_index, state.theme())
    here = run is state.run()
    with st.container(
        horizontal=True, vertical_alignment="center", gap="small", key=f"run_{run.id}"
    ):
        run.visible = st.toggle(
            f"Show {run.name}", run.visible, key=f"visible_{run.id}",
            label_visibility="collapsed", help="Show its curves",
        )  # fmt: skip
        st.html(f'<span style="color:{colour};font-size:1.3rem">●</span>', width="content")
        if st.button(
            run.name, key=f"select_{run.id}", type="primary" if here else "tertiary", disabled=here
        ):
            state.show(run)
            st.rerun()
        st.caption(_summary(run, run.split is not state.split()))
        receipt.button(run, "")
        with st.popover("", icon=":material/edit:", help="Rename"):
            name = st.text_input("Name", run.name, key=f"name_{run.id}", max_chars=80)
            if name != run.name:
                workspace.rename(run, name)
                st.rerun()
        if st.button("", icon=":material/delete:", key=f"remove_{run.id}", help="Remove this run"):
            _remove(workspace, run, here)
            st.rerun()


def _remove(workspace: Workspace, run: Run, in_view: bool) -> None:
    """Forget a run; one in view makes way for the latest other one on the same data."""
    workspace.remove(run)
    if not in_view:
        return
    others = [
        r
        for r in workspace.runs
        if r.experiment.data == run.experiment.data and r.group == run.group
    ]
    data = state.data()
    if others:
        state.show(others[-1])
    elif data is not None:
        state.look_at(data)


def _summary(run: Run, elsewhere: bool) -> str:
    """Settings and errors in a line; and the data, where they are not those in view."""
    last = run.epochs[-1]
    error = f"objective {words.number(last.loss)}"
    if last.train_rmse is not None:
        error = f"training RMSE {last.train_rmse:.4f}"
    best = run.best_epoch
    if best is not None and run.model.has_epochs:
        error += f", best validation {run.epochs[best].validation_rmse:.4f} at epoch {best:,}"
    progress = f"epoch {run.epoch:,} / {run.n_epochs:,}, " if run.model.has_epochs else ""
    text = f"{described(run)} · {progress}{error}"
    return text + (f" · {run.ratings.name}, {run.split.description}" if elsewhere else "")


def _epochs(run: Run) -> None:
    if not run.model.has_epochs:
        return
    with st.expander("Table of epochs", icon=":material/table_rows:", on_change="rerun") as box:
        if box.open:
            table = curves.table(run)
            st.dataframe(table, height=300)
            st.download_button(
                "CSV", table.to_csv().encode(), f"{run.name}.csv", "text/csv",
                icon=":material/download:", on_click="ignore",
            )  # fmt: skip


def _test(run: Run) -> None:
    """Test error on demand, so that nobody picks an epoch by it."""
    if run.tested is None:
        asked = st.button(
            "Show test error",
            icon=":material/quiz:",
            disabled=run.wants_training or run.epoch == 0 or run.split.test is None,
            help="Measured once, at the end, on ratings no choice was made by; of lists as well."
            if run.split.test is not None
            else "This split keeps no ratings for testing; the Data page can.",
        )
        if not asked:
            return
    try:
        with st.spinner("Measuring …"):
            found = run.test_scores()
    except FactorscopeError as error:
        st.error(str(error), icon=":material/error:")
        return
    rows = pd.DataFrame(
        {
            "on test ratings": [s.name for s in found],
            "RMSE": [_digits(s.rmse) for s in found],
            "MAE": [_digits(s.mae) for s in found],
            f"NDCG@{PLACES}": [_digits(s.ndcg) for s in found],
            f"recall@{PLACES}": [_digits(s.recall) for s in found],
        }
    )
    st.dataframe(
        rows,
        hide_index=True,
        column_config={
            "RMSE": st.column_config.TextColumn(help=_HELP["RMSE"]),
            "MAE": st.column_config.TextColumn(help=_HELP["MAE"]),
            f"NDCG@{PLACES}": st.column_config.TextColumn(help=_HELP["NDCG"]),
            f"recall@{PLACES}": st.column_config.TextColumn(help=_HELP["recall"]),
        },
    )
    noun = words.many(run.ratings.item_noun)
    st.caption(
        f"RMSE asks how well ratings are guessed, NDCG and recall how good each user's {PLACES} "
        f"best of all unrated {noun} are: who wins at one can lose at the other."
    )


_HELP = {
    "RMSE": "Typical distance between predicted and true rating, large ones counting more; "
    "smaller is better.",
    "MAE": "Mean distance between predicted and true rating; smaller is better.",
    "NDCG": f"Whether what people liked stands high among the {PLACES} recommended: 1 is perfect. "
    "Of very many users a sample is judged, the same for all models.",
    "recall": f"Share of what people liked that is among the {PLACES} recommended.",
}


def _digits(value: float | None) -> str:
    return "–" if value is None else f"{value:.4f}"
