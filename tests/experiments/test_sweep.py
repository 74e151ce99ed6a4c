"""Sweeps as values: what is tried, what is paused, and what is said of the results."""

from __future__ import annotations

import dataclasses
import itertools
import json
import math

import numpy as np
import pytest

import recsys_core as rc
from recsys_core.errors import FactorscopeError, LinkError, SettingsError
from recsys_core.experiments import Experiment, sweep_results
from recsys_core.experiments.sweep import Over, Sweep, Trial, usual_sweep
from recsys_core.experiments.sweep_search import is_poor, next_trial, search_of

LAMBDA = Over("reg", low=0.01, high=1.0, log=True, steps=3)


def sweep_over(*over: Over, **more: object) -> Sweep:
    experiment = Experiment("low_rank", "random", rc.SGD(n_epochs=4, seed=5))
    return Sweep(experiment, over, **more)  # type: ignore[arg-type]


def tried(sweep: Sweep, error, trials: tuple[Trial, ...] = ()) -> list[Trial]:
    """All trials of a sweep, their errors those of a function of settings and seed."""
    search, found = search_of(sweep, trials), list(trials)
    while (trial := next_trial(sweep, search, found)) is not None:
        value = error(dict(trial.settings), trial.seed)
        ended = dataclasses.replace(trial, status="done", errors=(2.0, value), best_epoch=1)
        found.append(ended)
    return found


def test_values_of_a_range_by_hand():
    assert LAMBDA.grid() == (0.01, 0.1, 1.0)
    assert Over("reg", low=0.0, high=1.0, steps=5).grid() == (0.0, 0.25, 0.5, 0.75, 1.0)
    assert Over("n_factors", low=1, high=100, log=True, steps=3).grid() == (1, 10, 100)
    assert Over("n_factors", low=1, high=3, steps=6).grid() == (1, 2, 3), "each only once"
    # Two digits would not tell these apart, and the ends are exact.
    assert Over("reg", low=0.1001, high=0.1004, steps=4).grid() == (0.1001, 0.1002, 0.1003, 0.1004)


def test_text_of_a_setting():
    assert Over.read("k=2,5,10") == Over("n_factors", (2, 5, 10))
    assert Over.read("reg=0.01:1:log") == Over("reg", (), 0.01, 1, True)
    assert Over.read("reg=0.01:1:log:8").steps == 8
    assert not Over.read("reg=0.01:1:4").log
    assert Over.read("biases=true,false").values == (True, False)
    for text in ("k", "k=", "=1", "reg=0:1:loud", "reg=0:1:log:3:4", "reg=a:b"):
        with pytest.raises(SettingsError):
            Over.read(text)


@pytest.mark.parametrize(
    "over",
    [
        Over("nothing", (1,)),
        Over("seed", (1, 2)),
        Over("reg", (), 1.0, 0.1),
        Over("reg", (), 0.0, 1.0, True),
        Over("biases", (), 0, 1),
        Over("reg", ("much",)),
        Over("n_factors", (2.5,)),
    ],
)
def test_what_has_no_meaning_is_refused(over):
    with pytest.raises(SettingsError):
        sweep_over(over)


def test_a_grid_has_every_point_with_every_seed_once():
    sweep = sweep_over(LAMBDA, Over("n_factors", (2, 5)), seeds=3)
    trials = tried(sweep, lambda settings, seed: 1.0)
    found = sorted((t.settings, t.seed) for t in trials)
    points = itertools.product((0.01, 0.1, 1.0), (2, 5))
    wanted = [((("reg", r), ("n_factors", k)), s) for (r, k) in points for s in (5, 6, 7)]
    assert found == sorted(wanted)
    assert sweep.n_trials == 18 and sweep.n_points == 6
    first = {t.settings for t in trials[:6]}
    assert len(first) == 6 and {t.seed for t in trials[:6]} == {5}, "first the whole surface"


