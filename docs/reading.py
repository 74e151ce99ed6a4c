"""Write ``docs/reading.md``: what is understood of files people bring, ``python -m docs.reading``.

Each line is a small file, made here, and what the reader says of it: nothing is written by hand.
"""

from __future__ import annotations

import io
import sqlite3
from contextlib import closing
from pathlib import Path

import numpy as np
import pandas as pd

from recsys_core.errors import ReadError
from recsys_core.reading import CHANGEABLE, Draft, formats, inspect

PAGE = Path(__file__).with_suffix(".md")

_INTRO = """# What files are understood

Made by `python -m docs.reading`: each example is a file, and beside it stands what the reader says
of it. Nothing has to be said beforehand; everything can be changed before the ratings are used, on
the Data page or in `rc.read_ratings(…)` by the same names:
{names}.

Besides delimited text:
{formats}, Parquet,
NumPy (`.npy`, `.npz`, SciPy's sparse matrices), and the zips of MovieLens; all of these also as
`.gz`, several in a zip, in a folder or as a list of files. A web address (`https://…`) is fetched,
under *Paste* or by `rc.read_ratings`.

Files that are not understood are refused in one sentence that says what they are and what to do.
"""

_FILMS = ("Alien", "Heat", "Brazil")
_PEOPLE = ("Ana", "Bo", "Cleo", "Dai")
_VALUES = ((5, 3, 1), (4, 2, 5), (1, 5, 4), (3, 4, 2))


def _long(head: str, line: str, words: dict[int, str] | None = None) -> bytes:
    rows = [
        line.format(user=user, item=item, rating=words[value] if words else value, n=n)
        for n, (user, values) in enumerate(zip(_PEOPLE, _VALUES, strict=True))
        for item, value in zip(_FILMS, values, strict=True)
    ]
    return "\n".join([*([head] if head else []), *rows, ""]).encode()


def _wide(head: str, words: dict[int, str] | None = None, before: str = "", end: str = "") -> bytes:
    rows = [
        f"{before}{user}," + ",".join(words[v] if words else str(v) for v in values)
        for user, values in zip(_PEOPLE, _VALUES, strict=True)
    ]
    return ("\n".join([head, *rows]) + "\n" + end).encode()


def _of_numpy() -> bytes:
    file = io.BytesIO()
    np.savez(file, ratings=np.array(_VALUES), users=np.array(_PEOPLE), items=np.array(_FILMS))
    return file.getvalue()


def _triples() -> pd.DataFrame:
    rows = [
        (user, item, value)
        for user, values in zip(_PEOPLE, _VALUES, strict=True)
        for item, value in zip(_FILMS, values, strict=True)
    ]
    return pd.DataFrame(rows, columns=["user", "item", "rating"])


def _of_sqlite() -> bytes:
    with closing(sqlite3.connect(":memory:")) as database:
        _triples().to_sql("ratings", database, index=False)
        films = pd.DataFrame({"item": _FILMS, "year": [1979, 1995, 1985]})
        films.to_sql("films", database, index=False)
        return database.serialize()


_LIKERT = {
    1: "Strongly disagree", 2: "Disagree", 3: "Neutral", 4: "Agree", 5: "Strongly agree",
}  # fmt: skip
_STARS = {value: "★" * value + "☆" * (5 - value) for value in range(1, 6)}
_GERMAN = {1: "sehr schlecht", 2: "schlecht", 3: "mittel", 4: "gut", 5: "sehr gut"}

