"""Downloading MovieLens, from a server on this machine that serves what it should, or does not."""

from __future__ import annotations

import contextlib
import hashlib
import io
import socket
import threading
import zipfile
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from recsys_core.datasets import movielens as ml
from recsys_core.errors import ReadError, SettingsError


def small_zip():
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        ratings = "".join(
            f"{u}\t{i}\t{(u * i) % 5 + 1}\t88125094{u}\n" for u in range(9) for i in range(9)
        )
        archive.writestr("ml-100k/u.data", ratings)
        archive.writestr("padding", bytes(400_000))
    return file.getvalue()


ZIP = small_zip()


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch):
    for name in ("no_proxy", "NO_PROXY"):
        monkeypatch.setenv(name, "*")


@pytest.fixture
def catalogue(monkeypatch):
    """The release “100k” with the checksum of other bytes."""

    def expect(data, name="100k", **changes):
        changes = {"md5": hashlib.md5(data).hexdigest(), "size": len(data), **changes}
        monkeypatch.setitem(ml.CATALOGUE, name, replace(ml.CATALOGUE[name], **changes))

    return expect


@contextlib.contextmanager
def serving(files, stated=None, status=200, hold=None):
    """A server at a free port; yields its address and the paths it was asked for."""
    asked = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            asked.append(self.path)
            data = files.get(self.path.strip("/"))
            self.send_response(status if data is not None else 404)
            if data is not None:
                if stated is not False:
                    self.send_header("Content-Length", str(stated or len(data)))
                self.end_headers()
                with contextlib.suppress(OSError):
                    self.wfile.write(data)
                    if hold is not None:
                        hold.wait(10)
            else:
                self.end_headers()

        def log_message(self, *args):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    threading.Thread(
        target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True
    ).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/", asked
    finally:
        server.shutdown()
        server.server_close()


def test_download_is_reported_checked_cached_and_read(tmp_path, catalogue):
    catalogue(ZIP)
    folder = tmp_path / "new" / "cache"
    with serving({"ml-100k.zip": ZIP}) as (address, asked):
        seen = list(ml.fetch("100k", folder, address))
        assert seen[0] == (0, len(ZIP)) and seen[-1] == (len(ZIP), len(ZIP))
        assert len(seen) > 3 and seen == sorted(seen)
        path = ml.download("ML-100K", folder, address)  # the cache is enough
        assert asked == ["/ml-100k.zip"]
    assert path.read_bytes() == ZIP and ml.cached("100k", folder) == path
    assert [p.name for p in folder.iterdir()] == ["ml-100k.zip"]
    ratings = ml.load("100k", folder, "http://127.0.0.1:9/")
    assert ratings.n_ratings == 81 and ratings.name == "MovieLens 100K"


def test_a_server_that_does_not_say_how_much(tmp_path, catalogue):
    catalogue(ZIP)
    with serving({"ml-100k.zip": ZIP}, stated=False) as (address, _):
        assert list(ml.fetch("100k", tmp_path, address))[-1] == (len(ZIP), None)


def test_a_damaged_file_in_the_cache_is_fetched_again(tmp_path, catalogue):
    catalogue(ZIP)
    (tmp_path / "ml-100k.zip").write_bytes(ZIP[:-1])
    assert ml.cached("100k", tmp_path) is None
    with serving({"ml-100k.zip": ZIP}) as (address, _):
        assert ml.download("100k", tmp_path, address).read_bytes() == ZIP


def test_whoever_stops_iterating_cancels(tmp_path, catalogue):
    catalogue(ZIP)
    with serving({"ml-100k.zip": ZIP}) as (address, _):
        steps = ml.fetch("100k", tmp_path, address)
        next(steps), next(steps)
        assert len(list(tmp_path.iterdir())) == 1  # the part that has come
        steps.close()
    assert list(tmp_path.iterdir()) == []


def test_the_cache_folder_of_the_environment(tmp_path, monkeypatch, catalogue):
    catalogue(ZIP)
    monkeypatch.setenv("FACTORSCOPE_CACHE", str(tmp_path / "there"))
    with serving({"ml-100k.zip": ZIP}) as (address, _):
        assert ml.download("100k", base_url=address) == tmp_path / "there" / "ml-100k.zip"


