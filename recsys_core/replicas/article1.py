"""Article 1: plain embeddings on MovieLens latest-small, and the test curve it never shows."""

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
    held_out_rmse,
    our_answer,
    rmse_on,
    train_mse,
)

_RAW_ID = (
    "Its predict() looks up the index of user 1 and then passes the raw id: the answer is user "
    "2's. It names no seed, so the digits differ."
)

N_EPOCHS = 128

_PUBLISHED = {"1": 3.6863, "2": 3.1846}  # for user 1, by the film's id


def embeddings(train: Ratings) -> Model:
    """Its model: no biases, no mean, U(0, 0.05) embeddings, Adam at 0.001, 128 epochs."""
    from recsys_core.models import NeuralMF

    return NeuralMF(
        n_factors=8, learning_rate=0.001, weight_decay=0.0, batch_size=128, n_epochs=N_EPOCHS,
        biases=False, init="uniform", init_deviation=0.05, center=False, patience=N_EPOCHS,
        standardize=False, seed=0,
    )  # fmt: skip


def its_split(ratings: Ratings) -> splits.Split:
    """80/20 at random; it names no seed. What it calls test is watched while training, as the
    lesson is that curve, and so is validation to us.
    """
    return splits.random(ratings, validation=0.2, test=0, seed=0)


def our_split(ratings: Ratings) -> splits.Split:
    """The same test part; a ninth of the rest watches, so that test data choose nothing."""
    return splits.random(ratings, validation=0.08, test=0.2, seed=0)


def examples(records: Records) -> pd.DataFrame:
    """Its two predictions: with the raw user id taken for an index, and with the right index."""
    o = records["article"]
    ratings, fitted = o.split.train, o.at(N_EPOCHS)
    rows = []
    for film, published in _PUBLISHED.items():
        user, item = ratings.user_index("1"), ratings.item_index(film)
        wrong = int(ratings.users[user])  # the id 1 used as an index: that is another user
        rows.append({
            "film": ratings.item_names[item],
            "article says": published,
            f"raw id as index (user {ratings.users[wrong]})":
                round(float(fitted.predict([wrong], [item])[0]), 4),
            "right index (user 1)": round(float(fitted.predict([user], [item])[0]), 4),
            "our best (user 1)":
                round(float(records["ours"].fitted.predict([user], [item])[0]), 4),
        })  # fmt: skip
    return pd.DataFrame(rows)


def curve(records: Records) -> pd.DataFrame:
    """Mean squared error by epoch, not clipped: train, which it prints, and test, which not."""
    o = records["article"]
    epochs = range(1, N_EPOCHS + 1)
    parts = {"train MSE": o.split.train, "test MSE": o.held_out}
    return pd.DataFrame(
        {
            name: [rmse_on(o.at(n), part, clip=False) ** 2 for n in epochs]
            for name, part in parts.items()
        },
        index=pd.Index(epochs, name="epoch"),
    )


def overfits_after(records: Records) -> int:
    """The epoch of lowest test error."""
    return int(curve(records)["test MSE"].idxmin())


REPLICA = Replica(
    number=1,
    title="Recommender system using matrix factorisation",
    system="Two embeddings and a dot product, on MovieLens latest-small",
    settings="k = 8, U(0, 0.05), Adam 0.001, batches of 128, 128 epochs, 80/20 split",
    summary="Its training error falls to the end; its test error has long been rising.",
    data=None,
    movielens=("latest-small",),
    cases=(
        Case("article", "as published", embeddings, its_split, keep=range(1, N_EPOCHS + 1)),
        Case("ours", "PMF, early stopping and biases", our_answer, our_split, ours=True),
    ),
    rows=(
        Row("test MSE, last epoch", "printed, no value given",
            lambda o: float(curve(o)["test MSE"].iloc[-1]),
            lambda o: held_out_rmse(o["ours"]) ** 2, 3,
            "Without biases, early stopping or a penalty it memorises; a prior, biases and a "
            "validation part mend that."),
        Row("lowest test MSE", None, lambda o: float(curve(o)["test MSE"].min()), None, 3,
            "It is not shown in the article, and was over long before the training ended."),
        Row("epoch of the lowest test MSE", None, lambda o: str(overfits_after(o)), None,
            why="From here on it overfits."),
        Row("train MSE, last epoch", "printed, no value given",
            lambda o: float(curve(o)["train MSE"].iloc[-1]),
            lambda o: train_mse(o["ours"]), 3,
            "Training error is no result: it is lowest where the test error is worst."),
        Row("user 1, film 1", 3.6863, lambda o: examples(o).iloc[0, 2],
            lambda o: examples(o).iloc[0, 4], 4,
            _RAW_ID),
        Row("user 1, film 2", 3.1846, lambda o: examples(o).iloc[1, 2],
            lambda o: examples(o).iloc[1, 4], 4, _RAW_ID),
        baseline_row("article"),
    ),
    lessons=(
        Lesson("The curve it never shows",
               "Test error is lowest early, then rises while training error goes on falling: the "
               "model learns the training ratings by heart.", curve, curve=True,
               mark_lowest="test MSE"),
        Lesson("A label is not an index",
               "The article encodes ids into indices, and then predicts with the id. Nothing "
               "fails; the number is somebody else's.", examples),
    ),
)  # fmt: skip
