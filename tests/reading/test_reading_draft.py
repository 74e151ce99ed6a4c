"""The draft: plain data, steps done once, several files at once, and what a person may change."""

from __future__ import annotations

import io
import zipfile

import msgspec
import numpy as np
import pandas as pd
import pytest

from recsys_core.errors import ReadError, SettingsError
from recsys_core.ratings import Scale
from recsys_core.reading import (
    CHANGEABLE,
    Draft,
    budget,
    exchange,
    inspect,
    memory,
    parsing,
    read_ratings,
)

ROWS = [(u, i, 1 + (u * i) % 5) for u in range(1, 7) for i in range(1, 6)]
CSV = "user,item,rating\n" + "".join(f"{u},{i},{r}\n" for u, i, r in ROWS)


def triples(ratings):
    return sorted(
        (ratings.users[u], ratings.items[i], float(v))
        for u, i, v in zip(ratings.user_ids, ratings.item_ids, ratings.values, strict=True)
    )


EXPECTED = sorted((str(u), str(i), float(r)) for u, i, r in ROWS)


def test_every_name_that_can_be_changed_is_an_attribute():
    fields = Draft.__dataclass_fields__
    assert set(CHANGEABLE) <= set(fields)
    with pytest.raises(SettingsError, match="“colour” is not something"):
        inspect(CSV.encode(), colour="red")


def test_a_draft_is_plain_data_and_comes_back_equal():
    wide = "who,Alien,Heat\nAna,Agree,Strongly agree\nBo,Disagree,not seen\nCleo,Neutral,Agree\n"
    for data in (CSV.encode(), wide.encode(), b"a\nb\nc\n"):
        draft = inspect(data, "x.csv")
        file = io.BytesIO()
        exchange.write(file, draft)
        file.seek(0)
        back = exchange.read(file, Draft)
        for name in Draft.__dataclass_fields__:
            if not name.startswith("_"):
                assert getattr(back, name) == getattr(draft, name), name
        with pytest.raises(ReadError, match="nothing to read"):
            back.read()
    plain = {n: getattr(draft, n) for n in ("columns", "rows", "doubts", "answers", "unrated")}
    assert msgspec.msgpack.decode(msgspec.msgpack.encode(plain, enc_hook=str))


def test_a_step_is_done_again_only_where_its_inputs_changed(monkeypatch):
    done = []

    def counted(self, step, *inputs):
        before = self._last.get(step)
        result = original(self, step, *inputs)
        if self._last.get(step) is not before:
            done.append(step.__name__)
        return result

    original = memory.Memory.__call__
    monkeypatch.setattr(memory.Memory, "__call__", counted)
    draft = inspect(CSV.encode())
    assert "all_cells" in done and "_all_tabled" in done
    done.clear()
    changed = draft.change(scale=Scale(1, 10, 1))
    assert changed.scale.high == 10
    assert not {"inside", "all_cells", "_all_tabled", "long_roles", "read_long"} & set(done)
    assert "valued" in done
    done.clear()
    changed.change(rating="item", item="rating")
    assert not {"inside", "all_cells", "_all_tabled"} & set(done) and "long_roles" in done


def test_what_a_control_can_mend_is_no_error():
    one = inspect(b"a@b@c\n1@2@5\n1@3@4\n2@2@1\n")
    assert "one column only" in one.problem and one.delimiter is not None
    mended = one.change(delimiter="@", user="a", item="b", rating="c")
    assert mended.problem is None and mended.read().n_ratings == 3
    words = inspect(b"user,item,rating\na,x,soup\na,y,pie\nb,x,jam\nb,y,pie\n")
    assert words.problem is not None and set(words.texts) == {"soup", "pie", "jam"}
    said = words.change(answers=(("soup", 1), ("pie", 2), ("jam", 5)))
    assert said.problem is None and said.read().values.tolist() == [1, 2, 5, 2]
    assert said.scale.words[0] == (1, "soup")


