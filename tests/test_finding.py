"""Finding by name: what begins with the text first, letter case ignored, never too many."""

from pages.shared import finding

NAMES = ["The Matrix", "Alien", "Aliens", "Matilda", "Cars"]


def test_names_that_begin_with_the_text_come_first():
    assert finding.matches(NAMES, "mat") == [3, 0]
    assert finding.matches(NAMES, "ALIEN ") == [1, 2]
    assert finding.matches(NAMES, "zz") == []


def test_no_text_and_many_matches_give_the_first_few():
    assert finding.matches(NAMES, " ", most=2) == [0, 1]
    assert finding.matches(NAMES, "a", most=2) == [1, 2]
