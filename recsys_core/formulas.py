"""The mathematics of each model, to be typeset: what it minimises or draws, and one update.

Each formula names the readable function that computes it (``recsys_core/stepwise``); each sign in
it is one of ``SYMBOLS``. Longer accounts are in ``docs/methods.md``.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from recsys_core import stepwise
from recsys_core.text import Text


@dataclass(frozen=True)
class Formula:
    """One formula.

    Attributes
    ----------
    said : what it says, in a sentence. latex : the formula.
    symbols : those of its signs that are explained, keys of ``SYMBOLS``.
    code : the function that computes it, to be read; None where the formula is no computation.
    """

    said: Text
    latex: str
    symbols: tuple[str, ...]
    code: Callable[..., Any] | None = None

    def source(self) -> str:
        """The code as it is written; empty where there is none."""
        return "" if self.code is None else _source(self.code)


_source = functools.cache(inspect.getsource)  # the file is read and parsed each time


# By its LaTeX, how a sign is read aloud, and what it stands for.
SYMBOLS: dict[str, tuple[str, Text]] = {
    r"r_{ui}": ("r u i", Text("the rating that user u gave item i, in units of training")),
    r"\hat r_{ui}": ("r hat u i", Text("its prediction")),
    r"e_{ui}": ("e u i", Text("the error of the prediction: the rating minus it")),
    r"\mu": ("mu", Text("the mean of all training ratings")),
    r"b_u": ("b u", Text("the user's bias: how far above the mean this user rates")),
    r"b_i": ("b i", Text("the item's bias: how far above the mean this item is rated")),
    r"p_u": ("p u", Text("the user's factors, k numbers")),
    r"q_i": ("q i", Text("the item's factors, k numbers")),
    r"y_j": ("y j", Text("k numbers that say what it means to have rated item j at all")),
    r"x_i": ("x i", Text("the item's factors, and a 1 for the user's bias")),
    r"w_u": ("w u", Text("the user's row: factors and bias, solved for together")),
    r"R_u": ("R u", Text("the items that user u has rated in training")),
    r"n_u": ("n u", Text("how many these are")),
    r"n_i": ("n i", Text("how many users have rated item i in training")),
    r"\lambda": ("lambda", Text("regularisation: how strongly numbers are held near 0")),
    r"\gamma": ("gamma", Text("the learning rate: how far one step goes")),
    r"\sigma^2": ("sigma squared", Text("the variance of the noise in a rating")),
    r"\sigma_U^2": (
        "sigma U squared",
        Text("the variance of users' factors before any rating is seen"),
    ),
    r"m": ("m", Text("the mean of users' factors, drawn anew in each epoch")),
    r"\Lambda": ("Lambda", Text("the inverse covariance of users' factors, drawn anew as well")),
    r"\alpha": ("alpha", Text("the precision of a rating: one divided by the noise's variance")),
    r"c_{ui}": ("c u i", Text("confidence: 1 for an unknown cell, more the oftener it was chosen")),
    r"t_{ui}": ("t u i", Text("1 where user u chose item i, else 0")),
    r"X": ("X", Text("the table of choices: 1 where a user chose an item, else 0")),
    r"B": ("B", Text("the weight of every item for every other; none for itself")),
    r"P": ("P", Text("the inverse of the items' common choices, held stable by λ")),
    r"s_{ij}": ("s i j", Text("how alike items i and j are rated, shrunken where few rated both")),
    r"b_{ui}": ("b u i", Text("the baseline: the mean and both biases")),
    r"\beta": ("beta", Text("how much the baseline counts beside the neighbours")),
    r"f": ("f", Text("the function of a network: layer after layer of weights, then ReLU")),
    r"\theta": ("theta", Text("all numbers of the model: factors, biases and weights")),
    r"\hat m": ("m hat", Text("the mean of the latest gradients, as Adam keeps it")),
    r"\hat v": ("v hat", Text("the mean of their squares")),
    r"\epsilon": ("epsilon", Text("a tiny number, so that nothing is divided by 0")),
}

_DOT = r"\mu + b_u + b_i + p_u \cdot q_i"
_PREDICTED = Formula(
    Text("A rating is predicted by the mean, both biases, and the products of the factors."),
    rf"\hat r_{{ui}} = {_DOT}",
    (r"\hat r_{ui}", r"\mu", r"b_u", r"b_i", r"p_u", r"q_i"),
)
_MEAN = Formula(
    Text("There is one number for all."), r"\hat r_{ui} = \mu", (r"\hat r_{ui}", r"\mu")
)

# By the model's class.
FORMULAS: dict[str, tuple[Formula, ...]] = {
    "SGD": (
        _PREDICTED,
        Formula(
            Text("After each rating, its user's and its item's numbers move against the error."),
            r"p_u \leftarrow p_u + \gamma \left( e_{ui} \, q_i - \lambda \, p_u \right) \qquad "
            r"q_i \leftarrow q_i + \gamma \left( e_{ui} \, p_u - \lambda \, q_i \right)",
            (r"p_u", r"q_i", r"\gamma", r"e_{ui}", r"\lambda"),
            stepwise.sgd_step,
        ),
    ),
    "ALS": (
        _PREDICTED,
        Formula(
            Text("With all items held, a user's row is the solution of a least-squares problem."),
            r"w_u = \left( \sum_{i \in R_u} x_i x_i^\top + \lambda \, n_u I \right)^{-1} "
            r"\sum_{i \in R_u} x_i \left( r_{ui} - \mu - b_i \right)",
            (r"w_u", r"R_u", r"x_i", r"\lambda", r"n_u", r"r_{ui}", r"\mu", r"b_i"),
            stepwise.als_row,
        ),
    ),
    "PMF": (
        _PREDICTED,
        Formula(
            Text("The most probable row is a compromise between the prior and the ratings."),
            r"\lambda = \frac{\sigma^2}{\sigma_U^2} \qquad "
            r"w_u = \left( \sum_{i \in R_u} x_i x_i^\top + \lambda I \right)^{-1} "
            r"\sum_{i \in R_u} x_i \left( r_{ui} - \mu - b_i \right)",
            (r"\lambda", r"\sigma^2", r"\sigma_U^2", r"w_u", r"R_u", r"x_i", r"r_{ui}", r"\mu",
             r"b_i"),
            stepwise.pmf_row,
        ),
    ),
    "BayesianPMF": (
        _PREDICTED,
        Formula(
            Text("A user's factors are drawn from what prior and ratings leave possible."),
            r"p_u \sim N\!\left( \left( \Lambda + \alpha \sum_{i \in R_u} q_i q_i^\top "
            r"\right)^{-1} \left( \Lambda m + \alpha \sum_{i \in R_u} q_i \, "
            r"( r_{ui} - \mu - b_u - b_i ) \right) , \left( \Lambda + \alpha \sum_{i \in R_u} "
            r"q_i q_i^\top \right)^{-1} \right)",
            (r"p_u", r"\Lambda", r"\alpha", r"R_u", r"q_i", r"m", r"r_{ui}", r"\mu", r"b_u",
             r"b_i"),
            stepwise.gibbs_row,
        ),
    ),
    "SVDpp": (
        Formula(
            Text("What a user has rated at all counts beside how it was rated."),
            r"\hat r_{ui} = \mu + b_u + b_i + q_i \cdot \left( p_u + \frac{1}{\sqrt{n_u}} "
            r"\sum_{j \in R_u} y_j \right)",
            (r"\hat r_{ui}", r"\mu", r"b_u", r"b_i", r"q_i", r"p_u", r"n_u", r"R_u", r"y_j"),
        ),
        Formula(
            Text("Each rating moves its user and its item, and all that the user has rated."),
            r"p_u \leftarrow p_u + \gamma \, e_{ui} \, q_i \qquad y_j \leftarrow y_j + "
            r"\frac{\gamma \, e_{ui} \, q_i}{\sqrt{n_u}}",
            (r"p_u", r"\gamma", r"e_{ui}", r"q_i", r"y_j", r"n_u"),
            stepwise.svdpp_step,
        ),
    ),
    "NMF": (
        Formula(
            Text("No number is below 0, so factors can only add, never take away."),
            r"\hat r_{ui} = p_u \cdot q_i",
            (r"\hat r_{ui}", r"p_u", r"q_i"),
        ),
        Formula(
            Text("Each number is multiplied: by more than 1 where predictions are too low."),
            r"p_u \leftarrow p_u \, \frac{\sum_{i \in R_u} q_i \, r_{ui}}"
            r"{\sum_{i \in R_u} q_i \, \hat r_{ui} + \lambda \, n_u \, p_u}",
            (r"p_u", r"R_u", r"q_i", r"r_{ui}", r"\hat r_{ui}", r"\lambda", r"n_u"),
            stepwise.nmf_row,
        ),
    ),
    "NeuralMF": (
        Formula(
            Text("In place of the dot product, a network can say how well the two go together."),
            r"\hat r_{ui} = \mu + b_u + b_i + f ( p_u , q_i )",
            (r"\hat r_{ui}", r"\mu", r"b_u", r"b_i", r"f", r"p_u", r"q_i"),
            stepwise.network_forward,
        ),
        Formula(
            Text("Adam moves all numbers at once, each by its own latest gradients."),
            r"\theta \leftarrow \theta - \gamma \, \frac{\hat m}{\sqrt{\hat v} + \epsilon}",
            (r"\theta", r"\gamma", r"\hat m", r"\hat v", r"\epsilon"),
            stepwise.adam_update,
        ),
    ),
    "ImplicitALS": (
        Formula(
            Text("All cells count, those that somebody chose more the oftener they did."),
            r"\sum_{u,i} c_{ui} \left( t_{ui} - p_u \cdot q_i \right)^2 + \lambda \left( "
            r"\sum_u \| p_u \|^2 + \sum_i \| q_i \|^2 \right)",
            (r"c_{ui}", r"t_{ui}", r"p_u", r"q_i", r"\lambda"),
            stepwise.implicit_als_row,
        ),
    ),
    "EASE": (
        Formula(
            Text("Each item's weight for every other comes from one inverse, in one pass."),
            r"P = \left( X^\top X + \lambda I \right)^{-1} \qquad "
            r"B = I - P \, \operatorname{diag} \! \left( 1 / \operatorname{diag} P \right)",
            (r"P", r"X", r"\lambda", r"B"),
            stepwise.ease_weights,
        ),
    ),
    "ItemKNN": (
        Formula(
            Text("A prediction is the baseline, moved by what the user said of similar items."),
            r"\hat r_{ui} = b_{ui} + \frac{\sum_{j \in R_u} s_{ij} \, ( r_{uj} - b_{uj} )}"
            r"{\beta + \sum_{j \in R_u} s_{ij}}",
            (r"\hat r_{ui}", r"b_{ui}", r"R_u", r"s_{ij}", r"\beta"),
            stepwise.neighbour_prediction,
        ),
    ),
    "GlobalMean": (_MEAN,),
    "UserItemBias": (
        Formula(
            Text("No factors: how mild the user is, and how well liked the item."),
            r"\hat r_{ui} = \mu + b_u + b_i",
            (r"\hat r_{ui}", r"\mu", r"b_u", r"b_i"),
        ),
    ),
    "MostPopular": (
        Formula(
            Text("Everybody is recommended what most have rated."),
            r"\hat r_{ui} = n_i",
            (r"\hat r_{ui}", r"n_i"),
        ),
    ),
}  # fmt: skip
