"""A large text in pieces, and its columns: numbers as arrays, all else as codes into texts.

column = Column()
for piece in pieces(data):
column.add(cells_of(piece))
column.series(coded=True)
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import pandas as pd

from recsys_core.reading.sources import Bytes, Mapped

_PIECE = 4 << 20

_EXACT = 2**53  # whole numbers up to here are the same as float64


def pieces(data: Bytes) -> Iterator[bytes]:
    """A text in pieces of some MB that end where lines do; what is mapped leaves memory again."""
    begins = 0
    while begins < len(data):
        ends = data.find(b"\n", begins + _PIECE) + 1 or len(data)
        yield data[begins:ends]
        begins = ends
        if isinstance(data, Mapped):
            data.let_go()


class Column:
    """Cells of one column, block by block.

    Each different cell is kept once, but of a column of numbers, where most may differ, all.
    ``n_blank`` cells before the first are blank; ``texts``: numbers stand for texts, “7” for 7.
    """

    def __init__(self, n_blank: int = 0, texts: bool = False) -> None:
        self._place: dict[Any, int] = {}  # of texts themselves, of all else with their type
        self._blocks: list[np.ndarray] = []  # float64 or int64: numbers; int32: codes
        self._texts = texts
        if n_blank:
            self._blocks.append(np.full(n_blank, -1, dtype=np.int32))

    def add(self, cells: Sequence[Any]) -> None:
        """The next cells: plain values that can be hashed, None where there is none."""
        kinds = set(map(type, cells))
        if kinds == {int} and -(2**63) <= min(cells) <= max(cells) < 2**63:
            self._blocks.append(np.array(cells, dtype=np.int64))
        elif kinds <= {int, float} and all(type(x) is float or abs(x) <= _EXACT for x in cells):
            self._blocks.append(np.array(cells, dtype=np.float64))
        else:
            self._blocks.append(self._coded(cells))

    def add_codes(self, codes: np.ndarray, distinct: Sequence[Any]) -> None:
        """The next cells, as codes, (n_rows,), into different ones."""
        self._blocks.append(self._coded(distinct)[codes])

    def add_numbers(self, numbers: np.ndarray) -> None:
        """The next cells, all of which are int64 or float64, (n_rows,)."""
        self._blocks.append(numbers)

    def series(self, coded: bool) -> pd.Series:
        """The column: numbers where all cells are, else as they are, or as categories (``coded``).

        Only texts become categories.
        """
        if not self._blocks:
            return pd.Series([])
        if not any(block.dtype == np.int32 for block in self._blocks):
            numbers = np.concatenate(self._blocks)
            if not self._texts:
                return pd.Series(numbers)
            codes, distinct = pd.factorize(numbers)
            self._blocks = [self._coded(list(map(str, distinct.tolist())))[codes]]
        for at, block in enumerate(self._blocks):
            if block.dtype != np.int32:
                cells = block.tolist()
                self._blocks[at] = self._coded(list(map(str, cells)) if self._texts else cells)
        return self._of_codes(np.concatenate(self._blocks), coded)

    def _coded(self, cells: Sequence[Any]) -> np.ndarray:
        place = self._place
        codes = [
            -1
            if cell is None
            else place.setdefault(cell if type(cell) is str else (type(cell), cell), len(place))
            for cell in cells
        ]
        return np.array(codes, dtype=np.int32)

    def _of_codes(self, codes: np.ndarray, coded: bool) -> pd.Series:
        distinct = [key if type(key) is str else key[1] for key in self._place]
        if codes.min(initial=0) >= 0 and all(type(cell) in (int, float) for cell in distinct):
            try:  # ids of more than 64 bits among them
                return pd.Series([distinct[code] for code in codes])
            except OverflowError:
                distinct = list(map(str, distinct))
        if coded and all(type(cell) is str for cell in distinct):
            return pd.Series(pd.Categorical.from_codes(codes, pd.Index(distinct, dtype=object)))
        cells = np.empty(len(distinct) + 1, dtype=object)
        cells[:-1] = distinct
        return pd.Series(cells[codes], dtype=object)  # code −1 takes the None at the end
