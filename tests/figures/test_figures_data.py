"""Pictures of the data, against counts made by hand."""

import numpy as np
import pandas as pd
import plotly.graph_objects as go
import pytest

from recsys_core import Ratings, splits
from recsys_core.figures import histogram, plain, rating_counts, sparsity_pattern, theme
from recsys_core.ratings import Scale


@pytest.fixture
def tiny() -> Ratings:
    frame = pd.DataFrame(
        {
            "user": ["a", "a", "a", "b", "c"],
            "item": ["x", "y", "z", "x", "x"],
            "rating": [5, 3, 3, 1, 4],
        }
    )
    return Ratings.from_frame(frame, scale=Scale(1, 5, 1), item_noun="song")


@pytest.fixture
def large() -> Ratings:
    generator = np.random.default_rng(0)
    popular = generator.random(200)[:, None] * generator.random(300)[None, :]
    return Ratings.from_matrix(
        np.where(generator.random((200, 300)) < popular, generator.integers(1, 6, (200, 300)), 0)
    )


def test_every_possible_rating_has_a_bar_even_an_empty_one(tiny):
    table = histogram.table(tiny)
    assert table["rating"].tolist() == [1, 2, 3, 4, 5]
    assert table["ratings"].tolist() == [1, 0, 2, 1, 1]


def test_half_stars_have_ten_bars():
    ratings = Ratings.from_matrix([[0.5, 5.0], [4.5, 4.5]])
    table = histogram.table(ratings)
    assert len(table) == 10
    assert table.set_index("rating")["ratings"][[0.5, 4.5, 5.0]].tolist() == [1, 2, 1]


def test_a_continuous_scale_is_cut_into_bins_that_lose_nothing():
    values = np.random.default_rng(1).uniform(-3, 7.5, (20, 20))
    ratings = Ratings.from_matrix(values, missing=None, scale=Scale(-3, 7.5))
    assert histogram.table(ratings)["ratings"].sum() == len(ratings)


def test_all_equal_ratings_still_make_a_histogram():
    ratings = Ratings.from_matrix(np.full((3, 3), 2.5), scale=Scale(2.5, 2.5))
    assert histogram.table(ratings)["ratings"].sum() == 9


def test_the_tail_falls_and_names_everybody(tiny):
    table = rating_counts.table(tiny)
    users, songs = table[table["kind"] == "user"], table[table["kind"] == "song"]
    assert users["ratings"].tolist() == [3, 1, 1]
    assert users["name"].tolist() == ["a", "b", "c"]
    assert songs["ratings"].tolist() == [3, 1, 1]
    assert songs["name"].iloc[0] == "x"


def test_block_shares_count_every_rating_once(large):
    shares, rows, columns = sparsity_pattern.block_shares(large)
    cells = np.outer(np.diff(rows), np.diff(columns))
    assert rows[-1] == 200 and columns[-1] == 300
    assert (shares * cells).sum() == pytest.approx(len(large))
    assert 0 <= shares.min() and shares.max() <= 1


def test_blocks_run_from_most_to_least_rated(large):
    shares, rows, columns = sparsity_pattern.block_shares(large)
    a_row = np.average(shares, axis=1, weights=np.diff(columns))
    # Against the sorted counts themselves, block by block.
    counts = np.sort(large.user_counts)[::-1]
    wanted = [counts[a:b].mean() / 300 for a, b in zip(rows[:-1], rows[1:], strict=True)]
    np.testing.assert_allclose(a_row, wanted)


def test_small_data_show_every_cell_with_its_part(tiny):
    assert sparsity_pattern.is_small(tiny)
    split = splits.random(tiny, validation=1, test=1, seed=0)
    part = sparsity_pattern.cells(split)
    assert np.isfinite(part.observed).sum() == len(tiny)
    assert part.held_out.sum() == 2


@pytest.mark.parametrize("mode", ["light", "dark"])
def test_large_data_are_summarised(large, mode):
    assert not sparsity_pattern.is_small(large)
    figure = go.Figure(sparsity_pattern.figure(large, mode))
    shares = np.array(figure.data[0].z)
    assert shares.size <= 100 * 160
    assert figure.data[0].zmax == pytest.approx(shares.max())
    assert "2 users × 2 items" in figure.layout.title.text.replace("\u00a0", " ")


@pytest.mark.parametrize("draw", [histogram.figure, rating_counts.figure])
def test_every_figure_has_a_title_axis_names_and_the_theme(tiny, large, draw):
    for ratings in (tiny, large):
        figure = go.Figure(draw(ratings, "dark"))
        assert figure.layout.title.text
        assert figure.layout.xaxis.title.text and figure.layout.yaxis.title.text
        assert figure.layout.template.layout.font.color == theme.DARK.ink


def test_middling_data_show_every_rating_most_rated_first():
    values = np.random.default_rng(2).integers(0, 6, (90, 50))
    ratings = Ratings.from_matrix(values)
    drawn = np.array(go.Figure(sparsity_pattern.figure(ratings, "light")).data[0].z, dtype=float)
    assert np.isfinite(drawn).sum() == len(ratings)
    assert sparsity_pattern.alt(ratings).startswith("Every rating; users by items")
    for axis in (0, 1):
        counts = np.isfinite(drawn).sum(axis=axis)
        assert (np.diff(counts) <= 0).all()


def test_the_table_of_blocks_is_the_picture(large):
    assert sparsity_pattern.alt(large).startswith("Share of cells rated, in blocks")
    table = sparsity_pattern.table(large)
    figure = go.Figure(sparsity_pattern.figure(large, "light"))
    np.testing.assert_allclose(table, figure.data[0].z, atol=1e-3)


def test_the_tail_of_a_large_catalogue_is_drawn_with_few_points():
    n = 5000
    ratings = Ratings(
        np.zeros(n, int), np.arange(n), np.ones(n), ["a"], list(range(n)), Scale(1, 5, 1)
    )
    items = go.Figure(rating_counts.figure(ratings, "light")).data[1]
    assert len(items.x) <= 300
    assert items.x[0] == 1 and items.x[-1] == n


def test_long_names_do_not_make_a_picture_large():
    ratings = Ratings.from_matrix(1.0 + np.arange(60 * 60).reshape(60, 60) % 5)
    ratings = ratings.replace(
        users=[f"{at:02d}{'u' * 198}" for at in range(60)],
        items=[f"{at:02d}{'i' * 198}" for at in range(60)],
    )
    assert len(plain.to_json(theme.dress(sparsity_pattern.figure(ratings, "light"), "light"))) < 6e5
