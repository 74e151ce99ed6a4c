"""Parquet files, decoded batch by batch within the budget; texts stay dictionaries.

A file of some kilobytes may stand for gigabytes: equal rows, or one long text again and again.
Columns of text are therefore read as dictionaries (each distinct text once) and become pandas'
categories, and each batch is paid for before the next is decoded. What the footer states about
sizes is only a first look.

Source: the format's own description, https://parquet.apache.org/docs/file-format/.
"""

from __future__ import annotations

import io
import json
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from recsys_core import escape
from recsys_core.errors import ReadError
from recsys_core.extras import needed_for
from recsys_core.reading import budget
from recsys_core.reading.limits import (
    MAX_CHUNKS,
    MAX_COLUMNS,
    MAX_LABEL,
    MAX_ROWS,
    MiB,
    most_unpacked,
)
from recsys_core.reading.sources import Content, unreadable
from recsys_core.reading.tables import FrameCells
from recsys_core.text import Text

if TYPE_CHECKING:
    import pyarrow as pa

# Each batch brings its dictionaries: few large ones are faster, many small ones take less memory.
_BATCH_CELLS = 1 << 20
_BATCH_ROWS = 1 << 18
_PENDING = 64 * MiB  # of dictionaries, before those of several batches become one


class ParquetCells(FrameCells):
    """The cells of a Parquet file; ``remarks`` says what was left out of it, in sentences."""

    def __init__(self, frame: pd.DataFrame, said: str, remarks: tuple[Text, ...]) -> None:
        super().__init__(frame, said, "parquet")
        self.remarks = remarks


def parquet(*parts: Content) -> ParquetCells:
    """The table of a Parquet file, or of several that are parts of one, in the order given.

    Columns of lists and other nested values are left out; the index of a pandas DataFrame, stored
    last, comes first, since it holds the users of a wide table. Texts longer than ``MAX_LABEL``
    characters are cut one character after that, so that they are still too long for a label.

    Raises
    ------
    ReadError
        If a file is damaged or larger than the budget allows, or parts have other columns.
    """
    said = parts[0].said
    with needed_for(said, Text(", or save the table as CSV")):
        import pyarrow as pa
    columns: list[list[Any]] = []  # of each column its pieces, one of each part
    names: list[str] | None = None
    left_out: list[str] = []
    n_rows = 0
    for part in parts:
        try:
            found, left_out, decoded = _decoded(part)
        except ReadError:
            raise
        # Decoders let through whatever the libraries below them raise.
        except (
            pa.ArrowException, OSError, ValueError, KeyError, TypeError, OverflowError, IndexError,
        ):  # fmt: skip
            raise _damaged(part) from None
        if names is None:
            names, columns = found, [[] for _ in found]
        if found != names:
            raise unreadable(
                Text(
                    "{part} has other columns than {said}; bring parts of one table.",
                    part=part.said,
                    said=said,
                )
            )
        for pieces, column in zip(columns, decoded, strict=True):
            pieces.append(column)
        n_rows += len(decoded[0])
        if n_rows > MAX_ROWS:
            raise _too_large(part, n_rows, len(found))
    assert names is not None
    frame = pd.DataFrame(dict(enumerate(map(_joined, columns))), copy=False)
    frame.columns = pd.Index(["" if name.startswith("__index_level_") else name for name in names])
    remarks = tuple(
        Text(
            "Column “{column}” holds lists or other nested values and was left out.",
            column=escape.brief(name, 80),
        )
        for name in left_out[:5]
    )
    return ParquetCells(frame, said, remarks)


