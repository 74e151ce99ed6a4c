"""How far the held-out error is off: the same model on data of other selections.

e = Experiment("low_rank", model=rc.SGD(n_factors=3))
plan = planned(e)                            # five strengths of selection, two seeds each
found = rows(plan, outcomes)                 # train plan.experiments; see ``runs.studies``
print(sentence(plan, found))
"""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from recsys_core.asking.truth import held_out_and_all
from recsys_core.experiments import generated
from recsys_core.experiments.experiment import Experiment
from recsys_core.experiments.outcome import Outcome
from recsys_core.text import Text
from recsys_core.words import error, given

_STRENGTHS = (0.0, 0.25, 0.5, 0.75, 1.0)


@dataclass(frozen=True)
class Plan:
    """What is to be trained.

    Attributes
    ----------
    of_strength : the experiments of each strength of selection, one a seed, lowest strength first.
    present : the strength of the data in view.
    remarks : what is smaller than in the run in view.
    """

    of_strength: Mapping[float, tuple[Experiment, ...]]
    present: float
    remarks: tuple[Text, ...]

    @property
    def experiments(self) -> list[Experiment]:
        """All of them."""
        return [each for experiments in self.of_strength.values() for each in experiments]


@dataclass(frozen=True)
class Row:
    """One strength: RMSE against the noise-free ratings, means over n seeds.

    Attributes
    ----------
    held_out, everything : by model, the one measured first, then baselines: on held-out pairs, and
        on all.
    """

    strength: float
    n: int
    held_out: Mapping[str, float]
    everything: Mapping[str, float]


def planned(experiment: Experiment) -> Plan | None:
    """Selections 0, ¼, ½, ¾ and 1, the nearest replaced by that of the data.

    None of data that are not generated so, or where nothing is held out.
    """
    if not generated.is_generated(experiment) or experiment.make_split().validation is None:
        return None
    data: Any = dict(experiment.data.options)
    small, remarks = generated.affordable(experiment, data["density"])
    of_strength = {
        strength: generated.seeds(generated.on_other_data(small, selection=strength))
        for strength in generated.with_present(_STRENGTHS, data["selection"])
    }
    return Plan(of_strength, data["selection"], tuple(remarks))


def rows(plan: Plan, outcomes: Mapping[Experiment, Outcome]) -> list[Row]:
    """What is measured so far, lowest strength first; none of a model that predicts no ratings."""
    found = []
    for strength, experiments in plan.of_strength.items():
        known = [outcomes[each].truth for each in experiments if each in outcomes]
        pairs = [held_out_and_all(each.errors) for each in known if each is not None]
        names = list(pairs[0]) if pairs else []
        if names:
            means = [
                {name: statistics.fmean(each[name][at].truth for each in pairs) for name in names}
                for at in (0, 1)
            ]
            found.append(Row(strength, len(pairs), means[0], means[1]))
    return found


def sentence(plan: Plan, found: Sequence[Row]) -> Text | None:
    """Say what becomes of both errors of the model from the lowest to the highest strength.

    None until both are measured.
    """
    by_strength = {row.strength: row for row in found}
    strengths = list(plan.of_strength)
    if strengths[0] not in by_strength or strengths[-1] not in by_strength:
        return None
    low, high = by_strength[strengths[0]], by_strength[strengths[-1]]
    name = next(iter(low.held_out))
    return Text(
        "From selection {low} to {high} the RMSE of {name} on held-out pairs goes from {held_low} "
        "to {held_high}, that on all pairs from {all_low} to {all_high}.",
        name=name, low=given(low.strength) if low.strength else "0", high=given(high.strength),
        held_low=error(low.held_out[name]), held_high=error(high.held_out[name]),
        all_low=error(low.everything[name]), all_high=error(high.everything[name]),
    )  # fmt: skip
