"""The one-rating microscope: one step of SGD or SVD++ in its sub-steps, by the kernel's numbers."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import streamlit as st

from pages.panels.inside import kept
from pages.shared import parts
from pages.shared.chart.assets import component_of
from pages.shared.chart.chart import twin
from pages.shared.chart.file_names import saved_as
from recsys_core import words
from recsys_core.asking.inside.microscope import Found, Microscope, Rule, take_apart
from recsys_core.asking.inside.step_words import SUB_STEPS, WORDS
from recsys_core.asking.projection import Basis
from recsys_core.live.frames import shown
from recsys_core.models import FactorModel, seen_as
from recsys_core.runs import Run
from recsys_core.text import Text

_COMPONENT = st.components.v2.component(
    "factorscope_one_step", js=component_of("one_step.js"), isolate_styles=False
)

_KEY = "one_step"

# Ratings sent at once: some before the one in view, and those after it.
_BEFORE, _AHEAD = 8, 64

# Of each side, points drawn faintly in the plane.
_MOST_POINTS = 120


def show(run: Run, epoch: int, user: int, item: int) -> None:
    """The step of the selected cell's rating, in the epoch after the one shown."""
    found_epoch = kept.retraced(run, epoch, Microscope)
    if found_epoch is None:
        st.caption(kept.FROM_A_FILE.worded())
        return
    before, scope = found_epoch
    cell = scope.place(user, item)
    token = f"{run.stream} {before} {user} {item}"
    asked = st.session_state.get("one_step_first")
    begin = cell or 0
    here = asked[1] if asked and asked[0] == token else begin
    first = max(min(here, scope.n_steps - 1) - _BEFORE, 0)
    found = scope.found(first, _BEFORE + _AHEAD)
    with st.container(key=f"{_KEY}_chart", gap=None):
        _COMPONENT(
            key=_KEY,
            data={
                "token": token,
                "begin": begin,
                "cell": cell,
                "epoch": scope.epoch,
                "n_steps": scope.n_steps,
                "first": first,
                "steps": [_named(run, each) | found_sent(each) for each in found],
                "rule": rule_sent(scope.rule),
                "unit": scope.unit._asdict(),
                "plane": _plane(run, before),
                "words": WORDS,
                "sub_steps": [name.worded() for name in SUB_STEPS.values()],
                "note": _note(run, epoch, before, cell, user, item),
                "locked": parts.locked("inside"),
            },
            on_asked_change=parts.unlocked("inside", lambda: _asked(token)),
        )
        twin(
            lambda: _table(run, scope, found),
            _KEY,
            Text(
                "The steps of {n_ratings} ratings of epoch {epoch:,}",
                n_ratings=len(found),
                epoch=scope.epoch,
            ),
            saved_as(f"steps epoch {scope.epoch}"),
        )


def _asked(token: str) -> None:
    """In a callback: the browser has come near the end of what it was sent."""
    told = st.session_state[_KEY].get("asked") if _KEY in st.session_state else None
    first = told.get("first") if isinstance(told, dict) else None
    if type(first) is int and first >= 0:
        st.session_state.one_step_first = (token, first)


def _note(run: Run, epoch: int, before: int, cell: int | None, user: int, item: int) -> str:
    """What has to be said beside it: the cell is not trained on, another epoch is retraced."""
    said = [kept.remark(run, epoch, before)]
    if cell is None:
        said.append(
            Text(
                "{user} × {item} is no training rating, so no step is ever taken for it: these are "
                "the ratings in the order in which the epoch draws them.",
                user=run.ratings.user_names[user],
                item=run.ratings.item_names[item],
            )
        )
    return " ".join(str(text) for text in said if text is not None)


def _named(run: Run, found: Found) -> dict[str, Any]:
    ratings = run.ratings
    rating = float(run.split.train.block([found.user], [found.item])[0, 0])
    return {
        "user_name": ratings.user_names[found.user],
        "item_name": ratings.item_names[found.item],
        "said": ratings.scale.said(rating),
        "rating": rating,
    }


def rule_sent(rule: Rule) -> dict[str, Any]:
    """What ``take_apart.js`` takes for the rule of an epoch."""
    return {
        "mean": rule.mean,
        "rate": rule.learning_rate,
        "biases": rule.biases,
        "in_turn": rule.in_turn,
        "waits": rule.waits,
        "ends": rule.ends,
    }


def found_sent(found: Found) -> dict[str, Any]:
    """What ``take_apart.js`` takes for what a rating finds."""
    return {
        "target": found.target,
        "p": _short(found.user_factors),
        "q": _short(found.item_factors),
        "bu": found.user_bias,
        "bi": found.item_bias,
        "ru": found.reg_user,
        "ri": found.reg_item,
        "times": found.times,
    }


def _short(values: np.ndarray) -> list[float]:
    """In as few digits as tell float32 numbers apart."""
    return [float(f"{value:.9g}") for value in values.tolist()]


def _plane(run: Run, epoch: int) -> dict[str, Any] | None:
    """The map of the run, for the factors as they are trained: its axes, and points around."""
    fitted = run.fitted_at(epoch)
    if not fitted.has.factors:
        return None
    model = seen_as(FactorModel, fitted)
    k = model.n_factors
    if k < 2:
        return None
    basis = Basis.of_factors(model, 0, 1) if k == 2 else run.basis or Basis.fit(model)
    names = (
        [Text("factor {name}", name=1), Text("factor {name}", name=2)]
        if k == 2
        else [Text("main direction"), Text("second direction")]
    )
    part = shown(run.split.train)
    users = basis.project(model.user_factors[part.users[:_MOST_POINTS]])
    items = basis.project(model.item_factors[part.items[:_MOST_POINTS]])
    return {
        "axes": (model.factor_size * basis.axes).round(9).tolist(),
        "centre": (basis.centre @ basis.axes).round(9).tolist(),
        "names": names,
        "users": users.round(4).tolist(),
        "items": items.round(4).tolist(),
    }


def _table(run: Run, scope: Microscope, found: list[Found]) -> pd.DataFrame:
    """The same steps as a table: one row a rating, in rating units."""
    steps = [take_apart(each, scope.rule) for each in found]

    def ratings(values: list[float]) -> np.ndarray:
        return scope.unit.shift + scope.unit.size * np.array(values)

    names = run.ratings
    return pd.DataFrame(
        {
            Text("place"): [each.place + 1 for each in found],
            Text("user"): [names.user_names[each.user] for each in found],
            words.named(names.item_noun): [names.item_names[each.item] for each in found],
            Text("rating"): ratings([each.target for each in found]),
            Text("predicted"): ratings([step.prediction for step in steps]),
            Text("predicted after"): ratings([step.prediction_after for step in steps]),
            Text("error"): scope.unit.size * np.array([step.error for step in steps]),
        }
    )