def test_roles_can_be_chosen_where_none_could_be_guessed():
    text = "a,b,c\n" + "".join(f"p{u},q{i},{u}.{i}7\n" for u in range(12) for i in range(3))
    draft = inspect(text.encode())
    chosen = draft.change(user="a", item="b", rating="c", timestamp=None)
    assert chosen.problem is None
    assert chosen.read().n_ratings == 36


def test_columns_and_lines_left_out():
    text = f"My ratings\n\n{CSV}Exported by a program\n"
    draft = inspect(text.encode())
    assert (draft.first_line, draft.header, draft.footer) == (3, 1, 1)
    assert triples(draft.read()) == EXPECTED
    wide = "name,Alien,Heat,Brazil\nAna,1,2,3\nBo,5,4,3\nCleo,2,2,5\n"
    without = inspect(wide.encode()).change(left_out=("Heat",))
    assert without.read().items == ["Alien", "Brazil"] and without.left_out == ("Heat",)
    assert read_ratings(wide.encode(), left_out=("Heat",)).items == ["Alien", "Brazil"]


def test_pairs_alone_count_one_each():
    text = "customer,product\n" + "".join(f"{u},{i}\n" for u, i, r in ROWS if r > 2)
    draft = inspect(text.encode())
    assert draft.implicit and draft.rating is None
    ratings = draft.read()
    assert set(ratings.values) == {1.0} and ratings.scale == (0, 1, 1)
    assert any("pair of user and item counts 1" in s for s in ratings.report.sentences())
    assert read_ratings(CSV.encode(), implicit=True).values.max() == 1


def test_a_rule_for_pairs_that_come_twice():
    text = "user,item,rating,time\n" + "".join(
        f"{row},{10**9 + at}\n"
        for row, at in (("a,x,5", 3), ("a,x,1", 4), ("a,x,3", 1), ("a,y,2", 1), ("b,x,4", 1))
    )
    draft = inspect(text.encode())
    assert draft.repeats == "latest"
    for how, value in (("latest", 1), ("last", 3), ("first", 5), ("mean", 3), ("sum", 9)):
        ratings = draft.change(repeats=how).read()
        at = (ratings.user_ids == 0) & (ratings.item_ids == 0)
        assert ratings.values[at].tolist() == [value], how


# --- several files --------------------------------------------------------------------------------


def halves():
    lines = CSV.splitlines(keepends=True)
    return lines[0] + "".join(lines[1:14]), lines[0] + "".join(lines[14:])


def test_parts_of_one_table_as_a_list_a_folder_and_a_zip(tmp_path):
    paths = []
    for at, half in enumerate(halves()):
        paths.append(tmp_path / f"part-{at}.csv")
        paths[-1].write_text(half)
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for path in paths:
            archive.write(path, path.name)
    for source in (paths, tmp_path, packed.getvalue(), [open(path, "rb") for path in paths]):
        draft = inspect(source)
        assert draft.member is None and len(draft.members) == 2
        assert triples(draft.read()) == EXPECTED
        assert any("2 files of the same columns" in remark for remark in draft.remarks)
    assert inspect(paths).change(member="part-0.csv").read().n_ratings == 13


def test_parts_of_a_parquet_folder(tmp_path):
    frame = pd.DataFrame(ROWS, columns=["user", "item", "rating"])
    for at, part in enumerate(np.array_split(np.arange(len(frame)), 3)):
        frame.iloc[part].to_parquet(tmp_path / f"part-{at}.parquet")
    assert triples(read_ratings(tmp_path)) == EXPECTED


def test_one_file_a_person(tmp_path):
    for who in ("Ana", "Bo"):
        text = "film,rating\n" + "".join(f"{i},{1 + (i + len(who)) % 5}\n" for i in range(1, 8))
        (tmp_path / f"ratings of {who}.csv").write_text(text)
    draft = inspect(tmp_path)
    assert draft.person == ("Ana", "Bo") and draft.user == "person"
    assert draft.read().users == ["Ana", "Bo"]
    assert draft.change(person=("A.", "B.")).read().users == ["A.", "B."]


