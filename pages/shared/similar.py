"""Who is like this user, which items are like that one, and what neighbours would suggest."""

from __future__ import annotations

from typing import Literal

import pandas as pd
import streamlit as st

from pages.shared import choices, parts, pickers, session, view
from pages.shared.chart.chart import chart
from pages.shared.model_in_view import ModelInView
from pages.shared.tables import aligned
from recsys_core import escape, glossary, words
from recsys_core.asking import similarity
from recsys_core.asking.similarity import By
from recsys_core.figures import similarity_matrix
from recsys_core.models import Guest
from recsys_core.ratings import Side
from recsys_core.text import Text, worded

# Everyone by everyone is shown as a matrix up to this many; else a list of the nearest.
_MATRIX = 30

# Comparing whole predicted rows is quick up to this many cells.
_MOST_CELLS = 25_000_000

_LISTED = 10


def section(model: ModelInView, one: int | Guest, name: str, item: int | None) -> None:
    """Three tabs; only the open one is worked out."""
    noun = model.ratings.item_noun
    if not model.fitted.has.similarity:
        st.caption(
            Text(
                "{model} has no factors: to it all users rank all {nouns} alike, so there is no "
                "likeness to show.",
                model=model.run.model.title,
                nouns=words.nouns(noun),
            )
        )
        return
    names: dict[str, str] = {
        "users": Text("Similar users"),
        "items": Text("Similar {nouns}", nouns=words.nouns(noun)),
        "neighbours": Text("What neighbours would suggest"),
    }
    st.session_state.alike = names[view.option("similar")]
    opened = parts.unlocked("similar", lambda: _open(names))
    tabs = st.tabs(list(names.values()), on_change=opened, key="alike")
    for tab, which in zip(tabs, names, strict=True):
        if tab.open:
            with tab:
                if which == "users":
                    _users(model, one, name)
                elif which == "items":
                    _items(model, item)
                else:
                    _neighbours(model, one, name)


def _open(names: dict[str, str]) -> None:
    named = {text: which for which, text in names.items()}
    choices.choose("similar", named[st.session_state.alike])


def _by(model: ModelInView, name: str) -> By:
    fitted = model.fitted
    if fitted.n_users * fitted.n_items > _MOST_CELLS:
        return "factors"
    few = fitted.n_users <= _MATRIX and fitted.has.factors
    offered: tuple[By, ...] = ("predictions", "factors")
    return choices.segmented(  # type: ignore[return-value]
        name,
        Text("Compare"),
        {by: similarity.compared(fitted, by) for by in offered},
        f"alike_{name}",
        usual="predictions" if few else "factors",
        part="similar",
        help=Text(
            "By predicted ratings: whole predicted rows, which are all positive and so close to "
            "1. By factors: directions of taste, biases aside."
        )
        if fitted.has.factors
        else None,
    )


def _users(model: ModelInView, one: int | Guest, name: str) -> None:
    by = _by(model, "users_like")
    fitted = model.fitted
    row = fitted.row(one).index  # None: a guest is in no row of the matrix
    if fitted.n_users <= _MATRIX and row is not None:
        table = similarity.similarity_matrix(fitted, "user", by)
        axis = model.ratings.axis("user")
        table = table.set_axis(axis.names, axis=0).set_axis(axis.distinct_names, axis=1)
        compared = worded(similarity.compared(fitted, by))
        with st.container(width=640):
            chart(
                similarity_matrix.figure(
                    table, similarity_matrix.title("user", compared), session.theme(), selected=row
                ),
                key="alike_matrix",
                what="similar-users",
                alt=Text("Cosine similarity of all users, {compared}", compared=compared),
                table=table,
            )
        return
    table = similarity.similar(fitted, "user", one, _LISTED, by)
    _listed(model, table, "user", Text("Most like {name}", name=name))


