"""The error against noise-free ratings of generated data, as sentences."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from pages.shared import model_in_view, view
from pages.shared.model_in_view import ModelInView
from recsys_core import words
from recsys_core.asking.truth import PartError
from recsys_core.figures import truth


def explained(parts: Sequence[PartError]) -> None:
    """What the errors are, and why one of them can fall below the noise."""
    st.caption(f"{_numbers(parts)} {_WHY}")


def beside(model: ModelInView) -> None:
    """One line with the numbers, and the way to more of them; nothing without a known truth."""
    if model.ratings.truth is None:
        return
    parts = model_in_view.errors_to_truth(model)
    if not parts:
        return
    with st.container(horizontal=True, vertical_alignment="center", key="truth_line"):
        st.caption(_numbers(parts), width="stretch")
        st.page_link(
            "latent.py",
            label="Compared with the truth",
            icon=":material/science:",
            query_params=view.parameters(),
        )


_WHY = (
    "The error against the truth can fall below the noise, because a model averages over many "
    "ratings. The error against held-out ratings cannot, except by chance: each has its own noise. "
    "Against training ratings it can: then the model has learned their noise as well."
)


def _numbers(parts: Sequence[PartError]) -> str:
    noise = truth.floor(parts)
    said = f"On all pairs the RMSE against the noise-free ratings is {words.error(parts[-1].truth)}"
    if noise is not None:
        said += f"; the noise of the ratings is {words.error(noise)}"
    for part in parts:
        if part.part == "validation" and part.ratings is not None:
            said += (
                f". On validation pairs it is {words.error(part.truth)} against the truth and "
                f"{words.error(part.ratings)} against the ratings"
            )
    return said + "."
