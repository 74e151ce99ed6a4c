"""Formats that are text: written by pandas, SciPy and NumPy or by hand, they come back equal."""

from __future__ import annotations

import io
import json

import numpy as np
import pandas as pd
import pytest
import scipy.io
import scipy.sparse
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from recsys_core.errors import ReadError
from recsys_core.reading import formats, headers

LONG = pd.DataFrame(
    {
        "user": ["Ana", "Ana", "Bo", "007", "007"],
        "item": ["Alien", "Heat | 2", "Alien", "Up", "Ran \\ Kagemusha"],
        "rating": [5.0, 3.5, 4.0, 1.0, 2.5],
    }
)
WIDE = pd.DataFrame(
    [[5, np.nan, 3], [np.nan, 1, 4], [2, 2, np.nan]],
    index=pd.Index(["Ana", "Bo", "Cleo"], name="user"),
    columns=pd.Index(["Alien", "Heat", "Up"], name="item"),
)


def read(text, name="", table=None):
    """The cells of a text, which must be recognised."""
    data = text if isinstance(text, bytes) else text.encode()
    form = formats.recognised(data[:8192].decode("utf-8", "replace"), name)
    assert form is not None, text[:80]
    return form.read(data, "“it”", table)


def rows(cells, header=1):
    """All cells below the header, as lists, and the names of the columns."""
    table = cells.table(header, False, ".")
    body = table.body.astype(object)
    return table.names, body.where(body.notna(), None).to_numpy().tolist()


def assert_long(cells):
    names, body = rows(cells)
    assert names == list(LONG)
    assert [[user, item, float(rating)] for user, item, rating in body] == LONG.to_numpy().tolist()


def assert_triples(cells, expected=None):
    """Whatever the columns are called, user, item and rating are these, in any order."""
    expected = LONG.to_numpy().tolist() if expected is None else expected
    _, body = rows(cells)
    found = sorted((str(u), str(i), float(v)) for u, i, v in body)
    assert found == sorted((str(u), str(i), float(v)) for u, i, v in expected)


# --- JSON -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "written",
    [
        LONG.to_json(orient="records"),
        LONG.to_json(orient="records", indent=2),
        LONG.to_json(orient="records", lines=True),
        LONG.to_json(orient="split"),
        LONG.to_json(orient="index"),
        LONG.to_json(orient="columns"),
        LONG.to_json(orient="table", index=False),
        json.dumps(LONG.to_dict(orient="list")),
        json.dumps({"ratings": LONG.to_dict(orient="records"), "version": 2}),
        json.dumps({"data": {"ratings": LONG.to_dict(orient="records")}}),
        "\n".join(repr(record) for record in LONG.to_dict(orient="records")),
        ",\n".join(json.dumps(record) for record in LONG.to_dict(orient="records")),
        "\n".join(json.dumps(record, indent=1) for record in LONG.to_dict(orient="records")),
        json.dumps([list(LONG), *LONG.to_numpy().tolist()]),
    ],
)
def test_json_in_every_usual_shape(written):
    assert_long(read(written))


def test_json_by_user():
    by_item, by_list, by_pair = {}, {}, {}
    for user, item, rating in LONG.to_numpy().tolist():
        by_item.setdefault(user, {})[item] = rating
        by_list.setdefault(user, []).append({"film": item, "stars": rating})
        by_pair.setdefault(user, []).append([item, rating])
    for value in (by_item, by_list, by_pair):
        assert_triples(read(json.dumps(value)))
    nested = [{"user": user, "ratings": ratings} for user, ratings in by_item.items()]
    assert_triples(read(json.dumps(nested)))
    nested = [{"user": user, "films_count": 2, "films": its} for user, its in by_list.items()]
    assert_triples(read("\n".join(map(json.dumps, nested))))


