"""Orders of users and items that show structure: by cluster, popularity, similarity."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import Literal

import numpy as np

from recsys_core.models.factor_model import FactorModel
from recsys_core.models.fitted_model import FittedModel, seen_as
from recsys_core.ratings import OTHER, Side

How = Literal["given", "cluster", "popularity", "similarity"]

# Past this many rows leaves are ordered in two levels: exact ordering takes n² memory.
_LEAVES = 300

# k-means only finds the nearest bad solution to its start; the best of a few starts is taken.
_STARTS = 4

# What a model without terms predicts for so many others stands for all it predicts.
_ASKED = 200

# Cluster centres are found on at most so many rows; the others join the nearest.
_SAMPLE = 5000


@dataclass(frozen=True)
class Arrangement:
    """An order of users or items.

    Attributes
    ----------
    order : int64, (n,): indices, first to last.
    groups : int64, (n,): the cluster at each place of the order; None where nothing is grouped.
    """

    order: np.ndarray
    groups: np.ndarray | None = None


def arrange(fitted: FittedModel, side: Side, how: How) -> Arrangement:
    """Order all users, or all items, as chosen.

    "given" goes by label ("2" before "10"), "popularity" puts the most rated first, "cluster" keeps
    clusters together, neighbouring clusters being alike, and "similarity" puts those predicted
    alike side by side.
    """
    axis = fitted.train.axis(side)
    if how == "given":
        return Arrangement(axis.order)
    if how == "popularity":
        return Arrangement(axis.most_rated())
    rows = profiles(fitted, side)
    if how == "similarity":
        return Arrangement(by_similarity(rows))
    labels = clusters(rows)
    order = np.lexsort((np.arange(len(labels)), -axis.counts, labels))
    return Arrangement(order, labels[order])


def profiles(fitted: FittedModel, side: Side, bias: bool = True) -> np.ndarray:
    """Compute vectors with the distances of whole predicted rows (columns), float64, (n, k + 1).

    Their Euclidean distance is the root mean square difference between the unclipped predictions of
    two users over all items (of two items over all users), on the scale of x:

        ‖(p_u, b_u) − (p_v, b_v)‖_G,   G = 1/n Σ_i (q_i, 1)(q_i, 1)ᵀ

    Unlike factors themselves they do not change when the latent space is turned or stretched. With
    ``bias=False`` biases are left out, and differences are of taste alone: (n, k).

    Of a model whose predictions are no such sum, the profiles are the unclipped predictions with
    the most rated of the other side, (n, at most 200); with ``bias=False`` less their mean.
    """
    if not fitted.has.terms:
        return _sampled_profiles(fitted, side, bias)
    fitted = seen_as(FactorModel, fitted)
    rows = fitted.factors_of(side).astype(np.float64)
    columns = fitted.factors_of(OTHER[side]).astype(np.float64)
    if bias:
        rows = np.column_stack([rows, fitted.bias_of(side)])
        columns = np.column_stack([columns, np.ones(len(columns))])
    gram = columns.T @ columns / max(len(columns), 1)
    # The symmetric root, because G need not be of full rank (factors may be zero).
    weights, axes = np.linalg.eigh(gram)
    return rows @ (axes * np.sqrt(np.clip(weights, 0.0, None)))


def _sampled_profiles(fitted: FittedModel, side: Side, bias: bool) -> np.ndarray:
    most = fitted.train.axis(OTHER[side]).most_rated(_ASKED)
    rows = fitted.predict_rows(side, None, most).astype(np.float64) / np.sqrt(len(most))
    return rows if bias else rows - rows.mean(axis=1, keepdims=True)


def clusters(rows: np.ndarray, n_clusters: int | None = None, seed: int = 0) -> np.ndarray:
    """Cluster rows by k-means, int64, (n,); similar clusters get neighbouring numbers.

    ``n_clusters`` is chosen from the number of rows where None: 2 for a handful, at most 8.
    """
    wanted = n_clusters or int(np.clip(round(np.sqrt(len(rows) / 2)), 2, 8))
    labels = _k_means(rows, wanted, seed)
    centres = _means(rows, labels)
    rank = np.empty(len(centres), np.int64)
    rank[_leaf_order(centres)] = np.arange(len(centres))
    return rank[labels]


def by_similarity(rows: np.ndarray, seed: int = 0) -> np.ndarray:
    """Find an order in which neighbours are similar, int64, (n,).

    The leaves of a hierarchical clustering, turned so that adjacent ones are as near as the tree
    allows. Many rows are first gathered in small groups, which are ordered so, and inside each
    group rows follow the way from the group before to the group after.
    """
    if len(rows) <= _LEAVES:
        return _leaf_order(rows)
    labels = _k_means(rows, min(60, len(rows) // 10), seed, starts=1)
    centres = _means(rows, labels)
    tour = _leaf_order(centres)
    parts = []
    for place, group in enumerate(tour):
        members = np.flatnonzero(labels == group)
        way = centres[tour[min(place + 1, len(tour) - 1)]] - centres[tour[max(place - 1, 0)]]
        parts.append(members[np.argsort(rows[members] @ way, kind="stable")])
    return np.concatenate(parts)


def _leaf_order(rows: np.ndarray) -> np.ndarray:
    if len(rows) < 3:
        return np.arange(len(rows))
    from scipy.cluster.hierarchy import leaves_list, linkage

    return leaves_list(linkage(rows, "average", optimal_ordering=True)).astype(np.int64)


def _k_means(rows: np.ndarray, wanted: int, seed: int, starts: int = _STARTS) -> np.ndarray:
    """Labels 0 … m − 1 with m ≤ ``wanted``, none of them empty."""
    from scipy.cluster.vq import kmeans2, vq

    generator = np.random.default_rng(seed)
    sample = rows
    if len(rows) > _SAMPLE:
        sample = rows[generator.choice(len(rows), _SAMPLE, replace=False)]
    # k-means++ needs as many different rows as clusters.
    wanted = min(wanted, len(np.unique(sample, axis=0)))
    best, least = np.zeros(len(rows), np.int64), np.inf
    for _ in range(starts if wanted > 1 else 0):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)  # a cluster may come out empty
            centres, _ = kmeans2(sample, wanted, iter=20, minit="++", rng=generator)
        labels, distances = vq(rows, centres)
        spread = float((distances**2).sum())
        if spread < least:
            best, least = labels, spread
    return np.unique(best, return_inverse=True)[1].astype(np.int64)


def _means(rows: np.ndarray, labels: np.ndarray) -> np.ndarray:
    sums = np.zeros((labels.max() + 1, rows.shape[1]))
    np.add.at(sums, labels, rows)
    return sums / np.bincount(labels)[:, None]
