"""How the latent space of a run is drawn: the same for all who watch it, and all its epochs."""

from __future__ import annotations

from weakref import WeakKeyDictionary

import numpy as np

from recsys_core.asking.latent_map import axes_of
from recsys_core.figures.latent import MOST_NAMED_LIVE
from recsys_core.figures.point_labels import positions
from recsys_core.live.frames import places, shown, spread
from recsys_core.live.messages import Map
from recsys_core.runs import Run

# Width and height of the panel, roughly, in pixels.
_PLOT = (310.0, 250.0)

_maps: WeakKeyDictionary[Run, tuple[object, Map]] = WeakKeyDictionary()


def map_of(run: Run) -> Map | None:
    """The picture's width, the names of its axes, and where names stand; None without factors.

    Names stand where they do not cover each other at the end; until then, where the points are
    heading.
    """
    if run.basis is None:
        return None
    sign = (run.basis, run.status == "finished")
    found = _maps.get(run)
    if found is None or found[0] != sign:
        found = _maps[run] = sign, _map(run)
    return found[1]


def _map(run: Run) -> Map:
    assert run.basis is not None
    part = shown(run.split.train)
    ends = places(run, run.fitted if run.status == "finished" else run.pilot or run.fitted)
    named = len(ends) <= MOST_NAMED_LIVE
    expected = max(spread(ends), spread(places(run, run.pilot)) if run.pilot else 0.0)
    reach = (1.35 if named else 1.2) * expected or 1.0  # some room, for names more
    beside: list[str] = []
    if named:
        train = run.split.train
        names = [train.user_names[u] for u in part.users]
        names += [train.item_names[i] for i in part.items]
        corners = reach * np.array([[-1.0, -1.0], [1.0, 1.0]])
        beside = positions(ends, names, np.concatenate([ends, corners]), _PLOT)
    return Map(reach, *axes_of(run.basis), beside)
