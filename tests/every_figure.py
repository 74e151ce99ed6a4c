"""Every figure that pages draw, in its variants, as plain data; nothing here imports Plotly."""

from __future__ import annotations

import copy
import dataclasses
import functools
import itertools
import math
from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd

import recsys_core as rc
from recsys_core import runs
from recsys_core.asking import (
    attribution,
    comparison,
    disagreement,
    latent_map,
    matrix_view,
    projection,
    reranking,
    similarity,
)
from recsys_core.asking import closeness as of_closeness
from recsys_core.asking import cold_start as of_cold_start
from recsys_core.asking import reliability as of_reliability
from recsys_core.asking import truth as of_truth
from recsys_core.asking.inside.adam_step import AdamSteps
from recsys_core.asking.inside.gibbs_draw import GibbsDraws
from recsys_core.asking.inside.network_path import network_path as path_of
from recsys_core.asking.inside.nmf_update import NMFUpdates
from recsys_core.asking.inside.row_update import RowUpdates
from recsys_core.experiments import Experiment, sweep_results
from recsys_core.experiments import recovery_map as of_recovery
from recsys_core.experiments import seed_band as of_seeds
from recsys_core.experiments import selection_study as of_selection
from recsys_core.experiments.released import Released
from recsys_core.experiments.split_study import Row
from recsys_core.experiments.sweep import Over, Sweep, Trial
from recsys_core.experiments.sweep_search import next_trial, search_of
from recsys_core.experiments.variants import Row as Variant
from recsys_core.figures import (
    adam,
    cell_matrix,
    closeness,
    cold_start,
    curves,
    diagnosis,
    draws_so_far,
    epoch_lines,
    heatmap,
    histogram,
    latent,
    loss_bowl,
    multiplied,
    network_path,
    posterior_ellipses,
    race,
    rank_lines,
    rating_counts,
    reason_bars,
    recovery_map,
    released,
    reliability,
    rotation,
    seed_band,
    selection,
    similarity_matrix,
    sparsity_pattern,
    splits_compared,
    surprise,
    sweep,
    truth,
    user_errors,
    variants,
    waterfall,
)
from recsys_core.figures import comparison as differences
from recsys_core.figures.plain import Figure
from recsys_core.figures.theme import Mode
from recsys_core.live.frames import shown
from recsys_core.ratings import SIDES

MODULES = (
    cell_matrix,
    curves,
    heatmap,
    sparsity_pattern,
    latent,
    rating_counts,
    histogram,
    reason_bars,
    similarity_matrix,
    epoch_lines,
    waterfall,
    truth,
    recovery_map,
    selection,
    splits_compared,
    seed_band,
    rank_lines,
    user_errors,
    reliability,
    race,
    differences,
    sweep,
    loss_bowl,
    multiplied,
    posterior_ellipses,
    draws_so_far,
    network_path,
    variants,
    adam,
    cold_start,
    surprise,
    released,
    rotation,
    closeness,
    diagnosis,
)

BASELINES = ("Global mean", "User + item bias")


@functools.cache
def trained(name: str) -> runs.Run:
    """A run at its end: "party" is printed and named, "world" is 80 × 50, sampled and coloured."""
    worlds = {"party": rc.datasets.music_party, "world": lambda: rc.datasets.low_rank(80, 50)}
    server = runs.Registry(threaded=False)
    space = server.workspace("a browser")
    data = space.load(worlds[name]())
    data.choose("random")
    entry = space.new_entry(data.experiment(rc.SGD(n_epochs=6)))
    entry.train()
    while entry.run.busy:
        server.turn()
    return entry.run


def curve(run: runs.Run, name: str = "SGD", colour: int = 0) -> curves.Curve:
    """The epochs of a run, as figures take them."""
    return curves.Curve(name, run.epochs, run.n_epochs, colour, run.best_epoch, run.stream)


