"""Anything trained, immutable: predictions, recommendations, similarity, attribution, fold-in.

Subclasses predict: a factor model (``factor_model.FactorModel``), neighbours, a network. Its
``Capabilities`` say what a model supports; callers check them before calling.
"""

from __future__ import annotations

import dataclasses
from abc import ABC, abstractmethod
from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar, TypeVar

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from recsys_core.errors import RatingsError, SettingsError, TooLargeError
from recsys_core.models.capabilities import Capabilities
from recsys_core.ordering import best_first, key_of
from recsys_core.ratings import Ratings, Scale, Side
from recsys_core.standardized import RATING_UNITS, Unit
from recsys_core.text import Text, later

# A dense block larger than this (400 MB of float32) is refused rather than attempted.
MAX_CELLS = 100_000_000

_PREDICTED_AT_ONCE = 1 << 18

# What parts were called in files saved by earlier versions.
_CALLED_BEFORE = {
    "global_mean": "mean",
    "user_bias": "b_user",
    "item_bias": "b_item",
    "user_factors": "p",
    "item_factors": "q",
}

# Where preferences, which are no ratings, are usually found: 0 no interest, 1 as good as chosen.
_PREFERENCE = Scale(0.0, 1.0)


@dataclass(frozen=True)
class Guest:
    """A user who was not in the training data, found from some ratings by fold-in.

    It can be given in place of a user's index wherever a user is asked for.
    """

    factors: np.ndarray  # float32, (n_factors,)
    bias: float
    item_ids: np.ndarray  # int64, (n,)
    values: np.ndarray  # float64, (n,)

    index: ClassVar[None] = None  # in no row of the matrix
    name: ClassVar[str] = "guest"


@dataclass(frozen=True)
class NewItem:
    """An item that was not in the training data, found from some users' ratings by fold-in.

    It can be given in place of an item's index to ``predict``, ``similar_items`` and
    ``recommend_users``.

    Attributes
    ----------
    row : its numbers, and its ratings, as a guest of the model whose users are the items
        (``FittedModel.mirror``).
    """

    row: Guest

    index: ClassVar[None] = None  # in no column of the matrix
    name: ClassVar[str] = "new item"

    @property
    def factors(self) -> np.ndarray:
        """Its factors, float32, (n_factors,)."""
        return self.row.factors

    @property
    def bias(self) -> float:
        """Its bias."""
        return self.row.bias

    @property
    def user_ids(self) -> np.ndarray:
        """Indices of the users who rated it, int64, (n,)."""
        return self.row.item_ids

    @property
    def values(self) -> np.ndarray:
        """Their ratings, float64, (n,)."""
        return self.row.values


@dataclass(frozen=True)
class TrainedUser:
    """A user of the training data: what a ``Guest`` has, and an index."""

    index: int
    factors: np.ndarray  # float32, (n_factors,)
    bias: np.float32
    train: Ratings

    @property
    def item_ids(self) -> np.ndarray:
        """Indices of the items rated in training, int32, (n,)."""
        return self.train.by_user.row(self.index)[0]

    @property
    def values(self) -> np.ndarray:
        """Those ratings, float32, (n,)."""
        return self.train.by_user.row(self.index)[1]

    @property
    def name(self) -> str:
        """What to call the user."""
        return self.train.axis("user").names[self.index]


# What a model has of one user, known or new: ``FittedModel.row``.
Row = Guest | TrainedUser


@dataclass(frozen=True)
class Attribution:
    """A prediction as a sum over the user's own ratings.

        prediction = start + Σ contributions + rest

    Attributes
    ----------
    start : what the model expects before the user's ratings count.
    prediction : what is predicted for this user, not clipped.
    item_ids, values : the user's ratings, (n,) each.
    contributions : what each rating adds, in rating units, float64, (n,).
    rest : what training adds beyond these ratings: the trained row is not exactly the one that the
        ratings alone give with the items fixed. Rounding alone for guests.
    """

    start: float
    prediction: float
    item_ids: np.ndarray
    values: np.ndarray
    contributions: np.ndarray
    rest: float = 0.0


