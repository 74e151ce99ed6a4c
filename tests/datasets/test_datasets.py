"""Datasets: the party as printed, generated worlds whose truth is known."""

from __future__ import annotations

import hashlib

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recsys_core import datasets
from recsys_core.errors import SettingsError, TooLargeError
from recsys_core.ratings import Scale


def test_music_party():
    party = datasets.music_party()
    assert (party.n_users, party.n_items, party.n_ratings) == (4, 12, 39)
    assert party.users == ["Darth Vader", "Hermione", "Ripley", "Spock"]
    assert party.scale == Scale(0, 5, 1) and party.item_noun == "song"
    assert (party.values > 0).all()  # unheard is not a rating of zero
    # The printed known cells' squares sum to 507.
    assert (party.values**2).sum() == 507

    def rating(user, song):
        return party.block([party.user_index(user)], [party.item_index(song)])[0, 0]

    assert rating("Darth Vader", "The Imperial March") == 5
    assert rating("Ripley", "Brandenburg Concerto No. 3") == 1
    assert rating("Hermione", "Survivor") == 2
    assert np.isnan(rating("Spock", "Back in Black"))


@settings(max_examples=30)
@given(
    n_users=st.integers(1, 40),
    n_items=st.integers(1, 30),
    density=st.floats(0.05, 1),
    popularity=st.sampled_from([0.0, 0.7, 1.0, 3.0, 5.0]),
    seed=st.integers(0, 1000),
)
def test_low_rank_cells(n_users, n_items, density, popularity, seed):
    n = round(density * n_users * n_items)
    if n < 1:
        return
    world = datasets.low_rank(
        n_users, n_items, 2, density=density, popularity=popularity, seed=seed
    )
    assert world.n_ratings == n
    pairs = world.user_ids.astype(np.int64) * n_items + world.item_ids
    assert len(np.unique(pairs)) == n
    if n >= max(n_users, n_items):
        assert world.user_counts.min() >= 1 and world.item_counts.min() >= 1
    else:  # as many different ones as there are ratings
        assert (world.user_counts > 0).sum() == min(n, n_users)


def test_low_rank_is_what_its_truth_says():
    world = datasets.low_rank(200, 100, n_factors=4, density=0.5, noise=0.2, seed=1)
    noise_free = world.truth.ratings(world.user_ids, world.item_ids)
    inside = (noise_free > 1.6) & (noise_free < 4.4)  # three deviations from being clipped
    residual = (world.values - noise_free)[inside]
    assert residual.std() == pytest.approx(0.2, rel=0.05)
    assert abs(residual.mean()) < 0.01
    block = world.truth.block(np.arange(200), np.arange(100))
    assert np.linalg.matrix_rank(block - world.truth.offset, tol=1e-3) == 4
    assert block.mean() == pytest.approx(3, abs=1e-4)
    assert block.std() == pytest.approx(1, abs=1e-4)
    assert world.values.min() >= 1 and world.values.max() <= 5


def test_without_noise_ratings_are_the_truth():
    world = datasets.low_rank(noise=0)
    noise_free = world.truth.ratings(world.user_ids, world.item_ids)
    np.testing.assert_allclose(world.values, np.clip(noise_free, 1, 5), atol=1e-6)
    assert 0.01 < (world.values != noise_free.astype(np.float32)).mean() < 0.15


def test_rounding_is_the_step_of_the_scale():
    half_stars = datasets.low_rank(scale=Scale(0.5, 5, 0.5), seed=2)
    assert set(np.unique(half_stars.values)) <= set(np.arange(0.5, 5.5, 0.5))
    assert len(np.unique(half_stars.values)) > 6
    smooth = datasets.low_rank(scale=Scale(0.5, 5), seed=2)
    assert len(np.unique(smooth.values)) > 1000
    assert abs(half_stars.values - smooth.values).max() <= 0.25 + 1e-6


