"""Zips, .gz and everything that is no table: each gets one sentence, none does harm."""

from __future__ import annotations

import gzip
import io
import random
import struct
import zipfile

import numpy as np
import pytest

from recsys_core.errors import FactorscopeError, ReadError
from recsys_core.reading import archives, inspect, read_ratings, text
from tests.reading.zips import packed

CSV = b"user,item,rating\na,x,5\na,y,3\nb,x,1\n"


def locked(data):
    """The same zip with the flag that says “encrypted” set everywhere."""
    data = bytearray(data)
    for mark, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        at = data.find(mark)
        while at >= 0:
            data[at + offset] |= 1
            at = data.find(mark, at + 4)
    return bytes(data)


def test_a_zip_of_one_csv():
    data = packed(
        ("folder/", b""), ("folder/my ratings.csv", CSV), ("__MACOSX/folder/._my", b"\x00")
    )
    guess = inspect(data, "mine.zip")
    assert guess.member == "folder/my ratings.csv" and guess.members == (guess.member,)
    assert guess.read().n_ratings == 3 and guess.read().name == "mine"


def test_a_zip_of_several_tables():
    other = CSV + b"b,y,2\n"
    data = packed(
        ("README.txt", b"x" * 500),
        ("items.csv", b"y" * 400),
        ("ratings.csv", CSV),
        ("b/other.tsv", other),
    )
    guess = inspect(data)
    assert guess.member == "ratings.csv"
    assert set(guess.members) == {"items.csv", "ratings.csv", "b/other.tsv"}
    assert guess.change(member="b/other.tsv").read().n_ratings == 4
    with pytest.raises(ReadError, match="no table “c.csv”"):
        guess.change(member="c.csv").read()
    # The largest where nothing else speaks for one.
    assert inspect(packed(("a.csv", CSV), ("b.csv", b"x,y,z\n" + other))).member == "b.csv"


def test_a_zip_bomb_is_refused_before_it_is_unpacked(monkeypatch):
    bomb = packed(("ratings.csv", bytes(200 << 20)))
    assert len(bomb) < 1 << 20
    monkeypatch.setattr(zipfile.ZipFile, "open", lambda *a, **k: pytest.fail("unpacked"))
    with pytest.raises(ReadError, match="would unpack to 210 MB, 1,0.. times its size"):
        read_ratings(bomb)


def test_a_zip_that_lies_about_its_size_is_not_unpacked_beyond_it():
    data = bytearray(packed(("ratings.csv", CSV + b"c,x,2\n" * 200_000)))
    true = len(CSV) + 6 * 200_000
    for mark, offset in ((b"PK\x03\x04", 22), (b"PK\x01\x02", 24)):
        at = data.find(mark) + offset
        assert struct.unpack_from("<I", data, at)[0] == true
        struct.pack_into("<I", data, at, 100)
    with pytest.raises(ReadError, match="damaged"):
        read_ratings(bytes(data))


def test_a_gzip_bomb_is_refused():
    bomb = gzip.compress(bytes(300 << 20), compresslevel=1)
    with pytest.raises(ReadError, match="unpacks to more than"):
        read_ratings(bomb)


def test_small_files_may_pack_well():
    zeros = "\n".join(",".join(["0"] * 3000) for _ in range(300)) + "\n"
    zeros = zeros[:-2] + "3\n" + ",".join(["5", "4", *["0"] * 2998]) + "\n"
    data = packed(("matrix.csv", zeros))
    assert len(zeros) > 300 * len(data)
    assert read_ratings(data).n_ratings == 3


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (packed(("ratings.csv", CSV))[:60], "damaged zip"),
        (packed(("ratings.csv", CSV * 50))[:-30], "damaged zip"),
        (locked(packed(("ratings.csv", CSV))), "locked by a password"),
        (packed(("inner.zip", packed(("ratings.csv", CSV)))), "inner.zip; unpack it first"),
        (packed(("ratings.csv", packed(("ratings.csv", CSV)))), "itself packed"),
        (packed(("ratings.csv", gzip.compress(CSV))), "itself packed"),
        (packed(("r.npz", packed(("r.npz", packed(("ratings.csv", CSV)))))), "itself packed"),
        (packed(("r.xlsx", packed(("ml/u.data", b"1\t1\t1\t1\n")))), "itself packed"),
        (packed(("photo.png", b"\x89PNG....")), "no table of ratings but photo.png"),
        (packed(), "no table of ratings but nothing"),
        (packed(("ratings.csv", b"")), "“ratings.csv” in the file is empty"),
        (packed(("ratings.csv", b"\x89PNG\r\n\x1a\n" + bytes(99))), "“ratings.csv” .*PNG"),
        (packed(*((f"{n}.csv", b"") for n in range(2500))), "2,500 files"),
        (gzip.compress(CSV * 50)[:-12], "damaged .gz"),
        (gzip.compress(packed(("ratings.csv", CSV))), "packed twice"),
        (gzip.compress(gzip.compress(CSV)), "packed twice"),
        (b"PK\x03\x04" + bytes(100), "damaged zip"),
    ],
)
def test_archives_that_cannot_be_read(data, says):
    with pytest.raises(ReadError, match=says):
        read_ratings(data)


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"", "is empty"),
        (b"\n \r\n\t\n", "is empty"),
        (b"\xef\xbb\xbf", "is empty"),
        (bytes(1000), "is empty"),
        (b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 4, "PNG image"),
        (b"\xff\xd8\xff\xe0" + bytes(range(256)) * 4, "JPEG image"),
        (b"GIF89a" + bytes(100), "GIF image"),
        (b"%PDF-1.7\n...", "PDF document"),
        (b"7z\xbc\xaf\x27\x1c" + bytes(10), "7-Zip"),
        (b"BZh91AY" + bytes(range(256)), "bzip2"),
        (b"\x7fELF" + bytes(100), "program"),
        (b"SQLite format 3\x00" + bytes(100), "SQLite"),
        (np.random.default_rng(0).bytes(5000), "neither text"),
        (b'[{"user": "a", "item": "x", "rating": 5}]', "one user only"),
        (b'{"user": "a", "item": "x"', "JSON"),
        (b"<!DOCTYPE html><html><body>Sign in</body></html>", "web page"),
    ],
)
def test_what_is_no_table_is_called_by_its_name(data, says):
    with pytest.raises(ReadError, match=says) as caught:
        read_ratings(data)
    assert str(caught.value).endswith(".") and "\n" not in str(caught.value)


