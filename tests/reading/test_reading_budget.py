"""Each format spends from one budget while it reads: none runs away, whatever a file holds."""

from __future__ import annotations

import contextlib
import io
import json
import sqlite3
import struct
import tracemalloc
import zipfile
import zlib

import numpy as np
import pytest
import scipy.io

from fuzz import excel_binary
from fuzz.formats import unpacked, with_shared_texts
from recsys_core.errors import ReadError
from recsys_core.reading import budget, child, inspect
from recsys_core.reading.formats import matlab, old_excel, sqlite, workbooks
from tests.reading.zips import packed

ROWS = [(f"u{u}", f"film {i}", (u * i) % 5 + 1) for u in range(40) for i in range(10)]
TABLE = [["user", "item", "rating"], *ROWS]


def lines(cut, end="\n", rows=TABLE):
    return end.join(cut.join(map(str, row)) for row in rows).encode()


def as_sqlite():
    base = sqlite3.connect(":memory:")
    base.execute("CREATE TABLE votes (user, item, rating)")
    base.executemany("INSERT INTO votes VALUES (?, ?, ?)", ROWS)
    base.commit()
    return base.serialize()


def as_xlsx():
    import openpyxl

    book = openpyxl.Workbook()
    for row in TABLE:
        book.active.append(row)
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def as_mat():
    file = io.BytesIO()
    matrix = np.arange(1200).reshape(40, 30) % 5 + 1.0
    scipy.io.savemat(file, {"ratings": matrix}, do_compression=True)
    return file.getvalue()


def plain(kind, body):
    return kind, body


def as_html():
    cells = ("".join(f"<td>{cell}</td>" for cell in row) for row in TABLE)
    return f"<table>{''.join(f'<tr>{row}</tr>' for row in cells)}</table>".encode()


MARKS = ["|user|item|rating|", "|---|---|---|", *(f"|{u}|{i}|{x}|" for u, i, x in ROWS)]
NUMBERED = [(u, i, i % 5 + 1) for u in range(1, 41) for i in range(1, 11)]
NETFLIX = lines(",", rows=[(n, n % 5 + 1, "2005-09-06") for n in range(400)]) + b"\n"
FILES = {
    "a.csv": lines(","),
    "a.json": json.dumps([dict(zip(TABLE[0], row, strict=True)) for row in ROWS]).encode(),
    "rows.json": json.dumps(TABLE).encode(),
    "a.jsonl": b"\n".join(json.dumps(row).encode() for row in TABLE),
    "netflix.txt": b"1:\n" + NETFLIX + b"2:\n" + NETFLIX,
    "a.mtx": b"%%MatrixMarket matrix coordinate integer general\n40 10 400\n"
    + lines(" ", rows=NUMBERED),
    "out.konect": b"% bip\n" + lines(" ", rows=NUMBERED),
    "a.tab": lines("\t", rows=[["S#user", "S#item", "cC#rating"], *ROWS]),
    "a.md": "\n".join(MARKS).encode(),
    "a.html": as_html(),
    "a.sqlite": as_sqlite(),
    "a.mat": as_mat(),
    "a.xlsx": as_xlsx(),
    "a.xls": excel_binary.xls(TABLE, plain),
    "a.xlsb": packed(*excel_binary.xlsb(TABLE, plain)),
}  # fmt: skip


@pytest.mark.parametrize("name", FILES)
def test_every_format_spends_its_cells_and_some_stop_it(name):
    with budget.opened(budget.Budget()) as spent:
        n_before = spent.cells
        assert inspect(FILES[name], name).read().n_ratings >= 400
        assert n_before - spent.cells >= 800  # user and item, at least
    with (
        budget.opened(budget.Budget(cells=300)),
        pytest.raises(ReadError, match="has more than 300 cells, more than fit"),
    ):
        inspect(FILES[name], name).read()


@pytest.mark.parametrize("name", FILES)
def test_time_that_is_over_stops_every_format(name):
    with (
        budget.opened(budget.Budget(seconds=-1)),
        pytest.raises(ReadError, match="takes longer than -1 seconds"),
    ):
        inspect(FILES[name], name).read()


GROWING = {
    "a list of lists": ("a.json", b"[\n" + b"[]," * 40_000 + b"[1,2,3]]"),
    "objects": ("a.json", b"[\n" + b"{}," * 40_000 + b'{"a":1}]'),
    "items without ratings": ("a.txt", b"1:\n7,5\n" + b"1:\n" * 30_000 + b"2:\n7,3\n"),
    "short lines below a table": ("a.md", b"|a|b|c|\n|--|--|--|\n|1|2|3|\n" + b"x\n" * 60_000),
    "cells over many rows": (
        "a.html",
        b"<table>" + b"<tr><td rowspan=999 colspan=900>1</td></tr>" * 50 + b"</table>",
    ),
}


@pytest.mark.parametrize("name", GROWING)
def test_a_file_that_grows_many_times_is_stopped_on_the_way(name):
    called, data = GROWING[name]
    with (
        budget.opened(budget.Budget(memory=2_000_000)),
        pytest.raises(ReadError, match="takes more than 2 MB once it is unpacked"),
    ):
        inspect(data, called)


def test_a_view_that_makes_long_texts_of_nothing():
    base = sqlite3.connect(":memory:")
    base.executescript(
        "CREATE TABLE t (a); INSERT INTO t VALUES (1), (2), (3), (4), (5), (6), (7), (8);"
        "CREATE VIEW v AS SELECT hex(zeroblob(400000)) AS user, hex(zeroblob(300000)) AS item,"
        " 1 AS rating FROM t a, t b, t c"
    )
    with budget.opened(budget.Budget(memory=1_000_000)), pytest.raises(ReadError, match="1 MB"):
        sqlite.read(base.serialize(), "“it”")


