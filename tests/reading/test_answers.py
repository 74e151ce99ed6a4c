"""Answers that are no plain numbers: words, stars, grades, shares; and what means “not rated”."""

from __future__ import annotations

import itertools
from collections import Counter

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recsys_core.ratings import Scale
from recsys_core.reading import answer_words, answers, values
from recsys_core.reading.answers import Answers, applied, means_unrated, said, scale_of, understood
from recsys_core.reading.cells import is_blank, number

NAN = float("nan")
SCALES = [(family, scale) for family in answers.families() for scale in family.scales]


def meaning(texts, decimal=".", times=5):
    """What each text is read as: a number, None where unrated; "?" where nothing is understood."""
    column = pd.Series(list(texts) * times, dtype=object)
    found = understood(Counter(column), decimal)
    if found is None:
        return "?"
    read, wrong = applied(column, found, decimal)
    assert not wrong.any()
    return [None if np.isnan(x) else float(x) for x in read[: len(texts)]]


# --- words ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "lowest_first",
    [
        "Strongly disagree|Disagree|Neutral|Agree|Strongly agree",
        "Strongly disagree|Disagree|Undecided|Agree|Strongly agree",
        "STRONGLY DISAGREE|disagree |Neither agree nor disagree|Agree|strongly  agree",
        "Strongly Disagree|Disagree|Agree|Strongly Agree",
        "Strongly disagree|Disagree|Somewhat disagree|Neutral|Somewhat agree|Agree|Strongly agree",
        "Never|Rarely|Sometimes|Often|Always",
        "Never|Sometimes|Often|Always",
        "Poor|Fair|Good|Very good|Excellent",
        "Very poor|Poor|Fair|Good|Very good",
        "Very dissatisfied|Dissatisfied|Neutral|Satisfied|Very satisfied",
        "Extremely dissatisfied|Somewhat dissatisfied|Neither satisfied nor dissatisfied"
        "|Somewhat satisfied|Extremely satisfied",
        "Hated it|Didn’t like it|It was OK|Liked it|Loved it",
        "Did not like it|It was ok|Liked it|Really liked it|It was amazing",
        "Not at all important|Slightly important|Moderately important|Very important"
        "|Extremely important",
        "Not important|Somewhat important|Very important",
        "Very unlikely|Unlikely|Neutral|Likely|Very likely",
        "Definitely not|Probably not|Maybe|Probably|Definitely",
        "Not at all|A little|Somewhat|Very much",
        "Low|Medium|High",
        "SD|D|N|A|SA",
        "Insuffisant|Passable|Assez bien|Bien|Très bien",
        "Suspenso|Aprobado|Notable|Sobresaliente",
        "insufficiente|sufficiente|discreto|buono|distinto|ottimo",
        "No|Maybe|Yes",
        "🙁|😐|😀",
        "Stimme überhaupt nicht zu|Stimme nicht zu|Teils/teils|Stimme zu|Stimme voll zu",
        "Stimme ueberhaupt nicht zu|stimme eher nicht zu|stimme eher zu|stimme voll und ganz zu",
        "trifft nicht zu|trifft eher nicht zu|trifft eher zu|trifft zu",
        "nie|selten|manchmal|oft|immer",
        "sehr unzufrieden|unzufrieden|weder noch|zufrieden|sehr zufrieden",
        "mangelhaft|ausreichend|befriedigend|gut|sehr gut",
        "Pas du tout d’accord|Plutôt pas d’accord|Plutôt d’accord|Tout à fait d’accord",
        "jamais|rarement|parfois|souvent|toujours",
        "Très insatisfait|Insatisfait|Neutre|Satisfait|Très satisfait",
        "Totalmente en desacuerdo|En desacuerdo|Neutral|De acuerdo|Totalmente de acuerdo",
        "nunca|rara vez|a veces|a menudo|siempre",
        "Discordo totalmente|Discordo|Neutro|Concordo|Concordo totalmente",
        "péssimo|ruim|regular|bom|ótimo",
        "Per niente d’accordo|In disaccordo|Neutrale|D’accordo|Completamente d’accordo",
        "mai|raramente|a volte|spesso|sempre",
        "Helemaal mee oneens|Mee oneens|Neutraal|Mee eens|Helemaal mee eens",
        "nooit|zelden|soms|vaak|altijd",
    ],
)
def test_words_count_from_one_in_their_order(lowest_first):
    texts = lowest_first.split("|")
    assert meaning(texts[::-1]) == list(range(len(texts), 0, -1))
    found = understood(Counter(texts))
    assert found.words and found.remark and not found.unrated
    assert found.scale == Scale(1, len(texts), 1, [(n, t.strip()) for n, t in enumerate(texts, 1)])


