"""What the pages that look into a model share: which model, at which epoch, and finding things."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape

import numpy as np
import streamlit as st

import recsys_core as rc
from pages.shared import start, state
from recsys_core import ordering, words
from recsys_core.figures import theme
from recsys_core.models import Predictor
from recsys_core.ordering import Arrangement, How, Side
from recsys_core.ratings import Ratings
from recsys_core.runs import Run
from recsys_core.splits import Split

# A list to choose from travels to the browser whole; more names than this are searched instead.
_MOST_LISTED = 10_000
_MOST_FOUND = 50


@dataclass(frozen=True)
class Model:
    """The model in view: a run, and its predictor at one epoch.

    ``key`` names this state of this run; what is computed from it is cached under that.
    """

    run: Run
    predictor: Predictor
    epoch: int
    key: str

    @property
    def ratings(self) -> Ratings:
        """All ratings, those held out included."""
        return self.run.ratings

    @property
    def split(self) -> Split:
        """Which ratings it learns, and which are held out."""
        return self.run.split


def model_in_view(what_would_be_here: str) -> Model:
    """The current run at the selected epoch, said in a line; without one, a way to get one.

    Ends the page where there is nothing to look at yet.
    """
    workspace = state.workspace()
    if workspace.ratings is None:
        start.offer_party(what_would_be_here)
        st.stop()
    run = workspace.current
    if run is None:
        with st.container(border=True, key="no_run_yet"):
            st.markdown(f"{what_would_be_here} Nothing is trained on these ratings yet.")
            with st.container(horizontal=True):
                if st.button("Train with the usual settings", type="primary", key="train_usual"):
                    workspace.new_run(rc.SGD()).play()
                    st.rerun()
                st.page_link("train.py", label="Choose a model", icon=":material/tune:")
        st.stop()
    latest = run.predictor
    ends_at = run.epoch
    if run.status == "finished" and run.best_epoch is not None:
        ends_at = run.best_epoch
    looked_at = state.selection().epoch
    if looked_at is None or looked_at == ends_at:
        model = Model(run, latest, ends_at, f"{run.id} {ends_at} of {run.epoch}")
    else:
        moment = run.frames.nearest(looked_at)
        model = Model(run, moment.thing, moment.epoch, f"{run.id} {moment.epoch}")
    with st.container(horizontal=True, vertical_alignment="center", key="model_in_view"):
        _say_which(model, ends_at)
        _choose_epoch(run, model.epoch, ends_at)
    return model


def _say_which(model: Model, ends_at: int) -> None:
    run = model.run
    colour = theme.run_colour(run.color_index, state.theme())
    name = f'<span style="color:{colour}">●</span> <b>{escape(run.name)}</b>'
    if model.epoch != ends_at:
        when = f"looking back at epoch {model.epoch:,} of {run.epoch:,}"
    elif run.status == "finished" and ends_at != run.epoch:
        when = f"epoch {ends_at:,} of {run.epoch:,}, the best on validation"
    elif run.status == "playing":
        when = f"epoch {model.epoch:,} of {run.n_epochs:,}, still training"
    elif not model.epoch and run.n_epochs:
        when = "epoch 0: nothing learnt yet, these are its random beginnings"
    else:
        when = f"epoch {model.epoch:,} of {run.n_epochs:,}"
    st.html(f'<span style="font-size:.93rem">{name} · {when}</span>', width="content")


def _choose_epoch(run: Run, shown: int, ends_at: int) -> None:
    """Look back at an earlier epoch, or see how far training has come since."""
    if not run.epoch:
        return
    selection = state.selection()

    def choose() -> None:
        epoch = st.session_state[key]
        selection.epoch = None if epoch == ends_at else epoch

    # A key for each state: the widget starts anew when training has gone on or another page chose.
    key = f"epoch_{run.id}_{run.epoch}_{shown}"
    with st.popover("Epoch", icon=":material/history:", help="Look back at an earlier epoch"):
        st.slider("Epoch", 0, run.epoch, shown, key=key, on_change=choose)
    if shown != ends_at or run.status == "playing":
        label = "Latest" if shown != ends_at else "Refresh"
        if st.button(label, icon=":material/update:", key="epoch_latest"):
            selection.epoch = None
            st.rerun()


# --- finding someone or something ----------------------------------------------------------------


def pick(
    side: Side, ratings: Ratings, key: str, label: str | None = None, chosen: int | None = None
) -> int | None:
    """Find a user or an item by name; None while nobody is chosen."""
    names, noun = _names(ratings, side)
    label = label or f"Find a {noun}"
    if len(names) <= _MOST_LISTED:
        options: list[int] = list(range(len(names)))
    else:
        text = st.text_input(
            label, type="search", live="300ms", placeholder="Type to search …", key=f"{key}_text"
        )
        options = matches(names, text or "")
        if chosen is not None and chosen not in options:
            options.insert(0, chosen)
        label = f"{words.plural('match', len(options))}"
    return st.selectbox(
        label,
        options,
        index=None if chosen not in options else options.index(chosen),
        format_func=names.__getitem__,
        placeholder=f"Type the name of a {noun} …",
        key=f"{key}_{chosen}",
    )


def matches(names: list[str], text: str, most: int = _MOST_FOUND) -> list[int]:
    """Indices of names that hold a text, those that begin with it first; letter case is ignored."""
    text = text.strip().casefold()
    if not text:
        return list(range(min(len(names), most)))
    found = [
        (not name.casefold().startswith(text), at)
        for at, name in enumerate(names)
        if text in name.casefold()
    ]
    return [at for _, at in sorted(found)[:most]]


def _names(ratings: Ratings, side: Side) -> tuple[list[str], str]:
    if side == "user":
        return ratings.user_names, "user"
    return ratings.item_names, ratings.item_noun


# --- what takes a moment to compute, once for each state of a run --------------------------------


def arrangement(model: Model, side: Side, how: How) -> Arrangement:
    """All users or items in an order."""
    return _arrangement(model.key, side, how, model.predictor)


@st.cache_resource(max_entries=64, show_spinner=False)
def _arrangement(key: str, side: Side, how: How, _predictor: Predictor) -> Arrangement:
    return ordering.arrange(_predictor, side, how)


def clusters(model: Model, side: Side) -> np.ndarray:
    """Clusters of taste: of users or items predicted alike, biases aside; int64, (n,)."""
    return _clusters(model.key, side, model.predictor)


@st.cache_resource(max_entries=64, show_spinner=False)
def _clusters(key: str, side: Side, _predictor: Predictor) -> np.ndarray:
    return ordering.clusters(ordering.profiles(_predictor, side, bias=False))
