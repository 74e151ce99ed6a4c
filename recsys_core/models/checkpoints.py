"""Checkpoints and fitted models as bytes and back: arrays as .npz, all else as JSON, no pickle.

    data = to_bytes(training.checkpoint())
    training = model.start(train, validation, checkpoint=checkpoint_of(data, train))  # same bits

The ratings are no part of it: who reads it has them. A fitted model to take home, with its labels
and ratings, is ``Model.save``.
"""

from __future__ import annotations

import dataclasses
import io
import json
import zipfile
from typing import Any

import numpy as np

from recsys_core.errors import FactorscopeError
from recsys_core.extras import needed_for
from recsys_core.models.fitted_model import FittedModel
from recsys_core.ratings import Ratings
from recsys_core.text import Text
from recsys_core.training import Checkpoint, Epoch, Epochs

_VERSION = 1

_PLAIN = (str, int, float, bool, type(None))


def to_bytes(what: Checkpoint | FittedModel) -> bytes:
    """Write a checkpoint or a fitted model; arrays that it holds twice are written once.

    Raises
    ------
    TypeError
        If it holds something that is neither numbers nor text: it is then trained again.
    """
    writer = _Writer()
    said = writer.say(_parts(what) if isinstance(what, Checkpoint) else what)
    about = json.dumps({"version": _VERSION, "said": said})
    file = io.BytesIO()
    np.savez(file, about=np.array(about), **{f"a{n}": a for n, a in enumerate(writer.arrays)})  # type: ignore[arg-type]
    return file.getvalue()


def checkpoint_of(data: bytes, train: Ratings) -> Checkpoint:
    """Read a checkpoint; ``train`` are the ratings it was made on.

    Raises
    ------
    FactorscopeError
        If it is none, is damaged, or was written by a newer version.
    """
    found = _read(data, train)
    try:
        position = found["position"]
        numbers = position["history"]
        epochs = [Epoch(**dict(zip(_COLUMNS, row, strict=True))) for row in _rows(numbers)]
        position |= {"history": epochs, "n_epochs": len(epochs)}
        return Checkpoint(found["settings"], found["shape"], found["state"], position)
    except (LookupError, TypeError, ValueError):
        raise _damaged() from None


def fitted_of(data: bytes, train: Ratings) -> FittedModel:
    """Read a fitted model; ``train`` are the ratings it was trained on.

    Raises
    ------
    FactorscopeError
        If it is none, is damaged, or was written by a newer version.
    """
    found = _read(data, train)
    if not isinstance(found, FittedModel):
        raise _damaged()
    return found


def _read(data: bytes, train: Ratings) -> Any:
    try:
        with np.load(io.BytesIO(data), allow_pickle=False) as file:
            about = json.loads(str(file["about"]))
            if about["version"] > _VERSION:
                raise FactorscopeError(
                    Text("This model was kept by a newer version of Factorscope; update this one.")
                )
            arrays = [file[f"a{n}"] for n in range(len(file.files) - 1)]
        return _Reader(arrays, train).read(about["said"])
    except FactorscopeError:
        raise
    except (LookupError, TypeError, ValueError, AttributeError, OSError, EOFError,
            zipfile.BadZipFile):  # fmt: skip
        raise _damaged() from None


def _damaged() -> FactorscopeError:
    return FactorscopeError(Text("What was kept of this model is damaged; it is trained again."))


# --- epochs ---------------------------------------------------------------------------------------

_COLUMNS = tuple(field.name for field in dataclasses.fields(Epoch))


def _parts(checkpoint: Checkpoint) -> dict[str, Any]:
    """A checkpoint as plain parts; its epochs as a table of numbers, NaN where there is none."""
    position = dict(checkpoint.position)
    epochs = Epochs(position.pop("history"), position.pop("n_epochs"))
    rows = [[getattr(epoch, name) for name in _COLUMNS] for epoch in epochs]
    position["history"] = np.array(
        [[np.nan if value is None else value for value in row] for row in rows], np.float64
    ).reshape(-1, len(_COLUMNS))
    return {
        "settings": checkpoint.settings, "shape": checkpoint.shape, "state": checkpoint.state,
        "position": position,
    }  # fmt: skip


def _rows(numbers: np.ndarray) -> list[list[Any]]:
    return [
        [int(number), *(None if value != value else value for value in rest)]
        for number, *rest in numbers.tolist()
    ]


# --- values ---------------------------------------------------------------------------------------


class _Writer:
    """Says a value as JSON; arrays are numbered, each once."""

    def __init__(self) -> None:
        self.arrays: list[np.ndarray] = []
        self._known: dict[int, int] = {}  # by identity, which lasts: the value holds them

    def say(self, value: Any) -> Any:
        if type(value) in _PLAIN:
            return value
        if type(value) is np.ndarray:
            return {"array": self._number(value)}
        if isinstance(value, np.generic):
            return {"scalar": self._number(np.asarray(value))}
        if type(value) in (list, tuple):
            return {type(value).__name__: [self.say(one) for one in value]}
        if isinstance(value, dict):  # also PyTorch's, which are ordered
            return {"dict": [[self._key(key), self.say(one)] for key, one in value.items()]}
        if isinstance(value, FittedModel):
            return {"fitted": type(value).__name__, "parts": self.say(value.parts())}
        if type(value).__module__.partition(".")[0] == "torch" and hasattr(value, "numpy"):
            return {"tensor": self._number(value.detach().cpu().numpy())}
        raise TypeError(f"{type(value).__name__} is neither numbers nor text")

    def _key(self, key: Any) -> Any:
        if type(key) not in (str, int):
            raise TypeError(f"a key that is {type(key).__name__}")
        return key

    def _number(self, array: np.ndarray) -> int:
        if array.dtype.hasobject:
            raise TypeError("an array of objects")
        found = self._known.get(id(array))
        if found is None:
            found = self._known[id(array)] = len(self.arrays)
            self.arrays.append(array)
        return found


class _Reader:
    """The inverse of ``_Writer``."""

    def __init__(self, arrays: list[np.ndarray], train: Ratings) -> None:
        self._arrays, self._train = arrays, train

    def read(self, said: Any) -> Any:
        if type(said) in _PLAIN:
            return said
        kind = next(iter(said))
        if kind == "array":
            return self._arrays[said[kind]]
        if kind == "scalar":
            return self._arrays[said[kind]][()]
        if kind in ("list", "tuple"):
            values = [self.read(one) for one in said[kind]]
            return values if kind == "list" else tuple(values)
        if kind == "dict":
            return {key: self.read(one) for key, one in said[kind]}
        if kind == "fitted":
            return FittedModel.kinds[said[kind]].of_parts(self._train, self.read(said["parts"]))
        if kind == "tensor":
            with needed_for("Neural MF"):
                import torch

            return torch.from_numpy(self._arrays[said[kind]].copy())
        raise ValueError(kind)
