"""What services give people to take home: one person's ratings each, brought together here.

Such an export has no column that says who rated, since all of it is one person's. Several people's
files at once make a table of ratings; the names of the files say whose each is.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import PurePath

import pandas as pd

from recsys_core import words
from recsys_core.reading.cells import Table
from recsys_core.reading.column_roles import Roles, bare, meaning
from recsys_core.reading.text import unique_names


@dataclass(frozen=True)
class Export:
    """An export of one service, told by its columns; all names as ``column_roles.bare`` has them.

    Attributes
    ----------
    service : its name.
    signs : columns that only this export has together.
    item : columns that identify an item, in order of trust; title, rating, timestamp likewise.
    key : columns that only together say which item it is, where no id does.
    unrated : numbers that mean “not rated”.
    noun : what the items are called.
    """

    service: str
    signs: frozenset[str]
    noun: str
    item: tuple[str, ...] = ()
    title: tuple[str, ...] = ("title",)
    rating: tuple[str, ...] = ("rating",)
    timestamp: tuple[str, ...] = ()
    genres: tuple[str, ...] = ("genres",)
    key: tuple[str, ...] = ()
    unrated: tuple[float, ...] = ()

    def roles(self, names: Sequence[str]) -> Roles:
        """The roles of a table's columns, the user's where one more column says who rated.

        Without a rating each row counts as one use.
        """
        own = {"item": self.item, "title": self.title, "rating": self.rating,
               "timestamp": self.timestamp, "genres": self.genres}  # fmt: skip
        found = {what: self._first(names, columns) for what, columns in own.items()}
        found["item"] = _key_name(self) if _key_name(self) in names else found["item"]
        if found["item"] is None:
            found["item"], found["title"] = found["title"], None
        return Roles(user=self.person(names), **found)

    def person(self, names: Sequence[str]) -> str | None:
        """The column that says whose each row is, as in the merged file of a class; None if none.

        It is called a user or a reader, or “name” where the export has no such column itself.
        """
        own = {*self.item, *self.title, *self.rating, *self.key}
        others = [name for name in names if bare(name) not in own]
        people = [name for name in others if meaning(name).role == "user"]
        named = [name for name in others if meaning(name).named]
        return next(iter([*people, *named]), None)

    def _first(self, names: Sequence[str], columns: Sequence[str]) -> str | None:
        by_bare = {bare(name): name for name in reversed(names)}
        return next((by_bare[column] for column in columns if column in by_bare), None)


def _export(service: str, signs: str, noun: str, **columns: str | tuple[float, ...]) -> Export:
    split = {what: tuple(c.split()) if isinstance(c, str) else c for what, c in columns.items()}
    return Export(service, frozenset(signs.split()), noun, **split)  # type: ignore[arg-type]


# The more special an export's signs, the earlier it stands.
EXPORTS = (
    _export("Goodreads", "bookid myrating averagerating", "book", item="bookid isbn13 isbn",
            rating="myrating", timestamp="dateadded", unrated=(0.0,)),
    _export("StoryGraph", "title authors readstatus starrating", "book", item="isbnuid",
            rating="starrating", timestamp="dateadded"),
    _export("LibraryThing", "bookid title primaryauthor", "book", item="bookid",
            timestamp="entrydate"),
    _export("Letterboxd", "letterboxduri name year", "film", key="name year",
            item="letterboxduri", title="name", timestamp="watcheddate date"),
    _export("IMDb", "const yourrating", "film", item="const", rating="yourrating",
            timestamp="daterated"),
    _export("IMDb", "const yourated", "film", item="const", rating="yourated",
            timestamp="created"),
    _export("Trakt", "ratedat title year rating", "film", item="traktid imdbid tmdbid imdb",
            key="title year", timestamp="ratedat"),
    _export("MyAnimeList", "seriesanimedbid myscore", "show", item="seriesanimedbid",
            title="seriestitle", rating="myscore", unrated=(0.0,)),
    _export("MyAnimeList", "seriesmangadbid myscore", "book", item="seriesmangadbid",
            title="seriestitle", rating="myscore", unrated=(0.0,)),
    _export("BoardGameGeek", "objectname objectid rating numplays", "game", item="objectid",
            title="objectname", unrated=(0.0,)),
    _export("Untappd", "beername breweryname ratingscore", "beer", item="bid beerurl",
            title="beername", rating="ratingscore", timestamp="createdat"),
    _export("Vivino", "winery winename yourrating", "wine", key="winery winename",
            title="winename", rating="yourrating", timestamp="scandate"),
    _export("Discogs", "catalog artist title releaseid", "album", item="releaseid",
            timestamp="dateadded", rating="collectionrating rating"),
    _export("Netflix", "profilename titlename starvalue", "film", item="titlename", title="",
            rating="starvalue", timestamp="eventutcts"),
    _export("Netflix", "profilename starttime title", "film", rating="", timestamp="starttime"),
    _export("Spotify", "endtime artistname trackname msplayed", "song",
            key="trackname artistname", title="trackname", rating="", timestamp="endtime"),
    _export("Spotify", "ts mastermetadatatrackname", "song", item="spotifytrackuri",
            title="mastermetadatatrackname", rating="", timestamp="ts"),
    _export("Last.fm", "uts artist track", "song", key="track artist", title="track", rating="",
            timestamp="uts"),
)  # fmt: skip
_VIEWING_HISTORY = _export("Netflix", "title date", "film", rating="", timestamp="date")


def known(names: Sequence[str]) -> Export | None:
    """The export that has these columns; None if it is no known one."""
    there = {bare(name) for name in names}
    if there == {"title", "date"} and len(names) == 2:
        return _VIEWING_HISTORY
    return next((export for export in EXPORTS if export.signs <= there), None)


def prepared(table: Table, export: Export) -> Table:
    """The table with one more column for the item, where only several columns say which it is.

    “Heat” and 1995 are “Heat (1995)”: two films of one name stay two.
    """
    by_bare = {bare(name): at for at, name in reversed(list(enumerate(table.names)))}
    if not export.key or not set(export.key) <= by_bare.keys():
        return table
    name, other = (
        table.body.iloc[:, by_bare[column]].fillna("").astype(str).str.strip()
        for column in export.key
    )
    other = other.str.removesuffix(".0")
    both = (name + " (" + other + ")").where(other != "", name).where(name != "", None)
    body = table.body.copy(deep=False)
    body.insert(body.shape[1], body.shape[1], both.to_numpy(dtype=object), allow_duplicates=True)
    return Table(body, unique_names([*table.names, _key_name(export)]), table.place)


def _key_name(export: Export) -> str:
    return f"{export.noun}, named by {' and '.join(export.key)}"


# --- several files --------------------------------------------------------------------------------

PERSON = "person"


def together(
    tables: Sequence[tuple[str, Table]], people: Sequence[str] | None = None
) -> Table | None:
    """Several files of the same columns as one table; None where their columns differ.

    ``tables`` are file names and what the files hold. Without a column that says who rated, each
    file is one person's: a first column, ``PERSON``, has the name, from ``people`` or from the
    file's name. Columns that some files lack are blank there; half of them must be in all.
    """
    if len(tables) < 2:
        return None
    lists = [table.names for _, table in tables]
    export = known(lists[0])
    if any(known(names) is not export for names in lists):
        return None
    shared = set(lists[0]).intersection(*lists[1:])
    every = list(dict.fromkeys(name for names in lists for name in names))
    if len(shared) < 0.5 * len(every):
        return None
    has_person = all(_says_who(names, export) for names in lists)
    frames = [
        table.body.set_axis(table.names, axis=1).reindex(columns=every) for _, table in tables
    ]
    body = pd.concat([frame.astype(object) for frame in frames], ignore_index=True)
    names = unique_names(every)
    if not has_person:
        who = people_of([name for name, _ in tables]) if people is None else list(people)
        who += [f"file {at + 1}" for at in range(len(who), len(frames))]
        column = [who[at] for at, frame in enumerate(frames) for _ in range(len(frame))]
        body.insert(0, PERSON, column, allow_duplicates=True)
        names = unique_names([PERSON, *every])
    body.columns = pd.RangeIndex(body.shape[1])
    lengths = [len(frame) for frame in frames]
    places = [table.place for _, table in tables]
    said = [name for name, _ in tables]

    def place(row: int) -> str:
        for length, of_file, name in zip(lengths, places, said, strict=True):
            if row < length:
                return f"{of_file(row)} of “{name}”"
            row -= length
        return "the end"

    return Table(body, names, place)


def _says_who(names: Sequence[str], export: Export | None) -> bool:
    if export is not None:
        return export.person(names) is not None
    return any(meaning(name).role == "user" for name in names)


def people_of(files: Sequence[str]) -> list[str]:
    """A name for the person of each file, all different; “person 2” where its name has none."""
    found = [person_of(name) for name in files]
    free = (f"person {n}" for n in range(1, 2 * len(files) + 1))
    named = set(found)
    numbered = (name for name in free if name not in named)
    return words.distinct([name or next(numbered) for name in found])


def person_of(file: str) -> str:
    """Whose a file is, by its name or else its folder's; empty where neither says.

    “goodreads_library_export-Ana.csv” is Ana's, “bo/ratings.csv” bo's.
    """
    path = PurePath(str(file).replace("\\", "/"))
    for part in (path.name, path.parent.name):
        if name := _person_in(part):
            return name
    return ""


_ENDINGS = re.compile(
    r"(\.(csv|tsv|txt|tab|dat|data|json|jsonl|xlsx?|xlsb|ods|parquet|gz|zip))+$", re.IGNORECASE
)
_MOMENT = re.compile(
    r"\d{4}[-_.]?\d{2}[-_.]?\d{2}([-_.t ]?\d{2}[-_.]?\d{2}([-_.]?\d{2})?)?z?", re.I
)
_PARTS = re.compile(r"[\s_\-.,()\[\]+&–—]+")

# Words of file names that are nobody's name.
_NOT_NAMES = frozenset(
    """
    goodreads storygraph librarything letterboxd imdb trakt myanimelist mal anilist netflix spotify
    lastfm last fm boardgamegeek bgg untappd vivino discogs criticker tvtime
    library export exported exports import rating ratings rated review reviews diary watched
    watchlist watch history viewing viewinghistory netflixviewinghistory streaming streaminghistory
    streaminghistorymusic audio music list lists collection my of from by for the a and data file
    files backup download downloads table sheet results result answers responses response new old
    final version v1 v2 copy csv utc gmt films film movies movie books book songs song shows games
    films titles likes scores score
    bewertung bewertungen filme bucher buecher liste kopie von und der die das meine daten tabelle
    evaluations notes films livres copie de du des la le les mes et
    calificaciones puntuaciones peliculas libros copia del mis el y
    avaliacoes meus minhas valutazioni libri i miei
    """.split()
)


def _person_in(name: str) -> str:
    stem = _MOMENT.sub(" ", _ENDINGS.sub("", name.strip()))
    parts = [part for part in _PARTS.split(stem) if part]
    left = [part for part in parts if bare(part) not in _NOT_NAMES and not part.isdigit()]
    if left:
        return re.sub(r"['’]s$", "", " ".join(left))
    numbers = [part for part in parts if part.isdigit()]
    return f"person {numbers[-1]}" if numbers else ""
