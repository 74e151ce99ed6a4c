"""What a user liked of the ratings held out: thresholds, and places in the list by hand."""

import numpy as np

import recsys_core as rc
from recsys_core.asking import held_out


def test_a_model_of_preferences_is_judged_by_the_same_ratings_as_one_of_ratings():
    # The first user's A trains, the rest of the row is held out. The others train: C is rated by
    # three, B by two, E by one, D by nobody, so that Most popular ranks C, B, E, D.
    gap = np.nan
    matrix = np.array([
        [5, 2, 4, 5, gap],
        [gap, 4, 4, gap, 4],
        [gap, 4, 4, gap, gap],
        [gap, gap, 4, gap, gap],
    ])  # fmt: skip
    ratings = rc.Ratings.from_matrix(matrix, scale=rc.Scale(1, 5, 1))
    held = (ratings.user_ids == 0) & (ratings.item_ids > 0)
    popular = rc.MostPopular().fit(ratings.take(~held))
    found = held_out.liked(popular, 0, ratings.take(held))
    assert found["item"].tolist() == [2, 3]  # C and D; the 2 of B is not liked
    assert found["rank"].tolist() == [1, 4]
    assert found["rating"].tolist() == [4, 5]
    # Of counts every one is a choice.
    assert held_out.liked(popular, 0, ratings.take(held), 1)["rank"].tolist() == [1, 2, 4]
