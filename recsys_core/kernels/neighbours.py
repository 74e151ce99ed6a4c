"""How alike items are, and what a user's ratings of an item's neighbours say about it.

Ratings come without what biases explain: e_uj = r_uj − μ − b_u − b_j.
"""

from __future__ import annotations

import numpy as np

from recsys_core.kernels.compiling import compiled


@compiled
def similarities(
    item_starts, users, item_rest, user_starts, items, user_rest, lengths, shrinkage, support,
    out, counts, first, last,
):  # fmt: skip
    """Similarity of items ``first`` to ``last`` with all, into ``out``, (last − first, n_items).

        s_ij = n_ij / (n_ij + λ) · Σ_u e_ui e_uj / (‖e_i‖ ‖e_j‖)

    over the n_ij users who rated both, the lengths over all who rated each; 0 with itself and for
    fewer than ``support`` users. ``users`` and ``item_rest`` are the e of each item, ``items`` and
    ``user_rest`` of each user; ``counts`` is scratch of the shape of ``out``.
    """
    for i in range(first, last):
        row, n = out[i - first], counts[i - first]
        row[:] = 0
        n[:] = 0
        for at in range(item_starts[i], item_starts[i + 1]):
            u, e = users[at], item_rest[at]
            for other in range(user_starts[u], user_starts[u + 1]):
                j = items[other]
                row[j] += e * user_rest[other]
                n[j] += 1
        for j in range(len(row)):
            both = lengths[i] * lengths[j]
            if n[j] < support or j == i or both <= 0:
                row[j] = 0
            else:
                row[j] *= n[j] / ((n[j] + shrinkage) * both)


@compiled
def add_neighbours(
    users, items, starts, columns, rest, neighbours, weights, most, out, first, last
):
    """Add Σ_j s_ij e_uj / Σ_j s_ij to ``out`` for some pairs, j the most alike items u has rated.

    ``neighbours`` and ``weights``, (n_items, m), are items alike to each and how much, the most
    alike first, a weight of 0 ending them; at most ``most`` that the user has rated count.
    ``starts``, ``columns``, ``rest`` are the e of each user. Pairs of one user stand together:
    their e are laid out once.
    """
    known = np.full(len(neighbours), np.nan, np.float32)
    laid_out = -1
    for n in range(first, last):
        u, i = users[n], items[n]
        if u != laid_out:
            if laid_out >= 0:
                known[columns[starts[laid_out] : starts[laid_out + 1]]] = np.nan
            for at in range(starts[u], starts[u + 1]):
                known[columns[at]] = rest[at]
            laid_out = u
        total, weight, found = np.float32(0), np.float32(0), 0
        for m in range(neighbours.shape[1]):
            s = weights[i, m]
            if s <= 0 or found == most:
                break
            e = known[neighbours[i, m]]
            if not np.isnan(e):
                total += s * e
                weight += s
                found += 1
        if weight > 0:
            out[n] += total / weight
