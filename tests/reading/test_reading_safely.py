"""Hostile and broken zips, arrays and Parquet files: what they state is never believed."""

from __future__ import annotations

import gzip
import io
import json
import lzma
import struct
import time
import tracemalloc
import zipfile

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import scipy.sparse
from hypothesis import given, settings
from hypothesis import strategies as st

from recsys_core.errors import ReadError
from recsys_core.reading import archives, budget, limits, parquet, read_ratings
from recsys_core.reading.archives import Archive
from recsys_core.reading.sources import Content
from tests.reading.zips import packed

METHODS = [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA]
CSV = b"user,item,rating\na,x,5\na,y,3\nb,x,1\n"


def stating(data, number, local, central, kind="<I"):
    """The zip with another number in the header of its first file and in its directory."""
    data = bytearray(data)
    for mark, offset in ((b"PK\x03\x04", local), (b"PK\x01\x02", central)):
        struct.pack_into(kind, data, data.find(mark) + offset, number)
    return bytes(data)


def noise(n, seed=0):
    return np.random.default_rng(seed).integers(48, 58, n, dtype=np.uint8).tobytes()


# --- zips and gzip --------------------------------------------------------------------------------


@pytest.mark.parametrize("method", METHODS)
def test_each_method_unpacks_to_what_was_packed(method):
    for content in (b"", b"a", noise(2_100_001), b"1,2,3\n" * 700_000):
        archive = Archive(Content(packed(("a.csv", content), method=method), "x.zip"))
        assert archive.read("a.csv") == content
        assert archive.head("a.csv", 40) == content[:40]


@pytest.mark.slow
@pytest.mark.parametrize("method", METHODS[1:])
def test_a_file_that_is_larger_than_it_states_is_not_unpacked_beyond(method):
    content = noise(5_000_000)
    archive = Archive(Content(stating(packed(("a", content), method=method), 100, 22, 24), "x.zip"))
    tracemalloc.start()
    with pytest.raises(ReadError, match="“a” in “x.zip” is damaged"):
        archive.read("a")
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert most < 4_000_000


@pytest.mark.parametrize("method", METHODS)
def test_another_size_or_checksum_than_stated_is_damage(method):
    data = packed(("a", noise(5_000)), method=method)
    for changed in (
        stating(data, 5_001, 22, 24),
        stating(data, 4_999, 22, 24),
        stating(data, 1, 14, 16),
        stating(data, len(data) * 2, 18, 20),
        data[:200] + b"\xff\x00\xff" + data[203:],
    ):
        with pytest.raises(ReadError, match="damaged"):
            Archive(Content(changed, "x.zip")).read("a")
        with pytest.raises(ReadError, match="damaged"):
            Archive(Content(changed, "x.zip")).check()


def test_a_dictionary_of_4_gib_is_not_made():
    """The header may ask for more than any file needs; it is then as large as the file."""
    content = noise(50_000)
    data = bytearray(packed(("a", content), method=zipfile.ZIP_LZMA))
    at = 30 + 1 + 4 + 1  # local header, name, LZMA's own header but for its first byte
    assert struct.unpack_from("<I", data, at)[0] >= 1 << 20
    struct.pack_into("<I", data, at, 0xFFFFFFFF)
    asked = []
    true = lzma.LZMADecompressor

    def watched(form, filters):
        asked.append(filters[0]["dict_size"])
        return true(form, filters=filters)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(archives.lzma, "LZMADecompressor", watched)
        assert Archive(Content(bytes(data), "x.zip")).read("a") == content
    assert asked == [50_000]


def test_ways_of_packing_that_are_not_read_are_named():
    data = packed(("a.csv", CSV))
    for method, name in ((9, "deflate64"), (93, "Zstandard"), (77, "method 77")):
        with pytest.raises(ReadError, match=f"packed by {name}.*unpack it"):
            read_ratings(stating(data, method, 8, 10, "<H"))
    with pytest.raises(ReadError, match="locked by a password"):
        read_ratings(stating(data, 99, 8, 10, "<H"))


def test_a_list_of_a_million_files_is_refused_before_it_is_read(monkeypatch):
    entry = b"PK\x01\x02" + bytes(42)
    monkeypatch.setattr(zipfile, "ZipFile", lambda *_: pytest.fail("read"))
    with pytest.raises(ReadError, match="holds 1,000,000 files"):
        Archive(Content(b"PK\x03\x04" + entry * 1_000_000, "x.zip"))


def test_a_gzip_of_many_streams_and_zeros_behind():
    streams = [noise(n, n) for n in (1, 70_000, 1_100_000)]
    data = b"".join(map(gzip.compress, streams)) + bytes(1_000)
    assert archives.gunzip(Content(data, "x.csv.gz")).data == b"".join(streams)
    for changed in (data[:-1_010], data[:-1_007] + b"\x01" + data[-1_006:], data[:30]):
        with pytest.raises(ReadError, match="damaged .gz"):
            archives.gunzip(Content(changed, "x.csv.gz"))