@pytest.mark.parametrize(
    "no_yes",
    ["no yes", "No Yes", "nein ja", "non oui", "no sí", "não sim", "nee ja", "False True", "n y",
     "dislike like", "down up", "👎 👍", "👎🏽 👍🏽", "Disagree Agree", "Negative Positive",
     "bad good", "falsch wahr"],
)  # fmt: skip
def test_one_of_two_is_nought_or_one(no_yes):
    assert meaning(no_yes.split()) == [0, 1]
    assert understood(Counter(no_yes.split())).scale[:3] == (0, 1, 1)


def test_answers_nobody_gave_keep_their_places():
    assert meaning(["Agree", "Disagree", "Strongly agree"]) == [4, 2, 5]
    found = understood(Counter(["Agree", "Disagree", "Strongly agree"]))
    assert found.scale.words[0] == (1, "Strongly disagree") and found.scale.words[2][1] == "Neutral"
    assert meaning(["bon", "très bon"]) == [4, 5]


def test_a_middle_that_is_doubtful_is_one_only_where_there_is_no_other():
    assert meaning(["Agree", "Unsure", "Strongly disagree"]) == [4, 3, 1]
    assert meaning(["Agree", "Unsure", "Neutral", "Strongly disagree"]) == [4, None, 3, 1]
    assert meaning(["Yes", "No", "Don't know"]) == [1, 0, None]


def test_what_may_be_meant_either_way_is_said():
    assert "other way round" in understood(Counter(["easy", "hard", "medium"])).remark
    assert "same answer" in understood(Counter(["totally agree", "strongly agree", "agree"])).remark
    numbered = understood(Counter(["1 = Strongly agree", "2", "5 = Strongly disagree"]))
    assert "Higher numbers mean less" in numbered.remark


def test_words_of_the_ends_only():
    assert meaning(["3", "5 (loved it)", "1 (hated it)", "2"]) == [3, 5, 1, 2]
    assert meaning(["1 - hated it", "3", "5 - loved it"]) == [1, 3, 5]
    assert meaning(["Agree (4)", "Disagree (2)", "3"]) == [4, 2, 3]
    assert meaning(["Hated it", "2", "3", "4", "Loved it"]) == [1, 2, 3, 4, 5]
    assert meaning(["Strongly disagree", "2", "3", "4", "5", "6", "Strongly agree"]) == [
        1, 2, 3, 4, 5, 6, 7,
    ]  # fmt: skip
    assert meaning(["0 - not seen", "1", "5 - great"]) == [None, 1, 5]
    found = understood(Counter(["3", "5 (loved it)", "1 (hated it)"]))
    assert found.scale == Scale(1, 5, 1, [(1, "hated it"), (5, "loved it")])


def test_a_word_in_one_cell_of_numbers_is_a_remark_and_no_answer():
    numbers = {str(n): 9 for n in (1, 2, 3, 4, 5)}
    assert understood({**numbers, "good": 1}) is None
    assert understood({**numbers, "good": 3}) is None  # no end of a scale
    assert understood({**numbers, "Loved it": 1}) is None
    assert dict(understood({**numbers, "Loved it": 2}).pairs) == {"Loved it": 5}