def _items(model: ModelInView, item: int | None) -> None:
    noun = model.ratings.item_noun
    chosen = view.now().item
    one = chosen if chosen is not None else item or 0
    with st.container(width=360):
        pickers.pick(
            "item",
            model.ratings,
            "alike_item",
            parts.unlocked("similar", lambda found: view.select(item=found)),
            chosen=one,
            label=Text("Like which {noun}?", noun=words.named(noun)),
            disabled=parts.locked("similar"),
        )
    by = _by(model, "items_like")
    table = similarity.similar(model.fitted, "item", one, _LISTED, by)
    name = model.ratings.item_names[one]
    _listed(model, table, "item", Text("Most like {name}", name=name))


def items_alone(model: ModelInView) -> None:
    """The items most like one, for a page that has nothing else to show."""
    st.header(
        Text("Similar {nouns}", nouns=words.nouns(model.ratings.item_noun)),
        anchor=False,
        help=glossary.tooltip("Cosine similarity"),
    )
    _items(model, None)


def _listed(model: ModelInView, table: pd.DataFrame, side: Side, heading: str) -> None:
    axis = model.fitted.train.axis(side)
    ids = table[side].to_numpy()
    st.dataframe(
        aligned(
            {
                heading: [axis.names[i] for i in ids],
                "similarity": table["similarity"].to_numpy(),
                "ratings": axis.counts[ids],
            },
            similarity=4,
        ),
        hide_index=True,
        width=640,
        height="content",
        key=f"alike_{side}s",
        column_config={
            "similarity": st.column_config.NumberColumn(Text("similarity")),
            "ratings": st.column_config.NumberColumn(Text("ratings")),
        },
        alt=heading,
    )


def _many() -> None:
    choices.choose("neighbours", str(st.session_state.neighbours_n))


def _neighbours(model: ModelInView, one: int | Guest, name: str) -> None:
    noun, fitted = model.ratings.item_noun, model.fitted
    st.markdown(
        Text(
            "Instead of asking the model for {name}'s own predictions, ask what it predicts for "
            "the most similar users, and weigh each by how similar they are.",
            name=escape.markdown(name),
        )
    )
    with st.container(horizontal=True, vertical_alignment="top", gap="medium"):
        most = max(1, min(20, fitted.n_users - 1))
        with st.container(width=260):
            n_neighbours = min(int(view.option("neighbours")), most)
            if most > 1:
                st.session_state.neighbours_n = n_neighbours
                many, locked = parts.unlocked("similar", _many), parts.locked("similar")
                st.slider(
                    Text("Neighbours"),
                    1,
                    most,
                    key="neighbours_n",
                    on_change=many,
                    disabled=locked,
                )
        scores: dict[Literal["mean", "sum"], str] = {
            "mean": Text("weighted mean"), "sum": Text("raw sum"),
        }  # fmt: skip
        how = choices.segmented("score", Text("Score"), scores, "neighbours_how", part="similar")
        by = _by(model, "neighbours_like")
    if how == "sum":
        st.warning(
            Text(
                "A raw sum is no rating: it grows with the number of neighbours and leaves the "
                "scale. Only its order means something."
            ),
            icon=":material/warning:",
        )
    table = similarity.from_neighbours(fitted, one, 10, n_neighbours, how, by)
    ids = table["item"].to_numpy()
    own = fitted.predict(one, ids)
    score = table["score"].to_numpy()
    columns = {
        noun: [model.ratings.item_names[i] for i in ids],
        "score" if how == "sum" else "by neighbours": score
        if how == "sum"
        else fitted.clipped(score),
        "own prediction": own,
    }
    decimals = {"score": 2, "by neighbours": 2, "own prediction": 2}
    st.dataframe(
        aligned(columns, **decimals),
        hide_index=True,
        width=640,
        height="content",
        key="neighbours_best",
        column_config={
            noun: st.column_config.TextColumn(words.named(noun)),
            "score": st.column_config.NumberColumn(Text("score")),
            "by neighbours": st.column_config.NumberColumn(Text("by neighbours")),
            "own prediction": st.column_config.NumberColumn(Text("own prediction")),
        },
        alt=Text("What the neighbours of {name} would suggest", name=name),
    )
