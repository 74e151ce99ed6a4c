"""Pictures of the data, against counts made by hand."""

import numpy as np
import pandas as pd
import pytest

from recsys_core import Ratings, splits
from recsys_core.figures import data, theme
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
    table = data.spread_table(tiny)
    assert table["rating"].tolist() == [1, 2, 3, 4, 5]
    assert table["ratings"].tolist() == [1, 0, 2, 1, 1]


def test_half_stars_have_ten_bars():
    ratings = Ratings.from_matrix([[0.5, 5.0], [4.5, 4.5]])
    table = data.spread_table(ratings)
    assert len(table) == 10
    assert table.set_index("rating")["ratings"][[0.5, 4.5, 5.0]].tolist() == [1, 2, 1]


def test_a_continuous_scale_is_cut_into_bins_that_lose_nothing():
    values = np.random.default_rng(1).uniform(-3, 7.5, (20, 20))
    ratings = Ratings.from_matrix(values, missing=None, scale=Scale(-3, 7.5))
    assert data.spread_table(ratings)["ratings"].sum() == len(ratings)


def test_all_equal_ratings_still_make_a_histogram():
    ratings = Ratings.from_matrix(np.full((3, 3), 2.5), scale=Scale(2.5, 2.5))
    assert data.spread_table(ratings)["ratings"].sum() == 9


def test_the_tail_falls_and_names_everybody(tiny):
    table = data.tail_table(tiny)
    users, songs = table[table["kind"] == "user"], table[table["kind"] == "song"]
    assert users["ratings"].tolist() == [3, 1, 1]
    assert users["name"].tolist() == ["a", "b", "c"]
    assert songs["ratings"].tolist() == [3, 1, 1]
    assert songs["name"].iloc[0] == "x"


def test_block_shares_count_every_rating_once(large):
    shares, rows, columns = data.block_shares(large)
    cells = np.outer(np.diff(rows), np.diff(columns))
    assert rows[-1] == 200 and columns[-1] == 300
    assert (shares * cells).sum() == pytest.approx(len(large))
    assert 0 <= shares.min() and shares.max() <= 1


def test_blocks_run_from_most_to_least_rated(large):
    shares, rows, _ = data.block_shares(large)
    a_row = shares.mean(axis=1)
    # Against the sorted counts themselves, block by block.
    counts = np.sort(large.user_counts)[::-1]
    wanted = [counts[a:b].mean() / 300 for a, b in zip(rows[:-1], rows[1:], strict=True)]
    np.testing.assert_allclose(a_row, wanted)


@pytest.mark.parametrize("mode", ["light", "dark"])
def test_small_data_show_every_cell_and_outline_what_is_held_out(tiny, mode):
    split = splits.random(tiny, validation=1, test=1, seed=0)
    figure = data.known(split, tiny, mode)
    heatmap = figure.data[0]
    assert np.isfinite(np.array(heatmap.z, dtype=float)).sum() == len(tiny)
    outlines = [t for t in figure.data if t.type == "scatter" and t.mode == "lines"]
    assert len(outlines) == 1
    assert sum(x is None for x in outlines[0].x) == 2  # two rectangles


@pytest.mark.parametrize("mode", ["light", "dark"])
def test_large_data_are_summarised(large, mode):
    split = splits.random(large)
    figure = data.known(split, large, mode)
    assert np.array(figure.data[0].z).size <= 60 * 100
    assert "users" in figure.layout.title.text


@pytest.mark.parametrize("draw", [data.spread, data.tail])
def test_every_figure_has_a_title_axis_names_and_the_theme(tiny, large, draw):
    for ratings in (tiny, large):
        figure = draw(ratings, "dark")
        assert figure.layout.title.text
        assert figure.layout.xaxis.title.text and figure.layout.yaxis.title.text
        assert figure.layout.template.layout.font.color == theme.DARK.ink


def test_the_tail_of_a_large_catalogue_is_drawn_with_few_points():
    n = 5000
    ratings = Ratings(
        np.zeros(n, int), np.arange(n), np.ones(n), ["a"], list(range(n)), Scale(1, 5, 1)
    )
    items = data.tail(ratings, "light").data[1]
    assert len(items.x) <= 300
    assert items.x[0] == 1 and items.x[-1] == n
