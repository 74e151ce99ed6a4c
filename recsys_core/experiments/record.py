"""Record: what is kept of a run, as plain data; and its receipt, one line that can be replayed."""

from __future__ import annotations

import base64
import dataclasses
import hashlib
import json
import math
import platform
import re
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from importlib import metadata
from typing import Any

import numpy as np

from recsys_core.errors import LinkError, MissingRunError, ReceiptError, SettingsError
from recsys_core.experiments.experiment import SHARED, Experiment
from recsys_core.experiments.scores import Score, scores
from recsys_core.models import FittedModel, Model
from recsys_core.ratings import UPLOAD, Ratings
from recsys_core.recipes import Recipe
from recsys_core.splits import Split
from recsys_core.text import Text
from recsys_core.training import Epoch
from recsys_core.version import __version__

_VERSION = 1

# How a receipt begins, and how much it may unpack to, in bytes.
_MARK = "fs1."
_MOST_UNPACKED = 1 << 16

# Predictions a receipt carries as numbers, beside the digest of all.
_SAMPLED = 16


@dataclass(frozen=True)
class Record:
    """Results of a run as plain data.

    Attributes
    ----------
    experiment : what was run.
    epochs : every Epoch, the initial state first.
    best_epoch : that of the lowest validation RMSE; None without validation.
    epoch : that whose model, scores and predictions are kept: the best, else the last, unless
        another one was asked for.
    settings : all settings in force at the end, those chosen from the data included.
    scores : name → number: ``train_rmse``, ``validation_rmse`` (clipped, in rating units), or
        ``loss`` where no ratings are predicted; ``test_rmse``, ``test_mae``, ``test_ndcg``,
        ``test_recall``, ``test_rmse_rounded`` and ``test_mape`` once ``tested``, those there are.
    digest : SHA-256 (64 hex digits) of the float32 predictions, not clipped, of the validation
        pairs, or without validation of the training pairs.
    sampled : sixteen of these predictions, evenly spaced.
    versions : name → version of what it ran with; ``processor`` : what it ran on.
    created : when it was written, ISO 8601, UTC.
    began, ended : when training began and ended, likewise; None where nobody looked at a clock.
    model : the trained model, in the process that trained it; else None.
    snapshots : likewise the models of epochs asked for.
    """

    experiment: Experiment
    epochs: tuple[Epoch, ...] = field(repr=False)
    best_epoch: int | None
    epoch: int
    settings: Mapping[str, Any] = field(repr=False)
    scores: Mapping[str, float]
    digest: str
    sampled: tuple[float, ...] = field(repr=False)
    versions: Mapping[str, str] = field(repr=False)
    processor: str
    created: str
    began: str | None = field(default=None, compare=False)
    ended: str | None = field(default=None, compare=False)
    model: FittedModel | None = field(default=None, compare=False, repr=False)
    _split: Split | None = field(default=None, compare=False, repr=False)
    snapshots: Mapping[int, FittedModel] = field(default_factory=dict, compare=False, repr=False)

    @classmethod
    def of(
        cls,
        experiment: Experiment,
        split: Split,
        epochs: Sequence[Epoch],
        best_epoch: int | None,
        epoch: int,
        model: FittedModel,
        settings: Mapping[str, Any],
        snapshots: Mapping[int, FittedModel] | None = None,
        began: datetime | None = None,
        ended: datetime | None = None,
    ) -> Record:
        """Make the record of a training; ``model`` is the fitted model of ``epoch``."""
        judged = split.validation if split.validation is not None else split.train
        predicted = model.predict(
            judged.user_ids, judged.item_ids, clip=False, times=judged.timestamps
        )
        this = epochs[epoch]
        named = {"train_rmse": this.train_rmse, "validation_rmse": this.validation_rmse}
        if this.train_rmse is None:
            named = {"loss": this.loss}
        return cls(
            experiment=experiment,
            epochs=tuple(epochs),
            best_epoch=best_epoch,
            epoch=epoch,
            settings=dict(settings),
            scores={name: value for name, value in named.items() if value is not None},
            digest=hashlib.sha256(predicted.astype("<f4").tobytes()).hexdigest(),
            sampled=tuple(float(x) for x in predicted[_evenly(len(predicted))]),
            versions=_versions(experiment),
            processor=processor(),
            created=datetime.now(UTC).isoformat(timespec="seconds"),
            began=None if began is None else began.isoformat(timespec="milliseconds"),
            ended=None if ended is None else ended.isoformat(timespec="milliseconds"),
            model=model,
            _split=split,
            snapshots=dict(snapshots or {}),
        )

    # --- what needs the process that trained it -------------------------------------------------

    @property
    def fitted(self) -> FittedModel:
        """The trained model, never None.

        Raises
        ------
        MissingRunError
            If the record comes from elsewhere and holds numbers only.
        """
        return self._here(self.model)

    @property
    def split(self) -> Split:
        """The Split it was trained on.

        Raises
        ------
        MissingRunError
            If the record comes from elsewhere and holds numbers only.
        """
        return self._here(self._split)

    def at(self, epoch: int) -> FittedModel:
        """Return the model of an epoch that was asked for.

        Raises
        ------
        MissingRunError
            If it was not, or has been let go to save memory.
        """
        if epoch not in self.snapshots:
            raise MissingRunError(
                Text("The model of epoch {epoch} was not kept; run it again.", epoch=epoch)
            )
        return self.snapshots[epoch]

    def as_model(self) -> Model:
        """Return a Model that answers as the trained one does, and can be saved.

        Raises
        ------
        MissingRunError
            If the record comes from elsewhere and holds numbers only.
        """
        return self.experiment.make_model().loaded(self.fitted, self.epochs, self.settings)

    def __hash__(self) -> int:
        return hash((self.experiment, self.epoch, self.digest))

    @property
    def held_out(self) -> Ratings:
        """The test part; where there is none, the validation part.

        Raises
        ------
        SettingsError
            If the split holds nothing out.
        """
        found = self.split.validation if self.split.test is None else self.split.test
        if found is None:
            raise SettingsError(Text("This split holds no ratings out; choose another one."))
        return found

    def _here(self, what: Any) -> Any:
        if what is None:
            raise MissingRunError(
                Text(
                    "This record holds numbers only: its model is in the process that trained "
                    "it; run the experiment again."
                )
            )
        return what

    def tested(self) -> Record:
        """The same record with the scores on the test part, which are measured on demand only.

        Raises
        ------
        SettingsError
            If the split has no test part.
        """
        test = self.split.test
        if test is None:
            raise SettingsError(Text("This split has no test part; choose one that has."))
        return self.with_test(scores("", self.fitted, test))

    def with_test(self, score: Score) -> Record:
        """The same record with scores on the test part that were measured before."""
        measured = {f"test_{k}": v for k, v in vars(score).items() if isinstance(v, float)}
        return dataclasses.replace(self, scores={**self.scores, **measured})

    # --- as plain data --------------------------------------------------------------------------

    def to_dict(self) -> dict[str, Any]:
        """Plain data for JSON, with a version; model, split and snapshots are left out."""
        return {
            "version": _VERSION,
            "experiment": self.experiment.to_dict(),
            "epochs": [dataclasses.asdict(epoch) for epoch in self.epochs],
            "best_epoch": self.best_epoch,
            "epoch": self.epoch,
            "settings": dict(self.settings),
            "scores": dict(self.scores),
            "digest": self.digest,
            "sampled": list(self.sampled),
            "versions": dict(self.versions),
            "processor": self.processor,
            "created": self.created,
            "began": self.began,
            "ended": self.ended,
        }

    @classmethod
    def from_dict(cls, said: Mapping[str, Any]) -> Record:
        """The inverse of ``to_dict``, numbers only.

        Raises
        ------
        LinkError
            If it is not the dict of a record, or of a newer version.
        """
        try:
            if said["version"] > _VERSION:
                raise LinkError(
                    Text("This record was written by a newer version; update this one.")
                )
            fields = {name: said[name] for name in _PLAIN}
            return cls(
                experiment=Experiment.from_dict(said["experiment"]),
                epochs=tuple(Epoch(**epoch) for epoch in said["epochs"]),
                sampled=tuple(said["sampled"]),
                began=said.get("began"),  # records of earlier versions do not say
                ended=said.get("ended"),
                **fields,
            )
        except (KeyError, TypeError, AttributeError) as error:
            raise LinkError(
                Text("This is not the JSON of a record ({value}).", value=repr(error)[:80])
            ) from None

    @property
    def receipt(self) -> str:
        """One line of text, under 1,500 characters, that ``replay`` checks; see ``Receipt``.

        Shared ratings are named by their fingerprint: their code means nothing elsewhere.
        """
        ratings, experiment = self.experiment.ratings_held, self.experiment
        if experiment.data.name == SHARED and ratings is not None:
            source = Recipe.of(UPLOAD, id=ratings.fingerprint)
            experiment = Experiment(source, experiment.split, experiment.model, experiment.forks)
        return Receipt(
            experiment=experiment,
            scale=None if ratings is None else tuple(x for x in ratings.scale[:3] if x is not None),
            n_epochs=self.epochs[-1].number,
            best_epoch=self.best_epoch,
            epoch=self.epoch,
            scores=self.scores,
            digest=self.digest,
            sampled=self.sampled,
            versions=self.versions,
            processor=self.processor,
        ).to_text()