def test_a_sweep_goes_through_json():
    for how in ("grid", "random", "tpe"):
        sweep = sweep_over(LAMBDA, Over("biases", (True, False)), how=how, seeds=2, seed=3)
        assert Sweep.from_dict(json.loads(json.dumps(sweep.to_dict()))) == sweep
    trial = Trial(3, (("reg", 0.1), ("biases", True)), 6, "paused", (2.0, 1.5), 1, 0.25)
    assert Trial.from_dict(json.loads(json.dumps(trial.to_dict()))) == trial
    with pytest.raises(LinkError, match="newer"):
        Sweep.from_dict({**sweep.to_dict(), "version": 99})
    for broken in ({}, {**trial.to_dict(), "status": "odd"}, {**trial.to_dict(), "best_epoch": 7}):
        with pytest.raises(LinkError):
            Trial.from_dict(broken)


def test_without_validation_it_is_refused_in_one_sentence():
    sweep = sweep_over(LAMBDA)
    sweep.check_split(sweep.experiment.make_split())
    whole = dataclasses.replace(sweep, n_trials=0, experiment=Experiment("party", "whole"))
    with pytest.raises(SettingsError, match="judged on validation"):
        whole.check_split(whole.experiment.make_split())


def test_a_trial_is_its_own_experiment():
    sweep = sweep_over(LAMBDA, Over("n_factors", (2,)))
    experiment = sweep.experiment_of(Trial(0, (("reg", 0.1), ("n_factors", 2)), 6))
    assert experiment == Experiment(
        "low_rank", "random", rc.SGD(n_factors=2, reg=0.1, n_epochs=4, seed=6)
    )


def test_the_median_rule_by_hand():
    # Lowest errors up to epoch 2 of eight others: 1, 2 … 8; their median is 4.5.
    others = [[9.0, float(n), 9.0] for n in range(1, 9)]
    assert is_poor([9.0, 9.0, 4.6], others, n_epochs=4)
    assert not is_poor([9.0, 9.0, 4.4], others, n_epochs=4)
    assert not is_poor([9.0, 4.4, 9.0], others, n_epochs=4), "its lowest, not its last"
    assert not is_poor([9.0, 9.0, 4.6], others, n_epochs=5), "half of the epochs are free"
    assert not is_poor([9.0, 9.0, 4.6], others[:7], n_epochs=4), "too few to compare with"
    short = [each[:2] for each in others]
    assert not is_poor([9.0, 9.0, 4.6], short, n_epochs=4), "none got as far"


def test_random_points_lie_in_their_ranges_and_come_again_with_the_seed():
    over = LAMBDA, Over("n_factors", low=2, high=4), Over("biases", (True, False))
    one, again = (
        tried(sweep_over(*over, how="random", n_trials=40, seeds=1, seed=1), lambda s, _: 1.0)
        for _ in range(2)
    )
    assert one == again
    other = tried(sweep_over(*over, how="random", n_trials=40, seeds=1, seed=2), lambda s, _: 1.0)
    assert [t.settings for t in other] != [t.settings for t in one]
    values = [dict(t.settings) for t in one]
    assert all(0.01 <= v["reg"] <= 1.0 for v in values)
    assert {v["n_factors"] for v in values} == {2, 3, 4}
    below = sum(v["reg"] < 0.1 for v in values)
    assert 10 <= below <= 30, "half of a logarithmic range lies below its middle"


def bowl(settings: dict, seed: int) -> float:
    """Lowest at λ = 0.1; k does nothing."""
    return 1.0 + math.log10(settings["reg"] / 0.1) ** 2


