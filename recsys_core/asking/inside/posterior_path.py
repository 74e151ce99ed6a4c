"""PMF as probability: one row's posterior as its ratings arrive one by one, the items held.

    p(w) = N(m, σ²/λ)          p(w | t_1 … t_n) = N(A⁻¹ a, σ² A⁻¹)

with A and a of ``stepwise.pmf_row`` over the first n ratings: what minimises the penalised squared
error is the most probable row, and λ = σ²/σ_w² is how much narrower the ratings' noise is than the
prior. Source: Salakhutdinov and Mnih, *Probabilistic Matrix Factorization*, 2007.
"""

from __future__ import annotations

import numpy as np

from recsys_core.asking.inside.normal import Normal
from recsys_core.asking.inside.row_update import RowUpdate


def posteriors(update: RowUpdate, order: np.ndarray | None = None) -> list[Normal]:
    """Return the row's prior, and its posterior after each rating; n + 1 of them.

    ``order`` are the places of the ratings in ``update`` as they arrive, (n,); without it, the
    order in which they stand. The update is of a PMF, which knows σ².
    """
    assert update.noise is not None, "only PMF has a noise variance"
    order = np.arange(len(update.others)) if order is None else order
    matrix = np.diag(update.penalty)
    right = update.penalty * update.prior
    found = [Normal(update.prior.copy(), update.noise * np.diag(1 / update.penalty))]
    for place in order:
        x = update.design[place]
        matrix = matrix + np.outer(x, x) + np.diag(update.variances[place])
        right = right + update.targets[place] * x
        inverse = np.linalg.inv(matrix)
        found.append(Normal(inverse @ right, update.noise * inverse))
    return found
