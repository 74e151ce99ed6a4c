"""Runs as the teacher's sentence and the short lines see them, with histories made by hand."""

from __future__ import annotations

import random
from types import SimpleNamespace
from typing import Any

import recsys_core as rc
from recsys_core.runs import Baseline
from recsys_core.runs.playback import resolve
from recsys_core.training import Epoch


class History:
    """What of a Run its sentences depend on."""

    def __init__(
        self,
        train: list[float] | None,
        validation: list[float] | None = None,
        status: str = "training",
        *,
        loss: list[float] | None = None,
        best: int | None = None,
        early: bool = False,
        bias: float | None = 0.94,
        settings: dict[str, Any] | None = None,
        model: rc.Model | None = None,
        n_epochs: int = 100,
        rewinding: bool = False,
    ) -> None:
        loss = loss or train
        assert loss is not None
        self.epochs = [
            Epoch(i, train and train[i], validation and validation[i], loss[i], 0.1)
            for i in range(len(loss))
        ]
        self.epoch = len(loss) - 1
        self.n_epochs, self.rewinding, self.stopped_early = n_epochs, rewinding, early
        self.status, self.best_epoch = status, best
        self.message = "It diverged." if status == "failed" else ""
        self.wants_training = status == "training"
        self.model = model or rc.SGD()
        self.settings = {"learning_rate": 0.1} if settings is None else settings
        held = object() if validation else None
        self.split = SimpleNamespace(validation=held, train=SimpleNamespace(item_noun="film"))
        self.baselines = []
        if bias is not None:
            self.baselines = [Baseline("User + item bias", 0.9, bias, rc.UserItemBias())]

    def epoch_at(self, moment: int | str | None) -> int:
        return resolve(moment, self.epoch, self.status == "finished", self.best_epoch)


def random_history(chance: random.Random) -> History:
    """Any run there may be: of any model, at any point of its course."""

    def course(n: int) -> list[float]:
        at, found, trend = chance.uniform(0.5, 3), [], 0.0
        for _ in range(n):
            if chance.random() < 0.3:
                trend = chance.choice([-0.1, -0.01, -0.001, 0, 0.001, 0.03])
            at *= 1 + trend
            found.append(at)
        return found

    single = chance.random() < 0.15
    n = chance.choice([1, 2]) if single else chance.randint(1, 40)
    has_ratings = chance.random() < 0.85
    validated = has_ratings and chance.random() < 0.7
    validation = course(n) if validated else None
    status = chance.choice(["paused", "training", "finished", "failed"])
    settings: dict[str, Any] = chance.choice([{}, {"learning_rate": 0.1}, {"burn_in": 4}])
    best = None if validation is None else validation.index(min(validation))
    return History(
        course(n) if has_ratings else None,
        validation,
        status,
        loss=course(n),
        best=best,
        early=status == "finished" and chance.random() < 0.4,
        bias=chance.choice([None, 0.9, 0.00001, 5.0]),
        settings=settings,
        model=rc.ItemKNN() if single else rc.SGD(),
        n_epochs=chance.choice([n - 1, n, 100]),
        rewinding=chance.random() < 0.1,
    )
