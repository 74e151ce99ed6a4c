"""How the latent space of a run is drawn: the same for all who watch it, and all its epochs."""

from __future__ import annotations

from weakref import WeakKeyDictionary

from recsys_core.asking.latent_map import axes_of
from recsys_core.figures.latent import MOST_NAMED_LIVE
from recsys_core.live.frames import places, spread
from recsys_core.live.messages import Map, Sentence
from recsys_core.models import Factored, seen_as
from recsys_core.runs import Run

_maps: WeakKeyDictionary[Run, tuple[object, Map]] = WeakKeyDictionary()


def map_of(run: Run) -> Map | None:
    """The picture's width, and the names of its axes; None without factors."""
    if run.basis is None:
        return None
    sign = (run.basis, run.status == "finished")
    found = _maps.get(run)
    if found is None or found[0] != sign:
        found = _maps[run] = sign, _map(run)
    return found[1]


def _map(run: Run) -> Map:
    assert run.basis is not None
    fitted = run.fitted if run.status == "finished" else run.pilot or run.fitted
    ends = places(run, fitted)
    named = len(ends) <= MOST_NAMED_LIVE
    expected = max(spread(ends), spread(places(run, run.pilot)) if run.pilot else 0.0)
    reach = (1.35 if named else 1.2) * expected or 1.0  # some room, for names more
    # Found early in training, the directions stay; how much of the spread lies along them does not.
    axes = axes_of(run.basis.seen_in(seen_as(Factored, fitted)))
    return Map(reach, *map(Sentence.of, axes))
