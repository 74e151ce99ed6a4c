"""Figures: ratings or a trained model in, a Plotly figure out.

    rc.figures.error_curve(model).show()
    rc.figures.matrix(model, view="filled", mode="dark").write_html("matrix.html")

The functions for a notebook are in ``notebook``, which imports Plotly when it first draws. They are
built on one file per family of charts, which the pages use too: their figures are plain data
(``plain``), and need no Plotly. Colours and their meanings live in ``theme``.
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
    )

__all__ = [
    "error_curve", "known_cells", "latent_map", "long_tail", "matrix", "prediction_terms",
    "rating_histogram", "reasons", "similarities",
]  # fmt: skip


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module("recsys_core.figures.notebook"), name)


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
