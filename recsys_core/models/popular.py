"""Most popular: the baseline of lists, the same for everybody.

>>> import recsys_core as rc
>>> party = rc.datasets.music_party()
>>> popular = rc.MostPopular().fit(party)
>>> best = popular.recommend(party.user_index("Spock"), n=1)
>>> party.item_names[int(best["item"][0])], float(best["score"][0])
('The Imperial March', 0.75)
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from recsys_core.models.base import Model
from recsys_core.models.capabilities import Capabilities
from recsys_core.models.fitted_model import Attribution, FittedModel, Guest, Row
from recsys_core.models.registry import MODELS
from recsys_core.ratings import Ratings
from recsys_core.text import Text, later


@MODELS.register
@dataclasses.dataclass
class MostPopular(Model):
    """Scores an item by how many users rated it in training: x_ui = n_i / n_users.

    How well they rated it does not count. A list of what most people choose is what every list has
    to beat; it predicts no ratings.
    """

    title = Text("Most popular")
    summary = Text("The items that most people rated, for everyone; gives lists, no ratings.")
    is_baseline = True
    standardizes = False
    has_epochs = False

    seed: int = 0  # nothing is drawn; taken so that every model is made alike, no control in forms

    @classmethod
    def defaults(cls, ratings: Ratings) -> dict[str, Any]:
        """Nothing to choose."""
        return {}

    def _trainer(self, train: Ratings, settings: dict[str, Any]) -> PopularTrainer:
        return PopularTrainer(train)


@dataclass(frozen=True, eq=False)
class Popularity(FittedModel):
    """Fitted popularity: the share of users who rated each item.

    Attributes
    ----------
    shares : n_i / n_users, float32, (n_items,).
    """

    shares: np.ndarray

    capabilities = Capabilities(ratings=False, reasons=True)
    before_reasons: ClassVar[str] = later("Of anybody, whatever they rated, the model expects")

    def _pairs(self, users: np.ndarray, items: np.ndarray) -> np.ndarray:
        return self.shares[items]

    def _block(self, users: np.ndarray, items: np.ndarray) -> np.ndarray:
        return np.tile(self.shares[items], (len(users), 1))

    def _all_items(self, row: Row) -> np.ndarray:
        return self.shares.copy()

    def _attribution(self, user: int | Guest, item: int) -> Attribution:
        """Return the share alone: no rating of the user adds anything, and none is listed."""
        share, none = float(self.shares[item]), np.zeros(0)
        return Attribution(share, share, np.zeros(0, np.int64), none, none)


class PopularTrainer:
    """There is nothing to train: the counts are there at once."""

    n_steps = n_scheduled = 0
    has_ratings = Popularity.capabilities.ratings

    def __init__(self, train: Ratings) -> None:
        self.train = train
        self._fitted = Popularity(train, (train.item_counts / train.n_users).astype(np.float32))

    def begin_epoch(self) -> None:
        """Prepare an epoch: nothing to do."""

    def step(self, index: int) -> None:
        """Do one step of an epoch: there is none."""

    def end_epoch(self) -> None:
        """Finish an epoch: nothing to do."""

    def squared_errors(self, ratings: Ratings, start: int, stop: int) -> tuple[float, float]:
        """Not asked for: no ratings are predicted."""
        raise NotImplementedError

    def objective(self, squared_error: float) -> float:
        """Return 0: nothing is minimised."""
        return 0.0

    def snapshot(self) -> Popularity:
        """Return the fitted model."""
        return self._fitted

    def state(self, snapshot: FittedModel | None = None) -> dict[str, Any]:
        """Return nothing: nothing changes."""
        return {}

    def restore(self, state: dict[str, Any]) -> None:
        """Restore nothing."""