@dataclass(frozen=True, eq=False)
class FittedModel(ABC):
    """A trained model: predicts, recommends, compares, explains. Immutable: safe to share.

    A subclass is a frozen dataclass of arrays and plain values. It supplies ``_pairs``, ``_block``,
    ``_all_items``, ``_user`` and ``_fold_in``, and the methods that its ``capabilities`` promise.

    Attributes
    ----------
    train : the Ratings it was trained on (labels, scale, and what is already rated).
    unit : what its own numbers are measured in: r̂ = shift + size · x (see ``standardized``).
    capabilities : what its class can be asked; ``has`` : what this one can.
    """

    train: Ratings
    unit: Unit = dataclasses.field(default=RATING_UNITS, kw_only=True)

    capabilities: ClassVar[Capabilities] = Capabilities()

    # In words for people: what ``similar_users`` and ``similar_items`` go by, and what ``start`` of
    # ``attribution`` is.
    similar_by: ClassVar[str] = Text("by factors")
    before_reasons: ClassVar[str] = later("Before these ratings count, the model expects")

    # Subclasses by name, so that a saved model finds its own again.
    kinds: ClassVar[dict[str, type[FittedModel]]] = {}

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        FittedModel.kinds[cls.__name__] = cls

    def __post_init__(self) -> None:
        for part in self.held:
            if isinstance(part, np.ndarray):
                part.setflags(write=False)

    def __deepcopy__(self, memo: dict[int, Any]) -> FittedModel:
        """Itself: checkpoints are copied deeply, and it never changes."""
        return self

    # --- what a kind of model supplies ----------------------------------------------------------

    @abstractmethod
    def _pairs(self, users: np.ndarray, items: np.ndarray) -> np.ndarray:
        """Compute x of pairs of indices, in units of ``unit``, float32, (n,)."""

    def _pairs_at(self, users: np.ndarray, items: np.ndarray, times: np.ndarray) -> np.ndarray:
        """Compute x of pairs at times, (n,); here the same at all times."""
        return self._pairs(users, items)

    @abstractmethod
    def _block(self, users: np.ndarray, items: np.ndarray) -> np.ndarray:
        """Compute x of every one of these users with every one of these items, float32, (n, m)."""

    @abstractmethod
    def _all_items(self, row: Row) -> np.ndarray:
        """Compute x of one user, or guest, with all items, (n_items,)."""

    def _user(self, index: int) -> TrainedUser:
        """Return what is known of a user of the training data; here the ratings alone."""
        return TrainedUser(index, np.empty(0, np.float32), np.float32(0), self.train)

    def _fold_in(self, items: np.ndarray, ratings: np.ndarray) -> Guest:
        """Fold in a new user from valid items, int64, (n,), and ratings, float64, (n,).

        Here without anything found anew, of models that have neither factors nor biases.
        """
        return Guest(np.empty(0, np.float32), 0.0, items, ratings)

    @property
    def mirror(self) -> FittedModel:
        """The same model with users and items exchanged: its guests are new items."""
        raise NotImplementedError

    def _fold_in_item(self, users: np.ndarray, ratings: np.ndarray) -> NewItem:
        """Fold in a new item from valid users, int64, (n,), and ratings, float64, (n,)."""
        return NewItem(self.mirror._fold_in(users, ratings))

    def _all_users(self, item: NewItem) -> np.ndarray:
        """Compute x of all users with a new item, (n_users,)."""
        return self.mirror._all_items(item.row)

    def user_similarity(self, user: int | Guest) -> np.ndarray:
        """Compute the similarity of each user to one, float64, (n_users,); higher: more similar."""
        raise NotImplementedError

    def item_similarity(self, item: int | NewItem) -> np.ndarray:
        """Compute the similarity of each item to one, float64, (n_items,); higher: more similar."""
        raise NotImplementedError

    def attribution(self, user: int | Guest, item: int) -> Attribution:
        """Compute what each of the user's ratings adds to a prediction, in rating units.

        Its ``prediction`` is that of ``predict``, not clipped; what the ratings do not add up to is
        ``rest``.
        """
        found = self._attribution(user, item)
        prediction = float(self.predict(user, item, clip=False)[0])
        rest = prediction - found.start - float(found.contributions.sum())
        return dataclasses.replace(found, prediction=prediction, rest=rest)

    def _attribution(self, user: int | Guest, item: int) -> Attribution:
        """Compute what each rating adds; ``prediction`` is the sum, and ``rest`` is left 0."""
        raise NotImplementedError

    def predict_interval(
        self, user_ids: ArrayLike | Guest, item_ids: ArrayLike, coverage: float = 0.9
    ) -> tuple[np.ndarray, np.ndarray]:
        """Compute intervals that hold the ratings of pairs with probability ``coverage``.

        Returns lower and upper ends, in rating units, (n,) each.
        """
        raise NotImplementedError

    def deviation(self, user_ids: ArrayLike | Guest, item_ids: ArrayLike) -> np.ndarray:
        """Compute the standard deviation of the predictions of pairs, in rating units, (n,)."""
        raise NotImplementedError

    def deviation_matrix(self, user_ids: ArrayLike, item_ids: ArrayLike) -> np.ndarray:
        """Compute ``deviation`` of every pair in a block, (len(user_ids), len(item_ids))."""
        users, items = np.atleast_1d(user_ids), np.atleast_1d(item_ids)
        pairs = np.repeat(users, len(items)), np.tile(items, len(users))
        return self.deviation(*pairs).reshape(len(users), len(items))

    # --- what it is made of ---------------------------------------------------------------------

    def parts(self) -> dict[str, Any]:
        """Return the arrays and plain values that are saved of it, by name; without ``train``."""
        names = [f.name for f in dataclasses.fields(self) if f.name not in ("train", "unit")]
        return {name: getattr(self, name) for name in names} | {"unit": list(self.unit)}

    @classmethod
    def of_parts(cls, train: Ratings, parts: dict[str, Any]) -> FittedModel:
        """Build it from ``train`` and ``parts``."""
        parts = {_CALLED_BEFORE.get(name, name): part for name, part in parts.items()}
        unit = Unit(*parts.get("unit", RATING_UNITS))  # files of earlier versions have none
        return cls(train=train, **{**parts, "unit": unit})

    @cached_property
    def held(self) -> list[Any]:
        """Its own arrays, without those of ``train``; other fitted models may share them."""
        return [part for part in vars(self).values() if isinstance(part, np.ndarray)]

    @cached_property
    def nbytes(self) -> int:
        """Bytes held by its own arrays."""
        return sum(each.nbytes for each in self.held)

    # --- sizes and labels -----------------------------------------------------------------------

    @property
    def n_factors(self) -> int:
        """Number of factors, k; 0 where there are none."""
        return 0

    @property
    def has(self) -> Capabilities:
        """What it supports; a baseline has no factors (k = 0), and so no similarity by them."""
        declared = self.capabilities
        if declared.factors and not self.n_factors:
            return dataclasses.replace(declared, factors=False, similarity=False)
        return declared

    @property
    def n_users(self) -> int:
        """Number of users."""
        return self.train.n_users

    @property
    def n_items(self) -> int:
        """Number of items."""
        return self.train.n_items

    @property
    def users(self) -> list:
        """User labels in index order."""
        return self.train.users

    @property
    def items(self) -> list:
        """Item labels in index order."""
        return self.train.items

    @property
    def scale(self) -> Scale:
        """The scale of the ratings."""
        return self.train.scale

    @property
    def extent(self) -> Scale:
        """Where predictions usually lie: the scale of the ratings, or 0 to 1 for preferences."""
        return self.scale if self.has.ratings else _PREFERENCE

    # --- users and guests -----------------------------------------------------------------------

    def row(self, user: int | Guest) -> Row:
        """Return factors, bias, ratings and name of one user, by index, or of a guest.

        Raises
        ------
        RatingsError
            If there is no user of that index.
        """
        if isinstance(user, Guest):  # the one place where an index is told from a guest
            return user
        return self._user(int(checked([user], self.n_users, "user")[0]))

    def rated_by(self, user: int | Guest) -> tuple[np.ndarray, np.ndarray]:
        """Return the items this user or guest has rated, and the ratings, (n,) each."""
        row = self.row(user)
        return row.item_ids, row.values

    # --- predictions ----------------------------------------------------------------------------

    def score(self, x: np.ndarray) -> np.ndarray:
        """Turn x into ratings, not clipped; any shape and type, kept."""
        if self.unit == RATING_UNITS:
            return x
        return (self.unit.shift + self.unit.size * x.astype(np.float64)).astype(x.dtype)

    def clipped(self, scores: np.ndarray) -> np.ndarray:
        """Clip scores to the scale of the ratings, any shape, kept; preferences have no scale."""
        return self.scale.clip(scores) if self.has.ratings else scores

    def _read(self, x: np.ndarray, clip: bool) -> np.ndarray:
        ratings = self.score(x)
        return self.clipped(ratings) if clip else ratings

    def predict(
        self,
        user_ids: ArrayLike | Guest,
        item_ids: ArrayLike | NewItem,
        clip: bool = True,
        times: ArrayLike | None = None,
    ) -> np.ndarray:
        """Predict ratings of (user, item) pairs, float32, (n,); clipped to the scale by default.

        ``user_ids`` and ``item_ids`` are (n,), or one of them a single index. A Guest in place of
        ``user_ids`` is predicted for all ``item_ids``, a NewItem in place of ``item_ids`` for all
        ``user_ids``. ``times``, seconds since 1970, (n,), say when each rating is given, for a
        model that learned from days (``BayesianPMF(time=True)``); None means each user's latest day
        in training. Other models predict the same at all times.

        Raises
        ------
        RatingsError
            If there is no such user or item, users and items (or times) are not equally many, a
            time is no number, or a guest is asked about a new item.
        """
        return self._read(self._x(user_ids, item_ids, times), clip)

    def _x(
        self,
        user_ids: ArrayLike | Guest,
        item_ids: ArrayLike | NewItem,
        times: ArrayLike | None = None,
    ) -> np.ndarray:
        """The x of pairs, of a guest and items, or of users and a new item, float32, (n,)."""
        if isinstance(item_ids, NewItem):
            if isinstance(user_ids, Guest):
                raise RatingsError(
                    Text(
                        "A guest's rating of a new item is not predicted; ask for users and a new "
                        "item, or for a guest and items."
                    )
                )
            return self._all_users(item_ids)[checked(user_ids, self.n_users, "user")]
        if isinstance(user_ids, Guest):  # has no index to be one of the pairs by
            return self._all_items(user_ids)[checked(item_ids, self.n_items, "item")]
        users = checked(user_ids, self.n_users, "user")
        items = checked(item_ids, self.n_items, "item")
        if users.shape != items.shape and 1 not in (users.size, items.size):
            raise RatingsError(
                Text(
                    "{n_users} users and {n_items} items do not pair up; give equally many.",
                    n_users=users.size,
                    n_items=items.size,
                )
            )
        users, items = np.broadcast_arrays(users, items)
        when = None if times is None else _checked_times(times, users.shape)
        x = np.empty(len(users), np.float32)
        for start in range(0, len(x), _PREDICTED_AT_ONCE):
            here = slice(start, start + _PREDICTED_AT_ONCE)
            if when is None:
                x[here] = self._pairs(users[here], items[here])
            else:
                x[here] = self._pairs_at(users[here], items[here], when[here])
        return x

    def predict_matrix(
        self,
        user_ids: ArrayLike | None = None,
        item_ids: ArrayLike | None = None,
        clip: bool = True,
    ) -> np.ndarray:
        """Predict ratings of every pair in a block, float32, (len(user_ids), len(item_ids)).

        None means all.

        Raises
        ------
        RatingsError
            If there is no such user or item.
        TooLargeError
            If the block has more than ``MAX_CELLS`` cells.
        """
        users = np.arange(self.n_users) if user_ids is None else user_ids
        items = np.arange(self.n_items) if item_ids is None else item_ids
        users = checked(users, self.n_users, "user")
        items = checked(items, self.n_items, "item")
        if len(users) * len(items) > MAX_CELLS:
            raise TooLargeError(
                Text(
                    "A block of {n_users:,} × {n_items:,} predictions is too large; "
                    "ask for at most {most:,} cells at once.",
                    n_users=len(users),
                    n_items=len(items),
                    most=MAX_CELLS,
                )
            )
        return self._read(self._block(users, items), clip)

    def predict_rows(
        self, side: Side, ids: ArrayLike | None = None, others: ArrayLike | None = None
    ) -> np.ndarray:
        """Predict one row for each user (or item), one column for each of the other side.

        Not clipped, float32, (len(ids), len(others)); None means all. See ``predict_matrix``.
        """
        if side == "user":
            return self.predict_matrix(ids, others, clip=False)
        return self.predict_matrix(others, ids, clip=False).T

    # --- recommendations and neighbours ---------------------------------------------------------

    def recommend(
        self, user: int | Guest, n: int = 10, exclude: ArrayLike | None = None
    ) -> pd.DataFrame:
        """Recommend the n items with the highest predictions that this user has not rated.

        Columns: item (index), label, score; best first. ``score`` is the predicted rating, not
        clipped, so that several above the scale keep their order; the order of equal ones is drawn
        (see ``ordering``). ``exclude`` holds further item indices to leave out, (m,).
        """
        row = self.row(user)
        out = [row.item_ids]
        if exclude is not None:
            out.append(checked(exclude, self.n_items, "item"))
        scores = self.score(self._all_items(row)).astype(np.float64)
        scores[np.concatenate(out).astype(np.int64)] = -np.inf
        best = best_first(scores, n, key_of(row.item_ids))
        return self._named("item", best, "score", scores[best])

    def recommend_users(
        self, item: int | NewItem, n: int = 10, exclude: ArrayLike | None = None
    ) -> pd.DataFrame:
        """Find the n users with the highest predictions of an item that they have not rated.

        Columns: user (index), label, score; best first. ``score`` and ``exclude``, user indices,
        as in ``recommend``.
        """
        if isinstance(item, NewItem):
            x, out = self._all_users(item), [item.user_ids]
        else:
            one = checked([item], self.n_items, "item")
            x, out = self._block(np.arange(self.n_users), one)[:, 0], [self._raters(int(one[0]))]
        if exclude is not None:
            out.append(checked(exclude, self.n_users, "user"))
        scores = self.score(x).astype(np.float64)
        scores[np.concatenate(out).astype(np.int64)] = -np.inf
        best = best_first(scores, n, key_of(out[0]))
        return self._named("user", best, "score", scores[best])

    def _raters(self, item: int) -> np.ndarray:
        return self.train.by_item.row(item)[0]

    def similar_users(self, user: int | Guest, n: int = 10) -> pd.DataFrame:
        """Find the n users most similar to this one; for a factor model, by cosine of factors.

        Columns: user (index), label, similarity; best first.
        """
        return self.most_alike("user", user, self.similarity("user", user), n)

    def similar_items(self, item: int | NewItem, n: int = 10) -> pd.DataFrame:
        """Find the n items most similar to this one, an index or a new item.

        Columns: item (index), label, similarity; best first.
        """
        return self.most_alike("item", item, self.similarity("item", item), n)

    def similarity(self, side: Side, of: int | Guest | NewItem) -> np.ndarray:
        """Compute the similarity of each user to a user or guest (or item to item), float64, (n,).

        Raises
        ------
        RatingsError
            If there is no user (or item) of that index.
        """
        if side == "user":
            assert not isinstance(of, NewItem)
            return self.user_similarity(of)
        if isinstance(of, NewItem):
            return self.item_similarity(of)
        return self.item_similarity(int(checked(np.array([of]), self.n_items, "item")[0]))

    def most_alike(
        self, side: Side, of: int | Guest | NewItem, similarity: np.ndarray, n: int
    ) -> pd.DataFrame:
        """Find the n highest similarities, (n_users,) or (n_items,), to one; without itself.

        Columns: index (named after the side), label, similarity; best first.
        """
        found = np.array(similarity)
        if not isinstance(of, Guest | NewItem):  # which are none of those compared
            found[of] = -np.inf
        best = best_first(found, n, self.key(side, of))
        return self._named(side, best, "similarity", found[best])

    def key(self, side: Side, of: int | Guest | NewItem) -> int:
        """Return the key by which equal scores are drawn in lists for one user, guest or item."""
        if isinstance(of, NewItem):
            return key_of(of.user_ids)
        return key_of(np.array([of]) if side == "item" else self.rated_by(of)[0])

    def _named(self, side: Side, ids: np.ndarray, measure: str, values: np.ndarray) -> pd.DataFrame:
        labels = self.train.axis(side).labels
        return pd.DataFrame({side: ids, "label": [labels[i] for i in ids], measure: values})

    # --- fold-in --------------------------------------------------------------------------------

    def fold_in(self, item_ids: ArrayLike, values: ArrayLike) -> Guest:
        """Find factors and bias of a new user from some ratings; the items' stay as trained.

        ``item_ids`` and ``values`` (ratings) are (n,).

        Raises
        ------
        RatingsError
            If there is no such item, items and ratings are not equally many, one is rated
            twice, or a rating is no finite number.
        """
        return self._fold_in(*_rated(item_ids, values, self.n_items, "item", "A guest's"))

    def fold_in_item(self, user_ids: ArrayLike, values: ArrayLike) -> NewItem:
        """Find factors and bias of a new item from some users' ratings; the users' stay as trained.

        The mirror image of ``fold_in``. ``user_ids`` and ``values`` (ratings) are (n,).

        Raises
        ------
        RatingsError
            If there is no such user, users and ratings are not equally many, one rates
            twice, or a rating is no finite number.
        SettingsError
            If the model cannot (``has.new_items``).
        """
        if not self.has.new_items:
            raise SettingsError(Text("This model cannot take in a new item without training."))
        return self._fold_in_item(*_rated(user_ids, values, self.n_users, "user", "A new item's"))


