"""Projection of latent factors to the plane (PCA, t-SNE, UMAP), and its trustworthiness."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from recsys_core.errors import SettingsError, TooLargeError
from recsys_core.extras import needed_for
from recsys_core.steps import to_end
from recsys_core.text import Text

if TYPE_CHECKING:
    from recsys_core.models import Factored

# t-SNE or UMAP of this many points takes a minute or two of one core; of more, minutes.
MOST_ARRANGED = 10_000

# t-SNE's steps, and how much and with what momentum points attract each other in them: at first
# twelve times as much, so that groups find together. So many are done at once.
_TSNE_PHASES = ((250, 12.0, 0.5), (500, 1.0, 0.8))
_AT_ONCE = 5

# Of fewer points the nearest are found exactly.
_FEW = 1000

# Distances between all pairs of this many points are quick to compare, and enough to judge a map.
_JUDGED_BY = 1500


@dataclass(frozen=True, eq=False)
class Basis:
    """Two directions in the space of the factors, onto which users and items are projected.

    One basis can show many states of one run: what moves then has been learned, and is no flip of
    the axes.

    Attributes
    ----------
    centre : float64, (k,); what is at the origin of the plane.
    axes : float64, (k, 2); orthonormal columns. With one factor PCA leaves the second zero.
    shares : share of the spread along each axis, 0 to 1.
    """

    centre: np.ndarray
    axes: np.ndarray
    shares: tuple[float, float]

    @classmethod
    def fit(cls, fitted: Factored) -> Basis:
        """Find the two directions along which users and items, stacked, spread most (PCA).

        Each axis points where its largest weight is positive, so that the same factors give the
        same picture.
        """
        centre, spread = _spread(fitted)
        variances, directions = np.linalg.eigh(spread)
        order = np.argsort(-variances)[:2]
        axes = np.zeros((len(centre), 2))
        axes[:, : len(order)] = directions[:, order]
        strongest = np.abs(axes).argmax(axis=0)
        axes *= np.where(axes[strongest, [0, 1]] < 0, -1.0, 1.0)
        total = variances.sum() or 1.0
        shares = [*(variances[order] / total).tolist(), 0.0]
        return cls(centre, axes, (shares[0], shares[1]))

    @classmethod
    def of_factors(cls, fitted: Factored, first: int, second: int) -> Basis:
        """Take two of the factors as the directions; zero stays at the origin.

        Raises
        ------
        SettingsError
            If the fitted model has no such factor.
        """
        k = fitted.n_factors
        for factor in (first, second):
            if not 0 <= factor < k:
                raise SettingsError(
                    Text(
                        "There is no factor {factor}; this model has 0 to {value}.",
                        factor=factor,
                        value=k - 1,
                    )
                )
        axes = np.zeros((k, 2))
        axes[[first, second], [0, 1]] = 1.0
        shares = shares_of_factors(fitted)
        return cls(np.zeros(k), axes, (float(shares[first]), float(shares[second])))

    def seen_in(self, fitted: Factored) -> Basis:
        """The same directions, with the shares of the spread of this model's factors."""
        _, spread = _spread(fitted)
        along = np.einsum("ka,kl,la->a", self.axes, spread, self.axes)
        first, second = (along / (np.trace(spread) or 1.0)).tolist()
        return Basis(self.centre, self.axes, (first, second))

    def project(self, factors: np.ndarray) -> np.ndarray:
        """Project factors, (n, k), onto the plane; float64, (n, 2)."""
        return (factors - self.centre) @ self.axes


def shares_of_factors(fitted: Factored) -> np.ndarray:
    """Share of the spread of users and items along each factor as it is, (k,); 0 to 1."""
    _, spread = _spread(fitted)
    return np.diag(spread) / (np.trace(spread) or 1.0)


def _spread(fitted: Factored) -> tuple[np.ndarray, np.ndarray]:
    """Mean (k,) and k × k scatter of users and items stacked; as quick for a million as for ten."""
    users, items = fitted.user_factors, fitted.item_factors
    n, k = len(users) + len(items), users.shape[1]
    centre = (users.sum(axis=0, dtype=np.float64) + items.sum(axis=0, dtype=np.float64)) / n
    spread = np.zeros((k, k))
    for rows in (users, items):
        around = rows - centre
        spread += around.T @ around
    return centre, spread


def tsne(vectors: np.ndarray, seed: int = 0, perplexity: float = 30.0) -> np.ndarray:
    """Map vectors, (n, k), to (n, 2) by t-SNE: neighbours stay close; long distances mean nothing.

    ``perplexity`` is about the number of neighbours each point minds; few points have fewer. It
    starts from the two principal directions, so that the same seed gives the same map. Source: van
    der Maaten and Hinton, *Visualizing Data using t-SNE*, 2008; forces by interpolation, Linderman
    et al., 2019.

    Raises
    ------
    TooLargeError
        If there are more than ``MOST_ARRANGED`` vectors.
    MissingPackageError
        If openTSNE is not installed.
    """
    return to_end(tsne_steps(vectors, seed, perplexity))


