"""Findings: what a report says of a run, as plain data; every number with where it is from."""

from __future__ import annotations

import inspect
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from recsys_core import metrics, words
from recsys_core.asking import attribution
from recsys_core.asking.coverage import coverage
from recsys_core.experiments import Record
from recsys_core.experiments.defaults import looks_like_counts
from recsys_core.experiments.experiment import model_class
from recsys_core.experiments.scores import PLACES, Score, loses_to_popular, scores
from recsys_core.models import FittedModel, seen_as
from recsys_core.models.base import described
from recsys_core.models.posterior import Posterior
from recsys_core.ordering import lists
from recsys_core.ratings import Ratings, Scale
from recsys_core.runs.baselines import Baselines
from recsys_core.text import Text, later, worded
from recsys_core.training import Epoch

# Lists of more cells than this take too long to wait for: so many users are drawn.
_MOST_CELLS, _DRAWN_USERS = 20_000_000, 2000

# Groups of fewer held-out ratings, or lists, than this say nothing.
_ENOUGH = 30

# Fewer training ratings than this tell little about a user or an item.
FEW = 5

# Items are called popular if they are among this share of those rated most.
POPULAR = 0.1

# What intervals are asked to hold.
_PROMISED = 0.9

# Standard errors in half an interval of 95 %.
_STANDARD_ERRORS = 1.96

_RECOMMENDED, _REASONS = 3, 2

Part = Literal["test", "validation"]
_PARTS: dict[str | None, str] = {"test": later("test"), "validation": later("validation")}

# The baselines of ratings and that of lists, in the order they are fitted in, within a sentence.
_RULES = (later("global mean"), later("user + item bias"), later("most popular"))


@dataclass(frozen=True)
class Fact:
    """A number, its name, and the key of its source in ``Findings.sources``."""

    name: str
    value: float
    source: str


@dataclass(frozen=True)
class Gain:
    """By how much a model is better than a simple rule, with an interval of 95 %.

    Of errors how much smaller they are in rating units, of lists how many more users find something
    (a share). Users are the sample: all ratings of one count as one observation, so that many of
    one person do not look like evidence of many.
    """

    value: Fact
    low: Fact
    high: Fact

    @property
    def is_clear(self) -> bool:
        """Whether it is better, and not by chance alone."""
        return self.low.value > 0


@dataclass(frozen=True)
class Measured:
    """A model, or a simple rule, on the part it is judged by; None what it has not.

    ``rmse``, ``mae``: of clipped predictions, in rating units. ``near``: share of predictions off
    by no more than ``Findings.near``. ``ndcg``, ``recall``: of lists of ten. ``found``: share of
    users with something they liked in their list. ``gain``: how much the run is better than it.
    """

    name: str
    is_run: bool
    rmse: Fact | None = None
    mae: Fact | None = None
    near: Fact | None = None
    ndcg: Fact | None = None
    recall: Fact | None = None
    found: Fact | None = None
    gain: Gain | None = None


@dataclass(frozen=True)
class Group:
    """Some users, or items, and how good the run is for them.

    ``low`` and ``high`` are the least and the most of what they are grouped by; ``n`` how many they
    are, ``n_ratings`` how many held-out ratings are theirs. ``mae``, ``rmse`` and ``simple``, the
    MAE of the best simple rule, are None where there are too few ratings or none are predicted;
    ``found`` and ``popular`` are shares of lists as in ``Measured``, of the run and of the most
    popular items. ``gain`` is over the simple rule, or without ratings over the most popular.
    ``places``: of items, their share of all recommended places.
    """

    low: Fact
    high: Fact
    n: Fact
    n_ratings: Fact
    mae: Fact | None = None
    rmse: Fact | None = None
    simple: Fact | None = None
    found: Fact | None = None
    popular: Fact | None = None
    gain: Gain | None = None
    places: Fact | None = None


@dataclass(frozen=True)
class Recommended:
    """An item recommended to somebody: what is predicted, and the own ratings that speak for it."""

    item: str
    score: Fact
    interval: tuple[Fact, Fact] | None
    reasons: tuple[tuple[str, Fact], ...]


