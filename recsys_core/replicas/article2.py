"""Article 2: SGD “from scratch” on the music party; its labels, its losses and its other matrix."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd

from recsys_core import datasets, metrics, splits
from recsys_core.errors import MissingRunError
from recsys_core.experiments import Record
from recsys_core.figures import cell_matrix
from recsys_core.figures.plain import Figure
from recsys_core.figures.theme import Mode
from recsys_core.models import ALS, SGD, Factored, FittedModel, Model, seen_as
from recsys_core.ratings import Ratings
from recsys_core.replicas.base import (
    Case,
    Lesson,
    Records,
    Replica,
    Row,
    cosine_matrix,
    over_seeds,
    repeated,
)
from recsys_core.text import Text

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

_SUM = Text(
    "A sum over three guests is no rating on a 0–5 scale; divided by the sum of the weights it is."
)

_SCALER = Text(
    "Its scaler would send nine of the shown ratings to 0, its mark for "
    "unheard. Without these nine the model nearly meets what it prints: see the"
    " evidence."
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
    γ = 2α and λ' = λ / 2. It updates V_j by the U_i just updated (``in_turn``), where the gradient
    has the old one.
    """
    return lambda train: SGD(
        n_factors=k, learning_rate=2 * rate, reg=LAMBDA / 2, n_epochs=n_epochs, biases=False,
        shuffle=False, center=False, init_deviation=1 / k, standardize=False, patience=n_epochs,
        in_turn=True, seed=0,
    )  # fmt: skip


def scaled_to_zero(ratings: Ratings) -> np.ndarray:
    """Tell which ratings its MinMaxScaler would send to 0, its mark for unheard; bool, (n,).

        scaled = 5 (x − min) / (max − min)        min and max of each column, of a song

    It is fitted to the matrix with 0 for unheard, so that the minimum of a song that somebody has
    not heard is 0 already: only songs that all have heard lose their lowest rating.
    """
    lowest = _as_printed(ratings).min(axis=0)
    return ratings.values == lowest[ratings.item_ids]


def without_scaled_to_zero(ratings: Ratings) -> splits.Split:
    """The party without the ratings that its scaler would send to 0; nothing else is scaled."""
    return splits.by_mask(ratings, scaled_to_zero(ratings), validation=0)


def _as_printed(ratings: Ratings) -> np.ndarray:
    """The matrix as the article has it, 0 for unheard, (n_users, n_items)."""
    matrix = np.zeros((ratings.n_users, ratings.n_items))
    matrix[ratings.user_ids, ratings.item_ids] = ratings.values
    return matrix


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
    epochs = sorted(o.snapshots)
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


def most_similar_pair(records: Records, case: str = "k75") -> str:
    """Name the most similar two guests of a run's predicted matrix, and their similarity."""
    alike = np.triu(cosine_matrix(_raw_matrix(records, case)), 1)
    one, other = np.unravel_index(alike.argmax(), alike.shape)
    guests = records[case].split.train.users
    return f"{guests[one]} – {guests[other]} {alike[one, other]:.3f}"


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


def to_printed(matrix: np.ndarray) -> float:
    """Compute the RMSE between a predicted matrix, (4, 12), and the 48 cells that it prints."""
    return metrics.rmse(PRINTED.ravel(), matrix.ravel())


def _of_run(value: Callable[[np.ndarray], float]) -> Callable[[Record], float]:
    return lambda record: value(record.fitted.predict_matrix(clip=False))


def other_matrix(records: Records) -> pd.DataFrame:
    """Signs that its outputs come from another matrix than the one it shows."""
    party = records["k5"].split.train
    return pd.DataFrame([
        {"sign": "first loss, from factors near zero (Σ r² of the shown cells)",
         "article": "596.6", "from the shown matrix": f"{(party.values**2).sum():.0f} at most"},
        {"sign": "RMSE on the known cells, k = 75", "article": f"{miss(PRINTED, party):.2f}",
         "from the shown matrix":
             over_seeds(records, "k75", _of_run(lambda m: miss(m, party)), 2)},
    ])  # fmt: skip


def _trained_on(ratings: Ratings) -> np.ndarray:
    """What its final model predicts, trained on other ratings, not clipped, (4, 12)."""
    return sgd(75, 0.001, 600)(ratings).fit(ratings).predict_matrix(clip=False)


