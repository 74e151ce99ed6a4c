"""Upload and paste: what was understood, changed, used; and every bad file is one sentence."""

from __future__ import annotations

import io
import pickle
import zipfile

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

import recsys_core as rc
from pages.panels.data import upload as upload_panel
from recsys_core import runs
from recsys_core.reading.sources import Content
from tests.app_harness import current, load, open_page, until

LONG = b"user;film;rating\nAnna;Alien;4,5\nAnna;Heat;3\nBen;Alien;5\nBen;Heat;1\nCleo;Heat;2,5\n"


@pytest.fixture(autouse=True)
def patient(monkeypatch):
    """A page that waits for a file: what it shows meanwhile is another test's."""
    monkeypatch.setattr(upload_panel, "PATIENCE", 60.0)


@pytest.fixture
def workspace(browser_id) -> runs.Workspace:
    return runs.registry().workspace(browser_id)


def upload(browser_id: str, name: str, data: bytes) -> AppTest:
    at = open_page("data", browser_id)
    at.segmented_control(key="data_source").set_value("Upload").run()
    at.file_uploader(key="upload").upload(name, data)
    at.run()
    assert not at.exception, at.exception[0].message
    return at


def use(at: AppTest) -> AppTest:
    next(b for b in at.button if b.label == "Use these ratings").click().run()
    assert not at.exception, at.exception[0].message
    return at


def widget(at: AppTest, kind: str, label: str):
    return next(w for w in getattr(at, kind) if w.label == label)


def test_a_long_file_is_understood_shown_and_used(browser_id, workspace):
    at = upload(browser_id, "films.csv", LONG)
    said = next(m.value for m in at.markdown if m.value.startswith("Understood"))
    assert "one rating a row" in said and "semicolon" in said and "0.5–5" in said
    assert len(at.dataframe[0].value) == 5
    use(at)
    assert workspace.latest.ratings.n_ratings == 5
    assert workspace.latest.ratings.users == ["Anna", "Ben", "Cleo"]
    assert workspace.latest.ratings.item_noun == "film"
    assert any("films" in h.value for h in at.sidebar.html)
    assert not [b for b in at.button if b.label == "Use these ratings"], "the panel has closed"


def test_controls_show_the_file_at_hand_and_not_the_one_before(browser_id):
    wide = b"name,Alien,Heat,Up\nAnna,5,3,1\nBen,4,1,2\nCleo,2,,5\n"
    at = upload(browser_id, "wide.csv", wide)
    before = widget(at, "selectbox", "Column that names the rows").key
    at.file_uploader(key="upload").upload("films.csv", LONG)
    at.run()
    after = widget(at, "selectbox", "User column")
    assert after.value == "user" and after.key != before  # a browser remembers by keys


def test_every_column_can_be_chosen_otherwise(browser_id, workspace):
    data = b"a,b,stars,mood\nx,1,5,2\nx,2,4,1\ny,1,3,2\ny,3,2,5\n"
    at = upload(browser_id, "odd.csv", data)
    widget(at, "selectbox", "User column").set_value("b").run()
    widget(at, "selectbox", "Item column").set_value("a").run()
    widget(at, "selectbox", "Rating column").set_value("mood").run()
    use(at)
    ratings = workspace.latest.ratings
    assert ratings.n_users == 3 and ratings.items == ["x", "y"]
    assert sorted(ratings.values.tolist()) == [1, 2, 2, 5]


def test_zero_can_be_said_to_be_a_rating(browser_id, workspace):
    data = b"user,Alien,Heat,Up\nAnna,0,5,1\nBen,4,0,0\nCleo,1,3,2\n"
    at = upload(browser_id, "wide.csv", data)
    assert widget(at, "multiselect", "Means unrated").value == ["0"]
    widget(at, "multiselect", "Means unrated").set_value([]).run()
    use(at)
    assert workspace.latest.ratings.n_ratings == 9


