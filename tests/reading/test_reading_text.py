"""Text tables in any encoding, with any delimiter; lines that are named; samples of large ones."""

from __future__ import annotations

import csv
import io

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recsys_core.errors import ReadError
from recsys_core.reading import budget, parsing, read_ratings
from recsys_core.reading.dialect import encoding_of, sniff
from recsys_core.reading.sources import Content
from recsys_core.reading.text import TextCells

ROWS = [("Ana", "Heat", 5), ("Ana", "Up", 3), ("Bo", "Heat", 4), ("Bo", "Ran", 1), ("Cy", "Up", 2)]


def cells(text, written_in="utf-8", **said):
    return TextCells(Content(text.encode(written_in), "f.csv"), **said)


def body(table):
    """The cells of a table as lists of text."""
    return [[str(cell) for cell in row] for row in table.body.astype(object).to_numpy()]


def written(rows, delimiter=",", end="\n"):
    file = io.StringIO(newline="")
    csv.writer(file, delimiter=delimiter, lineterminator=end).writerows(rows)
    return file.getvalue()


# --- encodings ------------------------------------------------------------------------------------

FILMS = {
    "cp1252": ["Jürgen,Die Fälscher", "Änne,Die Größe", "Cléo,Amélie"],
    "mac-roman": ["Jürgen,Die Fälscher", "Änne,Die Größe", "Cléo,Amélie"],
    "cp850": ["Jürgen,Die Fälscher", "Änne,Die Größe", "Cléo,Amélie"],
    "cp1250": ["Łukasz,Ósmy dzień tygodnia", "Żaneta,Gorączka", "Ana,Zezowate szczęście"],
    "cp1251": ["Аня,Зеркало", "Борис,Андрей Рублёв", "Вера,Солярис"],
    "koi8-r": ["Аня,Зеркало", "Борис,Андрей Рублев", "Вера,Солярис"],
    "cp1253": ["Άννα,Ο Θίασος", "Νίκος,Στέλλα", "Μαρία,Κυνόδοντας"],
    "cp1255": ["דנה,ביקור התזמורת", "יוסי,ואלס עם באשיר", "רות,לבנון"],
    "gb18030": ["小明,霸王别姬", "小红,活着", "小刚,大红灯笼高高挂"],
    "big5": ["小明,悲情城市", "小紅,飲食男女", "小剛,一一"],
    "shift_jis": ["太郎,七人の侍", "花子,東京物語", "次郎,となりのトトロ"],
    "euc_jp": ["太郎,七人の侍", "花子,東京物語", "次郎,となりのトトロ"],
    "cp949": ["민수,올드보이", "지영,기생충", "현우,살인의 추억"],
    "utf-16": ["Jürgen,Amélie", "Аня,Зеркало", "小明,活着"],
    "utf-16-le": ["Jürgen,Amélie", "Аня,Зеркало", "小明,活着"],
    "utf-16-be": ["Jürgen,Amélie", "Аня,Зеркало", "小明,活着"],
    "utf-32": ["Jürgen,Amélie", "Аня,Зеркало", "小明,活着"],
    "utf-32-le": ["Jürgen,Amélie", "Аня,Зеркало", "小明,活着"],
    "iso2022_jp": ["太郎,七人の侍", "花子,東京物語", "次郎,となりのトトロ"],
}


@pytest.mark.parametrize("encoding", FILMS)
def test_an_encoding_is_guessed_and_may_be_chosen(encoding):
    lines = ["user,film,rating", *(f"{pair},{3 + at}" for at, pair in enumerate(FILMS[encoding]))]
    text = "\n".join(lines) + "\n"
    expected = [line.split(",") for line in lines[1:]]
    found = cells(text, encoding)
    assert body(found.table(1, False, ".")) == expected
    assert found.names_shown() and all(name in text for name in found.names_shown())
    assert body(cells(text, encoding, encoding=encoding).table(1, False, ".")) == expected


@settings(max_examples=60)
@given(
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "utf-16-be", "utf-32-le", "gb18030"]),
    names=st.lists(st.text(st.characters(categories=["L"]), min_size=1, max_size=9), min_size=4),
    end=st.sampled_from(["\n", "\r\n", "\r"]),
)
def test_a_chosen_encoding_gives_each_letter_back(encoding, names, end):
    rows = [[name, f"film {at}", str(1 + at % 5)] for at, name in enumerate(names)]
    text = written([["user", "item", "rating"], *rows], end=end)
    found = cells(text, encoding, encoding=encoding, delimiter=",")
    assert body(found.table(1, False, ".")) == rows