def test_tpe_is_reproducible_also_over_a_restart():
    pytest.importorskip("optuna")
    over = LAMBDA, Over("n_factors", low=2, high=40, log=True)
    sweep = sweep_over(*over, how="tpe", n_trials=36, seeds=2)
    one, again = (tried(sweep, bowl) for _ in range(2))
    assert one == again
    assert [t.settings for t in one[::2]] == [t.settings for t in one[1::2]]
    came_back = tried(sweep, bowl, tuple(one[:25]))
    assert came_back == one
    late = [abs(math.log10(dict(t.settings)["reg"] / 0.1)) for t in one[24:]]
    early = [abs(math.log10(dict(t.settings)["reg"] / 0.1)) for t in one[:20]]
    assert np.mean(late) < np.mean(early), "it has learned where the bowl is"


def test_an_optuna_study_has_all_trials_with_their_values(tmp_path):
    optuna = pytest.importorskip("optuna")
    pytest.importorskip("sqlalchemy")
    from recsys_core.experiments.study import Studies, study_name

    sweep = sweep_over(LAMBDA, Over("biases", (True, False)), seeds=2)
    trials = tried(sweep, lambda settings, seed: bowl(settings, seed) + seed / 1000)
    trials[1] = dataclasses.replace(trials[1], status="paused")
    trials[2] = dataclasses.replace(trials[2], status="failed", errors=(), best_epoch=None)
    studies = Studies(f"sqlite:///{tmp_path}/factorscope.db")
    assert studies.write(sweep, "abc", trials[:5]) == 5
    assert studies.write(sweep, "abc", trials) == len(trials) - 5
    studies.close()
    again = Studies(f"sqlite:///{tmp_path}/factorscope.db")
    assert again.write(sweep, "abc", trials) == 0, "after a restart it knows what is there"
    again.close()
    study = optuna.load_study(
        study_name=study_name(sweep, "abc"), storage=f"sqlite:///{tmp_path}/studies.db"
    )
    found = {t.user_attrs["number"]: t for t in study.trials}
    assert sorted(found) == list(range(len(trials)))
    for trial in trials:
        kept = found[trial.number]
        assert kept.params == dict(trial.settings)
        assert kept.value == trial.best
        assert kept.intermediate_values == dict(enumerate(trial.errors)), "short ones whole"
        assert kept.user_attrs["seed"] == trial.seed
    assert found[1].state.name == "PRUNED" and found[2].state.name == "FAIL"
    assert study.best_value == min(t.best for t in trials if t.status == "done" and t.best)


def test_a_setting_that_does_nothing_explains_nothing():
    sweep = sweep_over(LAMBDA, Over("n_factors", (2, 5, 9)), seeds=2)
    shares = {s.name: s.share for s in sweep_results.importances(sweep, tried(sweep, bowl))}
    assert shares == pytest.approx({"reg": 1.0, "n_factors": 0.0, "together": 0.0, "seed": 0.0})
    draw = np.random.default_rng(0)
    noisy = tried(sweep, lambda settings, seed: bowl(settings, seed) + draw.normal(0, 0.1))
    shares = {s.name: s.share for s in sweep_results.importances(sweep, noisy)}
    assert shares["reg"] > 0.85 and shares["n_factors"] < 0.02 and shares["seed"] > 0.01
    random = sweep_over(LAMBDA, Over("n_factors", low=2, high=50), how="random", n_trials=200,
                        seeds=1)  # fmt: skip
    shares = {s.name: s.share for s in sweep_results.importances(random, tried(random, bowl))}
    assert shares["reg"] > 0.7 and shares["n_factors"] < 0.05


