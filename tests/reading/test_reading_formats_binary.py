"""Workbooks, SQLite and MATLAB files, and those of other programs that are refused by name."""

from __future__ import annotations

import datetime
import io
import re
import sqlite3
import struct
import zipfile
from xml.sax.saxutils import escape as xml

import numpy as np
import openpyxl
import pytest
import scipy.io
import scipy.sparse
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl.styles import Font

from recsys_core.errors import ReadError
from recsys_core.reading import budget, formats
from recsys_core.reading.formats import matlab, refused, sqlite, workbooks

LONG = [["user", "item", "rating"], ["Ana", "Alien", 5], ["Ana", "Up", 2.5], ["007", "Alien", 1]]
WIDE = [["name", "Alien", "Heat", "Up"], ["Ana", 5, None, 3], ["Bo", None, 1, 4], ["Cleo", 2, 2, 1]]
NOTES = [["Ratings of the film club"], ["made in May"], ["see", "below"]]


# --- workbooks ------------------------------------------------------------------------------------


def saved(book):
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def workbook(**sheets):
    book = openpyxl.Workbook()
    book.remove(book.active)
    for title, rows in sheets.items():
        sheet = book.create_sheet(title)
        for row in rows:
            sheet.append(row)
    return book


_ODS = (
    '<?xml version="1.0" encoding="UTF-8"?><office:document-content '
    'xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0" '
    'xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0" '
    'xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0" office:version="1.2">'
    "<office:body><office:spreadsheet>{}</office:spreadsheet></office:body>"
    "</office:document-content>"
)
_MANIFEST = (
    '<manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0">'
    '<manifest:file-entry manifest:full-path="/" '
    'manifest:media-type="application/vnd.oasis.opendocument.spreadsheet"/></manifest:manifest>'
)


def ods_file(body):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        kind = "application/vnd.oasis.opendocument.spreadsheet"
        archive.writestr("mimetype", kind, zipfile.ZIP_STORED)
        archive.writestr("META-INF/manifest.xml", _MANIFEST)
        archive.writestr("content.xml", _ODS.format(body))
    return file.getvalue()


def ods_cell(cell):
    if cell is None:
        return "<table:table-cell/>"
    if isinstance(cell, str):
        text = f"<text:p>{xml(cell)}</text:p>"
        return f'<table:table-cell office:value-type="string">{text}</table:table-cell>'
    return (
        f'<table:table-cell office:value-type="float" office:value="{cell}">'
        f"<text:p>{cell}</text:p></table:table-cell>"
    )


def ods(**sheets):
    body = ""
    for title, rows in sheets.items():
        body += f'<table:table table:name="{title}">'
        for row in rows:
            cells = "".join(map(ods_cell, row))
            end = '<table:table-cell table:number-columns-repeated="16380"/>'
            body += f"<table:table-row>{cells}{end}</table:table-row>"
        body += (
            '<table:table-row table:number-rows-repeated="1048000">'
            '<table:table-cell table:number-columns-repeated="16384"/></table:table-row>'
            "</table:table>"
        )
    return ods_file(body)


def read(data, sheet=None):
    return workbooks.read(data, "“it”", sheet)


cells = st.one_of(
    st.none(),
    st.integers(-(10**6), 10**6),
    st.floats(-100, 100).map(lambda x: round(x, 3)).filter(lambda x: not x.is_integer()),
    st.sampled_from(["Ana", "007", "<b>", "é & ü", "#1"]),
)
tables = st.lists(st.lists(cells, min_size=2, max_size=4), min_size=1, max_size=6)


@settings(max_examples=40)
@given(table=tables.filter(lambda t: any(c is not None for row in t for c in row)))
def test_sheets_come_back_as_they_were_written(table):
    expected = []
    for row in table:
        row = list(row)
        while row and row[-1] is None:
            row.pop()
        expected.append(row)
    numbers = [at for at, row in enumerate(expected, 1) if row]
    first = min(at for row in expected for at, cell in enumerate(row) if cell is not None)
    kept = [row[first:] for row in expected if row]
    for data in (saved(workbook(Films=table)), ods(Films=table)):
        found = read(data)
        assert found.sample() == kept
        assert [found._place(n) for n in found._numbers] == [
            f"Row {n:,} of sheet “Films”" for n in numbers
        ]


