"""Cold start: a new user's ratings one at a time; place, neighbours and list follow."""

from __future__ import annotations

import numpy as np
import pandas as pd
import streamlit as st

from pages.panels.recommend import guest
from pages.shared import model_in_view, parts, session, view
from pages.shared.chart.chart import chart
from pages.shared.model_in_view import ModelInView
from pages.shared.tables import aligned
from recsys_core import escape, words
from recsys_core.asking import cold_start
from recsys_core.asking.cold_start import Step
from recsys_core.figures import cold_start as pictures
from recsys_core.models import Guest

# Similar users that are named, users drawn, and places of the list.
_NAMED, _DRAWN, _LISTED = 5, 1000, 8


def draw(model: ModelInView, one: int | Guest, name: str) -> None:
    """The dial, and what follows it."""
    if isinstance(one, Guest):
        rated = guest.rated(model)
        items, values = np.array(list(rated), np.int64), np.array(list(rated.values()))
    else:
        items, values = cold_start.in_order(model.fitted.train, one)
    if not len(items):
        st.caption(
            "Nothing is rated yet: there is nothing to count. Rate something, or choose a user."
        )
        return
    _dial(model, one, name, items, values)


@view.fragment("cold_dial", "counted")
def _dial(
    model: ModelInView, one: int | Guest, name: str, items: np.ndarray, values: np.ndarray
) -> None:
    n = min(len(items), cold_start.MOST)
    key = ("cold start", model.key, items.tobytes(), values.tobytes())
    found: list[Step] = model_in_view.once(
        model.run, key, lambda: cold_start.steps(model.fitted, items, values)
    )
    said = view.option("counted")
    at = min(int(said), n) if said else n
    who = "your" if isinstance(one, Guest) else f"{escape.markdown(name)}’s"
    st.markdown(
        f"As if {'you were' if isinstance(one, Guest) else escape.markdown(name) + ' were'} new: "
        f"only the first of {who} ratings are counted, in the order in which they were given."
    )
    if n == 1:
        at = 1
    st.session_state.counted = at
    st.slider(
        "Ratings counted so far", 0, n, key="counted",
        on_change=parts.unlocked("closer", _count), disabled=parts.locked("closer"),
    )  # fmt: skip
    step, before = found[at], found[max(at - 1, 0)]
    _say(model, items, values, at, step)
    left, right = st.columns([1.2, 1], gap="medium")
    with left:
        if model.fitted.has.factors:
            _picture(model, found, at)
        else:
            st.caption("This model has no factors, so that there is no place to draw.")
    with right:
        _list(model, step, before, at)
    if len(items) > n:
        st.caption(f"The first {n:,} of {words.plural('rating', len(items))} are counted.")


def _count() -> None:
    view.choose(("counted", str(st.session_state.counted)))
    view.redraw("counted")


def _say(model: ModelInView, items: np.ndarray, values: np.ndarray, at: int, step: Step) -> None:
    noun = model.ratings.item_noun
    if not at:
        st.markdown(
            f"No rating counts yet: this is what anybody new would get, the {words.many(noun)} "
            "that are liked by all."
        )
        return
    latest = escape.markdown(model.ratings.item_names[int(items[at - 1])])
    given = escape.markdown(model.ratings.scale.said(float(values[at - 1])))
    text = f"The latest that counts: **{latest}**, rated {given}. "
    if model.fitted.has.factors:
        text += f"It moved the numbers by {words.number(step.moved)}, and "
    else:
        text += "It "
    text += (
        "changed nothing among the first ten."
        if not step.new
        else f"brought {words.plural(noun, step.new)} into the first ten."
    )
    st.markdown(text)


def _picture(model: ModelInView, found: list[Step], at: int) -> None:
    fitted = model.factored
    basis = model_in_view.basis(model)
    rows = np.stack([step.guest.factors for step in found])
    way = basis.project(rows)
    users = np.flatnonzero(fitted.train.user_counts)
    users = users[:: -(-len(users) // _DRAWN)]
    near = pd.DataFrame({"user": [], "similarity": []})
    if fitted.has.similarity and np.abs(rows[at]).max(initial=0.0) > 0:
        near = fitted.similar_users(found[at].guest, _NAMED)
    ids = near["user"].to_numpy(np.int64)
    names = [model.ratings.user_names[i] for i in ids]
    moved, new = [s.moved for s in found], [s.new for s in found]
    chart(
        pictures.figure(
            way, at, basis.project(fitted.user_factors[users]),
            basis.project(fitted.user_factors[ids]), names, session.theme(),
        ),
        key="cold_way",
        alt=pictures.alt(at, len(found) - 1, moved[at]),
        table=lambda: pictures.table(way, moved, new),
        what="cold-start",
    )  # fmt: skip
    if names:
        st.caption(f"Most similar now: {escape.markdown(words.listed(names))}.")
    if fitted.n_factors <= 64:
        chart(
            pictures.vector(rows[at], rows[max(at - 1, 0)], session.theme()),
            key="cold_vector",
            alt=f"The numbers of the new user after {words.plural('rating', at)}",
            table=pd.DataFrame({"factor": range(1, rows.shape[1] + 1), "number": rows[at]}),
            what="cold-start-numbers",
        )


def _list(model: ModelInView, step: Step, before: Step, at: int) -> None:
    noun, names = model.ratings.item_noun, model.ratings.item_names
    earlier = {int(item): place for place, item in enumerate(before.best, start=1)}
    moves = []
    for place, item in enumerate(step.best[:_LISTED].tolist(), start=1):
        was = earlier.get(item)
        if was is None:
            moves.append("new")
        elif was == place:
            moves.append("")
        else:
            moves.append(f"{'▲' if was > place else '▼'} {abs(was - place)}")
    table = {
        f"first {words.many(noun)}": [names[i] for i in step.best[:_LISTED]],
        "predicted": model.fitted.clipped(step.scores[:_LISTED]),
        "since the latest": moves if at else [""] * len(moves),
    }
    frame = pd.DataFrame(table, index=pd.RangeIndex(1, len(moves) + 1, name="rank"))
    st.dataframe(
        aligned(frame, predicted=2),
        height="content",
        key="cold_list",
        column_config={"rank": st.column_config.NumberColumn("", width=30)},
        alt=f"The list after {words.plural('rating', at)}",
    )
    st.caption(
        "What is not counted yet may stand here: then one sees whether the model would have "
        "suggested it."
    )