def test_seeds_and_what_they_share():
    one, same = datasets.low_rank(seed=5), datasets.low_rank(seed=5)
    assert (one.values == same.values).all() and (one.user_ids == same.user_ids).all()
    assert not np.array_equal(one.item_ids, datasets.low_rank(seed=6).item_ids)
    noisier = datasets.low_rank(seed=5, noise=0.8)
    assert (one.item_ids == noisier.item_ids).all()
    assert (one.truth.user_factors == noisier.truth.user_factors).all()
    assert (one.values != noisier.values).any()


def test_popularity_follows_zipf():
    world = datasets.low_rank(2000, 400, density=0.02, popularity=1.0, seed=0)
    counts = np.sort(world.item_counts)[::-1]
    ranks = np.arange(1, 101)
    slope = np.polyfit(np.log(ranks), np.log(counts[:100]), 1)[0]
    assert slope == pytest.approx(-1, abs=0.1)
    even = datasets.low_rank(2000, 400, density=0.02, seed=0).item_counts
    assert even.max() < 2 * even.mean()
    # Popularity belongs to no particular index.
    assert np.argmax(world.item_counts) != 0


@pytest.mark.parametrize(
    ("options", "pairs", "values"),
    [
        ({}, "a6d49fe9773aec05", [3.494651, 2.990017, 1.438261, 4.280530]),
        (
            {"n_users": 70, "n_items": 30, "density": 0.2, "popularity": 1.0, "noise": 0.5,
             "seed": 4},
            "1d0817ed3a056f2f", [4.331748, 3.009051, 3.065841, 4.325901],
        ),
    ],
)  # fmt: skip
def test_missing_at_random_is_what_it_was_before_there_was_a_selection(options, pairs, values):
    world = datasets.low_rank(**options, selection=0)
    ids = [ids.astype("<i4").tobytes() for ids in (world.user_ids, world.item_ids)]
    assert hashlib.sha256(b"".join(ids)).hexdigest()[:16] == pairs
    np.testing.assert_allclose(world.values[:4], values, atol=1e-5)


def test_selection_is_as_strong_as_it_says():
    # So thinly rated that nobody runs out of items: log(share rated) rises by 2 · selection a
    # standard deviation, within an item and between items alike.
    world = datasets.low_rank(2000, 300, 3, density=0.01, noise=0.1, seed=1, selection=0.5)
    z = np.clip(world.truth.block(np.arange(2000), np.arange(300)) - 3, -2, 2)
    rated = np.zeros(z.shape, bool)
    rated[world.user_ids, world.item_ids] = True
    assert rated.sum() == world.n_ratings == 6000
    edges = np.linspace(-1.9, 1.9, 9)
    bins = np.digitize(z, edges)
    share = [rated[bins == b].mean() for b in range(1, len(edges))]
    middles = (edges[1:] + edges[:-1]) / 2
    slope = np.polyfit(middles, np.log(share), 1)[0]
    assert slope == pytest.approx(1.0, abs=0.12)


@pytest.mark.parametrize("popularity", [0.0, 1.0])
def test_the_stronger_the_selection_the_better_what_is_seen(popularity):
    def worlds(selection):
        return datasets.low_rank(
            200, 80, 3, density=0.1, noise=0.3, seed=2, popularity=popularity, selection=selection
        )

    seen = []
    for selection in (0.0, 0.3, 0.6, 1.0):
        world = worlds(selection)
        pairs = world.user_ids.astype(np.int64) * 80 + world.item_ids
        assert len(np.unique(pairs)) == world.n_ratings == 1600
        assert world.user_counts.min() >= 1 and world.item_counts.min() >= 1
        assert (world.truth.user_factors == worlds(0.0).truth.user_factors).all()
        seen.append(world.truth.ratings(world.user_ids, world.item_ids).mean())
    everything = world.truth.block(np.arange(200), np.arange(80)).mean()
    assert seen[0] == pytest.approx(everything, abs=0.15)
    assert (np.diff(seen) > 0.1).all() and seen[-1] > everything + 0.8
    # Noise comes after: the same pairs are rated.
    quiet = datasets.low_rank(
        200, 80, 3, density=0.1, noise=0, seed=2, popularity=popularity, selection=1.0
    )
    assert (quiet.user_ids == world.user_ids).all()
    full = datasets.low_rank(7, 5, density=1.0, selection=1.0)
    assert full.n_ratings == 35


