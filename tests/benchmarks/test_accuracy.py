"""Accuracy over splits: intervals by hand, settings chosen without the test part, the tables."""

import dataclasses
import itertools
import math

import numpy as np
import pytest
from scipy import stats

import recsys_core as rc
from benchmarks import accuracy, accuracy_tables, data, runs
from benchmarks.intervals import gain_in_rmse, mean_and_deviation, paired

# --- intervals ------------------------------------------------------------------------------------


def test_the_corrected_interval_by_hand():
    theirs, ours = [0.94, 0.95, 0.93], [0.90, 0.92, 0.91]  # differences .04, .03, .02
    mean, half = paired(ours, theirs, test_to_train=1 / 9)
    assert mean == pytest.approx(0.03)
    # t of 97.5 % with two degrees of freedom is 4.3027; s = .01; √(1/3 + 1/9) = 2/3.
    assert half == pytest.approx(4.3027 * 2 / 3 * 0.01, rel=1e-4)
    plain = stats.ttest_rel(theirs, ours).confidence_interval(0.95)
    assert half / ((plain.high - plain.low) / 2) == pytest.approx(math.sqrt(1 + 3 / 9))
    with pytest.raises(ValueError, match="cannot be paired"):
        paired([0.9], [0.9, 0.8], 1 / 9)
    assert math.isnan(paired([0.9], [1.0], 1 / 9)[1])
    assert mean_and_deviation([1.0, 3.0]) == (2.0, pytest.approx(math.sqrt(2)))


def test_the_interval_on_one_test_part_is_that_of_resampled_test_ratings():
    rng = np.random.default_rng(0)
    truth = rng.normal(size=4000)
    theirs, ours = (truth + rng.normal(0, deviation, 4000) for deviation in (1.0, 0.9))
    gain, half = gain_in_rmse(truth, ours, theirs)
    assert gain == pytest.approx(rc.metrics.rmse(truth, theirs) - rc.metrics.rmse(truth, ours))
    drawn = [rng.integers(0, 4000, 4000) for _ in range(400)]
    gains = [
        rc.metrics.rmse(truth[at], theirs[at]) - rc.metrics.rmse(truth[at], ours[at])
        for at in drawn
    ]
    assert half == pytest.approx(1.96 * np.std(gains), rel=0.12)
    assert gain_in_rmse(truth, theirs, theirs) == (0.0, 0.0)


# --- rows, splits, candidates ---------------------------------------------------------------------


def test_every_model_of_the_registry_has_a_row_baselines_first():
    rows = accuracy.rows()
    assert {row.model for row in rows} == set(rc.MODELS)
    flags = [row.is_baseline for row in rows]
    assert flags == sorted(flags, reverse=True) and flags[0]
    assert len({row.name for row in rows}) == len(rows)
    assert [row.model for row in accuracy.rows(["ALS"])] == ["ALS"]
    # What is tried are settings of the model, where the model is there.
    for row in rows:
        names = {option.name for option in rc.MODELS[row.model].options()}
        assert set(row.tried) <= names, row.name


def test_splits_are_the_first_seeds_and_none_is_picked():
    for name in ("100k", "latest-small", "1m"):
        seeds = [split["seed"] for split in accuracy.splits(name).values() if "seed" in split]
        assert seeds == list(range(len(seeds))) and len(seeds) == (3 if name == "1m" else 10)
    assert list(accuracy.splits("100k", 2)) == ["random 0", "random 1"]
    assert len([name for name in accuracy.splits("100k") if name.startswith("fold")]) == 5


@pytest.fixture(scope="module")
def world():
    return rc.datasets.low_rank(60, 40, 2, density=0.5, noise=0.4, seed=3)


def test_candidates_are_multiples_of_the_defaults(world):
    row = accuracy.Row("SGD", "SGD", {"n_epochs": 7}, {"reg": (0.5, 1.0), "n_factors": (1.0, 1.7)})
    usual = rc.SGD().resolve(world)
    assert accuracy.candidates(row, world) == [
        {"n_epochs": 7, "reg": usual["reg"] * a, "n_factors": round(usual["n_factors"] * b)}
        for a, b in itertools.product((0.5, 1.0), (1.0, 1.7))
    ]
    # A setting that is not there, or is not known before training, is left alone.
    assert accuracy.candidates(accuracy.Row("m", "GlobalMean", {}, {"reg": (1, 2)}), world) == [{}]


