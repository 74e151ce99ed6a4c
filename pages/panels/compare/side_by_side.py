"""Models that can be compared with the run in view: trained on the same split, and baselines."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from weakref import WeakKeyDictionary

from pages.shared import session
from pages.shared.model_in_view import once
from recsys_core import words
from recsys_core.asking import comparison
from recsys_core.asking.comparison import Measured
from recsys_core.experiments.scores import liked_threshold, listed_users
from recsys_core.figures.rank_lines import Line
from recsys_core.models import FittedModel
from recsys_core.ratings import Ratings
from recsys_core.runs import Entry
from recsys_core.splits import Split


@dataclass(frozen=True)
class Candidate:
    """A model to compare: its line in charts, and what it comes to on the validation part."""

    line: Line
    fitted: FittedModel
    measured: Measured

    @property
    def name(self) -> str:
        """What it is called."""
        return self.line.name


_of_baselines: WeakKeyDictionary[Split, list[tuple[str, FittedModel, Measured]]]
_of_baselines = WeakKeyDictionary()
_lock = threading.Lock()


def entries(here: Entry) -> list[Entry]:
    """The run in view and the trained ones beside it, in the order of creation."""
    return [
        each
        for each in session.workspace().entries
        if (each is here or each.group == here.group)
        and each.run.split is here.run.split
        and (each.run.epoch > 0 or each.run.status == "finished")
        and each.run.status != "failed"
    ]


def candidates(here: Entry) -> list[Candidate]:
    """Those, each at its best epoch, and the baselines; names are told apart.

    The run's split must have a validation part.
    """
    part = here.run.split.validation
    assert part is not None
    found = []
    for each in entries(here):
        run = each.run
        with run.lock:
            epoch, fitted = run.snapshot_near(run.epoch_at("best"))
        measured = once(run, ("measured", epoch), lambda fitted=fitted: _measure(fitted, part))
        found.append(Candidate(Line(each.name, each.color_index), fitted, measured))
    for name, fitted, measured in _baselines(here):
        found.append(Candidate(Line(name, None), fitted, measured))
    names = words.distinct([each.name for each in found])
    return [
        Candidate(Line(name, each.line.colour), each.fitted, each.measured)
        for name, each in zip(names, found, strict=True)
    ]


def _baselines(here: Entry) -> list[tuple[str, FittedModel, Measured]]:
    split = here.run.split
    with _lock:
        found = _of_baselines.get(split)
    if found is None:
        assert split.validation is not None
        found = []
        for model in here.run.baselines.fit():
            fitted = model.snapshot()
            found.append((model.title, fitted, _measure(fitted, split.validation)))
        with _lock:
            found = _of_baselines.setdefault(split, found)
    return found


def _measure(fitted: FittedModel, part: Ratings) -> Measured:
    return comparison.measure(
        fitted, part, threshold=liked_threshold(part), listed=listed_users(part)
    )