def test_the_analysis_of_variance_by_hand():
    # Means of points 0, 2 / 4, 10; each seed 0.5 off. Settings: 4 (5 − 1)² … see below.
    sweep = sweep_over(Over("reg", (0.1, 0.2)), Over("n_factors", (2, 3)), seeds=2)
    means = {(0.1, 2): 0.0, (0.1, 3): 2.0, (0.2, 2): 4.0, (0.2, 3): 10.0}

    def error(settings, seed):
        return means[settings["reg"], settings["n_factors"]] + (0.5 if seed == 5 else -0.5)

    # ȳ = 4. λ: means 1 and 7, 8 · 3² = 72. k: means 2 and 6, 8 · 2² = 32. Points: 2 (16 + 4 + 0 +
    # 36) = 112, so together 8. Seed: 8 · 0.25 = 2, of 4 degrees of freedom: MS 0.5, off each of the
    # three; total 114.
    shares = {s.name: s.share for s in sweep_results.importances(sweep, tried(sweep, error))}
    wanted = {"reg": 71.5, "n_factors": 31.5, "together": 7.5, "seed": 3.5}
    assert shares == pytest.approx({name: value / 114 for name, value in wanted.items()})


def test_the_best_is_compared_with_its_neighbours_by_seed_noise():
    sweep = sweep_over(Over("reg", (0.1, 0.2, 0.3)), seeds=2)

    def points(spread: float) -> list[sweep_results.Point]:
        means = {0.1: 1.0, 0.2: 1.1, 0.3: 3.0}

        def error(settings, seed):
            return means[settings["reg"]] + (spread if seed == 5 else -spread)

        return sweep_results.points_of(tried(sweep, error))

    for spread, same in ((0.01, False), (0.2, True)):
        found = points(spread)
        best = sweep_results.best_of(found)
        noise = sweep_results.seed_noise(found)
        assert best is not None and dict(best.settings) == {"reg": 0.1}
        # Two values m ± d have the standard deviation d √2.
        assert noise == pytest.approx(spread * math.sqrt(2))
        near = sweep_results.neighbours(sweep, found, best)
        assert [dict(p.settings)["reg"] for p in near] == [0.2]
        assert sweep_results.differs(best, near[0], noise) is not same


def test_of_a_point_those_trained_to_the_end_count():
    settings = (("reg", 0.1),)
    done = Trial(0, settings, 5, "done", (2.0, 1.0), 1)
    paused = Trial(1, settings, 6, "paused", (2.0, 1.8), 1)
    failed = Trial(2, settings, 7, "failed")
    (point,) = sweep_results.points_of([done, paused, failed])
    assert (point.error, point.deviation, point.paused) == (1.0, None, False)
    (point,) = sweep_results.points_of([paused, failed])
    assert (point.error, point.paused) == (1.8, True)


def test_a_surface_has_the_best_over_all_other_settings():
    third = Over("learning_rate", (0.01, 0.02))
    sweep = sweep_over(LAMBDA, Over("n_factors", (2, 5)), third, seeds=1)
    trials = tried(sweep, lambda s, _: bowl(s, 0) + s["learning_rate"] + s["n_factors"])
    surface = sweep_results.surface_of(sweep, sweep_results.points_of(trials), "reg", "n_factors")
    assert surface.row_values == (0.01, 0.1, 1.0) and surface.column_values == (2, 5)
    wanted = [[2.0 + 0.01 + 2, 2.0 + 0.01 + 5], [3.01, 6.01], [4.01, 7.01]]
    np.testing.assert_allclose(surface.errors(), wanted)
    table = sweep_results.trials_table(sweep, trials)
    assert list(table["trial"]) == list(range(1, 13))


@pytest.mark.parametrize("model", ["SGD", "ALS", "PMF", "SVDpp", "NMF", "ItemKNN", "EASE"])
def test_every_model_has_a_usual_sweep(model):
    try:
        experiment = Experiment("low_rank", "random", model)
    except FactorscopeError:
        pytest.skip(f"there is no {model}")
    values = experiment.make_model().resolve(experiment.make_split().train)
    sweep = usual_sweep(experiment, values)
    assert 1 <= len(sweep.over) <= 2
    assert sweep.n_trials == sweep.n_points * sweep.seeds
    for over in sweep.over:
        grid = over.grid()
        assert len(grid) >= 2 and grid[0] <= values[over.name] <= grid[-1], "around the usual"
