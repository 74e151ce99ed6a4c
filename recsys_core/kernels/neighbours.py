"""Similarity of items, and predictions from a user's ratings of an item's most similar items.

Ratings come as residuals of the biases: e_uj = r_uj − μ − b_u − b_j.
"""

from __future__ import annotations

import numpy as np

from recsys_core.kernels.compiling import compiled


@compiled
def similarities(by_item, by_user, lengths, shrinkage, support, out, counts, first, last):
    """Compute the similarity of items ``first`` to ``last`` with all.

        s_ij = n_ij / (n_ij + λ) · Σ_u e_ui e_uj / (‖e_i‖ ‖e_j‖)

    over the n_ij users who rated both, the lengths ‖e_i‖ over all who rated each; 0 with itself and
    for fewer than ``support`` users. ``by_item`` and ``by_user`` are the residuals as Rows,
    ``lengths``, (n_items,), float32. Results are written to ``out``, float32, (last − first,
    n_items); ``counts``, int32, is working memory of the same shape.
    """
    item_starts, users, item_rest = by_item
    user_starts, items, user_rest = by_user
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
def add_neighbours(users, items, by_user, neighbours, weights, most, shrink, out, first, last):
    """Add Σ_j s_ij e_uj / (β + Σ_j s_ij) to ``out`` for some pairs; β is ``shrink``.

    The sums are over the most similar items j that u has rated.

    ``neighbours`` and ``weights``, (n_items, m), are items similar to each and their similarity, in
    the order in which they are taken, ended by a weight of 0; at most ``most`` that the user has
    rated count.
    ``by_user`` are the residuals of each user as Rows. Pairs of one user follow one another, so
    that the user's residuals are spread over all items only once.
    """
    starts, columns, rest = by_user
    known = np.full(len(neighbours), np.nan, np.float32)
    spread = -1  # the user whose residuals are there
    for n in range(first, last):
        u, i = users[n], items[n]
        if u != spread:
            if spread >= 0:
                known[columns[starts[spread] : starts[spread + 1]]] = np.nan
            for at in range(starts[u], starts[u + 1]):
                known[columns[at]] = rest[at]
            spread = u
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
            out[n] += total / (weight + shrink)
