"""One multiplicative update of NMF: numerator, denominator, and the row before and after."""

from __future__ import annotations

import numpy as np
import streamlit as st

from pages.panels.inside import kept, which_row
from pages.shared import session
from pages.shared.chart.chart import chart
from pages.shared.tables import aligned
from recsys_core import escape, words
from recsys_core.asking.inside.nmf_update import NMFUpdate, NMFUpdates
from recsys_core.figures import multiplied
from recsys_core.runs import Run
from recsys_core.text import Text


def show(run: Run, epoch: int, user: int, item: int) -> None:
    """The update of the selected user's row; on request that of the item's row, which follows."""
    found = kept.retraced(run, epoch, NMFUpdates)
    if found is None:
        st.caption(kept.FROM_A_FILE.worded())
        return
    before, updates = found
    side, index, called = which_row.choose(run, Text("Update"), user, item)
    update = updates.of(side, index)
    name = escape.markdown(called)
    remark = kept.remark(run, epoch, before)
    if not len(update.others):
        st.markdown(
            Text(
                "**{name}** has no training ratings: its row is the mean of the others.", name=name
            )
        )
        return
    st.markdown(
        Text(
            "The row of **{name}** stays positive because it is only ever multiplied: each factor "
            "by what {ratings} ask for, divided by what is predicted for them.",
            name=name,
            ratings=words.plural("rating", len(update.others)),
        )
    )
    if remark is not None:
        st.caption(escape.markdown(remark))
    left, right = st.columns(2, gap="medium")
    with left:
        chart(
            multiplied.figure(update, session.theme()),
            key="multiplied",
            alt=multiplied.alt(update),
            table=lambda: multiplied.table(update),
            what="multiplicative update",
        )
    with right:
        st.markdown(_formula(update))
        st.dataframe(
            aligned(multiplied.table(update)), hide_index=True, key="inside_factors",
            alt=Text("The update of each factor"),
        )  # fmt: skip


def _formula(update: NMFUpdate) -> str:
    """The factor that changes most, its numbers in place."""
    row = update.row
    f = int(np.abs(np.log(np.maximum(row.ratio, 1e-12))).argmax())
    return Text(
        "Factor {factor:,} changes most: {before} × {numerator} / {denominator} = {after}.",
        factor=f + 1,
        before=words.number(update.before[f]),
        numerator=words.number(row.numerator[f]),
        denominator=words.number(row.denominator[f]),
        after=words.number(row.factors[f]),
    )
