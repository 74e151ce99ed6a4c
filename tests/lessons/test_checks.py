"""The language of checks: what it reads and refuses, when one holds and what is missing."""

from __future__ import annotations

import math
import operator

import pytest
from hypothesis import given
from hypothesis import strategies as st

import recsys_core as rc
from recsys_core.errors import LessonError
from recsys_core.lessons import facts
from recsys_core.lessons.checks import (
    DEEPEST,
    FUNCTIONS,
    LONGEST,
    NAMES,
    AllOf,
    Ask,
    Compare,
    Constant,
    Name,
    Not,
    OneOf,
    Truth,
    judge,
    parse,
    write,
)
from recsys_core.lessons.facts import Facts
from recsys_core.training import Epoch

# --- any check, in the shape in which it is read --------------------------------------------------

_numbers = st.builds(Constant, st.floats(0, 1e9, allow_nan=False).map(abs))
# A check stands on one line of a lesson.
_texts = st.builds(Constant, st.text(st.characters(exclude_characters='"\r\n'), max_size=8))
_named = st.sampled_from([Name("user"), Name("item")]) | _texts
_number_names = st.sampled_from([Name(n) for n, (kind, _) in NAMES.items() if kind == "number"])
_asks = {
    "text": st.builds(lambda a: Ask("nearest", (a,)), _named),
    "number": st.builds(lambda a, b: Ask("predicted", (a, b)), _named, _named),
}
_signs = ("<", "<=", ">", ">=", "==", "!=")
_leaves = (
    st.builds(Compare, st.sampled_from(_signs), _number_names | _asks["number"], _numbers)
    | st.builds(Compare, st.sampled_from(_signs), _numbers, _number_names)
    | st.builds(
        Compare, st.sampled_from(["==", "!="]), _named | _asks["text"], st.just(Name("model"))
    )
    | st.sampled_from([Truth("diverged"), Truth("overfits")])
)


def _joined(parts):
    several = st.lists(parts, min_size=2, max_size=3).map(tuple)
    # “a and b and c” is one AllOf of three, so no join lies directly in one of its own kind.
    flat = lambda kind: several.filter(lambda ps: not any(isinstance(p, kind) for p in ps))  # noqa: E731
    return st.builds(Not, parts) | flat(AllOf).map(AllOf) | flat(OneOf).map(OneOf)


_checks = st.recursive(_leaves, _joined, max_leaves=5)


@given(_checks)
def test_what_is_written_reads_back_as_the_same(check):
    text = write(check)
    try:
        found = parse(text)
    except LessonError as error:
        assert len(text) > LONGEST or "nested" in str(error)
    else:
        assert found == check


@given(st.text(max_size=60) | st.text('()andornot <>=!."kreg0123456789,', max_size=80))
def test_hostile_text_is_a_check_or_one_sentence(text):
    try:
        check = parse(text)
    except LessonError as error:
        assert str(error).endswith(".") and "\n" not in str(error)
    else:
        assert parse(write(check)) == check
        assert isinstance(judge(check, Facts()).met, bool)


@given(_checks)
def test_nothing_known_is_nothing_met(check):
    """“not” included: what is not known yet does not hold, and it says what is missing."""
    verdict = judge(check, Facts())
    assert not verdict.met and verdict.missing


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "ends where a value is missing"),
        ("epoch", "“epoch” is compared with nothing"),
        ("epoch >", "ends where a value is missing"),
        ("epoch > 3 4", "“4” is too much"),
        ("epoch => 3", "has no meaning"),
        ("epoch > 3 and", "ends where a value is missing"),
        ("(epoch > 3", "“)” is missing"),
        ("rmse < 1", "There is no “rmse”; there are train_rmse, validation_rmse"),
        ("baseline.mean < 1", "There is no “baseline.mean”"),
        ("__import__('os').system('true')", "has no meaning"),
        ("__import__(os) == 1", "There is no “__import__”"),
        ("epoch.__class__ == 1", "There is no “epoch.__class__”"),
        ("user < 3", "cannot be compared"),
        ('user < "Spock"', "compared by == or !="),
        ("diverged == 1", "cannot be compared"),
        ("1 < 2", "needs a name"),
        ("epoch < 1e999", "too large"),
        ("predicted(user) > 3", "predicted takes 2 names"),
        ("nearest(model) == user", "nearest takes one name"),
        ("nearest(3) == user", "nearest takes one name"),
        ("nearest(nearest(user)) == user", "nearest takes one name"),
        ("(" * (DEEPEST + 1) + "epoch > 1" + ")" * (DEEPEST + 1), "nested more than"),
        ("not " * 40 + "diverged", "nested more than"),
        ("epoch > 1" + " and epoch > 1" * 50, "at most"),
        ("epoch > 3; k", "has no meaning"),
    ],
)
def test_what_is_no_check_gets_one_sentence(text, why):
    with pytest.raises(LessonError) as refused:
        parse(text)
    assert why in str(refused.value)


# --- when they hold -------------------------------------------------------------------------------