@pytest.mark.parametrize(
    "texts",
    ["Anna|Bob|Cleo", "m|f", "12 Monkeys|8 Mile|21 Grams", "5-May|6-Jun", "3/5|12/5|25/12",
     "Drama|War|Comedy", "2023-01-05|2023-02-07", "10:30|11:15", "Berlin|Paris", "", "1|2.5|-3"],
)  # fmt: skip
def test_what_nobody_knows_and_plain_numbers_are_not_guessed_at(texts):
    assert understood(Counter(texts.split("|"))) is None


def test_a_typing_error_is_told_apart_from_answers():
    texts = Counter({"Agree": 9, "Disagree": 8, "Strongly agree": 4, "Agrree": 1})
    found = understood(texts)
    assert found.unknown == ("Agrree",)
    read, wrong = applied(pd.Series(["Agree", "Agrree", "disagree"]), found)
    assert wrong.tolist() == [False, True, False] and read[2] == 2
    assert understood(Counter({"Agree": 2, "Anna": 1, "Bob": 1})) is None


def test_the_data_hold_what_they_say():
    """A scale marked 5b has five answers; each answer means one thing in its set."""
    for family in answers.families():
        seen = [form for said_so in family.answers for form in said_so]
        assert len(seen) == len(set(seen)), family.called
        assert not any(answers.folded(form) != form for form in seen), family.called
    blocks = [
        answer_words.YES_NO, answer_words.AGREEMENT, answer_words.FREQUENCY, answer_words.QUALITY,
        answer_words.LIKING, answer_words.CHANCE, answer_words.DEGREE, answer_words.EITHER_WAY,
        *answer_words.BY_DEGREE,
    ]  # fmt: skip
    for part in "\n\n".join(block.strip() for block in blocks).split("\n\n"):
        marks = [mark for line in part.splitlines() for mark in line.partition(":")[0].split()]
        for mark, n in Counter(marks).items():
            assert int(mark[0]) == n, (mark, part)


def test_every_known_scale_is_read_in_its_order():
    for family, scale in SCALES:
        texts = [family.called[at] for at in scale]
        first = 0 if len(scale) == 2 else 1
        assert meaning(texts) == list(range(first, first + len(scale))), texts


# --- not rated ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        "Haven't seen it", "haven’t seen", "Not seen", "I have not seen this film", "unseen",
        "never heard of it", "Did not watch", "Don't know", "dont know", "N/A", "not applicable",
        "No opinion", "no answer",
        "Prefer not to say", "x", "X", "✗", "#DIV/0!", "#VALUE!", "#N/A", "…", "/",
        "Never tried it",
        "weiß nicht", "Weiss ich nicht", "kenne ich nicht", "nicht gesehen", "noch nicht gesehen",
        "Habe ich nicht gesehen", "keine Angabe", "k. A.", "k.A.", "keine Meinung", "nie gehört",
        "pas vu", "je ne l'ai pas vu", "jamais vu", "Ne sait pas", "je ne sais pas", "sans opinion",
        "no la he visto", "No sé", "NS/NC", "no visto", "No aplica", "sin opinión",
        "não vi", "Não sei", "não assisti", "não se aplica", "sem opinião",
        "non visto", "non l'ho visto", "mai visto", "Non so", "nessuna opinione",
        "niet gezien", "nog niet gezien", "weet niet", "weet ik niet", "geen mening", "n.v.t.",
    ],
)  # fmt: skip
def test_what_means_not_rated(text):
    assert means_unrated(text)
    if not is_blank(text):  # what is blank in every file needs no meaning
        assert meaning(["3", text, "5"]) == [3, None, 5]
    assert meaning([text, "★★★", "★★★★★"]) == [None, 3, 5]