def scaler(records: Records) -> pd.DataFrame:
    """How close to its 48 printed cells one comes from several matrices."""
    party = records["k75"].split.train
    shown, lost = _as_printed(party), scaled_to_zero(party)
    low, high = shown.min(axis=0), shown.max(axis=0)
    scaled = Ratings.from_matrix(5 * (shown - low) / (high - low), missing=0, scale=party.scale)
    rng, draws = np.random.default_rng(0), []
    for _ in range(20):  # as many others, for comparison
        others = rng.permutation(np.flatnonzero(~lost))[: lost.sum()]
        draws.append(to_printed(_trained_on(party.take(~np.isin(np.arange(len(party)), others)))))
    rows = {
        "as shown": over_seeds(records, "k75", _of_run(to_printed)),
        "wholly scaled by its MinMaxScaler": f"{to_printed(_trained_on(scaled)):.3f}",
        "nine other known cells unheard, 20 draws": f"{min(draws):.3f} at best",
        "the nine that the scaler sends to 0 unheard, nothing else scaled":
            over_seeds(records, "nine", _of_run(to_printed)),
    }  # fmt: skip
    return pd.DataFrame({"trained on": rows.keys(), "RMSE to its 48 printed cells": rows.values()})


def scaler_picture(records: Records, mode: Mode) -> Figure:
    """Printed prediction minus shown rating, cell by cell; those that the scaler zeroes ringed."""
    party = records["k75"].split.train
    shown, lost = _as_printed(party), scaled_to_zero(party)
    ringed = np.zeros(shown.shape, dtype=bool)
    ringed[party.user_ids[lost], party.item_ids[lost]] = True
    return cell_matrix.figure(
        np.where(shown > 0, PRINTED - shown, np.nan), list(party.users), party.item_names,
        "Printed predictions minus shown ratings", mode, ringed,
        ring="its scaler sends this rating to 0",
    )  # fmt: skip


def rmse_on_training(record: Record) -> float:
    """RMSE of a run on its own training ratings, not clipped."""
    return miss(record.fitted.predict_matrix(clip=False), record.split.train)


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

    def predicted(record: Record) -> float:
        party = record.split.train
        pair = [party.user_index(user)], [party.item_index(song)]
        return float(record.fitted.predict(*pair, clip=False)[0])

    return Row(f"{user}, {song}", published, lambda o: over_seeds(o, "k75", predicted, 2),
               lambda o: predicted(o["ours"]), 2,
               Text("Not clipped. The article's numbers come from another matrix than the one it "
                    "shows."))  # fmt: skip


def _loss_at(case: str, epoch: int, digits: int) -> Callable[[Records], str]:
    def value(record: Record) -> float:
        return summed_loss(record.at(epoch), record.split.train)

    def said(records: Records) -> str:
        try:
            return over_seeds(records, case, value, digits)
        except MissingRunError:
            over_seeds(records, case, lambda *_: 0.0, digits)  # raises where there is no run at all
            return Text("not kept; run it again")  # a server short of memory lets epochs go

    return said


def _sum_row(song: int, name: str, published: float) -> Row:
    def summed(matrix: np.ndarray) -> float:
        return neighbours_say(matrix, HERMIONE, song, divide=False)

    return Row(
        Text("Hermione: {name}, similarity-weighted sum", name=name), published,
        lambda o: over_seeds(o, "k75", _of_run(summed), 2),
        lambda o: Text(
            "{score:.2f} (weighted mean)",
            score=neighbours_say(_raw_matrix(o, "ours"), HERMIONE, song),
        ),
        2, _SUM,
    )  # fmt: skip


SEEDS = 1, 2, 3, 4  # besides 0; it names none

