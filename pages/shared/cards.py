"""The sidebar's two small cards, on every page: the data, and the run."""

from __future__ import annotations

from html import escape

import streamlit as st

from pages.shared import state
from recsys_core import words
from recsys_core.figures import theme
from recsys_core.models import UserItemBias
from recsys_core.ratings import Ratings
from recsys_core.runs import Run
from recsys_core.splits import Split

# Seconds between looks: while something goes on, and otherwise, so that an open page is not taken
# for a forgotten one.
_LIVE, _IDLE = 1.0, 240.0


def sidebar() -> None:
    """Draw both cards; they refresh themselves while a run goes on."""
    busy = state.workspace().busy
    st.fragment(_cards, run_every=_LIVE if busy else _IDLE)(busy)


def _cards(was_busy: bool) -> None:
    workspace = state.workspace()
    ratings, split = state.ratings(), state.split()
    if ratings is None or split is None:
        st.caption("No data yet. Pick some on the Home or Data page; its card will be here.")
    else:
        with st.container(border=True, gap="xsmall", key="card_data"):
            _data(ratings, split)
        with st.container(border=True, gap="xsmall", key="card_run"):
            _run(state.run())
    if was_busy and not workspace.busy:
        st.rerun()  # all pages stop polling


def _data(ratings: Ratings, split: Split) -> None:
    size = (
        f"{words.plural('user', ratings.n_users)} × "
        f"{words.plural(ratings.item_noun, ratings.n_items)}"
    )
    filled = (
        f"{words.plural('rating', ratings.n_ratings)} · {words.percent(ratings.density)} filled"
    )
    _lines("the data", escape(ratings.name), size, filled, escape(split.description))


def _run(run: Run | None) -> None:
    if run is None:
        _lines("the run", "none yet", "Train starts one on these ratings.")
        return
    colour = theme.run_colour(run.color_index, state.theme())
    dot = f'<span style="color:{colour}">●</span> '
    _lines("the run", dot + escape(run.name), _progress(run), _quality(run))
    if run.n_epochs and run.model.has_epochs:
        _play_button(run)


def _progress(run: Run) -> str:
    if not run.model.has_epochs:
        return {"failed": "failed", "finished": "trained"}.get(run.status, "at work …")
    word = {"failed": " · failed", "finished": " · done", "playing": "", "paused": " · paused"}
    return f"epoch {run.epoch:,}/{run.n_epochs:,}{word[run.status]}"


def _quality(run: Run) -> str:
    """“validation RMSE 0.912 · bias only 0.944”."""
    validated = run.split.validation is not None
    part = "validation" if validated else "training"
    last = run.epochs[run.best_epoch if run.status == "finished" and run.best_epoch else -1]
    rmse = last.validation_rmse if validated else last.train_rmse
    if rmse is None and last.train_rmse is None:
        return "predicts preferences, not ratings"
    text = f"{part} {_RMSE} {words.number(rmse)}" if rmse is not None else ""
    for baseline in run.baselines:
        if isinstance(baseline.model, UserItemBias):
            bias = baseline.validation_rmse if validated else baseline.train_rmse
            if bias is not None:
                text += f" · bias\u00a0only\u00a0{words.number(bias)}"
    return text


_RMSE = (
    '<abbr title="Root mean squared error: the typical distance between predicted and true '
    'rating, in rating units; smaller is better." style="text-decoration:none">RMSE</abbr>'
)


def _play_button(run: Run) -> None:
    playing = run.status == "playing"
    if st.button(
        "Pause" if playing else "Play",
        icon=":material/pause:" if playing else ":material/play_arrow:",
        key="card_play",
        width="stretch",
        disabled=run.status == "failed",
    ):
        (run.pause if playing else run.play)()
        st.rerun()


def _lines(heading: str, name: str, *rest: str) -> None:
    """A card's text, as HTML that is safe already: the heading small, the name strong."""
    more = "".join(f'<div style="opacity:.8">{line}</div>' for line in rest if line)
    st.html(
        '<div style="font-size:.86rem;line-height:1.45;overflow-wrap:anywhere">'
        f'<div style="opacity:.6;font-size:.78rem">{heading}</div>'
        f'<div style="font-weight:600">{name}</div>{more}</div>'
    )