def test_five_million_lines_in_a_few_kilobytes_are_refused():
    data = packed(("ratings.csv", b"1,2,3\n" * 5_000_000))
    assert len(data) < 50_000
    with pytest.raises(ReadError, match="times its size"):
        read_ratings(data)


# --- the budget -----------------------------------------------------------------------------------


def test_memory_is_spent_while_a_file_is_unpacked():
    data = packed(("a.csv", CSV + b"c,x,2\n" * 500_000))
    with budget.opened(budget.Budget(memory=2_000_000)) as spent:
        with pytest.raises(ReadError, match="“x.zip” takes more than 2 MB once it is unpacked"):
            Archive(Content(data, "x.zip")).read("a.csv")
        assert -(1 << 20) <= spent.memory < 0
    assert budget.now().memory == limits.MAX_BYTES  # outside, each file has its own


def test_time_is_looked_at_whenever_something_is_spent(monkeypatch):
    now = 100.0
    monkeypatch.setattr(time, "monotonic", lambda: now)
    spent = budget.Budget(seconds=5)
    spent.spend("“a”", memory=1)
    now = 105.5
    with pytest.raises(ReadError, match="“a” takes longer than 5 seconds"):
        spent.spend("“a”", memory=1)


def test_labels_are_counted_and_their_length_is_limited():
    with budget.opened(budget.Budget(labels=5)):
        budget.check_labels(["a", "b", 3], "user")
        with pytest.raises(ReadError, match="more than 5 users and items"):
            budget.check_labels(["x", "y", "z"], "film")
    rows = [f"{user},{item},{5 - at}" for at, (user, item) in enumerate(["ax", "ay", "bx", "by"])]
    for length, fails in ((limits.MAX_LABEL, False), (limits.MAX_LABEL + 1, True)):
        table = "user,film,rating\n" + "\n".join(rows).replace("y", "y" * length)
        if fails:
            with pytest.raises(ReadError, match="A film has a label of 1,001 characters or more"):
                read_ratings(table.encode())
        else:
            assert len(read_ratings(table.encode()).items[1]) == length


def test_reading_tells_how_far_it_is():
    told = []
    data = packed(("a.csv", noise(3_000_000)))
    with budget.opened(budget.Budget(told=lambda *what: told.append(what))):
        Archive(Content(data, "x.zip")).read("a.csv")
    assert [stage for stage, _ in told] == ["unpack"] * len(told)
    shares = [share for _, share in told]
    assert shares == sorted(shares) and shares[-1] == 1 and len(shares) >= 3


# --- arrays ---------------------------------------------------------------------------------------

WIDE = np.array([[np.nan, 3, 1, 4], [4, 1, np.nan, 1], [1, 1, 2, 5], [np.nan, 1, 5, 4]])


def npy(array):
    file = io.BytesIO()
    np.save(file, array)
    return file.getvalue()


def dense(ratings):
    return ratings.block(np.arange(ratings.n_users), np.arange(ratings.n_items))


@pytest.mark.parametrize("kind", ["f8", "f4", "f2", ">f8", ">f4", "longdouble"])
def test_a_matrix_whose_first_column_has_gaps(kind):
    frame = pd.DataFrame(WIDE.astype(np.float64), columns=list("abcd"))
    table = io.BytesIO()
    frame.to_parquet(table)
    arrays = io.BytesIO()
    np.savez(arrays, ratings=WIDE.astype(kind))
    for data in (npy(WIDE.astype(kind)), npy(np.asfortranarray(WIDE.astype(kind))),
                 arrays.getvalue(), table.getvalue()):  # fmt: skip
        ratings = read_ratings(data)
        assert np.array_equal(dense(ratings), WIDE.astype(np.float32), equal_nan=True)


def test_columns_of_any_order_of_bytes():
    for order in "<>":
        table = np.array(
            [("a", 7, 5), ("a", 9, 3), ("b", 7, 1)],
            dtype=[("user", f"{order}U2"), ("item", f"{order}i4"), ("rating", f"{order}f4")],
        )
        ratings = read_ratings(npy(table))
        assert (ratings.users, ratings.items) == (["a", "b"], ["7", "9"])
        assert ratings.values.tolist() == [5, 3, 1]


@pytest.mark.filterwarnings("ignore:Stored array in format")
def test_names_that_are_not_latin():
    names = ["пользователь", "item", "rating"]
    table = np.array([(1, 7, 5), (1, 9, 3), (2, 7, 1)], dtype=[(name, "f8") for name in names])
    assert npy(table)[6] == 3  # the version of the format that holds such names
    assert read_ratings(npy(table), user="пользователь").n_ratings == 3


