"""Which parts of a large text are looked at before it is read."""

from __future__ import annotations

import re

from recsys_core.reading.sources import Bytes

# What a large file is known by before it is read: so much of its beginning, some of its middle, and
# its end. A smaller one is looked at as a whole.
WHOLE = 4 << 20
_BEGINNING, _MIDDLE, END = 512 << 10, 64 << 10, 128 << 10
_MIDDLES = 6

LINE_END = re.compile(rb"\r\n|\r|\n")


def places(data: Bytes, start: int, stop: int) -> list[tuple[int, int]]:
    """The parts of a large text, in bytes, from line to line: some of everywhere."""
    step = (stop - END - start - _BEGINNING) // (_MIDDLES + 1)
    cuts = [(start, start + _BEGINNING)]
    middles = (start + _BEGINNING + n * step for n in range(1, _MIDDLES + 1))
    cuts += [(at, at + _MIDDLE) for at in middles]
    cuts.append((stop - END, stop))
    found = []
    for begins, ends in cuts:
        if begins > start:
            begins = _next_line(data, begins)
        ends = min(_next_line(data, ends), stop) if ends < stop else stop
        if begins < ends:
            found.append((begins, ends))
    return found


def _next_line(data: Bytes, at: int) -> int:
    found = LINE_END.search(data, at)
    return found.end() if found else len(data)
