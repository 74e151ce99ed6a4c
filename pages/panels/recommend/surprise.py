"""Safe or surprising: the list chosen again, and the accuracy that is paid for it."""

from __future__ import annotations

import numpy as np
import pandas as pd
import streamlit as st

from pages.shared import choices, model_in_view, parts, session, view
from pages.shared.chart.chart import chart
from pages.shared.model_in_view import ModelInView
from pages.shared.tables import aligned
from recsys_core import escape, words
from recsys_core.asking import reranking
from recsys_core.asking.comparison import METRICS
from recsys_core.asking.reranking import Curve, Way
from recsys_core.experiments import looks_like_counts
from recsys_core.figures import surprise as pictures
from recsys_core.models import Guest
from recsys_core.text import Number, Text, later, worded

_NAMES: dict[Way, Text] = {"diverse": Text("Less alike"), "novel": Text("Less known")}

_MEANS: dict[Way, Text] = {
    "diverse": Text(
        "Each place goes to the candidate with the highest (1 − λ) · relevance − λ · similarity to "
        "what is in the list already (maximal marginal relevance, Carbonell and Goldstein 1998)."
    ),
    "novel": Text(
        "Ordered by (1 − λ) · relevance + λ · surprisal, −log₂ of the share of users who have "
        "rated it (Zhou et al. 2010)."
    ),
}


def draw(model: ModelInView, one: int | Guest, name: str) -> None:
    """How lists are chosen, and the dial."""
    offered = {way: _NAMES[way].worded() for way in reranking.ways(model.fitted)}
    way = choices.segmented(
        "surprise_by", Text("Surprise by"), offered, "surprise_by", part="closer"
    )
    _dial(model, one, name, way)


@view.fragment("surprise_dial", "surprise")
def _dial(model: ModelInView, one: int | Guest, name: str, way: Way) -> None:
    at = int(view.option("surprise"))
    st.session_state.surprise = at / 10
    st.slider(
        Text("Safe ↔ surprising: λ"), 0.0, 1.0, step=0.1, key="surprise",
        on_change=parts.unlocked("closer", _choose), disabled=parts.locked("closer"),
        help=Text(
            "0 is the model’s own list. 1 asks for nothing but difference, among its best {n} "
            "candidates.",
            n=reranking.CANDIDATES,
        ),
    )  # fmt: skip
    held_out = model.split.validation
    threshold = model.ratings.scale.low if looks_like_counts(model.ratings) else None
    key = ("surprise", model.key, way)
    found: Curve = model_in_view.once(
        model.run,
        key,
        lambda: reranking.curve(model.fitted, held_out, way, threshold=threshold),
    )
    left, right = st.columns([1, 1.2], gap="medium")
    with left:
        _list(model, one, at / 10, way)
    with right:
        chart(
            pictures.figure(found, at, session.theme()),
            key="surprise_curve",
            alt=pictures.alt(found, at),
            table=lambda: pictures.table(found),
            what="what surprise costs",
        )
        _say(found, at)
    relevance = Text("Relevance is the prediction, moved to 0 … 1 over the candidates.")
    st.caption(f"{_MEANS[way].worded()} {relevance}")


def _choose() -> None:
    view.choose(("surprise", str(round(10 * st.session_state.surprise))))
    view.redraw("surprise")


def _list(model: ModelInView, one: int | Guest, amount: float, way: Way) -> None:
    fitted, names = model.fitted, model.ratings.item_names
    noun = model.ratings.item_noun
    items = reranking.reranked(fitted, one, amount, way)
    if not len(items):
        st.caption(Text("Everything is rated already: the list is empty."))
        return
    own = {int(item): at for at, item in enumerate(reranking.reranked(fitted, one, 0.0, way))}
    predicted, known, place = Text("predicted"), Text("known by, %"), Text("safe place")
    table = pd.DataFrame(
        {
            words.named(noun): [names[i] for i in items],
            predicted: fitted.predict(one, items),
            known: 100 * fitted.train.item_counts[items] / fitted.train.n_users,
            place: [str(own[i] + 1) if i in own else "–" for i in items.tolist()],
        },
        index=pd.RangeIndex(1, len(items) + 1, name="rank"),
    )
    st.dataframe(
        aligned(table, **{predicted: 2, known: 1}),
        height="content",
        key="surprise_list",
        column_config={
            "rank": st.column_config.NumberColumn("", width=30),
            place: st.column_config.Column(
                help=Text(
                    "Its place in the model’s own list; – where it is not among the first ten."
                )
            ),
        },
        alt=Text("The list with an amount of surprise of {amount:g}", amount=amount),
    )


def _say(found: Curve, at: int) -> None:
    """What the chosen amount gains, and what it costs."""
    table = pictures.table(found)
    shown = table.iloc[sorted({0, at})].drop(columns="λ")
    amount = Number(f"{found.amounts[at]:g}")
    shown.index = pd.Index([Text("safe"), f"λ = {amount}"][: len(shown)], name=Text("list"))
    decimals = {column: 1 if "%" in column else 2 for column in shown.columns}
    decimals |= {
        worded(METRICS[metric].title): words.MEASURE_DECIMALS for metric in ("ndcg", "recall")
    }
    st.dataframe(
        aligned(shown, **decimals),
        height="content",
        key="surprise_measures",
        alt=Text("What lists come to at the safe end and at the chosen amount"),
    )
    paid = found.values(pictures.PAID)
    if not found.held_out or not np.isfinite(paid).any():
        st.caption(
            Text(
                "Of the lists of {users}. Nothing is held out that could say what accuracy this "
                "costs; a split with a validation part does.",
                users=words.plural("user", found.n_users),
            )
        )
        return
    said: list[str] = [
        Text(
            "Of the lists of {users}, accuracy on the validation part.",
            users=words.plural("user", found.n_users),
        )
    ]
    if at:
        cost = paid[0] - paid[at]
        title, values = pictures.gained(found)
        paid_for = (
            later(
                "Paid at λ = {amount}: NDCG falls by {cost}, for {title} {x} instead of {before}."
            )
            if cost >= 0
            else later(
                "Paid at λ = {amount}: NDCG rises by {cost}, for {title} {x} instead of {before}."
            )
        )
        said.append(
            Text(
                paid_for,
                amount=amount,
                cost=words.measure(abs(cost)),
                title=escape.markdown(title),
                x=words.measure(values[at], 2),
                before=words.measure(values[0], 2),
            )
        )
        if cost < 0:
            said.append(Text("Here surprise costs nothing."))
    st.caption(" ".join(said))
