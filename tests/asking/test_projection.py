"""Projection: PCA against the SVD, bases that hold, t-SNE that repeats, trust that can be lost."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

import recsys_core as rc
from recsys_core.asking import projection
from recsys_core.asking.projection import Basis
from recsys_core.errors import SettingsError, TooLargeError

# UMAP compiles itself for some 15 s, once a process.
ARRANGE = [projection.tsne, pytest.param(projection.umap, marks=pytest.mark.slow)]


def factors(n_users=40, n_items=30, k=5, seed=0):
    rng = np.random.default_rng(seed)
    stretch = np.linspace(3, 0.5, k) if k > 1 else np.ones(1)
    turn = np.linalg.qr(rng.standard_normal((k, k)))[0]
    rows = (rng.standard_normal((n_users + n_items, k)) * stretch) @ turn + 2
    rows = rows.astype(np.float32)
    return SimpleNamespace(
        user_factors=rows[:n_users], item_factors=rows[n_users:], n_factors=k, rows=rows
    )


def test_pca_equals_the_singular_value_decomposition():
    found = factors()
    basis = Basis.fit(found)
    around = found.rows.astype(float) - found.rows.mean(axis=0, dtype=float)
    _, sizes, directions = np.linalg.svd(around, full_matrices=False)
    np.testing.assert_allclose(abs(directions[:2] @ basis.axes), np.eye(2), atol=1e-6)
    np.testing.assert_allclose(basis.shares, (sizes**2 / (sizes**2).sum())[:2], rtol=1e-6)
    points = basis.project(found.rows)
    np.testing.assert_allclose(points.var(axis=0), sizes[:2] ** 2 / len(found.rows), rtol=1e-5)
    np.testing.assert_allclose(points.mean(axis=0), 0, atol=1e-6)


def test_signs_are_fixed():
    found = factors(seed=3)
    basis = Basis.fit(found)
    for axis in basis.axes.T:
        assert axis[abs(axis).argmax()] > 0
    # Mirroring the data mirrors the picture, not the axes.
    mirrored = SimpleNamespace(
        user_factors=-found.user_factors, item_factors=-found.item_factors, n_factors=5
    )
    np.testing.assert_allclose(Basis.fit(mirrored).axes, basis.axes, atol=1e-6)


def test_one_basis_shows_later_states_of_a_run():
    training = rc.SGD(n_factors=4, n_epochs=3, seed=0).start(rc.datasets.low_rank())
    basis = Basis.fit(training.snapshot())
    before = basis.project(training.snapshot().user_factors)
    while not training.finished:
        training.advance(1.0)
    after = basis.project(training.snapshot().user_factors)
    assert before.shape == after.shape == (100, 2)
    assert not np.allclose(before, after)
    around = training.snapshot().user_factors - basis.centre
    nearest = np.linalg.lstsq(basis.axes, around.T, rcond=None)[0].T  # in the plane of the axes
    np.testing.assert_allclose(after, nearest, atol=1e-9)


def test_one_factor_lies_on_a_line():
    found = factors(k=1)
    basis = Basis.fit(found)
    assert basis.shares == pytest.approx((1, 0))
    assert (basis.project(found.rows)[:, 1] == 0).all()


def test_equal_vectors_have_no_spread():
    same = SimpleNamespace(user_factors=np.ones((3, 2)), item_factors=np.ones((2, 2)), n_factors=2)
    basis = Basis.fit(same)
    assert basis.shares == (0, 0)
    assert (basis.project(same.user_factors) == 0).all()


def test_chosen_factors_are_shown_as_they_are():
    found = factors()
    basis = Basis.of_factors(found, 3, 1)
    np.testing.assert_array_equal(basis.project(found.rows), found.rows[:, [3, 1]])
    variances = found.rows.astype(float).var(axis=0)
    np.testing.assert_allclose(basis.shares, variances[[3, 1]] / variances.sum(), rtol=1e-6)
    twice = Basis.of_factors(found, 2, 2).project(found.rows)
    np.testing.assert_array_equal(twice[:, 0], twice[:, 1])
    with pytest.raises(SettingsError, match="no factor 5; this model has 0 to 4"):
        Basis.of_factors(found, 0, 5)


def blobs(n=60, k=8, seed=0):
    rng = np.random.default_rng(seed)
    groups = np.arange(n) % 3
    return groups, rng.standard_normal((n, k)) + 8 * rng.standard_normal((3, k))[groups]


@pytest.mark.parametrize("arrange", ARRANGE)
def test_arranging_keeps_groups_together_and_repeats(arrange):
    groups, rows = blobs()
    points = arrange(rows)
    assert points.shape == (60, 2) and np.isfinite(points).all()
    for group in range(3):
        own = points[groups == group]
        others = points[groups != group]
        within = np.linalg.norm(own - own.mean(0), axis=1).max()
        assert np.linalg.norm(others - own.mean(0), axis=1).min() > within
    np.testing.assert_array_equal(points, arrange(rows))
    assert projection.trustworthiness(rows, points) > 0.9


@pytest.mark.slow
def test_another_seed_is_another_umap():
    _, rows = blobs()
    assert not np.array_equal(projection.umap(rows), projection.umap(rows, seed=1))


@pytest.mark.slow
def test_arranging_leaves_the_global_generator_alone():
    before = np.random.get_state()[1].copy()  # noqa: NPY002
    projection.umap(blobs()[1])
    assert np.array_equal(before, np.random.get_state()[1])  # noqa: NPY002


@pytest.mark.parametrize("arrange", ARRANGE)
def test_arranging_a_handful(arrange):
    for shape in [(0, 3), (1, 3), (2, 1), (3, 2), (4, 1), (5, 3), (16, 2)]:
        points = arrange(np.random.default_rng(0).standard_normal(shape))
        assert points.shape == (shape[0], 2) and np.isfinite(points).all(), shape
        assert len(np.unique(points, axis=0)) == shape[0], f"{shape}: two in one place"


@pytest.mark.parametrize("arrange", ARRANGE)
def test_arranging_equal_vectors_and_too_many(arrange):
    assert (arrange(np.ones((10, 3))) == 0).all()
    some_equal = np.repeat(np.random.default_rng(0).standard_normal((3, 4)), 5, axis=0)
    assert np.isfinite(arrange(some_equal)).all()
    with pytest.raises(TooLargeError, match="or use PCA"):
        arrange(np.zeros((projection.MOST_ARRANGED + 1, 2)))


@pytest.mark.parametrize("k", [1, 5, 12])
def test_trustworthiness_equals_the_reference(k):
    sklearn_manifold = pytest.importorskip("sklearn.manifold")
    _, rows = blobs(n=50)
    for points in (rows[:, :2], np.random.default_rng(1).standard_normal((50, 2))):
        expected = sklearn_manifold.trustworthiness(rows, points, n_neighbors=k)
        assert projection.trustworthiness(rows, points, k) == pytest.approx(expected, abs=1e-12)


def test_trust_can_be_lost():
    rows = np.random.default_rng(0).standard_normal((200, 2))
    assert projection.trustworthiness(rows, rows * 5 + 1) == 1
    shuffled = np.random.default_rng(1).permutation(rows)
    assert 0.4 < projection.trustworthiness(rows, shuffled) < 0.6


def test_trust_of_many_is_judged_on_a_sample_and_of_few_not_at_all():
    rows = np.random.default_rng(0).standard_normal((4000, 3))
    score = projection.trustworthiness(rows, rows[:, :2])
    assert 0.7 < score < 0.99
    assert score == projection.trustworthiness(rows, rows[:, :2])
    assert np.isnan(projection.trustworthiness(rows[:3], rows[:3, :2]))
    assert projection.trustworthiness(rows[:4], rows[:4]) == 1


def test_the_shares_of_another_state_are_those_of_its_own_spread():
    world = rc.datasets.low_rank(density=0.4, noise=0.2, seed=3)
    early, late = (rc.ALS(n_factors=4, n_epochs=n, seed=0).fit(world).snapshot() for n in (1, 12))
    basis = Basis.fit(early)
    assert basis.seen_in(early).shares == pytest.approx(basis.shares)
    rows = np.vstack([late.user_factors, late.item_factors]).astype(np.float64)
    rows -= rows.mean(axis=0)
    expected = ((rows @ basis.axes) ** 2).sum(axis=0) / (rows**2).sum()
    assert basis.seen_in(late).shares == pytest.approx(tuple(expected))
    assert basis.seen_in(late).shares != pytest.approx(basis.shares, abs=0.01)


def test_errors_around_points_are_trustworthiness_and_continuity():
    sklearn_manifold = pytest.importorskip("sklearn.manifold")
    _, rows = blobs(n=50)
    points = rows[:, :2]
    found = projection.map_errors(rows, points, 5)
    trust = sklearn_manifold.trustworthiness(rows, points, n_neighbors=5)
    continuity = sklearn_manifold.trustworthiness(points, rows, n_neighbors=5)
    assert 1 - found.false.mean() == pytest.approx(trust, abs=1e-12)
    assert 1 - found.torn.mean() == pytest.approx(continuity, abs=1e-12)
    assert found.n_judged == 50


def test_a_folded_line_has_false_neighbours_and_a_cut_ring_torn_ones():
    along = np.arange(40.0)
    line = np.column_stack([along, np.zeros(40)])
    folded = np.column_stack([np.minimum(along, 39.5 - along), np.zeros(40)])
    found = projection.map_errors(line, folded, 2)
    assert found.false[:10].min() > 0.3 and found.torn.max() < 0.1
    angle = 2 * np.pi * along / 40
    ring = np.column_stack([np.cos(angle), np.sin(angle)])
    found = projection.map_errors(ring, line, 2)  # cut open between the last and the first
    assert found.torn[[0, 39]].min() > 0.4 and found.torn[5:35].max() == 0
    assert found.false.max() < 0.1


def test_many_points_are_judged_among_some():
    rng = np.random.default_rng(0)
    rows = rng.standard_normal((2100, 6))
    found = projection.map_errors(rows, rows[:, :2])
    assert found.n_judged == 1500
    assert 1 - found.false.mean() == pytest.approx(
        projection.trustworthiness(rows, rows[:, :2]), abs=0.01
    )
    assert np.isnan(projection.map_errors(rows[:3], rows[:3, :2]).false).all()
