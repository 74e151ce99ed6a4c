"""Where recovery begins: the same model on generated data of other densities and noises.

e = Experiment("low_rank", model=rc.SGD(n_factors=3))
plan = planned(e)                       # five densities, five noises, two seeds each
for each in plan.experiments: …         # train each; see ``runs.studies``
found = cells(plan, outcomes)           # R² of the true factors by density and noise
print(*sentences(plan, found))
"""

from __future__ import annotations

import statistics
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from recsys_core import words
from recsys_core.experiments import generated
from recsys_core.experiments.experiment import Experiment
from recsys_core.experiments.outcome import Outcome
from recsys_core.splits import FEW
from recsys_core.text import Text

# Noises, as multiples of the standard deviation of the noise-free ratings.
_NOISES = (0.0, 0.25, 0.5, 1.0, 2.0)

_N_DENSITIES = 5

# From this R² on most of the true factors counts as found.
MOST_FOUND = 0.5


@dataclass(frozen=True)
class Plan:
    """What is to be trained.

    Attributes
    ----------
    densities, noises : of the columns and the rows, lowest first; shares, and rating units.
    of_cell : the experiments of each cell (row, column), one a seed.
    present : row and column of the data in view.
    n_items : items of the data trained on; times a density, the ratings of a user.
    remarks : what is smaller than in the run in view.
    """

    densities: tuple[float, ...]
    noises: tuple[float, ...]
    of_cell: Mapping[tuple[int, int], tuple[Experiment, ...]]
    present: tuple[int, int]
    n_items: int
    remarks: tuple[Text, ...]

    @property
    def experiments(self) -> list[Experiment]:
        """All of them, the first seed of every cell before the next, so that the map fills soon."""
        return [
            experiments[step]
            for step in range(generated.N_SEEDS)
            for experiments in self.of_cell.values()
        ]


@dataclass(frozen=True)
class Cell:
    """The R² of the true factors at one density and noise, over seeds.

    Attributes
    ----------
    r2 : the mean; lowest, highest : of n seeds.
    by_chance : mean R² of random factors of the same shapes.
    """

    r2: float
    lowest: float
    highest: float
    by_chance: float
    n: int


def planned(experiment: Experiment) -> Plan | None:
    """Five densities and five noises, those of the data among them; None of other data.

    Densities halve and double around the present one, up to 1, and leave at least 200 ratings.
    Noises are 0, ¼, ½, 1 and 2 standard deviations of the noise-free ratings, the nearest replaced
    by the present one.
    """
    if not generated.is_generated(experiment):
        return None
    data: Any = dict(experiment.data.options)
    densities = _around(data["density"], FEW / (data["n_users"] * data["n_items"]))
    small, remarks = generated.affordable(experiment, max(densities))
    low, high = data["scale"][:2]
    deviation = (high - low) / 4
    noises = generated.with_present([each * deviation for each in _NOISES], data["noise"])
    of_cell = {
        (row, column): generated.seeds(
            generated.on_other_data(small, density=density, noise=noise)
        )
        for row, noise in enumerate(noises)
        for column, density in enumerate(densities)
    }  # fmt: skip
    present = noises.index(data["noise"]), densities.index(data["density"])
    n_items: Any = small.data["n_items"]
    return Plan(densities, noises, of_cell, present, n_items, tuple(remarks))


def _around(density: float, lowest: float) -> tuple[float, ...]:
    """The present density among at most five that halve and double, from ``lowest`` to 1."""
    doubled = [density * 2.0**step for step in range(-_N_DENSITIES, _N_DENSITIES)]
    possible = [each for each in doubled if each == density or lowest <= each <= 1]
    if possible[-1] < 0.8:
        possible.append(1.0)
    start = possible.index(density) - _N_DENSITIES // 2
    start = max(min(start, len(possible) - _N_DENSITIES), 0)
    return tuple(possible[start : start + _N_DENSITIES])


def cells(plan: Plan, outcomes: Mapping[Experiment, Outcome]) -> dict[tuple[int, int], Cell]:
    """What is measured so far, by (row, column)."""
    found = {}
    for at, experiments in plan.of_cell.items():
        known = [outcomes[each].truth for each in experiments if each in outcomes]
        r2 = [each.r2 for each in known if each is not None and each.r2 is not None]
        chance = [each.r2_by_chance for each in known if each and each.r2_by_chance is not None]
        if r2:
            found[at] = Cell(
                statistics.fmean(r2), min(r2), max(r2), statistics.fmean(chance), len(r2)
            )
    return found


def sentences(plan: Plan, found: Mapping[tuple[int, int], Cell]) -> list[Text]:
    """Say what is found of the data in view, and from which density on recovery begins.

    Recovery begins, at a noise, at the lowest density from which on R² is ``MOST_FOUND`` or more.
    Empty until the rows of the lowest and the highest noise are measured.
    """
    columns = range(len(plan.densities))
    last = len(plan.noises) - 1
    if not all((row, column) in found for row in (0, last) for column in columns):
        return []
    said = []
    if (here := found.get(plan.present)) is not None:
        row, column = plan.present
        said.append(
            Text(
                "As in the data in view, {density} filled and with a noise of {noise}, R² is {r2}; "
                "random factors reach {chance}.",
                density=words.percent(plan.densities[column]),
                noise=words.given(plan.noises[row]), r2=words.measure(here.r2, 2),
                chance=words.measure(here.by_chance, 2),
            )
        )  # fmt: skip
    said.append(
        Text(
            "Most of the truth (R² ≥ {most}) is found {at_low} without noise, and {at_high} with a "
            "noise of {high}.",
            most=MOST_FOUND, at_low=_begins(plan, found, 0), at_high=_begins(plan, found, last),
            high=words.given(plan.noises[last]),
        )
    )  # fmt: skip
    return said


def _begins(plan: Plan, found: Mapping[tuple[int, int], Cell], row: int) -> Text:
    begins = None
    for column in reversed(range(len(plan.densities))):
        if found[row, column].r2 < MOST_FOUND:
            break
        begins = column
    if begins is None:
        return Text("at no density here")
    if begins == 0:
        return Text("at every density here")
    return Text(
        "from {density} filled on ({n} ratings per user)",
        density=words.percent(plan.densities[begins]),
        n=words.number(plan.densities[begins] * plan.n_items),
    )
