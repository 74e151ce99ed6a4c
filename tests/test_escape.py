"""Any text as text, in each language it is written into; the browser's part is in tests/browser."""

import csv
import html
import io
import re
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

import recsys_core as rc
from recsys_core import escape
from recsys_core.asking import exports
from recsys_core.errors import ReadError

FORMULAS = ["=1", "@a", "+1+cmd|' /C calc'!A0", "-x", "\t=1", " =1", "＝1", "- a", "+-x"]
HONEST = [
    "+44",
    "-1",
    "+44 20 7946 0000",
    "-1.5",
    "- 1",
    "a=b",
    "'a",
    "user 3",
    "−3",
    "$5",
    "-",
    "",
]
MARKS = st.text("=+-@;'\"\t\r\n a1b,;＝\ufeff\x00", max_size=8)


@pytest.mark.parametrize("cell", FORMULAS)
def test_formulas_are_held_by_one_apostrophe(cell):
    assert escape.csv(cell) == "'" + cell


def test_formulas_are_held_where_semicolons_part_cells_too():
    assert escape.csv("a;=1;-b\n@c; +d") == "a;'=1;'-b\n'@c;' +d"
    assert escape.csv("a; b") == "a; b"


@pytest.mark.parametrize("cell", HONEST)
def test_honest_cells_stay_as_they_are(cell):
    assert escape.csv(cell) == cell


@given(MARKS)
@example("x;'=1")
@example("'=1")
@example("''=1")
def test_the_reader_undoes_what_the_writer_did(cell):
    safe = escape.csv(cell)
    assert escape.from_csv(safe) == cell
    assert not re.match(r"[\x00\ufeff]*(?:[=@\t\r\n＝]|[+-].*[a-z])", safe, re.DOTALL)


@given(
    st.lists(st.tuples(MARKS, MARKS), min_size=1, max_size=4), MARKS, MARKS, MARKS, st.booleans()
)
def test_no_cell_heading_or_label_of_any_table_is_a_formula(
    cells, heading, other, axis, categories
):
    """All tables that are written as CSV are written by ``to_csv`` (below)."""
    table = pd.DataFrame(cells, [each for _, each in cells], [f"{heading}=", other])
    table.index.name = axis
    if categories:
        table.isetitem(0, table.iloc[:, 0].astype("category"))
    for index in (True, False):
        text = exports.to_csv(table, index).decode()
        for cell in (cell for row in csv.reader(io.StringIO(text, newline="")) for cell in row):
            for part in re.split(r"[;\r\n]", cell):
                assert not re.match(r"[ \t\x00\ufeff]*(?:[=@＝]|[+-].*[a-z=@])", part), (cell, text)


def test_files_for_people_are_written_in_few_places():
    """Whoever writes tables, archives or arrays elsewhere escapes there, too, and is named here."""
    homes = {
        r"\.to_csv\(|csv\.writer|csv\.DictWriter": {"recsys_core/asking/exports.py"},
        r"\.to_(?:excel|html|markdown|latex|pickle)\(|ExcelWriter|tarfile\.open\(.*[\"']w": set(),
        r"ZipFile\([^)]*[\"'][wax][\"']": {"recsys_core/takehome/bundle.py"},
        r"ParquetWriter|\.to_parquet\(": {
            "recsys_core/asking/exports.py",
            "recsys_core/reading/forkserver.py",  # of nobody's data
        },
    }  # fmt: skip
    root = Path(__file__).resolve().parents[1]
    files = [*root.glob("recsys_core/**/*.py"), *root.glob("pages/**/*.py"), root / "app.py"]
    ours = re.compile(r"exports\.to_csv|(?<!\.)\bto_csv\(|import to_csv")
    for pattern, allowed in homes.items():
        found = {
            file.relative_to(root).as_posix()
            for file in files
            if re.search(pattern, ours.sub("", file.read_text(encoding="utf-8")))
        }
        assert found == allowed, pattern


