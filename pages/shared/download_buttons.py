"""What a page shows as a file: the block of the matrix, the list of recommendations.

What a run as a whole gives, all its predictions among it, is in ``take_home``.
"""

from __future__ import annotations

from collections.abc import Callable

import pandas as pd
import streamlit as st

from pages.shared.model_in_view import ModelInView
from recsys_core import language, words
from recsys_core.asking import exports
from recsys_core.asking.matrix_view import Block, View
from recsys_core.runs import Run, brought
from recsys_core.text import Text


def block(model: ModelInView, shown: Block, view: View) -> None:
    """The block that is shown."""

    def table() -> bytes:
        with language.speaking("en"):  # a file has the headings that programs know
            return exports.to_csv(shown.table(view))

    size = Text(
        "{n_users:,} × {n_items:,}", n_users=len(shown.user_ids), n_items=len(shown.item_ids)
    )
    _button(
        Text("What is shown ({size}) as CSV", size=size),
        table,
        f"{words.slug(model.ratings.name)}-{view}.csv",
        "save_block",
    )


def trained_model(run: Run, name: str, epoch: int | None = None) -> None:
    """The trained model of an epoch, None: of the best; ``name`` is what the run is called."""
    stem = f"{words.slug(name)}-{words.slug(run.ratings.name)}"
    if run.model.has_epochs:
        stem += "-best" if epoch is None else f"-epoch-{run.snapshot_near(epoch)[0]}"
    st.download_button(
        Text("Trained model"),
        lambda: brought.to_file(run, run.epoch_at("best") if epoch is None else epoch),
        f"{stem}.model.npz",
        "application/octet-stream",
        icon=":material/save:",
        key="save_model",
        on_click="ignore",
        help=Text(
            "To bring it back by Upload on Data, or to open it in Python by rc.load_model(path). "
            "The file holds the ratings it was trained on, with their labels."
        ),
    )


def recommendations(table: pd.DataFrame) -> None:
    """The list that is shown."""
    _button(
        Text("This list as CSV"), lambda: exports.to_csv(table), "recommendations.csv", "best_csv"
    )


def _button(label: str, make: Callable[[], bytes], file_name: str, key: str) -> None:
    st.download_button(
        label,
        make,
        file_name,
        "text/csv",
        icon=":material/download:",
        key=key,
        on_click="ignore",
    )