@pytest.mark.parametrize(
    "text", ["seen it", "know it well", "not good", "I do not like it", "never", "no", "nie", "3",
             "Nothing Compares", "Noa", "sehr gut", "bad"]
)  # fmt: skip
def test_what_does_not(text):
    assert not means_unrated(text)


def test_a_tick_alone_is_a_mark_and_no_gap():
    assert meaning(["x"]) == [1] and "not how much" in understood({"x": 3}).remark
    assert meaning(["✓"]) == [1] and meaning(["x", "4"]) == [None, 4]


# --- ways to write numbers ------------------------------------------------------------------------


def fraction(x):
    whole = int(x)
    return f"{whole or ''}{'½' if x > whole else '' if whole else '0'}"


WORDS = ["zero", "one", "two", "three", "four", "five"]
NOTATIONS = {
    "{x} %": lambda x: f"{20 * x:g} %",
    "percent": lambda x: f"{20 * x:g} percent",
    "x/5": lambda x: f"{x:g}/5",
    "x / 5": lambda x: f"{x:g} / 5 ",
    "x,5 von 5": lambda x: f"{x:g} von 5".replace(".", ","),
    "x out of 5": lambda x: f"{x:g} out of 5 stars",
    "x sur 5": lambda x: f"{x:g} sur 5",
    "★☆": lambda x: "★" * int(x) + "½" * (x > int(x)) + "☆" * int(5 - x),
    "★": lambda x: "★" * int(x) + "½" * (x > int(x)) or "☆☆☆☆☆",
    "⭐": lambda x: "⭐️" * int(x) + "½" * (x > int(x)) or "☆☆☆☆☆",
    "*": lambda x: "*" * int(x) + "½" * (x > int(x)) or "☆☆☆☆☆",
    "stars": lambda x: f"{x:g} star{'s' if x != 1 else ''}",
    "Sterne": lambda x: f"{x:g} Sterne".replace(".", ","),
    "x½": lambda x: fraction(x) + " stars",
    "words": lambda x: WORDS[int(x)] + " and a half" * (x > int(x)) + " stars",
    "x★": lambda x: f"{x:g}★",
}
# Fifty pairs at most, in halves or in whole steps.
halves = st.lists(st.integers(0, 10).map(lambda n: n / 2), min_size=1, max_size=50)
whole = st.lists(st.integers(0, 5).map(float), min_size=1, max_size=50)


@settings(max_examples=200)
@given(
    ratings=st.one_of(halves, whole),
    name=st.sampled_from(sorted(NOTATIONS)),
    gaps=st.lists(st.sampled_from(["", "not seen", "x"]), max_size=4),
    shuffled=st.randoms(use_true_random=False),
)
def test_ratings_written_in_any_notation_come_back(ratings, name, gaps, shuffled):
    cells = [*((NOTATIONS[name](x), x) for x in ratings), *((gap, NAN) for gap in gaps)]
    shuffled.shuffle(cells)
    column = pd.Series([text for text, _ in cells], dtype=object)
    found = understood(Counter(column), ".")
    read, wrong = applied(column, found, ".")
    size = 20 if "%" in name or name == "percent" else 1
    np.testing.assert_array_equal(read, [size * x for _, x in cells])
    assert not wrong.any() and not found.words
    scale = scale_of(found, read[np.isfinite(read)])
    assert scale.contains(read[np.isfinite(read)]).all() and scale.high == 5 * size


@settings(max_examples=100)
@given(data=st.data())
def test_answers_that_the_sample_did_not_show_are_read(data):
    family, scale = data.draw(st.sampled_from([pair for pair in SCALES if len(pair[1]) > 4]))
    texts = [family.called[at] for at in scale]
    rows = [
        *data.draw(st.lists(st.sampled_from(range(len(scale))), max_size=40)),
        *range(len(scale)),
    ]
    column = pd.Series([texts[row].upper() for row in rows], dtype=object)
    settled = understood(Counter(texts))
    missing = data.draw(st.sampled_from(texts))
    sample = Answers(tuple(pair for pair in settled.pairs if pair[0] != missing), words=True)
    read, wrong = applied(column, sample)
    assert not wrong.any() and read.tolist() == [row + 1 for row in rows]


