"""Figures: ratings or a trained model in, a Plotly figure out.

    rc.figures.error_curve(model).show()
    rc.figures.matrix(model, view="filled", mode="dark").write_html("matrix.html")

The functions for a notebook are in ``notebook``, which imports Plotly when it first draws. They are
built on the modules that the pages draw with, whose figures are plain data (``plain``) and need no
Plotly. By what one sees:

    curves              errors over epochs, at rest and live
    epoch_lines         other numbers over epochs
    cell_matrix         a small matrix of differences
    heatmap             the matrix, users × items, at rest and live
    latent              users and items as points of the latent space, at rest and live
    waterfall           one prediction as a sum of terms
    reason_bars         the ratings that speak for a recommendation, and against it
    similarity_matrix   who is like whom
    histogram           how many ratings of each value
    rating_counts       how many ratings each user and each item has
    sparsity_pattern    which cells are rated
    truth               what was found of the truth of generated ratings
    splits_compared     one model's error under several splits
    seed_band           error and neighbours over many seeds
    rank_lines          models by their rank under each metric
    user_errors         how errors are spread over users
    reliability         what is predicted, and what was given
    home_drawings       three small drawings

``theme`` has colours and their meanings, and how what is selected is marked.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from recsys_core.figures.notebook import (
        error_curve,
        known_cells,
        latent_map,
        long_tail,
        matrix,
        prediction_terms,
        rating_histogram,
        reasons,
        similarities,
        true_and_learned,
    )

__all__ = [
    "error_curve", "known_cells", "latent_map", "long_tail", "matrix", "prediction_terms",
    "rating_histogram", "reasons", "similarities", "true_and_learned",
]  # fmt: skip


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module("recsys_core.figures.notebook"), name)


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