def matrix(run: runs.Run, mode: Mode, **changed: Any) -> tuple[Figure, dict[str, Any]]:
    """The live matrix of a run, and what its panel needs; ``changed`` are fields of the block."""
    part, split = shown(run.split.train), run.split
    block = matrix_view.block_of(
        split.train, run.fitted, part.rows, part.columns,
        validation=split.validation, test=split.test,
    )  # fmt: skip
    sampled = block.trained.size < run.ratings.n_users * run.ratings.n_items
    return heatmap.live(dataclasses.replace(block, **changed), mode, sampled=sampled)


def covered(figure: Figure, over: Figure) -> Figure:
    """A figure with what lies over it, as the browser puts them together (chart.js)."""
    below = copy.deepcopy(figure["data"])
    if over.get("opacity") is not None:
        for trace in below:
            trace["marker"]["opacity"] = over["opacity"]
    return {
        **figure,
        "data": below + over["data"],
        "layout": {**figure["layout"], "annotations": over["layout"].get("annotations", [])},
    }


def every_figure(mode: Mode) -> dict[str, list[Figure]]:
    """By “module.function”: what it draws of small and of large data, with and without marks."""
    drawn: dict[str, list[Figure]] = {}
    for builder, figure in _figures(mode):
        drawn.setdefault(builder, []).append(figure)
    return drawn


def _figures(mode: Mode) -> Iterator[tuple[str, Figure]]:
    for run in (trained("party"), trained("world")):
        ratings = run.ratings
        yield "histogram.figure", histogram.figure(ratings, mode)
        yield "rating_counts.figure", rating_counts.figure(ratings, mode)
        yield "sparsity_pattern.figure", sparsity_pattern.figure(ratings, mode)
        for has_ratings in (True, False):
            yield "heatmap.live", matrix(run, mode, has_ratings=has_ratings)[0]
        part = shown(run.split.train)
        yield "latent.live", latent.live(run.split.train, part.users, part.items, mode)[0]
        one, other = curve(run), curve(run, "another", 1)
        yield "curves.live", curves.live([one], one, BASELINES, mode)[0]
        several = curves.live([one, other], other, BASELINES, mode, log_x=True, log_y=True)
        yield "curves.live", several[0]
        yield "curves.drawn", curves.drawn([one, other], mode)
        yield "curves.drawn", curves.drawn([one], mode, measure="objective")
        yield from _of_a_model(run, mode)
        yield from _of_closer_looks(run, mode)
    yield from _of_the_truth(trained("world"), mode)
    yield from _of_a_comparison(trained("world"), mode)
    yield from _of_several(mode)
    wide, long = (
        rc.Ratings.from_matrix(np.eye(300, 200) * 3),
        rc.Ratings.from_matrix(np.eye(600, 40) * 3),
    )
    yield "sparsity_pattern.figure", sparsity_pattern.figure(wide, mode)
    yield "rating_counts.figure", rating_counts.figure(long, mode)
    party = rc.datasets.music_party()
    sampled = rc.BayesianPMF(n_factors=2, n_epochs=6, burn_in=1).fit(party).snapshot()
    part = matrix_view.block_of(party, sampled, party.user_order, party.item_order)
    yield "heatmap.figure", heatmap.figure(part, "uncertainty", mode)
    table = pd.DataFrame({"train": [2, 1, 0.01], "validation": [3, 1.0, 2.0]})
    yield "epoch_lines.figure", epoch_lines.figure(table, "Lines", mode, mark_lowest="validation")
    yield "epoch_lines.figure", epoch_lines.figure(table, "Lines", mode, between=(0.0, 2.0))
    yield "epoch_lines.panels", epoch_lines.panels(table, "Panels", mode)
    values, ringed = np.array([[1.0, -2], [np.nan, 0]]), np.eye(2, dtype=bool)
    differences = cell_matrix.figure(values, "ab", "cd", "Differences", mode, ringed, "lost")
    yield "cell_matrix.figure", differences
    yield from _of_sweeps(mode)
    yield from _of_updates(mode)


