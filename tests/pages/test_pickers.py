"""Finding by name: what begins with the text first, letter case ignored, never too many."""

from streamlit.testing.v1 import AppTest

from pages.shared import pickers

NAMES = ["The Matrix", "Alien", "Aliens", "Matilda", "Cars"]


def test_names_that_begin_with_the_text_come_first():
    assert pickers.matches(NAMES, "mat") == [3, 0]
    assert pickers.matches(NAMES, "ALIEN ") == [1, 2]
    assert pickers.matches(NAMES, "zz") == []


def test_of_many_matches_only_the_first_few_are_given():
    assert pickers.matches(NAMES, "a", most=2) == [1, 2]


def page():
    import streamlit as st

    import recsys_core as rc
    from pages.shared import pickers

    ratings = rc.Ratings.from_matrix([[5, 3], [4, 0], [1, 2], [2, 2]], missing=0)
    chosen = st.session_state.get("chosen")
    pickers.pick(
        "user", ratings, "who", lambda at: st.session_state.update(chosen=at), chosen=chosen
    )
    st.write(f"chosen: {chosen}")


def test_of_too_many_names_to_list_those_searched_for_are_offered(monkeypatch):
    monkeypatch.setattr(pickers, "_MOST_LISTED", 3)
    app = AppTest.from_function(page).run()
    assert [box.label for box in app.text_input] == ["Find a user"] and not app.selectbox
    app.text_input[0].input("nobody").run()
    assert app.caption[0].value == "No user is called that." and not app.selectbox
    app.text_input[0].input("user 2").run()
    assert app.selectbox[0].label == "1\N{NO-BREAK SPACE}match"
    app.selectbox[0].select_index(0).run()
    assert "chosen: 2" in [each.value for each in app.markdown]
    app.text_input[0].input("").run()
    assert app.selectbox[0].label == "User" and app.selectbox[0].value == 2


def of_one_name():
    import streamlit as st

    import recsys_core as rc
    from pages.shared import pickers

    ratings = rc.Ratings.from_matrix([[5, 3], [4, 0], [1, 2]], missing=0)
    ratings = ratings.replace(users=["a b", "a\tb", "c"])
    pickers.pick("user", ratings, "who", lambda at: st.write(f"picked: {at}"))


def test_of_equal_names_the_one_that_was_clicked_is_picked():
    app = AppTest.from_function(of_one_name).run()
    assert app.selectbox[0].options == ["a b", "a b (2)", "c"]
    app.selectbox[0].select("a b").run()
    assert "picked: 0" in [each.value for each in app.markdown]
