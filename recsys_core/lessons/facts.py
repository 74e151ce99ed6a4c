"""Facts: what checks are about, read from a run at one epoch and from what is selected."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from recsys_core.models import FittedModel, UserItemBias
from recsys_core.ratings import SIDES, Ratings, Side
from recsys_core.runs import Run
from recsys_core.training import Epoch

# A run overfits where the validation error of its last epoch is this share above its lowest.
_RISEN = 0.05


@dataclass(frozen=True)
class Facts:
    """What a check can ask; None where it is not known.

    Attributes
    ----------
    train_rmse, validation_rmse : of the epoch shown, in rating units.
    epoch, best_epoch : the epoch shown; that of the lowest validation RMSE.
    bias : RMSE of user and item biases, on validation ratings where there are some, else training.
    k, reg, learning_rate, alpha, seed, variant, model : settings of the run, and the name of its
        model's class.
    guest_ratings : how many items the new guest has rated.
    user, item : names of those selected.
    diverged : training failed because predictions left all bounds.
    overfits : the validation RMSE of the last epoch is 5 % or more above its lowest, while the
        training RMSE went on falling.
    ratings, fitted : what names are looked up in; the model at the epoch shown.
    """

    train_rmse: float | None = None
    validation_rmse: float | None = None
    epoch: int | None = None
    best_epoch: int | None = None
    bias: float | None = None
    k: int | None = None
    reg: float | None = None
    learning_rate: float | None = None
    alpha: float | None = None
    seed: int | None = None
    guest_ratings: int | None = None
    variant: str | None = None
    model: str | None = None
    user: str | None = None
    item: str | None = None
    diverged: bool | None = None
    overfits: bool | None = None
    ratings: Ratings | None = None
    fitted: FittedModel | None = None

    def value(self, name: str) -> float | str | None:
        """The number or text of a name."""
        found: float | str | None = getattr(self, "bias" if name == "baseline.bias" else name)
        return found

    def truth(self, name: str) -> bool | None:
        """Whether “diverged” or “overfits” is so."""
        found: bool | None = getattr(self, name)
        return found

    def predicted(self, user: str | None, item: str | None) -> float | None:
        """The prediction for a user and an item, by their names; None where there is none."""
        u, i = self._index("user", user), self._index("item", item)
        if self.fitted is None or u is None or i is None:
            return None
        return float(self.fitted.predict([u], [i])[0])

    def nearest(self, name: str | None, side: str = "") -> str | None:
        """The user (or item) most similar to the one of that name; without ``side``, look in both.

        None where there is none, or where the model has no similarity.
        """
        if self.fitted is None or self.ratings is None or not self.fitted.has.similarity:
            return None
        for each in SIDES:
            at = self._index(each, name)
            if at is not None and side in ("", each):
                alike = self.fitted.similar_users if each == "user" else self.fitted.similar_items
                return self.ratings.axis(each).names[int(alike(at, 1)[each].iloc[0])]
        return None

    def _index(self, side: Side, name: str | None) -> int | None:
        if self.ratings is None or name is None:
            return None
        names = self.ratings.axis(side).names
        return names.index(name) if name in names else None


def of_run(
    run: Run | None,
    epoch: int,
    user: int | None = None,
    item: int | None = None,
    begun: bool = True,
    guest_ratings: int = 0,
) -> Facts:
    """Gather the facts of a run as it is shown at an epoch.

    Equal runs are trained once for all who watch them. ``begun`` False: whoever looks has not
    pressed Play yet, so how the run ends, which others may have trained, is not known.
    """
    if run is None:
        return Facts()
    settings: Mapping[str, Any] = run.settings
    epochs = run.epochs  # once: it may be trained further meanwhile
    here = epochs[min(epoch, len(epochs) - 1)]
    ratings = run.ratings
    return Facts(
        train_rmse=here.train_rmse,
        validation_rmse=here.validation_rmse,
        epoch=here.number,
        best_epoch=run.best_epoch if begun else None,
        bias=_bias(run),
        k=settings.get("n_factors"),
        reg=settings.get("reg", settings.get("reg_user")),
        learning_rate=settings.get("learning_rate"),
        alpha=settings.get("alpha"),
        seed=settings.get("seed"),
        guest_ratings=guest_ratings,
        variant=settings.get("variant"),
        model=type(run.model).__name__,
        user=None if user is None else ratings.user_names[user],
        item=None if item is None else ratings.item_names[item],
        diverged=run.status == "failed" if begun else None,
        overfits=overfits(epochs, run.best_epoch) if begun else None,
        ratings=ratings,
        fitted=run.fitted_at(here.number),
    )


def overfits(epochs: Sequence[Epoch], best: int | None) -> bool:
    """Whether validation error has risen since the best epoch while training error still fell.

    ``best`` may be later than these epochs, where training has gone on: then it has not risen.
    """
    last = epochs[-1]
    if best is None or best >= len(epochs):
        return False
    if last.validation_rmse is None or last.train_rmse is None:
        return False
    lowest, then = epochs[best].validation_rmse, epochs[best].train_rmse
    assert lowest is not None and then is not None
    return last.validation_rmse >= lowest * (1 + _RISEN) and last.train_rmse < then


def _bias(run: Run) -> float | None:
    for baseline in run.baselines:
        if isinstance(baseline.model, UserItemBias):
            found = baseline.validation_rmse
            return baseline.train_rmse if found is None else found
    return None