HERE = Facts(
    train_rmse=0.5, validation_rmse=0.9, epoch=20, best_epoch=12, bias=0.8, k=3, reg=0.1,
    learning_rate=0.03, alpha=10, seed=4, guest_ratings=2, variant="MLP", model="SGD",
    user="Spock", item="Firework", diverged=False, overfits=True,
)  # fmt: skip


@pytest.mark.parametrize(
    ("text", "met"),
    [
        ("validation_rmse < baseline.bias", False),
        ("validation_rmse > baseline.bias", True),
        ("train_rmse < validation_rmse and k == 3", True),
        ("k == 4 or reg <= 0.1", True),
        ("alpha == 10 and seed != 3 and guest_ratings >= 2", True),
        ('variant == "MLP"', True),
        ('variant == "dot"', False),
        ("alpha < 10 or seed == 3 or guest_ratings >= 3", False),
        ("k == 4 or reg < 0.1", False),
        ("not k == 4 and not diverged", True),
        ("k == 4 or k == 3 and diverged", False),  # “and” binds more strongly
        ("(k == 4 or k == 3) and overfits", True),
        ('user == "Spock" and model != "ALS"', True),
        ("10 < epoch", True),
        ("epoch > 20", False),
    ],
)
def test_checks_hold_or_do_not(text, met):
    verdict = judge(parse(text), HERE)
    assert verdict.met is met
    assert bool(verdict.missing) is not met


@given(st.sampled_from(_signs), st.floats(-5, 5), st.floats(0, 5))
def test_comparisons_are_those_of_numbers(sign, now, goal):
    signs = dict(zip(_signs, (operator.lt, operator.le, operator.gt, operator.ge,
                              operator.eq, operator.ne), strict=True))  # fmt: skip
    check = Compare(sign, Name("validation_rmse"), Constant(goal))
    assert judge(check, Facts(validation_rmse=now)).met is signs[sign](now, goal)
    assert judge(Not(check), Facts(validation_rmse=now)).met is not signs[sign](now, goal)


@pytest.mark.parametrize(
    ("text", "missing"),
    [
        ("validation_rmse < baseline.bias",
         ["validation RMSE is 0.9000; it has to be below 0.8000."]),
        ("0.8 > validation_rmse", ["validation RMSE is 0.9000; it has to be below 0.8000."]),
        ("k == 4 and reg > 0.2 and epoch > 5",
         ["the number of factors k is 3; it has to be 4.",
          "the regularisation λ is 0.1; it has to be above 0.2."]),
        ("not overfits", ["It should not be so that the run overfits."]),
        ("diverged", ["It is not so yet that the run has diverged."]),
        ("not k == 3", ["the number of factors k is 3; it has to be another."]),
        ('k == 4 or user == "Ripley"',
         ["One of these is enough: the number of factors k is 3; it has to be 4. / "
          "the selected user is “Spock”; it has to be “Ripley”."]),
    ],
)  # fmt: skip
def test_what_is_missing_is_said(text, missing):
    assert [str(each) for each in judge(parse(text), HERE).missing] == missing


def test_numbers_that_are_not_finite_meet_nothing_but_being_different():
    nan = Facts(validation_rmse=math.nan)
    assert not judge(parse("validation_rmse < 1"), nan).met
    assert not judge(parse("validation_rmse >= 1"), nan).met


def test_every_name_and_function_can_be_asked():
    for name, (kind, _) in NAMES.items():
        text = {"number": f"{name} > 0", "text": f'{name} == "x"', "truth": name}[kind]
        assert write(parse(text)) == text
    assert set(FUNCTIONS) == {"nearest", "predicted"}


# --- of a model -----------------------------------------------------------------------------------


def test_predictions_and_neighbours_are_the_models():
    party = rc.datasets.music_party()
    fitted = rc.ALS(n_factors=2, n_epochs=5).fit(party).snapshot()
    known = Facts(user="Spock", item="Firework", ratings=party, fitted=fitted)
    u, i = party.user_names.index("Spock"), party.item_names.index("Firework")
    assert known.predicted("Spock", "Firework") == pytest.approx(float(fitted.predict([u], [i])[0]))
    alike = fitted.similar_users(u, 1)["label"].iloc[0]
    assert judge(parse(f'nearest(user) == "{alike}"'), known).met
    assert known.nearest("Firework", "item") == fitted.similar_items(i, 1)["label"].iloc[0]
    assert (
        known.nearest("Firework", "user") is None and known.predicted("Nobody", "Firework") is None
    )


def test_a_run_overfits_where_validation_rose_and_training_fell():
    def course(*errors):
        return [Epoch(n, train, held, 0.0, 0.0) for n, (train, held) in enumerate(errors)]

    assert facts.overfits(course((1.0, 1.0), (0.8, 0.9), (0.5, 0.95)), best=1)
    assert not facts.overfits(course((1.0, 1.0), (0.8, 0.9), (0.5, 0.94)), best=1)
    assert not facts.overfits(course((1.0, 1.0), (0.8, 0.9), (0.9, 0.95)), best=1)
    assert not facts.overfits(course((1.0, None), (0.8, None)), best=None)
    # A later epoch, which has come meanwhile, is the best.
    assert not facts.overfits(course((1.0, 1.0), (0.8, 0.9)), best=2)