def test_one_stray_byte_damages_one_name_only_and_is_said():
    text = "user,film,rating\nAna,Amélie,5\nAna,Señorita,3\nZoë,Amélie,4\nZoë,Señorita,2\n"
    data = text.encode() + b"Bj\xf6rn,Heat,1\n"
    found = TextCells(Content(data, "f.csv"))
    table = found.table(1, False, ".")
    assert found.encoding == "utf-8"
    assert [row[1] for row in body(table)] == ["Amélie", "Señorita"] * 2 + ["Heat"]
    assert body(table)[-1][0] == "Bj\ufffdrn" and "1 byte" in table.remarks[0]
    assert found.names_shown()[0] == "Bj\ufffdrn"
    # Without any other letter beyond ASCII it is the byte of another encoding.
    assert encoding_of(Content(b"user,film,rating\nBj\xf6rn,Heat,1\n", "")).name == "latin-1"


@pytest.mark.parametrize("name", ["base64", "rot13", "idna", "unicode_escape", "none such", "a\0b"])
def test_what_is_no_encoding_of_files_is_refused(name):
    with pytest.raises(ReadError, match="not an encoding known here; choose one of utf-8"):
        cells("user,item,rating\na,b,1\n", encoding=name)


def test_a_chosen_encoding_that_makes_nothing_of_the_text_is_refused():
    with pytest.raises(ReadError, match="Line 2 of “f.csv” is not valid utf-8"):
        cells("user,item,rating\nЗоя,Ёлки,1\n", "cp1251", encoding="utf-8")


def test_letters_beyond_ascii_far_down_are_found():
    text = "user,item,rating\n" + "ana,heat,3\n" * 300_000 + "Борис,Зеркало,4\nВера,Солярис,2\n"
    found = cells(text, "cp1251")
    assert found.encoding == "cp1251" and "Зеркало" in found.names_shown()


# --- delimiters -----------------------------------------------------------------------------------


def test_delimiters_inside_titles_are_no_delimiters():
    quoted = written(
        [("user", "item", "rating"), *((u, f"{i}; or, a story", v) for u, i, v in ROWS)]
    )
    assert sniff(quoted.splitlines()) == ","
    bare = "user,item,rating\n" + "".join(f"{u},{i}; a story,{v}\n" for u, i, v in ROWS)
    assert sniff(bare.splitlines()) == ","
    piped = "user;item;genres;rating\n" + "".join(f"{u};{i};A|B;{v}\n" for u, i, v in ROWS)
    assert sniff(piped.splitlines()) == ";"


# Letters that stand in no delimiter below, so that each can be written without quotes.
plain = st.text(st.characters(categories=["L", "N"], include_characters=".'-"), min_size=1)


@settings(max_examples=60)
@given(
    rows=st.lists(st.tuples(plain, plain, st.integers(1, 5)), min_size=3, max_size=12),
    delimiter=st.sampled_from(["^", "~", "¦", "；", " - ", "||", "::", " ", "\t", "→", "<>"]),
)
def test_any_sign_or_text_may_be_the_delimiter(rows, delimiter):
    rows = [[user, f"{item}x", str(value)] for user, item, value in rows]
    text = "\n".join(delimiter.join(row) for row in [["user", "item", "rating"], *rows]) + "\n"
    found = cells(text, delimiter=delimiter, encoding="utf-8", first_line=1)
    expected = [[c[1:] if c.startswith("'=") else c for c in row] for row in rows]
    assert body(found.table(1, False, ".")) == expected


@pytest.mark.parametrize("delimiter", ["", '"', "\n", "a\rb", "x" * 30])
def test_what_cannot_be_a_delimiter_is_refused(delimiter):
    with pytest.raises(ReadError, match="cannot part the cells"):
        cells("user,item,rating\na,b,1\n", delimiter=delimiter)


def test_a_note_on_the_delimiter_counts():
    found = cells("sep=|\nuser|item, or|rating\na,1|x, y|5\nb,2|x, y|3\n")
    assert found.delimiter == "|" and found.names(1) == ["user", "item, or", "rating"]


# --- rows -----------------------------------------------------------------------------------------


@settings(max_examples=60)
@given(
    rows=st.lists(
        st.lists(st.text(st.sampled_from('ab ,;"\n\té'), max_size=6), min_size=3, max_size=3),
        min_size=2,
        max_size=15,
    ),
    delimiter=st.sampled_from([",", ";", "\t"]),
    end=st.sampled_from(["\n", "\r\n"]),
)
def test_arrow_and_pandas_read_the_same_cells_as_csv(rows, delimiter, end):
    rows = [[f"u{at}", *row] for at, row in enumerate(rows)]
    file = io.StringIO(newline="")
    csv.writer(file, delimiter=delimiter, lineterminator=end, quoting=csv.QUOTE_ALL).writerows(rows)
    data = file.getvalue().encode()
    expected = [
        list(row)
        for row in csv.reader(io.StringIO(file.getvalue(), newline=""), delimiter=delimiter)
    ]
    lines = parsing.Lines(
        data, [(0, len(data))], encoding_of(Content(data, "")), delimiter, "", "f"
    )
    for read in (
        parsing.parsed(lines, 4, range(4)),
        parsing._by_pandas(lines, 4, [0, 1, 2, 3]),
    ):
        found = read.frame(coded=False, without=np.array([], int)).to_numpy().tolist()
        # A carriage return before a line feed within a cell is one end of line.
        assert [[c.replace("\r\n", "\n") for c in row] for row in found] == [
            [c.replace("\r\n", "\n") for c in row] for row in expected
        ]