def test_paths_that_lead_nowhere(tmp_path):
    with pytest.raises(ReadError, match="There is no file .*nowhere.csv"):
        read_ratings(tmp_path / "nowhere.csv")
    with pytest.raises(ReadError, match="is a folder"):
        read_ratings(tmp_path)
    with pytest.raises(ReadError, match="cannot be opened|There is no file"):
        read_ratings("user,item,rating\na,x,5\n" * 500)
    with pytest.raises(ReadError):
        read_ratings("\x00")
    with pytest.raises(ReadError):
        read_ratings(None)
    closed = io.BytesIO(CSV)
    closed.close()
    with pytest.raises(ReadError):
        read_ratings(closed)


def test_messages_name_the_file(tmp_path):
    path = tmp_path / "mine.csv"
    path.write_bytes(b"user,item,rating\na,x,5\na,y,soup\nb,x,1\nb,z,2\n")
    with pytest.raises(ReadError, match="Line 3 of “mine.csv”"):
        read_ratings(path)


def test_one_gigantic_line(monkeypatch):
    monkeypatch.setattr(text, "MAX_LINE", 1 << 16)
    with pytest.raises(ReadError, match="Line 1 .* longer than"):
        read_ratings(b"word " * 100_000)


def test_a_quotation_mark_that_is_never_closed_is_named_by_its_line():
    data = b'user,item,rating\n\na,x,5\na,"y,3\n' + b"b,x,1\n" * 50_000
    with pytest.raises(ReadError, match="Line 4 .*quotation mark"):
        read_ratings(data)


def test_too_large_files_are_refused(monkeypatch):
    from recsys_core.reading import sources

    monkeypatch.setattr(sources, "MAX_BYTES", 20)
    for source in (CSV, io.BytesIO(CSV)):
        with pytest.raises(ReadError, match="too large"):
            read_ratings(source)


def test_gunzip_of_several_pieces():
    content = archives.Content(gzip.compress(b"one ") + gzip.compress(b"two"), "x.csv.gz")
    assert archives.gunzip(content) == archives.Content(b"one two", "x.csv")


def test_damaged_files_of_any_kind_raise_nothing_but_sentences():
    """Bytes flipped, cut and doubled: whatever happens, it is a ReadError or ratings."""
    import openpyxl
    import pandas as pd

    chance = random.Random(0)
    frame = pd.DataFrame({"user": list("aabb"), "item": list("xyxy"), "rating": [5.0, 3, 1, 2]})
    parquet, sheet, arrays = io.BytesIO(), io.BytesIO(), io.BytesIO()
    frame.to_parquet(parquet)
    book = openpyxl.Workbook()
    for row in [list(frame.columns), *frame.to_numpy().tolist()]:
        book.active.append(row)
    book.save(sheet)
    np.savez(arrays, ratings=np.arange(12).reshape(3, 4))
    originals = [
        CSV,
        packed(("r.csv", CSV + b"b,y,2\n" * 9)),
        gzip.compress(CSV + b"b,y,2\n" * 9),
        arrays.getvalue(),
    ]
    originals += [parquet.getvalue(), sheet.getvalue(), CSV.decode().encode("utf-16")]
    for original in originals:
        assert read_ratings(original).n_ratings
        for _ in range(60):
            data = bytearray(original)
            for _ in range(chance.randint(1, 8)):
                data[chance.randrange(len(data))] = chance.randrange(256)
            if chance.random() < 0.3:
                data = data[: chance.randrange(len(data))]
            try:
                read_ratings(bytes(data))
            except FactorscopeError as error:
                assert str(error).endswith(".") and "\n" not in str(error)