def fails(folder, address, says):
    with pytest.raises(ReadError, match=says) as caught:
        ml.download("100k", folder, address)
    sentence = str(caught.value)
    assert (
        "in a browser from https://grouplens.org/datasets/movielens/100k/ and upload it."
        in sentence
    )
    assert "\n" not in sentence
    assert not folder.exists() or list(folder.iterdir()) == []


def test_each_failure_is_one_sentence_with_the_way_to_upload(tmp_path, catalogue, monkeypatch):
    with serving({"ml-100k.zip": ZIP}) as (address, _):
        fails(tmp_path, address, "checksum")  # not the bytes GroupLens publishes
    catalogue(ZIP)
    with serving({}) as (address, _):
        fails(tmp_path, address, "the server answers 404")
    with serving({"ml-100k.zip": ZIP[:5000]}, stated=len(ZIP)) as (address, _):
        fails(tmp_path, address, "broke off")
    with serving({"ml-100k.zip": ZIP[:5000]}, stated=False) as (address, _):
        fails(tmp_path, address, "checksum")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        fails(tmp_path, f"http://127.0.0.1:{free.getsockname()[1]}/", "no connection")
    fails(tmp_path, "http://nowhere.invalid/", "no connection")
    monkeypatch.setattr(ml, "TIMEOUT", 0.2)
    held = threading.Event()
    with serving({"ml-100k.zip": b"PK"}, stated=len(ZIP), hold=held) as (address, _):
        fails(tmp_path, address, "no answer")
        held.set()


def test_a_file_without_end_is_stopped(tmp_path, catalogue):
    catalogue(ZIP, size=10_000)
    with serving({"ml-100k.zip": ZIP}) as (address, _):
        fails(tmp_path, address, "goes on past")


def test_a_release_without_checksum_must_be_readable(tmp_path):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        rows = "".join(f"{u},{i},{(u + i) % 5 + 0.5},{10**9}\n" for u in range(4) for i in range(4))
        archive.writestr("ml-latest-small/ratings.csv", "userId,movieId,rating,timestamp\n" + rows)
        archive.writestr("ml-latest-small/movies.csv", 'movieId,title,genres\n0,"A, The",Drama\n')
    with serving({"ml-latest-small.zip": b"<html>sign in</html>"}) as (address, _):
        with pytest.raises(ReadError, match="arrived damaged"):
            ml.download("latest-small", tmp_path, address)
    with serving({"ml-latest-small.zip": file.getvalue()}) as (address, _):
        ratings = ml.load("latest-small", tmp_path, address)
    assert ratings.n_ratings == 16 and ratings.item_names[0] == "A, The"


def test_a_folder_that_cannot_be_written_to(tmp_path):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(ReadError, match="FACTORSCOPE_CACHE"):
        ml.download("100k", tmp_path / "file", "http://127.0.0.1:9/")


def test_catalogue_and_terms():
    assert list(ml.CATALOGUE) == ["100k", "latest-small", "1m", "10m"]
    for entry in ml.CATALOGUE.values():
        for word in (
            entry.title,
            "research",
            "not to be passed on",
            "Harper and Konstan",
            entry.page,
        ):
            assert word in entry.terms
    assert ml.release("ml-1M.zip") is ml.CATALOGUE["1m"]
    with pytest.raises(SettingsError, match="100k, latest-small, 1m, 10m"):
        ml.load("20m")


@pytest.mark.parametrize("name", ["100k", "latest-small", "1m"])
def test_real_zips_through_a_server(tmp_path, zip_path, catalogue, name):
    entry = ml.CATALOGUE[name]
    data = zip_path(entry.file).read_bytes()
    if entry.md5 is not None:  # the same files, packed anew
        catalogue(data, name)
    with serving({entry.file: data}) as (address, _):
        ratings = ml.load(name, tmp_path, address)
    assert (ratings.n_users, ratings.n_items, ratings.n_ratings) == (
        entry.n_users, entry.n_items, entry.n_ratings,
    )  # fmt: skip
    assert ratings.item_names[ratings.item_index("1")] == "Toy Story (1995)"