def test_short_lines_are_filled_and_blank_cells_too_many_are_no_loss():
    text = "user,item,rating,note\na,x,5\n\nb,y,3,,\nb,x,4,fine,\n   \nc,x\nc,y,2,good\n"
    text += "d,x,1,\nd,y,2,\n"
    table = cells(text).table(1, False, ".")
    assert body(table)[:2] == [["a", "x", "5", ""], ["b", "y", "3", ""]]
    assert body(table)[2:] == [
        ["b", "x", "4", "fine"],
        ["c", "x", "", ""],
        ["c", "y", "2", "good"],
        ["d", "x", "1", ""],
        ["d", "y", "2", ""],
    ]
    assert [table.place(row) for row in (0, 1, 4)] == ["Line 2", "Line 4", "Line 8"]


@pytest.mark.parametrize("quote", ["", '"'])
def test_a_line_of_another_width_far_down_is_named(quote):
    rows = "".join(f"{quote}u{n}{quote},i{n % 7},{n % 5}\n" for n in range(200_000))
    text = f"user,item,rating\n{rows}u,i,3,4,5\n{rows}"
    with pytest.raises(ReadError, match="Line 200,002 of “f.csv” has 5 columns .* have 3"):
        cells(text).table(1, False, ".")


def test_a_quotation_mark_without_its_partner_far_down_is_named():
    rows = "".join(f"u{n},i{n % 7},{n % 5}\n" for n in range(150_000))
    text = f'user,item,rating\n{rows}u,"i,3\n{rows * 40}'
    with pytest.raises(ReadError, match=r"Line 150,002 of “f.csv” holds a cell that does not end"):
        cells(text).table(1, False, ".")


def test_names_that_come_again_between_rows_are_left_out_and_said():
    part = written([("user", "item", "rating"), *ROWS])
    table = cells(part * 3).table(1, False, ".")
    assert len(table.body) == 3 * len(ROWS) and "2 lines that repeat" in table.remarks[0]
    assert table.place(len(ROWS)) == "Line 8"


def test_formulas_that_failed_are_blank_and_said():
    text = written(
        [("user", "item", "rating"), *ROWS, ("Cy", "Ran", "#DIV/0!"), ("Cy", "Up", "#WERT!")]
    )
    table = cells(text).table(1, False, ".")
    assert "2 cells hold formulas" in table.remarks[0]
    assert read_ratings(text.encode()).n_ratings == len(ROWS)


@pytest.mark.parametrize("delimiter", [",", " ", "::"])
def test_comments_above_among_and_as_names(delimiter):
    names = f"# {delimiter.join(['user', 'item', 'rating'])}"
    rows = [delimiter.join(map(str, row)) for row in ROWS]
    text = "\n".join(["# made by a program", names, *rows[:2], "# half of it", *rows[2:]]) + "\n"
    found = cells(text)
    assert found.names(1) == ["user", "item", "rating"] and found.first_line == 2
    table = found.table(1, False, ".")
    assert body(table) == [list(map(str, row)) for row in ROWS]
    assert "1 comment" in table.remarks[0]


def test_a_column_called_by_a_sign_of_comments_stays():
    found = cells("#,user,item,rating\n1,a,x,5\n2,b,x,3\n3,b,y,4\n")
    assert found.names(1) == ["#", "user", "item", "rating"]


# --- numbers --------------------------------------------------------------------------------------


def test_a_matrix_is_numbers_whatever_a_column_hides():
    text = "name,A,B,C\nAna,5,1'204,３\nBo,,2,1\nCy,4,3,n/a\n"
    table = cells(text).table(1, True, ".")
    ratings = read_ratings(text.encode())
    assert table.names == ["name", "A", "B", "C"]
    assert ratings.n_ratings == 7 and 1204 in ratings.values and ratings.values.max() == 1204


def test_beyond_all_numbers():
    with pytest.raises(ReadError, match="“1e400” is not a number|inf"):
        read_ratings(b"user,item,rating\na,x,1e400\na,y,3\nb,x,2\nb,y,1\n")
    ids = [str(2**70 + n) for n in range(3)]
    text = written(
        [("user", "item", "rating"), *((i, "x" * (1 + n), 1 + n) for n, i in enumerate(ids))]
    )
    assert read_ratings((text + f"{ids[0]},xx,4\n").encode()).users == ids