def _of_updates(mode: Mode) -> Iterator[tuple[str, Figure]]:
    """Both halves of one epoch: without λ far away, conjugate gradients, many factors."""
    party = rc.datasets.music_party()

    def before(model: rc.Model) -> tuple:
        training = model.start(party)
        training.advance(math.inf)
        return model, party, training.checkpoint()

    for model in (rc.ALS(n_factors=2), rc.ALS(n_factors=9), rc.ImplicitALS(n_factors=3)):
        rows = RowUpdates(*before(model))
        for side in SIDES:
            yield "loss_bowl.figure", loss_bowl.figure(rows.of(side, 0), 0, 1, mode)
    for k in (2, 30):
        update = NMFUpdates(*before(rc.NMF(n_factors=k))).of("user", 0)
        yield "multiplied.figure", multiplied.figure(update, mode)
    for side in SIDES:
        draw = GibbsDraws(*before(rc.BayesianPMF(n_factors=2))).of(side, 0)
        given = draw.prior, draw.posterior, draw.names, (0, 1), side, mode
        yield "posterior_ellipses.figure", posterior_ellipses.figure(*given)
        points = {"draw": draw.drawn, "before": draw.before}
        yield "posterior_ellipses.figure", posterior_ellipses.figure(*given, points)
    for variant in ("dot", "NeuMF"):
        model = rc.NeuralMF(n_factors=4, variant=variant)
        training = model.start(party)
        yield "network_path.figure", network_path.figure(path_of(training.latest, 0, 0), mode)
    for biases, sub in itertools.product((True, False), adam.SUB_STEPS):
        step = AdamSteps(*before(rc.NeuralMF(n_factors=2, biases=biases))).of(0, 0)
        yield "adam.figure", adam.figure(step, SIDES[int(biases)], sub, "somebody", mode)
    yield "draws_so_far.figure", draws_so_far.figure(np.array([3.0, 3.5, 3.2]), mode)


def _of_sweeps(mode: Mode) -> Iterator[tuple[str, Figure]]:
    experiment = Experiment("low_rank", "random", rc.SGD())
    reg, k = Over("reg", low=0.01, high=1.0, log=True, steps=3), Over("n_factors", (2, 5))
    for how, over in (("grid", (reg, k)), ("random", (reg, Over("n_factors", low=2, high=9)))):
        swept = Sweep(experiment, over, how, 12)  # type: ignore[arg-type]
        search, trials = search_of(swept), list[Trial]()
        while (trial := next_trial(swept, search, trials)) is not None:
            n = trial.number
            trials.append(dataclasses.replace(
                trial, status="paused" if n % 5 == 1 else "done", errors=(2.0, 1 + n / 9),
                best_epoch=1,
            ))  # fmt: skip
        for some in (trials, trials[:3]):
            points = sweep_results.points_of(some)
            for columns in ("n_factors", None):
                surface = sweep_results.surface_of(swept, points, "reg", columns)
                yield "sweep.surface", sweep.surface(swept, surface, mode)
            yield "sweep.parallel", sweep.parallel(swept, points, mode)
        yield "sweep.importance_bars", sweep.importance_bars(swept, trials, mode)


