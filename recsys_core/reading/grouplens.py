"""MovieLens as GroupLens packs it: 100K, 1M, 10M, and the “latest” family (also 20M to 32M).

- 100K: u.data (tab), u.item (|, latin-1, a column of 0 or 1 for each genre), u.user (|), u1.base …
- 1M, 10M: ratings.dat, movies.dat (::; latin-1 in 1M, UTF-8 in 10M); users.dat (::) in 1M
- latest: ratings.csv, movies.csv
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from typing import NamedTuple

import numpy as np
import pandas as pd

from recsys_core.errors import RatingsError
from recsys_core.ratings import Ratings, Scale
from recsys_core.reading.archives import Archive
from recsys_core.reading.building import as_read_error
from recsys_core.reading.folders import Folder
from recsys_core.reading.sources import Source, kind, open_source, unreadable
from recsys_core.text import Text

WHOLE_STARS = Scale(1, 5, 1)
HALF_STARS = Scale(0.5, 5, 0.5)
NOUN = "film"

_COLUMNS = ["user", "item", "rating", "timestamp"]
_PARTS = ("u1", "u2", "u3", "u4", "u5", "ua", "ub")
_NO_GENRE = ("(no genres listed)", "unknown")

# What the numbers in users.dat of MovieLens 1M stand for, by its README, in the words of u.user.
_OCCUPATIONS = (
    "other", "educator", "artist", "administration", "student", "customer service", "healthcare",
    "executive", "farmer", "homemaker", "K-12 student", "lawyer", "programmer", "retired",
    "salesman", "scientist", "self-employed", "technician", "tradesman", "none", "writer",
)  # fmt: skip


class Layout(NamedTuple):
    """Where a zip keeps its ratings and films."""

    ratings: str
    films: str | None
    separator: str


def layout(archive: Archive | Folder) -> Layout | None:
    """The layout of a GroupLens zip, None if it is another zip.

    Raises
    ------
    ReadError
        If it is one, but its ratings are missing.
    """
    if name := archive.find("u.data"):
        return Layout(name, archive.find("u.item"), "\t")
    if name := archive.find("ratings.dat"):
        return Layout(name, archive.find("movies.dat"), "::")
    if (name := archive.find("ratings.csv")) and (films := archive.find("movies.csv")):
        if archive.read(name)[:40].lower().startswith(b"userid,movieid,rating"):
            return Layout(name, films, ",")
        return None
    for films, missing in (("u.item", "u.data"), ("movies.dat", "ratings.dat")):
        if archive.find(films):
            raise unreadable(
                Text(
                    "{said} holds {films} but not {missing}, so that there are films "
                    "without ratings; download the zip again from grouplens.org.",
                    said=archive.content.said,
                    films=films,
                    missing=missing,
                )
            )
    return None


def read(archive: Archive | Folder, found: Layout) -> Ratings:
    """All ratings, with titles, genres and years of the films; labels are text.

    Of users their age, sex and occupation, where the zip says them; of age 1M has the least of a
    range.
    """
    table = _triples(archive, found.ratings, found.separator)
    halves = "10m" in found.ratings.lower() or found.separator == ","
    halves = halves or bool((table["rating"] % 1).any() or (table["rating"] < 1).any())
    scale = HALF_STARS if halves else WHOLE_STARS
    if table.empty:
        raise unreadable(
            Text("{said} holds no ratings; download it again.", said=archive.content.said)
        )
    try:
        ratings = Ratings.from_frame(
            table,
            timestamp="timestamp",
            scale=scale,
            item_info=_films(archive, found),
            name=archive.content.stem,
            item_noun=NOUN,
            user_info=_people(archive, found),
        )
    except RatingsError as error:
        raise as_read_error(error, archive.content.said) from None
    return ratings.replace(users=list(map(str, ratings.users)), items=list(map(str, ratings.items)))


def parts(source: Source, name: str | None = None) -> list[str]:
    """The ready-made splits a zip carries: “u1” to “u5”, “ua” and “ub” in MovieLens 100K."""
    archive = _open(source, name)
    return [p for p in _PARTS if archive.find(f"{p}.base") and archive.find(f"{p}.test")]


def predefined(
    source: Source, part: str = "u1", ratings: Ratings | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """Masks of a ready-made split: the training and the test ratings, bool, shape (n_ratings,).

    They point into ``ratings`` (by default those that ``read_ratings`` gives for the same zip)::

        train, test = reading.grouplens.predefined("ml-100k.zip", "u1")
        split = rc.splits.by_mask(rc.read_ratings("ml-100k.zip"), test)

    Raises
    ------
    ReadError
        If the zip has no such part, or the part holds ratings these ratings lack.
    """
    archive = _open(source, None)
    if ratings is None:
        found = layout(archive)
        if found is None:
            raise unreadable(Text("{said} is not a zip of GroupLens'.", said=archive.content.said))
        ratings = read(archive, found)
    pairs = ratings.user_ids.astype(np.int64) * ratings.n_items + ratings.item_ids
    masks = []
    for ending in ("base", "test"):
        name = archive.find(f"{part}.{ending}")
        if name is None:
            raise unreadable(
                Text(
                    "{said} has no part “{part}”; MovieLens 100K has {names}.",
                    said=archive.content.said,
                    part=part,
                    names=", ".join(_PARTS),
                )
            )
        table = _triples(archive, name, "\t")
        users = _indices(table["user"], ratings.users)
        items = _indices(table["item"], ratings.items)
        wanted = users * ratings.n_items + items
        if (users < 0).any() or (items < 0).any() or not np.isin(wanted, pairs).all():
            raise unreadable(
                Text(
                    "{part}.{ending} holds ratings that these ratings lack.",
                    part=part,
                    ending=ending,
                )
            )
        masks.append(np.isin(pairs, wanted))
    return masks[0], masks[1]


# --- inside ---------------------------------------------------------------------------------------


def _open(source: Source, name: str | None) -> Archive:
    content = open_source(source, name)
    if kind(content) != "zip":
        raise unreadable(
            Text("{said} is not a zip; bring the zip that GroupLens offers.", said=content.said)
        )
    return Archive(content)


def _triples(archive: Archive | Folder, name: str, separator: str) -> pd.DataFrame:
    """The columns user, item, rating, timestamp of one file of ratings, as numbers."""
    data = archive.read(name)
    if separator == "::":
        data, separator = data.replace(b"::", b"\t"), "\t"  # one byte, which the fast parser takes
    try:
        return pd.read_csv(
            io.BytesIO(data),
            sep=separator,
            names=_COLUMNS,
            header=0 if separator == "," else None,
            usecols=range(4),
            dtype={"user": np.int64, "item": np.int64, "rating": np.float32, "timestamp": np.int64},
        )
    except (ValueError, OverflowError, pd.errors.ParserError):
        short = name.rsplit("/", 1)[-1]
        raise unreadable(
            Text(
                "{first_bad_line} of {short} in {said} is not "
                "“user, film, rating, time” in numbers; download the zip again.",
                first_bad_line=_first_bad_line(data, separator),
                short=short,
                said=archive.content.said,
            )
        ) from None


def _first_bad_line(data: bytes, separator: str) -> str:
    first = 1 if separator == "," else 0
    for at, line in enumerate(data.splitlines()):
        cells = line.split(separator.encode())
        try:
            int(cells[0]), int(cells[1]), float(cells[2]), int(cells[3])
        except (ValueError, IndexError):
            if at >= first and line.strip():
                return f"Line {at + 1:,}"
    return "A line"


def _films(archive: Archive | Folder, found: Layout) -> pd.DataFrame | None:
    """Title, genres (joined by “|”) and year of each film, indexed by its number."""
    if found.films is None:
        return None
    data = archive.read(found.films)
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = data.decode("latin-1")
    rows: Iterable[list[str]]
    if found.separator == ",":
        rows = csv.reader(io.StringIO(text, newline=""))
        next(rows, None)  # its header
    else:
        cut = "|" if found.separator == "\t" else "::"
        # Not splitlines(): latin-1 text may hold other characters that it takes for line ends.
        rows = (line.rstrip("\r").split(cut) for line in text.split("\n"))
    genre_names = _genre_names(archive) if found.separator == "\t" else []
    films = []
    for row in rows:
        if len(row) < 2 or not _is_id(row[0].strip()):
            continue
        if genre_names:
            flags = zip(genre_names, row[5:], strict=False)
            genres = [name for name, flag in flags if flag.strip() == "1"]
        else:
            genres = row[2].strip().split("|") if len(row) > 2 else []
        known = "|".join(genre for genre in genres if genre not in _NO_GENRE)
        films.append((int(row[0]), row[1].strip(), known))
    table = pd.DataFrame(films, columns=["item", "title", "genres"]).drop_duplicates("item")
    years = table["title"].str.extract(r"\((\d{4})\)\s*$", expand=False)
    table["year"] = pd.to_numeric(years).astype("Int64")
    return table.set_index("item")


def _people(archive: Archive | Folder, found: Layout) -> pd.DataFrame | None:
    """Age, sex (F or M) and occupation of each user, indexed by number; None where not said.

    A line of u.user is number|age|sex|occupation|zip code, one of users.dat
    number::sex::age::occupation::zip code. Lines that are not are left out.
    """
    name, cut = {"\t": ("u.user", "|"), "::": ("users.dat", "::")}.get(found.separator, ("", ""))
    path = archive.find(name) if name else None
    if path is None:
        return None
    people = []
    for line in archive.read(path).decode("latin-1").splitlines():
        cells = [cell.strip() for cell in line.split(cut)]
        if len(cells) < 4:
            continue
        number, age, sex, occupation = cells[:4]
        if cut == "::":
            age, sex = sex, age
            if _is_id(occupation) and int(occupation) < len(_OCCUPATIONS):
                occupation = _OCCUPATIONS[int(occupation)]
        if _is_id(number) and _is_id(age):
            people.append((int(number), int(age), sex, occupation))
    table = pd.DataFrame(people, columns=["user", "age", "sex", "occupation"])
    return table.drop_duplicates("user").astype({"age": "Int64"}).set_index("user")


def _is_id(text: str) -> bool:
    """Whether a text is a whole number that fits into 64 bits: “²” is a digit, and no number."""
    return text.isdecimal() and len(text) < 19


def _genre_names(archive: Archive | Folder) -> list[str]:
    """The names of u.item's genre columns, in order."""
    name = archive.find("u.genre")
    if name is None:
        return []
    lines = archive.read(name).decode("latin-1").splitlines()
    return [line.split("|")[0] for line in lines if "|" in line]


def _indices(column: pd.Series, labels: list[str]) -> np.ndarray:
    """Index of each number's label, −1 where there is none."""
    position = {str(label): index for index, label in enumerate(labels)}
    codes, unique = pd.factorize(column)
    return np.array([position.get(str(label), -1) for label in unique], dtype=np.int64)[codes]
