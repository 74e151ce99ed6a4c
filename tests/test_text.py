"""Sentences as data."""

import json

import pytest

from recsys_core.errors import FactorscopeError, RatingsError
from recsys_core.text import Text


def left_out(n):
    return Text("{n} rating was left out.", "{n:,} ratings were left out.", n=n)


@pytest.mark.parametrize(
    ("n", "said"),
    [(0, "0 ratings were"), (1, "1 rating was"), (2, "2 ratings"), (3000, "3,000 ratings")],
)
def test_the_number_chooses_the_form(n, said):
    assert str(left_out(n)).startswith(said)


def test_braces_in_what_people_bring_mean_nothing():
    text = Text("{name} holds {inner}.", name="{evil} {0} {__class__}", inner=left_out(1))
    assert str(text) == "{evil} {0} {__class__} holds 1 rating was left out.."


def test_what_people_bring_is_shown_on_one_line():
    assert str(Text("column “{name}”.", name="user\nid\u202e")) == "column “user id”."


def test_it_is_a_value():
    assert left_out(3) == left_out(3) != left_out(4)
    assert len({left_out(3), left_out(3), left_out(4)}) == 2
    with pytest.raises(AttributeError):
        left_out(3).id = "another"
    with pytest.raises(TypeError, match="number n"):
        Text("one", "many")


def test_it_travels_as_json():
    said = json.loads(json.dumps(Text("{a} of {b}", a=left_out(2), b="x").to_dict()))
    assert said == {
        "id": "{a} of {b}",
        "values": {
            "a": {
                "id": "{n} rating was left out.",
                "plural": "{n:,} ratings were left out.",
                "values": {"n": 2},
            },
            "b": "x",
        },
    }


def test_errors_carry_it():
    error = RatingsError(left_out(2))
    assert isinstance(error, FactorscopeError) and error.text == left_out(2)
    assert str(error) == "2 ratings were left out."
    assert str(RatingsError("braces {mean} nothing").text) == "braces {mean} nothing"
