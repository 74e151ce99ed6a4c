"""Capability flags: what a fitted model supports, declared on its class and read as ``has``."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Capabilities:
    """What a fitted model supports; pages and figures leave the rest out.

    How it is trained is said elsewhere: ``Model.has_epochs``.

    Attributes
    ----------
    ratings : it predicts ratings on the scale; without, scores of preference about 0 to 1, for
        which clipping and RMSE have no meaning.
    factors : it is a ``Factored`` model: there are ``user_factors`` and ``item_factors``.
    similarity : it has ``similar_users`` and ``similar_items``.
    terms : it is a ``FactorModel``, and every prediction is exactly μ + b_u + b_i + Σ p_uf q_if,
        read through its link.
    reasons : ``attribution`` writes a prediction as a sum over the user's own ratings.
    new_items : ``fold_in_item`` finds an item that was not in the training data, as ``fold_in``
        finds a guest.
    intervals : it estimates the uncertainty of predictions: ``predict_interval``, ``deviation``.
    """

    ratings: bool = True
    factors: bool = False
    similarity: bool = False
    terms: bool = False
    reasons: bool = False
    intervals: bool = False
    new_items: bool = False