# --- large files ----------------------------------------------------------------------------------


def test_a_large_file_is_known_by_samples_and_read_whole():
    n = 400_000
    users, items = np.arange(n) // 40, (np.arange(n) * 7919) % 9973
    values = (users + items) % 5 + 1
    frame = pd.DataFrame(
        {"userId": users, "movieId": items, "rating": values, "timestamp": 10**9 + users}
    )
    data = frame.to_csv(index=False).encode()
    found = TextCells(Content(data, "f.csv"))
    sampled = found.table(1, False, ".", sampled=True)
    assert len(sampled.body) < n / 4
    known = set(map(tuple, frame.astype(str).to_numpy().tolist()))
    seen = list(map(tuple, body(sampled)))
    assert known.issuperset(seen) and seen[-1] == tuple(map(str, frame.iloc[-1]))
    assert seen[0] == tuple(map(str, frame.iloc[0])) and len(set(seen)) == len(seen)
    assert sampled.place(3) == "Line 5" and sampled.place(len(seen) - 1) == "A line further down"
    whole = found.table(1, False, ".", columns=["userId", "movieId", "rating", "timestamp"])
    assert whole.body.dtypes.iloc[3] == np.int64  # moments are numbers at once
    assert (whole["movieId"].astype(int) == items).all() and (
        whole["rating"].astype(int) == values
    ).all()
    ratings = read_ratings(data)
    assert ratings.n_ratings == n and ratings.users[:2] == ["0", "1"]
    assert np.array_equal(ratings.values, values) and np.array_equal(
        ratings.timestamps, 10**9 + users
    )


@pytest.mark.parametrize("together", [0, 7, 10**9])
def test_texts_of_many_blocks_are_those_that_were_written(monkeypatch, together):
    monkeypatch.setattr(parsing, "_BLOCK", 300)
    monkeypatch.setattr(parsing, "_TOGETHER", together)
    rng = np.random.default_rng(3)
    cells = rng.integers(0, [40, 900, 5], (2_000, 3))
    users, items = [f"u{n}" for n in cells[:, 0]], [f"=i {n}" for n in cells[:, 1]]
    frame = pd.DataFrame({"user": users, "item": items, "rating": cells[:, 2] + 1})
    found = TextCells(Content(frame.to_csv(index=False).encode(), "f.csv"))
    whole = found.table(1, False, ".", columns=["user", "item", "rating"], labels=["user", "item"])
    assert list(map(tuple, body(whole))) == list(map(tuple, frame.astype(str).to_numpy()))


def test_too_many_users_or_items_are_refused_and_other_texts_are_not():
    lines = [f"u{n},i{n % 3},{n % 5 + 1},day {n}" for n in range(50)]
    found = TextCells(Content("\n".join(["user,item,rating,day", *lines]).encode(), "f.csv"))
    columns = ["user", "item", "rating", "day"]
    with budget.opened(budget.Budget(labels=40)):
        found.table(1, False, ".", columns=columns, labels=["item"])
        with pytest.raises(ReadError, match="more than 40 users and items"):
            found.table(1, False, ".", columns=columns, labels=["user", "item"])


@pytest.mark.parametrize(
    "length, says",
    [
        (200_000, "holds a label or a text of more than 131,072 characters"),
        (17 << 20, "is longer than 4 MB, which no table is"),
    ],
)
def test_a_cell_that_is_no_label_by_far_is_named_by_its_line(length, says):
    lines = ["user,item,rating", "x" * length + ",i,3", *(f"u{n},i,{n}" for n in range(9))]
    with pytest.raises(ReadError, match=f"Line 2 of the file {says}"):
        read_ratings("\n".join(lines).encode())


@pytest.mark.parametrize("mark", ["", '"'])
def test_a_label_too_long_far_down_is_named_as_such(mark):
    rows = [f"u{n % 99},i{n % 7},{n % 5 + 1}" for n in range(900)]
    rows[600] = f"{mark}{'x' * (9 << 20)}{mark},i1,4"
    with pytest.raises(ReadError, match="Line 602 of the file holds a label or a text of more"):
        read_ratings("\n".join(["user,item,rating", *rows]).encode())


def test_rows_longer_than_a_header_of_a_matrix_are_named():
    rows = [f"{n % 4 + 1},{n % 3 + 1},{n % 5 + 1}" + ",,no" * (n > 9) for n in range(15)]
    with pytest.raises(ReadError, match="Line 12 of the file has 5 columns"):
        read_ratings("\n".join(["film 1,film 2,film 3", *rows]).encode())