def test_a_variable_of_matlab_is_unpacked_within_the_budget():
    data = as_mat()[:128] + struct.pack("<II", 15, len(bomb := zlib.compress(bytes(1 << 24))))
    with (
        budget.opened(budget.Budget(memory=4 << 20)) as spent,
        pytest.raises(ReadError, match="takes more than 4 MB"),
    ):
        matlab.read(data + bomb, "“it”")
    assert spent.memory > -(2 << 20)


def test_a_workbook_is_unpacked_once_within_the_budget():
    with zipfile.ZipFile(io.BytesIO(as_xlsx())) as archive:
        members = [(name, archive.read(name)) for name in archive.namelist()]
    data = packed(*members, ("xl/media/x.bin", bytes(8 << 20)))
    with (
        budget.opened(budget.Budget(memory=4 << 20)),
        pytest.raises(ReadError, match="takes more than 4 MB"),
    ):
        inspect(data, "a.xlsx")


@pytest.mark.parametrize("kind", ["xlsx", "xls", "xlsb"])
def test_a_long_text_that_many_cells_share_counts_for_each(kind, monkeypatch):
    """calamine writes it out for each: 70,000 cells in a file of 1 MB would take 2 GB."""
    monkeypatch.setattr(workbooks, "_MOST_TEXT", 1_000_000)
    rows = [["x" * 1_900, "film", 3.0]] * 1_200  # .xlsb shares those of every other row
    if kind == "xls":
        data = excel_binary.xls(rows, plain)
        assert old_excel.sizes(data)[1] == 1_200 * (1_900 + 4)
    elif kind == "xlsb":
        data = packed(*excel_binary.xlsb(rows, plain))
    else:
        import openpyxl

        book = openpyxl.Workbook()
        for row in rows:
            book.active.append(row)
        file = io.BytesIO()
        book.save(file)
        data = packed(*with_shared_texts(unpacked(file.getvalue())))
    with pytest.raises(ReadError, match="texts in the cells of “a” are longer than 1 MB"):
        inspect(data, "a")


def spoiled(kind, at, number):
    def spoil(found, body):
        if found != kind:
            return found, body
        return found, body[:at] + struct.pack("<H", number) + body[at + 2 :]

    return excel_binary.xls(TABLE, spoil)


def test_an_xls_that_states_what_is_not_there():
    with pytest.raises(ReadError, match="has more than 10,000,000 cells"):
        inspect(spoiled(0x200, 10, 60_000) and spoiled(0x203, 2, 65_000), "a.xls")
    with pytest.raises(ReadError, match="is a damaged or unusual workbook"):
        inspect(spoiled(0x200, 0, 60_000), "a.xls")  # begins behind its end
    endless = bytearray(FILES["a.xls"])
    table = 512 * (1 + struct.unpack_from("<I", endless, 76)[0])
    struct.pack_into("<I", endless, table, 0)  # the first sector follows itself
    with pytest.raises(ReadError, match="is a damaged or unusual workbook"):
        inspect(bytes(endless), "a.xls")


SLOW = {
    "comments without an end": b"<!---->" * 40 + b"x,y,z\n1,2,3\n",
    "blanks in a rule": b"|a|b|\n" + b" " * 60_000 + b"x\n1,2\n",
    "blanks before a colon": b" " * 60_000 + b"x\n" + b"a,b\n" * 9,
    "blanks before a list": b" " * 60_000 + b"[5\n1,2\n",
    "a tag without an end": b"<table>" + b"<!" * 300_000,
    "brackets in a name": b"[" * 60_000 + b"x,b,c\n1,2,3\n",
    "digits": b"a,b,c\n" + b"1" * 60_000 + b"x,2,3\n",
    "flags": b"a\tb\tc\nd\td\td\n" + b"c" * 60_000 + b"!\td\td\n1\t2\t3\n",
    "notes": b"% x\n1 2 3\n" + b"\n#" * 30_000 + b"\nx",
}


@pytest.mark.parametrize("name", SLOW)
def test_patterns_do_not_try_again_and_again(name):
    """In a child, which is ended after 20 s: of the patterns as they were, none had come back."""
    reading = child.start(SLOW[name], "a", wait=15)
    try:
        reading.result()
    except ReadError as error:
        assert "longer than" not in str(error)
    assert reading.fault is None


def test_a_mark_that_the_parser_does_not_know_is_no_fault():
    page = b"<table><tr><td>user<td>item<td>rating<tr><td><![x[>3<td>4<td>5</table>"
    reading = child.start(page, "a.html", wait=60)
    with contextlib.suppress(ReadError):  # newer parsers take it for a comment
        reading.result()
    assert reading.fault is None


def test_pictures_in_a_database_take_no_memory():
    base = sqlite3.connect(":memory:")
    base.execute("CREATE TABLE t (user, item, rating)")
    base.executemany("INSERT INTO t VALUES (?, ?, ?)", [(u, u % 7, u % 5) for u in range(300)])
    base.execute("CREATE VIEW v AS SELECT user, item, rating, zeroblob(900000) AS picture FROM t")
    tracemalloc.start()
    cells = sqlite.read(base.serialize(), "“it”", "v")
    assert tracemalloc.get_traced_memory()[1] < 20 << 20
    tracemalloc.stop()
    assert "picture" not in cells.names()


def test_a_cell_of_several_lines_is_quoted_on_one():
    rows = [f"u{k % 5},i{k % 7},{k % 4 + 1}" for k in range(30)]
    text = "\n".join(["user,item,rating", *rows[:20], 'u1,i2,"a\nb"', *rows[20:]])
    assert "“a b” is not a number" in str(inspect(text.encode(), "it.csv").problem)