_PLAIN = ("best_epoch", "epoch", "settings", "scores", "digest", "versions", "processor", "created")


@dataclass(frozen=True)
class Receipt:
    """The claims of a receipt; as text ``fs1.`` and base64url of deflated JSON.

    It is not signed: replaying proves it. ``n_epochs`` were trained, the model is that of
    ``epoch``; ``scale`` is that of the ratings, which their file alone does not say.
    """

    experiment: Experiment
    scale: tuple[float, ...] | None
    n_epochs: int
    best_epoch: int | None
    epoch: int
    scores: Mapping[str, float]
    digest: str
    sampled: tuple[float, ...]
    versions: Mapping[str, str]
    processor: str

    def to_text(self) -> str:
        """Return the line of text."""
        claims = {
            "experiment": self.experiment.to_dict(),
            "scale": self.scale,
            "epochs": self.n_epochs,
            "best": self.best_epoch,
            "epoch": self.epoch,
            "scores": {name: round(value, 6) for name, value in self.scores.items()},
            "sha256": self.digest,
            "sampled": [round(value, 6) for value in self.sampled],
            "versions": dict(self.versions),
            "processor": self.processor[:60],
        }
        packed = zlib.compress(json.dumps(claims, separators=(",", ":")).encode(), 9)
        return _MARK + base64.urlsafe_b64encode(packed).decode().rstrip("=")

    @classmethod
    def from_text(cls, text: str) -> Receipt:
        """Return the claims of a line of text, which may be wrapped or quoted.

        Raises
        ------
        ReceiptError
            If the text is damaged, or from a newer version.
        """
        text = "".join(c for c in text if c.isprintable() and not c.isspace())
        found = re.search(r"fs(\d+)\.([A-Za-z0-9_-]*)", text)
        if found is None:
            raise ReceiptError(
                Text(
                    "A receipt begins with {MARK}; copy the whole line, from there to its end.",
                    MARK=_MARK,
                )
            )
        if found[1] != "1":
            raise ReceiptError(
                Text("This receipt is of a newer version of Factorscope; update this one.")
            )
        try:
            unpacking = zlib.decompressobj()
            packed = base64.urlsafe_b64decode(found[2] + "=" * (-len(found[2]) % 4))
            claims = json.loads(
                unpacking.decompress(packed, _MOST_UNPACKED), parse_constant=_refuse_constant
            )
            if not unpacking.eof:
                raise ValueError
            scale, best = claims["scale"], claims["best"]
            return cls(
                experiment=Experiment.from_dict(claims["experiment"]),
                scale=None if scale is None else _scale(scale),
                n_epochs=_epoch(claims["epochs"]),
                best_epoch=None if best is None else _epoch(best),
                epoch=_epoch(claims["epoch"]),
                scores={_word(name): _finite(value) for name, value in claims["scores"].items()},
                digest=_word(claims["sha256"]),
                sampled=tuple(map(_finite, claims["sampled"])),
                versions={_word(k): _word(v) for k, v in claims["versions"].items()},
                processor=_word(claims["processor"]),
            )
        except LinkError as error:
            raise ReceiptError(error.text) from None
        except Exception:  # zlib, base64, JSON and what may be missing in it: all mean the same
            raise ReceiptError(
                Text("The receipt is damaged or cut off; copy the whole line again.")
            ) from None