def tsne_steps(
    vectors: np.ndarray, seed: int = 0, perplexity: float = 30.0
) -> Generator[float, None, np.ndarray]:
    """Map as ``tsne`` does, in steps: yields the share done, 0 to 1, and returns the map, (n, 2).

    Raises
    ------
    TooLargeError, MissingPackageError
        As ``tsne``.
    """
    around, start = _principal(vectors, "t-SNE")
    n = len(around)
    if n < 4 or not start.any():
        return start  # nothing to arrange
    with needed_for(Text("A map by t-SNE")):
        from openTSNE import TSNEEmbedding
        from openTSNE.affinity import PerplexityBasedNN
        from openTSNE.nearest_neighbors import Annoy, Sklearn

    yield 0.0
    perplexity = min(perplexity, (n - 1) / 3)
    # The index that openTSNE would choose itself; but to choose, it imports pynndescent, which
    # compiles itself for a minute the first time. One thread: others' threads spin, and wait far
    # longer than they help while anything else runs.
    index = (Sklearn if n < _FEW else Annoy)(
        around, min(n - 1, int(3 * perplexity)), n_jobs=1, random_state=seed
    )
    near = PerplexityBasedNN(perplexity=perplexity, n_jobs=1, knn_index=index)
    # The usual start: small, so that points are free to part.
    space = TSNEEmbedding(
        start * 1e-4 / start[:, 0].std(), near, n_jobs=1, random_state=seed, learning_rate="auto"
    )
    total = sum(n_steps for n_steps, _, _ in _TSNE_PHASES)
    done = 0
    for n_steps, exaggeration, momentum in _TSNE_PHASES:
        for _ in range(n_steps // _AT_ONCE):
            space.optimize(_AT_ONCE, exaggeration=exaggeration, momentum=momentum, inplace=True)
            done += _AT_ONCE
            yield done / total
    return np.asarray(space, dtype=np.float64)


def umap(vectors: np.ndarray, seed: int = 0, n_neighbors: int = 15) -> np.ndarray:
    """Map vectors, (n, k), to (n, 2) by UMAP: neighbours stay close, and groups keep some order.

    Each point holds on to its ``n_neighbors`` nearest; few points have fewer. It starts from the
    two principal directions, and the same seed gives the same map. The first in a process takes
    some 15 s longer: UMAP compiles itself.

    Raises
    ------
    TooLargeError
        If there are more than ``MOST_ARRANGED`` vectors.
    MissingPackageError
        If umap-learn is not installed.
    """
    around, start = _principal(vectors, "UMAP")
    if len(around) < 4 or not start.any():
        return start  # nothing to arrange
    with needed_for(Text("A map by UMAP")):
        from umap import UMAP

    # UMAP stretches both directions to the same extent: on a line, the second needs one.
    start = start + np.random.default_rng(seed).normal(0, 0.01 * start[:, 0].std(), start.shape)
    space = UMAP(
        init=start.astype(np.float32),
        n_neighbors=min(n_neighbors, len(around) - 1),
        random_state=seed,
        n_jobs=1,
    )
    return space.fit_transform(around.astype(np.float32)).astype(np.float64)


def _principal(vectors: np.ndarray, method: str) -> tuple[np.ndarray, np.ndarray]:
    """Vectors around their mean, and these along their two widest directions (zeros: no spread)."""
    n = len(vectors)
    if n > MOST_ARRANGED:
        raise TooLargeError(
            Text(
                "{method} of {n:,} points takes minutes; show at most "
                "{MOST_ARRANGED:,}, or use PCA.",
                method=method,
                n=n,
                MOST_ARRANGED=MOST_ARRANGED,
            )
        )
    around = np.asarray(vectors, dtype=np.float64)
    around = around - around.mean(axis=0) if n else around
    _, _, axes = np.linalg.svd(around, full_matrices=False)
    start = np.zeros((n, 2))
    flat = around @ axes[:2].T
    start[:, : flat.shape[1]] = flat
    return around, start


def trustworthiness(
    vectors: np.ndarray, points: np.ndarray, n_neighbors: int = 5, seed: int = 0
) -> float:
    """Measure how far neighbours on the map, (n, 2), are neighbours in the space, (n, k): 0 to 1.

    With k neighbours each, r(i, j) the rank of j by distance from i in the space, and U(i) those
    near i on the map only:

        T = 1 − 2 / (n k (2n − 3k − 1)) · Σ_i Σ_{j ∈ U(i)} (r(i, j) − k)

    Of more than 1,500 points, so many are drawn at random and judged among themselves. NaN for
    fewer than four.
    """
    if len(vectors) > _JUDGED_BY:
        drawn = np.random.default_rng(seed).choice(len(vectors), _JUDGED_BY, replace=False)
        vectors, points = vectors[drawn], points[drawn]
    n = len(vectors)
    k = min(n_neighbors, (n - 1) // 2)  # the score is defined for k < n / 2
    if n < 4:
        return float("nan")
    everyone = np.arange(n)
    excess = _excess(_distances(points, everyone), _distances(vectors, everyone), k)
    return float(1.0 - 2.0 * int(excess.sum()) / (n * k * (2 * n - 3 * k - 1)))


@dataclass(frozen=True, eq=False)
class MapErrors:
    """How far a map errs around each point; 0: not at all, 1: as far as can be; NaN: too few.

    Attributes
    ----------
    false : its nearest on the map are not near it in the space, float64, (n,).
    torn : its nearest in the space are not near it on the map, float64, (n,).
    n_judged : among how many points each was judged.
    """

    false: np.ndarray
    torn: np.ndarray
    n_judged: int


def map_errors(
    vectors: np.ndarray, points: np.ndarray, n_neighbors: int = 5, seed: int = 0
) -> MapErrors:
    """Measure around each point what a map, (n, 2), makes of the space, (n, k).

    With m points, k neighbours each, r the rank by distance in the space and r' that on the map,
    U(i) those near i on the map only and V(i) those near i in the space only:

        false_i = 2 / (k (2m − 3k − 1)) · Σ_{j ∈ U(i)} (r(i, j) − k)
        torn_i  = 2 / (k (2m − 3k − 1)) · Σ_{j ∈ V(i)} (r'(i, j) − k)

    1 − mean of false is the trustworthiness, 1 − mean of torn the continuity. Of more than 1,500
    points each is judged among so many, drawn at random. Source: Venna and Kaski, *Neighborhood
    Preservation in Nonlinear Projection Methods*, 2001; shown point by point: Lespinats and
    Aupetit, *CheckViz*, 2011.
    """
    n = len(vectors)
    judges = np.arange(n)
    if n > _JUDGED_BY:
        judges = np.sort(np.random.default_rng(seed).choice(n, _JUDGED_BY, replace=False))
    m = len(judges)
    k = min(n_neighbors, (m - 1) // 2)
    false, torn = np.full(n, np.nan), np.full(n, np.nan)
    if m >= 4:
        worst = k * (2 * m - 3 * k - 1) / 2
        for first in range(0, n, _JUDGED_BY):
            of = np.arange(first, min(first + _JUDGED_BY, n))
            on_map, in_space = (_distances(rows, judges, of) for rows in (points, vectors))
            false[of] = _excess(on_map.copy(), in_space, k)
            torn[of] = _excess(in_space.copy(), on_map, k)
        # Who is no judge has one rank more: at most 1 all the same.
        false, torn = (np.minimum(errors / worst, 1.0) for errors in (false, torn))
    return MapErrors(false, torn, m)


def _excess(near_by: np.ndarray, ranked_by: np.ndarray, k: int) -> np.ndarray:
    """Of each row's k nearest by one distance, the ranks beyond k by the other, summed: int64, (n,)

    Both are distances, (n, m). The first is written over.
    """
    each, excess = np.arange(len(near_by)), np.zeros(len(near_by), np.int64)
    for _ in range(k):  # the nearest, then the next: no row is ever sorted
        near = near_by.argmin(axis=1)
        excess += np.maximum(_rank(ranked_by, near) - k, 0)
        near_by[each, near] = np.inf
    return excess


def _distances(rows: np.ndarray, to: np.ndarray, of: np.ndarray | None = None) -> np.ndarray:
    """Squared Euclidean distances of rows (None: the same) to others; to itself infinite.

    ``to`` and ``of`` are indices of ``rows``.
    """
    of = to if of is None else of
    rows = np.asarray(rows, dtype=np.float64)
    rows = rows - rows.mean(axis=0)
    squares = (rows**2).sum(axis=1)
    distances = squares[of, None] + squares[None, to] - 2 * rows[of] @ rows[to].T
    distances[of[:, None] == to[None, :]] = np.inf
    return distances


def _rank(distances: np.ndarray, others: np.ndarray) -> np.ndarray:
    """In each row the rank of one other by distance, from 1; of equally far ones by index."""
    far = distances[np.arange(len(distances)), others][:, None]
    nearer = distances < far
    nearer |= (distances == far) & (np.arange(distances.shape[1]) < others[:, None])
    return 1 + np.count_nonzero(nearer, axis=1)
