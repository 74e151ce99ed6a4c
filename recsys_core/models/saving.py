"""Reading a model from the file that ``Model.save`` wrote; files of earlier versions, too."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import IO, Any, NamedTuple

import pandas as pd

from recsys_core.errors import FactorscopeError, MissingPackageError
from recsys_core.models import model_file
from recsys_core.models.base import Model
from recsys_core.models.fitted_model import FittedModel
from recsys_core.models.model_file import PART
from recsys_core.models.registry import MODELS
from recsys_core.ratings import Ratings, Scale
from recsys_core.text import Text
from recsys_core.training import Epoch

# What kinds of fitted models were called in files saved by earlier versions.
_CALLED_BEFORE = {
    "Recommender": "FittedModel",
    "Predictor": "FactorModel",
    "TowerPredictor": "NeuralFactorModel",
}


class SavedModel(NamedTuple):
    """What the file of a trained model holds.

    ``epoch`` is that of its fitted model, and ``experiment`` what was run, as plain data; None
    where the file does not say.
    """

    model: Model
    epoch: int | None = None
    experiment: dict[str, Any] | None = None


def load_model(path: str | Path) -> Model:
    """Read a model that ``save`` wrote; it answers questions, and ``fit`` trains it anew.

    Raises
    ------
    FactorscopeError
        If there is no such file, it is no saved model, or a newer version wrote it.
    MissingPackageError
        If it is a NeuralMF and PyTorch is not installed.
    """
    try:
        with open(path, "rb") as file:
            return load(file, str(path)).model
    except OSError:
        raise FactorscopeError(
            Text("There is no file “{path}”; check the path.", path=path)
        ) from None


def load(file: IO[bytes], called: str) -> SavedModel:
    """Read a saved model, and what its file says beside; ``called`` is its name in sentences.

    Raises
    ------
    FactorscopeError, MissingPackageError
        As ``load_model``.
    """
    try:
        about, arrays = model_file.read(file)
    except FactorscopeError:
        raise
    except Exception:
        about, arrays = {}, {}  # of which no model can be built
    try:
        return _built(about, arrays)
    except MissingPackageError:
        raise
    except Exception:
        raise FactorscopeError(
            Text(
                "“{path}” is not a saved model; give a file written by model.save(path).",
                path=called,
            )
        ) from None


def _built(about: Any, arrays: Any) -> SavedModel:
    model_class = MODELS[about["model"]]
    # Files of earlier versions know nothing of users, nor of words for ratings.
    item_info, user_info = (
        about.get(name) and pd.DataFrame(**about[name]) for name in ("item_info", "user_info")
    )
    words = about.get("words") and tuple((rating, word) for rating, word in about["words"])
    train = Ratings(
        arrays["user_ids"], arrays["item_ids"], arrays["values"], about["users"], about["items"],
        Scale(*about["scale"])._replace(words=words), arrays.get("timestamps"), item_info,
        name=about["name"], item_noun=about["item_noun"], user_info=user_info,
    )  # fmt: skip
    own = {n.removeprefix(PART): a for n, a in arrays.items() if n.startswith(PART)}
    kind = _CALLED_BEFORE.get(about["kind"], about["kind"])
    fitted = FittedModel.kinds[kind].of_parts(train, about["facts"] | own)
    known = {f.name for f in dataclasses.fields(model_class)}
    in_force = about["settings"]
    if "standardize" in known:  # earlier versions fitted to the ratings as they are
        in_force = {"standardize": False} | in_force
    settings = {name: value for name, value in in_force.items() if name in known}
    model = model_class(**settings)
    model._loaded = (fitted, [Epoch(**epoch) for epoch in about["history"]], in_force)
    return SavedModel(model, about.get("epoch"), about.get("experiment"))
