"""Replay: run again what a receipt says, and compare."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from recsys_core.errors import FactorscopeError, MissingDataError
from recsys_core.experiments.experiment import Experiment
from recsys_core.experiments.record import Receipt, Record
from recsys_core.experiments.running import run
from recsys_core.ratings import UPLOAD, Ratings, Scale
from recsys_core.reading import read_ratings
from recsys_core.text import Number, Text
from recsys_core.training import Epoch
from recsys_core.words import listed

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
    claims = Receipt.from_text(receipt)
    try:
        experiment = experiment_of(claims, data)
        record = run(experiment, until=claims.n_epochs, at=claims.epoch, on_epoch=on_epoch)
        if any(name.startswith("test_") for name in claims.scores):
            record = record.tested()
    except MissingDataError as error:
        return Replay("needs", _needs(claims.experiment, error))
    except FactorscopeError as error:  # it cannot have been trained as the receipt says
        return Replay("differs", Text("differs: {why}", why=error.text))
    return _compared(claims, record)


def experiment_of(claims: Receipt, data: str | os.PathLike[str] | Ratings | None) -> Experiment:
    """Return the experiment of a receipt, holding the ratings it names if these are they.

    A file does not say its scale, which somebody may have corrected before training: the receipt
    does.

    Raises
    ------
    MissingDataError
        If they are others.
    ReadError
        If the file cannot be read.
    """
    experiment = claims.experiment
    if data is None:
        return experiment
    ratings = data if isinstance(data, Ratings) else read_ratings(data)
    if experiment.data.name == UPLOAD:
        ratings = ratings.replace(origin=None)
        if claims.scale is not None:
            low, high, *step = claims.scale
            scale = Scale(low, high, step[0] if step else None, ratings.scale.words)
            ratings = ratings.with_scale(scale)
    return experiment.with_ratings(ratings)


def _needs(experiment: Experiment, error: MissingDataError) -> Text:
    if experiment.data.name != UPLOAD:
        return Text("needs the file: {why}", why=error.text)
    return Text(
        "needs the file whose ratings have the fingerprint {id}; give it by --data FILE. {why}",
        id=experiment.data.get("id"), why=error.text,
    )  # fmt: skip


def _compared(claims: Receipt, record: Record) -> Replay:
    """Whether the claims hold, bit for bit or to four decimals."""
    differences = _differences(claims, record)
    same_bits, elsewhere = claims.digest == record.digest, _elsewhere(claims, record)
    if not same_bits and not elsewhere and not differences:
        differences = [Text("the digest of the predictions, on the same versions and processor")]
    if differences:
        there, here = (of.versions.get("factorscope", "?") for of in (claims, record))
        if there != here:  # another version may train otherwise, and then it is no wonder
            differences.append(
                Text("it was written by Factorscope {there}, this is {here}",
                     there=there, here=here)
            )  # fmt: skip
        what = "; ".join(map(str, differences))
        return Replay("differs", Text("differs: {what}", what=what), record)
    if same_bits:
        return Replay("same bits", Text("same bits"), record)
    return Replay("same", Text("same to four decimals; {what} differ", what=elsewhere), record)


def _differences(claims: Receipt, record: Record) -> list[Text]:
    """What is not as claimed, across machines as well."""
    found = []
    if claims.best_epoch != record.best_epoch:
        found.append(
            Text("the best epoch is {now}, not {then}",
                 now=record.best_epoch, then=claims.best_epoch)
        )  # fmt: skip
    for name, value in claims.scores.items():
        now = record.scores.get(name)
        # An objective is a sum over all ratings: its size decides what is near.
        near = _NEAR * max(1.0, abs(value)) if name == "loss" else _NEAR
        if now is None or abs(now - value) > near:
            shown = Text("not there") if now is None else Number(f"{now:.6f}")
            found.append(Text("{name} is {now}, not {then:.6f}", name=name, now=shown, then=value))
    if len(claims.sampled) != len(record.sampled):
        found.append(
            Text("there are {now} sampled predictions, not {then}",
                 now=len(record.sampled), then=len(claims.sampled))
        )  # fmt: skip
    else:
        pairs = zip(claims.sampled, record.sampled, strict=True)
        far = sum(abs(then - now) > _NEAR for then, now in pairs)
        if far:
            found.append(
                Text("{n} of {all} sampled predictions differs",
                     "{n} of {all} sampled predictions differ", n=far, all=len(record.sampled))
            )  # fmt: skip
    return found


def _elsewhere(claims: Receipt, record: Record) -> str:
    """In which versions and processor the two runs differ; empty where in none."""
    there, here = dict(claims.versions), dict(record.versions)
    absent = Text("absent")
    parts = [
        Text(
            "{name} ({here} here, {there} there)",
            name=name,
            here=here.get(name, absent),
            there=there.get(name, absent),
        )  # fmt: skip
        for name in sorted(there.keys() | here.keys())
        if there.get(name) != here.get(name)
    ]
    if claims.processor != record.processor[:60]:
        parts.append(
            Text(
                "processor ({here} here, {there} there)",
                here=record.processor, there=claims.processor,
            )
        )  # fmt: skip
    return listed(parts) if parts else ""
