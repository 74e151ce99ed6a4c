"""MovieLens, fetched from GroupLens: what there is, its terms, and a download one can watch.

ratings = movielens.load("100k")                    # from the cache, else downloaded

print(CATALOGUE["1m"].terms)
for done, total in fetch("1m"):                  # stop iterating to cancel
    ...
ratings = movielens.load("1m")
"""

from __future__ import annotations

import hashlib
import http.client
import os
import tempfile
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from recsys_core.errors import MissingDataError, ReadError, SettingsError
from recsys_core.ratings import Ratings
from recsys_core.reading import grouplens, read_ratings
from recsys_core.reading.releases import MOVIELENS, of_release
from recsys_core.recipes import DATA, SPLITS, Size
from recsys_core.splits import Split, by_mask
from recsys_core.text import Text

BASE_URL = "https://files.grouplens.org/datasets/movielens/"
TIMEOUT = 20.0  # seconds without a single byte
_PIECE = 1 << 17  # bytes between two reports: a page redraws often enough, and not too often


@dataclass(frozen=True)
class Release:
    """One of GroupLens' data sets.

    ``size`` is that of the zip in bytes, approximate where the release changes; ``md5`` is the
    checksum GroupLens publishes, None where it publishes none that lasts.
    """

    title: str
    file: str
    page: str
    size: int
    n_users: int
    n_items: int
    n_ratings: int
    md5: str | None

    @property
    def terms(self) -> str:
        """What one agrees to by downloading; to be shown before it starts."""
        return Text(
            "{title} belongs to GroupLens at the University of Minnesota: free for research "
            "and teaching, not for profit without their permission, not to be passed on to others, "
            "and without any warranty; cite Harper and Konstan, “The MovieLens Datasets: History "
            "and Context” (2015), in what you publish. The full terms are at {page}.",
            title=self.title,
            page=self.page,
        )


CATALOGUE = {
    "100k": Release(
        "MovieLens 100K",
        "ml-100k.zip",
        "https://grouplens.org/datasets/movielens/100k/",
        4_924_029,
        943,
        1_682,
        100_000,
        "0e33842e24a9c977be4e0107933c0723",
    ),
    "latest-small": Release(
        "MovieLens latest-small",
        "ml-latest-small.zip",
        "https://grouplens.org/datasets/movielens/latest/",
        978_202,
        610,
        9_724,
        100_836,
        None,  # renewed now and then
    ),
    "1m": Release(
        "MovieLens 1M",
        "ml-1m.zip",
        "https://grouplens.org/datasets/movielens/1m/",
        5_917_549,
        6_040,
        3_706,
        1_000_209,
        "c4d9eecfca2ab87c1945afe126590906",
    ),
    "10m": Release(
        "MovieLens 10M",
        "ml-10m.zip",
        "https://grouplens.org/datasets/movielens/10m/",
        65_566_137,
        69_878,
        10_677,
        10_000_054,
        "ce571fd55effeba0271552578f2648bd",
    ),
}


def release(name: str) -> Release:
    """Return the release of this name; “100K” and “ml-100k” are found as well.

    Raises
    ------
    SettingsError
        If the catalogue has no such release.
    """
    key = name.lower().removeprefix("ml-").removesuffix(".zip")
    if key not in CATALOGUE:
        raise SettingsError(
            Text(
                "There is no MovieLens “{name}” here; choose one of {names}.",
                name=name,
                names=", ".join(CATALOGUE),
            )
        )
    return CATALOGUE[key]


def cached(name: str, cache_dir: Path | None = None) -> Path | None:
    """Where a release lies since an earlier download, None if it does not or is damaged."""
    wanted = release(name)
    path = _folder(cache_dir) / wanted.file
    return path if path.is_file() and _is_sound(path, wanted) else None


