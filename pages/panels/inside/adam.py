"""One step of Adam, taken apart: gradient, both moments, step, and the prediction after it."""

from __future__ import annotations

import math

import pandas as pd
import streamlit as st

from pages.panels.inside import kept
from pages.shared import choices, job_progress, session
from pages.shared.chart.chart import chart
from recsys_core import escape, words
from recsys_core.asking.inside.adam_step import AdamStep, AdamSteps
from recsys_core.figures import adam
from recsys_core.ratings import SIDES, Side
from recsys_core.runs import Run

# Where an epoch takes longer than so many seconds it is retraced behind the page, when asked to.
_AT_ONCE = 2.0


def show(run: Run, epoch: int, user: int, item: int) -> None:
    """The step of the batch that holds the selected cell, in the epoch after the one shown."""
    state = kept.state_before(run, epoch)
    if state is None:
        st.caption(kept.FROM_A_FILE)
        return
    before, step = state.epoch, _found(run, epoch, user, item)
    remark = kept.remark(run, epoch, before)
    if remark is not None:
        st.caption(escape.markdown(str(remark)))
    if step is None:
        return
    names: dict[Side, str] = {
        "user": run.ratings.user_names[user],
        "item": run.ratings.item_names[item],
    }
    st.markdown(escape.markdown(_batch(step, names, before + 1)))
    subs = {sub: title for sub, (title, *_) in adam.SUB_STEPS.items()}
    sub = choices.segmented("adam", "Sub-step", subs, "inside_adam", part="inside")
    st.markdown(escape.markdown(_sentence(run, step, sub, names)))
    for side, column in zip(SIDES, st.columns(2, gap="medium"), strict=True):
        called = escape.plotly(escape.short(names[side], 30))
        with column:
            chart(
                adam.figure(step, side, sub, called, session.theme()),
                key=f"adam_{side}",
                alt=adam.alt(step, side, sub, names[side]),
                table=lambda side=side: adam.table(step, side),  # type: ignore[misc]
                what=f"adam {sub} {names[side]}",
            )
    with st.expander("All numbers of this step"):
        st.dataframe(
            _table(step, names), hide_index=True, key="inside_adam_table",
            alt="The step of every number of this user and this item",
        )  # fmt: skip


def _found(run: Run, epoch: int, user: int, item: int) -> AdamStep | None:
    """The step, at once where an epoch is short; else a button, or how far it is."""
    # The fastest epoch: others had to share the machine. None is known before training.
    if min((each.seconds for each in run.epochs[1:]), default=math.inf) <= _AT_ONCE:
        retraced = kept.retraced(run, epoch, AdamSteps)
        return None if retraced is None else retraced[1].of(user, item)
    state = kept.state_before(run, epoch)
    assert state is not None

    def work():  # type: ignore[no-untyped-def]
        steps = AdamSteps(run.model, run.split.train, state.value, run.split.validation)
        return (yield from steps.steps(user, item))

    key = ("adam", state.epoch, user, item)
    label = f"Retrace epoch {state.epoch + 1:,} up to this rating"
    return job_progress.result(run, key, work, label, "adam", "inside")


def _batch(step: AdamStep, names: dict[Side, str], epoch: int) -> str:
    """Which step it is, and what the batch holds."""
    where = (
        f"batch {step.batch + 1:,} of {step.n_batches:,} in epoch {epoch:,} (step {step.step:,})"
    )
    if not step.holds:
        return (
            f"{names['user']} × {names['item']} is no training rating, so no batch holds it. This "
            f"is {where}: a step of Adam moves all numbers, also of those whom its batch does not "
            "hold."
        )
    return (
        f"{names['user']} × {names['item']} is in {where}. It is one of the batch's "
        f"{words.plural('rating', step.n)}, of which {step.n_user:,} "
        f"{'is' if step.n_user == 1 else 'are'} of {names['user']} and {step.n_item:,} of "
        f"{names['item']}."
    )


def _sentence(run: Run, step: AdamStep, sub: str, names: dict[Side, str]) -> str:
    """What happens in a sub-step, with the numbers of the one that moves farthest."""
    side, at = step.largest
    row = step.rows[side]
    name = "the bias" if row.names[at] == "b" else f"factor {row.names[at]}"
    which = f"{name} of {names[side]}"
    n = words.number
    if sub == "gradient":
        g = row.update.gradient[at]
        return (
            "The gradient is the slope of the batch's mean squared error, plus weight decay λ "
            f"times the number itself. For {which}, which moves farthest: {n(row.of_error[at])} + "
            f"{n(step.weight_decay)} × {n(row.before[at])} = {n(g)}."
        )
    if sub == "mean":
        return (
            "The first moment is a running mean of the gradients: nine tenths of what it was, one "
            f"tenth of the new gradient. For {which}: 0.9 × {n(row.mean_before[at])} + 0.1 × "
            f"{n(row.update.gradient[at])} = {n(row.mean_after[at])}."
        )
    if sub == "square":
        return (
            "The second moment is a running mean of the squared gradients: how large they usually "
            f"are. For {which}: 0.999 × {n(row.square_before[at])} + 0.001 × "
            f"({n(row.update.gradient[at])})² = {n(row.square_after[at])}."
        )
    if sub == "step":
        mean, root = row.update.mean_hat[at], math.sqrt(row.update.square_hat[at])
        return (
            "The step is −γ times the first moment, divided by the root of the second; both are "
            "first divided by 1 − βᵗ, since they began at 0. So a number moves by about γ where "
            "its gradients agree, however small they are, and by less where they change sign. For "
            f"{which}: −{n(step.learning_rate)} × {n(mean)} / {n(root)} = {n(row.moved[at])}."
        )
    return f"{_after(run, step)} For {which}: {n(row.before[at])} became {n(row.after[at])}."


def _after(run: Run, step: AdamStep) -> str:
    """What the whole step did to the prediction of the cell."""
    before, after = step.predicted_before, step.predicted_after
    said = (
        "All numbers have moved, those of the network and of everybody else as well: the "
        f"prediction goes from {words.error(before)} to {words.error(after)}"
    )
    if not step.holds:
        return f"{said}."
    rating = float(run.split.train.block([step.user], [step.item])[0, 0])
    closer = abs(rating - after) < abs(rating - before)
    way = (
        "so it is closer"
        if closer
        else "so it is no closer: a step follows the whole batch and earlier gradients, not this "
        "rating alone"
    )
    return f"{said}; the rating is {run.ratings.scale.said(rating)}, {way}."


def _table(step: AdamStep, names: dict[Side, str]) -> pd.DataFrame:
    """Both sides below each other, in three significant digits: v is far smaller than θ."""
    tables = []
    for side in SIDES:
        table = adam.table(step, side)
        numbers = table.select_dtypes("number").columns
        table[numbers] = table[numbers].map(words.number).astype(object)
        table.insert(0, "of", names[side])
        tables.append(table)
    return pd.concat(tables, ignore_index=True)
