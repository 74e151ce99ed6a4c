"""Results of a run: its record, and its scores on the test part."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from recsys_core.errors import SettingsError
from recsys_core.experiments import Experiment, Record
from recsys_core.experiments.scores import Score, scores
from recsys_core.models import FittedModel
from recsys_core.runs.baselines import Baselines
from recsys_core.runs.history import History
from recsys_core.splits import Split
from recsys_core.text import Text
from recsys_core.training import Epoch, Training, best_of


@dataclass(frozen=True)
class Chosen:
    """The epoch of a record (``at``), and all the record is made from, read at one moment.

    ``model`` is None where that of the epoch has been let go to save memory; ``tested`` are test
    scores where they are known and belong to it.
    """

    at: int
    epochs: Sequence[Epoch]
    best_epoch: int | None
    model: FittedModel | None
    settings: Mapping[str, Any]
    tested: Score | None

    @classmethod
    def of(
        cls, training: Training, history: History, tested: list[Score] | None, epoch: int | None
    ) -> Chosen:
        """The best epoch, or the last without validation; or another one that is asked for."""
        epochs, best_epoch, model = history.epochs, training.best_epoch, training.best
        if epoch is not None and epoch != best_epoch:
            epochs, model = epochs[: epoch + 1], None
            best_epoch = best_of(epochs, training.size)
        at = epoch if epoch is not None else best_epoch
        at = epochs[-1].number if at is None else at
        moment = history.frames.nearest(at)
        if model is None and moment.epoch == at:
            model = moment.value
        score = tested[0] if tested is not None and epoch is None else None
        return cls(at, epochs, best_epoch, model, training.settings, score)


class Results:
    """The record and the test scores of a run, each found once.

    Attributes
    ----------
    tested : how good on the test part, the run first, then the baselines; None until asked for.
    began, ended : when its training began, and when the last epoch ended; None before.
    """

    def __init__(self, experiment: Experiment, split: Split, baselines: Baselines) -> None:
        self._experiment, self._split, self._baselines = experiment, split, baselines
        self._record: tuple[object, Record] | None = None
        self.tested: list[Score] | None = None
        self.began: datetime | None = None
        self.ended: datetime | None = None

    def begin(self) -> None:
        """Note that it trains now; the first time is when it began."""
        self.began = self.began or datetime.now(UTC)

    def end_epoch(self) -> None:
        """Note that an epoch has ended now; test scores were of another model."""
        self.ended, self.tested = datetime.now(UTC), None

    def record(self, chosen: Chosen) -> Record | None:
        """Make the record of an epoch; None where its model is gone."""
        sign = chosen.at, len(chosen.epochs), chosen.tested
        if self._record is None or self._record[0] != sign:
            if chosen.model is None:
                return None
            record = Record.of(
                self._experiment, self._split, chosen.epochs, chosen.best_epoch, chosen.at,
                chosen.model, chosen.settings, None, self.began, self.ended,
            )  # fmt: skip
            if chosen.tested is not None:
                record = record.with_test(chosen.tested)
            self._record = sign, record
        return self._record[1]

    def test(self, name: str, record: Record | None) -> list[Score]:
        """Score the model of a record, called ``name``, and the baselines on the test part.

        Raises
        ------
        SettingsError
            If the split has no test part, or there is no record yet.
        """
        test = self._split.test
        if test is None or not len(test):
            raise SettingsError(
                Text(
                    "This split keeps no ratings for testing; choose one with a test part on "
                    "the Data page."
                )
            )
        if record is None:
            raise SettingsError(Text("The run is still at work; wait until it pauses or ends."))
        named = [(name, record.fitted)]
        named += [(model.title, model.snapshot()) for model in self._baselines.fit()]
        self.tested = [scores(name, fitted, test) for name, fitted in named]
        return self.tested
