"""What the pages that look into a model share: which model, at which epoch, and what is cached."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar
from weakref import WeakKeyDictionary

import numpy as np
import pandas as pd
import streamlit as st

from pages.shared import empty_state, parts, receipt, sidebar, view
from recsys_core import escape
from recsys_core.asking import latent_map, projection, seriation, similarity, truth
from recsys_core.asking.latent_map import Places
from recsys_core.asking.projection import Basis, MapErrors
from recsys_core.asking.seriation import Arrangement, How
from recsys_core.asking.truth import PartError, Recovery
from recsys_core.models import Factored, FittedModel, seen_as
from recsys_core.ratings import SIDES, Ratings, Side
from recsys_core.runs import Entry, Run, Status
from recsys_core.splits import Split
from recsys_core.text import Text, worded


@dataclass(frozen=True)
class ModelInView:
    """The model in view: a run in the list, and its fitted model at one epoch.

    ``key`` names this state of this run; what is computed from it is cached under that.
    ``trained``, ``best`` and ``status`` are the run's at that moment: it may train on meanwhile.
    """

    entry: Entry
    fitted: FittedModel
    epoch: int
    key: str
    trained: int
    best: int
    status: Status

    @property
    def factored(self) -> Factored:
        """The fitted model, where it has factors."""
        return seen_as(Factored, self.fitted)

    @property
    def run(self) -> Run:
        """The run."""
        return self.entry.run

    @property
    def ratings(self) -> Ratings:
        """All ratings, those held out included."""
        return self.run.ratings

    @property
    def untrained(self) -> bool:
        """Whether this is the state before training: its numbers say nothing about ratings."""
        return not self.epoch and bool(self.run.n_epochs)

    @property
    def split(self) -> Split:
        """Which ratings it learns, and which are held out."""
        return self.run.split


def model_in_view(what_would_be_here: str) -> ModelInView:
    """The current run at the selected epoch, said in a line; without one, a way to get one.

    Ends the page where there is nothing to look at yet.
    """
    if view.ratings() is None:
        empty_state.offer_party(what_would_be_here)
        st.stop()
    entry = view.entry()
    if entry is None:
        with st.container(border=True, key="no_run_yet"):
            nothing = Text("Nothing is trained on these ratings yet.")
            st.markdown(f"{worded(what_would_be_here)} {nothing}")
            with st.container(horizontal=True):
                if st.button(
                    Text("Train with the usual settings"), type="primary", key="train_usual"
                ):
                    view.start()
                    st.rerun()
                st.page_link(
                    "train.py", label=Text("Choose a model"), icon=":material/tune:",
                    query_params=view.parameters(),
                )  # fmt: skip
        st.stop()
    view.page_shows("moment", "status")  # all below is of one epoch
    run = entry.run
    with run.lock:  # all that is said of it is said of one moment
        epoch, fitted = run.snapshot_near(view.epoch())
        trained, best, status = run.epoch, run.epoch_at("best"), run.status
    key = f"{run.stream} {epoch} of {trained}"
    model = ModelInView(entry, fitted, epoch, key, trained, best, status)
    with st.container(horizontal=True, vertical_alignment="center", key="model_in_view"):
        _say_which(model)
        if parts.drawn("timeline"):
            _choose_epoch(model)
        if parts.drawn("export"):
            receipt.button(entry, epoch=model.epoch)
    return model


def _say_which(model: ModelInView) -> None:
    entry, run = model.entry, model.run
    name = f"{sidebar.dot(entry)}<b>{escape.html(entry.name)}</b>"
    if not run.model.has_epochs:
        when = Text("trained") if model.status == "finished" else Text("at work …")
    elif model.untrained:
        when = Text("epoch 0: nothing learnt yet, these are its random beginnings")
    elif model.epoch != model.best:
        when = Text(
            "looking back at epoch {epoch:,} of {trained:,}",
            epoch=model.epoch,
            trained=model.trained,
        )
    elif model.status == "finished" and model.epoch != model.trained:
        when = Text(
            "epoch {epoch:,} of {trained:,}, the best on validation",
            epoch=model.epoch,
            trained=model.trained,
        )
    else:
        when = Text("epoch {epoch:,} of {epochs:,}", epoch=model.epoch, epochs=run.n_epochs)
    if model.status == "training":
        when = Text("{where}, still training", where=when)
    st.html(f'<span style="font-size:.93rem">{name} · {when}</span>', width="content")


def _choose_epoch(model: ModelInView) -> None:
    """Look back at an earlier epoch, or see how far training has come since."""
    run, trained = model.run, model.trained
    if not trained or not run.model.has_epochs:
        return
    locked = parts.locked("timeline")
    with st.popover(
        Text("Epoch"), icon=":material/history:", help=Text("Look back at an earlier epoch")
    ):
        st.session_state.epoch = model.epoch
        st.slider(
            Text("Epoch"), 0, trained, key="epoch", on_change=parts.unlocked("timeline", _look),
            disabled=locked,
        )  # fmt: skip
    if model.epoch != model.best or model.status == "training":
        finished = model.status == "finished" and run.best_epoch is not None
        st.button(
            Text("Refresh")
            if model.epoch == model.best
            else Text("Best")
            if finished
            else Text("Latest"),
            icon=":material/update:",
            key="epoch_latest",
            on_click=parts.unlocked("timeline", _look_at_best),
            disabled=locked,
        )


def _look() -> None:
    view.change(moment=int(st.session_state.epoch))


def _look_at_best() -> None:
    view.change(moment="best")


# --- what takes a moment to compute, once for each state of a run --------------------------------

T = TypeVar("T")

# Of one run; the oldest go first.
_MOST_KEPT = 48
_kept: WeakKeyDictionary[Run, dict[tuple[Any, ...], Any]] = WeakKeyDictionary()
_lock = threading.Lock()


def once(run: Run, key: tuple[Any, ...], make: Callable[[], T]) -> T:
    """What ``make`` gives, worked out once; forgotten with the run, as it tells of its ratings.

    ``key`` names what it is, and what it was made from.
    """
    with _lock:
        of_run = _kept.setdefault(run, {})
        if key in of_run:
            return of_run[key]
    made = make()
    with _lock:
        while len(of_run) >= _MOST_KEPT:
            of_run.pop(next(iter(of_run)))
        return of_run.setdefault(key, made)


def forget(run: Run, key: tuple[Any, ...]) -> None:
    """Let go of what ``once`` keeps under a key."""
    with _lock:
        _kept.get(run, {}).pop(key, None)


def arrangement(model: ModelInView, side: Side, how: How) -> Arrangement:
    """All users or items in an order."""
    key = ("arrangement", model.key, side, how)
    return once(model.run, key, lambda: seriation.arrange(model.fitted, side, how))


def clusters(model: ModelInView) -> tuple[dict[Side, np.ndarray], list[str]]:
    """Clusters of the latent space, and their names; see ``latent_map.clusters``."""
    key = ("clusters", model.key)
    of, names = once(model.run, key, lambda: latent_map.clusters(model.factored))
    return of, [worded(name) for name in names]


def basis(model: ModelInView) -> Basis:
    """The two widest directions of the run's latest state: looking back does not turn the map."""
    run = model.run
    latest = seen_as(Factored, run.fitted)
    return once(run, ("basis", run.epoch, run.status), lambda: Basis.fit(latest))