def header(text, version=1):
    kind = "<H" if version == 1 else "<I"
    encoded = text.encode()
    return b"\x93NUMPY" + bytes([version, 0]) + struct.pack(kind, len(encoded)) + encoded


BODY = WIDE.tobytes()


def test_a_header_as_python_2_wrote_it():
    data = header("{'descr': '<f8', 'fortran_order': False, 'shape': (4L, 4L), }") + BODY
    assert dense(read_ratings(data)).shape == (4, 4)


@pytest.mark.parametrize(
    "text",
    [
        "", "{", "{'shape': (4, 4)}", "[]", "(" * 300, "-" * 60_000 + "1",
        *(
            "{{'descr': {}, 'fortran_order': {}, 'shape': {}, }}".format(*parts)
            for parts in [
                ("'<f8'", "False", "(-4, 4)"), ("'<f8'", "False", "(4.0, 4)"),
                ("'<f8'", "False", "(True, 4)"), ("'<f8'", "False", "4"),
                ("'<f8'", "False", "(4, 5)"), ("'<f8'", "None", "(4, 4)"),
                ("'<f8'", "False", "(99999999999999999999, 4)"),
                ("'<f8'", "False", "(4294967296, 4294967296)"), ("'V0'", "False", "(4, 4)"),
                ("'<U0'", "False", "(4, 4)"), ("'<f7'", "False", "(4, 4)"),
                ("7", "False", "(4, 4)"),
                ("'(1000000000,)f8'", "False", "(4, 4)"), ("[('a',)]", "False", "(4,)"),
                ("'<f8'", "__import__('os')", "(4, 4)"),
            ]
        ),
    ],
)  # fmt: skip
def test_headers_that_state_what_cannot_be(text):
    for version in (1, 2, 3):
        with pytest.raises(ReadError, match="damaged NumPy array"):
            read_ratings(header(text, version) + BODY)


@pytest.mark.parametrize(
    "changed",
    [
        {"indptr": np.zeros(0, np.int32)},
        {"indptr": np.zeros((0, 2), np.int32)},
        {"indptr": np.array([0, 2**63, 4], np.uint64)},
        {"indptr": np.array([2, 2, 4], np.int32)},
        {"indices": np.array([0, -1, 0, 1], np.int32)},
        {"indices": np.array([0.0, 1, 0, 1])},
        {"indices": np.array([0, 1], np.int32)},
        {"data": np.array([1, 2], np.float64)},
        {"data": np.array([1, 2, 3, 4], np.complex128)},
        {"data": np.array(["a", "b", "c", "d"])},
        {"format": np.array(["csr", "csr"])},
    ],
)
def test_sparse_matrices_that_are_none(changed):
    matrix = scipy.sparse.csr_matrix(np.array([[1.0, 2], [3, 4]]))
    sound = {"indptr": matrix.indptr, "indices": matrix.indices, "data": matrix.data,
             "shape": np.array([2, 2]), "format": np.array("csr")}  # fmt: skip
    for arrays, fails in ((sound, False), (sound | changed, True)):
        file = io.BytesIO()
        np.savez(file, **arrays)
        if fails:
            with pytest.raises(ReadError, match="damaged sparse matrix"):
                read_ratings(file.getvalue())
        else:
            assert np.array_equal(dense(read_ratings(file.getvalue())), [[1, 2], [3, 4]])


# --- Parquet --------------------------------------------------------------------------------------


def stored(table, **options):
    file = io.BytesIO()
    pq.write_table(table, file, **options)
    return file.getvalue()


texts = st.one_of(st.none(), st.text(st.characters(codec="utf-8"), max_size=3))