def test_json_of_shops_and_databases():
    reviews = [
        {
            "_id": {"$oid": f"5f{at}"},
            "user": {"id": 10 + at % 3, "name": "x"},
            "asin": f"B{at % 2}",
            "overall": at % 5,
            "helpful": [0, 1],
            "categories": ["Drama", "War"],
            "title": f"My view {at}",
            "text": "so and so",
            "when": {"$date": {"$numberLong": str(10**12 + at)}},
            "images": [{"url": "http://x"}],
        }
        for at in range(12)
    ]
    cells = read("\n".join(map(json.dumps, reviews)), "reviews.json")
    names, body = rows(cells)
    assert names == ["_id", "user.id", "user.name", "asin", "overall", "helpful", "categories",
                     "when"] or set(names) >= {"user.id", "asin", "overall", "when"}  # fmt: skip
    first = dict(zip(names, body[0], strict=True))
    assert first["_id"] == "5f0" and first["user.id"] == 10 and first["when"] == str(10**12)
    assert first["categories"] == "Drama|War"
    assert not {"text", "title"} & set(names)
    assert "“text”, “title”" in cells.says.remarks[0]


def test_json_keeps_titles_that_belong_to_items_and_jokes_that_are_the_items():
    films = [
        {"user": u, "movieId": m, "title": f"Film {m}", "rating": (u + m) % 5}
        for u in range(4)
        for m in range(3)
    ]
    assert "title" in rows(read(json.dumps(films)))[0]
    jokes = [{"user": u, "text": f"joke {j}", "rating": u + j} for u in range(4) for j in range(3)]
    assert rows(read(json.dumps(jokes)))[0] == ["user", "text", "rating"]


def test_json_with_several_tables_chooses_that_of_ratings():
    value = {
        "users": [{"userId": n, "age": 20 + n} for n in range(9)],
        "films": [{"movieId": n, "title": f"Film {n}"} for n in range(9)],
        "ratings": [{"userId": 1, "movieId": n, "rating": n % 5} for n in range(5)],
    }
    cells = read(json.dumps(value))
    assert (cells.sheet, cells.sheets) == ("ratings", ("users", "films", "ratings"))
    assert rows(read(json.dumps(value), table="films"))[0] == ["movieId", "title"]
    with pytest.raises(ReadError, match="no table “x”; choose one of users, films, ratings"):
        read(json.dumps(value), table="x")


def test_json_of_a_wide_table():
    records = [{"name": "Ana", "Alien": 5}, {"name": "Bo", "Heat": 4, "Alien": None}]
    assert rows(read(json.dumps(records))) == (
        ["name", "Alien", "Heat"],
        [["Ana", 5, None], ["Bo", None, 4]],
    )


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ('{"user": "a", "item": "x", "rating": 1}\n{"user": "b", "it', "Line 2 of “it” is not va"),
        ('[\n{"user": "a"},\n{"user" "b"}]', "Line 3 of “it” is not valid JSON"),
        ('{"a": 1}', "holds JSON but no table"),
        ('[["x"], 3]', "holds JSON but no table"),
        ('[{"user": "a"}, 3]', "holds JSON but no table"),
        ("[" * 100_000, "nested too deeply"),
        ('{"a":' * 100_000, "nested too deeply"),
    ],
)
def test_json_that_is_refused(text, says):
    with pytest.raises(ReadError, match=says):
        read(text)


@pytest.mark.parametrize(
    "text",
    [
        "[Alien],5\n[Heat],3\n",
        "user,item,rating\na,x,5\n",
        "1 2 3\n",
        "{Ana},x,1\n",
        "|a,b\n1,2\n",
        "#1 fan,Alien,5\nBo,Alien,4\nCleo,Up,3\n",
        "#,Alien,Heat\n1,5,3\n2,4,1\n",
        "12:30,Ana,5\n12:31,Bo,4\n",
        "a:\tb\nc:\td\n",
        "a|b|c\nd|e|5\nf|g|4\n",
    ],
)
def test_plain_tables_are_no_special_format(text):
    assert formats.recognised(text, "t.csv") is None


# --- Netflix --------------------------------------------------------------------------------------