def fetch(
    name: str, cache_dir: Path | None = None, base_url: str = BASE_URL
) -> Iterator[tuple[int, int | None]]:
    """Download a release into the cache, yielding (bytes so far, bytes in all or None).

    Whoever iterates may stop at any time: what has come is thrown away, the cache stays as it was.
    A release in the cache is not fetched again.

    Raises
    ------
    ReadError
        If it cannot be had, is cut short or damaged; the sentence says how to go on without it.
    """
    wanted = release(name)
    if cached(name, cache_dir):
        yield wanted.size, wanted.size
        return
    folder = _folder(cache_dir)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        handle, partial = tempfile.mkstemp(prefix=f"{wanted.file}.", suffix=".part", dir=folder)
    except OSError as error:
        raise ReadError(
            Text(
                "The folder {folder} cannot be written to ({strerror}); set FACTORSCOPE_CACHE "
                "to one that can.",
                folder=folder,
                strerror=error.strerror,
            )
        ) from None
    try:
        with os.fdopen(handle, "wb") as file:
            yield from _pieces(wanted, base_url.rstrip("/") + "/" + wanted.file, file.write)
        if not _is_sound(Path(partial), wanted):
            checksum, ratings = Text("its checksum differs"), Text("its ratings cannot be read")
            why = checksum if wanted.md5 else ratings
            raise ReadError(
                Text(
                    "{title} arrived damaged ({why}); {by_hand}",
                    title=wanted.title,
                    why=why,
                    by_hand=_by_hand(wanted),
                )
            )
        os.replace(partial, folder / wanted.file)  # at once: nobody ever sees half a file
    except OSError as error:
        reason = error.strerror or str(error) or type(error).__name__
        raise ReadError(
            Text(
                "{title} could not be saved in {folder} ({reason}); free some space, or {by_hand}",
                title=wanted.title,
                folder=folder,
                reason=reason,
                by_hand=_by_hand(wanted),
            )
        ) from None
    finally:
        with suppress(OSError):
            os.unlink(partial)


def download(name: str, cache_dir: Path | None = None, base_url: str = BASE_URL) -> Path:
    """Where the zip of a release lies, after downloading it if need be; see ``fetch``."""
    for _ in fetch(name, cache_dir, base_url):
        pass
    return _folder(cache_dir) / release(name).file


def load(name: str, cache_dir: Path | None = None, base_url: str = BASE_URL) -> Ratings:
    """The ratings of a release ("100k", "latest-small", "1m" or "10m"), with titles and genres."""
    ratings = read_ratings(download(name, cache_dir, base_url), name=release(name).title)
    # The published checksum says what it is; where there is none that lasts, its rows do.
    if ratings.origin is None and release(name).md5:
        return ratings.replace(origin=of_release(name))
    return ratings


def zip_here(name: str) -> Path | None:
    """A zip of that release on this computer: in $FACTORSCOPE_DATA, or downloaded before."""
    chosen = os.environ.get("FACTORSCOPE_DATA")
    path = Path(chosen).expanduser() / release(name).file if chosen else None
    return path if path is not None and path.is_file() else cached(name)


@DATA.named(MOVIELENS)
def local(
    release: Literal["100k", "latest-small", "1m", "10m"] = "100k", times: str | None = None
) -> Ratings:
    """The ratings of a release that is on this computer; nothing is downloaded.

    ``times`` is the digest of their timestamps where these differ from those usually published.

    Raises
    ------
    MissingDataError
        If its zip is neither in the folder $FACTORSCOPE_DATA nor downloaded before, or holds other
        ratings than the release.
    """
    wanted, path = CATALOGUE[release], zip_here(release)
    if path is None:
        raise MissingDataError(
            Text(
                "{title} is not on this computer: download it on the Data page or by "
                'recsys_core.datasets.movielens.load("{name}"), or set FACTORSCOPE_DATA to the '
                "folder that holds {file}.",
                title=wanted.title, name=release, file=wanted.file,
            )
        )  # fmt: skip
    ratings = read_ratings(path, name=wanted.title)
    found = ratings.origin
    if found is None and wanted.md5 and _is_sound(path, wanted):
        found = of_release(release)  # the published checksum says so
    if found != of_release(release, times or ""):
        raise MissingDataError(
            Text(
                "{file} in {folder} does not hold the {title} that is meant; download it again.",
                title=wanted.title, file=wanted.file, folder=path.parent,
            )
        )  # fmt: skip
    return ratings