def _rated(
    ids: ArrayLike, values: ArrayLike, size: int, what: Side, whose: str
) -> tuple[np.ndarray, np.ndarray]:
    """Check what a new row was rated by; int64 and float64, (n,) each."""
    found, ratings = checked(ids, size, what), np.asarray(values, dtype=np.float64)
    if len(found) != len(ratings):
        raise RatingsError(
            Text(
                "{n} {what}s but {n_ratings} ratings; give one each.",
                n=len(found),
                what=what,
                n_ratings=len(ratings),
            )
        )
    if not np.isfinite(ratings).all():
        raise RatingsError(
            Text("{whose} ratings must be numbers; leave out what is unrated.", whose=whose)
        )
    several, counts = np.unique(found, return_counts=True)
    if (counts > 1).any():
        raise RatingsError(
            Text(
                "{whose} ratings hold {what} {index} more than once; keep one of them.",
                whose=whose,
                what=what,
                index=int(several[counts > 1][0]),
            )
        )
    return found.copy(), ratings


class Biased(FittedModel):
    """Mean and biases, in the unit they were trained in and in rating units.

    Attributes
    ----------
    mean : μ of the z that x predicts.
    b_user, b_item : the biases as they were trained, float32, (n_users,) and (n_items,). A
        subclass, a dataclass itself, names them among its fields.
    """

    mean: float
    b_user: np.ndarray
    b_item: np.ndarray

    @property
    def global_mean(self) -> float:
        """Global mean μ, in rating units (a logit on a logistic link)."""
        return self.unit.shift + self.unit.size * self.mean

    @property
    def user_bias(self) -> np.ndarray:
        """Biases b_u of the users, float32, (n_users,), in rating units (or logits)."""
        return self.b_user * np.float32(self._size) if self._size != 1 else self.b_user

    @property
    def item_bias(self) -> np.ndarray:
        """Biases b_i of the items, float32, (n_items,), likewise."""
        return self.b_item * np.float32(self._size) if self._size != 1 else self.b_item

    @property
    def _size(self) -> float:
        """What x is multiplied by to be in rating units: s; 1 for logits, which have none."""
        return self.unit.size