ids = st.integers(0, 10**7).map(str) | st.sampled_from(["007", "u 1", "é"])


@settings(max_examples=50)
@given(
    blocks=st.dictionaries(
        ids,
        st.lists(st.tuples(ids, st.integers(1, 5), st.dates().map(str)), max_size=4),
        min_size=1,
        max_size=6,
    ),
    end=st.sampled_from(["\n", "\r\n", "\n\n"]),
    last=st.booleans(),
)
def test_netflix_blocks(blocks, end, last):
    assume(next(iter(blocks.values())))
    lines = []
    for item, ratings in blocks.items():
        lines += [f"{item}:", *(",".join(map(str, rating)) for rating in ratings)]
    text = end.join(lines) + end * last
    expected = [[u, item, v, day] for item, its in blocks.items() for u, v, day in its]
    names, body = rows(read(text))
    assert names == ["user", "item", "rating", "timestamp"]
    assert [[u, i, int(v), day] for u, i, v, day in body] == expected


@pytest.mark.parametrize("line", ["9,1,2,3,4,5", "9", "oops", "9:,1"])
def test_netflix_with_a_line_that_is_neither(line):
    with pytest.raises(
        ReadError, match="Line 4 of “it” is neither an item and a colon nor 3 cells"
    ):
        read(f"1:\n7,3,2005-01-01\n8,4,2005-01-02\n{line}\n3:\n")


def test_netflix_without_ratings():
    names, body = rows(read("1:\n7,2005-01-01\n2:\n8,2005-01-02\n"))
    assert names == ["user", "item", "timestamp"] and body[1] == ["8", "2", "2005-01-02"]


# --- MatrixMarket ---------------------------------------------------------------------------------


def mmwritten(matrix, **options):
    file = io.BytesIO()
    scipy.io.mmwrite(file, matrix, **options)
    return file.getvalue()


def test_matrix_market_general_symmetric_pattern_and_array():
    matrix = scipy.sparse.coo_array(([3, 0, 2.5], ([0, 1, 4], [2, 0, 1])), shape=(5, 3))
    assert_triples(read(mmwritten(matrix)), [(1, 3, 3), (2, 1, 0), (5, 2, 2.5)])
    square = scipy.sparse.coo_array(np.array([[0, 4, 0], [4, 1, 0], [0, 0, 2]]))
    assert_triples(
        read(mmwritten(square, symmetry="symmetric")), [(1, 2, 4), (2, 1, 4), (2, 2, 1), (3, 3, 2)]
    )
    assert_triples(read(mmwritten(matrix, field="pattern")), [(1, 3, 1), (2, 1, 1), (5, 2, 1)])
    cells = read(mmwritten(np.array([[1, 2, 3], [4, 5, 6.5]])))
    assert not cells.named and cells.sample() == [[1, 2, 3], [4, 5, 6.5]]


@pytest.mark.parametrize("symmetry", ["symmetric", "skew-symmetric"])
@pytest.mark.parametrize("form", [np.array, scipy.sparse.coo_array])
def test_symmetric_matrices_are_completed(symmetry, form):
    half = np.array([[0, 0, 0], [4, 0, 0], [2.5, 7, 0]])
    matrix = half + half.T if symmetry == "symmetric" else half - half.T
    cells = read(mmwritten(form(matrix), symmetry=symmetry))
    if form is np.array:
        assert cells.sample() == matrix.tolist()
    else:
        cells_of = zip(*np.nonzero(matrix), strict=True)
        assert_triples(cells, [(u + 1, i + 1, matrix[u, i]) for u, i in cells_of])


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("%%MatrixMarket matrix coordinate real general\n3 3 2\n1 1 5\n", "damaged"),
        ("%%MatrixMarket matrix array real general\n99999 99999\n1\n", "damaged"),
        ("%%MatrixMarket matrix coordinate real general\n3 3 99999999\n1 1 5\n", "damaged"),
        ("%%MatrixMarket matrix coordinate real general\n3 3 1\n9 1 5\n", "damaged"),
        ("%%MatrixMarket matrix array real symmetric\n3 2\n1\n1\n1\n", "damaged"),
        ("%%MatrixMarket matrix array real symmetric\n2 2\n1\n1\n", "damaged"),
        ("%%MatrixMarket matrix coordinate real general\n3 3 1\n1.5 1 5\n", "damaged"),
        ("%%MatrixMarket matrix coordinate complex general\n3 3 1\n1 1 5 1\n", "complex"),
        ("%%MatrixMarket\n", "damaged"),
    ],
)
def test_matrix_market_that_is_refused(text, says):
    with pytest.raises(ReadError, match=says):
        read(text)


