"""Lists for people who were not in the training data, from their ratings, a batch at a time.

asked = NewUsers.of(fitted, ratings)
for table in best_of_new_users(fitted, asked, n=10):
    ...
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd

from recsys_core.asking.exports import best_in_pieces, best_table
from recsys_core.models.factor_model import FactorModel
from recsys_core.models.fitted_model import FittedModel
from recsys_core.ordering import best_first, keys_of_users, users_at_once
from recsys_core.ratings import Ratings, label_text
from recsys_core.text import Text

# Users of one batch at most: some hundred thousand lines of a table.
_MOST_AT_ONCE = 10_000


@dataclass(frozen=True, eq=False)
class NewUsers:
    """Ratings of people, in the items of a fitted model.

    Attributes
    ----------
    rated : their ratings of items that the model knows, with the model's items.
    known : the index that each has in the model, −1 where it has none; int64, (n_users,). All −1
        unless they are matched.
    n_known : how many of them the model knows by their label, matched or not.
    n_unknown_items, n_unknown_ratings : items that the model does not know, and their ratings,
        which are left out.
    n_outside : ratings outside the scale of the model's.
    """

    rated: Ratings
    known: np.ndarray
    n_known: int
    n_unknown_items: int
    n_unknown_ratings: int
    n_outside: int

    @classmethod
    def of(cls, fitted: FittedModel, ratings: Ratings, match: bool = False) -> NewUsers:
        """Find items, and users where ``match`` is true, by their labels as text."""
        items = _indices(fitted.items, ratings.items)
        users = _indices(fitted.users, ratings.users)
        here = items[ratings.item_ids] >= 0
        kept, scale = ratings.values[here], fitted.scale
        return cls(
            rated=Ratings(
                ratings.user_ids[here], items[ratings.item_ids[here]], kept, ratings.users,
                fitted.items, scale, item_info=fitted.train.item_info,
                item_noun=fitted.train.item_noun,
            ),
            known=users if match else np.full(len(users), -1),
            n_known=int((users >= 0).sum()),
            n_unknown_items=int((items < 0).sum()),
            n_unknown_ratings=int((~here).sum()),
            n_outside=int(((kept < scale.low) | (kept > scale.high)).sum()),
        )  # fmt: skip

    @property
    def n(self) -> int:
        """Number of people."""
        return self.rated.n_users

    @property
    def n_without(self) -> int:
        """How many have rated nothing that the model knows, and are not matched."""
        return int(((self.rated.user_counts == 0) & (self.known < 0)).sum())

    def remarks(self) -> list[Text]:
        """Say what was matched, folded in and left out."""
        n_matched = int((self.known >= 0).sum())
        said = []
        if n_matched:
            said.append(
                Text("{n:,} user is matched by label: it keeps what was trained, and the file only "
                     "adds what it has rated.",
                     "{n:,} users are matched by label: they keep what was trained, and the file "
                     "only adds what they have rated.", n=n_matched)
            )  # fmt: skip
        n_folded = self.n - n_matched
        if n_folded:
            said.append(
                Text("{n:,} user is folded in from the file alone.",
                     "{n:,} users are folded in from the file alone.", n=n_folded)
            )  # fmt: skip
        if self.n_known and not n_matched:
            said.append(
                Text("The model knows the label of {n:,} of them.",
                     "The model knows the labels of {n:,} of them.", n=self.n_known)
            )  # fmt: skip
        if self.n_unknown_items:
            said.append(
                Text("{n:,} item is not known to the model: {n_ratings:,} ratings of it are left "
                     "out.",
                     "{n:,} items are not known to the model: {n_ratings:,} ratings of them are "
                     "left out.", n=self.n_unknown_items, n_ratings=self.n_unknown_ratings)
            )  # fmt: skip
        if self.n_without:
            said.append(
                Text("{n:,} user has rated nothing that the model knows, and gets what a user "
                     "without ratings would.",
                     "{n:,} users have rated nothing that the model knows, and get what a user "
                     "without ratings would.", n=self.n_without)
            )  # fmt: skip
        if self.n_outside:
            said.append(
                Text("{n:,} rating lies outside the model's scale {scale}: is it the same scale?",
                     "{n:,} ratings lie outside the model's scale {scale}: is it the same scale?",
                     n=self.n_outside, scale=str(self.rated.scale))
            )  # fmt: skip
        return said


def best_of_new_users(fitted: FittedModel, asked: NewUsers, n: int = 10) -> Iterator[pd.DataFrame]:
    """Yield the n best unrated items of each, best first, some people at a time.

    Columns as in ``exports.best_of_each``. Each list is that of ``recommend`` of the person folded
    in, or, of one who is matched, of the user with the rated items excluded as well.
    """
    if isinstance(fitted, FactorModel) and not (asked.known >= 0).any():
        together = fitted.with_guests(asked.rated)
        if together is not None:
            yield from best_in_pieces(together, n)
            return
    at_once = min(users_at_once(fitted.n_items), _MOST_AT_ONCE)
    keys = keys_of_users(fitted.train)
    everything = np.arange(fitted.n_items)
    for start in range(0, asked.n, at_once):
        users = np.arange(start, min(start + at_once, asked.n))
        lists, values = [], []
        for user in users:
            items, ratings = asked.rated.by_user.row(int(user))
            at = int(asked.known[user])
            if at < 0:
                guest = fitted.fold_in(items, ratings)
                scores = fitted.predict(guest, everything, clip=False)
                key = fitted.key("user", guest)
            else:
                scores = fitted.predict(at, everything, clip=False)
                scores[fitted.train.by_user.row(at)[0]] = -np.inf
                key = int(keys[at])
            scores[items] = -np.inf
            best = best_first(scores, n, key)
            lists.append(best)
            values.append(scores[best])
        yield best_table(fitted, asked.rated.users[users[0] : users[-1] + 1], lists, values)


def _indices(known: list, labels: list) -> np.ndarray:
    """The index of each label among those known, as text; −1 where there is none; int64, (n,)."""
    found = {label_text(label): index for index, label in enumerate(known)}
    return np.array([found.get(label_text(label), -1) for label in labels], np.int64)