def test_a_table_of_films_beside_the_ratings_gives_titles(tmp_path):
    films = "item,title,genres\n" + "".join(f"{i},Film {i},drama\n" for i in range(1, 90))
    (tmp_path / "a.csv").write_text(CSV)
    (tmp_path / "z.csv").write_text(films)
    draft = inspect(tmp_path)
    assert draft.member == "a.csv" and draft.beside == ("z.csv",)
    ratings = draft.read()
    assert ratings.item_names[0] == "Film 1"
    assert any("z.csv" in sentence for sentence in ratings.report.sentences())


# --- large files ----------------------------------------------------------------------------------


def test_of_a_large_file_a_sample_is_looked_at_and_all_is_read():
    rng = np.random.default_rng(0)
    n = 700_000
    users, items = rng.integers(1, 5000, n), rng.integers(1, 3000, n)
    values = rng.integers(1, 6, n)
    frame = pd.DataFrame({"who": users, "what": items, "rating": values})
    frame = frame.drop_duplicates(["who", "what"])
    data = frame.to_csv(index=False).encode()
    draft = inspect(data)
    assert draft.sampled and (draft.user, draft.item, draft.rating) == ("who", "what", "rating")
    ratings = draft.read()
    assert ratings.n_ratings == len(frame)
    assert ratings.values.sum() == frame["rating"].sum()
    with pytest.raises(ReadError, match=f"Line {len(frame) // 2 + 2:,} .*“soup”"):
        lines = data.split(b"\n")
        at = len(frame) // 2 + 1
        lines[at] = lines[at].rsplit(b",", 1)[0] + b",soup"
        read_ratings(b"\n".join(lines))


@pytest.mark.parametrize(
    "data",
    [
        CSV,
        CSV + "1,1,5\n7,,3\n8,2,\n",  # a pair twice, no item, no rating
        "who,Alien,Heat,Up,Coco\nAna,1,2,,\nBo,3,,,\nCleo,,,,\nDan,5,4,,1\n",
    ],
)
def test_the_size_that_a_draft_tells_is_that_of_what_is_read(data):
    draft = inspect(data.encode(), "x.csv")
    ratings = draft.read()
    assert draft.size == (ratings.n_users, ratings.n_items, ratings.n_ratings)


def test_what_is_doubted_of_a_matrix_is_told():
    data = b"who,Alien,Heat,Up\nAna,3,3,\nBo,3,,3\nCleo,3,3,3\n"
    assert [doubt.control for doubt in inspect(data, "x.csv").doubts] == ["unrated"]


@pytest.mark.parametrize("encoding", ["utf-8", "gb18030"])
def test_how_far_a_text_is_read_is_told_in_any_encoding(encoding, monkeypatch):
    monkeypatch.setattr(parsing, "_BLOCK", 1 << 16)
    rows = [f"用户{u},电影{i},{1 + (u * i) % 5}" for u in range(400) for i in range(200)]
    data = "\n".join(["用户,电影,评分", *rows]).encode(encoding)
    told = []
    with budget.opened(budget.Budget(told=lambda *at: told.append(at))):
        read_ratings(data, name="x.csv", encoding=encoding)
    shares = [share for stage, share in told if stage == "read"]
    assert len(set(shares)) > 1 and shares == sorted(shares) and 0.5 < shares[-1] <= 1
    assert told[-1] == ("build", None)


def test_a_word_that_is_said_to_be_unrated_counts_no_more():
    data = b"who,Alien,Heat\nAna,Agree,Neutral\nBo,Disagree,Agree\nCleo,Neutral,Agree\n"
    draft = inspect(data, "x.csv")
    assert ("Neutral", 2.0) in draft.answers and draft.size == (3, 2, 6)
    others = tuple(pair for pair in draft.answers if pair[0] != "Neutral")
    changed = draft.change(answers=others, unrated=("Neutral",))
    assert changed.answers == others and changed.read().n_ratings == 4