# --- lines of notes -------------------------------------------------------------------------------


@pytest.mark.parametrize("delimiter", [" ", "\t", ","])
@pytest.mark.parametrize("fmt", ["%.18e", "%d", "%g"])
def test_savetxt(delimiter, fmt):
    numbers = np.array([[1, 20, 3], [1, 30, 4], [2, 20, 5]], dtype=float)
    file = io.BytesIO()
    np.savetxt(file, numbers, fmt=fmt, delimiter=delimiter, header="made by hand\nuser item rating",
               footer="the end")  # fmt: skip
    names, body = rows(read(file.getvalue()))
    assert names == ["user", "item", "rating"]
    assert np.array_equal(np.array(body, dtype=float), numbers)


def test_notes_above_keep_the_lines_of_a_file():
    cells = read("# one\n# two\n\n#user,item,rating\na,x,5\nb,y,4\n")
    table = cells.table(1, False, ".")
    assert table.names == ["user", "item", "rating"] and table.place(1) == "Line 6"
    cells = read("# about this\na,x,5\nb,y,4\n")
    assert cells.sample() == [["a", "x", "5"], ["b", "y", "4"]]


@pytest.mark.parametrize("between", [" ", "\t"])
@pytest.mark.parametrize("width", [2, 3, 4])
def test_konect(between, width):
    edges = [["1", "7", "3", "1200000000"], ["007", "8", "4.5", "1200000001"]]
    text = "% bip weighted\n% 2 2 2\n" + "".join(
        between.join(edge[:width]) + "\n" for edge in edges
    )
    names, body = rows(read(text))
    assert names == ["user", "item", "rating", "timestamp"][:width]
    assert [row[0] for row in body] == ["1", "007"]
    assert [list(map(float, row[1:])) for row in body] == [
        list(map(float, e[1:width])) for e in edges
    ]


# --- Orange ---------------------------------------------------------------------------------------


def test_orange_with_three_header_lines():
    text = (
        "Person\tTrack\tHow good\tnote\n"
        "Ana Bo\tdiscrete\tc\tstring\n"
        "row=1\tcol=1\tclass\tignore\n"
        "Ana\tAlien\t5\tfine\n"
        "Bo\tHeat\t3\t\n"
    )
    cells = read(text, "r.tab")
    assert rows(cells) == (
        ["Person", "Track", "How good", "note"],
        [["Ana", "Alien", "5", "fine"], ["Bo", "Heat", "3", ""]],
    )
    assert cells.says.roles == {"user": "Person", "item": "Track", "rating": "How good"}
    assert cells.says.left_out == ("note",)
    assert cells.table(1, False, ".").place(1) == "Line 5"


def test_orange_with_prefixes():
    text = "D#user\tmS#item\tcC#rating\tiC#row\nAna\tAlien\t5\t1\nBo\tHeat\t3\t2\n"
    cells = read(text, "r.tab")
    assert rows(cells)[0] == ["user", "item", "rating", "row"]
    assert cells.says.roles == {"rating": "rating"} and cells.says.left_out == ("row",)
    assert cells.table(1, False, ".").place(1) == "Line 3"


# --- tables drawn with signs ----------------------------------------------------------------------


