"""Predictions to take home: all of a small matrix, the best of a large one, or the block shown."""

from __future__ import annotations

from collections.abc import Callable

import pandas as pd
import streamlit as st

from pages.shared.model_in_view import ModelInView
from recsys_core import words
from recsys_core.asking import exports
from recsys_core.asking.matrix_view import Block, View

# A whole matrix of more cells is no file to open; about 20 MB.
_MOST_CELLS = 2_000_000
_BEST = 10


def predictions(model: ModelInView, block: Block, view: View) -> None:
    """Buttons that make their file when they are pressed."""
    fitted = model.fitted
    cells = fitted.n_users * fitted.n_items
    stem = words.slug(model.ratings.name)
    with st.container():
        if cells <= _MOST_CELLS:
            _button(
                f"All {cells:,} predictions",
                lambda: exports.to_csv(exports.whole(fitted)),
                f"{stem}-predictions.csv",
                "save_all",
            )
        else:
            noun = words.many(model.ratings.item_noun)
            _button(
                f"Each user's {_BEST} best {noun}",
                lambda: exports.to_csv(exports.best_of_each(fitted, _BEST), index=False),
                f"{stem}-best-{_BEST}.csv",
                "save_best",
            )
        size = f"{len(block.user_ids):,} × {len(block.item_ids):,}"
        _button(
            f"What is shown ({size})",
            lambda: exports.to_csv(block.table(view)),
            f"{stem}-{view}.csv",
            "save_block",
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