def project(
    model: ModelInView, basis: Basis, ids: dict[Side, np.ndarray], axes: tuple[str, str]
) -> Places:
    """The map a basis gives; see ``latent_map.project``."""
    shown = tuple((side, ids[side].tobytes()) for side in ids)
    key = ("project", model.key, axes, shown)
    return once(model.run, key, lambda: latent_map.project(model.factored, basis, ids, axes))


def placed(
    model: ModelInView, method: str, points: np.ndarray, ids: dict[Side, np.ndarray]
) -> Places:
    """The map a layout by this method gives; see ``latent_map.placed``."""
    key = ("placed", model.key, method, tuple(ids))
    return once(model.run, key, lambda: latent_map.placed(model.factored, points, ids))


def map_errors(model: ModelInView, places: Places) -> MapErrors:
    """How far a map errs around each of its points; see ``projection.map_errors``."""
    xy = np.vstack([places.xy[side] for side in SIDES if side in places.xy])
    vectors = latent_map.stacked(model.factored, places.ids)
    key = ("map_errors", model.key, xy.tobytes())
    return once(model.run, key, lambda: projection.map_errors(vectors, xy))


def similar(model: ModelInView, side: Side, index: int, n: int) -> pd.DataFrame:
    """The n most alike to the model: index, label, similarity."""
    return similarity.similar(model.fitted, side, index, n)


def factor_table(model: ModelInView) -> pd.DataFrame:
    """What lies at both ends of each factor; see ``latent_map.factor_table``."""
    key = ("factor_table", model.key)
    return once(model.run, key, lambda: latent_map.factor_table(model.factored))


def recovery(model: ModelInView) -> Recovery | None:
    """What is found of the true factors of generated ratings; see ``truth.recovery``."""
    known = model.ratings.truth
    assert known is not None
    key = ("recovery", model.key)
    return once(model.run, key, lambda: truth.recovery(model.fitted, known))


def errors_to_truth(model: ModelInView) -> list[PartError]:
    """The errors against noise-free ratings, and against those there are; see ``truth.errors``."""
    known, split = model.ratings.truth, model.split
    assert known is not None
    key = ("errors_to_truth", model.key)
    return once(
        model.run, key, lambda: truth.errors(model.fitted, known, split.train, split.validation)
    )


def errors_beside_baselines(model: ModelInView) -> dict[str, list[PartError]]:
    """The errors of the model in view by its run's name, then those of the baselines by theirs."""
    known, split = model.ratings.truth, model.split
    assert known is not None

    def of_baselines() -> dict[str, list[PartError]]:
        return {
            each.title: truth.errors(each.snapshot(), known, split.train, split.validation)
            for each in model.run.baselines.fit()
            if each.snapshot().has.ratings
        }

    baselines = once(model.run, ("errors_of_baselines", ""), of_baselines)
    return {model.entry.name: errors_to_truth(model), **baselines}
