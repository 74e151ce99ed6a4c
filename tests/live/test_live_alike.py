"""Python and the browser's scripts say the same: numbers, sentences, lines, and which epoch.

The page says it first, the browser whenever something moves; whoever reads must not see the
difference. The same thousands of cases are put to both.
"""

from __future__ import annotations

import math
import random

import msgspec
import pytest

from recsys_core import words
from recsys_core.live import commentary, status_lines
from recsys_core.live.messages import Baseline, Said, Sentence
from recsys_core.live.status_lines import Standing
from recsys_core.runs import SPEEDS, playback
from recsys_core.text import Text
from tests.histories import History, random_history
from tests.node import Tab, needs_node

pytestmark = needs_node


@pytest.fixture(scope="module")
def tab():
    tab = Tab()
    yield tab
    tab.close()


def alike(cases, ours, theirs):
    """Every case in both languages; the first ones that differ are shown."""
    assert len(cases) == len(ours) == len(theirs)
    differing = [each for each in zip(cases, ours, theirs, strict=True) if each[1] != each[2]]
    assert not differing, f"{len(differing)} of {len(cases)}: {differing[:5]}"


def as_json(value):
    """What the browser reads of it."""
    return msgspec.json.decode(msgspec.json.encode(value))


# --- numbers --------------------------------------------------------------------------------------


def some_numbers():
    """Ordinary ones of all sizes, halves that can be rounded either way, and what lies next to
    where the wording changes.
    """
    chance = random.Random(0)
    found = [math.nan, math.inf, -math.inf, 0.0, -0.0, 5e-324, 1e-300, 1e21, 1.5e25, 1e300]
    for _ in range(4000):
        value = chance.uniform(1, 10) * 10 ** chance.uniform(-9, 18)
        found += [value, status_lines.short(value), round(value, 3)]
        found.append(chance.randint(-(10**6), 10**6) / chance.choice([2, 4, 8, 16, 20, 2000]))
    for power in range(-6, 8):
        for digits in (1, 9.94, 9.95, 9.99, 9.994, 9.995, 9.996, 9.9949999, 9.99999):
            edge = digits * 10.0**power
            found += [edge, math.nextafter(edge, 0), math.nextafter(edge, math.inf)]
    return found + [-value for value in found]


def test_numbers_have_the_same_digits(tab):
    numbers = some_numbers()
    theirs = tab.map("number_format.js", "number", [[value] for value in numbers])
    alike(numbers, [words.number(value) for value in numbers], theirs)


def test_errors_have_the_same_digits(tab):
    numbers = [value for value in some_numbers() if str(value) != "-0.0"]  # no error is ever −0
    theirs = tab.map("number_format.js", "error", [[value] for value in numbers])
    alike(numbers, [words.error(value) for value in numbers], theirs)


def test_given_ratings_have_the_same_digits(tab):
    numbers = [4.5, 3.0, -3.4, -10.0, 0.0, 0.147, 1234.0, -0.000591, 100.0, 99.95, 7.25]
    theirs = tab.map("number_format.js", "given", [[value] for value in numbers])
    alike(numbers, [words.given(value) for value in numbers], theirs)


@pytest.mark.parametrize("decimals", [0, 1, 2, 4])
def test_decimals_are_rounded_alike(tab, decimals):
    # No error and no duration is ever −0.
    numbers = [v for v in some_numbers() if math.isfinite(v) and str(v) != "-0.0"]
    theirs = tab.map("number_format.js", "fixed", [[value, decimals] for value in numbers])
    alike(numbers, [f"{value:.{decimals}f}" for value in numbers], theirs)


def test_durations_are_as_coarse(tab):
    numbers = [abs(value) for value in some_numbers()]
    numbers += [value + edge for value in (0.0, 0.05, -0.05, 1e-9, -1e-9)
                for edge in (9.95, 10.0, 99.5, 100.0, 5400.0, 90.0, 150.0)]  # fmt: skip
    theirs = tab.map("number_format.js", "duration", [[value] for value in numbers])
    alike(numbers, [words.duration(value) for value in numbers], theirs)


def test_thousands_are_separated_alike(tab):
    numbers = [0, 7, -7, 999, 1000, -1000, -999999, 1234567, 10**15]
    theirs = tab.map("number_format.js", "grouped", [[value] for value in numbers])
    alike(numbers, [f"{value:,}" for value in numbers], theirs)


# --- sentences ------------------------------------------------------------------------------------


def random_text(chance, depth=0):
    n = chance.choice([0, 1, 2, 999, 1000, 12_345_678])
    values = {
        "n": n,
        "name": chance.choice(
            ["", "x", "{n}", "{evil} {0}", "$& $1 $$", "Amélie “2”\u00a0%", "\\"]
        ),
        "inner": random_text(chance, depth + 1) if depth < 3 else "deep",
    }
    parts = ["{n} of", "{n:,} of", "{name}", "{inner}", "{name}{name}", "nothing", "100\u00a0%"]
    pick = lambda: " ".join(chance.choices(parts, k=4))  # noqa: E731
    return Text(pick(), pick(), **values) if chance.random() < 0.5 else Text(pick(), **values)


def test_sentences_are_put_together_alike(tab):
    chance = random.Random(1)
    texts = [random_text(chance) for _ in range(2000)]
    theirs = tab.map("sentences.js", "sentence", [[as_json(Sentence.of(text))] for text in texts])
    alike(texts, [str(text) for text in texts], theirs)


def test_the_constants_of_the_scripts_are_those_of_the_messages(tab):
    said = tab.map("sentences.js", "sentence", [[tab.constants()["TEXTS"][name]] for name in
                                            ("beginning", "paused", "rewinding")])  # fmt: skip
    ours = (commentary.BEGINNING, commentary.PAUSED, commentary.REWINDING)
    assert said == [str(text) for text in ours]


