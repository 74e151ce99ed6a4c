"""Runs inside a peer's own environment: reads the data once, then fits as often as it is asked.

    .bench/PEER/bin/python -P benchmarks/peers/adapter.py PEER FOLDER

``PEER.py`` beside this file supplies ``prepare(train, pairs)``, which is not timed: data in the
structure the peer wants; ``fit(data, **settings)``, timed: a model; and ``predict(model, pairs)``,
not timed: one number a pair. FOLDER/data.npz holds the training ratings and the pairs to predict;
the values of those pairs stay with the parent, which alone measures errors. Where lists are judged,
``tables(model)``, not timed: ``{"users": …, "items": …}``, factors (n_users, k) and (n_items, k)
whose products are the scores, or ``{"scores": …}``, all of them, (n_users, n_items).

Each line on standard input is a request, ``{"settings": …, "out": …, "tables": …}``; each is
answered by one line, ``{"seconds": …}`` or ``{"error": …}``. Predictions are saved as ``out``, and
what ``tables`` gives under that name unless it is null.
"""

from __future__ import annotations

import importlib.metadata
import importlib.util
import json
import os
import sys
import time
from pathlib import Path
from types import ModuleType, SimpleNamespace

import numpy as np


def main(name: str, folder: Path) -> None:
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # what libraries print must not come between the answers

    def answer(**fields: object) -> None:
        print(json.dumps(fields), file=answers, flush=True)

    try:
        peer = _load(Path(__file__).parent / f"{name}.py")
        train, pairs = _read(folder / "data.npz")
        data = peer.prepare(train, pairs)
        version = importlib.metadata.version(peer.PACKAGE) if peer.PACKAGE else ""
    except Exception as error:
        return answer(error=_said(error))
    answer(version=version)
    for line in sys.stdin:
        asked = json.loads(line)
        try:
            began = time.perf_counter()
            model = peer.fit(data, **asked["settings"])
            seconds = time.perf_counter() - began
            np.save(asked["out"], np.asarray(peer.predict(model, pairs), dtype=np.float32))
            if asked.get("tables"):
                np.savez(asked["tables"], **peer.tables(model))
            answer(seconds=seconds)
        except Exception as error:
            answer(error=_said(error))
        model = None


def _load(path: Path) -> ModuleType:
    """The peer's file, under a name that does not hide the package it is about."""
    spec = importlib.util.spec_from_file_location(f"adapter_of_{path.stem}", path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _read(path: Path) -> tuple[SimpleNamespace, SimpleNamespace]:
    with np.load(path) as file:
        n_users, n_items = (int(n) for n in file["shape"])
        low, high, step = (float(x) for x in file["scale"])
        train = SimpleNamespace(
            users=file["users"], items=file["items"], values=file["values"],
            n_users=n_users, n_items=n_items, low=low, high=high, step=step,
        )  # fmt: skip
        return train, SimpleNamespace(users=file["pair_users"], items=file["pair_items"])


def _said(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"[:500]


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
