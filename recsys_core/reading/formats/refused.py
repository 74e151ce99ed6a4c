"""Formats of other programs that are not read: each is named, with what to do about it."""

from __future__ import annotations

import csv
import re
from collections import Counter
from itertools import groupby

from recsys_core.text import Text, later

_IN_R = later('in R, save it by write.csv(x, "ratings.csv")')
_IN_STATA = later("in Stata, save it by “export delimited”")
_IN_SPSS = later("in SPSS, save it as CSV")

# First bytes, what they are, what to do. gzip, bzip2 and xz hide R's own first bytes.
_MARKS = (
    (b"RDX2\n", later("is an R workspace (.rda)"), _IN_R),
    (b"RDX3\n", later("is an R workspace (.rda)"), _IN_R),
    (b"RDA2\n", later("is an R workspace (.rda)"), _IN_R),
    (b"X\n\x00\x00\x00\x02", later("is an R object (.rds)"), _IN_R),
    (b"X\n\x00\x00\x00\x03", later("is an R object (.rds)"), _IN_R),
    (b"A\n2\n", later("is an R object (.rds)"), _IN_R),
    (b"A\n3\n", later("is an R object (.rds)"), _IN_R),
    (b"$FL2@(#)", later("is an SPSS file (.sav)"), _IN_SPSS),
    (b"$FL3@(#)", later("is an SPSS file (.zsav)"), _IN_SPSS),
    (b"<stata_dta>", later("is a Stata file (.dta)"), _IN_STATA),
    (b"FEA1", later("is a Feather file"), later("save it as Parquet or CSV")),
    (b"ARROW1", later("is a Feather or Arrow file"), later("save it as Parquet or CSV")),
    (b"Obj\x01", later("is an Avro file"), later("save it as Parquet or CSV")),
    (
        b"\x00\x01\x00\x00Standard ACE DB",
        later("is an Access database"),
        later("export the table as CSV"),
    ),
    (
        b"\x00\x01\x00\x00Standard Jet DB",
        later("is an Access database"),
        later("export the table as CSV"),
    ),
    (b"\x1f\x9d", later("is packed with compress"), later("unpack it first")),
    (b"\x04\x22\x4d\x18", later("is packed with lz4"), later("unpack it first")),
)
# Where the first bytes do not tell: by the end of the name.
_NAMES = {
    ".rds": (later("is an R object (.rds)"), _IN_R),
    ".rda": (later("is an R workspace (.rda)"), _IN_R),
    ".rdata": (later("is an R workspace (.rda)"), _IN_R),
    ".sav": (later("is an SPSS file (.sav)"), _IN_SPSS),
    ".dta": (later("is a Stata file (.dta)"), _IN_STATA),
    ".sas7bdat": (later("is a SAS file"), later("in SAS, save it by PROC EXPORT as CSV")),
    ".feather": (later("is a Feather file"), later("save it as Parquet or CSV")),
    ".orc": (later("is an ORC file"), later("save it as Parquet or CSV")),
    ".numbers": (later("is a workbook of Apple Numbers"), later("export it as Excel or CSV")),
    ".gsheet": (
        later("is only a link to a Google sheet"),
        later("download the sheet as CSV or Excel"),
    ),
    ".tar": (later("is a tar archive"), later("unpack it first")),
}
_STATA = range(104, 120)  # versions of the binary header before “<stata_dta>”


def sentence(data: bytes, name: str, said: str) -> Text | None:
    """Why a file that is not read is refused, None where it is none of these.

    ``data`` is what was brought, or what a .gz held; its first 1024 bytes are looked at.
    """
    found = _found(data[:1024], name.lower())
    if found is None:
        return None
    what, remedy = found
    return Text("{said} {what}; {remedy}.", said=said, what=Text(what), remedy=Text(remedy))


