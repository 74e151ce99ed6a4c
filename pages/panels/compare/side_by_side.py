"""Models that are compared by what they come to: the runs chosen, and the baselines."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Future
from dataclasses import dataclass

import streamlit as st

from pages.shared import view
from recsys_core import escape, words
from recsys_core.asking.comparison import Measured
from recsys_core.errors import FactorscopeError
from recsys_core.figures.rank_lines import Line
from recsys_core.models import FittedModel
from recsys_core.runs import Entry, comparing
from recsys_core.text import Text, worded

# Seconds between two looks at what is measured.
_EVERY = 1.0


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


def trained() -> list[Entry]:
    """The runs chosen to be compared that have been trained at all."""
    return [each for each in view.compared() if each.run.epoch > 0 or each.run.status == "finished"]


_Asked = tuple[str, int | None, Future[comparing.Subject] | comparing.Subject, Future[Measured]]


def _asked(here: Entry) -> Iterator[_Asked]:
    """Name, colour, model and measures of the runs and of the baselines none of them is, soon."""
    entries, split = trained(), here.run.split
    for each in entries:
        which = comparing.subject(each.run)
        measured = comparing.of_run(each.run, which, "validation")
        yield each.name, each.color_index, which, measured
    taken = {type(each.run.model) for each in entries if comparing.is_baseline(each.run)}
    for kind in comparing.BASELINES:
        if kind not in taken:
            measured = comparing.of_baseline(kind, split, "validation")
            yield worded(kind.title), None, comparing.baseline(kind, split), measured


def candidates(here: Entry) -> list[Candidate]:
    """Those measured so far, each run at its best epoch; names are told apart.

    What is still measured is said, and drawn when it is there. The split of the run in view must
    have a validation part.
    """
    found: list[Candidate] = []
    asked = list(_asked(here))
    for name, colour, which, measured in asked:
        if not measured.done():
            continue
        try:
            fitted = (which if isinstance(which, comparing.Subject) else which.result()).fitted
            found.append(Candidate(Line(name, colour), fitted, measured.result()))
        except FactorscopeError as error:
            st.warning(
                escape.markdown(
                    Text("{name} could not be measured: {why}", name=name, why=error.text)
                ),
                icon=":material/error:",
            )
    done = [measured for *_, measured in asked if measured.done()]
    if len(done) < len(asked):
        _waiting([measured for *_, measured in asked], len(done))
    names = words.distinct([each.name for each in found])
    return [
        Candidate(Line(name, each.line.colour), each.fitted, each.measured)
        for name, each in zip(names, found, strict=True)
    ]


@st.fragment(run_every=_EVERY)
def _waiting(asked: list[Future[Measured]], n_drawn: int) -> None:
    """Say how many are measured; once there are more, the page is drawn anew with them."""
    n_done = sum(each.done() for each in asked)
    if n_done > n_drawn:
        st.rerun()
    st.progress(
        n_done / len(asked), Text("{done} of {n} models measured", done=n_done, n=len(asked))
    )
