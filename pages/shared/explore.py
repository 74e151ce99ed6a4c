"""What the pages that look into a model share: which model, at which epoch, and what is cached."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape

import numpy as np
import pandas as pd
import streamlit as st

from pages.shared import receipt, start, state
from recsys_core import maps, ordering
from recsys_core.figures import theme
from recsys_core.maps import Places
from recsys_core.models import Recommender
from recsys_core.ordering import Arrangement, How, Side
from recsys_core.projection import Basis
from recsys_core.ratings import Ratings
from recsys_core.runs import Run
from recsys_core.splits import Split


@dataclass(frozen=True)
class Model:
    """The model in view: a run, and its predictor at one epoch.

    ``key`` names this state of this run; what is computed from it is cached under that.
    """

    run: Run
    predictor: Recommender
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
    if state.ratings() is None:
        start.offer_party(what_would_be_here)
        st.stop()
    run = state.run()
    if run is None:
        with st.container(border=True, key="no_run_yet"):
            st.markdown(f"{what_would_be_here} Nothing is trained on these ratings yet.")
            with st.container(horizontal=True):
                if st.button("Train with the usual settings", type="primary", key="train_usual"):
                    state.new_run().play()
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
        receipt.button(run, epoch=model.epoch)
    return model


def _say_which(model: Model, ends_at: int) -> None:
    run = model.run
    colour = theme.run_colour(run.color_index, state.theme())
    name = f'<span style="color:{colour}">●</span> <b>{escape(run.name)}</b>'
    if not run.model.has_epochs:
        when = "trained" if run.status == "finished" else "at work …"
    elif model.epoch != ends_at:
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
    if not run.epoch or not run.model.has_epochs:
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


# --- what takes a moment to compute, once for each state of a run --------------------------------


def arrangement(model: Model, side: Side, how: How) -> Arrangement:
    """All users or items in an order."""
    return _arrangement(model.key, side, how, model.predictor)


@st.cache_resource(max_entries=64, show_spinner=False)
def _arrangement(key: str, side: Side, how: How, _predictor: Recommender) -> Arrangement:
    return ordering.arrange(_predictor, side, how)


def clusters(model: Model) -> tuple[dict[Side, np.ndarray], list[str]]:
    """Clusters of the latent space, and their names; see ``maps.clusters``."""
    return _clusters(model.key, model.predictor)


@st.cache_resource(max_entries=32, show_spinner=False)
def _clusters(key: str, _predictor: Recommender) -> tuple[dict[Side, np.ndarray], list[str]]:
    return maps.clusters(_predictor)


def basis(model: Model) -> Basis:
    """The two widest directions of the run's latest state: looking back does not turn the map."""
    latest = model.run.predictor
    return _basis(f"{model.run.id} {model.run.epoch}", latest)


@st.cache_resource(max_entries=64, show_spinner=False)
def _basis(key: str, _predictor: Recommender) -> Basis:
    return Basis.fit(_predictor)


def through(
    model: Model, basis: Basis, ids: dict[Side, np.ndarray], axes: tuple[str, str]
) -> Places:
    """The map a basis gives; see ``maps.through``."""
    key = f"{model.key} {axes} {[(side, ids[side].tobytes()) for side in ids]}"
    return _through(key, model.predictor, basis, ids, axes)


@st.cache_resource(max_entries=32, show_spinner=False)
def _through(
    key: str,
    _predictor: Recommender,
    _basis: Basis,
    _ids: dict[Side, np.ndarray],
    _axes: tuple[str, str],
) -> Places:
    return maps.through(_predictor, _basis, _ids, _axes)


def laid_out(model: Model, method: str, points: np.ndarray, ids: dict[Side, np.ndarray]) -> Places:
    """The map a layout by this method gives; see ``maps.laid_out``."""
    return _laid_out(f"{model.key} {method} {list(ids)}", model.predictor, points, ids)


@st.cache_resource(max_entries=12, show_spinner=False)
def _laid_out(
    key: str, _predictor: Recommender, _points: np.ndarray, _ids: dict[Side, np.ndarray]
) -> Places:
    return maps.laid_out(_predictor, _points, _ids)


def similar(model: Model, side: Side, index: int, n: int) -> pd.DataFrame:
    """The n most alike to the model: index, label, similarity."""
    if side == "user":
        return model.predictor.similar_users(index, n)
    return model.predictor.similar_items(index, n)


def factor_table(model: Model) -> pd.DataFrame:
    """What lies at both ends of each factor; see ``maps.factor_table``."""
    return _factor_table(model.key, model.predictor)


@st.cache_resource(max_entries=32, show_spinner=False)
def _factor_table(key: str, _predictor: Recommender) -> pd.DataFrame:
    return maps.factor_table(_predictor)