def test_nothing_of_the_test_part_decides_on_settings(world):
    """Other test ratings, same choice; and the choice is the best of the validation part."""
    split = {"name": "random", "test": 0.2, "seed": 1}
    row = accuracy.Row("ALS", "ALS", {"n_epochs": 6}, {"reg": (0.01, 1.0, 30.0)})
    chosen = accuracy.choose(row, world, split)
    test = rc.Experiment(world, split).make_split().test
    at = np.isin(world.user_ids * 1000 + world.item_ids, test.user_ids * 1000 + test.item_ids)
    changed = dataclasses.replace(world, values=np.where(at, 6 - world.values, world.values))
    again = rc.Experiment(changed, split).make_split()
    assert np.array_equal(again.test.user_ids, test.user_ids)
    assert not np.array_equal(again.test.values, test.values)
    assert accuracy.choose(row, changed, split) == chosen
    errors = [
        rc.run(rc.Experiment(world, {**split, "validation": 0.1}, rc.ALS(**settings)))
        for settings in accuracy.candidates(row, world)
    ]
    best = min(errors, key=lambda record: record.scores["validation_rmse"])
    assert chosen == (dict(best.experiment.model.options) | chosen[0], 3, best.best_epoch)


def test_a_line_is_of_the_test_part_at_the_epoch_chosen(world):
    split = {"name": "random", "test": 0.2, "seed": 1}
    row = accuracy.Row("SGD", "SGD", {"n_epochs": 30}, {"reg": (1.0, 2.0)})
    line = accuracy.measure(row, world, "random 1", split)
    whole = rc.Experiment(world, {**split, "validation": 0}, rc.SGD(**line["settings"]))
    record = rc.run(whole, until=line["epoch"]).tested()
    assert line["rmse"] == record.scores["test_rmse"] and line["ndcg"] == record.scores["test_ndcg"]
    assert line["n_train"] + line["n_test"] == len(world) and line["n_tried"] == 2
    lists = accuracy.measure(accuracy.Row("i", "ImplicitALS"), world, "random 1", split)
    assert "rmse" not in lists and lists["n_tried"] == 1 and 0 < lists["ndcg"] <= 1


# --- the job and its tables -----------------------------------------------------------------------


@pytest.fixture
def small(world, tmp_path, monkeypatch):
    monkeypatch.setattr(data, "ratings", lambda name: world)
    monkeypatch.setattr(runs, "RESULTS", tmp_path)
    return tmp_path


def test_a_stopped_job_goes_on_and_other_code_begins_anew(small, monkeypatch):
    asked = []
    real = accuracy.measure

    def measure(row, ratings, name, split):
        asked.append((row.name, name))
        if len(asked) == 4:
            raise KeyboardInterrupt
        return real(row, ratings, name, split)

    monkeypatch.setattr(accuracy, "measure", measure)
    rows = [accuracy.Row("mean", "GlobalMean"), accuracy.Row("bias", "UserItemBias")]
    with pytest.raises(KeyboardInterrupt):
        accuracy.job("100k", rows, 3)
    first = accuracy_tables.newest("100k")
    assert len(first["lines"]) == 3
    accuracy.job("100k", rows, 3)
    run = accuracy_tables.newest("100k")
    assert len(run["lines"]) == 6 and run["run"]["id"] == first["run"]["id"]
    assert len(asked) == 7  # what was there was not measured again
    about = {**runs.about(), "id": "later", "code": "other"}
    monkeypatch.setattr(runs, "about", lambda: about)
    accuracy.job("100k", rows[:1], 1)
    both = runs.read(accuracy_tables.path("100k"))["runs"]
    assert [len(each["lines"]) for each in both] == [6, 1]