def _of_a_comparison(run: runs.Run, mode: Mode) -> Iterator[tuple[str, Figure]]:
    held = run.split.validation
    assert held is not None
    fitted = {"one": run.fitted, "other": rc.EASE().fit(run.split.train).snapshot(),
              "mean": rc.GlobalMean().fit(run.split.train).snapshot()}  # fmt: skip
    models = {name: comparison.measure(each, held) for name, each in fitted.items()}
    lines = [rank_lines.Line("one", 0), rank_lines.Line("other", 1), rank_lines.Line("mean", None)]
    ranks, values = disagreement.ranks(models), disagreement.values(models)
    yield "rank_lines.figure", rank_lines.figure(ranks, values, lines, mode)
    errors = [disagreement.user_rmse(models[name]) for name in ("one", "mean")]
    known = [each for each in errors if each is not None]
    yield "user_errors.figure", user_errors.figure(known, lines[::2], mode)
    yield "user_errors.figure", user_errors.figure(known[:1], lines[:1], mode)
    table = of_reliability.reliability(run.fitted, held)
    yield "reliability.figure", reliability.figure([table], lines[:1], held.scale, mode)
    means = {"rmse": 0.9, "mae": 0.7, "ndcg": 0.2, "recall": 0.1}
    none = dict.fromkeys(means)
    rows = [
        Row("random", 1, 1, 80, 10, 0, means, none, {"Global mean": 1.1, "User + item bias": 1}),
        Row("k_fold", 3, 5, 80, 20, 1, means, {**means, "rmse": 0.01}, {"Global mean": 1.1}),
        Row("by_time", 1, 1, 80, 10, 4, none, none, {}),
    ]
    for some in (rows, rows[:1]):
        yield "splits_compared.figure", splits_compared.figure(some, "SGD", 0, mode)
    biases = dict(zip(BASELINES, (1.1, 1.0), strict=True))
    networks = [
        Variant("dot", (0.9, 0.91, 0.92), (3.0, 3.1, 3.2), biases),
        Variant("MLP", (0.95,), (), biases),
    ]
    for of_networks in (networks, networks[:1]):
        yield "variants.figure", variants.figure(of_networks, 0, mode)
    band = of_seeds.band([run.epochs, run.epochs[:-2], run.epochs])
    what, own = of_seeds.leading(run.epochs)
    yield "seed_band.figure", seed_band.figure(band, own, what, "SGD", 0, mode)
    shared = [of_seeds.Shared(item, 0.5, 0.2, 0.8, 6.7, 2, 10) for item in (3, 4)]
    yield "seed_band.neighbours", seed_band.neighbours(shared, ["a", "b"], mode)


def _of_several(mode: Mode) -> Iterator[tuple[str, Figure]]:
    paced, alone = race.Racer("one", 0, "a", 20, 900), race.Racer("other", 1, "b", 1, 900, True)
    for count in ("epochs", "seconds", "touched"):
        log = count == "seconds"
        figure = race.live([paced, alone], BASELINES, mode, count=count, log_x=log, log_y=log)
        yield "race.live", figure[0]
    sure, unsure = (comparison.Difference("rmse", 1.0, 0.9, low, 0.2, 9) for low in (0.05, -0.05))
    models = [
        differences.Compared("one", 0, {"rmse": sure, "ndcg": None}),
        differences.Compared("other", None, {"rmse": unsure, "ndcg": unsure}),
    ]
    for metrics in (["rmse"], ["rmse", "ndcg"]):
        figure = differences.differences(models, "another", "validation", metrics, mode)
        yield "comparison.differences", figure


def _of_the_truth(run: runs.Run, mode: Mode) -> Iterator[tuple[str, Figure]]:
    true, split, ids = run.ratings.truth, run.split, np.arange(9)
    assert true is not None
    found = of_truth.recovery(run.fitted, true)
    assert found is not None
    one = dataclasses.replace(found, r2_of_factor=found.r2_of_factor[:1])
    for each in (found, one):
        for side in SIDES:
            yield "truth.recovered", truth.recovered(each, run.ratings, side, ids, mode)
    yield "truth.errors", truth.errors(of_truth.errors(run.fitted, true, split.train), mode)
    parts = of_truth.errors(run.fitted, true, split.train, split.validation)
    yield "truth.errors", truth.errors(parts, mode)
    plan = of_recovery.planned(run.experiment)
    assert plan is not None
    some = {(0, 0): of_recovery.Cell(0.9, 0.85, 0.95, 0.02, 2)}
    for cells in (some, dict.fromkeys(plan.of_cell, some[0, 0])):
        yield "recovery_map.figure", recovery_map.figure(plan, cells, mode)
    yield "truth.held_out", truth.held_out({"SGD": parts, "Global mean": parts}, 0, mode)
    selections = of_selection.planned(run.experiment)
    assert selections is not None
    rows = [
        of_selection.Row(at, 2, {"SGD": 0.2, "Global mean": 1.0}, {"SGD": 0.3, "Global mean": 1.1})
        for at in (0.0, 1.0)
    ]
    for some_rows in (rows, rows[:1]):
        yield "selection.figure", selection.figure(selections, some_rows, 0, mode)


