"""What a fitted model can be asked: declared once on its class, and read everywhere as ``has``."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Capabilities:
    """What a fitted model can be asked; pages and figures leave the rest out.

    How it is trained is no part of it: see ``Model.has_epochs``.

    Attributes
    ----------
    ratings : it predicts ratings on the scale; without, scores of preference about 0 to 1, for
        which clipping and RMSE have no meaning.
    factors : it is a ``Factored`` model: there are ``user_factors`` and ``item_factors``.
    similarity : ``similar_users`` and ``similar_items`` mean something.
    terms : it is a ``FactorModel``, and every prediction is exactly μ + b_u + b_i + Σ p_uf q_if,
        read through its link.
    reasons : ``attribution`` shares a prediction out among the user's own ratings.
    intervals : it knows how sure it is: ``predict_interval`` and ``deviation``.
    """

    ratings: bool = True
    factors: bool = False
    similarity: bool = False
    terms: bool = False
    reasons: bool = False
    intervals: bool = False
