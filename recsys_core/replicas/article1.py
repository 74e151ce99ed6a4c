"""Article 1: plain embeddings on MovieLens latest-small, and the test curve it never shows."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import pandas as pd

from recsys_core import splits
from recsys_core.experiments import Record
from recsys_core.models import Model
from recsys_core.ratings import Ratings
from recsys_core.replicas.base import (
    Case,
    Lesson,
    Measure,
    Records,
    Replica,
    Row,
    baseline_row,
    our_answer,
    over_seeds,
    repeated,
)
from recsys_core.text import Text

_RAW_ID = Text(
    "Its predict() looks up the index of user 1 and then passes the raw id: the"
    " answer is user 2's. It names no seed, so the digits differ."
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


# It measures errors that are not clipped; so do all columns here.
TEST, TRAIN = Measure("MSE"), Measure("MSE", "train")
LOWEST = Measure("MSE", model="lowest of all epochs, seed 0")


def its_split(ratings: Ratings, seed: int = 0) -> splits.Split:
    """80/20 at random; it names no seed. What it calls test is watched while training, as the
    lesson is that curve, and so is validation to us.
    """
    return splits.random(ratings, validation=0.2, test=0, seed=seed)


def our_split(ratings: Ratings) -> splits.Split:
    """The same test part; a ninth of the rest watches, so that test data choose nothing."""
    return splits.random(ratings, validation=0.08, test=0.2, seed=0)


def asked(record: Record, film: str, raw: bool = True) -> float:
    """Predict for user 1 and a film, not clipped; ``raw``: with the id 1 taken for an index.

    The index 1 is that of another user: of the second one.
    """
    ratings = record.split.train
    user, item = 1 if raw else ratings.user_index("1"), ratings.item_index(film)
    fitted = record.at(N_EPOCHS) if N_EPOCHS in record.snapshots else record.fitted
    return float(fitted.predict([user], [item], clip=False)[0])


def examples(records: Records) -> pd.DataFrame:
    """Its two predictions: with the raw user id taken for an index, and with the right index."""
    ratings = records["article"].split.train
    rows = []
    for film, published in _PUBLISHED.items():
        raw, right = partial(asked, film=film), partial(asked, film=film, raw=False)
        rows.append({
            "film": ratings.item_names[ratings.item_index(film)],
            "article says": f"{published:.4f}",
            f"raw id as index (user {ratings.users[1]})": over_seeds(records, "article", raw, 2),
            "right index (user 1)": over_seeds(records, "article", right, 2),
            "our best (user 1)": f"{right(records['ours']):.2f}",
        })  # fmt: skip
    return pd.DataFrame(rows)


def curve(records: Records) -> pd.DataFrame:
    """Mean squared error by epoch, not clipped: train, which it prints, and test, which not.

    Of the epochs whose models are still kept: a server short of memory lets some go.
    """
    o = records["article"]
    epochs = sorted(epoch for epoch in o.snapshots if epoch)
    return pd.DataFrame(
        {f"{m.part} {m.metric}": [m.of(o, epoch) for epoch in epochs] for m in (TRAIN, TEST)},
        index=pd.Index(epochs, name="epoch"),
    )


def overfits_after(records: Records) -> int:
    """The epoch of lowest test error."""
    return int(curve(records)["test MSE"].idxmin())


def _of_final(measure: Measure) -> Callable[[Records], str]:
    def value(records: Records) -> str:
        return over_seeds(records, "article", lambda o: measure.of(o, N_EPOCHS))

    return value


def _example_row(film: str) -> Row:
    return Row(
        Text("user 1, film {film}, not clipped", film=film), _PUBLISHED[film],
        lambda o: over_seeds(o, "article", lambda record: asked(record, film), 2),
        lambda o: Text("{score:.2f} (right index)", score=asked(o["ours"], film, raw=False)), 4,
        _RAW_ID,
    )  # fmt: skip


REPLICA = Replica(
    number=1,
    title="Recommender system using matrix factorisation",
    system=Text("Two embeddings and a dot product, on MovieLens latest-small"),
    settings=Text("k = 8, U(0, 0.05), Adam 0.001, batches of 128, 128 epochs, 80/20 split"),
    summary=Text("Its training error falls to the end; its test error has long been rising."),
    data=None,
    movielens=("latest-small",),
    cases=(
        *repeated(
            Case(
                "article", Text("as published"), embeddings, its_split, keep=range(1, N_EPOCHS + 1)
            ),
            seeds=(1, 2),
            split=its_split,
            keep=(N_EPOCHS,),
        ),
        Case("ours", Text("PMF, early stopping and biases"), our_answer, our_split, ours=True),
    ),
    rows=(
        Row(
            TEST.name,
            Text("printed, no value given"),
            _of_final(TEST),
            lambda o: TEST.of(o["ours"]),
            3,
            Text(
                "Without biases, early stopping or a penalty it memorises; a prior, biases "
                "and a validation part mend that."
            ),
        ),
        Row(
            LOWEST.name,
            None,
            lambda o: float(curve(o)["test MSE"].min()),
            None,
            3,
            Text("It is not shown in the article, and was over long before the training ended."),
        ),
        Row(
            Text("epoch of that lowest test MSE"),
            None,
            lambda o: str(overfits_after(o)),
            None,
            why=Text("From here on it overfits."),
        ),
        Row(
            TRAIN.name,
            Text("printed, no value given"),
            _of_final(TRAIN),
            lambda o: TRAIN.of(o["ours"]),
            3,
            Text("Training error is no result: it is lowest where the test error is worst."),
        ),
        _example_row("1"),
        _example_row("2"),
        baseline_row("article", TEST),
    ),
    lessons=(
        Lesson(
            Text("The curve it never shows"),
            Text(
                "Test error is lowest early, then rises while training error goes on "
                "falling: the model learns the training ratings by heart. The axis ends at "
                "2; the first epochs lie above it."
            ),
            curve,
            curve=True,
            mark_lowest="test MSE",
            between=(0.0, 2.0),
        ),
        Lesson(
            Text("A label is not an index"),
            Text(
                "The article encodes ids into indices, and then predicts with the id. "
                "Nothing fails; the number is somebody else's."
            ),
            examples,
        ),
    ),
)
