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
from recsys_core.text import Number, Text

# Where an epoch takes longer than so many seconds it is retraced behind the page, when asked to.
_AT_ONCE = 2.0


def show(run: Run, epoch: int, user: int, item: int) -> None:
    """The step of the batch that holds the selected cell, in the epoch after the one shown."""
    state = kept.state_before(run, epoch)
    if state is None:
        st.caption(kept.FROM_A_FILE.worded())
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
    sub = choices.segmented("adam", Text("Sub-step"), subs, "inside_adam", part="inside")
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
    with st.expander(Text("All numbers of this step")):
        st.dataframe(
            _table(step, names), hide_index=True, key="inside_adam_table",
            alt=Text("The step of every number of this user and this item"),
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
    label = Text("Retrace epoch {epoch:,} up to this rating", epoch=state.epoch + 1)
    return job_progress.result(run, key, work, label, "adam", "inside")


def _batch(step: AdamStep, names: dict[Side, str], epoch: int) -> str:
    """Which step it is, and what the batch holds."""
    which = {
        "user": names["user"], "item": names["item"], "batch": step.batch + 1,
        "n_batches": step.n_batches, "epoch": epoch, "step": step.step,
    }  # fmt: skip
    if not step.holds:
        return Text(
            "{user} × {item} is no training rating, so no batch holds it. This is batch {batch:,} "
            "of {n_batches:,} in epoch {epoch:,} (step {step:,}): a step of Adam moves all "
            "numbers, also of those whom its batch does not hold.",
            **which,
        )
    return Text(
        "{user} × {item} is in batch {batch:,} of {n_batches:,} in epoch {epoch:,} (step "
        "{step:,}). It is one of the batch's {ratings}, of which {n:,} is of {user} and "
        "{n_item:,} of {item}.",
        "{user} × {item} is in batch {batch:,} of {n_batches:,} in epoch {epoch:,} (step "
        "{step:,}). It is one of the batch's {ratings}, of which {n:,} are of {user} and "
        "{n_item:,} of {item}.",
        ratings=words.plural("rating", step.n), n=step.n_user, n_item=step.n_item, **which,
    )  # fmt: skip


def _sentence(run: Run, step: AdamStep, sub: str, names: dict[Side, str]) -> str:
    """What happens in a sub-step, with the numbers of the one that moves farthest."""
    side, at = step.largest
    row = step.rows[side]
    which = (
        Text("the bias of {name}", name=names[side])
        if row.names[at] == "b"
        else Text("factor {factor} of {name}", factor=row.names[at], name=names[side])
    )
    n = words.number
    if sub == "gradient":
        return Text(
            "The gradient is the slope of the batch's mean squared error, plus weight decay λ "
            "times the number itself. For {which}, which moves farthest: {of_error} + {decay} × "
            "{before} = {gradient}.",
            which=which, of_error=n(row.of_error[at]), decay=n(step.weight_decay),
            before=n(row.before[at]), gradient=n(row.update.gradient[at]),
        )  # fmt: skip
    if sub == "mean":
        return Text(
            "The first moment is a running mean of the gradients: nine tenths of what it was, one "
            "tenth of the new gradient. For {which}: {old} × {before} + {new} × {gradient} = "
            "{after}.",
            which=which, old=Number("0.9"), new=Number("0.1"), before=n(row.mean_before[at]),
            gradient=n(row.update.gradient[at]), after=n(row.mean_after[at]),
        )  # fmt: skip
    if sub == "square":
        return Text(
            "The second moment is a running mean of the squared gradients: how large they usually "
            "are. For {which}: {old} × {before} + {new} × ({gradient})² = {after}.",
            which=which, old=Number("0.999"), new=Number("0.001"), before=n(row.square_before[at]),
            gradient=n(row.update.gradient[at]), after=n(row.square_after[at]),
        )  # fmt: skip
    if sub == "step":
        mean, root = row.update.mean_hat[at], math.sqrt(row.update.square_hat[at])
        return Text(
            "The step is −γ times the first moment, divided by the root of the second; both are "
            "first divided by 1 − βᵗ, since they began at 0. So a number moves by about γ where "
            "its gradients agree, however small they are, and by less where they change sign. For "
            "{which}: −{rate} × {mean} / {root} = {moved}.",
            which=which, rate=n(step.learning_rate), mean=n(mean), root=n(root),
            moved=n(row.moved[at]),
        )  # fmt: skip
    became = Text(
        "For {which}: {before} became {after}.",
        which=which, before=n(row.before[at]), after=n(row.after[at]),
    )  # fmt: skip
    return f"{_after(run, step)} {became}"


def _after(run: Run, step: AdamStep) -> str:
    """What the whole step did to the prediction of the cell."""
    before, after = step.predicted_before, step.predicted_after
    goes: dict[str, str] = {"before": words.error(before), "after": words.error(after)}
    if not step.holds:
        return Text(
            "All numbers have moved, those of the network and of everybody else as well: the "
            "prediction goes from {before} to {after}.",
            **goes,
        )
    rating = float(run.split.train.block([step.user], [step.item])[0, 0])
    goes["rating"] = run.ratings.scale.said(rating)
    if abs(rating - after) < abs(rating - before):
        return Text(
            "All numbers have moved, those of the network and of everybody else as well: the "
            "prediction goes from {before} to {after}; the rating is {rating}, so it is closer.",
            **goes,
        )
    return Text(
        "All numbers have moved, those of the network and of everybody else as well: the "
        "prediction goes from {before} to {after}; the rating is {rating}, so it is no closer: a "
        "step follows the whole batch and earlier gradients, not this rating alone.",
        **goes,
    )


def _table(step: AdamStep, names: dict[Side, str]) -> pd.DataFrame:
    """Both sides below each other, in three significant digits: v is far smaller than θ."""
    tables = []
    for side in SIDES:
        table = adam.table(step, side)
        numbers = table.select_dtypes("number").columns
        table[numbers] = table[numbers].map(words.number).astype(object)
        table.insert(0, Text("of"), names[side])
        tables.append(table)
    return pd.concat(tables, ignore_index=True)