REPLICA = Replica(
    number=2,
    title="Matrix factorization (Robbie's party)",
    system=Text("SGD from scratch on four guests and twelve songs"),
    settings=Text("k = 5, α 0.01, λ 0.02, 1000 epochs; then k = 75, α 0.001, 600 epochs"),
    summary=Text("Wrong labels, three loss functions, and results from a matrix it does not show."),
    data=datasets.music_party,
    cases=(
        *repeated(
            Case(
                "k5", Text("walk-through, k = 5"), sgd(5, 0.01, 1000), splits.whole, keep=(1, 901)
            ),
            SEEDS,
            keep=(1, 901),
        ),
        *repeated(
            Case(
                "k75",
                Text("final model, k = 75"),
                sgd(75, 0.001, 600),
                splits.whole,
                keep=range(0, 601, 5),
            ),
            SEEDS,
        ),
        *repeated(
            Case(
                "nine",
                Text("k = 75, nine ratings unheard"),
                sgd(75, 0.001, 600),
                without_scaled_to_zero,
            ),
            SEEDS,
        ),
        Case("ours", Text("ALS with biases"), lambda train: ALS(), splits.whole, ours=True),
    ),
    rows=(
        Row(
            Text("loss after epoch 1, k = 5"),
            596.59,
            _loss_at("k5", 1, 1),
            None,
            1,
            Text(
                "The squares of the shown ratings sum to 507, so no model can start near "
                "596.6 on them: its outputs come from another matrix."
            ),
        ),
        Row(
            Text("loss after epoch 901, k = 5"),
            1.771,
            _loss_at("k5", 901, 2),
            None,
            2,
            Text(
                "Same recipe, other ratings, another random start. It is a sum, though "
                "called a mean."
            ),
        ),
        *(_cell_row(index) for index in range(len(_COMPARED))),
        Row(
            Text("RMSE to its 48 printed cells, from the ratings it shows"),
            None,
            lambda o: over_seeds(o, "k75", _of_run(to_printed)),
            None,
            3,
            _SCALER,
        ),
        Row(
            Text("the same, nine ratings taken as unheard"),
            None,
            lambda o: over_seeds(o, "nine", _of_run(to_printed)),
            None,
            3,
            _SCALER,
        ),
        Row(
            Text("most similar pair"),
            Text("Ripley – Spock 0.997"),
            most_similar_pair,
            lambda o: most_similar_pair(o, "ours"),
            why=Text(
                "Its similarity table lists the guests in another order than its matrix: "
                "the 0.997 of its matrix is that of Darth Vader and Ripley, the fans of "
                "rock and marches."
            ),
        ),
        _sum_row(BACK_IN_BLACK, "Back in Black", 9.906),
        _sum_row(BRANDENBURG, "Brandenburg Concerto No. 3", 5.532),
        Row(
            Text("train RMSE, final model, not clipped"),
            None,
            lambda o: over_seeds(o, "k75", rmse_on_training, 2),
            lambda o: rmse_on_training(o["ours"]),
            2,
            Text("There is nothing held out of 39 ratings, and no claim about taste."),
        ),
    ),
    lessons=(
        Lesson(
            Text("Nine ratings that its scaler makes unheard"),
            Text(
                "It fits a MinMaxScaler to each song, and then trains on the ratings as "
                "they were. That scaler would send the nine ringed ratings to 0, which "
                "means unheard: the lowest of each song that all have heard. They are the "
                "nine that its predictions miss most. Trained without these nine, and with "
                "nothing else scaled, our model comes close to all of its 48 printed "
                "numbers. This is strong evidence that scaled zeros were used, and no "
                "proof: it does not explain a first loss of 596.6."
            ),
            scaler,
            picture=scaler_picture,
        ),
        Lesson(
            Text("Labels travel with the data"),
            Text(
                "Cosine similarity of its own printed rows gives its own table, with other names."
            ),
            similarities,
        ),
        Lesson(
            Text("Three losses over one training"),
            Text(
                "The factors are the same; only what is printed differs, so each has its "
                "own axis. The last curve can fall below zero error and says nothing about "
                "the other 38 ratings."
            ),
            loss_curves,
            curve=True,
            panels=True,
        ),
        Lesson(
            Text("Results from another matrix"),
            Text(
                "Its printed predictions miss the ratings it shows by four times what its "
                "recipe reaches."
            ),
            other_matrix,
        ),
        Lesson(
            Text("A sum is not a rating"), Text("Weighted means stay on the scale."), for_hermione
        ),
        Lesson(Text("Its comparison, cell by cell"), Text("Unclipped, seed 0."), cells),
    ),
)
