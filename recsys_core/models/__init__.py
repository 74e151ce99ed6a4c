"""The models: one file each, one interface (``base.Model``), one registry (``MODELS``)."""

from recsys_core.models.base import Model as Model
from recsys_core.models.factor_model import FactorModel as FactorModel
from recsys_core.models.fitted_model import Factored as Factored
from recsys_core.models.fitted_model import FittedModel as FittedModel
from recsys_core.models.fitted_model import Guest as Guest
from recsys_core.models.fitted_model import NewItem as NewItem
from recsys_core.models.fitted_model import seen_as as seen_as
from recsys_core.models.registry import MODELS as MODELS
from recsys_core.models.saving import load_model as load_model

# One line a model, in the order pages show them.
# isort: off
from recsys_core.models.sgd import SGD as SGD
from recsys_core.models.als import ALS as ALS
from recsys_core.models.pmf import PMF as PMF
from recsys_core.models.bayesian import BayesianPMF as BayesianPMF
from recsys_core.models.svdpp import SVDpp as SVDpp
from recsys_core.models.nmf import NMF as NMF
from recsys_core.models.implicit_als import ImplicitALS as ImplicitALS
from recsys_core.models.ease import EASE as EASE
from recsys_core.models.item_knn import ItemKNN as ItemKNN
from recsys_core.models.baselines import GlobalMean as GlobalMean, UserItemBias as UserItemBias
from recsys_core.models.popular import MostPopular as MostPopular
# isort: on

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from recsys_core.models.neural import NeuralMF as NeuralMF

# Imported when first asked for, since it brings torch with it.
MODELS.register_later(
    "NeuralMF",
    "recsys_core.models.neural",
    title="Neural MF",
    summary="Combines the factors by a small neural network, trained in batches by Adam.",
    after="NMF",
)


def __getattr__(name: str) -> Any:
    if name in MODELS:
        return MODELS[name]
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
