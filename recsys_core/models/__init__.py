"""The models: one file each, one interface (``base.Model``).

NeuralMF is loaded when first asked for, since it brings torch with it.
"""

from typing import TYPE_CHECKING

from recsys_core.models.als import ALS
from recsys_core.models.base import Model, load_model
from recsys_core.models.baselines import GlobalMean, UserItemBias
from recsys_core.models.bayesian import BayesianPMF
from recsys_core.models.factor_model import FactorModel
from recsys_core.models.fitted_model import Factored, FittedModel, Guest
from recsys_core.models.implicit_als import ImplicitALS
from recsys_core.models.item_knn import ItemKNN
from recsys_core.models.nmf import NMF
from recsys_core.models.pmf import PMF
from recsys_core.models.sgd import SGD
from recsys_core.models.svdpp import SVDpp

if TYPE_CHECKING:
    from recsys_core.models.neural import NeuralMF

# The models a person chooses from, in the order pages show them; then the baselines.
ALGORITHMS = (
    "SGD", "ALS", "PMF", "BayesianPMF", "SVDpp", "NMF", "NeuralMF", "ImplicitALS", "ItemKNN",
)  # fmt: skip
MODELS = (*ALGORITHMS, "GlobalMean", "UserItemBias")

__all__ = [
    "ALGORITHMS", "ALS", "MODELS", "NMF", "PMF", "SGD", "BayesianPMF", "Factored", "GlobalMean",
    "Guest", "ImplicitALS", "ItemKNN", "Model", "NeuralMF", "FactorModel", "FittedModel", "SVDpp",
    "UserItemBias", "load_model",
]  # fmt: skip


def __getattr__(name: str) -> type[Model]:
    if name == "NeuralMF":
        from recsys_core.models.neural import NeuralMF

        return NeuralMF
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
