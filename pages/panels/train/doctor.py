"""What went wrong: diverged or overfitting, where it began, and a setting that mends it, tried."""

from __future__ import annotations

import math
from typing import Any

import pandas as pd
import streamlit as st

from pages.shared import parts, session, study_progress, view
from pages.shared.chart.chart import chart
from pages.shared.tables import aligned
from recsys_core import escape, words
from recsys_core.errors import FactorscopeError
from recsys_core.experiments import diagnosis
from recsys_core.experiments.diagnosis import Diagnosis, Remedy
from recsys_core.figures import diagnosis as pictures
from recsys_core.runs import Entry
from recsys_core.text import Text, worded


@view.fragment("doctor", "status")
def doctor() -> None:
    """Draw what is found of the run in view, once it rests; nothing where it has no epochs."""
    entry = view.entry()
    if entry is None or not entry.run.model.has_epochs or entry.run.wants_training:
        return
    run = entry.run
    if not run.epoch and not run.message:
        return
    found = diagnosis.diagnose(run.epochs, bool(run.message), run.settings)
    if found.kind == "early":
        return
    with st.container(border=True, key="doctor_box"):
        sentence = worded(found.sentence)
        st.markdown(f"{Text('**Did it diverge or overfit?**')} {escape.markdown(sentence)}")
        if found.began is None:
            return
        left, right = st.columns([1, 1.2], gap="medium")
        with left:
            if len(run.epochs) > 1:
                chart(
                    pictures.figure(run.epochs, found.began, entry.color_index, session.theme()),
                    key="doctor_curve",
                    alt=sentence,
                    table=lambda: pictures.table(run.epochs),
                    what="where-it-began",
                )
        with right:
            _remedies(entry, found)


def _remedies(entry: Entry, found: Diagnosis) -> None:
    """What is tried, what came of it, and a run with the best of it."""
    run = entry.run
    if run.brought:
        st.caption(Text("This model came from a file: how to train it again is not known here."))
        return
    tried = diagnosis.remedies(run.experiment, run.settings, found)
    if not tried:
        st.caption(Text("No setting of this model is known to mend that."))
        return
    study = session.workspace().study
    experiments = [each.experiment for each in tried]
    st.markdown(
        Text("Settings that may mend it; each is trained on the same ratings, from the start:")
    )
    st.dataframe(
        aligned(_table(entry, tried)), hide_index=True, height="content", key="doctor_tried",
        alt=Text("Settings tried, and the error that each comes to"),
    )  # fmt: skip
    study_progress.controls(
        "doctor", experiments, Text("Try {n:,} setting", "Try {n:,} settings", n=len(tried)),
        Text("Try the rest"), part="doctor",
    )  # fmt: skip
    best = diagnosis.best_of(tried, study.outcomes)
    if best is None:
        return
    outcome = study.outcomes[best.experiment]
    after = diagnosis.judged_error(outcome)
    before = _own(entry)
    assert after is not None
    said: dict[str, Any] = {
        "change": escape.markdown(worded(best.change)),
        "kind": _kind(outcome.best_epoch is not None),
        "after": words.error(after),
    }
    if before is None:
        st.markdown(
            Text(
                "Best of these: **{change}**: {kind} {after}; the run itself came to nothing.",
                **said,
            )
        )
    elif after < before:
        st.markdown(
            Text(
                "Best of these: **{change}**: {kind} {after}, {before} as it was. That mends it.",
                before=words.error(before), **said,
            )
        )  # fmt: skip
    else:
        st.markdown(
            Text(
                "Best of these: **{change}**: {kind} {after}, but the best epoch of the run as it "
                "was has {before}: stopping there is as good a cure.",
                before=words.error(before), **said,
            )
        )  # fmt: skip
    st.button(
        Text("Start a run with it"),
        icon=":material/play_arrow:",
        key="doctor_run",
        disabled=parts.locked("doctor"),
        on_click=parts.unlocked("doctor", _start),
        args=(best,),
    )


def _own(entry: Entry) -> float | None:
    """What the run itself comes to, judged alike; None where it diverged."""
    run = entry.run
    if run.message:
        return None
    epochs = run.epochs
    if run.best_epoch is not None:
        return epochs[run.best_epoch].validation_rmse
    return epochs[-1].train_rmse


def _table(entry: Entry, tried: list[Remedy]) -> pd.DataFrame:
    study = session.workspace().study
    rows: list[dict[str, Any]] = []
    for each in tried:
        outcome = study.outcomes.get(each.experiment)
        failed = each.experiment in study.failed
        error = None if outcome is None else diagnosis.judged_error(outcome)
        if failed:
            best = Text("diverged, too")
        elif outcome is None:
            best = Text("not tried yet")
        else:
            best = Text("epoch {epoch}", epoch=outcome.best_epoch or outcome.epochs[-1].number)
        rows.append(
            {
                Text("setting"): worded(each.change),
                _kind(entry.run.split.validation is not None): math.nan if error is None else error,
                Text("best"): best,
            }
        )
    return pd.DataFrame(rows)


def _kind(validated: bool) -> Text:
    return Text("validation RMSE") if validated else Text("training RMSE")


def _start(best: Remedy) -> None:
    """In a callback: a new run with the setting, in view, from its start."""
    try:
        fresh = session.workspace().new_entry(best.experiment)
    except FactorscopeError as error:
        st.session_state.refused = error.text
        view.redraw("refused")
        return
    view.watch(fresh)
    view.redraw("run")