def test_times_truth_values_and_errors_of_a_sheet():
    when, day = datetime.datetime(2023, 5, 1, 14, 3), datetime.date(2020, 1, 2)
    row = [True, False, when, day, 3.0, 2.5, "#DIV/0!"]
    found = read(saved(workbook(S=[["a", "b", "c", "d", "e", "f", "g"], row])))
    assert found.sample()[1] == [True, False, when, day, 3, 2.5]
    assert isinstance(found.sample()[1][4], int)
    assert "1 cell of the workbook holds an error such as #DIV/0!" in found.says.remarks[0]


def test_the_sheet_most_like_ratings_is_chosen_and_hidden_ones_come_last():
    book = workbook(Notes=NOTES, Old=LONG, Films=WIDE, Ratings=LONG)
    assert read(saved(book)).sheet == "Old"
    book["Old"].sheet_state = "hidden"
    found = read(saved(book))
    assert (found.sheet, found.sheets) == ("Ratings", ("Notes", "Films", "Ratings", "Old"))
    assert read(saved(book), "Old").sample() == LONG
    del book["Ratings"]
    assert read(saved(book)).sheet == "Films"
    with pytest.raises(ReadError, match="no sheet “x”; choose one of Notes, Films, Old"):
        read(saved(book), "x")
    assert read(ods(Notes=NOTES, Films=WIDE, Ratings=LONG)).sheet == "Ratings"


def test_cells_merged_over_rows_count_for_each_and_over_columns_once():
    book = workbook(S=[["Films", None, None], *LONG[:1], ["Ana", "Alien", 5], [None, "Up", 2]])
    book["S"].merge_cells("A1:C1")
    book["S"].merge_cells("A3:A4")
    assert read(saved(book)).sample() == [["Films"], LONG[0], ["Ana", "Alien", 5], ["Ana", "Up", 2]]


def test_formatted_empty_cells_far_away_do_not_count():
    book = workbook(S=LONG)
    book["S"]["XFD1048576"].font = Font(bold=True)
    assert read(saved(book)).sample() == LONG


def changed(data, member, old, new):
    file = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as before, zipfile.ZipFile(file, "w") as after:
        for name in before.namelist():
            content = before.read(name)
            assert name != member or old in content
            after.writestr(name, content.replace(old, new) if name == member else content)
    return file.getvalue()


FAR = [
    ('r="A1"', 'r="XFD1048576"'),
    ("r='A1'", "r='XFD1048576'"),
    ('r="A1"', 's="0"\n r="XFD1048576"'),
]


@pytest.mark.parametrize(("old", "new"), FAR)
def test_a_far_cell_of_an_xlsx_is_found_before_anything_is_built(old, new):
    """Were it not, the process would be aborted for want of memory."""
    book = workbook(Far=[["x", 1], ["y", 2]])
    data = changed(saved(book), "xl/worksheets/sheet1.xml", b'r="A1"', new.encode())
    with pytest.raises(ReadError, match="Sheet “Far” of “it” has more than 5,000,000 cells"):
        read(data)
    book = workbook(Far=[["x", 1], ["y", 2]], Films=LONG)
    data = changed(saved(book), "xl/worksheets/sheet1.xml", b'r="A1"', new.encode())
    assert read(data).sheet == "Films"  # the others can still be read


@pytest.mark.parametrize(
    "place", ["A4000000000", "B99999999999", "ZZZZZ9", "a1", "A-1", "A01", 'A1" r="XFD1048576']
)
def test_places_that_are_none_of_excels_are_damage(place):
    data = saved(workbook(S=LONG))
    data = changed(data, "xl/worksheets/sheet1.xml", b'r="A1"', f'r="{place}"'.encode())
    with pytest.raises(ReadError, match="damaged or unusual"):
        read(data)


def test_cells_that_do_not_say_where_they_are():
    data = saved(workbook(S=LONG))
    sheet = zipfile.ZipFile(io.BytesIO(data)).read("xl/worksheets/sheet1.xml")
    plain = re.sub(rb' r="[A-Z]*[0-9]+"', b"", sheet)
    assert read(changed(data, "xl/worksheets/sheet1.xml", sheet, plain)).sample() == LONG
    far = plain.replace(b"<row>", b'<row r="1048576">', 1)
    wide = far.replace(b"</row>", b"<c><v>1</v></c>" * 9000 + b"</row>", 1)
    with pytest.raises(ReadError, match="more than 5,000,000 cells"):
        read(changed(data, "xl/worksheets/sheet1.xml", sheet, wide))