@SPLITS.named("predefined")
def predefined(ratings: Ratings, part: str = "u1", validation: Size = 0.1, seed: int = 0) -> Split:
    """A ready-made split of MovieLens 100K: “u1” to “u5”, “ua” or “ub”.

    ``validation`` is drawn from the rest with ``seed``.

    Raises
    ------
    MissingDataError
        If the zip, which alone holds the part, is not on this computer.
    """
    path = zip_here("100k")
    if path is None:
        raise MissingDataError(
            Text(
                "The split {part} is in {file} alone, which is not on this computer; set "
                "FACTORSCOPE_DATA to the folder that holds it.",
                part=part, file=CATALOGUE["100k"].file,
            )
        )  # fmt: skip
    return predefined_in(path.read_bytes(), ratings, part, validation, seed)


def predefined_in(
    zipped: bytes, ratings: Ratings, part: str, validation: Size = 0.1, seed: int = 0
) -> Split:
    """The same split from a zip at hand."""
    test = grouplens.predefined(zipped, part, ratings)[1]
    split = by_mask(ratings, test, validation=validation, seed=seed)
    said = {"part": part, "validation": validation, "seed": seed}
    return replace(
        split,
        description=Text("{part}: {split}", part=part, split=split.description),
        made_by=SPLITS.recipe("predefined", said),
    )


# --- inside ---------------------------------------------------------------------------------------


def _folder(cache_dir: Path | None) -> Path:
    chosen = cache_dir or os.environ.get("FACTORSCOPE_CACHE") or Path.home() / ".cache/factorscope"
    return Path(chosen).expanduser()


def _pieces(
    wanted: Release, url: str, write: Callable[[bytes], object]
) -> Iterator[tuple[int, int | None]]:
    """Write what an address sends, piece by piece, yielding how far it is."""
    request = urllib.request.Request(url, headers={"User-Agent": "factorscope"})
    try:
        with urllib.request.urlopen(request, timeout=TIMEOUT) as answer:
            stated = answer.headers.get("Content-Length", "")
            total = int(stated) if stated.isdigit() else None
            done = 0
            yield done, total
            while piece := answer.read(_PIECE):
                done += len(piece)
                if done > 4 * wanted.size:
                    raise ReadError(
                        Text(
                            "{title} goes on past {value:,.0f} MB, which it should not; {by_hand}",
                            title=wanted.title,
                            value=done / 1000000.0,
                            by_hand=_by_hand(wanted),
                        )
                    )
                _saved(write, piece)
                yield done, total
            if total is not None and done < total:
                raise http.client.IncompleteRead(b"", total - done)
    except urllib.error.HTTPError as error:
        raise _unreachable(
            wanted,
            Text("the server answers {code} {reason}", code=error.code, reason=error.reason),
        ) from None
    except TimeoutError:
        raise _unreachable(wanted, _silent()) from None
    except urllib.error.URLError as error:
        timed_out = isinstance(error.reason, TimeoutError)
        why = _silent() if timed_out else Text("no connection")
        raise _unreachable(wanted, why) from None
    except (http.client.HTTPException, OSError):
        raise _unreachable(wanted, Text("the connection broke off")) from None


def _saved(write: Callable[[bytes], object], piece: bytes) -> None:
    """Write a piece; a full disk is not a broken connection."""
    try:
        write(piece)
    except OSError as error:
        raise ReadError(
            Text(
                "The download cannot be saved ({strerror}); free some space or set "
                "FACTORSCOPE_CACHE to another folder.",
                strerror=error.strerror,
            )
        ) from None


def _silent() -> Text:
    return Text("no answer for {seconds} s", seconds=round(TIMEOUT))


def _unreachable(wanted: Release, why: Text) -> ReadError:
    return ReadError(
        Text(
            "{title} could not be downloaded ({why}); {by_hand}",
            title=wanted.title,
            why=why,
            by_hand=_by_hand(wanted),
        )
    )


def _by_hand(wanted: Release) -> str:
    return Text(
        "download {file} in a browser from {page} and upload it.",
        file=wanted.file,
        page=wanted.page,
    )


def _is_sound(path: Path, wanted: Release) -> bool:
    """Whether a zip has the published checksum; where there is none, whether its ratings read."""
    if wanted.md5 is None:
        try:
            return read_ratings(path).n_ratings > 0
        except ReadError:
            return False
    digest = hashlib.md5(usedforsecurity=False)
    with path.open("rb") as file:
        while piece := file.read(1 << 20):
            digest.update(piece)
    return digest.hexdigest() == wanted.md5
