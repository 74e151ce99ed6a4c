"""Every figure that pages draw, in its variants, as plain data; nothing here imports Plotly."""

from __future__ import annotations

import functools
from collections.abc import Iterator

import numpy as np
import pandas as pd

import recsys_core as rc
from recsys_core import blocks, explain, maps, projection, recommend, runs
from recsys_core.figures import (
    curves,
    data,
    heatmap,
    latent,
    likeness,
    lines,
    live_latent,
    live_matrix,
    terms,
)
from recsys_core.figures.plain import Figure
from recsys_core.figures.theme import Mode

MODULES = (curves, data, heatmap, latent, likeness, lines, live_latent, live_matrix, terms)


@functools.cache
def trained(name: str) -> runs.Run:
    """A run at its end: "party" is printed and named, "world" is 80 × 50, sampled and coloured."""
    worlds = {"party": rc.datasets.music_party, "world": lambda: rc.datasets.low_rank(80, 50)}
    server = runs.Registry(threaded=False)
    ratings = server.workspace("a browser").load(worlds[name]())
    ratings.choose("random")
    run = server.workspace("a browser").new_run(ratings.experiment(rc.SGD(n_epochs=6)))
    run.set_speed(None)
    run.play()
    while run.busy:
        server.turn()
    return run


def every_figure(mode: Mode) -> dict[str, list[Figure]]:
    """By “module.function”: what it draws of small and of large data, with and without marks."""
    drawn: dict[str, list[Figure]] = {}
    for builder, figure in _figures(mode):
        drawn.setdefault(builder, []).append(figure)
    return drawn


def _figures(mode: Mode) -> Iterator[tuple[str, Figure]]:
    for run in (trained("party"), trained("world")):
        ratings = run.ratings
        for name in ("spread", "tail", "known"):
            yield f"data.{name}", getattr(data, name)(ratings, mode)
        for options in ({}, {"epoch": 0}, {"user": 1, "item": 2}):
            yield "live_matrix.figure", live_matrix.figure(run, mode, **options)[0]
            yield "live_latent.figure", live_latent.figure(run, mode, **options)[0]
        yield "curves.figure", curves.figure([run], run, mode)[0]
        several = curves.figure([run, run], run, mode, log_x=True, log_y=True, epoch=1)
        yield "curves.figure", several[0]
        yield "curves.drawn", curves.drawn([curves.of_run(run)], mode, measure="objective")
        yield from _of_a_model(run, mode)
    yield "data.known", data.known(rc.Ratings.from_matrix(np.eye(300, 200) * 3), mode)
    yield "data.tail", data.tail(rc.Ratings.from_matrix(np.eye(600, 40) * 3), mode)
    party = rc.datasets.music_party()
    sampled = rc.BayesianPMF(n_factors=2, n_epochs=6, burn_in=1).fit(party).snapshot()
    part = blocks.cut(party, sampled, party.user_order, party.item_order)
    yield "heatmap.figure", heatmap.figure(part, "uncertainty", mode)
    table = pd.DataFrame({"train": [2, 1, 0.01], "validation": [3, 1.0, 2.0]})
    yield "lines.figure", lines.figure(table, "Lines", mode, mark_lowest="validation")


def _of_a_model(run: runs.Run, mode: Mode) -> Iterator[tuple[str, Figure]]:
    predictor, split = run.predictor, run.split
    names = run.ratings.item_names
    part = blocks.cut(
        split.train, predictor, np.arange(min(40, run.ratings.n_users)), np.arange(9),
        validation=split.validation, test=split.test, item_groups=np.arange(9) // 4,
    )  # fmt: skip
    for view in blocks.views(predictor):
        yield "heatmap.figure", heatmap.figure(part, view, mode, user=1, item=2)
    yield "heatmap.figure", heatmap.figure(part, "filled", mode, user=1)
    found, extent = explain.terms(predictor, 1, 2), predictor.extent
    yield "terms.figure", terms.figure(found, "one", "other", extent, mode)
    pulls = likeness.pulls(explain.reasons(predictor, 1, 2), names, names[2], mode)
    yield "likeness.pulls", pulls
    for ids in (np.arange(4), np.arange(min(20, len(names)))):
        alike = recommend.similarity_matrix(predictor, "item", "factors", ids)
        yield "likeness.similarities", likeness.similarities(alike, "Alike", mode, selected=1)
    basis = projection.Basis.fit(predictor)
    ids = {"user": np.arange(run.ratings.n_users), "item": np.arange(len(names))}
    places = maps.through(predictor, basis, ids, maps.widest(basis))
    groups, group_names = maps.clusters(predictor)
    options = {"axes": places.axes, "scale": run.ratings.scale, "group_names": group_names}
    for shade in ("kind", "group", "mean", "count"):
        sides = {side: groups[side] if shade == "group" else None for side in maps.SIDES}
        clouds = [latent.cloud(split.train, places, side, sides[side]) for side in sides]
        options |= {"title": "Map", "shade": shade}
        yield "latent.figure", latent.figure(clouds, mode, **options)
        near = {"selected": ("item", 3), "neighbours": np.array([1, 2])}
        yield "latent.figure", latent.figure(clouds, mode, **options, **near)