@settings(max_examples=100)
@given(st.lists(st.integers(0, 10**7), min_size=2, max_size=40))
def test_counts_with_points_between_thousands_come_back(counts):
    counts = [*counts, 17, 3000]
    column = pd.Series([f"{n:,}".replace(",", ".") for n in counts], dtype=object)
    read, wrong = applied(column, understood(Counter(column), "."), ".")
    assert not wrong.any() and read.tolist() == counts
    assert [number(text, ",") for text in column] == counts


@pytest.mark.parametrize(
    "texts", ["1.204|17.5|3", "1.204|2.500|3.000", "0.500|17|1.200", "1.204|1700|3.000", "1.25|3",
              "1.204|17|2.385"]
)  # fmt: skip
def test_decimals_are_no_thousands(texts):
    assert not answers.points_group_thousands(texts.split("|"))
    assert understood(Counter(texts.split("|"))) is None


def test_several_denominators_are_brought_to_one():
    assert meaning(["3/5", "7/10", "5/5"]) == [6, 7, 10]
    assert "brought to 10" in understood(Counter(["3/5", "7/10"])).remark


# --- grades ---------------------------------------------------------------------------------------


def test_grades():
    assert meaning(list("ABCDF")) == [4, 3, 2, 1, 0]
    assert meaning(["A+", "A", "A-", "B+", "C −", "f"]) == [4.3, 4, 3.7, 3.3, 1.7, 0]
    assert meaning(list("ABCDEF")) == [5, 4, 3, 2, 1, 0]
    assert meaning(["S", "A", "B", "F"]) == [5, 4, 3, 0]
    assert meaning(["A*", "A", "U"]) == [6, 5, 0]
    scale = understood(Counter(["A+", "B", "C"])).scale
    assert scale.possible(12) == [0, 1, 2, 3, 4, 4.3] and scale.word(4.3) == "A+"


# --- what a person says ---------------------------------------------------------------------------


def test_a_person_says_what_words_mean():
    column = pd.Series(["mjam", "bäh", "naja", "nix", "Mjam ", "3"], dtype=object)
    assert understood(Counter(column)) is None
    given_so = said([("mjam", 5), ("bäh", 1), ("nix", NAN), ("naja", 2.5)], Counter(column))
    read, wrong = applied(column, given_so)
    np.testing.assert_array_equal(read, [5, 1, 2.5, NAN, 5, 3])
    assert not wrong.any()
    assert given_so.scale == Scale(1, 5, None, [(1, "bäh"), (2.5, "naja"), (5, "mjam")])
    # What is understood already may be changed: a middle that is none, another order.
    column = pd.Series(["Agree", "Neutral", "Disagree"], dtype=object)
    changed = said([("Neutral", NAN), ("agree", 1), ("disagree", -1)], Counter(column))
    read, _ = applied(column, changed)
    np.testing.assert_array_equal(read, [1, NAN, -1])


# --- numbers that mean “not rated” ----------------------------------------------------------------


@pytest.mark.parametrize(
    ("ratings", "unrated"),
    [
        ([1, 2, 5, -99, 3], (-99,)),
        ([1, 2, 5, 999, 3], (999,)),
        ([0, 50, 100, 999], (999,)),
        ([97, 98, 99, 1, 2, 3], (97, 98, 99)),
        ([-9, -8, 1, 2, 5], (-9, -8)),
        ([-9.5, 3.2, 10, -99], (-99,)),
        ([95, 99, 80, 70], ()),
        ([0, 20, 60, 99], ()),
        ([1, 2, 3, 4, 5, 9], ()),  # 1–10 may be
        ([1, 2, 3, 4, 5] * 5 + [9], (9,)),
        ([9] * 6 + [1, 2, 5], (9,)),
        ([*range(1, 11)] * 3, ()),
        ([-1, 1, -1], ()),
        ([-2, -1, 0, 1, 2], ()),
        ([-1, 0, 1], ()),
        ([-1, 2, 3, 5], (-1,)),
        ([-5, 0, 5, -1], ()),
        ([99], ()),
    ],
)
def test_which_numbers_mean_not_rated(ratings, unrated):
    found = values.unrated_values(values.times_of(np.array(ratings, float)), ("x",))
    assert found == (*unrated, "x") and all(type(x) in (float, str) for x in found)
    assert not values.are_counts(values.times_of(np.array(ratings * 9, float)), False)


