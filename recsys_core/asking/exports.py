"""Predictions as tables for download: all of a small matrix, the best items of a large one."""

from __future__ import annotations

import io
import math
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Literal

import numpy as np
import pandas as pd

from recsys_core import escape, words
from recsys_core.extras import needed_for
from recsys_core.models.fitted_model import FittedModel
from recsys_core.ordering import lists
from recsys_core.ratings import label_text
from recsys_core.text import Text

# Significant digits of what was computed: of a prediction on 1–5 four decimals.
_DIGITS = 5


def to_csv(table: pd.DataFrame, index: bool = True) -> bytes:
    """A table as a CSV file, UTF-8; no name or cell in it can be taken for a formula.

    See ``escape.csv`` for what is changed: an apostrophe before such a cell, nothing else.

    Columns of float32 are ratings, and written in as many digits as give the same float32 back;
    those of float64 were computed, and have five significant digits. Negative numbers have a
    hyphen, as programs expect.
    """
    table = table.rename(columns=_safe, index=_safe if index else None).rename_axis(index=_safe)
    for at, kind in enumerate(table.dtypes):
        if not pd.api.types.is_numeric_dtype(kind):
            table.isetitem(at, table.iloc[:, at].map(_safe))
        elif kind == np.float64:
            table.isetitem(at, [_digits(value) for value in table.iloc[:, at].tolist()])
    return table.to_csv(index=index).encode()


def _safe(cell: Any) -> Any:
    return escape.csv(cell) if isinstance(cell, str) else cell


def _digits(value: float) -> str | None:
    """Five significant digits without trailing zeros, all those before the point; None for NaN."""
    if not math.isfinite(value):
        return None if math.isnan(value) else str(value)
    decimals = _DIGITS - 1 - (math.floor(math.log10(abs(value))) if value else 0)
    if not 0 < decimals < 20:
        return f"{value:.0f}" if decimals <= 0 else f"{value:.{_DIGITS}g}"
    return f"{round(value, decimals) + 0.0:.{decimals}f}".rstrip("0").rstrip(".")


def whole(fitted: FittedModel) -> pd.DataFrame:
    """Tabulate every predicted rating: one row per user, one column per item.

    Raises
    ------
    TooLargeError
        If the matrix would not fit in memory comfortably.
    """
    train = fitted.train
    values = fitted.predict_matrix().astype(np.float64)
    table = pd.DataFrame(values, train.user_names, words.distinct(train.item_names))
    return table.rename_axis(index="user")


def best_of_each(fitted: FittedModel, n: int = 10) -> pd.DataFrame:
    """Tabulate the n best unrated items of every user, best first.

    Columns: user, rank (from 1), the item's label, its name, and the predicted rating, not clipped;
    its order is that of ``recommend``.
    """
    return pd.concat(list(best_in_pieces(fitted, n)), ignore_index=True)


def best_in_pieces(fitted: FittedModel, n: int = 10) -> Iterator[pd.DataFrame]:
    """Yield the table of ``best_of_each`` some users at a time: no size is too large for it."""
    for users, scores, best in lists(fitted, np.arange(fitted.n_users), n):
        values = [row[items] for row, items in zip(scores, best, strict=True)]
        yield best_table(fitted, [fitted.users[u] for u in users], best, values)


def best_table(
    fitted: FittedModel, users: list[Any], best: list[np.ndarray], values: list[np.ndarray]
) -> pd.DataFrame:
    """Tabulate lists, one for each of the labels ``users``: item indices and predictions, (m,)."""
    train, lengths = fitted.train, [len(items) for items in best]
    items = np.concatenate(best)
    ranks = np.concatenate([np.arange(1, length + 1) for length in lengths])
    # Items that are called as another column is would take its place.
    noun = "item" if train.item_noun in ("user", "rank", "name", "predicted") else train.item_noun
    return pd.DataFrame(
        {
            "user": pd.Series(users, dtype=object).repeat(lengths).to_numpy(),
            "rank": ranks,
            noun: _objects(train.items)[items],
            "name": _objects(train.item_names)[items],
            "predicted": np.concatenate(values).astype(np.float64),
        }
    )


def _objects(labels: Sequence[Any]) -> np.ndarray:
    found = np.empty(len(labels), object)
    found[:] = labels
    return found


# --- tables that no memory has to hold as a whole -------------------------------------------------

Kind = Literal["csv", "parquet"]

# The columns of ``best_table`` that are no text; labels are, also where they are numbers.
_NUMBERS = ("rank", "predicted")


def streamed(pieces: Iterable[pd.DataFrame], kind: Kind) -> Iterator[bytes]:
    """Yield the file of a table that comes in pieces as of ``best_table``, piece by piece.

    Labels are text in both kinds, also where they are numbers.

    Raises
    ------
    MissingPackageError
        For Parquet, if pyarrow is not installed.
    """
    return _csv(pieces) if kind == "csv" else _parquet(pieces)


def _csv(pieces: Iterable[pd.DataFrame]) -> Iterator[bytes]:
    for number, piece in enumerate(pieces):
        text = to_csv(piece, index=False)
        yield text if not number else text.split(b"\n", 1)[1]


def _parquet(pieces: Iterable[pd.DataFrame]) -> Iterator[bytes]:
    with needed_for(Text("A Parquet file"), Text(", or choose CSV")):
        import pyarrow as pa
        import pyarrow.parquet as pq
    sink = _Sink()
    writer = None
    for piece in pieces:
        columns = {
            name: pa.array(column.to_numpy())
            if name in _NUMBERS
            else pa.array(map(label_text, column.tolist()), pa.string())
            for name, column in piece.items()
        }
        table = pa.table(columns)
        if writer is None:
            writer = pq.ParquetWriter(pa.PythonFile(sink, "w"), table.schema, compression="zstd")
        writer.write_table(table)
        yield sink.taken()
    if writer is not None:
        writer.close()
        yield sink.taken()


class _Sink(io.RawIOBase):
    """What is written to it, until it is taken."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []

    def writable(self) -> bool:
        """Whether it can be written to."""
        return True

    def write(self, data: Any) -> int:
        """Keep the bytes."""
        self._parts.append(bytes(data))
        return len(data)

    def taken(self) -> bytes:
        """Return what was written since the last time."""
        found = b"".join(self._parts)
        self._parts.clear()
        return found