def _of_closer_looks(run: runs.Run, mode: Mode) -> Iterator[tuple[str, Figure]]:
    fitted, held = run.fitted, run.split.validation
    steps = of_cold_start.steps(fitted, *of_cold_start.in_order(fitted.train, 2))
    rows = np.stack([step.guest.factors for step in steps])
    basis = projection.Basis.fit(fitted)
    way, users = basis.project(rows), basis.project(fitted.user_factors)
    for at in (0, len(steps) - 1):
        names = ["a", "b"] if at else []
        near = users[: len(names)]
        map_, bars = cold_start.figure(way, users, mode), cold_start.vector(rows, mode)
        yield "cold_start.figure", map_
        over = cold_start.over(way, at, users, near, names, mode)
        yield "cold_start.over", covered(map_, over)
        yield "cold_start.vector", bars
        over = cold_start.vector_over(rows[at], rows[max(at - 1, 0)], mode)
        yield "cold_start.vector_over", covered(bars, over)
    for part in (held, None):
        for way_of in reranking.WAYS:
            paid = reranking.curve(fitted, part, way_of, (0.0, 0.5, 1.0))
            yield "surprise.figure", surprise.figure(paid, 1, mode)
    left = Released(np.array([[1.0, 0], [0.4, 0], [0.1, 0]]), np.zeros((3, 2)), 7)
    yield "released.figure", released.figure(left, mode)
    reach = rotation.reach(fitted, 0, 1)
    yield "rotation.figure", rotation.figure(fitted, reach, 0, 1, mode)
    for side in SIDES:
        pair = of_closeness.pair(fitted, side, 0, 1)
        yield "closeness.figure", closeness.figure(pair, ("one", "other"), side, mode)
    yield "diagnosis.figure", diagnosis.figure(run.epochs, 2, 0, mode)
    without = [dataclasses.replace(e, validation_rmse=None) for e in run.epochs]
    yield "diagnosis.figure", diagnosis.figure(without, 5, 1, mode)


def _of_a_model(run: runs.Run, mode: Mode) -> Iterator[tuple[str, Figure]]:
    fitted, split = run.fitted, run.split
    names = run.ratings.item_names
    part = matrix_view.block_of(
        split.train, fitted, np.arange(min(40, run.ratings.n_users)), np.arange(9),
        validation=split.validation, test=split.test, item_groups=np.arange(9) // 4,
    )  # fmt: skip
    for view in matrix_view.views(fitted):
        yield "heatmap.figure", heatmap.figure(part, view, mode)
    found, extent = attribution.terms(fitted, 1, 2), fitted.extent
    yield "waterfall.figure", waterfall.figure(found, "one", "other", extent, mode)
    reasons = attribution.reasons(fitted, 1, 2)
    yield "reason_bars.figure", reason_bars.figure(reasons, names, names[2], mode)
    for ids in (np.arange(4), np.arange(min(20, len(names)))):
        alike = similarity.similarity_matrix(fitted, "item", "factors", ids)
        yield (
            "similarity_matrix.figure",
            similarity_matrix.figure(alike, "Alike", mode, selected=1),
        )
    basis = projection.Basis.fit(fitted)
    ids = {"user": np.arange(run.ratings.n_users), "item": np.arange(len(names))}
    places = latent_map.project(fitted, basis, ids, latent_map.axes_of(basis))
    groups, group_names = latent_map.clusters(fitted)
    options = {"axes": places.axes, "scale": run.ratings.scale, "group_names": group_names}
    for shade in ("kind", "group", "mean", "count"):
        sides = {side: groups[side] if shade == "group" else None for side in SIDES}
        clouds = [latent.cloud(split.train, places, side, sides[side]) for side in sides]
        options |= {"title": "Map", "shade": shade}
        yield "latent.figure", latent.figure(clouds, mode, **options)
        over = latent.overlay(clouds, ("item", 3), np.array([1, 2]), shade, mode)
        yield "latent.overlay", covered(latent.figure(clouds, mode, **options), over)
