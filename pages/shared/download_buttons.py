"""Predictions to take home: all of a small matrix, the best of a large one, or the block shown."""

from __future__ import annotations

import time
from collections.abc import Callable

import pandas as pd
import streamlit as st

from pages.shared.model_in_view import ModelInView
from recsys_core import words
from recsys_core.asking import exports
from recsys_core.asking.matrix_view import Block, View
from recsys_core.runs import Run, brought

# A whole matrix of more cells is no file to open; about 20 MB.
_MOST_CELLS = 2_000_000
_BEST = 10

# Lists out of more predictions take seconds: they are made first, with progress. About 2 s.
_AT_A_CLICK = 30_000_000


def predictions(model: ModelInView, block: Block, view: View) -> None:
    """Buttons that make their file when they are pressed."""
    fitted = model.fitted
    cells = fitted.n_users * fitted.n_items
    stem = words.slug(model.ratings.name)
    with st.container():
        trained_model(model.run, model.entry.name, model.epoch)
        if cells <= _MOST_CELLS:
            _button(
                f"All {cells:,} predictions",
                lambda: exports.to_csv(exports.whole(fitted)),
                f"{stem}-predictions.csv",
                "save_all",
            )
        _best_of_each(model, stem)
        size = f"{len(block.user_ids):,} × {len(block.item_ids):,}"
        _button(
            f"What is shown ({size})",
            lambda: exports.to_csv(block.table(view)),
            f"{stem}-{view}.csv",
            "save_block",
        )


def _best_of_each(model: ModelInView, stem: str) -> None:
    """Each user's best: at a click, or made in pieces where that takes longer."""
    fitted = model.fitted
    of_each = f"user's {_BEST} best {words.many(model.ratings.item_noun)}"
    label = f"Each {of_each}"
    file_name = f"{stem}-best-{_BEST}.csv"
    if fitted.n_users * fitted.n_items <= _AT_A_CLICK:
        _button(
            label,
            lambda: exports.to_csv(exports.best_of_each(fitted, _BEST), index=False),
            file_name,
            "save_best",
        )
        return
    key, made = f"best_of {model.key}", st.session_state.get("best_made")
    if made is not None and made[0] == key:
        _button(label, lambda: made[1], file_name, "save_best")
    elif st.button(
        f"Make the list of each {of_each}",
        icon=":material/hourglass_top:",
        key="make_best",
        help="Takes a while: a prediction is made for every pair. Any other click ends it.",
    ):
        st.session_state.best_made = key, _in_pieces(model)
        st.rerun()


def _in_pieces(model: ModelInView) -> bytes:
    """The file, with progress and the time left while it is made."""
    n, began, parts = exports.n_pieces(model.fitted), time.monotonic(), []
    bar = st.progress(0.0, "0 %")
    for at, part in enumerate(exports.best_in_pieces(model.fitted, _BEST), 1):
        text = exports.to_csv(part, index=False)
        parts.append(text if at == 1 else text.split(b"\n", 1)[1])
        left = words.duration((time.monotonic() - began) / at * (n - at))
        bar.progress(at / n, f"{words.percent(at / n)}, {left} left")
    return b"".join(parts)


def trained_model(run: Run, name: str, epoch: int | None = None) -> None:
    """The trained model of an epoch, None: of the best; ``name`` is what the run is called."""
    stem = f"{words.slug(name)}-{words.slug(run.ratings.name)}"
    if run.model.has_epochs:
        stem += "-best" if epoch is None else f"-epoch-{run.snapshot_near(epoch)[0]}"
    st.download_button(
        "Trained model",
        lambda: brought.to_file(run, run.epoch_at("best") if epoch is None else epoch),
        f"{stem}.model.npz",
        "application/octet-stream",
        icon=":material/save:",
        key="save_model",
        on_click="ignore",
        help="To bring it back by Upload on Data, or to open it in Python by rc.load_model(path). "
        "The file holds the ratings it was trained on, with their labels.",
    )


def recommendations(table: pd.DataFrame) -> None:
    """The list that is shown."""
    _button("This list", lambda: exports.to_csv(table), "recommendations.csv", "best_csv")


def _button(label: str, make: Callable[[], bytes], file_name: str, key: str) -> None:
    st.download_button(
        f"{label} as CSV",
        make,
        file_name,
        "text/csv",
        icon=":material/download:",
        key=key,
        on_click="ignore",
    )