@settings(max_examples=60)
@given(
    cells=st.lists(st.tuples(texts, texts), min_size=1, max_size=40),
    batch=st.sampled_from([1, 3, 100]),
    pending=st.sampled_from([0, 20, 1 << 20]),
    groups=st.sampled_from([1, 7, 100]),
    dictionary=st.booleans(),
    kind=st.sampled_from([pa.string(), pa.large_string(), pa.binary(), pa.string_view()]),
    small=st.booleans(),
)
def test_texts_are_the_same_however_they_are_cut_into_batches(
    cells, batch, pending, groups, dictionary, kind, small
):
    columns = [pa.array(column, pa.string()) for column in zip(*cells, strict=True)]
    columns = [c.cast(pa.string()).cast(kind) for c in columns]
    if small and all(c.null_count < len(c) for c in columns) and kind == pa.string():
        columns = [c.dictionary_encode().cast(pa.dictionary(pa.int8(), kind)) for c in columns]
    data = stored(
        pa.table(dict(zip("ab", columns, strict=True))),
        row_group_size=groups,
        use_dictionary=dictionary,
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(parquet, "_BATCH_ROWS", batch)
        patch.setattr(parquet, "_PENDING", pending)
        table = parquet.parquet(Content(data, "x.parquet")).table(True, False, ".")
    for at, name in enumerate("ab"):
        found = table[name].astype(object).where(table[name].notna(), None)
        assert found.tolist() == [row[at] for row in cells]


def test_a_long_text_again_and_again_is_held_once_and_cut():
    long = [letter * 1_000_000 for letter in "abc"]
    codes = pa.array(np.arange(30_000, dtype=np.int32) % 3)
    table = pa.table(
        {"user": pa.DictionaryArray.from_arrays(codes, pa.array(long)),
         "item": np.arange(30_000), "rating": np.arange(30_000) % 5}
    )  # fmt: skip
    data = stored(table, compression="zstd")
    before = pa.total_allocated_bytes()
    tracemalloc.start()
    cells = parquet.parquet(Content(data, "x.parquet"))
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert most + pa.total_allocated_bytes() - before < 20_000_000
    users = set(cells.table(True, False, ".")["user"])
    assert users == {letter * (limits.MAX_LABEL + 1) for letter in "abc"}


def test_millions_of_equal_rows_in_a_few_kilobytes_are_refused():
    n = 8_000_000
    ones = np.ones(n, dtype=np.int32)
    data = stored(pa.table({"user": ones, "item": ones, "rating": ones}), compression="zstd")
    assert len(data) < 200_000
    with pytest.raises(ReadError, match="unpacks to more than .* as a precaution"):
        read_ratings(data)


def test_columns_of_unusual_types():
    rows = 4
    users = pa.array([b"\xff\xfe\x00\x01", b"\xff\xfe\x00\x02", b"anna", None], pa.binary(4))
    table = pa.table(
        {
            "user": users,
            "item": pa.array([2**60 + 1, 2**60 + 2, None, 7]),
            "rating": pa.array([5, 3, 1, 4]).cast(pa.decimal128(21, 2)),
            "date": pa.array([18_262] * rows, pa.date32()),
            "tags": pa.array([["a"]] * rows),
            "nothing": pa.nulls(rows),
            "hour": pa.array([1] * rows, pa.time32("s")),
        }
    )
    cells = parquet.parquet(Content(stored(table), "x.parquet"))
    assert [str(remark) for remark in cells.remarks] == [
        "Column “tags” holds lists or other nested values and was left out."
    ]
    found = cells.table(True, False, ".")
    # Bytes that are no text become digits: replaced letters would make two users one.
    assert found["user"].dropna().tolist() == ["fffe0001", "fffe0002", "anna"]
    assert found["item"].dropna().tolist() == [2**60 + 1, 2**60 + 2, 7]
    assert found["rating"].tolist() == [5, 3, 1, 4]
    assert found["date"].tolist() == [pd.Timestamp("2020-01-01")] * rows
    assert found["nothing"].isna().all() and found["hour"].isna().all()


def test_two_columns_of_one_name_and_an_index_that_lies():
    table = pa.table([pa.array(["a", "a", "b"]), pa.array(["x", "y", "x"]), pa.array([5, 3, 1])],
                     names=["user", "user", "rating"])  # fmt: skip
    true = json.dumps({"index_columns": ["rating", {"kind": "range"}]}).encode()
    wrong = [b"", b"{", b"[]", b'{"index_columns": 7}', b'{"index_columns": [["a"], "gone"]}']
    for notes in [*wrong, true]:
        data = stored(table.replace_schema_metadata({b"pandas": notes} if notes else None))
        found = parquet.parquet(Content(data, "x")).table(True, False, ".")
        first = ["rating"] if b"rating" in notes else []
        rest = ["user", "user (2)"] if first else ["user", "user (2)", "rating"]
        assert found.names == first + rest
        assert found["user (2)"].tolist() == ["x", "y", "x"]


def test_parts_of_one_table():
    parts = [
        pa.table({"user": ["a", "b"], "item": ["x", "y"], "rating": [5, 3]}),
        pa.table({"user": ["c", "b"], "item": ["x", None], "rating": [1.5, 2]}),
    ]
    contents = [Content(stored(t), f"part-{n}.parquet") for n, t in enumerate(parts)]
    table = parquet.parquet(*contents).table(True, False, ".")
    assert table["user"].tolist() == ["a", "b", "c", "b"]
    assert table["rating"].tolist() == [5, 3, 1.5, 2]
    other = Content(stored(pa.table({"who": ["a"]})), "other.parquet")
    with pytest.raises(ReadError, match="“other.parquet” has other columns than “part-0.parquet”"):
        parquet.parquet(*contents, other)


def test_a_file_of_lists_alone():
    data = stored(pa.table({"a": [[1]], "b": [{"c": 1}]}))
    with pytest.raises(ReadError, match="only lists and other nested values"):
        read_ratings(data)
