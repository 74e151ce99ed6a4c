"""What is said beside and below the map: how far to trust it, who is alike, what the ends are."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Literal

import numpy as np
import streamlit as st

from pages.panels.latent.map_controls import Map
from pages.shared import model_in_view, parts, view
from pages.shared.model_in_view import ModelInView
from pages.shared.tables import aligned
from recsys_core import escape, glossary, words
from recsys_core.asking import latent_map
from recsys_core.figures import latent
from recsys_core.ratings import Side
from recsys_core.text import Text, later

_NEIGHBOURS = 10

# Letters of all genres of one item.
_LONGEST_GENRES = 200


def projection_quality(shown: Map) -> None:
    """Trustworthiness as a badge and a sentence."""
    score, k = shown.places.trust, shown.model.fitted.n_factors
    if math.isnan(score):
        return
    if score >= 0.95:
        colour: Literal["green", "orange", "red"] = "green"
        advice = Text("What looks near here is near.")
    elif score >= 0.8:
        colour, advice = "orange", Text("Most of what looks near here is near.")
    else:
        colour = "red"
        advice = Text("Much of what looks near here is not: trust the list, not the map.")
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.badge(Text("Trustworthiness {x}", x=words.measure(score, 2)), color=colour)
        st.caption(
            Text(
                "{advice} 1 means: all neighbours on the map are neighbours by all {k} factors.",
                advice=advice,
                k=k,
            ),
            width="content",
        )
    if shown.shade in ("false", "torn"):
        among = model_in_view.map_errors(shown.model, shown.places).n_judged
        if shown.shade == "false":
            st.caption(
                Text(
                    "Dark: its neighbours on the map are not its neighbours in the space; each "
                    "judged by its five nearest of {n:,} points.",
                    n=among,
                )
            )
        else:
            st.caption(
                Text(
                    "Dark: its neighbours in the space lie elsewhere on the map; each judged by "
                    "its five nearest of {n:,} points.",
                    n=among,
                )
            )
    drawn = {cloud.noun: len(cloud.ids) for cloud in shown.clouds}
    all_of = {cloud.noun: shown.model.ratings.axis(cloud.side).n for cloud in shown.clouds}
    cut = [
        Text("{drawn:,} of {all}", drawn=drawn[noun], all=words.plural(noun, n))
        for noun, n in all_of.items()
        if drawn[noun] < n
    ]
    if cut:
        st.caption(Text("Drawn: {cut}, those with the most ratings.", cut=words.listed(cut)))
    if said := latent.lines_said(shown.clouds):
        st.caption(said)


@view.fragment("beside", "user", "item")
def neighbours(shown: Map) -> None:
    """Who is most alike to the selected one in the space itself, not on the map."""
    if shown.selected is None:
        st.markdown(Text("**Who is alike?**"))
        st.markdown(Text("Click a point, find one by name, or begin with one of these:"))
        _best_known(shown)
        return
    side, index = shown.selected
    ratings, axis = shown.model.ratings, shown.model.fitted.train.axis(side)
    st.markdown(f"**{escape.markdown(axis.names[index])}**")
    n = int(axis.counts[index])
    about: str = Text(
        "{n:,}\N{NO-BREAK SPACE}training rating", "{n:,}\N{NO-BREAK SPACE}training ratings", n=n
    )
    if n:
        about = Text("{ratings}, mean {x}", ratings=about, x=words.number(axis.means[index]))
    if side == "item" and latent_map.genres(ratings):
        assert ratings.item_info is not None
        genres = ratings.item_info["genres"].iloc[index]
        if isinstance(genres, str):
            about += f" · {escape.short(genres.replace('|', ', '), _LONGEST_GENRES)}"
    st.caption(escape.markdown(about))
    table = model_in_view.similar(shown.model, side, index, _NEIGHBOURS)
    _table(
        shown.model,
        side,
        table[side].to_list(),
        later("most alike {nouns}"),
        table["similarity"].to_list(),
    )
    st.caption(
        Text(
            "Similarity is the cosine of the angle between their factors, in the space of all {k} "
            "and not on the map: 1 the same taste, 0 none in common, −1 opposite. Lines lead to "
            "the nearest.",
            k=shown.model.fitted.n_factors,
        )
    )
    _not_as_it_looks(shown, side, index)


def _not_as_it_looks(shown: Map, side: Side, index: int) -> None:
    """Which of those near on the map are not alike, and which of those alike lie elsewhere."""
    names = shown.model.fitted.train.axis(side).names
    false, torn = shown.astray(side, index)
    said = []
    if len(false):
        said.append(
            Text(
                "Near on the map and not among the most alike (crosses): {names}.",
                names=_listed(false, names),
            )
        )
    if len(torn):
        said.append(
            Text(
                "Most alike, and not among the nearest on the map: {names}.",
                names=_listed(torn, names),
            )
        )
    if said:
        st.caption(escape.markdown(" ".join([Text("The map errs here."), *said])))


def _listed(ids: np.ndarray, names: Sequence[str]) -> str:
    return words.listed([escape.short(names[i], 40) for i in ids])


def _best_known(shown: Map) -> None:
    """Where to begin: those with the most ratings."""
    side = shown.clouds[-1].side
    best_known = shown.model.fitted.train.axis(side).most_rated(_NEIGHBOURS)
    _table(shown.model, side, best_known.tolist(), later("best known {nouns}"))


def _table(
    model: ModelInView,
    side: Side,
    ids: list[int],
    which: str,
    similar_by: list[float] | None = None,
) -> None:
    """Users or items; choosing a row selects it on the map."""
    axis = model.fitted.train.axis(side)
    heading: str = Text(which, nouns=words.nouns(axis.noun))
    similarity: str = Text("similarity")
    ratings: str = Text("ratings")
    columns: dict[str, list] = {heading: [axis.names[i] for i in ids]}
    if similar_by is not None:
        columns[similarity] = similar_by
    columns[ratings] = [int(axis.counts[i]) for i in ids]
    # Named after what it lists, so that a choice in one list is none in the next.
    key = f"latent_rows_{side}_{ids[0] if ids else ''}_{similar_by is None}"

    def go() -> None:
        at = st.session_state[key]["selection"]["rows"]
        if at:
            view.select(**{side: ids[at[0]]})
            view.redraw("user", "item")

    st.dataframe(
        aligned(columns, **{similarity: 2}),
        hide_index=True,
        height="content",
        on_select="ignore" if parts.locked("similar") else go,
        selection_mode="single-row",
        key=key,
        column_config={
            heading: st.column_config.TextColumn(width=165),
            similarity: st.column_config.NumberColumn(width=68),
            ratings: st.column_config.NumberColumn(width=58),
        },
        alt=heading[:1].upper() + heading[1:],
    )


def axis_ends(model: ModelInView) -> None:
    """What lies at both ends of each factor, as a table."""
    noun = model.ratings.item_noun
    st.header(
        Text("What lies at both ends of each factor"),
        anchor=False,
        help=glossary.tooltip("Factor (latent factor)"),
    )
    st.markdown(
        Text(
            "Who has a positive number in a factor is drawn to the {nouns} at its high end and "
            "away from those at its low end. Which factor comes first, and which end is high, is "
            "chance.",
            nouns=words.nouns(noun),
        )
    )
    table = model_in_view.factor_table(model)
    spread = (100 * table["spread"]).round(1)  # as percentages, all with one decimal
    table = table.assign(spread=spread)
    st.dataframe(
        table,
        hide_index=True,
        column_config={
            "spread": st.column_config.ProgressColumn(
                Text("spread"),
                help=Text("Share of all spread of users and items that lies along this factor."),
                format="%.1f %%",
                min_value=0,
                max_value=float(table["spread"].max()),
                width="small",
            ),
            "factor": st.column_config.NumberColumn(Text("factor"), width="small"),
            "low end": st.column_config.TextColumn(Text("low end")),
            "high end": st.column_config.TextColumn(Text("high end")),
        },
        alt=Text(
            "For each factor, the {nouns} at its low and at its high end",
            nouns=words.nouns(noun),
        ),
    )
