"""Ask me next: the item whose rating would teach the model most about this person."""

from __future__ import annotations

import numpy as np
import pandas as pd
import streamlit as st

from pages.panels.recommend import guest
from pages.shared import parts
from pages.shared.model_in_view import ModelInView
from pages.shared.tables import aligned
from recsys_core import escape, words
from recsys_core.asking import next_question, row_equations
from recsys_core.models import Guest
from recsys_core.text import Text, worded

_LISTED = 8


def draw(model: ModelInView, one: int | Guest, name: str) -> None:
    """The best question, to be answered by a guest, and those that come after it."""
    fitted, noun = model.fitted, model.ratings.item_noun
    why_not = row_equations.why_not(fitted)
    if why_not is not None:
        st.caption(escape.markdown(worded(why_not)))
        return
    unknown = _unknown(model)
    skipped = unknown if isinstance(one, Guest) else []
    table = next_question.questions(fitted, one, _LISTED, np.array(skipped, np.int64))
    if table.empty:
        st.caption(Text("There is no {noun} left to ask about.", noun=noun))
        return
    best = table.iloc[0]
    item = int(best["item"])
    title = escape.markdown(model.ratings.item_names[item])
    said = Text(
        "**{title}** would teach the model most: whatever the answer, the variance of all other "
        "predictions falls by {gain}, and {known} of the users could answer.",
        title=title,
        gain=words.percent(best["gain"]),
        known=words.percent(best["known"]),
    )
    left, right = st.columns([1, 1.4], gap="medium")
    with left:
        if isinstance(one, Guest):
            locked = parts.locked("guest") or parts.locked("closer")
            st.markdown(Text("{said} Your rating:", said=said))
            guest.rating_row(model, item, "ask", locked)
            st.button(
                Text("I do not know it"),
                icon=":material/skip_next:",
                key="ask_unknown",
                disabled=locked,
                on_click=parts.unlocked("closer", lambda: unknown.append(item)),
            )
        else:
            st.markdown(
                Text("If one could ask {name}: {said}", name=escape.markdown(name), said=said)
            )
        how = Text(
            "Ordered by gain × known: the share by which the variances of all predictions would "
            "fall, the {nouns} held and each {noun} counted by how often it is rated, times the "
            "share of users who have rated it. What nobody knows teaches nothing. Measured on "
            "MovieLens 100K with ALS, eight such questions did no better than eight about the most "
            "popular films.",
            nouns=words.nouns(noun), noun=noun,
        )  # fmt: skip
        if fitted.has.intervals:
            drawn = Text("Each posterior draw is asked, and the mean is taken.")
            st.caption(f"{how} {drawn}")
        else:
            st.caption(how)
    with right, st.container(key="ask_next"):
        falls, known = Text("variance falls by, %"), Text("known by, %")
        worth = Text("gain × known, %")
        shown = pd.DataFrame(
            {
                Text("{noun} to ask about", noun=words.named(noun)): [
                    model.ratings.item_names[i] for i in table["item"]
                ],
                falls: 100 * table["gain"].to_numpy(),
                known: 100 * table["known"].to_numpy(),
                worth: 100 * table["worth"].to_numpy(),
            },
            index=pd.RangeIndex(1, len(table) + 1, name="rank"),
        )
        st.dataframe(
            aligned(
                shown,
                **{falls: 1, known: 1, worth: 2},
            ),
            height="content",
            key="questions",
            column_config={"rank": st.column_config.NumberColumn("", width=30)},
            alt=Text("The {nouns} that are best asked about next", nouns=words.nouns(noun)),
        )


def _unknown(model: ModelInView) -> list[int]:
    """What the guest of this tab does not know."""
    found: list[int] = st.session_state.setdefault(f"ask_unknown_{model.ratings.fingerprint}", [])
    return found
