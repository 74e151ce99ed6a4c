"""Article 2: SGD “from scratch” on the music party; its labels, its losses and its other matrix."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd

from recsys_core import datasets, metrics, splits
from recsys_core.models import ALS, SGD, Factored, FittedModel, Model, seen_as
from recsys_core.ratings import Ratings
from recsys_core.replicas.base import (
    Case,
    Lesson,
    Records,
    Replica,
    Row,
    cosine_matrix,
)

LAMBDA = 0.02

# The predicted matrix as the article prints it (rows in the party's order).
PRINTED = np.array([
    [4.169970, 4.057246, 3.667471, 0.710625, 1.712582, 2.772770, 3.595744, 3.018872, 2.391332,
     4.190256, 4.012947, 4.421050],
    [2.686220, 3.310009, 5.080972, 4.519992, 5.051042, 3.952128, 3.291865, 4.718939, 4.862734,
     4.351025, 2.163611, 0.979503],
    [4.838367, 4.918483, 4.106493, 1.043555, 2.023779, 3.012154, 3.992257, 4.059402, 3.200697,
     4.823499, 4.927110, 4.451684],
    [1.994154, 2.523687, 4.894493, 4.974091, 4.904403, 3.989944, 2.998294, 2.253896, 3.132301,
     3.994360, 1.850755, 0.795050],
])  # fmt: skip

# Its similarity table names its rows in this order; its matrix has them in the party's.
ITS_LABELS = ("Ripley", "Darth Vader", "Spock", "Hermione")

_SUM = (
    "A sum over three guests is no rating on a 0–5 scale; divided by the sum of the weights it is."
)

_COMPARED = (
    ("Darth Vader", "Back in Black", 4.057246),
    ("Hermione", "Bohemian Rhapsody", 5.080972),
    ("Ripley", "Don't Stop Believin'", 3.992257),
    ("Spock", "Bohemian Rhapsody", 4.894493),
    ("Darth Vader", "The Imperial March", 4.421050),
)

HERMIONE, BACK_IN_BLACK, BRANDENBURG = 1, 1, 3


def sgd(k: int, rate: float, n_epochs: int) -> Callable[[Ratings], Model]:
    """Its SGD: no biases, no mean, row order, N(0, 1/k²).

    Its gradient carries a factor 2 that its penalty lacks: α (2 e v − λ u) = γ (e v − λ' u) with
    γ = 2α and λ' = λ / 2. It updates V with the U just updated; ours uses the old one, which is
    the gradient.
    """
    return lambda train: SGD(
        n_factors=k, learning_rate=2 * rate, reg=LAMBDA / 2, n_epochs=n_epochs, biases=False,
        shuffle=False, center=False, init_deviation=1 / k, standardize=False, patience=n_epochs,
        seed=0,
    )  # fmt: skip


def without_the_worst(ratings: Ratings) -> splits.Split:
    """The party without the nine cells that its printed predictions miss most."""
    misses = np.abs(PRINTED[ratings.user_ids, ratings.item_ids] - ratings.values)
    worst = np.zeros(len(ratings), dtype=bool)
    worst[np.argsort(misses)[-9:]] = True
    return splits.by_mask(ratings, worst, validation=0)


# --- its two loss functions, and the one it means -------------------------------------------------


def _errors(fitted: FittedModel, ratings: Ratings) -> np.ndarray:
    predicted = fitted.predict(ratings.user_ids, ratings.item_ids, clip=False)
    return (ratings.values - predicted).astype(np.float64)


def _norms(fitted: FittedModel) -> tuple[float, float]:
    found = seen_as(Factored, fitted)
    factors = found.user_factors, found.item_factors
    return tuple(float(np.linalg.norm(f)) for f in factors)  # type: ignore[return-value]


def meant_loss(fitted: FittedModel, ratings: Ratings) -> float:
    """Mean of e² + λ (‖U‖² + ‖V‖²): the formula in its text."""
    u, v = _norms(fitted)
    return float(np.mean(_errors(fitted, ratings) ** 2)) + LAMBDA * (u**2 + v**2)


def summed_loss(fitted: FittedModel, ratings: Ratings) -> float:
    """Its first version: e² are summed, and the mean is taken of that one sum."""
    u, v = _norms(fitted)
    return float(np.mean(np.sum(_errors(fitted, ratings) ** 2))) + LAMBDA * (u**2 + v**2)


def last_pair_loss(fitted: FittedModel, ratings: Ratings) -> float:
    """Its class: each error replaces the last, so only the last pair's e + e² is left; ‖·‖."""
    u, v = _norms(fitted)
    last = _errors(fitted, ratings)[-1]
    return float(last + last**2) + LAMBDA * (u + v)


LOSSES = {
    "as the formula says": meant_loss,
    "sum called a mean": summed_loss,
    "last pair only": last_pair_loss,
}


def loss_curves(records: Records) -> pd.DataFrame:
    """The curve each of its loss functions draws over the same training."""
    o = records["k75"]
    epochs = range(0, 601, 5)
    seen = [o.at(n) for n in epochs]
    columns = {name: [loss(p, o.split.train) for p in seen] for name, loss in LOSSES.items()}
    return pd.DataFrame(columns, index=pd.Index(epochs, name="epoch"))


# --- similarities and recommendations -------------------------------------------------------------


def similarities(records: Records) -> pd.DataFrame:
    """Cosine similarity of its own printed rows, under its labels and under the right ones."""
    right, ours = cosine_matrix(PRINTED), cosine_matrix(_raw_matrix(records))
    guests = records["k75"].split.train.users
    rows = []
    for a in range(4):
        for b in range(a):
            rows.append({
                "its label": f"{ITS_LABELS[a]} – {ITS_LABELS[b]}",
                "right label": f"{guests[a]} – {guests[b]}",
                "its matrix": round(float(right[a, b]), 4),
                "our run (k = 75)": round(float(ours[a, b]), 4),
            })  # fmt: skip
    return pd.DataFrame(rows).sort_values("its matrix", ascending=False, ignore_index=True)


def most_similar_pair(records: Records) -> str:
    """The most similar two of its own matrix, under their right names."""
    best = similarities(records).iloc[0]
    names = " – ".join(sorted(best["right label"].split(" – ")))
    return f"{names} {best['its matrix']:.3f} (its matrix, right labels)"


def _raw_matrix(records: Records, case: str = "k75") -> np.ndarray:
    return records[case].fitted.predict_matrix(clip=False)


def neighbours_say(matrix: np.ndarray, user: int, item: int, divide: bool = True) -> float:
    """Average other users' predictions for an item, weighted by similarity to this user.

    ``matrix`` is (n_users, n_items); without ``divide`` the weighted sum, not divided by Σ weights.
    """
    weights = np.delete(cosine_matrix(matrix)[user], user)
    total = float(weights @ np.delete(matrix[:, item], user))
    return total / float(weights.sum()) if divide else total


def as_published(item: int) -> float:
    """Its score for Hermione: raw sum, with the similarities of the row it calls Hermione."""
    order = [ITS_LABELS.index(guest) for guest in ("Darth Vader", "Hermione", "Ripley", "Spock")]
    mislabelled = cosine_matrix(PRINTED)[np.ix_(order, order)]
    weights = np.delete(mislabelled[HERMIONE], HERMIONE)
    return float(weights @ np.delete(PRINTED[:, item], HERMIONE))


def for_hermione(records: Records) -> pd.DataFrame:
    """Her two unheard songs: its score, the same with right labels, and the weighted mean."""
    rows, ours = [], _raw_matrix(records)
    for item in (BACK_IN_BLACK, BRANDENBURG):
        rows.append({
            "song": records["k75"].split.train.item_names[item],
            "article (sum, wrong labels)": round(as_published(item), 3),
            "its matrix, sum, right labels": round(
                neighbours_say(PRINTED, HERMIONE, item, divide=False), 3),
            "its matrix, weighted mean": round(neighbours_say(PRINTED, HERMIONE, item), 3),
            "our run, weighted mean": round(neighbours_say(ours, HERMIONE, item), 3),
        })  # fmt: skip
    return pd.DataFrame(rows)


# --- the other matrix -----------------------------------------------------------------------------


def miss(matrix: np.ndarray, ratings: Ratings) -> float:
    """Compute the RMSE of a full matrix, (n_users, n_items), on the known cells, not clipped."""
    return metrics.rmse(ratings.values, matrix[ratings.user_ids, ratings.item_ids])


def other_matrix(records: Records) -> pd.DataFrame:
    """Three signs that its outputs come from another matrix than the one it shows."""
    party = records["k5"].split.train
    fewer = records["fewer"].split.train
    return pd.DataFrame([
        {"sign": "first loss, from factors near zero (Σ r² of the shown cells)",
         "article": "596.6", "from the shown matrix": f"{(party.values**2).sum():.0f} at most"},
        {"sign": "RMSE on the known cells, k = 75",
         "article": f"{miss(PRINTED, party):.2f} (its printed predictions)",
         "from the shown matrix": f"{miss(_raw_matrix(records), party):.2f}"},
        {"sign": "RMSE with its nine worst cells taken as unheard",
         "article": f"{miss(PRINTED, fewer):.2f}",
         "from the shown matrix": f"{miss(_raw_matrix(records, 'fewer'), fewer):.2f}"},
    ])  # fmt: skip


def cells(records: Records) -> pd.DataFrame:
    """Its comparison table, cell by cell, not clipped."""
    party = records["k75"].split.train
    matrix, best = _raw_matrix(records), _raw_matrix(records, "ours")
    rows = []
    for user, song, published in _COMPARED:
        u, i = party.user_index(user), party.item_index(song)
        rows.append({"guest": user, "song": song, "rating": float(party.block([u], [i])[0, 0]),
                     "article": round(published, 3), "we get": round(float(matrix[u, i]), 3),
                     "our best": round(float(best[u, i]), 3)})  # fmt: skip
    return pd.DataFrame(rows)


def _cell_row(index: int) -> Row:
    user, song, published = _COMPARED[index]
    return Row(f"{user}, {song}", published, lambda o: cells(o)["we get"].iloc[index],
               lambda o: cells(o)["our best"].iloc[index], 2,
               "Not clipped. The article's numbers come from another matrix than the one it "
               "shows.")  # fmt: skip


def _loss_at(case: str, epoch: int) -> Callable[[Records], float]:
    def value(records: Records) -> float:
        o = records[case]
        return summed_loss(o.at(epoch), o.split.train)

    return value


REPLICA = Replica(
    number=2,
    title="Matrix factorization (Robbie's party)",
    system="SGD from scratch on four guests and twelve songs",
    settings="k = 5, α 0.01, λ 0.02, 1000 epochs; then k = 75, α 0.001, 600 epochs",
    summary="Wrong labels, three loss functions, and results from a matrix it does not show.",
    data=datasets.music_party,
    cases=(
        Case("k5", "walk-through, k = 5", sgd(5, 0.01, 1000), splits.whole, keep=(1, 901)),
        Case("k75", "final model, k = 75", sgd(75, 0.001, 600), splits.whole,
             keep=range(0, 601, 5)),
        Case("fewer", "k = 75 without the nine worst cells", sgd(75, 0.001, 600),
             without_the_worst),
        Case("ours", "ALS with biases", lambda train: ALS(), splits.whole, ours=True),
    ),
    rows=(
        Row("loss after epoch 1, k = 5", 596.59, _loss_at("k5", 1), None, 1,
            "The squares of the shown ratings sum to 507, so no model can start near 596.6 on "
            "them: its outputs come from another matrix."),
        Row("loss after epoch 901, k = 5", 1.771, _loss_at("k5", 901), None, 2,
            "Same recipe, other ratings, another random start. It is a sum, though called a mean."),
        *(_cell_row(index) for index in range(len(_COMPARED))),
        Row("most similar pair", "Ripley – Spock 0.997",
            lambda o: most_similar_pair(o),
            lambda o: similarities(o)["our run (k = 75)"].max().__format__(".3f"),
            why="Its similarity table lists the guests in another order than its matrix: the "
            "fans of rock and marches are Darth Vader and Ripley."),
        Row("Hermione: Back in Black", 9.906,
            lambda o: neighbours_say(_raw_matrix(o), HERMIONE, BACK_IN_BLACK, divide=False),
            lambda o: neighbours_say(_raw_matrix(o), HERMIONE, BACK_IN_BLACK), 2,
            _SUM),
        Row("Hermione: Brandenburg Concerto No. 3", 5.532,
            lambda o: neighbours_say(_raw_matrix(o), HERMIONE, BRANDENBURG, divide=False),
            lambda o: neighbours_say(_raw_matrix(o), HERMIONE, BRANDENBURG), 2, _SUM),
        Row("RMSE on the known cells", None, lambda o: miss(_raw_matrix(o), o["k75"].split.train),
            lambda o: miss(_raw_matrix(o, "ours"), o["k75"].split.train), 2,
            "Training error: there is nothing held out of 39 ratings, and no claim about taste."),
    ),
    lessons=(
        Lesson("Labels travel with the data",
               "Cosine similarity of its own printed rows gives its own table, with other names.",
               similarities),
        Lesson("Three losses over one training",
               "The factors are the same; only what is printed differs. The last curve can fall "
               "below zero error and says nothing about the other 38 ratings.",
               loss_curves, curve=True),
        Lesson("Results from another matrix",
               "Its printed predictions miss the ratings it shows by four times what its recipe "
               "reaches; leave out the nine worst cells, and they agree.", other_matrix),
        Lesson("A sum is not a rating", "Weighted means stay on the scale.", for_hermione),
        Lesson("Its comparison, cell by cell", "Unclipped.", cells),
    ),
)  # fmt: skip
