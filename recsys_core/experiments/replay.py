"""Replay: run again what a receipt says, and compare."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from recsys_core.errors import MissingDataError
from recsys_core.experiments.experiment import Experiment
from recsys_core.experiments.record import Receipt, Record
from recsys_core.experiments.running import run
from recsys_core.ratings import UPLOAD, Ratings, Scale
from recsys_core.reading import read_ratings
from recsys_core.text import Text
from recsys_core.training import Epoch

Outcome = Literal["same bits", "same", "differs", "needs"]
CODES: dict[Outcome, int] = {"same bits": 0, "same": 0, "differs": 1, "needs": 2}

# Across machines, the promise is four decimals.
_NEAR = 1e-4


@dataclass(frozen=True)
class Replay:
    """What came of replaying a receipt.

    ``outcome``: "same bits"; "same" to four decimals; "differs"; or "needs" data that are not here.
    ``text`` says it in a sentence, ``code`` is the exit status of the command, ``record`` what was
    run (None where it could not be).
    """

    outcome: Outcome
    text: Text
    record: Record | None = None

    @property
    def code(self) -> int:
        """0 same, 1 differs, 2 needs data."""
        return CODES[self.outcome]


def replay(
    receipt: str,
    data: str | os.PathLike[str] | Ratings | None = None,
    on_epoch: Callable[[Epoch, int], None] | None = None,
) -> Replay:
    """Train a receipt's experiment again, as far as it had been trained, and compare.

    ``data`` are the ratings of an upload, or their file; other data are found by themselves.

    Raises
    ------
    ReceiptError
        If the receipt is damaged.
    ReadError
        If the file cannot be read.
    """
    said = Receipt.from_text(receipt)
    try:
        experiment = _with_data(said.experiment, data)
        record = run(experiment, until=said.n_epochs, on_epoch=on_epoch)
    except MissingDataError as error:
        return Replay("needs", _needs(said.experiment, error))
    if "test_rmse" in said.scores:
        record = record.tested()
    return _compared(said, record)


def _with_data(experiment: Experiment, data: str | os.PathLike[str] | Ratings | None) -> Experiment:
    """The experiment holding the ratings it names, if these are they."""
    if data is None:
        return experiment
    ratings = data if isinstance(data, Ratings) else read_ratings(data)
    if experiment.data.name == UPLOAD:
        ratings = _on_the_scale_of(experiment, ratings)
    return experiment.with_ratings(ratings)


def _on_the_scale_of(experiment: Experiment, ratings: Ratings) -> Ratings:
    """The ratings on the scale that gives the fingerprint wanted: a file does not say its scale.

    Somebody may have corrected the guess before training.
    """
    ratings = ratings.replace(origin=None)
    for scale in (ratings.scale, *Scale.usual_for(ratings.values)):
        found = ratings.with_scale(scale)
        if found.source == experiment.data:
            return found
    return ratings


def _needs(experiment: Experiment, error: MissingDataError) -> Text:
    if experiment.data.name != UPLOAD:
        return Text("needs the file: {why}", why=error)
    return Text(
        "needs the file whose ratings have the fingerprint {id}; give it by --data FILE. {why}",
        id=experiment.data.get("id"), why=error,
    )  # fmt: skip


def _compared(said: Receipt, record: Record) -> Replay:
    """What is the same and what is not, the receipt's claims first."""
    worse = _differing(said, record)
    if worse:
        return Replay("differs", Text("differs: {what}", what="; ".join(map(str, worse))), record)
    if said.digest == record.digest:
        return Replay("same bits", Text("same bits"), record)
    other = _other_machine(said, record)
    return Replay("same", Text("same to four decimals; {what} differ", what=other), record)


def _differing(said: Receipt, record: Record) -> list[Text]:
    found = []
    if said.best_epoch != record.best_epoch and said.digest == record.digest:
        found.append(
            Text("the best epoch is {now}, not {then}", now=record.best_epoch, then=said.best_epoch)
        )
    for name, value in said.scores.items():
        now = record.scores.get(name)
        if now is None or abs(now - value) > _NEAR * max(1.0, abs(value)):
            shown = "not there" if now is None else f"{now:.6f}"
            found.append(Text("{name} is {now}, not {then:.6f}", name=name, now=shown, then=value))
    n = len(said.sampled)
    pairs = zip(said.sampled, record.sampled, strict=False)
    far = sum(abs(a - b) > _NEAR * max(1.0, abs(a)) for a, b in pairs)
    if n != len(record.sampled):
        found.append(Text("there are {now} sampled predictions, not {then}",
                          now=len(record.sampled), then=n))  # fmt: skip
    elif far:
        found.append(
            Text("{n} of {all} sampled predictions is another",
                 "{n} of {all} sampled predictions are others", n=far, all=n)
        )  # fmt: skip
    return found


def _other_machine(said: Receipt, record: Record) -> str:
    """What may be the reason for other last digits."""
    there, here = dict(said.versions), dict(record.versions)
    parts = [
        f"{name} {here.get(name, 'absent')} here, {there.get(name, 'absent')} there"
        for name in sorted(there.keys() | here.keys())
        if there.get(name) != here.get(name)
    ]
    if said.processor != record.processor[: len(said.processor) or None]:
        parts.append(f"processor {record.processor} here, {said.processor} there")
    return "the last digits (" + ("; ".join(parts) or "same versions and processor") + ")"