def _decoded(part: Content) -> tuple[list[str], list[str], list[Any]]:
    """Names of the columns, names of those left out, and the columns, each (n_rows,).

    Raises whatever pyarrow makes of a damaged file.
    """
    import pyarrow.parquet as pq

    about = pq.read_metadata(io.BytesIO(part.data))
    schema = about.schema.to_arrow_schema()
    if about.num_rows > MAX_ROWS or len(schema) > MAX_COLUMNS:
        raise _too_large(part, about.num_rows, len(schema))
    if about.num_row_groups * about.num_columns > MAX_CHUNKS:
        raise _damaged(part)
    stated = sum(about.row_group(i).total_byte_size for i in range(about.num_row_groups))
    allowed = most_unpacked(len(part.data))
    if stated > allowed:
        raise _unpacks_too_far(part, allowed)
    kept = [f.name for f in schema if not _is_nested(f.type)]
    if not kept:
        raise unreadable(
            Text(
                "{said} holds only lists and other nested values; save it with one value a cell.",
                said=part.said,
            )
        )
    texts = [f.name for f in schema if _is_text(f.type)]
    file = pq.ParquetFile(
        io.BytesIO(part.data), read_dictionary=texts, memory_map=False, pre_buffer=False
    )
    # By position, as two columns may have one name; a batch has its columns in the file's order.
    columns = [_Column() for _ in kept]
    spent = budget.now()
    size = n_rows = 0
    batches = file.iter_batches(
        batch_size=max(1, min(_BATCH_ROWS, _BATCH_CELLS // len(kept))),
        columns=list(dict.fromkeys(kept)),
        use_threads=False,
    )
    for batch in batches:
        n_rows += batch.num_rows
        if n_rows > MAX_ROWS:
            raise _too_large(part, n_rows, len(kept))
        if batch.schema.names != kept:
            raise ValueError("other columns than the schema has")
        spent.spend(part.said, cells=batch.num_rows * len(kept))
        for column, piece in zip(columns, batch.columns, strict=True):
            n_bytes = column.add(piece)
            spent.spend(part.said, memory=n_bytes)
            size += n_bytes
        if size > allowed:
            raise _unpacks_too_far(part, allowed)
        spent.at("read", n_rows / max(about.num_rows, 1))
    left_out = [f.name for f in schema if _is_nested(f.type)]
    index = [kept.index(name) for name in _index_columns(schema)]
    order = [*index, *(at for at in range(len(kept)) if at not in index)]
    return [kept[at] for at in order], left_out, [columns[at].whole() for at in order]


class _Column:
    """One column as it comes in batches: numbers as they are, texts as codes of distinct texts."""

    def __init__(self) -> None:
        self._pieces: list[pd.Series] = []
        self._texts: list[pa.DictionaryArray] = []
        self._pending = 0  # bytes of the dictionaries in ``_texts``

    def add(self, piece: pa.Array) -> int:
        """Take up a batch of the column; returns how many bytes more the column takes."""
        import pyarrow as pa

        if isinstance(piece, pa.ExtensionArray):
            piece = piece.storage
        if pa.types.is_string_view(piece.type) or pa.types.is_binary_view(piece.type):
            piece = piece.cast(pa.string() if pa.types.is_string_view(piece.type) else pa.binary())
        if _is_text(piece.type):
            piece = piece.dictionary_encode()
        if pa.types.is_dictionary(piece.type):
            if _is_text(piece.type.value_type):
                return self._add_texts(piece)
            piece = piece.dictionary_decode()
        kind = piece.type
        if pa.types.is_decimal(kind):
            piece = piece.cast(pa.float64())
        elif pa.types.is_date(kind):
            piece = piece.cast(pa.timestamp("s"))
        elif pa.types.is_timestamp(kind) and kind.tz is not None:
            # The same moment in UTC: what a zone was in the year 12000 cannot be asked.
            piece = piece.cast(pa.timestamp(kind.unit))
        elif pa.types.is_duration(kind):
            piece = piece.cast(pa.int64())
        elif pa.types.is_float16(kind):
            piece = piece.cast(pa.float32())
        elif pa.types.is_time(kind) or pa.types.is_interval(kind) or pa.types.is_null(kind):
            # The hour of a day is neither a moment nor a number.
            piece = pa.nulls(len(piece)).cast(pa.float64())
        if piece.null_count and (pa.types.is_integer(kind) or pa.types.is_boolean(kind)):
            self._pieces.append(_with_gaps(piece))
        else:
            self._pieces.append(piece.to_pandas())
        return int(piece.nbytes)

    def _add_texts(self, piece: pa.DictionaryArray) -> int:
        import pyarrow as pa

        piece.validate(full=True)  # no code without a text, no text beyond the buffer
        n_bytes = int(piece.indices.nbytes)
        if not self._texts or not _is_same(piece.dictionary, self._texts[-1].dictionary):
            n_bytes += int(piece.dictionary.nbytes)
            self._pending += int(piece.dictionary.nbytes)
        self._texts.append(piece)
        if self._pending > _PENDING and len(self._texts) > 1:
            n_bytes -= self._pending
            together = pa.chunked_array(self._texts).unify_dictionaries().combine_chunks()
            self._texts = together.chunks if isinstance(together, pa.ChunkedArray) else [together]
            n_bytes += int(self._texts[0].dictionary.nbytes)
            self._pending = 0
        return n_bytes

    def whole(self) -> Any:
        """The column, (n_rows,): a Categorical of texts, or a Series."""
        import pyarrow as pa

        if self._texts:
            chunks = pa.chunked_array(self._texts).unify_dictionaries().chunks
            # Cutting long texts may make two the same, and a category is there once.
            again, categories = pd.factorize(
                np.array([*_cells(chunks[0].dictionary), None], object)
            )
            missing = len(again) - 1
            codes = np.concatenate(
                [c.indices.cast(pa.int64()).fill_null(missing).to_numpy() for c in chunks]
            )
            return pd.Categorical.from_codes(again[codes], categories=categories)
        if not self._pieces:
            return pd.Series([], dtype=np.float64)
        return pd.concat(self._pieces, ignore_index=True)


def _is_same(one: pa.Array, other: pa.Array) -> bool:
    """Whether two arrays lie in the same memory; both must be alive."""
    places = [
        (a.offset, len(a), *(None if b is None else b.address for b in a.buffers()))
        for a in (one, other)
    ]
    return places[0] == places[1]


def _with_gaps(piece: pa.Array) -> pd.Series:
    """Whole numbers or truth values of which some are missing, exactly: 2⁶⁰ + 1 is no float."""
    kind = "boolean" if str(piece.type) == "bool" else str(piece.type).capitalize()
    kind = kind.replace("Uint", "UInt")
    present = piece.is_valid().to_numpy(zero_copy_only=False)
    filled = piece.fill_null(False if kind == "boolean" else 0).to_numpy(zero_copy_only=False)
    make = pd.arrays.BooleanArray if kind == "boolean" else pd.arrays.IntegerArray
    return pd.Series(make(filled, ~present), dtype=kind)


def _cells(distinct: pa.Array) -> list[Any]:
    """Distinct texts as str, cut where they are longer than any label; other values as they are.

    Bytes that are no UTF-8 become hexadecimal digits, so that two never become the same text.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    most = MAX_LABEL + 1
    if pa.types.is_string(distinct.type) or pa.types.is_large_string(distinct.type):
        distinct = pc.utf8_slice_codeunits(distinct, 0, most)
    elif pa.types.is_binary(distinct.type) or pa.types.is_large_binary(distinct.type):
        distinct = pc.binary_slice(distinct, 0, 4 * most)
    return [
        _text(value)[:most] if isinstance(value, str | bytes) else value
        for value in distinct.to_pylist()
    ]


def _text(value: str | bytes) -> str:
    if isinstance(value, str):
        return value
    try:
        return value.decode("utf-8")
    except UnicodeDecodeError:
        return value.hex()


def _joined(pieces: list[Any]) -> Any:
    """The same column of several parts, one below the other."""
    if len(pieces) == 1:
        return pieces[0]
    if all(isinstance(piece, pd.Categorical) for piece in pieces):
        return pd.api.types.union_categoricals(pieces)
    return pd.concat([pd.Series(piece) for piece in pieces], ignore_index=True)


def _index_columns(schema: pa.Schema) -> list[str]:
    """The columns that were a DataFrame's index, by the notes that pandas leaves."""
    try:
        notes = json.loads((schema.metadata or {})[b"pandas"])
        names = [name for name in notes["index_columns"] if isinstance(name, str)]
    except (KeyError, ValueError, TypeError, RecursionError):
        return []
    known = {f.name for f in schema if not _is_nested(f.type)}
    return [name for name in dict.fromkeys(names) if name in known]


def _is_nested(kind: pa.DataType) -> bool:
    import pyarrow as pa

    if isinstance(kind, pa.BaseExtensionType):
        kind = kind.storage_type
    return bool(pa.types.is_nested(kind))


def _is_text(kind: pa.DataType) -> bool:
    import pyarrow as pa

    test = pa.types
    return bool(
        test.is_string(kind)
        or test.is_large_string(kind)
        or test.is_string_view(kind)
        or test.is_binary(kind)
        or test.is_large_binary(kind)
        or test.is_binary_view(kind)
        or test.is_fixed_size_binary(kind)
    )


def _damaged(part: Content) -> ReadError:
    return unreadable(
        Text(
            "{said} is a damaged Parquet file, perhaps cut short on its way; copy or save "
            "it again.",
            said=part.said,
        )
    )


def _too_large(part: Content, n_rows: int, n_columns: int) -> ReadError:
    return unreadable(
        Text(
            "{said} has {n_rows:,} rows of {n_columns:,} columns, more than fit; bring a part of "
            "it.",
            said=part.said,
            n_rows=n_rows,
            n_columns=n_columns,
        )
    )


def _unpacks_too_far(part: Content, allowed: int) -> ReadError:
    return unreadable(
        Text(
            "{said} unpacks to more than {allowed:,.0f} MB, far more than its size suggests; it is "
            "refused as a precaution: bring the table as CSV.",
            said=part.said,
            allowed=allowed / 1e6,
        )
    )