def test_another_number_can_mean_unrated(browser_id, workspace):
    data = b"user,Alien,Heat,Up\nAnna,7,2,1\nBen,2,99,7\nCleo,1,1,2\n"
    at = upload(browser_id, "wide.csv", data)
    assert widget(at, "multiselect", "Means unrated").value == ["99"]
    widget(at, "multiselect", "Means unrated").set_value([]).run()
    use(at)
    assert workspace.latest.ratings.n_ratings == 9


def test_the_scale_can_be_widened(browser_id, workspace):
    at = upload(browser_id, "films.csv", LONG)
    widget(at, "number_input", "Highest possible rating").set_value(10.0).run()
    use(at)
    assert workspace.latest.ratings.scale.high == 10


def test_a_file_inside_a_zip_is_chosen(browser_id, workspace):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("ratings.csv", LONG)
        archive.writestr("other.csv", "user,item,rating\na,x,1\nb,x,2\nb,y,3\n")
    at = upload(browser_id, "two.zip", packed.getvalue())
    assert widget(at, "selectbox", "File").value == "ratings.csv"
    widget(at, "selectbox", "File").set_value("other.csv").run()
    use(at)
    assert workspace.latest.ratings.n_ratings == 3


def test_pasted_text_is_read(browser_id, workspace):
    at = open_page("data", browser_id)
    at.segmented_control(key="data_source").set_value("Paste").run()
    at.text_area(key="pasted").set_value("user\titem\trating\na\tx\t1\nb\tx\t5\nb\ty\t2\n")
    next(b for b in at.button if b.label == "Read").click().run()
    use(at)
    assert workspace.latest.ratings.n_ratings == 3


def test_a_pasted_address_is_fetched_once(monkeypatch, browser_id, workspace):
    asked = []

    def fetched(address, most):
        asked.append((address, most))
        return Content(LONG, "plays.csv")

    monkeypatch.setattr(upload_panel.web, "fetched", fetched)
    at = open_page("data", browser_id)
    at.segmented_control(key="data_source").set_value("Paste").run()
    at.text_area(key="pasted").set_value("https://films.example/plays.csv")
    next(b for b in at.button if b.label == "Read").click().run()
    use(at)
    assert workspace.latest.ratings.name == "plays"
    assert asked == [("https://films.example/plays.csv", 300 << 20)]


def test_an_address_within_this_network_is_refused(browser_id, workspace):
    at = open_page("data", browser_id)
    at.segmented_control(key="data_source").set_value("Paste").run()
    at.text_area(key="pasted").set_value("http://127.0.0.1:8501/ratings.csv")
    next(b for b in at.button if b.label == "Read").click().run()
    assert not at.exception
    assert len(at.error) == 1 and "127.0.0.1" in at.error[0].value


def test_nothing_pasted_is_one_sentence(browser_id, workspace):
    at = open_page("data", browser_id)
    at.segmented_control(key="data_source").set_value("Paste").run()
    next(b for b in at.button if b.label == "Read").click().run()
    assert not at.exception
    assert len(at.error) == 1 and "empty" in at.error[0].value


def test_movielens_keeps_titles_and_its_ready_made_splits(zip_path, browser_id, workspace):
    at = use(upload(browser_id, "ml-100k.zip", zip_path("ml-100k").read_bytes()))
    assert workspace.latest.ratings.n_ratings == 100_000
    assert "Toy Story (1995)" in workspace.latest.ratings.item_names
    at.segmented_control(key="split_kind").set_value("Ready-made").run()
    next(b for b in at.button if b.label == "Use this split").click().run()
    assert not at.exception and not at.error
    assert len(workspace.latest.split.test) == 20_000
    assert workspace.latest.split.description.startswith("u1: ")


def _bomb() -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("ratings.csv", b"0" * (100 << 20))
    return packed.getvalue()


class _Evil:
    def __reduce__(self):
        return print, ("it ran",)


