"""The error against noise-free ratings of generated data, as sentences."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from pages.shared import model_in_view, view
from pages.shared.model_in_view import ModelInView
from recsys_core import words
from recsys_core.asking.truth import PartError
from recsys_core.figures import truth
from recsys_core.text import Text, later


def explained(parts: Sequence[PartError]) -> None:
    """What the errors are, and why one of them can fall below the noise."""
    st.caption(f"{_numbers(parts)} {Text(_WHY)}")


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
            label=Text("Compared with the truth"),
            icon=":material/science:",
            query_params=view.parameters(),
        )


_WHY = later(
    "The error against the truth can fall below the noise, because a model averages over many "
    "ratings. The error against held-out ratings cannot, except by chance: each has its own noise. "
    "Against training ratings it can: then the model has learned their noise as well."
)


def _numbers(parts: Sequence[PartError]) -> str:
    noise = truth.floor(parts)
    error = words.error(parts[-1].truth)
    if noise is None:
        said = Text("On all pairs the RMSE against the noise-free ratings is {error}.", error=error)
    else:
        said = Text(
            "On all pairs the RMSE against the noise-free ratings is {error}; the noise of the "
            "ratings is {noise}.",
            error=error,
            noise=words.error(noise),
        )
    sentences = [said]
    for part in parts:
        if part.part == "validation" and part.ratings is not None:
            sentences.append(
                Text(
                    "On validation pairs it is {truth} against the truth and {ratings} against the "
                    "ratings.",
                    truth=words.error(part.truth),
                    ratings=words.error(part.ratings),
                )
            )
    return " ".join(sentences)
