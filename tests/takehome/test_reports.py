"""Reports: every number is a finding, words are plain, and what people brought stays text."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import numpy as np
import pandas as pd
import pytest

import recsys_core as rc
from recsys_core.experiments import Record
from recsys_core.takehome import findings, manager, report
from recsys_core.takehome.findings import Findings
from recsys_core.takehome.markup import Page

# Elements that never hold others.
_VOID = {"meta", "br"}

# What a manager need not know.
FORBIDDEN = (
    "rmse mae mape ndcg recall precision factor factors latent regularisation regularization "
    "epoch epochs bias biases baseline baselines matrix algorithm training validation split seed "
    "hyperparameter vector gradient posterior calibration interval coverage sgd als pmf knn model "
    "mean standard deviation percentile quantile metric rank ranking cold implicit"
).split()


class Read(HTMLParser):
    """What an HTML file shows: pieces of text, each with the element and attributes around it."""

    def __init__(self, made: bytes) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[tuple[str, dict[str, str | None]]] = []
        self.pieces: list[tuple[str, list[tuple[str, dict[str, str | None]]]]] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.feed(made.decode())
        assert not self.open, self.open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in _VOID:
            self.open.append((tag, dict(attrs)))

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop()[0] == tag

    def handle_data(self, data: str) -> None:
        self.pieces.append((data, list(self.open)))

    def within(self, *tags: str) -> list[str]:
        return [text for text, around in self.pieces if any(t in tags for t, _ in around)]

    def text(self, without: tuple[str, ...] = ("style", "title", "head")) -> str:
        """All that is seen, without what is within some elements."""
        seen = [x for x, around in self.pieces if not any(t in without for t, _ in around)]
        return " ".join("".join(seen).split())


def trained(model: rc.Model, split: str | dict = "random", ratings: rc.Ratings | None = None):
    if ratings is None:
        ratings = rc.datasets.low_rank(80, 60, n_factors=2, density=0.6, noise=0.5, seed=1)
    return rc.run(rc.Experiment(ratings, split, model))


RUNS: dict[str, tuple[rc.Model, str | dict]] = {
    "factors": (rc.SGD(n_factors=2, n_epochs=15), "random"),
    "no test part": (rc.SGD(n_factors=2, n_epochs=15), {"name": "random", "test": 0}),
    "nothing held out": (rc.ALS(n_factors=2, n_epochs=3), "whole"),
    "no epochs": (rc.ItemKNN(), "random"),
    "preferences": (rc.ImplicitALS(n_factors=2, n_epochs=3), "random"),
    "intervals": (rc.BayesianPMF(n_factors=2, n_epochs=20), "random"),
    "a baseline": (rc.GlobalMean(), "random"),
}


@pytest.fixture(scope="module")
def found() -> dict[str, Findings]:
    return {name: findings.find(trained(*run)) for name, run in RUNS.items()}


@pytest.fixture(scope="module")
def record() -> Record:
    return trained(*RUNS["factors"])


def both(one: Findings) -> list[bytes]:
    return [report.write(one), manager.write(one)]


# --- findings -------------------------------------------------------------------------------------


def test_errors_are_those_of_the_test_part(record):
    found, test, train = findings.find(record), record.split.test, record.split.train
    predicted = record.fitted.predict(test.user_ids, test.item_ids)
    assert found.part == "test" and found.judged.value == len(test)
    assert found.run.rmse.value == pytest.approx(rc.metrics.rmse(test.values, predicted))
    off = np.abs(test.values - predicted.astype(float))
    assert found.run.mae.value == pytest.approx(off.mean())
    assert found.run.near.value == pytest.approx((off <= 1).mean())
    by_item = pd.Series(train.values.astype(float)).groupby(train.item_ids).mean()
    guess = by_item.reindex(test.item_ids).fillna(train.global_mean).to_numpy()
    average = next(rule for rule in found.rules if "average" in rule.name and "item" in rule.name)
    assert average.mae.value == pytest.approx(np.abs(test.values - guess).mean(), rel=1e-5)
    assert average.gain.value.value == pytest.approx(average.mae.value - off.mean(), rel=1e-5)


def test_an_interval_of_a_gain_is_as_wide_as_resampling_users_makes_it(record):
    found, test, train = findings.find(record), record.split.test, record.split.train
    gain = next(rule for rule in found.rules if rule.mae.name == "mae.global_mean").gain
    predicted = record.fitted.predict(test.user_ids, test.item_ids).astype(float)
    d = np.abs(test.values - train.global_mean) - np.abs(test.values - predicted)
    frame = pd.DataFrame({"user": test.user_ids, "d": d})
    sums = frame.groupby("user")["d"].agg(["sum", "count"]).to_numpy()
    random = np.random.default_rng(0)
    means = [
        (drawn := sums[random.integers(len(sums), size=len(sums))])[:, 0].sum() / drawn[:, 1].sum()
        for _ in range(2000)
    ]
    width = gain.high.value - gain.low.value
    assert width == pytest.approx(2 * 1.96 * np.std(means), rel=0.1)


def test_groups_are_all_who_have_held_out_ratings(found):
    groups = found["factors"].by_ratings
    assert sum(group.n_ratings.value for group in groups) == found["factors"].judged.value
    highs = [group.high.value for group in groups]
    assert all(
        low < group.low.value for low, group in zip(highs, groups[1:], strict=False)
    ) and highs == sorted(highs)
    weighted = sum(g.mae.value * g.n_ratings.value for g in groups) / found["factors"].judged.value
    assert weighted == pytest.approx(found["factors"].run.mae.value)


def test_lists_of_the_most_popular_are_counted_as_popular():
    ratings = rc.datasets.low_rank(60, 40, n_factors=2, density=0.5, seed=1)
    found = findings.find(trained(rc.MostPopular(), ratings=ratings))
    assert found.risks["popular_places"].value > found.risks["popular_ratings"].value
    assert found.run.found.value == next(r for r in found.rules).found.value


def test_the_test_part_can_be_kept_back(record):
    kept = findings.find(record, test=False)
    assert kept.part == "validation"
    for made in both(kept):
        assert "test part has seen" not in made.decode()
    assert kept.run.rmse.value == pytest.approx(record.scores["validation_rmse"], rel=1e-5)


# --- numbers --------------------------------------------------------------------------------------


def assert_written(text: str, value: float) -> None:
    """Hold digits to their value: a share as “7 in 10” or “71 %”, all else as it is written."""
    digits = re.search(r"−?[\d,]+(\.\d+)?(e-\d+)?", text)
    if digits is None or text.startswith(("fewer than", "more than")):
        return  # in words, which have their own test
    written = digits[0].replace(",", "").replace("−", "-")
    of = 100 if "%" in text or " in 100" in text else 10 if " in 10" in text else 1
    decimals = len(written.partition(".")[2].partition("e")[0])
    near = max(0.5 * 10**-decimals, 5e-3 * abs(value * of) if "." in written else 0)
    assert float(written) == pytest.approx(value * of, abs=near * 1.001), text


@pytest.mark.parametrize("name", RUNS)
def test_every_number_of_a_report_is_a_finding(name, found):
    one = found[name]
    for made in both(one):
        read = Read(made)
        n_told = 0
        for text, around in read.pieces:
            tags = [tag for tag, _ in around]
            quoted = any("data-quoted" in attributes for _, attributes in around)
            axes = "svg" in tags
            if quoted or axes or {"style", "title", "bdi", "sup"} & set(tags):
                continue
            told = next((a for tag, a in around if tag == "data"), None)
            if told is not None:
                n_told += 1
                fact = one.facts[told["data-fact"]]
                assert float(told["value"]) == fact.value or np.isnan(fact.value)
                assert fact.source in one.sources
                assert_written(text, fact.value)
                continue
            source = "sources" in [a.get("class") for _, a in around]
            heads = re.sub(r"@10|95 %", "", text)
            assert source or not re.search(r"\d", heads), (text, tags)
        assert n_told >= 10


def test_a_number_without_a_source_is_refused(found):
    one = found["factors"]
    page = Page(one, {})
    from recsys_core.takehome.markup import Told

    with pytest.raises(KeyError):
        page.say(Told(one.facts["mae.run"], "0.7"))


def test_training_error_is_no_result(found):
    one = found["nothing held out"]
    assert one.part is None and one.run.mae is None
    technical, plain = both(one)
    assert "This is no result" in Read(technical).text()
    assert "Nobody knows yet how good it is" in Read(plain).text()
    assert f"{one.train_rmse.value:.4f}" not in plain.decode()


# --- words ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", RUNS)
def test_a_manager_meets_no_jargon(name, found):
    said = Read(manager.write(found[name])).text(("style", "title", "head", "bdi")).lower()
    met = set(re.findall(r"[a-zλ]+", said)) & set(FORBIDDEN)
    assert not met, met
    assert "nan" not in re.findall(r"\w+", said)


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (0.01, "less than a tenth of a star"),
        (0.49, "half a star"),
        (0.73, "three quarters of a star"),
        (0.9, "nine tenths of a star"),
        (1.04, "one star"),
        (1.3, "one and a quarter stars"),
        (2.49, "two and a half stars"),
        (9.99, "ten stars"),
        (12.4, "12 stars"),
    ],
)
def test_amounts_in_words(value, words):
    assert manager.amount(value, "star") == words


@pytest.mark.parametrize(
    ("share", "words"),
    [(0, "none"), (0.004, "fewer than 1 in 100"), (0.03, "3 in 100"), (0.72, "7 in 10"),
     (0.96, "96 in 100"), (0.999, "more than 99 in 100"), (1, "all")],
)  # fmt: skip
def test_shares_in_words(share, words):
    assert manager.in_ten(share) == words


def test_what_is_no_better_is_not_recommended(found):
    said = Read(manager.write(found["a baseline"])).text()
    assert "Do not use it as it is" in said and "Try it with some people" not in said


# --- text that people brought ---------------------------------------------------------------------

HOSTILE = (
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "=cmd|' /C calc'!A0",
    "\u202eevil\u202c שלום",
    "W" * 5000,
    "{n} {0.__class__} %s",
    "a\nb\x00c",
)


def hostile() -> rc.Ratings:
    random = np.random.default_rng(0)
    users = [f"{HOSTILE[n % len(HOSTILE)]} {n}" for n in range(40)]
    items = [f"{HOSTILE[n % len(HOSTILE)]} {n}" for n in range(30)]
    rows = [
        (user, item, int(random.integers(1, 6)))
        for user in users for item in items if random.random() < 0.6
    ]  # fmt: skip
    return rc.Ratings.from_frame(
        pd.DataFrame(rows, columns=["user", "item", "rating"]), name=HOSTILE[0] + HOSTILE[1]
    )


def test_names_are_text_whatever_they_are():
    one = findings.find(trained(rc.ItemKNN(), ratings=hostile()))
    for made in both(one):
        read = Read(made)
        assert not {tag for tag, _ in read.tags} & {"script", "img", "iframe", "link", "object"}
        assert not [a for _, a in read.tags if any(name.startswith("on") for name in a)]
        assert not re.search(r"(https?:)?//", "".join(str(a) for _, a in read.tags))
        names = "".join(read.within("bdi"))
        assert "<script>alert(1)</script>" in names or "onerror" in names or "=cmd" in names
        assert "\u202e" not in made.decode() and "W" * 70 not in made.decode()
        assert len(made) < 200_000