@pytest.mark.slow
def test_a_sheet_of_several_pieces_is_looked_at_whole():
    """Pieces of 1 MiB, cut anywhere: the far cell is seen wherever it stands."""
    book = openpyxl.Workbook(write_only=True)
    sheet = book.create_sheet("S")
    for _ in range(5000):
        sheet.append(list(range(20)))
    data = saved(book)
    xml_of = zipfile.ZipFile(io.BytesIO(data)).read("xl/worksheets/sheet1.xml")
    assert len(xml_of) > 2 << 20
    edge = 1 << 20
    for shift in range(-40, 40, 4):
        at = xml_of.index(b"<c r=", edge + shift)
        end = xml_of.index(b" ", at + 3)
        moved = xml_of[:at] + b'<c r="XFD1048576"' + xml_of[end:]
        far = changed(data, "xl/worksheets/sheet1.xml", xml_of, moved)
        assert workbooks._extents(far, "it").of == {"S": 1_048_576 * 16_384}


def test_an_ods_that_is_no_xml_is_damaged():
    """calamine would never come back from it."""
    data = ods(A=LONG)
    body = zipfile.ZipFile(io.BytesIO(data)).read("content.xml")
    for broken in (body.replace(b"<table:table-row>", b"<*able:table-row>", 1), body[:-200]):
        with pytest.raises(ReadError, match="damaged or unusual"):
            read(changed(data, "content.xml", body, broken))


@pytest.mark.parametrize(
    "row",
    [
        '<table:table-row><table:table-cell table:number-columns-repeated="2000000000"/>{}',
        '<table:table-row table:number-rows-repeated="2000000000"><table:table-cell/>{}',
        '<table:table-row table:number-rows-repeated="9000"><table:table-cell '
        'office:value-type="float" office:value="1" table:number-columns-repeated="9000"/>',
        "<table:table-row><table:table-cell table:number-columns-repeated='2000000000'/>{}",
        '<table:table-row><table:table-cell table:note=">" office:value="1" '
        'table:number-columns-repeated="2000000000"/>{}',
        '<table:table-row><table:table-cell office:value-type="string"><text:p>a<text:s '
        'text:c="2000000000"/></text:p></table:table-cell>{}',
    ],
)
def test_a_far_cell_of_an_ods_is_found_before_anything_is_built(row):
    first = f"<table:table-row>{ods_cell('x')}</table:table-row>"
    body = first + row.format(ods_cell(5)) + "</table:table-row>"
    body = f'<table:table table:name="Far">{body}</table:table>'
    with pytest.raises(ReadError, match="Sheet “Far” of “it” has more than 5,000,000 cells"):
        read(ods_file(body))


def test_the_extent_of_an_xlsb_is_read_from_its_records():
    def record(kind, payload):
        head = bytes([kind]) if kind < 128 else bytes([kind & 127 | 128, kind >> 7])
        return head + bytes([len(payload)]) + payload

    def sheet(last_row, last_column):
        out = record(148, bytes(16))  # the stated size, which may be wrong
        for row, column in ((2, 1), (last_row, last_column)):
            out += record(0, struct.pack("<I", row) + bytes(13))
            out += record(1, struct.pack("<II", 9999, 0))  # empty: does not count
            out += record(5, struct.pack("<IId", column, 0, 4.5))
        return out

    for last in ((4, 3), (1_048_575, 16_383)):
        file = io.BytesIO()
        with zipfile.ZipFile(file, "w") as archive:
            archive.writestr("xl/worksheets/sheet1.bin", sheet(*last))
        expected = (last[0] - 2 + 1) * (last[1] - 1 + 1)
        assert workbooks._extents(file.getvalue(), "it").of == {"": expected}


OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600)


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (OLE + "EncryptedPackage".encode("utf-16-le"), "is locked by a password"),
        (OLE + "WordDocument".encode("utf-16-le"), "is a Word document; save its table"),
        (OLE, "damaged or unusual workbook"),
        (saved(workbook(S=LONG))[:-700], "damaged or unusual workbook"),
        (saved(workbook(S=[])), "holds no values; formulas count only once"),
        (ods(S=[]), "holds no values"),
    ],
)
def test_workbooks_that_cannot_be_read(data, says):
    with pytest.raises(ReadError, match=says):
        read(data)


# --- SQLite ---------------------------------------------------------------------------------------


def database(script, rows=LONG[1:], table="votes"):
    connection = sqlite3.connect(":memory:", isolation_level=None)
    connection.executescript(script)
    connection.executemany(f'INSERT INTO "{table}" VALUES (?, ?, ?)', rows)
    return connection.serialize()


VOTES = 'CREATE TABLE "votes" ("user", item TEXT, "rating" REAL);'