def test_counts():
    counts = values.times_of(np.array([1, 1, 1, 2, 3, 1, 99, 2, 1, 240], float))
    assert values.are_counts(counts, True)
    assert values.unrated_values(counts, counts=True) == ()


@pytest.mark.parametrize("n", [7, 40, 1000])
def test_a_scale_is_found_with_its_code(n):
    generator = np.random.default_rng(n)
    for code, (low, high) in itertools.product([99, -99, 999], [(1, 5), (0, 10), (-3, 3)]):
        ratings = np.concatenate([generator.integers(low, high + 1, n), [low, high, code, code]])
        found = values.unrated_values(values.times_of(ratings))
        assert found[:1] == (code,) or code in found


# --- several columns, and anything at all ---------------------------------------------------------


def test_columns_of_another_scale_are_told_apart():
    agreement = [Counter(["Agree", "Neutral"]), Counter(["Disagree", "Strongly agree", "Agree"])]
    columns = [agreement[0], Counter(["Yes", "No"]), agreement[1], Counter(["Anna", "Bob"])]
    found, others = answers.of_columns(columns)
    assert others == (1, 3)
    assert dict(found.pairs) == {"Disagree": 2, "Neutral": 3, "Agree": 4, "Strongly agree": 5}
    assert answers.of_columns(agreement)[1] == ()
    numbers = Counter(["1", "5", "3"])
    found, others = answers.of_columns([numbers, Counter(["2", "Not seen"]), Counter(["m", "f"])])
    assert found.unrated == ("Not seen",) and others == (2,)
    assert answers.of_columns([numbers, numbers]) == (None, ())


anything = st.one_of(
    st.text(max_size=12),
    st.text("0123456789 .,/½★☆*%-+()=", max_size=8),
    st.sampled_from(
        ["Agree", "no", "Not seen", "x", "4 stars", "3/5", "A+", "5 (top)", "weiß nicht"]
    ),
)


@settings(max_examples=300)
@given(st.lists(anything, max_size=9), st.sampled_from([".", ","]))
def test_any_texts_give_answers_or_none(texts, decimal):
    column = pd.Series(texts, dtype=object)
    found = understood(Counter(texts), decimal)
    if found is None:
        return
    read, wrong = applied(column, found, decimal)
    assert len(read) == len(wrong) == len(texts) and not np.isinf(read).any()
    assert all(np.isfinite(x) for _, x in found.pairs)
    assert [x for _, x in found.pairs] == sorted(x for _, x in found.pairs)
    assert not set(found.unrated) & {text for text, _ in found.pairs}
    of_text = dict(found.pairs)
    for text, value, is_wrong in zip(texts, read, wrong, strict=True):
        assert is_wrong == (text in found.unknown and np.isnan(value))
        if text in of_text:
            assert value == of_text[text]
    if found.scale is not None and found.pairs:
        assert found.scale.contains(np.array([x for _, x in found.pairs])).all()


def test_long_texts_take_no_time():
    hostile = [f"{'l ho ' * 500}{n}" for n in range(50)] + [("not " * 40)[:199], "3/" * 99]
    assert understood(Counter(hostile)) is None
    assert not any(means_unrated(text) for text in hostile)