@dataclass(frozen=True)
class Example:
    """A user, how many ratings of theirs were learned from, and what is recommended to them."""

    user: str
    n_ratings: Fact
    recommended: tuple[Recommended, ...]


@dataclass(frozen=True)
class Miss:
    """The held-out rating that was guessed worst."""

    user: str
    item: str
    predicted: Fact
    given: Fact


@dataclass(frozen=True)
class Calibrated:
    """Predictions near one value, and what was given: mean of both, and how many ratings."""

    predicted: Fact
    given: Fact
    n: Fact


@dataclass(frozen=True)
class Findings:
    """What a report says of a run.

    Attributes
    ----------
    facts : every number in it, by name; sources : by key, a sentence on where numbers are from.
    name : of the run, “SGD, k = 10”; title, summary, formula : of its model.
    data, item_noun, unit : the ratings, what their items are called, what a rating is counted in.
    scale : of the ratings, scale_facts its ends, "low" and "high".
    of_ratings : whether ratings are predicted, or preferences.
    counts : users, items, ratings, filled (a share), train, validation and test (ratings in each).
    split : in a line; remarks : sentences on split and data that a reader should know.
    settings : (name, meaning, value); a value that is a number is a Fact.
    part : what it is judged by; None where nothing is held out.
    judged : how many ratings that are. near : what counts as a near guess, in rating units.
    run, rules : how good the run and the simple rules are; best_rule : the best of these by MAE, or
        by lists where no ratings are predicted.
    train_rmse : how well it remembers what it learned from; never a result.
    by_ratings, by_taste : users by their number of ratings, and by how many people rated what they
        rate, the most niche first; by_popularity : items by their number of ratings. Empty where
        there are too few.
    examples, miss, calibration : see their classes.
    risks : popular_places (share of recommended places that go to the most popular tenth of items),
        popular_ratings (their share of ratings), listed (share of items in any list), lists (how
        many), few_users, few_items (with fewer than five training ratings), new_users, new_items
        (with none); inside and width where there are intervals.
    loses : a sentence, where popular items make better lists.
    epochs, best_epoch, epoch : the course of training; seconds : it took. levels : validation RMSE
        of the baselines (training RMSE where there is no validation), to be drawn beside it.
    receipt, digest, query, versions, processor, created : how to run it again, see ``Record``.
    """

    facts: Mapping[str, Fact]
    sources: Mapping[str, Text]
    name: str
    title: str
    summary: str
    formula: str
    data: str
    item_noun: str
    unit: str
    scale: Scale
    scale_facts: Mapping[str, Fact]
    of_ratings: bool
    counts: Mapping[str, Fact]
    split: str
    remarks: tuple[str, ...]
    settings: tuple[tuple[str, str, Fact | str], ...]
    part: Part | None
    judged: Fact | None
    near: Fact | None
    run: Measured
    rules: tuple[Measured, ...]
    best_rule: Measured | None
    train_rmse: Fact | None
    by_ratings: tuple[Group, ...]
    by_taste: tuple[Group, ...]
    by_popularity: tuple[Group, ...]
    examples: tuple[Example, ...]
    miss: Miss | None
    calibration: tuple[Calibrated, ...]
    risks: Mapping[str, Fact]
    loses: Text | None
    epochs: Sequence[Epoch]
    levels: Mapping[str, Fact]
    best_epoch: Fact | None
    epoch: Fact
    seconds: Fact
    receipt: str
    digest: str
    query: str
    versions: Mapping[str, str]
    processor: str
    created: str


def find(
    record: Record,
    baselines: Baselines | None = None,
    tested: Sequence[Score] | None = None,
    test: bool = True,
) -> Findings:
    """Find out what a report says of a run.

    ``baselines`` and ``tested``, the scores of the run and the baselines on the test part as
    ``Run.test_scores`` gives them, are measured where they are not given. The run is judged by the
    test part; by the validation part where there is none, or where ``test`` is False.

    Raises
    ------
    MissingRunError
        If the record holds numbers only.
    """
    return _Finding(record, baselines, tested, test).findings()