def body(cells):
    table = cells.table(1, False, ".")
    return [table.names, *table.body.astype(object).to_numpy().tolist()]


def test_a_database_of_one_table():
    data = database(VOTES)
    assert formats.of_bytes(data).code == "sqlite"
    assert body(sqlite.read(data, "“it”")) == LONG
    wal = bytearray(data)
    wal[18:20] = b"\x02\x02"  # as a database in use by an app is
    assert body(sqlite.read(bytes(wal), "“it”")) == LONG


def test_a_database_of_several_tables():
    films = "CREATE TABLE films (movieId INTEGER, title TEXT, poster BLOB);"
    films += "INSERT INTO films VALUES (1, 'Alien', x'00ff'), (2, 'Up', x'00'), (3, 'Ran', x'');"
    odd = 'CREATE TABLE "a "" b; --" (x, y); INSERT INTO "a "" b; --" VALUES (1, 2);'
    view = "CREATE VIEW best AS SELECT * FROM votes WHERE rating > 2; CREATE VIEW v AS SELECT x.y;"
    data = database(films + odd + VOTES + view)
    found = sqlite.read(data, "“it”")
    assert (found.sheet, set(found.sheets)) == ("votes", {"films", 'a " b; --', "votes", "best"})
    assert body(found) == LONG
    assert body(sqlite.read(data, "“it”", "best")) == LONG[:3]
    assert body(sqlite.read(data, "“it”", "films"))[0] == ["movieId", "title"]
    assert body(sqlite.read(data, "“it”", 'a " b; --')) == [["x", "y"], [1, 2]]
    with pytest.raises(ReadError, match="no table “x”; choose one of films"):
        sqlite.read(data, "“it”", "x")


def test_a_view_that_never_ends_is_stopped(monkeypatch):
    monkeypatch.setattr(sqlite, "_SECONDS", 0.2)
    endless = (
        "CREATE VIEW v AS WITH RECURSIVE n(a, b) AS (SELECT 1, 1 UNION ALL "
        "SELECT a + 1, b FROM n) SELECT a, b, a AS c FROM n;"
    )
    connection = sqlite3.connect(":memory:", isolation_level=None)
    connection.executescript(endless)
    with pytest.raises(ReadError, match="takes more than 0.2 seconds"):
        sqlite.read(connection.serialize(), "“it”")

    # Ten of them in an archive take no ten times as long.
    monkeypatch.setattr(sqlite, "_MOMENT", 0.01)
    with budget.opened(budget.Budget()) as spent:
        for _ in range(10):
            with pytest.raises(ReadError, match="takes more than 0.2 seconds"):
                sqlite.read(connection.serialize(), "“it”")
    assert 0.2 <= spent.queries < 1


@pytest.mark.parametrize("at", [100, 1000, 4096])
def test_damaged_and_empty_databases(at):
    data = database(VOTES, [[f"u{n}", "x" * 50, n] for n in range(500)])
    with pytest.raises(ReadError, match="damaged or locked SQLite|without a table"):
        sqlite.read(data[:at], "“it”")
    with pytest.raises(ReadError, match="without a table of two columns"):
        sqlite.read(database(VOTES, []), "“it”")


def test_a_damaged_page_is_said():
    data = bytearray(database(VOTES, [[f"u{n}", "x" * 50, n] for n in range(500)]))
    data[4096:8192] = b"\xff" * 4096
    with pytest.raises(ReadError, match="damaged or locked SQLite|without a table"):
        sqlite.read(bytes(data), "“it”")


# --- MATLAB ---------------------------------------------------------------------------------------

MATRIX = np.array([[5, 3, 0, 1, 2, 2], [4, 0, 0, 1, 1.5, 3], [1, 1, 0, 5, 2, 1]])


def mat(**variables):
    file = io.BytesIO()
    scipy.io.savemat(file, variables, do_compression=True)
    return file.getvalue()


def test_a_full_matrix_with_and_without_labels():
    data = mat(Y=MATRIX, b=3.0, note="hello")
    assert formats.of_bytes(data).code == "matlab"
    found = matlab.read(data, "“it”")
    assert not found.named and np.array_equal(np.array(found.sample()), MATRIX)
    films = np.array([["A"], ["B"], ["C"], ["D"], ["E"], ["F"]], dtype=object)
    users = np.array(["x", "y", "z"], dtype=object)
    found = matlab.read(mat(Y=MATRIX, films=films, users=users), "“it”")
    names, *rows = found.sample()
    assert names == ["", *"ABCDEF"] and [row[0] for row in rows] == ["x", "y", "z"]
    assert np.array_equal(np.array([row[1:] for row in rows], dtype=float), MATRIX)