BAD = {
    "empty": ("empty.csv", lambda: b""),
    "blank": ("blank.csv", lambda: b"\n \n\n"),
    "binary": ("noise.csv", lambda: np.random.default_rng(0).bytes(5000)),
    "one column": ("one.csv", lambda: b"rating\n1\n2\n3\n"),
    "text ratings": ("words.csv", lambda: b"user,item,rating\na,x,soup\nb,y,salad\nb,x,bread\n"),
    "one user": ("alone.csv", lambda: b"user,item,rating\na,x,1\na,y,2\na,z,5\n"),
    "all equal": ("flat.csv", lambda: b"user,item,rating\na,x,3\nb,y,3\nb,x,3\na,y,3\n"),
    "a million columns": ("broad.csv", lambda: b",".join([b"1"] * 10**6) + b"\n"),
    "a zip bomb": ("bomb.zip", _bomb),
    "a pickle": ("ratings.csv", lambda: pickle.dumps(_Evil())),
    "a picture": ("me.png", lambda: b"\x89PNG\r\n\x1a\n" + bytes(100)),
    "a broken zip": ("broken.zip", lambda: b"PK\x03\x04" + bytes(300)),
}


@pytest.mark.parametrize("which", BAD)
def test_a_bad_upload_is_one_sentence_and_the_data_stay(which, browser_id, workspace, capsys):
    load(browser_id, rc.datasets.music_party())
    name, data = BAD[which]
    at = upload(browser_id, name, data())
    if not at.error:  # understood as a table; the ratings themselves are no good
        use(at)
    assert len(at.error) == 1, [e.value for e in at.error]
    sentence = at.error[0].value
    assert sentence.endswith(".") and len(sentence) < 300 and "\n" not in sentence
    assert "Traceback" not in sentence
    assert workspace.latest.ratings.name == "Robbie's party"
    assert "it ran" not in capsys.readouterr().out
    # And the page goes on: another upload works.
    at.file_uploader(key="upload").clear()
    at.file_uploader(key="upload").upload("films.csv", LONG)
    at.run()
    use(at)
    assert workspace.latest.ratings.n_ratings == 5


def test_ratings_of_ones_own_are_one_click_from_a_model_that_moves(browser_id, workspace):
    at = upload(browser_id, "films.csv", LONG)
    next(b for b in at.button if b.label.startswith("Use and watch")).click().run()
    assert not at.exception
    run = current(workspace).run
    assert run.ratings.name == "films"
    until(lambda: run.status == "finished")
    assert at.title[0].value != "Data"


def test_words_get_their_numbers_in_a_table(browser_id, workspace):
    data = b"user,film,said\na,x,soup\na,y,pie\nb,x,jam\nb,y,pie\nc,x,soup\nc,y,jam\n"
    at = upload(browser_id, "words.csv", data)
    widget(at, "selectbox", "Rating column").set_value("said").run()
    assert len(at.error) == 1 and "is not a number" in at.error[0].value
    table = next(d.value for d in at.dataframe if "Means" in d.value)
    assert table["In the file"].tolist() == ["soup", "pie", "jam"] and table["Means"].isna().all()
    change(at, answers=(("soup", 1.0), ("pie", 2.0), ("jam", 5.0)))
    assert not at.error
    use(at)
    assert workspace.latest.ratings.values.tolist() == [1, 2, 5, 2, 1, 5]
    assert workspace.latest.ratings.scale.words[-1] == (5, "jam")


def change(at, **changes):
    """Change a draft as a control would that this harness cannot drive."""
    at.session_state.brought.look(**changes)
    at.run()
    assert not at.exception, at.exception[0].message


