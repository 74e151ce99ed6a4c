"""One step of every algorithm, to be read: plain NumPy, float64, the code as the formula says it.

The same conventions as in ``models`` and ``kernels`` (penalties, biases, order of the unknowns),
without what makes them fast. The kernels are tested against these steps, value by value
(``tests/models/test_stepwise.py``); and each function returns what lies between as well
(prediction, error, gradients, normal equations), so that one step can be shown in full.

Nothing here changes its arguments, and nothing is drawn: random numbers are arguments.
"""

from recsys_core.stepwise.als import ALSRow, als_row
from recsys_core.stepwise.bayesian import (
    GibbsRow,
    NormalWishartDraw,
    PrecisionDraw,
    gibbs_row,
    normal_wishart_draw,
    precision_draw,
)
from recsys_core.stepwise.constrained import ConstrainedStep, constrained_step
from recsys_core.stepwise.ease import EASEWeights, ease_weights
from recsys_core.stepwise.implicit_als import (
    ImplicitALSRound,
    ImplicitALSRow,
    implicit_als_rounds,
    implicit_als_row,
)
from recsys_core.stepwise.item_knn import (
    NeighbourPrediction,
    Similarity,
    item_similarity,
    neighbour_prediction,
    shrunken_bias,
)
from recsys_core.stepwise.neural import (
    AdamUpdate,
    Forward,
    Moments,
    NetworkStep,
    adam_update,
    network_forward,
    network_gradients,
    network_step,
)
from recsys_core.stepwise.nmf import NMFRow, nmf_row
from recsys_core.stepwise.pmf import (
    LogisticStep,
    PMFPrior,
    PMFRow,
    logistic_step,
    pmf_noise,
    pmf_prior,
    pmf_row,
)
from recsys_core.stepwise.sgd import Gradient, SGDStep, decayed_rate, sgd_step
from recsys_core.stepwise.svdpp import SVDppStep, svdpp_step

__all__ = [
    "ALSRow", "AdamUpdate", "ConstrainedStep", "EASEWeights", "Forward", "GibbsRow", "Gradient",
    "ImplicitALSRound", "ImplicitALSRow", "LogisticStep", "Moments", "NMFRow",
    "NeighbourPrediction", "NetworkStep", "NormalWishartDraw", "PMFPrior", "PMFRow",
    "PrecisionDraw", "SGDStep", "SVDppStep", "Similarity", "adam_update", "als_row",
    "constrained_step", "decayed_rate",
    "ease_weights", "gibbs_row", "implicit_als_rounds", "implicit_als_row", "item_similarity",
    "logistic_step", "neighbour_prediction", "network_forward", "network_gradients", "network_step",
    "nmf_row", "normal_wishart_draw", "pmf_noise", "pmf_prior", "pmf_row", "precision_draw",
    "sgd_step", "shrunken_bias", "svdpp_step",
]  # fmt: skip
