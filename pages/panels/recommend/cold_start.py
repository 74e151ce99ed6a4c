"""Cold start: a new user's ratings one at a time; place, neighbours and list follow.

What is said after each of them is sent ahead, so that it follows while the dial is dragged.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import streamlit as st

from pages.panels.recommend import guest
from pages.shared import model_in_view, parts, session, view
from pages.shared.chart.assets import component_of
from pages.shared.chart.chart import chart, twin
from pages.shared.chart.file_names import saved_as
from pages.shared.model_in_view import ModelInView
from recsys_core import escape, language, words
from recsys_core.asking import cold_start
from recsys_core.asking.cold_start import Step
from recsys_core.figures import cold_start as pictures
from recsys_core.models import Guest
from recsys_core.text import Text

_COMPONENT = st.components.v2.component(
    "factorscope_cold_dial", js=component_of("cold_dial.js"), isolate_styles=False
)

_KEY = "cold_dial"

# Where a tab keeps which of the dial's changes was taken in last.
_SEEN = "cold_dial_seen"

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
            Text(
                "Nothing is rated yet: there is nothing to count. Rate something, or choose a user."
            )
        )
        return
    _dial(model, one, name, items, values)


@view.fragment("cold_dial", "counted")
def _dial(
    model: ModelInView, one: int | Guest, name: str, items: np.ndarray, values: np.ndarray
) -> None:
    n = min(len(items), cold_start.MOST)
    key = (model.key, items.tobytes(), values.tobytes())
    found: list[Step] = model_in_view.once(
        model.run, ("cold start", *key), lambda: cold_start.steps(model.fitted, items, values)
    )
    near: list[pd.DataFrame] = model_in_view.once(
        model.run, ("cold neighbours", *key), lambda: [_near(model, step) for step in found]
    )
    said = view.option("counted")
    at = min(int(said), n) if said else n
    st.markdown(
        Text(
            "As if you were new: only the first of your ratings are counted, in the order in which "
            "they were given."
        )
        if isinstance(one, Guest)
        else Text(
            "As if {name} were new: only the first of {name}’s ratings are counted, in the order "
            "in which they were given.",
            name=escape.markdown(name),
        )
    )
    left, right = st.columns([1, 1.2], gap="medium")
    with left, st.container(key=f"{_KEY}_chart", gap=None):
        _COMPONENT(
            key=_KEY,
            data={
                "token": f"{model.key} {hash(key)} {language.now()}",
                "at": at,
                "seen": st.session_state.get(_SEEN, 0),
                "steps": _sent(model, items, values, found, near),
                "heading": first_listed(model),
                "locked": parts.locked("closer"),
            },
            on_counted_change=parts.unlocked("closer", lambda: _count(n)),
        )
        twin(
            lambda: _list(model, found, at),
            _KEY,
            Text("The list after {ratings}", ratings=words.plural("rating", at)),
            saved_as("cold start"),
        )
        st.caption(
            Text(
                "What is not counted yet may stand here: then one sees whether the model would "
                "have suggested it."
            )
        )
    with right:
        if model.fitted.has.factors:
            _picture(model, found, near[at], at)
        else:
            st.caption(Text("This model has no factors, so that there is no place to draw."))
    if len(items) > n:
        st.caption(
            Text(
                "The first {n:,} of {ratings} are counted.",
                n=n, ratings=words.plural("rating", len(items)),
            )
        )  # fmt: skip


def _count(n: int) -> None:
    """In a callback: the dial was released."""
    told = st.session_state[_KEY].get("counted") if _KEY in st.session_state else None
    match told:
        case {"at": int(at), "number": int(number)} if 0 <= at <= n:
            st.session_state[_SEEN] = number
            view.choose(("counted", str(int(at))))
            view.redraw("counted")


def _sent(
    model: ModelInView,
    items: np.ndarray,
    values: np.ndarray,
    found: list[Step],
    near: list[pd.DataFrame],
) -> list[dict[str, Any]]:
    """What the browser shows after each number of ratings."""
    sent = []
    for at, step in enumerate(found):
        table, alike = _list(model, found, at), _names(model, near[at])
        sent.append(
            {
                "says": _says(model, items, values, at, step),
                "near": Text("Most similar now: {names}.", names=words.listed(alike))
                if alike
                else "",
                "list": table.to_numpy(object).tolist(),
            }
        )
    return sent


def _says(model: ModelInView, items: np.ndarray, values: np.ndarray, at: int, step: Step) -> str:
    noun = model.ratings.item_noun
    if not at:
        return Text(
            "No rating counts yet: this is what anybody new would get, the {nouns} that are liked "
            "by all.",
            nouns=words.nouns(noun),
        )
    latest = model.ratings.item_names[int(items[at - 1])]
    given = model.ratings.scale.said(float(values[at - 1]))
    told = {"latest": latest, "given": given}
    if model.fitted.has.factors:
        told["moved"] = words.number(step.moved)
        if not step.new:
            return Text(
                "The latest that counts: {latest}, rated {given}. It moved the numbers by {moved}, "
                "and changed nothing among the first ten.",
                **told,
            )
        return Text(
            "The latest that counts: {latest}, rated {given}. It moved the numbers by {moved}, and "
            "brought {new} into the first ten.",
            new=words.plural(noun, step.new), **told,
        )  # fmt: skip
    if not step.new:
        return Text(
            "The latest that counts: {latest}, rated {given}. It changed nothing among the first "
            "ten.",
            **told,
        )
    return Text(
        "The latest that counts: {latest}, rated {given}. It brought {new} into the first ten.",
        new=words.plural(noun, step.new), **told,
    )  # fmt: skip


def first_listed(model: ModelInView) -> Text:
    """The heading of a list: “first songs”."""
    return Text("first {nouns}", nouns=words.nouns(model.ratings.item_noun))


def _near(model: ModelInView, step: Step) -> pd.DataFrame:
    """The most similar users after so many ratings; none while there is no direction."""
    if model.fitted.has.similarity and np.abs(step.guest.factors).max(initial=0.0) > 0:
        return model.fitted.similar_users(step.guest, _NAMED)
    return pd.DataFrame({"user": [], "similarity": []})


def _names(model: ModelInView, near: pd.DataFrame) -> list[str]:
    return [model.ratings.user_names[i] for i in near["user"].to_numpy(np.int64)]


def _list(model: ModelInView, found: list[Step], at: int) -> pd.DataFrame:
    names = model.ratings.item_names
    step, before = found[at], found[max(at - 1, 0)]
    earlier = {int(item): place for place, item in enumerate(before.best, start=1)}
    moves = []
    for place, item in enumerate(step.best[:_LISTED].tolist(), start=1):
        was = earlier.get(item)
        if was is None:
            moves.append(str(Text("new")))
        elif was == place:
            moves.append("")
        else:
            moves.append(f"{'▲' if was > place else '▼'} {abs(was - place)}")
    return pd.DataFrame(
        {
            first_listed(model): [names[i] for i in step.best[:_LISTED]],
            Text("predicted"): model.fitted.clipped(step.scores[:_LISTED]),
            Text("since the latest"): moves if at else [""] * len(moves),
        },
        index=pd.RangeIndex(1, len(moves) + 1, name="rank"),
    )


def _picture(model: ModelInView, found: list[Step], near: pd.DataFrame, at: int) -> None:
    fitted = model.factored
    basis = model_in_view.basis(model)
    rows = np.stack([step.guest.factors for step in found])
    way = basis.project(rows)
    users = np.flatnonzero(fitted.train.user_counts)
    users = users[:: -(-len(users) // _DRAWN)]
    ids = near["user"].to_numpy(np.int64)
    names = _names(model, near)
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
    if fitted.n_factors <= 64:
        chart(
            pictures.vector(rows[at], rows[max(at - 1, 0)], session.theme()),
            key="cold_vector",
            alt=Text(
                "The numbers of the new user after {ratings}", ratings=words.plural("rating", at)
            ),
            table=lambda: pd.DataFrame(
                {Text("factor"): range(1, rows.shape[1] + 1), Text("number"): rows[at]}
            ),
            what="cold-start-numbers",
        )