def made(name, split, rmse=None, ndcg=0.1, model=None, baseline=False, **rest):
    line = {
        "name": name, "split": split, "model": model or name, "is_baseline": baseline,
        "n_train": 900, "n_test": 100, "n_tried": 1, "settings": {}, "epoch": None,
        "ndcg": ndcg, "recall": 0.2, "n_users": 9, **rest,
    }  # fmt: skip
    return line if rmse is None else {**line, "rmse": rmse}


def cells(text):
    rows = [row for row in text.splitlines() if row.startswith("|")]
    return [[cell.strip() for cell in row.strip("|").split("|")] for row in rows]


def test_tables_have_the_baselines_and_paired_differences_of_the_same_splits():
    splits = [f"random {seed}" for seed in range(3)]
    bias = [made("User + item bias", s, e, model="UserItemBias", baseline=True)
            for s, e in zip(splits, (0.94, 0.95, 0.93), strict=True)]  # fmt: skip
    sgd = [made("SGD", s, e, ndcg=0.05, n_tried=6)
           for s, e in zip(splits, (0.90, 0.92, 0.91), strict=True)]  # fmt: skip
    popular = [made("Most popular", s, ndcg=0.07, model="MostPopular", baseline=True)
               for s in splits]  # fmt: skip
    late = [made("ALS", splits[2], 0.92)]
    head, _, *rows = cells(accuracy_tables.random_splits(sgd + late + bias + popular))
    table = {row[0]: dict(zip(head, row, strict=True)) for row in rows}
    assert [row[0] for row in rows[:2]] == ["*User + item bias*", "*Most popular*"]
    assert table["SGD"]["test RMSE"] == "0.9100 ± 0.0100"
    assert table["SGD"]["beats bias by"] == f"0.0300 ± {4.3027 * 2 / 3 * 0.01:.4f}"
    assert table["SGD"]["NDCG beats popular by"] == "−0.0200 ± 0.0000"
    assert table["*User + item bias*"]["beats bias by"] == "–"
    assert table["*Most popular*"]["test RMSE"] == "–"
    assert table["ALS"]["splits"] == "1" and table["ALS"]["beats bias by"] == "0.0100"
    without = cells(accuracy_tables.random_splits(sgd + bias))
    assert "NDCG beats popular by" not in without[0]


def test_the_tables_are_of_the_newest_run_and_say_so(small):
    def keep(name, error):
        ours = accuracy.rows(["BayesianPMF"])[1].name
        lines = [
            made("SGD", "u1", error), made(ours, "u1", error, model="BayesianPMF"),
            made("SGD", "fold 0", error),
            made("SGD", "random 0", error, coverage=[[0.9, 0.875, 2.5]]),
        ]  # fmt: skip
        about = {**runs.about(), "id": name}
        runs.keep(
            accuracy_tables.path("100k"), {}, {"run": about, "lines": lines}, ("name", "split")
        )

    assert accuracy_tables.markdown("100k") == "MovieLens 100K: not measured yet."
    assert accuracy_tables.readme() == accuracy_tables.beside_published() == ""
    keep("old", 0.95)
    runs.keep(accuracy_tables.path("100k"), {}, {
        "run": {**runs.about(), "id": "odd"}, "lines": [made("odd", "random 0", 0.9)],
    }, ("name", "split"))  # fmt: skip
    keep("new", 0.875)
    text = accuracy_tables.markdown("100k")
    assert "run new" in text and "0.8750" in text and "0.9500" not in text and "odd" not in text
    assert ["SGD", "90 %", "87.5 %", "2.50"] in cells(text)
    assert ["SGD", "0.8750", "–", "0.8750"] in cells(text)  # five folds, and u1
    (row,) = cells(accuracy_tables.beside_published())[2:]
    assert row == [
        "MovieLens 100K, its own u1", "0.8750 (Bayesian PMF, who rated what)",
        "GC-MC 0.91 · GLocal-K 0.8889",
        "below GC-MC's and GLocal-K's published",
    ]  # fmt: skip
    assert cells(accuracy_tables.readme())[2][:3] == ["SGD", "0.8750", "–"]
