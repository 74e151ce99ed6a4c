"""Reading a model from the file that ``Model.save`` wrote; files of earlier versions, too."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import numpy as np
import pandas as pd

from recsys_core.errors import FactorscopeError, MissingPackageError
from recsys_core.models.base import PART, Model
from recsys_core.models.fitted_model import FittedModel
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


def load_model(path: str | Path) -> Model:
    """Read a model that ``save`` wrote; it answers questions, and ``fit`` trains it anew.

    Raises
    ------
    FactorscopeError
        If there is no such file, or it is no saved model.
    MissingPackageError
        If it is a NeuralMF and PyTorch is not installed.
    """
    try:
        with np.load(path, allow_pickle=False) as file:
            about = json.loads(str(file["about"]))
            arrays = {name: file[name] for name in file.files if name != "about"}
        model_class = MODELS[about["model"]]
    except FileNotFoundError:
        raise FactorscopeError(
            Text("There is no file “{path}”; check the path.", path=path)
        ) from None
    except MissingPackageError:
        raise
    except Exception:
        raise FactorscopeError(
            Text(
                "“{path}” is not a saved model; give a file written by model.save(path).", path=path
            )
        ) from None
    # Files of earlier versions know nothing of users, nor of words for ratings.
    item_info, user_info = (
        about.get(name) and pd.DataFrame(**about[name]) for name in ("item_info", "user_info")
    )
    words = about.get("words") and tuple((rating, word) for rating, word in about["words"])
    train = Ratings(
        arrays["user_ids"], arrays["item_ids"], arrays["values"], about["users"], about["items"],
        Scale(*about["scale"])._replace(words=words), item_info=item_info, name=about["name"],
        item_noun=about["item_noun"], user_info=user_info,
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
    return model
