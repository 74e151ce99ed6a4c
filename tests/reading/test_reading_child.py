"""A file read in a child: the same ratings, the same sentences, and a server that outlives it."""

from __future__ import annotations

import contextlib
import dataclasses
import gzip
import io
import json
import os
import signal
import subprocess
import sys
import time
import zipfile
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recsys_core import errors
from recsys_core.errors import ReadError, SettingsError
from recsys_core.ratings import Ratings, Report, Scale
from recsys_core.reading import Draft, child, exchange, inspect, read_ratings
from recsys_core.reading.folders import of_named
from recsys_core.recipes import Recipe
from recsys_core.text import Text

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="children need fork")

CSV = b"user,item,rating,time\na,x,5,1000000000\na,y,3,1000000001\nb,x,1,1000000002\n"
SENTENCE = "cannot be read: it is damaged, or takes more memory or time"


REMARK = Text("{n} of {what}", n=np.int64(3), what=Text("{a}", a=2.5))


def grouplens():
    """A zip as GroupLens packs it, with films and people, one of them without an occupation."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("ml/u.data", "1\t1\t5\t900\n1\t2\t3\t901\n2\t1\t1\t902\n3\t3\t4\t903\n")
        flags = "|".join(["0", "1"])
        films = [f"{n}|Film {n} (199{n})|||u|{flags}" for n in (1, 2)]
        archive.writestr("ml/u.item", "\n".join(films).encode("latin-1"))
        archive.writestr("ml/u.genre", "unknown|0\nDrama|1\n")
        archive.writestr("ml/u.user", "1|24|M|writer|1\n2|53|F||2\n")
    return file.getvalue()


def same(one: Ratings, other: Ratings):
    for name in ("user_ids", "item_ids", "values", "timestamps"):
        a, b = getattr(one, name), getattr(other, name)
        assert (a is None) == (b is None)
        assert a is None or (a.dtype == b.dtype and np.array_equal(a, b))
    for name in ("users", "items", "scale", "name", "item_noun", "report", "origin"):
        assert getattr(one, name) == getattr(other, name)
        assert type(getattr(one, name)) is type(getattr(other, name))
    for a, b in zip(one.report.remarks, other.report.remarks, strict=True):
        assert type(a) is type(b)
        assert not isinstance(a, Text) or (a.id, dict(a.values)) == (b.id, dict(b.values))
    for name in ("item_info", "user_info"):
        a, b = getattr(one, name), getattr(other, name)
        assert (a is None) == (b is None)
        if a is not None:
            pd.testing.assert_frame_equal(a, b)
    return True


# --- what comes back ------------------------------------------------------------------------------


def test_the_same_ratings_as_without_a_child(tmp_path):
    wide = b"user;a;b;c;d;e;f\n\xc3\xa4nna;1;2,5;3;;5;1\nbea;2,5;2;;4;5;1\n007;1;1;1;1;1;4,5\n"
    for data in (CSV, grouplens(), wide, gzip.compress(CSV)):
        assert same(child.in_child(data, "mine.csv"), inspect(data, "mine.csv").read())
    path = tmp_path / "ünï.csv"
    path.write_bytes(CSV)
    assert same(child.in_child(path), read_ratings(path))
    assert same(
        child.in_child(CSV, "x", {"user": "item", "item": "user", "scale": Scale(1, 9, 2)}),
        inspect(CSV, "x", user="item", item="user", scale=Scale(1, 9, 2)).read(),
    )


def test_drafts_come_back_as_they_are():
    odd = b"user,item,rating\na,x,yes\na,y,no\nb,x,yes\nb,\xf0\x9f\x92\xa9,no\n"
    wide = b"name;a;b;c;d;e;f\nanna;1;2,5;3;;5;1\nbea;2,5;2;;4;5;1\nzoe;1;1;1;1;1;4,5\n"
    many = json.dumps([{"user": n, "item": n // 2, "rating": 2**70 + n} for n in range(9)]).encode()
    files = [CSV, odd, wide, grouplens(), CSV.replace(b"5", b"good"), many]
    changes = {"scale": Scale(1, 7, 1), "unrated": (3, "n/a"), "left_out": ("time",)}
    for data in files:
        for said in ({}, changes):
            theirs = child.in_child(data, "x.csv", said, what="inspect")
            ours = inspect(data, "x.csv", **said)
            for field in dataclasses.fields(Draft):
                if not field.name.startswith("_") and not (data is many and field.name == "rows"):
                    a, b = getattr(theirs, field.name), getattr(ours, field.name)
                    assert a == b and type(a) is type(b), field.name
            problem = ours.problem
            assert problem is None or theirs.problem.values == problem.values


def test_several_files_as_an_upload_gives_them():
    rest = b"user,item,rating,time\nc,x,2,1000000003\n"
    named = [("one.csv", CSV), ("two.csv", rest)]
    assert same(child.in_child(named), inspect(of_named(named)).read())


def test_the_reader_s_own_sentences_come_back_as_they_are():
    wrong = b"user,item,rating\n" + b"".join(b"{good},%d,%d\n" % (n, n % 5) for n in range(9))
    with pytest.raises(ReadError) as theirs:
        child.in_child(wrong, "x.csv")
    with pytest.raises(ReadError) as ours:
        inspect(wrong, "x.csv").read()
    assert str(theirs.value) == str(ours.value) and "{good}" in str(ours.value)
    assert theirs.value.text.id == ours.value.text.id
    with pytest.raises(SettingsError, match="“colour” is not something"):
        child.in_child(CSV, "x.csv", {"colour": "red"})
    with pytest.raises(ReadError, match="There is no file"):
        child.in_child("/nowhere/x.csv")


labels = st.one_of(
    st.lists(st.text(max_size=5), min_size=2, max_size=5, unique=True),
    st.lists(st.integers(-(2**63) + 1, 2**63 - 1), min_size=2, max_size=5, unique=True),
)
columns = st.sampled_from(
    [
        lambda n: pd.Series(["Ä", None, "\ud800", "", "x"][:n], dtype=object),
        lambda n: pd.Series([1995, None, 3, 4, 5][:n], dtype="Int64"),
        lambda n: pd.Series([1.5, np.nan, 0, 1, 2][:n]),
        lambda n: pd.Series(["a", None, "b", "", "c"][:n], dtype="str"),
        lambda n: pd.Series([True, False, True, True, True][:n]),
        lambda n: pd.Series(pd.to_datetime([0, 1, 2, 3, 4][:n], unit="s")),
    ]
)


@settings(max_examples=60)
@given(labels, labels, st.lists(columns, max_size=3), st.booleans(), st.data())
def test_ratings_and_their_exchange_are_the_same(users, items, info, times, data):
    n = data.draw(st.integers(1, 6))
    ids = [data.draw(st.lists(st.integers(0, len(x) - 1), min_size=n, max_size=n))
           for x in (users, items)]  # fmt: skip
    made = {f"c{at}": column(len(items)) for at, column in enumerate(info)}
    ratings = Ratings(
        *ids, np.linspace(1, 5, n), users, items, Scale(1, 5),
        timestamps=np.arange(n) if times else None,
        item_info=pd.DataFrame(made) if info else None,
        report=Report(7, remarks=("plain", REMARK)),
        origin=Recipe.of("movielens", release="1m", times=None),
    )  # fmt: skip
    file = io.BytesIO()
    exchange.write(file, ratings)
    file.seek(0)
    assert same(exchange.read(file, Ratings), ratings)


def test_an_answer_that_is_none_is_refused():
    for data in (b"", b"PK\x03\x04", b"\x80\x04."):
        with pytest.raises((ValueError, KeyError, EOFError, OSError, zipfile.BadZipFile)):
            exchange.read(io.BytesIO(data), Ratings)
    file = io.BytesIO()
    exchange.write(file, Report())
    file.seek(0)
    with pytest.raises((ValueError, KeyError, TypeError)):
        exchange.read(file, Ratings)


# --- how it ends ----------------------------------------------------------------------------------


def slow():
    """A sound file that takes a second or more."""
    rows = range(3_000_000)
    return b"user,item,rating\n" + b"".join(
        b"u%d,i%d,%d\n" % (n % 999, n // 99, n % 5) for n in rows
    )


@pytest.fixture(scope="module")
def large():
    return slow()


def begun(reading):
    while not reading._pid:
        reading.progress  # noqa: B018  hears what the child says
        time.sleep(0.005)
    return reading._pid


def gone(pid):
    for _ in range(200):
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return True
        time.sleep(0.05)
    return False


def test_a_child_that_is_killed_is_one_sentence_and_the_next_file_is_read(large):
    reading = child.start(large, "large.csv")
    os.kill(begun(reading), signal.SIGKILL)
    with pytest.raises(ReadError, match=f"“large.csv” {SENTENCE}"):
        reading.result()
    assert reading.done and reading.fault == "killed"
    assert child.in_child(CSV).n_ratings == 3


def test_canceling_ends_the_child(large):
    reading = child.start(large, "large.csv")
    pid = begun(reading)
    reading.cancel()
    assert gone(pid)
    with pytest.raises(ReadError):
        reading.result()


def test_a_file_that_takes_too_long_is_given_up(large, monkeypatch):
    monkeypatch.setattr(child, "_GRACE", 0.0)
    reading = child.start(large, "large.csv", wait=0.3)
    pid = begun(reading)
    with pytest.raises(ReadError, match="takes longer than|" + SENTENCE):
        reading.result()
    assert gone(pid)


@pytest.mark.skipif(sys.platform != "linux", reason="other systems keep no limit of memory")
def test_many_rows_are_read_within_the_memory_that_a_child_is_given():
    data = b"user,item,rating\n" + b"0,1,3\n0,2,4\n1,1,5\n" * 4_000_000
    reading = child.start(data, "large.csv")
    assert reading.result().n_ratings == 3
    assert reading.most_memory < 3 << 29


def test_a_long_text_again_and_again_costs_a_child_little():
    import pyarrow as pa

    codes = pa.array(np.arange(30_000, dtype=np.int32) % 3)
    long = pa.DictionaryArray.from_arrays(codes, pa.array([x * 1_000_000 for x in "abc"]))
    file = io.BytesIO()
    table = {"user": long, "item": np.arange(30_000) % 99, "rating": np.arange(30_000) % 5}
    pq.write_table(pa.table(table), file, compression="zstd")
    reading = child.start(file.getvalue(), "x.parquet")
    with contextlib.suppress(ReadError):  # such labels may well be refused
        reading.result()
    assert reading.most_memory < 300 << 20


def test_progress_is_heard(large):
    reading = child.start(gzip.compress(large, 1), "large.csv.gz")
    seen = set()
    while not reading.done:
        seen.add(reading.progress[0])
        time.sleep(0.01)
    assert reading.result().n_ratings and "unpack" in seen


# --- the process that starts them -----------------------------------------------------------------


@pytest.mark.slow
def test_it_is_started_again_where_it_has_died():
    child.prepare()
    first = child._SERVER._process
    first.kill()
    first.wait()
    assert child.in_child(CSV).n_ratings == 3
    assert child._SERVER._process.pid != first.pid


def run(program, **options):
    root = Path(__file__).resolve().parents[2]
    return subprocess.run(
        [sys.executable, "-c", program], cwd=root, capture_output=True, text=True, timeout=60,
        check=False, **options,
    )  # fmt: skip


def test_nobody_s_main_is_imported_again(tmp_path):
    """A program without ``if __name__ == "__main__"``, as Streamlit's pages are."""
    program = tmp_path / "page.py"
    program.write_text(
        "print('imported')\n"
        "from recsys_core.reading import child\n"
        f"print(child.in_child({CSV!r}).n_ratings)\n"
    )
    root = Path(__file__).resolve().parents[2]
    done = subprocess.run(
        [sys.executable, program], capture_output=True, text=True, timeout=60, check=True,
        env={**os.environ, "PYTHONPATH": str(root)},
    )  # fmt: skip
    assert done.stdout.split() == ["imported", "3"]


def test_it_ends_with_its_server_even_where_that_is_killed():
    done = run(
        "import os, signal\n"
        "from recsys_core.reading import child\n"
        f"child.in_child({CSV!r})\n"
        "print(child._SERVER._process.pid, flush=True)\n"
        "os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    assert done.returncode == -signal.SIGKILL
    assert gone(int(done.stdout))


def test_every_error_for_people_can_come_back():
    for name, kind in vars(errors).items():
        if isinstance(kind, type) and issubclass(kind, errors.FactorscopeError):
            assert str(kind(Text("{a}", a=name))) == name