def test_columns_that_hold_no_ratings_are_ticked_off_and_can_be_taken_back(browser_id, workspace):
    data = "name,age,Alien,Heat,Brazil\n" + "".join(
        f"p{u},{20 + 3 * u},{1 + u % 5},{1 + (2 * u) % 5},{1 + (3 * u) % 5}\n" for u in range(8)
    )
    at = upload(browser_id, "survey.csv", data.encode())
    assert widget(at, "multiselect", "Columns left out").value == ["age"]
    assert any("age" in c.value for c in at.caption)
    widget(at, "multiselect", "Columns left out").set_value(["age", "Heat"]).run()
    use(at)
    assert workspace.latest.ratings.items == ["Alien", "Brazil"]


def test_a_doubt_stands_beside_the_control_that_mends_it(browser_id, workspace):
    rows = "".join(f"{u},m{i},{1 + (u + i) % 5}\n" for u in range(1960, 1975) for i in range(4))
    at = upload(browser_id, "odd.csv", f"year,film,rating\n{rows}".encode())
    change(at, user="year")
    said = [w.value for w in at.warning]
    assert any("year" in sentence for sentence in said), said
    assert widget(at, "selectbox", "User column").value == "year"


def test_several_files_are_parts_of_one_table(browser_id, workspace):
    at = open_page("data", browser_id)
    at.segmented_control(key="data_source").set_value("Upload").run()
    lines = LONG.splitlines(keepends=True)
    first, second = b"".join(lines[:4]), lines[0] + b"".join(lines[4:])
    at.file_uploader(key="upload").upload("one.csv", first).upload("two.csv", second)
    at.run()
    assert not at.exception, at.exception[0].message
    assert widget(at, "selectbox", "File").value is None
    use(at)
    assert workspace.latest.ratings.n_ratings == 5


def test_an_unknown_separator_is_mended_and_not_an_error(browser_id, workspace):
    data = LONG.replace(b";", b"@")
    at = upload(browser_id, "odd.csv", data)
    assert len(at.error) == 1 and "one column only" in at.error[0].value
    change(at, delimiter="@")
    assert not at.error
    use(at)
    assert workspace.latest.ratings.n_ratings == 5


def test_what_takes_long_shows_how_far_it_is_and_can_be_stopped(browser_id, monkeypatch):
    monkeypatch.setattr(upload_panel, "PATIENCE", 0.0)
    rows = "".join(f"u{n % 999},m{n // 999},{n % 5}\n" for n in range(300_000))
    at = upload(browser_id, "long.csv", f"user,film,rating\n{rows}".encode())
    if stop := [b for b in at.button if b.label == "Stop"]:
        stop[0].click().run()
        assert "stopped" in at.error[0].value


def test_the_time_left_of_a_stage_is_that_of_its_share(monkeypatch):
    class Reading:
        progress = ("open", None)

    moment = [100.0]
    monkeypatch.setattr(upload_panel.time, "monotonic", lambda: moment[0])
    monkeypatch.setattr(upload_panel, "PATIENCE", 2.0)
    brought = upload_panel.Brought("", [], reading=Reading())
    assert brought.how_far() == ("open", None, None)
    moment[0], Reading.progress = 130.0, ("read", 0.1)
    assert brought.how_far() == ("read", 0.1, None)  # it has only begun
    moment[0], Reading.progress = 140.0, ("read", 0.25)
    assert brought.how_far() == ("read", 0.25, 30.0)
    moment[0], Reading.progress = 150.0, ("build", None)
    assert brought.how_far() == ("build", None, None)


def test_which_rows_of_a_log_count_is_chosen_beside_the_doubt(browser_id, workspace):
    events = ["view", "view", "buy"]
    rows = "".join(
        f"u{n % 9},m{n * n % 7},{events[n % 3]},{1_400_000_000 + n}\n" for n in range(99)
    )
    at = upload(browser_id, "log.csv", f"user,item,event,time\n{rows}".encode())
    assert any("This seems to be a log" in warning.value for warning in at.warning)
    change(at, only=["buy"])
    assert not any("This seems to be a log" in warning.value for warning in at.warning)
    use(at)
    bought = {(n % 9, n * n % 7) for n in range(2, 99, 3)}
    assert workspace.latest.ratings.n_ratings == len(bought)
