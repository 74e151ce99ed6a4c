"""Cold start: a new user's ratings one at a time; place, neighbours and list follow.

What is said and drawn after each of them is sent ahead, so that it follows while the dial is
dragged.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import streamlit as st

from pages.panels.recommend import guest
from pages.shared import model_in_view, parts, session, view
from pages.shared.chart.ahead import send_ahead
from pages.shared.chart.assets import component_of
from pages.shared.chart.chart import chart, twin
from pages.shared.chart.file_names import saved_as
from pages.shared.model_in_view import ModelInView
from recsys_core import escape, language, words
from recsys_core.asking import cold_start
from recsys_core.asking.cold_start import Step
from recsys_core.figures import cold_start as pictures
from recsys_core.figures.plain import to_json
from recsys_core.models import Guest
from recsys_core.text import Text

_COMPONENT = st.components.v2.component(
    "factorscope_cold_dial", js=component_of("cold_dial.js"), isolate_styles=False
)

_KEY = "cold_dial"

# The keys of the charts beside it.
_WAY, _VECTOR = "cold_way", "cold_vector"

# Where a tab keeps which of the dial's changes was taken in last.
_SEEN = "cold_dial_seen"

# Similar users that are named, users drawn, and places of the list.
_NAMED, _DRAWN, _LISTED = 5, 1000, 8

# Of more factors than this, no bars are drawn.
_MOST_BARS = 64


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
    key = (model.key, items.tobytes(), values.tobytes())
    steps: list[Step] = model_in_view.once(
        model.run, ("cold start", *key), lambda: cold_start.steps(model.fitted, items, values)
    )
    near: list[np.ndarray] = model_in_view.once(
        model.run, ("cold neighbours", *key), lambda: [_near(model, step) for step in steps]
    )
    token = f"{model.key} {hash(key)} {language.now()} {session.theme()}"
    with st.container(gap=None):
        # Apart from the dial, which leaves it alone, so that it travels only once.
        send_ahead(
            f"{_KEY}_steps",
            model_in_view.once(
                model.run,
                ("cold steps", token),
                lambda: {"token": token, "steps": _sent(model, items, values, steps, near)},
            ),
        )
        st.markdown(
            Text(
                "As if you were new: only the first of your ratings are counted, in the order in "
                "which they were given."
            )
            if isinstance(one, Guest)
            else Text(
                "As if {name} were new: only the first of {name}’s ratings are counted, in the "
                "order in which they were given.",
                name=escape.markdown(name),
            )
        )
    _dial(model, token, steps, near)
    if len(items) >= len(steps):
        st.caption(
            Text(
                "The first {n:,} of {ratings} are counted.",
                n=len(steps) - 1, ratings=words.plural("rating", len(items)),
            )
        )  # fmt: skip


@view.fragment("cold_dial", "counted")
def _dial(model: ModelInView, token: str, steps: list[Step], near: list[np.ndarray]) -> None:
    n = len(steps) - 1
    said = view.option("counted")
    at = min(int(said), n) if said else n
    left, right = st.columns([1, 1.2], gap="medium")
    with left, st.container(key=f"{_KEY}_chart", gap=None):
        _COMPONENT(
            key=_KEY,
            data={
                "token": token,
                "at": at,
                "seen": st.session_state.get(_SEEN, 0),
                "heading": first_listed(model),
                "locked": parts.locked("closer"),
            },
            on_counted_change=parts.unlocked("closer", lambda: _count(n)),
        )
        twin(
            lambda: _list(model, steps, at),
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
            _pictures(model, steps, near, at)
        else:
            st.caption(Text("This model has no factors, so that there is no place to draw."))


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
    steps: list[Step],
    near: list[np.ndarray],
) -> list[dict[str, Any]]:
    """What the browser shows after each number of ratings."""
    sent = []
    over = _over(model, steps, near) if model.fitted.has.factors else [{} for _ in steps]
    for at, step in enumerate(steps):
        alike = _names(model, near[at])
        sent.append(
            {
                "says": _says(model, items, values, at, step),
                "near": Text("Most similar now: {names}.", names=words.listed(alike))
                if alike
                else "",
                "list": _list(model, steps, at).to_numpy(object).tolist(),
                "over": over[at],
            }
        )
    return sent


def _over(model: ModelInView, steps: list[Step], near: list[np.ndarray]) -> list[dict[str, str]]:
    """What lies over each chart after each number of ratings, by the chart's key."""
    fitted, mode, basis = model.factored, session.theme(), model_in_view.basis(model)
    rows, way, users = _places(model, steps, near)
    sent = []
    for at, ids in enumerate(near):
        places = basis.project(fitted.user_factors[ids])
        over = {_WAY: pictures.over(way, at, users, places, _names(model, ids), mode)}
        if fitted.n_factors <= _MOST_BARS:
            over[_VECTOR] = pictures.vector_over(rows[at], rows[max(at - 1, 0)], mode)
        sent.append({name: to_json(figure) for name, figure in over.items()})
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


def _near(model: ModelInView, step: Step) -> np.ndarray:
    """The most similar users after so many ratings; none while there is no direction."""
    if model.fitted.has.similarity and np.abs(step.guest.factors).max(initial=0.0) > 0:
        return model.fitted.similar_users(step.guest, _NAMED)["user"].to_numpy(np.int64)
    return np.empty(0, np.int64)


def _names(model: ModelInView, users: np.ndarray) -> list[str]:
    return [model.ratings.user_names[i] for i in users]


def _list(model: ModelInView, steps: list[Step], at: int) -> pd.DataFrame:
    names = model.ratings.item_names
    step, before = steps[at], steps[max(at - 1, 0)]
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
        index=pd.RangeIndex(1, len(moves) + 1, name=Text("rank")),
    )


def _places(
    model: ModelInView, steps: list[Step], near: list[np.ndarray]
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The row after 0, 1, 2 … ratings, (n + 1, k); on the map, its way, (n + 1, 2), and users.

    Of the users some are drawn, spread over all, and all that are named.
    """
    fitted, basis = model.factored, model_in_view.basis(model)
    rows = np.stack([step.guest.factors for step in steps])
    users = np.flatnonzero(fitted.train.user_counts)
    drawn = np.union1d(users[:: -(-len(users) // _DRAWN)], np.concatenate(near))
    return rows, basis.project(rows), basis.project(fitted.user_factors[drawn])


def _pictures(model: ModelInView, steps: list[Step], near: list[np.ndarray], at: int) -> None:
    """The charts that stay; the dial lays over them what changes (``_over``)."""
    rows, way, users = _places(model, steps, near)
    moved, new = [s.moved for s in steps], [s.new for s in steps]
    chart(
        pictures.figure(way, users, session.theme()),
        key=_WAY,
        alt=pictures.alt(at, len(steps) - 1, moved[at]),
        table=lambda: pictures.table(way, moved, new),
        what="cold-start",
    )
    if rows.shape[1] <= _MOST_BARS:
        chart(
            pictures.vector(rows, session.theme()),
            key=_VECTOR,
            alt=Text(
                "The numbers of the new user after {ratings}", ratings=words.plural("rating", at)
            ),
            table=lambda: pd.DataFrame(
                {Text("factor"): range(1, rows.shape[1] + 1), Text("number"): rows[at]}
            ),
            what="cold-start-numbers",
        )
