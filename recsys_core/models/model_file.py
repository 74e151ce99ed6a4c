"""The file of a trained model: npz without pickle; how it is written, and how it is recognised.

``about`` is JSON: the model's name and settings, its epochs, the labels, and plain values of the
fitted model; its arrays stand beside, their names after ``PART``, and the ratings it knows.
"""

from __future__ import annotations

import dataclasses
import io
import json
import math
import zipfile
from collections.abc import Mapping, Sequence
from typing import IO, Any

import numpy as np
import pandas as pd

from recsys_core.errors import FactorscopeError, TooLargeError
from recsys_core.models.fitted_model import FittedModel
from recsys_core.text import Text
from recsys_core.training import Epoch

# Of the file; a newer one is refused with a sentence. Files without a number are of version 1, and
# have neither times, nor ``epoch`` and ``experiment``.
VERSION = 2

# Before the names of a fitted model's own arrays.
PART = "part."

# What a file may unpack to, in bytes.
_MOST_UNPACKED = 2 << 30

_ABOUT = "about.npy"


def write(
    file: IO[bytes],
    name: str,
    settings: Mapping[str, Any],
    history: Sequence[Epoch],
    fitted: FittedModel,
    **more: Any,
) -> None:
    """Write a trained model: the class called ``name``, its settings in force and its epochs.

    ``more`` is plain data that is kept beside: ``epoch`` (that of ``fitted``), ``experiment``.
    """
    train, parts = fitted.train, fitted.parts()
    arrays: dict[str, Any] = {n: a for n, a in parts.items() if isinstance(a, np.ndarray)}
    about = {
        "version": VERSION,
        "model": name,
        "settings": dict(settings),
        "history": [dataclasses.asdict(epoch) for epoch in history],
        "kind": type(fitted).__name__,
        "facts": {name: part for name, part in parts.items() if name not in arrays},
        "name": train.name,
        "item_noun": train.item_noun,
        "scale": list(train.scale[:3]),
        "words": train.scale.words,
        "users": _plain(train.users),
        "items": _plain(train.items),
        "item_info": _table(train.item_info),
        "user_info": _table(train.user_info),
        **more,
    }
    times = {} if train.timestamps is None else {"timestamps": train.timestamps}
    np.savez_compressed(
        file,
        allow_pickle=False,
        about=np.array(json.dumps(about)),
        user_ids=train.user_ids,
        item_ids=train.item_ids,
        values=train.values,
        **times,
        **{f"{PART}{name}": array for name, array in arrays.items()},
    )


def is_one(data: bytes) -> bool:
    """Whether these bytes are the file of a trained model, by what is in it."""
    if not data.startswith(b"PK"):
        return False
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as file:
            if _ABOUT not in file.namelist():
                return False
            with file.open(_ABOUT) as member:
                # A text, as NumPy writes it: four bytes a letter, the first of them "{".
                np.lib.format.read_magic(member)
                shape, _, kind = np.lib.format.read_array_header_1_0(member)
                return shape == () and kind.kind == "U" and member.read(4)[:1] == b"{"
    except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError, RuntimeError):
        return False


def read(file: IO[bytes]) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    """Read ``about`` and the arrays of a file, in their own shapes (n_users, n_factors) and so on.

    Nothing in it is ever run.

    Raises
    ------
    FactorscopeError
        If it was written by a newer version.
    TooLargeError
        If it unpacks to too much.
    Exception
        Of any kind, if it is no such file.
    """
    _check_size(file)
    file.seek(0)
    with np.load(file, allow_pickle=False) as found:
        about = json.loads(str(found["about"]))
        if about.get("version", 1) > VERSION:
            raise FactorscopeError(
                Text("This model was saved by a newer version of Factorscope; update this one.")
            )
        return about, {name: found[name] for name in found.files if name != "about"}


def _check_size(file: IO[bytes]) -> None:
    """Refuse what states that it unpacks to too much; no member gives more than it states."""
    with zipfile.ZipFile(file) as members:
        stated = 0
        for member in members.infolist():
            stated += member.file_size
            with members.open(member) as opened:
                version = np.lib.format.read_magic(opened)
                read_header = (
                    np.lib.format.read_array_header_1_0
                    if version == (1, 0)
                    else np.lib.format.read_array_header_2_0
                )
                shape, _, kind = read_header(opened)
            if math.prod(shape) * kind.itemsize > member.file_size:
                raise ValueError(member.filename)  # states more than there is
    if stated > _MOST_UNPACKED:
        raise TooLargeError(
            Text(
                "This model unpacks to {size:,.1f} GB; at most {most:,.1f} GB are read.",
                size=stated / 1e9,
                most=_MOST_UNPACKED / 1e9,
            )
        )


def _plain(labels: Sequence[Any]) -> list[Any]:
    """Labels as JSON keeps them: whole numbers stay numbers, all else becomes text."""
    return [int(x) if isinstance(x, int | np.integer) else str(x) for x in labels]


def _table(info: pd.DataFrame | None) -> Any:
    """What is known of users or items as JSON keeps it."""
    return None if info is None else json.loads(info.to_json(orient="split"))