class _Finding:
    """Collects facts while it looks at a run."""

    def __init__(
        self,
        record: Record,
        baselines: Baselines | None,
        tested: Sequence[Score] | None,
        test: bool,
    ) -> None:
        self.record, self.fitted, self.split = record, record.fitted, record.split
        self.train, self.ratings = record.split.train, record.experiment.make_ratings()
        self.baselines = Baselines(self.split) if baselines is None else baselines
        for _ in self.baselines.fitting():
            pass
        self.facts: dict[str, Fact] = {}
        self.part: Part | None = None
        judged = None
        for part, held in (("test", self.split.test if test else None),
                           ("validation", self.split.validation)):  # fmt: skip
            if self.part is None and held is not None and len(held):
                self.part, judged = part, held  # type: ignore[assignment]
        self.judged: Ratings | None = judged
        self.tested = tested if self.part == "test" else None
        self.of_ratings = self.fitted.has.ratings
        self.rules: list[FittedModel] = []

    def fact(self, name: str, value: float | np.generic, source: str) -> Fact:
        """Note a number."""
        assert name not in self.facts, name
        self.facts[name] = Fact(name, float(value), source)  # type: ignore[arg-type]
        return self.facts[name]

    def findings(self) -> Findings:
        """Look at everything."""
        record, train, judged = self.record, self.train, self.judged
        model = model_class(record.experiment.model.name)
        self._make_lists()
        run, rules, best = self._measure()
        settings = tuple(
            (option.name, option.meaning, self._setting(option.name))
            for option in model.options()
            if record.settings.get(option.name) is not None
        )
        miss = self._miss()
        calibration = self._calibration()
        by_ratings = self._by_users("by_ratings", train.user_counts.astype(np.float64))
        by_taste = self._by_users("by_taste", _mean_popularity(train))
        by_popularity = self._by_items()
        counts = {
            "users": self.fact("users", train.n_users, "data"),
            "items": self.fact("items", train.n_items, "data"),
            "ratings": self.fact("ratings", len(self.ratings), "data"),
            "filled": self.fact("filled", self.ratings.density, "data"),
            "mean": self.fact("mean", self.ratings.global_mean, "data"),
        }
        for name in ("train", "validation", "test"):
            part = getattr(self.split, name)
            counts[name] = self.fact(f"ratings.{name}", 0 if part is None else len(part), "split")
        examples, risks = self._examples(), self._risks()
        train_rmse = self._score("train_rmse")
        n_judged = None if judged is None else self.fact("judged", len(judged), "split")
        best_epoch = record.best_epoch
        best_fact = None if best_epoch is None else self.fact("best_epoch", best_epoch, "run")
        epoch = self.fact("epoch", record.epoch, "run")
        seconds = self.fact("seconds", sum(e.seconds for e in record.epochs), "run")
        for each in record.epochs:
            self._note_epoch(each)
        levels: dict[str, Fact] = {}
        for rule, called in zip(self.baselines, _RULES, strict=False):
            rmse = rule.train_rmse if self.split.validation is None else rule.validation_rmse
            if rmse is not None and self.of_ratings:
                levels[Text(called)] = self.fact(f"level.{rule.name}", rmse, "run")
        scale_facts = {
            "low": self.fact("scale.low", train.scale.low, "data"),
            "high": self.fact("scale.high", train.scale.high, "data"),
        }
        all_settings = (*settings, *self._forks())
        return Findings(
            facts=self.facts,
            sources=self._sources(),
            name=described(record.experiment.make_model(), dict(record.settings)),
            title=worded(model.title),
            summary=worded(model.summary),
            formula=inspect.cleandoc(model.__doc__ or model.summary),
            data=train.name,
            item_noun=train.item_noun,
            unit=_unit(train.scale),
            scale=train.scale,
            scale_facts=scale_facts,
            of_ratings=self.of_ratings,
            counts=counts,
            split=worded(self.split.description),
            remarks=(*self.split.report.sentences(), *self.ratings.report.sentences()),
            settings=all_settings,
            part=self.part,
            judged=n_judged,
            near=self.facts.get("near_by"),
            run=run,
            rules=rules,
            best_rule=best,
            train_rmse=train_rmse,
            by_ratings=by_ratings,
            by_taste=by_taste,
            by_popularity=by_popularity,
            examples=examples,
            miss=miss,
            calibration=calibration,
            risks=risks,
            loses=self.loses,
            epochs=tuple(record.epochs),
            levels=levels,
            best_epoch=best_fact,
            epoch=epoch,
            seconds=seconds,
            receipt=record.receipt,
            digest=record.digest,
            query=record.experiment.to_query(),
            versions=dict(record.versions),
            processor=record.processor,
            created=record.created,
        )

    def _note_epoch(self, epoch: Epoch) -> None:
        """Note the numbers of an epoch: “epoch.7”, “epoch.7.train_rmse” …"""
        self.fact(f"epoch.{epoch.number}", epoch.number, "run")
        for name in ("train_rmse", "validation_rmse", "loss"):
            value = getattr(epoch, name)
            if value is not None:
                self.fact(f"epoch.{epoch.number}.{name}", value, "run")

    def _setting(self, name: str) -> Fact | str:
        value = self.record.settings[name]
        if isinstance(value, bool):
            return Text("yes") if value else Text("no")
        if isinstance(value, int | float):
            return self.fact(f"setting.{name}", value, "settings")
        return str(value)

    def _forks(self) -> list[tuple[str, str, Fact | str]]:
        """What was changed on the way, which the settings at the end do not tell."""
        return [
            (
                "fork",
                ", ".join(f"{name} = {value}" for name, value in fork.settings),
                self.fact(f"fork.{at}", fork.epoch, "settings"),
            )
            for at, fork in enumerate(self.record.experiment.forks)
        ]

    def _score(self, name: str) -> Fact | None:
        value = self.record.scores.get(name)
        return None if value is None else self.fact(name, value, "train")

    # --- how good -------------------------------------------------------------------------------

    def _measure(self) -> tuple[Measured, tuple[Measured, ...], Measured | None]:
        """Measure the run and the simple rules on the part it is judged by."""
        self.loses: Text | None = None
        judged, run_name = self.judged, self.fitted_title
        if judged is None:
            return Measured(run_name, True), (), None
        models = [model.snapshot() for model in self.baselines.fit()]
        named = list(zip(("global_mean", "biases", "popular"), models, strict=True))
        found = list(self.tested or ())
        if len(found) != 1 + len(named):
            titles = [run_name, *(model.title for model in self.baselines.fit())]
            fitted = [self.fitted, *models]
            found = [scores(t, f, judged) for t, f in zip(titles, fitted, strict=True)]
        self.loses = loses_to_popular(found)
        self.errors: dict[str, np.ndarray] = {}
        if self.of_ratings:
            for name, model in (("run", self.fitted), *named[:2]):
                self.errors[name] = np.abs(
                    judged.values - model.predict(
                        judged.user_ids, judged.item_ids, times=judged.timestamps
                    ).astype(np.float64)
                )  # fmt: skip
            averages = np.where(self.train.item_counts > 0, self.train.item_means,
                                self.train.global_mean)  # fmt: skip
            guess = judged.scale.clip(averages[judged.item_ids])
            self.errors["item_average"] = np.abs(judged.values - guess)
        self.near = _near(judged.scale)
        if self.of_ratings:
            self.fact("near_by", self.near, "definition")
        run = self._measured("run", run_name, found[0])
        rules = [
            self._measured("global_mean", Text("the average of all ratings"), found[1]),
            self._measured(
                "item_average",
                Text("each {noun}’s average", noun=words.named(self.train.item_noun)),
                None,
            ),
            self._measured("biases", Text(_RULES[1]), found[2]),
            self._measured("popular", Text(_RULES[2]), found[3]),
        ]
        if self.of_ratings:
            kinds = ("global_mean", "item_average", "biases")
            self.simple = min(kinds, key=lambda name: self.errors[name].mean())
            return run, tuple(rules), rules[kinds.index(self.simple)]
        return run, tuple(rules[3:]), rules[3]

    @property
    def fitted_title(self) -> str:
        """The name of the run's model."""
        return model_class(self.record.experiment.model.name).title

    def _measured(self, name: str, title: str, score: Score | None) -> Measured:
        """Note what a model, or a rule, comes to."""
        source, is_run = "judged", name == "run"
        errors = self.errors.get(name)
        facts: dict[str, Fact] = {}
        if errors is not None:
            facts["mae"] = self.fact(f"mae.{name}", errors.mean(), source)
            facts["rmse"] = self.fact(f"rmse.{name}", np.sqrt(np.mean(errors**2)), source)
            near = np.mean(errors <= self.near + 1e-6)
            facts["near"] = self.fact(f"near.{name}", near, source)
        if score is not None and (is_run or name == "popular" or self.of_ratings):
            for measure in ("ndcg", "recall"):
                value = getattr(score, measure)
                if value is not None:
                    facts[measure] = self.fact(f"{measure}.{name}", value, "ranking")
        gain = None
        if name in self.hits and len(self.lists_of_liked):
            facts["found"] = self.fact(f"found.{name}", self.hits[name].mean(), "lists")
            if not is_run:
                gain = self._gain_of_lists(name, slice(None))
        if errors is not None and not is_run:
            gain = self._gain_of_errors(f"gain.{name}", name, slice(None))
        return Measured(title, is_run, gain=gain, **facts)

    def _gain_of_errors(self, label: str, rule: str, which: np.ndarray | slice) -> Gain:
        """Compare absolute errors: the mean difference, its standard error over users.

        SE² = Σ_u (Σ_r∈u (d_r − mean d))² / n², d_r the difference of one rating.
        """
        assert self.judged is not None
        d = (self.errors[rule] - self.errors["run"])[which]
        users = self.judged.user_ids[which]
        sums = np.bincount(users, weights=d - d.mean())
        half = _STANDARD_ERRORS * float(np.sqrt(np.sum(sums**2))) / len(d)
        return self._gain(label, float(d.mean()), half, "judged")

    def _gain_of_lists(self, label: str, which: np.ndarray | slice) -> Gain:
        """Compare who finds something: the mean difference, its standard error over users."""
        d = (self.hits["run"].astype(np.float64) - self.hits["popular"])[which]
        half = _STANDARD_ERRORS * float(d.std()) / np.sqrt(len(d))
        return self._gain(f"gain.{label}", float(d.mean()), half, "lists")

    def _gain(self, label: str, value: float, half: float, source: str) -> Gain:
        return Gain(
            self.fact(label, value, source),
            self.fact(f"{label}.low", value - half, source),
            self.fact(f"{label}.high", value + half, source),
        )

    # --- lists ----------------------------------------------------------------------------------

    def _make_lists(self) -> None:
        """Make the lists of ten of all users, or of those drawn, of the run and of the popular."""
        train, judged = self.train, self.judged
        users = np.flatnonzero(train.user_counts)
        if len(users) * train.n_items > _MOST_CELLS:
            drawn = np.random.default_rng(0).choice(users, min(_DRAWN_USERS, len(users)), False)
            users = np.sort(drawn)
        self.n_lists, self.places = len(users), np.zeros(train.n_items, np.int64)
        self.hits: dict[str, np.ndarray] = {}
        self.lists_of_liked = np.empty(0, np.int64)
        liked = None
        if judged is not None:
            threshold = metrics.liked_from(judged.scale)
            if looks_like_counts(judged):
                threshold = judged.scale.low
            liked = judged.take(judged.values >= threshold - 1e-6)  # ratings are float32
            self.lists_of_liked = users[liked.user_counts[users] > 0]
        named = {"run": self.fitted}
        if liked is not None and len(self.lists_of_liked):
            named["popular"] = self.baselines.fit()[-1].snapshot()
        for name, model in named.items():
            hits = []
            for block, _, best in lists(model, users, PLACES):
                for user, items in zip(block, best, strict=True):
                    if name == "run":
                        self.places[items] += 1
                    if liked is not None:
                        of_user = liked.by_user.row(int(user))[0]
                        if len(of_user):
                            hits.append(bool(np.isin(items, of_user).any()))
            if len(self.lists_of_liked):
                self.hits[name] = np.array(hits, dtype=bool)

    # --- for whom -------------------------------------------------------------------------------

    def _by_users(self, label: str, values: np.ndarray) -> tuple[Group, ...]:
        """Group users into quarters by a number each, lowest first; (n_users,)."""
        judged = self.judged
        if judged is None:
            return ()
        rated = self.train.user_counts > 0
        counted = np.flatnonzero(rated & (judged.user_counts > 0))
        groups = _quarters(values, counted)
        found = []
        for at, users in enumerate(groups):
            member = np.zeros(self.train.n_users, dtype=bool)
            member[users] = True
            found.append(self._group(f"{label}.{at}", users, values, member[judged.user_ids],
                                     member[self.lists_of_liked]))  # fmt: skip
        return tuple(found) if len(found) > 1 else ()

    def _by_items(self) -> tuple[Group, ...]:
        """Group items into quarters by their number of training ratings, fewest first."""
        judged, counts = self.judged, self.train.item_counts.astype(np.float64)
        if judged is None:
            return ()
        found = []
        for at, items in enumerate(_quarters(counts, np.flatnonzero(counts))):
            member = np.zeros(self.train.n_items, dtype=bool)
            member[items] = True
            label = f"by_popularity.{at}"
            places = self.fact(f"{label}.places", self.places[items].sum() / self.places.sum(),
                               "places") if self.places.any() else None  # fmt: skip
            found.append(self._group(label, items, counts, member[judged.item_ids], None, places))
        return tuple(found) if len(found) > 1 else ()

    def _group(
        self,
        label: str,
        members: np.ndarray,
        values: np.ndarray,
        which: np.ndarray,
        listed: np.ndarray | None,
        places: Fact | None = None,
    ) -> Group:
        """Measure one group: ``which`` held-out ratings and ``listed`` lists are theirs, masks."""
        here: dict[str, Fact | None] = {}
        gain = None
        if self.of_ratings and which.sum() >= _ENOUGH:
            errors = self.errors["run"][which]
            here["mae"] = self.fact(f"{label}.mae", errors.mean(), "judged")
            here["rmse"] = self.fact(f"{label}.rmse", np.sqrt(np.mean(errors**2)), "judged")
            simple = self.errors[self.simple][which].mean()
            here["simple"] = self.fact(f"{label}.simple", simple, "judged")
            gain = self._gain_of_errors(f"{label}.gain", self.simple, which)
        if listed is not None and listed.sum() >= _ENOUGH:
            for name, kind in (("run", "found"), ("popular", "popular")):
                share = self.hits[name][listed].mean()
                here[kind] = self.fact(f"{label}.{kind}", share, "lists")
            if not self.of_ratings:
                gain = self._gain_of_lists(label, listed)
        return Group(
            low=self.fact(f"{label}.low", values[members].min(), "train"),
            high=self.fact(f"{label}.high", values[members].max(), "train"),
            n=self.fact(f"{label}.n", len(members), "train"),
            n_ratings=self.fact(f"{label}.n_ratings", which.sum(), "split"),
            gain=gain,
            places=places,
            **here,
        )

    # --- examples -------------------------------------------------------------------------------

    def _examples(self) -> tuple[Example, ...]:
        """Recommend to three people: one with few ratings, one with a usual number, one with many.

        They stand at a tenth, a half and nine tenths of all users by their number of ratings:
        nobody has chosen them.
        """
        counts = self.train.user_counts
        order = np.flatnonzero(counts)[np.argsort(counts[counts > 0], kind="stable")]
        places = dict.fromkeys(order[int(q * (len(order) - 1))] for q in (0.1, 0.5, 0.9))
        return tuple(self._example(at, int(user)) for at, user in enumerate(places))

    def _example(self, at: int, user: int) -> Example:
        fitted, names = self.fitted, self.train.item_names
        items = fitted.recommend(user, _RECOMMENDED)["item"].to_numpy()
        found = []
        for place, item in enumerate(int(item) for item in items):
            label = f"example.{at}.{place}"
            reasons: list[tuple[str, Fact]] = []
            if fitted.has.reasons:
                table = attribution.reasons(fitted, user, item).table
                for at_reason, row in enumerate(
                    table[table["pull"] > 0].head(_REASONS).itertuples()
                ):
                    rating = self.fact(f"{label}.reason.{at_reason}", row.rating, "train")
                    reasons.append((names[int(row.item)], rating))
            interval = None
            if fitted.has.intervals:
                low, high = fitted.predict_interval([user], [item], _PROMISED)
                interval = (
                    self.fact(f"{label}.low", low[0], "interval"),
                    self.fact(f"{label}.high", high[0], "interval"),
                )
            score = float(fitted.predict(user, item)[0])
            found.append(
                Recommended(names[item], self.fact(label, score, "model"), interval, tuple(reasons))
            )
        n = self.fact(f"example.{at}.n_ratings", self.train.user_counts[user], "train")
        return Example(self.train.user_names[user], n, tuple(found))

    def _miss(self) -> Miss | None:
        """Find the held-out rating that was guessed worst."""
        judged = self.judged
        if judged is None or not self.of_ratings:
            return None
        at = int(np.argmax(self.errors["run"]))
        user, item = int(judged.user_ids[at]), int(judged.item_ids[at])
        times = None if judged.timestamps is None else judged.timestamps[[at]]
        predicted = float(self.fitted.predict([user], [item], times=times)[0])
        return Miss(
            self.train.user_names[user],
            self.train.item_names[item],
            self.fact("miss.predicted", predicted, "judged"),
            self.fact("miss.given", judged.values[at], "judged"),
        )

    # --- risks ----------------------------------------------------------------------------------

    def _calibration(self) -> tuple[Calibrated, ...]:
        """Group predictions near the same value, and compare with what was given."""
        judged = self.judged
        if judged is None or not self.of_ratings:
            return ()
        predicted = self.fitted.predict(
            judged.user_ids, judged.item_ids, times=judged.timestamps
        ).astype(np.float64)
        step = self.near / 2
        bins = np.rint(predicted / step)
        found = []
        for at, value in enumerate(np.unique(bins)):
            here = bins == value
            if here.sum() < _ENOUGH:
                continue
            label = f"calibration.{at}"
            found.append(
                Calibrated(
                    self.fact(f"{label}.predicted", predicted[here].mean(), "judged"),
                    self.fact(f"{label}.given", judged.values[here].mean(), "judged"),
                    self.fact(f"{label}.n", here.sum(), "judged"),
                )
            )
        return tuple(found)

    def _risks(self) -> dict[str, Fact]:
        """Count what may go wrong: the popular, the new, and intervals that promise too much."""
        train, counts = self.train, self.train.item_counts
        top = train.axis("item").most_rated(max(1, round(POPULAR * train.n_items)))
        found = {
            "popular_items": self.fact("popular_items", len(top), "definition"),
            "popular_ratings": self.fact("popular_ratings", counts[top].sum() / len(train),
                                         "train"),
            "lists": self.fact("lists", self.n_lists, "definition"),
            "few_users": self.fact("few_users", np.sum(train.user_counts < FEW), "train"),
            "few_items": self.fact("few_items", np.sum(counts < FEW), "train"),
            "new_users": self.fact("new_users", np.sum(train.user_counts == 0), "train"),
            "new_items": self.fact("new_items", np.sum(counts == 0), "train"),
            "few": self.fact("few", FEW, "definition"),
            "n_places": self.fact("n_places", PLACES, "definition"),
        }  # fmt: skip
        if total := int(self.places.sum()):
            found["popular_places"] = self.fact(
                "popular_places", self.places[top].sum() / total, "places"
            )
            found["listed"] = self.fact("listed", np.mean(self.places > 0), "places")
        if self.fitted.has.intervals:
            held = coverage(
                seen_as(Posterior, self.fitted),
                self.judged if self.part == "test" else None,
                _PROMISED,
            )
            found["promised"] = self.fact("promised", _PROMISED, "definition")
            if held is not None:
                found["inside"] = self.fact("inside", held.inside, "inside")
                found["width"] = self.fact("width", held.width, "inside")
                found["n_inside"] = self.fact("n_inside", held.n_ratings, "inside")
        return found

    # --- where numbers are from -----------------------------------------------------------------

    def _sources(self) -> dict[str, Text]:
        """Say of each source that a number has where it is from."""
        judged, split = self.judged, worded(self.split.description)
        found = {
            "data": Text("Counted in the ratings, “{name}” (fingerprint {id}).",
                         name=self.ratings.name, id=self.ratings.fingerprint),
            "split": Text("Counted in the parts of the split: {split}.", split=split),
            "train": Text("Counted or measured in the training part, {n:,} rating.",
                          "Counted or measured in the training part, {n:,} ratings.",
                          n=len(self.train)),
            "run": Text("From the record of the training, written {created}.",
                        created=words.moment(self.record.created)),
            "settings": Text("A setting of the model, given or chosen from the data."),
            "definition": Text("Fixed beforehand, not measured."),
            "model": Text("Predicted by the trained model, moved to the nearest end of the scale."),
            "interval": Text("An end of the interval that the model promises to hold nine of ten "
                             "ratings."),
            "places": Text("Counted in the {places} best of {n:,} user.",
                           "Counted in the {places} best of each of {n:,} users.",
                           places=PLACES, n=self.n_lists),
        }  # fmt: skip
        if judged is not None:
            part = Text(_PARTS[self.part])
            measured = (
                Text("measured once, after training, on ratings that no choice was made by")
                if self.part == "test"
                else Text(
                    "ratings that the epoch was chosen by, so that the run looks a little better "
                    "than it is"
                )
            )
            found |= {
                "judged": Text(
                    "On the {n:,} rating of the {part} part: {measured}. Split: {split}. "
                    "Predictions beyond the scale are moved to its end.",
                    "On the {n:,} ratings of the {part} part: {measured}. Split: {split}. "
                    "Predictions beyond the scale are moved to its end.",
                    n=len(judged), part=part, measured=measured, split=split,
                ),
                "ranking": Text(
                    "Lists of {places} of all items that a user has not rated in training, judged "
                    "by what the user liked in the {part} part: {measured}.",
                    places=PLACES, part=part, measured=measured,
                ),
                "lists": Text(
                    "Lists of {places} of {n:,} user who liked something in the {part} part.",
                    "Lists of {places} of each of {n:,} users who liked something in the {part} "
                    "part.",
                    n=len(self.lists_of_liked), places=PLACES, part=part,
                ),
            }  # fmt: skip
        if self.fitted.has.intervals:
            found["inside"] = (
                Text("Intervals of the ratings of the test part (16,384 at most, drawn).")
                if self.part == "test"
                else Text(
                    "Each half of the ratings that intervals are set by, judged by the other half."
                )
            )
        used = {fact.source for fact in self.facts.values()}
        return {key: text for key, text in found.items() if key in used}


def _unit(scale: Scale) -> str:
    """What a rating is counted in: “star” on the usual scale of stars, else “point”."""
    stars = scale.high == 5 and scale.low in (0, 0.5, 1) and scale.words is None
    return "star" if stars else "point"


def _near(scale: Scale) -> float:
    """What counts as a near guess: a quarter of the scale in one digit, 1 on 1–5, 20 on 0–100."""
    return float(f"{scale.width / 4:.0e}") if scale.width > 0 else 1.0


def _mean_popularity(train: Ratings) -> np.ndarray:
    """Compute the mean number of ratings of the items that each user rated; float64, (n_users,)."""
    sums = np.bincount(train.user_ids, train.item_counts[train.item_ids], train.n_users)
    return sums / np.maximum(train.user_counts, 1)


def _quarters(values: np.ndarray, members: np.ndarray) -> list[np.ndarray]:
    """Divide members, (n,), into at most four groups by their values, lowest first.

    Equal values stay together, so that groups may be larger or fewer.
    """
    if len(members) < 4 * 2:
        return []
    ends = np.unique(np.quantile(values[members], [0.25, 0.5, 0.75], method="lower"))
    at = np.searchsorted(ends, values[members], side="left")
    return [members[at == group] for group in np.unique(at)]