# What people bring: what it is, its name, its content.
EXAMPLES: tuple[tuple[str, str, bytes], ...] = (
    ("One rating a row", "ratings.csv", _long("user,film,rating", "{user},{item},{rating}")),
    ("Another language, semicolons, decimal commas", "Noten.csv",
     _long("Benutzer;Film;Bewertung", "{user};{item};{rating},5")),
    ("Without names of columns", "u.data", _long("", "{user}\t{item}\t{rating}\t88125094{n}")),
    ("Users × items", "class.csv", _wide("name,Alien,Heat,Brazil")),
    ("A title above, an average below", "export.csv",
     b"Our films\n\n" + _wide("name,Alien,Heat,Brazil", end="Average,3.25,3.5,3\n")),
    ("Age and gender beside the ratings", "survey.csv",
     _wide("name,age,gender,Alien,Heat,Brazil").replace(b"Ana,", b"Ana,21,f,")
     .replace(b"Bo,", b"Bo,25,m,").replace(b"Cleo,", b"Cleo,19,f,").replace(b"Dai,", b"Dai,33,m,")),
    ("Answers to Google Forms", "form.csv",
     _wide("Timestamp,Your name,Rate [Alien],Rate [Heat],Rate [Brazil]",
           before="2024/01/09 10:00:00 am,")),
    ("Words of a Likert scale", "agree.csv", _wide("name,I like jazz,I like folk,I like rock",
                                                   _LIKERT)),
    ("Words of another language", "Umfrage.csv", _wide("Name,Alien,Heat,Brazil", _GERMAN)),
    ("Stars", "stars.csv", _long("user,film,stars", "{user},{item},{rating}", _STARS)),
    ("Shares", "percent.csv", _long("user,film,score", "{user},{item},{rating}0 %")),
    ("“4 out of 5”", "of5.csv", _long("user,film,score", "{user},{item},{rating} out of 5")),
    ("Thumbs", "thumbs.csv",
     _long("user,film,vote", "{user},{item},{rating}", {1: "down", 2: "down", 3: "up", 4: "up",
                                                        5: "up"})),
    ("Marks for “not seen”", "seen.csv",
     _wide("name,Alien,Heat,Brazil").replace(b"3", b"not seen")),
    ("Who bought what", "orders.csv", _long("customer,product", "{user},{item}")),
    ("Invoices, summed", "invoices.csv",
     _long("invoice,customer,product,quantity", "10{n},{user},{item},{rating}")
     + _long("", "20{n},{user},{item},1{rating}")),
    ("Keys of user and item", "keys.csv", _long("key,rating", "{user}_{item},{rating}")),
    ("JSON lines", "reviews.json",
     _long("", '{{"reviewerID": "{user}", "asin": "{item}", "overall": {rating}.0}}')),
    ("Netflix Prize", "combined.txt",
     b"1:\n14,3,2005-09-06\n15,5,2005-05-13\n16,1,2005-10-19\n"
     b"2:\n14,4,2005-09-07\n15,2,2005-05-14\n16,5,2005-10-20\n"),
    ("MatrixMarket", "ratings.mtx",
     b"%%MatrixMarket matrix coordinate integer general\n3 3 5\n1 1 5\n1 2 3\n2 1 4\n3 3 1\n"
     b"2 3 2\n"),
    ("KONECT", "out.films", b"% bip weighted\n1 1 5 881250949\n1 2 3 881250950\n2 1 4 881250951\n"
                            b"2 3 1 881250952\n"),
    ("Orange", "ratings.tab",
     b"who\tfilm\tstars\nstring\tstring\tcontinuous\nmeta\tmeta\tclass\n"
     + _long("", "{user}\t{item}\t{rating}")),
    ("A Markdown table", "table.md",
     b"| name | Alien | Heat |\n|---|---|---|\n| Ana | 5 | 3 |\n| Bo | 4 | 2 |\n"
     b"| Cleo | 1 | 5 |\n"),
    ("A table of a web page", "page.html",
     b"<table><tr><th>name<th>Alien<th>Heat</tr><tr><td>Ana<td>5<td>3</tr><tr><td>Bo<td>4<td>2"
     b"</tr><tr><td>Cleo<td>1<td>5</tr></table>"),
    ("Blocks of “key: value”, as SNAP keeps reviews", "reviews.txt",
     b"\n".join(f"product/productId: {item}\nreview/userId: {user}\nreview/score: {value}.0\n"
                .encode() for user, item, value in _triples().to_numpy().tolist())),
    ("A sum below that is not called so", "sum.csv",
     _wide("name,Alien,Heat,Brazil,Ran").replace(b"\n", b",4\n").replace(b"Ran,4", b"Ran")
     + b"all of us,13,14,12,16\n"),
    ("A log of views and purchases", "log.csv",
     _long("user,item,event,time", "{user},{item},view,88125094{n}")
     + _long("", "{user},{item},buy,88125095{n}")),
    ("Who trusts whom", "trust.csv",
     "".join(["truster,trustee,trust\n", *(f"{a},{b},1\n" for a in _PEOPLE for b in _PEOPLE
                                           if a != b)]).encode()),
    ("A SQLite database of two tables", "films.sqlite", _of_sqlite()),
    ("NumPy's arrays", "ratings.npz", _of_numpy()),
    ("Market baskets: refused", "baskets.csv",
     b"milk,bread\nbread\nmilk,tea,bread\ntea\n" * 4),
    ("Reviews by nobody: refused", "reviews.csv",
     "".join(["product,review,stars\n", *(f"{film},I liked it,{n + 1}\n" for film in _FILMS
                                          for n in range(4))]).encode()),
    ("A catalogue: refused", "films.csv",
     b"film_id,title,year\n1,Alien,1979\n2,Heat,1995\n3,Brazil,1985\n4,Ran,1985\n"),
)  # fmt: skip


def understood(draft: Draft) -> str:
    """What the reader says of a file, in a line."""
    parts = ["users × items" if draft.layout == "wide" else "one rating a row"]
    for what in ("user", "item", "rating", "timestamp", "key", "event"):
        if (column := getattr(draft, what)) is not None:
            parts.append(f"{what}: {column}")
    if draft.scale is not None:
        parts.append(f"scale {draft.scale}")
    sentences = (*(doubt.sentence for doubt in draft.doubts), *draft.joins, *draft.remarks)
    return "; ".join(parts) + "." + "".join(f" {sentence}" for sentence in sentences)


def said(name: str, data: bytes) -> str:
    """What the reader says of a file, or the sentence by which it is refused."""
    try:
        draft = inspect(data, name)
        return draft.problem or understood(draft)
    except ReadError as error:
        return str(error)


def _shown(data: bytes) -> str:
    if b"\x00" in data:
        return "–"
    lines = [line for line in data.decode().splitlines() if line.strip()][:3]
    return "<br>".join(f"`{_cell(line[:60])}`" for line in lines)


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ").replace("`", "'").replace("\t", " ⇥ ")


def page() -> str:
    """The whole document."""
    names = ", ".join(f"`{name}`" for name in CHANGEABLE)
    titles = ", ".join(form.title for form in formats.FORMATS)
    rows = ["| What one brings | First lines | What is understood |", "|---|---|---|"]
    rows += [
        f"| {_cell(title)} ({name}) | {_shown(data)} | {_cell(said(name, data))} |"
        for title, name, data in EXAMPLES
    ]
    return _INTRO.format(names=names, formats=titles) + "\n" + "\n".join(rows) + "\n"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