def drawn(style):
    body = [[str(cell).replace("|", "\\|") for cell in row] for row in LONG.to_numpy().tolist()]
    names = list(LONG)
    lines = {
        "markdown": [names, ["---", ":--:", "--:"], *body],
        "bare": [names, ["---", ":--:", "--:"], *body],
        "org": [names, None, *body],
        "mysql": [None, names, None, *body, None],
    }[style]
    out = []
    for line in lines:
        if line is None:
            out.append("|---+------+---|" if style == "org" else "+-----+------+-----+")
        else:
            joined = " | ".join(line)
            out.append(joined if style == "bare" else f"| {joined} |")
    return "\n".join(out) + "\n"


@pytest.mark.parametrize("style", ["markdown", "bare", "org", "mysql"])
@pytest.mark.parametrize("around", [False, True])
def test_drawn_tables(style, around):
    text = drawn(style)
    if around:
        text = f"Our ratings so far:\n\n{text}\n5 rows in set (0.00 sec)\n"
    assert_long(read(text))


def test_psql():
    text = (
        " user | film  | rating \n------+-------+--------\n Ana  | Alien |      5\n"
        " Bo   | **Up** |      3\n(2 rows)\n"
    )
    assert rows(read(text)) == (
        ["user", "film", "rating"],
        [["Ana", "Alien", "5"], ["Bo", "Up", "3"]],
    )


def test_a_drawn_row_with_a_pipe_too_many_is_named():
    with pytest.raises(ReadError, match="Row 2 of the table in “it” has 4 cells"):
        read("| a | b | c |\n|---|---|---|\n| 1 | 2 | 3 |\n| 1 | x | y | 3 |\n")


# --- HTML -----------------------------------------------------------------------------------------


def test_html_as_pandas_writes_it():
    assert_long(read(LONG.to_html(index=False)))
    cells = read("<!DOCTYPE html><html><body><p>Films" + LONG.to_html(index=False) + "</body>")
    assert_long(cells)


def test_html_of_a_pivot_table():
    cells = read(WIDE.to_html(na_rep=""))
    n = headers.n_lines(cells.sample())
    names, body = rows(cells, n)
    assert (n, names) == (2, ["user", "Alien", "Heat", "Up"])
    assert body == [["Ana", "5.0", None, "3.0"], ["Bo", None, "1.0", "4.0"],
                    ["Cleo", "2.0", "2.0", None]]  # fmt: skip


def test_html_with_spans_nested_tables_scripts_and_entities():
    page = """
    <html><head><script>if (a < b) { write("<table><tr><td>no</td></tr></table>") }</script>
    <table id=menu><tr><td>Home<td>Films</table>
    <table><caption>Votes</caption>
      <tr><th colspan=3>Film&nbsp;night</th></tr>
      <tr><th>user</th><th>item</th><th>rating</th></tr>
      <tr><td rowspan=2>Ana &amp; Bo</td><td>A <b>&lt;3</b></td><td>5</td></tr>
      <tr><td>Heat<br>1995<table><tr><td>x</td><td>y</td></tr><tr><td>1</td><td>2</td></tr></table>
      </td><td>4</td></tr>
      <tr><td>Cleo<td>Up<td>3
    </table>"""
    cells = read(page)
    assert cells.sheet == "Votes" and len(cells.sheets) == 2
    assert cells.sample() == [
        ["Film night"],
        ["user", "item", "rating"],
        ["Ana & Bo", "A <3", "5"],
        ["Ana & Bo", "Heat 1995", "4"],
        ["Cleo", "Up", "3"],
    ]
    assert read(page, table=cells.sheets[1]).sample() == [["x", "y"], ["1", "2"]]


def test_html_without_a_table_and_with_too_many_cells():
    with pytest.raises(ReadError, match="web page without a table, perhaps a sign-in page"):
        read("<!doctype html><form>Sign in</form>")
    wide = "<tr>" + "<td colspan=1000>x" * 30 + "</tr>"
    with pytest.raises(ReadError, match="more cells than fit"):
        read(f"<table>{wide}</table>")