@given(st.text(max_size=30))
def test_html_and_plotly_say_one_line_of_the_text(text):
    for safe in (escape.html(text), escape.plotly(text)):
        assert html.unescape(safe) == escape.one_line(text)
        assert not re.search(r"[<>\n]|%\{", safe)
    assert "$" not in escape.plotly(text)


@given(st.text(max_size=30))
def test_markdown_adds_only_backslashes_and_joiners(text):
    bare = re.sub(r"\\([!-/:-@\[-`{-~])", r"\1", escape.markdown(text)).replace("\u2060", "")
    assert bare == escape.one_line(text).replace("\u2060", "")


@pytest.mark.parametrize(
    "text", ["Robbie's party", "12 Angry Men (1957)", "3 + 4 = 7", "10:30", "é"]
)
def test_ordinary_names_stay_as_they_are_in_markdown(text):
    assert escape.markdown(text) == text


def test_latex_by_hand():
    said = escape.latex("50% of A_1 & {B} cost $5 \\ #~^")
    assert said == (
        r"50\% of A\_1 \& \{B\} cost \$5 \textbackslash{} \#\textasciitilde{}\textasciicircum{}"
    )


def test_short_and_one_line():
    assert escape.short("abcdef", 6) == "abcdef" and escape.short("abc defg", 5) == "abc…"
    assert escape.one_line("a\r\n b\u202ec\x00\x1b") == "a b c"


def test_ratings_survive_the_file_that_holds_their_names_harmless():
    names = [*FORMULAS, *HONEST[:-1], "'=1"]
    names = [name.strip() for name in names]
    ratings = rc.Ratings.from_frame(
        pd.DataFrame(
            {
                "user": [u for u in dict.fromkeys(names) for _ in range(3)],
                "item": [["=i", "+44", "film"][at % 3] for at in range(3 * len(set(names)))],
                "rating": [1 + at % 5 for at in range(3 * len(set(names)))],
            }
        )
    )
    data = exports.to_csv(ratings.to_frame(), index=False)
    cells = [cell for row in csv.reader(io.StringIO(data.decode())) for cell in row]
    assert not [cell for cell in cells if re.match(r"[=@＝]|[+-].*[a-z]", cell)]
    back = rc.read_ratings(data)
    assert list(back.users) == list(ratings.users) and list(back.items) == list(ratings.items)
    assert back.fingerprint == ratings.fingerprint


def test_a_name_is_one_line_of_at_most_200_letters_and_a_label_stays_whole():
    long = "n" * 5000
    frame = pd.DataFrame(
        {"user": [long, "a\nb"] * 2, "item": ["x", "x", "y", "y"], "rating": [1, 2, 3, 4]}
    )
    ratings = rc.Ratings.from_frame(frame)
    assert sorted(map(len, ratings.user_names)) == [3, 200] and "a b" in ratings.user_names
    assert set(ratings.users) == {long, "a\nb"}


def test_a_sentence_quotes_only_the_beginning_of_a_cell():
    with pytest.raises(ReadError) as caught:
        rc.read_ratings(f"user,item,rating\na,x,1\nb,{'y' * 9999},{'z' * 9999}\n".encode())
    assert len(str(caught.value)) < 1000


def test_marks_do_not_pile_up_and_names_are_seen():
    assert escape.one_line("a" + "\u0301" * 300 + "b") == "a" + "\u0301" * 4 + "b"
    for honest in ("日本語", "שָׁלוֹם", "ภาษาไทย", "é", "👩‍👩‍👧‍👦", "مُحَمَّد"):
        assert escape.one_line(honest) == honest and escape.is_seen(honest)
    frame = pd.DataFrame({"user": ["\u200b\u200e", "x"], "item": ["y", "z"], "rating": [1, 2]})
    assert rc.Ratings.from_frame(frame).user_names == ["(no name)", "x"]
    assert escape.markdown("\ufeff->") == "-\u2060\\>"
