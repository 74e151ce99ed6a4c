"""Inside neural MF: one prediction from its embeddings through every layer."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from pages.panels.inside import variants
from pages.shared import session
from pages.shared.chart.chart import chart
from pages.shared.tables import aligned
from recsys_core import escape, words
from recsys_core.asking.inside.network_path import NetworkPath
from recsys_core.asking.inside.network_path import network_path as path_of
from recsys_core.figures import network_path
from recsys_core.models import FactorModel, seen_as
from recsys_core.runs import Run
from recsys_core.text import Text


def show(run: Run, epoch: int, user: int, item: int) -> None:
    """The path of the selected cell's prediction, as the network is at the epoch shown."""
    path = path_of(seen_as(FactorModel, run.fitted_at(epoch)), user, item)
    names = run.ratings
    who = escape.markdown(f"{names.user_names[user]} × {names.item_names[item]}")
    st.markdown(_sentence(path, who))
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
            Text(
                "User ●, item ◆, units ■. A line is the wider the more it carries; dotted, it "
                "lowers the next number. A hollow unit is switched off: its sum is below 0, and "
                "relu passes on 0."
            )
        )
    with right:
        st.dataframe(
            aligned(_sum(path), **{Text("adds"): 3}), hide_index=True, key="inside_sum",
            alt=Text("What adds up to the prediction"),
        )  # fmt: skip
        st.markdown(
            Text("As a rating, the sum is **{rating}**.", rating=words.number(path.prediction))
        )
    variants.show(run, user, item)


def _sentence(path: NetworkPath, who: str) -> str:
    if not len(path.inner):
        return Text(
            "**{who}** has no hidden layers to go through: the products of both embeddings are "
            "added up, as in other factor models; only how they are trained is a network's.",
            who=who,
        )
    said = Text(
        "**{who}** goes through two layers: {on:,} of {n:,} units of the first are at work, and "
        "{deeper:,} of {n_deeper:,} of the second.",
        who=who,
        on=int((path.inner > 0).sum()),
        n=len(path.inner),
        deeper=int((path.outer > 0).sum()),
        n_deeper=len(path.outer),
    )
    return (
        f"{said} {Text('Some factors are multiplied beside it.')}" if len(path.products) else said
    )


def _sum(path: NetworkPath) -> pd.DataFrame:
    """What adds up to the prediction, in the unit of training: one row a part."""
    mean = 0.0 if abs(path.mean) < 1e-6 else path.mean
    parts = [
        (Text("mean"), mean),
        (Text("user's bias"), path.user_bias),
        (Text("item's bias"), path.item_bias),
    ]
    if len(path.products):
        parts.append((Text("products"), float(path.products.sum())))
    if len(path.inner):
        parts.append((Text("the two layers"), path.tower))
    return pd.DataFrame([*parts, (Text("sum"), path.score)], columns=[Text("part"), Text("adds")])