# --- moments --------------------------------------------------------------------------------------

EPOCHS = range(5)


def test_a_moment_means_the_same_epoch(tab):
    cases = [
        (moment, trained, finished, best)
        for moment in (None, "best", "latest", *range(7))
        for trained in EPOCHS
        for finished in (True, False)
        for best in (None, *range(trained + 1))
    ]
    theirs = tab.map("playback.js", "resolve", cases)
    alike(cases, [playback.resolve(*case) for case in cases], theirs)
    assert all(0 <= epoch <= case[1] for case, epoch in zip(cases, theirs, strict=True))


def test_playback_is_at_the_same_place(tab):
    chance = random.Random(2)
    cases = [
        (chance.randint(0, 60), chance.choice([-1.0, 0.0, chance.uniform(0, 20)]),
         chance.choice([*SPEEDS, 2.5, 1000.0]), chance.randint(0, 90))
        for _ in range(3000)
    ]  # fmt: skip
    ours = [playback.played(*case) for case in cases]
    alike(cases, ours, tab.map("playback.js", "played", cases))
    for (start, seconds, speed, trained), at in zip(cases, ours, strict=True):
        assert at <= max(trained, start), "never beyond what is trained"
        if speed != "max" and at < max(trained, start):
            assert at == pytest.approx(start + max(seconds, 0) * speed)


def test_playback_ends_at_the_same_time(tab):
    cases = [(at / 2, trained, over) for at in range(9) for trained in EPOCHS for over in (0, 1)]
    cases = [(at, trained, bool(over)) for at, trained, over in cases]
    alike(cases, [playback.ended(*case) for case in cases], tab.map("playback.js", "ended", cases))


# --- lines ----------------------------------------------------------------------------------------


def random_standing(chance):
    planned = chance.choice([0, 1, 5, 60, 1500, 20_000])
    trained = chance.choice([0, planned, chance.randint(0, planned)])
    shown = chance.choice([0, trained, chance.randint(0, trained)])
    validated = chance.random() < 0.6
    best = chance.choice([shown, chance.randint(0, trained)]) if validated else None
    rated = validated or chance.random() < 0.7
    error = lambda: status_lines.short(10 ** chance.uniform(-6, 3))  # noqa: E731
    return Standing(
        shown=shown,
        trained=trained,
        planned=planned,
        status=chance.choice(["paused", "training", "finished", "failed"]),
        best=best,
        single=chance.random() < 0.1,
        early=chance.random() < 0.3,
        rewinding=chance.random() < 0.1,
        playing=chance.random() < 0.5,
        speed=chance.choice([*SPEEDS, 0.3]),
        seconds=chance.choice([None, 0.0, 10 ** chance.uniform(-4, 3)]),
        train=error() if rated else None,
        validation=error() if validated else None,
        loss=status_lines.short(chance.uniform(-1, 1) * 10 ** chance.uniform(-6, 12)),
    )


def some_standings():
    chance = random.Random(4)
    return [random_standing(chance) for _ in range(4000)]


@pytest.mark.parametrize("line", ["progress", "errors"])
def test_lines_say_the_same_wherever_a_run_is(tab, line):
    standings = some_standings()
    ours = [getattr(status_lines, line)(at) for at in standings]
    alike(standings, ours, tab.map("status_lines.js", line, [[at._asdict()] for at in standings]))
    assert len({text.split("·")[-1] for text in ours}) > 6, "all of its forms were met"


def test_quality_is_told_beside_the_same_baseline(tab):
    chance = random.Random(5)
    cases = []
    for at in some_standings():
        errors = [chance.choice([None, 10 ** chance.uniform(-6, 3)]) for _ in range(4)]
        known = [Baseline("Global mean", *errors[:2]), Baseline("User + item bias", *errors[2:])]
        cases.append((at, chance.choice([[], known[:1], known])))
    ours = [status_lines.quality(*case) for case in cases]
    sent = [(at._asdict(), as_json(known)) for at, known in cases]
    alike(cases, ours, tab.map("status_lines.js", "quality", sent))
    assert sum("bias" in text for text in ours) > 500


# --- the teacher's sentence -----------------------------------------------------------------------


def told(run: History) -> dict:
    """What the browser is sent of what is said of a run."""
    after = commentary.after(run)
    return {
        "message": as_json(Sentence.of(run.message)) if run.message else None,
        "before": as_json(Sentence.of(commentary.before(run))),
        "said": as_json([Said(e, Sentence.of(text)) for e, text in commentary.changes(run, 0)]),
        "after": None if after is None else as_json(Sentence.of(after)),
    }


def test_the_teacher_says_the_same_of_every_epoch(tab):
    chance, constants = random.Random(6), tab.constants()["TEXTS"]
    cases, ours, sent = [], [], []
    for _ in range(400):
        run = random_history(chance)
        texts = told(run) | {"words": constants}
        for epoch in {0, run.epoch, run.epoch_at("best"), chance.randint(0, run.epoch)}:
            for playing in (False, True):
                at = status_lines.Standing(
                    epoch, run.epoch, run.n_epochs, run.status, run.best_epoch,
                    not run.model.has_epochs, run.stopped_early, run.rewinding, playing,
                )  # fmt: skip
                cases.append((vars(run), epoch, playing))
                ours.append(str(commentary.sentence(run, epoch, playing)))
                sent.append([at._asdict(), texts])
    alike(cases, ours, tab.map("status_lines.js", "narrated", sent))
    begins = {text[:18] for text in ours}
    assert len(begins) > 20, "all of its forms were met"