class Factored(FittedModel):
    """A fitted model with factors: one vector for each user and each item.

    Attributes
    ----------
    p, q : the factors as they were trained, float32, (n_users, k) and (n_items, k); k may be 0. A
        subclass, a dataclass itself, names them among its fields.
    """

    p: np.ndarray
    q: np.ndarray

    capabilities = Capabilities(factors=True, similarity=True)

    @property
    def n_factors(self) -> int:
        """Number of factors, k."""
        return self.p.shape[1]

    @property
    def user_factors(self) -> np.ndarray:
        """Factors of the users, (n_users, k); products of factors are then in rating units."""
        return self.p * self._root if self._root != 1 else self.p

    @property
    def item_factors(self) -> np.ndarray:
        """Factors of the items, (n_items, k), likewise."""
        return self.q * self._root if self._root != 1 else self.q

    @property
    def _root(self) -> np.float32:
        """What a factor is multiplied by to be in rating units: √s."""
        return np.float32(np.sqrt(self.unit.size))

    def factors_of(self, side: Side) -> np.ndarray:
        """Return the factors of all users or of all items, float32, (n, k)."""
        return self.user_factors if side == "user" else self.item_factors

    def user_similarity(self, user: int | Guest) -> np.ndarray:
        """Compute the cosine of this user's and each user's factors, float64, (n_users,)."""
        return cosine(self.p, self.row(user).factors)

    def item_similarity(self, item: int | NewItem) -> np.ndarray:
        """Compute the cosine of this item's and each item's factors, float64, (n_items,)."""
        return cosine(self.q, item.factors if isinstance(item, NewItem) else self.q[item])


