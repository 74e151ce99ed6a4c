"""Inside neural MF: one prediction from its embeddings through every layer."""

from __future__ import annotations

import streamlit as st

from pages.shared import session
from pages.shared.chart.chart import chart
from recsys_core import escape
from recsys_core.asking.inside.network_path import NetworkPath
from recsys_core.asking.inside.network_path import network_path as path_of
from recsys_core.figures import network_path
from recsys_core.models import FactorModel, seen_as
from recsys_core.runs import Run
from recsys_core.words import number


def show(run: Run, epoch: int, user: int, item: int) -> None:
    """The path of the selected cell's prediction, as the network is at the epoch shown."""
    path = path_of(seen_as(FactorModel, run.fitted_at(epoch)), user, item)
    names = run.ratings
    who = f"{names.user_names[user]} × {names.item_names[item]}"
    st.markdown(f"**{escape.markdown(who)}** {_sentence(path)}")
    left, right = st.columns([1.8, 1], gap="medium")
    with left:
        chart(
            network_path.figure(path, session.theme()),
            key="network",
            alt=network_path.alt(path),
            table=lambda: network_path.table(path),
            what="path of one prediction",
        )
        st.caption(
            "User ●, item ◆, units ■. A line is the wider the more it carries; dotted, it lowers "
            "the next number. A hollow unit is switched off: its sum is below 0, and relu passes "
            "on 0."
        )
    with right:
        st.markdown(_sum(path))


def _sentence(path: NetworkPath) -> str:
    if not len(path.inner):
        return (
            "has no hidden layers to go through: the products of both embeddings are added up, as "
            "in other factor models; only how they are trained is a network's."
        )
    on = int((path.inner > 0).sum())
    with_products = "" if not len(path.products) else " Some factors are multiplied beside it."
    return (
        f"goes through two layers: {on} of {len(path.inner)} units of the first are at work, and "
        f"{int((path.outer > 0).sum())} of {len(path.outer)} of the second.{with_products}"
    )


def _sum(path: NetworkPath) -> str:
    """What adds up to the prediction, the numbers in place."""
    mean = 0.0 if abs(path.mean) < 1e-6 else path.mean
    parts = [("mean", mean), ("user's bias", path.user_bias), ("item's bias", path.item_bias)]
    if len(path.products):
        parts.append(("products", float(path.products.sum())))
    if len(path.inner):
        parts.append(("the two layers", path.tower))
    rows = "".join(f"| {name} | {number(value)} |\n" for name, value in parts)
    return (
        f"| part | adds |\n|---|---:|\n{rows}| **sum** | **{number(path.score)}** |\n\n"
        f"As a rating: **{number(path.prediction)}**."
    )