# No run is longer.
_MOST_EPOCHS = 100_000


def _refuse_constant(name: str) -> float:
    raise ValueError(name)  # NaN and Infinity are no scores


def _finite(value: Any) -> float:
    if isinstance(value, bool) or not math.isfinite(value):
        raise ValueError
    return float(value)


def _scale(numbers: list[Any]) -> tuple[float, ...]:
    if len(numbers) not in (2, 3):
        raise ValueError
    return tuple(map(_finite, numbers))


def _epoch(value: Any) -> int:
    if type(value) is not int or not 0 <= value <= _MOST_EPOCHS:
        raise ValueError
    return value


def _word(value: Any) -> str:
    """Text that is printed on a terminal: nothing in it may move the cursor."""
    if not isinstance(value, str) or len(value) > 100 or not value.isprintable():
        raise ValueError
    return value


def _evenly(n: int) -> np.ndarray:
    """Choose sixteen of n positions, evenly spaced, both ends included; all if n is smaller."""
    return np.unique(np.rint(np.linspace(0, n - 1, min(_SAMPLED, n))).astype(np.int64))


def _versions(experiment: Experiment) -> dict[str, str]:
    """Return the versions that the bits of a run may depend on."""
    packages = ["numpy", "numba"]
    if experiment.model.name == "NeuralMF":
        packages.append("torch")
    return {
        "factorscope": __version__,
        "python": platform.python_version(),
        **{package: metadata.version(package) for package in packages},
    }


@cache
def processor() -> str:
    """Return the name of the processor."""
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as file:
            for line in file:
                if line.startswith("model name"):
                    return line.partition(":")[2].strip()
    except OSError:
        pass
    return platform.processor() or platform.machine()
