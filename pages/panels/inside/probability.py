"""PMF as probability: one user's prior and posterior, which tightens as ratings arrive."""

from __future__ import annotations

import numpy as np
import streamlit as st

from pages.panels.inside import kept, two_numbers
from pages.shared import parts, session
from pages.shared.chart.chart import chart
from recsys_core import escape, words
from recsys_core.asking.inside.posterior_path import posteriors
from recsys_core.asking.inside.row_update import RowUpdate, RowUpdates
from recsys_core.figures import posterior_ellipses
from recsys_core.runs import Run
from recsys_core.text import Text, later

_KEY = "arrived"


def show(run: Run, epoch: int, user: int, item: int) -> None:
    """The selected user's row as a distribution, after as many ratings as the slider says."""
    found = kept.retraced(run, epoch, RowUpdates)
    if found is None:
        st.caption(kept.FROM_A_FILE.worded())
        return
    before, updates = found
    update = updates.of("user", user)
    n = len(update.others)
    name = escape.markdown(run.ratings.user_names[user])
    order, timed = _order(run, user, update)
    path = posteriors(update, order)
    two = two_numbers.chosen(update.names)
    if not n or two is None:
        st.caption(
            Text("Without ratings there is the prior alone; with one unknown there is no ellipse.")
        )
        return
    st.session_state[_KEY] = min(int(st.session_state.get(_KEY, n)), n)
    arrived = st.slider(
        Text("Ratings that have arrived"), 0, n, key=_KEY, disabled=parts.locked("inside"),
        help=Text("They come in the order of their times.")
        if timed
        else Text("They come as they are listed."),
    )  # fmt: skip
    said = Text("Before any rating, **{name}** is anyone: the prior N(m, σ_u²).", name=name)
    if arrived:
        last = int(update.others[order[arrived - 1]])
        title = escape.markdown(run.ratings.item_names[last])
        shrunk = path[arrived].deviation()[list(two)] / path[0].deviation()[list(two)]
        template = later(
            "After {ratings}, the last of them of **{title}**, both numbers are known to {first} "
            "and {second} of the prior's standard deviation; ★ is the most probable row so far."
        )
        if arrived == n:
            template = later(
                "After {ratings}, the last of them of **{title}**, both numbers are known to "
                "{first} and {second} of the prior's standard deviation; ★ is the most probable "
                "row and what training takes."
            )
        said = Text(
            template,
            ratings=words.plural("rating", arrived),
            title=title,
            first=words.number(float(shrunk[0])),
            second=words.number(float(shrunk[1])),
        )
    st.markdown(said)
    left, right = st.columns([1.3, 1], gap="medium")
    with left:
        chart(
            posterior_ellipses.figure(
                path[0], path[arrived], update.names, two, "user", session.theme()
            ),
            key="ellipses",
            alt=posterior_ellipses.alt(path[0], path[arrived], update.names, two),
            table=lambda: posterior_ellipses.table(path[0], path[arrived], update.names),
            what="posterior of one row",
        )
    with right:
        two_numbers.choose(update.names, two)
        st.markdown(
            Text(
                "The penalty is the prior in other words: λ is the noise of a rating, σ², divided "
                "by the prior's variance, σ_u²."
            )
        )
        for line in _penalty(update, two):
            st.markdown(escape.markdown(line))
        remark = kept.remark(run, epoch, before)
        if remark is not None:
            st.caption(escape.markdown(remark))
        st.caption(
            Text(
                "The items are held as they are now. The inner ellipse is at one standard "
                "deviation of each axis and holds 39 % of the probability, the outer at two holds "
                "86 %."
            )
        )


def _order(run: Run, user: int, update: RowUpdate) -> tuple[np.ndarray, bool]:
    """The places of the user's ratings as they arrive, and whether by time."""
    train = run.split.train
    if train.timestamps is None:
        return np.arange(len(update.others)), False
    starts, order = train.by_user.starts, train.by_user.order
    times = train.timestamps[order[starts[user] : starts[user + 1]]]
    return np.argsort(times, kind="stable"), True


def _penalty(update: RowUpdate, two: tuple[int, int]) -> list[str]:
    """λ as σ²/σ_u², its numbers in place."""
    assert update.noise is not None
    lines = []
    for at in two:
        reg = float(update.penalty[at])
        spread = update.noise / reg
        lines.append(
            f"{posterior_ellipses.named(update.names[at])}: λ = σ² / σ_u² = "
            f"{words.number(update.noise)} / {words.number(spread)} = {words.number(reg)}"
        )
    return lines