Kind = TypeVar("Kind", bound=FittedModel)


def seen_as(kind: type[Kind], fitted: FittedModel) -> Kind:
    """Return the model itself, as one of class ``kind``, for type checkers.

    Its ``has`` says which class it is (see ``Capabilities``).
    """
    assert isinstance(fitted, kind)
    return fitted


def _checked_times(times: ArrayLike, shape: tuple[int, ...]) -> np.ndarray:
    """Check the times of some pairs, and return them, (n,); one alone is that of all."""
    array = np.asarray(times)
    if array.dtype.kind not in "iuf" or not np.isfinite(array).all():
        raise RatingsError(Text("Times must be numbers: seconds since 1970."))
    if array.size != 1 and array.shape != shape:
        raise RatingsError(
            Text(
                "{n_pairs} pairs but {n_times} times; give one each.",
                n_pairs=shape[0], n_times=array.size,
            )
        )  # fmt: skip
    return np.broadcast_to(array, shape)


def checked(ids: ArrayLike, size: int, what: str) -> np.ndarray:
    """Check indices, and return them as int64, (n,).

    Raises
    ------
    RatingsError
        If they are not whole numbers (labels, for example), or lie outside 0 to size − 1.
    """
    array = np.atleast_1d(np.asarray(ids))
    if array.size == 0:
        return array.astype(np.int64)
    if not np.issubdtype(array.dtype, np.integer):
        raise RatingsError(
            Text(
                "{capitalize}s are given by index, not by label; use {what}_index(label).",
                capitalize=what.capitalize(),
                what=what,
            )
        )
    if array.min() < 0 or array.max() >= size:
        raise RatingsError(
            Text("An index of {what}s lies outside 0–{last}.", what=what, last=size - 1)
        )
    return array.astype(np.int64)


def cosine(rows: np.ndarray, vector: np.ndarray) -> np.ndarray:
    """Compute the cosine between each row, (n_rows, k), and a vector, (k,); float64, (n_rows,).

    0 where the row or the vector is zero.
    """
    lengths = np.linalg.norm(rows, axis=1).astype(np.float64) * float(np.linalg.norm(vector))
    dots = (rows @ vector).astype(np.float64)
    return np.divide(dots, lengths, out=np.zeros_like(dots), where=lengths > 0)