def test_selection_weighs_every_pair_so_that_very_large_worlds_are_refused():
    with pytest.raises(TooLargeError, match="every pair"):
        datasets.low_rank(100_000, 1000, density=0.001, selection=0.1)


def test_a_full_world_and_a_single_cell():
    assert datasets.low_rank(7, 5, density=1.0, popularity=3.0).n_ratings == 35
    assert datasets.low_rank(1, 1, 1, density=1.0, noise=0).values.tolist() == [3.0]


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"n_users": 0}, "at least one user"),
        ({"n_factors": 0}, "at least one factor"),
        ({"density": 0}, "density of 0"),
        ({"density": 1.2}, "density of 1.2"),
        ({"noise": -1}, "standard deviation"),
        ({"popularity": 9}, "between 0 and 5"),
        ({"selection": 1.1}, "between 0 and 1"),
        ({"selection": -0.1}, "between 0 and 1"),
    ],
)
def test_low_rank_refuses_what_has_no_meaning(wrong, says):
    with pytest.raises(SettingsError, match=says):
        datasets.low_rank(**wrong)


def test_checkerboard():
    board = datasets.checkerboard(10, 8, density=0.75, seed=1)
    assert board.n_ratings == 60
    alike = (board.user_ids + board.item_ids) % 2 == 0
    assert (board.values == np.where(alike, 5, 1)).all()
    whole = board.truth.block(np.arange(10), np.arange(8))
    assert (whole == np.where(np.add.outer(range(10), range(8)) % 2 == 0, 5, 1)).all()


def test_article0_sizes():
    world = datasets.article0()
    assert (world.n_users, world.n_items, world.n_ratings) == (100, 50, 3403)
    assert set(np.unique(world.values)) == {1, 2, 3, 4, 5}
    whole = datasets.article0(keep_nonpositive=True)
    assert whole.n_ratings == 3971
    # Another stretch: the lowest kept raw rating is lower.
    both = whole.block(np.arange(100), np.arange(50))[world.user_ids, world.item_ids]
    assert np.isfinite(both).all() and (both != world.values).any()
    assert datasets.article0(seed=1).n_ratings != 3403


def test_article0_follows_the_recipe_with_the_global_generator():
    """The recipe as told, in one go and on NumPy's global generator, gives the same numbers."""
    before = np.random.get_state()
    try:
        np.random.seed(42)
        has = [np.zeros((n, 10)) for n in (100, 50)]
        for table in has:
            for row in range(len(table)):
                table[row, np.random.choice(10, 3, replace=False)] = 1
        raw = has[0].dot(has[1].T) + np.random.normal(0, 0.1, (100, 50))
        np.random.seed(42)
        raw[np.random.rand(100, 50) < 0.2] = 0
    finally:
        np.random.set_state(before)
    users, items = np.where(raw > 0)
    kept = raw[users, items]
    share = (kept - kept.min()) / (kept.max() - kept.min())

    world = datasets.article0()
    assert (world.user_ids == users).all() and (world.item_ids == items).all()
    assert (world.values == np.rint(1 + 4 * share)).all()
    # Before noise and rounding the ratings are what the truth says.
    residual = 1 + 4 * share - world.truth.ratings(users, items)
    assert residual.std() < 0.2


def test_no_global_generator_is_touched():
    np.random.seed(3)
    before = np.random.get_state()[1].copy()
    datasets.article0()
    datasets.low_rank()
    datasets.checkerboard()
    assert (np.random.get_state()[1] == before).all()


@pytest.mark.slow
def test_a_world_of_the_size_of_movielens_10m_is_never_dense():
    """Allocations stay far below the 3 GB of a dense float32 matrix."""
    import tracemalloc

    tracemalloc.start()
    world = datasets.low_rank(
        69_878, 10_677, 10, density=2_000_000 / (69_878 * 10_677), popularity=0.8
    )
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert world.n_ratings == 2_000_000
    assert peak < 400e6
