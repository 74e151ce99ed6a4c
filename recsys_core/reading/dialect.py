"""How a text is written: its encoding, and the delimiter between its cells."""

from __future__ import annotations

import csv
from collections import Counter

from recsys_core.reading.sources import Content, unreadable
from recsys_core.text import Text

# In order of trust: a tab or “::” is never there by accident, a space often is.
DELIMITERS = {"::": "::", "tab": "\t", ";": ";", ",": ",", "|": "|", "space": " "}

ENCODINGS = ("utf-8", "latin-1", "utf-16")

_MARKS = {b"\xef\xbb\xbf": "utf-8", b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16"}
UNIT = "\x1f"  # ASCII's own “unit separator”: stands in for “::”, which no fast parser splits at


def sniff(lines: list[str]) -> str:
    """The delimiter that cuts most lines into equally many cells; the most trusted of several.

    A file no delimiter cuts has one column, which is for the caller to say; "," then stands in.
    """
    best, best_share = ",", 0.0
    sample = lines[:100]
    while len(sample) > 20 and sum(map(len, sample)) > 1 << 20:  # a wide table needs fewer
        sample = sample[: len(sample) // 2]
    for name, text in DELIMITERS.items():
        one = UNIT if name == "::" else text
        cut = [line.replace("::", UNIT) if name == "::" else line for line in sample]
        try:
            rows = [
                [cell for cell in row if cell or name != "space"]
                for row in csv.reader(cut, delimiter=one, skipinitialspace=True)
            ]
        except csv.Error:
            continue
        lengths = Counter(len(row) for row in rows if row)
        length, count = max(lengths.items(), key=lambda pair: (pair[1], pair[0]), default=(0, 0))
        share = count / max(len(rows), 1)
        # A header may be one cell shorter; any other unevenness speaks against a delimiter.
        # Prose has spaces too, but never equally many in most lines.
        if length >= 2 and share > best_share + 0.1 and (name != "space" or share > 0.8):
            best, best_share = name, share
    return best


def to_utf8(content: Content, encoding: str | None) -> tuple[str, bytes]:
    """The encoding, and the text as UTF-8 without a byte-order mark."""
    data = content.data
    for mark, marked in _MARKS.items():
        if data.startswith(mark):
            encoding = encoding or marked
            if marked == "utf-8":
                data = data[len(mark) :]
    if encoding is None:
        try:
            data.decode("utf-8")
            return "utf-8", data
        except UnicodeDecodeError:
            encoding = "latin-1"
    if encoding not in ENCODINGS:
        raise unreadable(
            Text(
                "“{encoding}” is not an encoding known here; choose one of {names}.",
                encoding=encoding,
                names=", ".join(ENCODINGS),
            )
        )
    try:
        if encoding == "utf-8":
            data.decode("utf-8")
            return encoding, data
        if encoding == "latin-1":
            # Windows' own variant puts quotation marks and the euro where latin-1 has nothing.
            try:
                return encoding, data.decode("cp1252").encode()
            except UnicodeDecodeError:
                return encoding, data.decode("latin-1").encode()
        return encoding, data.decode("utf-16").encode()
    except UnicodeError as error:
        start = getattr(error, "start", 0)
        line = data.count(b"\n", 0, start) + 1
        raise unreadable(
            Text(
                "Line {line:,} of {said} is not valid {encoding}; choose another encoding.",
                line=line,
                said=content.said,
                encoding=encoding,
            )
        ) from None
