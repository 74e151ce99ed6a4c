"""Article 3: D2L's biased matrix factorization on MovieLens 100K, on two splits."""

from __future__ import annotations

import pandas as pd

from recsys_core import splits
from recsys_core.models import Model
from recsys_core.ratings import Ratings
from recsys_core.replicas.base import (
    Case,
    Lesson,
    Records,
    Replica,
    Row,
    baseline_row,
    baselines,
    examples_per_second,
    held_out_rmse,
    our_answer,
    train_mse,
)


def network(train: Ratings) -> Model:
    """Its model: biases, no mean, N(0, 0.01²), Adam at 0.002 with weight decay, 20 epochs."""
    from recsys_core.models import NeuralMF

    return NeuralMF(
        n_factors=30, learning_rate=0.002, weight_decay=1e-5, batch_size=512, n_epochs=20,
        biases=True, init_deviation=0.01, center=False, patience=20, standardize=False,
        seed=0,
    )  # fmt: skip


def latest(ratings: Ratings) -> splits.Split:
    """Its real split: each user's latest rating is test, whatever ``test_ratio`` says.

    Of ratings given in the same second it takes the first in the file.
    """
    return splits.last_out(ratings, validation=0, test=1, ties="first")


def at_random(ratings: Ratings) -> splits.Split:
    """The split its arguments seem to ask for."""
    return splits.random(ratings, validation=0, test=0.1, seed=0)


def latest_watched(ratings: Ratings) -> splits.Split:
    """Its test part; a tenth of the rest, at random, watches."""
    return splits.last_out(
        ratings, validation=0.1, test=1, ties="first", validation_from="random", seed=0
    )


def random_watched(ratings: Ratings) -> splits.Split:
    """The same random test part; a tenth watches."""
    return splits.random(ratings, validation=0.1, test=0.1, seed=0)


def two_splits(records: Records) -> pd.DataFrame:
    """The same model on both splits, beside the baselines of each."""
    rows = []
    for key, ours, what in (("latest", "ours_latest", "each user's latest rating"),
                            ("random", "ours_random", "10 % at random")):  # fmt: skip
        o = records[key]
        rows.append({
            "held out": what,
            "test ratings": len(o.held_out),
            "article's model": round(held_out_rmse(o, clip=False), 4),
            "our best": round(held_out_rmse(records[ours]), 4),
            **{name: round(value, 4) for name, value in baselines(o).items()},
        })  # fmt: skip
    return pd.DataFrame(rows)


REPLICA = Replica(
    number=3,
    title="Matrix factorization (Dive into Deep Learning)",
    system="Biased matrix factorization in batches by Adam, on MovieLens 100K",
    settings="k = 30, N(0, 0.01²), Adam 0.002, weight decay 1e-5, batches of 512, 20 epochs",
    summary="Splits are not interchangeable: the same model is at 1.04 on one and 0.91 on another.",
    data=None,
    movielens=("100k",),
    cases=(
        Case("latest", "each user's latest rating held out", network, latest),
        Case("random", "10 % held out at random", network, at_random),
        Case("ours_latest", "our best, latest held out", our_answer, latest_watched, ours=True),
        Case("ours_random", "our best, 10 % held out", our_answer, random_watched, ours=True),
    ),
    rows=(
        Row("train MSE", 0.644, lambda o: train_mse(o["latest"]), None, 3,
            "Theirs is the mean over the last epoch as it ran, ours is measured after it."),
        Row("test RMSE", 1.043, lambda o: held_out_rmse(o["latest"], clip=False),
            lambda o: held_out_rmse(o["ours_latest"]), 3,
            "Its loader holds out each user's latest rating: 943 ratings, and tastes drift."),
        Row("test RMSE, random 90/10", None, lambda o: held_out_rmse(o["random"], clip=False),
            lambda o: held_out_rmse(o["ours_random"]), 3,
            "Its test_ratio = 0.1 has no effect; with it, the same model would have shown this."),
        Row("examples a second", "382,587 on a GPU",
            lambda o: f"{examples_per_second(o['latest']):,.0f} on this CPU",
            lambda o: f"{examples_per_second(o['ours_latest']):,.0f} on this CPU",
            why="Batches gathered by index on one thread; measuring each epoch is included."),
        baseline_row("latest"),
    ),
    lessons=(
        Lesson("Splits are not interchangeable",
               "Nothing but the held-out ratings changes between these rows. Random ratings leak "
               "the future: the model has seen what the same user said the week after.",
               two_splits),
    ),
)  # fmt: skip
