"""Factorscope's core: matrix factorization that can be watched, paused and explained.

    import recsys_core as rc

    ratings = rc.read_ratings("ml-100k.zip")
    split = rc.splits.random(ratings, seed=0)
    model = rc.ALS().fit(split.train, split.validation)
    model.recommend(ratings.user_index("196"), n=10)

Nothing here needs a dashboard, and importing it loads neither torch, scikit-learn nor Plotly.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from recsys_core import errors
from recsys_core.models import MODELS, FactorModel, FittedModel, Guest, Model, NewItem, load_model
from recsys_core.ratings import Ratings, Scale
from recsys_core.version import __version__

if TYPE_CHECKING:
    from recsys_core import asking, datasets, experiments, figures, metrics, runs, splits, stepwise
    from recsys_core.asking import attribution, projection, similarity
    from recsys_core.asking import attribution as explain
    from recsys_core.asking import similarity as recommend
    from recsys_core.experiments import Experiment, Record, run
    from recsys_core.models import *  # noqa: F403
    from recsys_core.models import FactorModel as Predictor
    from recsys_core.models import FittedModel as Recommender
    from recsys_core.reading import read_ratings

# Found when first asked for, so that a notebook that only trains does not wait for the rest.
_LATER = {
    "read_ratings": ("recsys_core.reading", "read_ratings"),
    **{name: ("recsys_core.experiments", name) for name in ("Experiment", "Record", "run")},
    **{
        name: (f"recsys_core.{name}", None)
        for name in (
            "asking",
            "datasets",
            "experiments",
            "figures",
            "metrics",
            "runs",
            "splits",
            "stepwise",
        )  # fmt: skip
    },
    **{
        name: (f"recsys_core.asking.{name}", None)
        for name in ("attribution", "projection", "similarity")
    },
    # What they were called before; for one version more.
    "explain": ("recsys_core.asking.attribution", None),
    "recommend": ("recsys_core.asking.similarity", None),
    "Predictor": ("recsys_core.models", "FactorModel"),
    "Recommender": ("recsys_core.models", "FittedModel"),
}

__all__ = [
    "MODELS", "Experiment", "FactorModel", "FittedModel", "Guest", "Model", "NewItem", "Predictor",
    "Ratings", "Recommender", "Record", "Scale", "__version__", "asking", "attribution", "datasets",
    "errors", "experiments", "explain", "figures", "load_model", "metrics", "projection",
    "read_ratings", "recommend", "run", "runs", "similarity", "splits", "stepwise",
]  # fmt: skip
__all__ += MODELS


def __getattr__(name: str) -> Any:
    if name in MODELS:  # rc.SGD, rc.ALS …
        return MODELS[name]
    if name not in _LATER:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    module, attribute = _LATER[name]
    found = import_module(module)
    return getattr(found, attribute) if attribute else found


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})  # so that Tab offers what is found when asked for