def test_a_sparse_matrix_counts_from_one():
    found = matlab.read(mat(M=scipy.sparse.csc_array(MATRIX)), "“it”")
    names, *rows = found.sample()
    assert names == ["user", "item", "rating"]
    assert sorted(rows) == sorted(
        [u + 1, i + 1, MATRIX[u, i]] for u, i in zip(*np.nonzero(MATRIX), strict=True)
    )


def test_the_variable_called_ratings_is_chosen_and_others_may_be():
    data = mat(features=np.ones((40, 40)), ratings=MATRIX, R=MATRIX > 0)
    found = matlab.read(data, "“it”")
    assert found.sheet == "ratings" and set(found.sheets) == {"features", "ratings", "R"}
    assert np.array_equal(np.array(found.sample()), MATRIX)
    assert np.array_equal(np.array(matlab.read(data, "“it”", "R").sample()), MATRIX > 0)
    with pytest.raises(ReadError, match="no table “x”"):
        matlab.read(data, "“it”", "x")


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (mat(s={"a": 1}, c=np.array(["x", 3], dtype=object)), "no matrix of numbers"),
        (mat(z=MATRIX * 1j), "no matrix of numbers"),
        (mat(Y=MATRIX)[:150], "damaged .mat"),
        (b"MATLAB 7.3 MAT-file, Platform: GLNXA64".ljust(128) + b"\x89HDF", "MATLAB v7.3"),
    ],
)
def test_mat_files_that_cannot_be_read(data, says):
    with pytest.raises(ReadError, match=says):
        matlab.read(data, "“it”")


def test_version_73_is_read_where_h5py_is_installed(monkeypatch):
    """With a stand-in for h5py: the parts of its interface that are used."""
    import sys
    import types

    class Dataset(np.ndarray):
        pass

    class Group(dict):
        attrs = {"MATLAB_sparse": 3}

    class File(dict):
        def __init__(self, file, mode):
            sparse = scipy.sparse.csc_array(MATRIX)
            whole = MATRIX.T.copy().view(Dataset)  # as HDF5 has it
            parts = {"data": sparse.data, "ir": sparse.indices, "jc": sparse.indptr}
            super().__init__({"#refs#": None, "S": Group(parts), "Y": whole})

        __enter__ = lambda self: self  # noqa: E731
        __exit__ = lambda self, *about: None  # noqa: E731

    fake = types.SimpleNamespace(File=File, Dataset=Dataset, Group=Group)
    monkeypatch.setitem(sys.modules, "h5py", fake)
    data = b"MATLAB 7.3 MAT-file, Platform: GLNXA64".ljust(128) + b"\x89HDF"
    assert np.array_equal(np.array(matlab.read(data, "it", "Y").sample()), MATRIX)
    found = matlab.read(data, "it", "S").sample()[1:]
    assert sorted(found) == sorted(
        [u + 1, i + 1, MATRIX[u, i]] for u, i in zip(*np.nonzero(MATRIX), strict=True)
    )


# --- refused by name ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("data", "name", "says"),
    [
        (b"\x1f\x8b\x08\x00\x00", "ratings.rds", "R object.*write.csv"),
        (b"RDX3\nX\n\x00\x00", "", "R workspace"),
        (b"$FL2@(#) SPSS DATA FILE", "", "SPSS.*CSV"),
        (b"<stata_dta><header>", "", "Stata.*export delimited"),
        (b"\x73\x02\x01\x00\x05\x00", "r", "Stata"),
        (b"FEA1\x00\x00", "", "Feather.*Parquet or CSV"),
        (b"ARROW1\x00\x00", "", "Feather"),
        (b"name".ljust(257, b"\x00") + b"ustar\x00", "x", "tar archive; unpack"),
    ],
)
def test_other_programs_files_are_named_with_what_to_do(data, name, says):
    sentence = refused.sentence(data, name, "“It”")
    assert sentence is not None
    assert re.search(says, sentence) and sentence.endswith(".")


@pytest.mark.parametrize(
    ("data", "name"),
    [
        (b"user,item,rating\n", "a.csv"),
        (b"ORCA,Alien,5\n", "a.sav.csv"),
        (b"user,item\n", "saved as.dta"),
        (b"X\nuser,item\n", "t.csv"),
    ],
)
def test_plain_text_is_not_refused(data, name):
    assert refused.sentence(data, name, "it") is None
