"""Article 3: D2L's biased matrix factorization on MovieLens 100K, on two splits."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
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
    baselines,
    examples_per_second,
    our_answer,
    over_seeds,
    repeated,
)
from recsys_core.text import Text

# Its program clips nothing, and measures after the last epoch; so do all columns here.
TEST, TRAIN = Measure(), Measure("MSE", "train")

SEEDS = 1, 2, 3, 4  # besides 0; it names none


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


def at_random(ratings: Ratings, seed: int = 0) -> splits.Split:
    """The split its arguments seem to ask for."""
    return splits.random(ratings, validation=0, test=0.1, seed=seed)


def latest_watched(ratings: Ratings) -> splits.Split:
    """Its test part; a tenth of the rest, at random, watches."""
    return splits.last_out(
        ratings, validation=0.1, test=1, ties="first", validation_from="random", seed=0
    )


def random_watched(ratings: Ratings) -> splits.Split:
    """The same random test part; a tenth watches."""
    return splits.random(ratings, validation=0.1, test=0.1, seed=0)


# By the digest of a run: it takes a second or two.
_running: dict[str, float] = {}


def running_mse(record: Record) -> float:
    """Compute the train loss that its program prints: mean e² over the last epoch as it ran.

    Each batch's errors are taken before the update by this batch, not clipped. The training is
    repeated, with the same bits, and its last epoch is watched.
    """
    if record.digest not in _running:
        from recsys_core.models.neural import NeuralTrainer

        train = record.split.train
        training = record.experiment.make_model().start(train)
        while training.epoch < training.n_epochs - 1:
            training.advance(math.inf)
        trainer, seen = training.trainer, list[np.ndarray]()
        assert isinstance(trainer, NeuralTrainer)
        hook = trainer.network.register_forward_hook(
            lambda network, pairs, x: seen.append(x.detach().cpu().numpy())
        )
        training.advance(math.inf)
        hook.remove()
        order = trainer.state()["order"].cpu().numpy()
        errors = train.values[order].astype(np.float64) - np.concatenate(seen)
        _running[record.digest] = float(np.mean(errors**2))
    return _running[record.digest]


def score_20_30(record: Record) -> float:
    """Predict for its pair (20, 30), not clipped: its indices are ids minus 1."""
    train = record.split.train
    pair = [train.user_index("21")], [train.item_index("31")]
    return float(record.fitted.predict(*pair, clip=False)[0])


def two_splits(records: Records) -> pd.DataFrame:
    """The same model on both splits, beside the baselines of each; test RMSE, not clipped."""
    rows = []
    for key, ours, what in (("latest", "ours_latest", "each user's latest rating"),
                            ("random", "ours_random", "10 % at random")):  # fmt: skip
        o = records[key]
        rows.append({
            "held out": what,
            "test ratings": len(o.held_out),
            "article's model": over_seeds(records, key, TEST.of),
            "our best": f"{TEST.of(records[ours]):.3f}",
            **{name: f"{value:.3f}" for name, value in baselines(o, TEST).items()},
        })  # fmt: skip
    return pd.DataFrame(rows)


def _seeds(key: str, value: Callable[[Record], float], digits: int = 3) -> Callable[[Records], str]:
    return lambda records: over_seeds(records, key, value, digits)


REPLICA = Replica(
    number=3,
    title="Matrix factorization (Dive into Deep Learning)",
    system=Text("Biased matrix factorization in batches by Adam, on MovieLens 100K"),
    settings=Text("k = 30, N(0, 0.01²), Adam 0.002, weight decay 1e-5, batches of 512, 20 epochs"),
    summary=Text(
        "Splits are not interchangeable: the same model is at 1.04 on one and 0.91 on another."
    ),
    data=None,
    movielens=("100k",),
    cases=(
        *repeated(
            Case("latest", Text("each user's latest rating held out"), network, latest), SEEDS
        ),
        *repeated(
            Case("random", Text("10 % held out at random"), network, at_random), SEEDS, at_random
        ),
        Case(
            "ours_latest", Text("our best, latest held out"), our_answer, latest_watched, ours=True
        ),
        Case("ours_random", Text("our best, 10 % held out"), our_answer, random_watched, ours=True),
    ),
    rows=(
        Row(
            Text("train MSE, mean over the last epoch as it ran, not clipped"),
            0.644,
            _seeds("latest", running_mse),
            None,
            3,
            Text(
                "The same measure: each batch before its own update, so it is the error of "
                "no one model. Five seeds all give more; we do not know why."
            ),
        ),
        Row(
            TRAIN.name,
            None,
            _seeds("latest", TRAIN.of),
            lambda o: TRAIN.of(o["ours_latest"]),
            3,
            Text("Lower than the mean above, since the model goes on learning in the last epoch."),
        ),
        Row(
            TEST.name,
            1.043,
            _seeds("latest", TEST.of),
            lambda o: TEST.of(o["ours_latest"]),
            3,
            Text(
                "Its loader holds out each user's latest rating: 943 ratings, and tastes "
                "drift. Of so few the error is uncertain, too."
            ),
        ),
        Row(
            Text("{measure}, random 90/10", measure=TEST.name),
            None,
            _seeds("random", TEST.of),
            lambda o: TEST.of(o["ours_random"]),
            3,
            Text(
                "Its test_ratio = 0.1 has no effect; with it, the same model would have shown this."
            ),
        ),
        Row(
            Text("score of the pair (20, 30), not clipped"),
            2.7016,
            _seeds("latest", score_20_30, 2),
            lambda o: f"{score_20_30(o['ours_latest']):.2f}",
            4,
            Text(
                "User 21 and film 31, since it counts from 0. It names no seed: the score "
                "of the article is one such draw."
            ),
        ),
        Row(
            Text("examples per second, while training"),
            Text("382,587 on a GPU"),
            lambda o: Text("{speed:,.0f} on this CPU", speed=examples_per_second(o["latest"])),
            lambda o: Text("{speed:,.0f} on this CPU", speed=examples_per_second(o["ours_latest"])),
            why=Text("Batches gathered by index on one thread; measuring each epoch is included."),
        ),
        baseline_row("latest", TEST),
    ),
    lessons=(
        Lesson(
            Text("Splits are not interchangeable"),
            Text(
                "Nothing but the held-out ratings changes between these rows. Random "
                "ratings leak the future: the model has seen what the same user said the "
                "week after."
            ),
            two_splits,
        ),
    ),
)