_SQL = re.compile(r"\s*(CREATE TABLE|INSERT INTO)\s+[\w`\"\[\].]+\s*(\(|VALUES\b)", re.IGNORECASE)
_WIKI = re.compile(r"\s*\{\|.*\n(.*\n){0,3}?\s*[!|]")
_PAIR = re.compile(r"\d+:[+-]?\d+(\.\d+)?")
# “user: Ana”, a line for each thing that is said.
_KEYED = re.compile(r"-?\s*[^\s:][^:\t,;|]{0,40}:(\s.*)?")


def text_sentence(head: str, said: str) -> Text | None:
    """Why a text that is no table is refused, by how it begins; None where it may be one."""
    what, remedy = _written(head)
    return (
        Text("{said} {what}; {remedy}.", said=said, what=Text(what), remedy=Text(remedy))
        if what
        else None
    )


def _written(head: str) -> tuple[str, str]:
    lines = [line for line in head.splitlines()[:100] if line.strip()][:60]
    start = "\n".join(lines[:20])
    if head.lstrip().startswith("<?xml"):
        return later("is XML"), later("export the ratings as CSV or JSON")
    if any(map(_SQL.match, lines)):
        return later("holds commands of SQL"), later(
            "run them in a database and export the table as CSV"
        )
    if _WIKI.match(start):
        return later("holds the source of a wiki's table"), later(
            "copy the table as the page shows it"
        )
    rows = [line.split() for line in lines]
    if len(rows) > 1 and all(len(row) > 1 and all(map(_PAIR.fullmatch, row[1:])) for row in rows):
        return (
            later("holds rows of index:value as LIBSVM does"),
            later("save it as one rating a line: user, item, rating"),
        )
    if _are_baskets(lines):
        return (
            later("seems to list market baskets, a line each with all that is in it"),
            later("save it as two columns, who bought and what: a line for each item of a basket"),
        )
    if len(lines) > 5 and all(_KEYED.fullmatch(line.strip()) for line in lines):
        return (
            later("holds lines of “name: value”"),
            later("save it as a table: a line for each rating, a column for user, item and rating"),
        )
    return "", ""


def _are_baskets(lines: list[str]) -> bool:
    """Whether lines have each another number of cells, all different, that come again in others."""
    if len(lines) < 10:
        return False
    every = [
        [[cell.strip() for cell in row] for row in csv.reader(lines, delimiter=sign)]
        for sign in ",;\t| "
    ]
    for rows in every:  # blank cells at the end of a line say nothing
        for row in rows:
            while row and not row[-1]:
                row.pop()
    n_cells = [Counter(map(len, rows)) for rows in every]
    runs = (groupby(rows, len) for rows in every)
    alike = max((len(list(run)) for of in runs for n, run in of if n > 1), default=0)
    if any(max((n[k] for k in n if k > 1), default=0) > 0.5 * len(lines) for n in n_cells):
        return False  # as many on most: a table
    if alike > 0.3 * len(lines):
        return False  # a table between titles and notes
    rows, n = max(zip(every, n_cells, strict=True), key=lambda both: len(both[1]))
    times = Counter(cell for row in rows for cell in row)
    return (
        len(n) > 2
        and n[1] < 0.7 * len(rows)
        and "" not in times
        and all(len(set(row)) == len(row) for row in rows)
        and len(times) < 0.6 * times.total()
    )


def _found(head: bytes, name: str) -> tuple[str, str] | None:
    for mark, what, remedy in _MARKS:
        if head.startswith(mark):
            return what, remedy
    if head[257:262] == b"ustar":
        return _NAMES[".tar"]
    binary = b"\x00" in head or head.startswith((b"\x1f\x8b", b"BZh", b"\xfd7zXZ", b"PK"))
    for ending, about in _NAMES.items():
        if name.endswith(ending) and (binary or ending == ".gsheet"):
            return about
    if len(head) > 4 and head[0] in _STATA and head[1] in (1, 2) and head[2:4] == b"\x01\x00":
        return _NAMES[".dta"]
    return None
