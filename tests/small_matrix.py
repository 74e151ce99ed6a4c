"""A matrix of two users and three songs, small enough to check by hand."""

import numpy as np

import recsys_core as rc
from recsys_core.asking import matrix_view
from recsys_core.models.factor_model import FactorModel, FoldIn
from recsys_core.ratings import Scale


def small_ratings():
    wide = np.array([[5, 0, 3], [0, 2, 4]], float)
    return rc.Ratings.from_matrix(wide, scale=Scale(1, 5, 1), item_noun="song").replace(
        users=["Ann", "Bo"], items=["x", "y", "z"]
    )


def small_split():
    """(Ann, z) is validation, (Bo, y) is test; (Ann, x) and (Bo, z) train."""
    ratings = small_ratings()
    pairs = list(zip(ratings.user_ids, ratings.item_ids, strict=True))
    test = np.array([p == (1, 1) for p in pairs])
    validation = np.array([p == (0, 2) for p in pairs])
    return rc.splits.by_mask(ratings, test, validation)


def small_block(split):
    return matrix_view.block_of(
        split.train,
        flat(split.train),
        np.array([0, 1]),
        np.array([0, 1, 2]),
        validation=split.validation,
        test=split.test,
    )


def flat(train, user_bias=(0.5, -0.5)):
    """Predicts 3 + user bias everywhere."""
    return FactorModel(
        train=train,
        mean=3.0,
        b_user=np.array(user_bias, np.float32),
        b_item=np.zeros(3, np.float32),
        p=np.zeros((2, 0), np.float32),
        q=np.zeros((3, 0), np.float32),
        link="identity",
        fold=FoldIn(np.ones(1), np.zeros(1)),
    )
