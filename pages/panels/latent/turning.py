"""Turn the factors: the predictions stay, what the axes seem to mean does not."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from pages.shared import parts, session, view
from pages.shared.chart.chart import chart
from pages.shared.model_in_view import ModelInView
from recsys_core import escape, words
from recsys_core.asking import latent_map, rotation
from recsys_core.figures import rotation as pictures
from recsys_core.models import FactorModel, seen_as
from recsys_core.text import Text, later, worded

# Items named at each end of an axis.
_NAMED = 3


def draw(model: ModelInView) -> None:
    """The dial and the picture; a sentence on NMF, the exception."""
    why_not = rotation.why_not(model.fitted)
    if why_not is not None:
        st.caption(escape.markdown(worded(why_not)))
        return
    _dial(model)


@view.fragment("turn_dial", "turn")
def _dial(model: ModelInView) -> None:
    degrees = int(view.option("turn"))
    nouns = words.nouns(model.ratings.item_noun)
    first, second = _plane(model)
    fitted = seen_as(FactorModel, model.fitted)
    st.session_state.turn = degrees
    st.slider(
        Text("Turn all users and {nouns} by, degrees", nouns=nouns), 0, 355, step=5,
        key="turn", on_change=parts.unlocked("map", _turn), disabled=parts.locked("map"),
    )  # fmt: skip
    other = rotation.turned(fitted, degrees, first, second)
    left, right = st.columns([1.2, 1], gap="medium")
    with left:
        chart(
            pictures.figure(
                other, pictures.reach(fitted, first, second), first, second, session.theme()
            ),
            key="turned",
            alt=Text(
                "Users and {nouns} in the plane of factors {first} and {second}, turned by "
                "{degrees} degrees",
                nouns=nouns,
                first=first + 1,
                second=second + 1,
                degrees=degrees,
            ),
            table=lambda: pictures.table(other, first, second),
            what="turned-factors",
        )
    with right:
        _say(model, fitted, other, degrees)
    _ends(model, fitted, other, (first, second), degrees)


def _plane(model: ModelInView) -> tuple[int, int]:
    """The two factors with the largest spread, so that there is something to see."""
    table = latent_map.factor_table(model.factored, 1)
    first, second = sorted(int(f) - 1 for f in table["factor"].iloc[:2])
    return first, second


def _turn() -> None:
    view.choose(("turn", str(st.session_state.turn)))
    view.redraw("turn")


def _say(model: ModelInView, fitted: FactorModel, other: FactorModel, degrees: int) -> None:
    moved = rotation.largest_change(fitted, other)
    unit = Text("rating units") if fitted.has.ratings else Text("units of preference")
    if degrees:
        st.markdown(
            Text(
                "Turned by {degrees:d}°, the largest change of any prediction is **{moved:.7f}** "
                "{unit}: rounding. Who is similar to whom stays as well. Only what the axes seem "
                "to mean has changed: a name for an axis would be a name for chance.",
                degrees=degrees,
                moved=float(moved),
                unit=unit,
            )
        )
    else:
        st.markdown(
            Text(
                "Every turn of this picture is an equally good model: products of factors, lengths "
                "and angles stay. Turn it, and see what becomes of the ends of the axes."
            )
        )
    if fitted.fold.nonnegative:
        negative = rotation.n_negative(other)
        st.markdown(
            Text(
                "**The exception: non-negative factors.** Turned so, {n:,} numbers are negative, "
                "which this model does not allow: its axes cannot be turned, and may be named.",
                n=negative,
            )
            if negative
            else Text(
                "**The exception: non-negative factors.** None of these numbers is negative. Turn "
                "them, and some would be, which this model does not allow: its axes may be named."
            )
        )
    elif model.run.model.title != "NMF":
        st.caption(
            Text(
                "Training starts from random numbers and ends at one of these turns by chance. "
                "Only a rule that a turn would break, such as NMF’s (no number below 0), fixes the "
                "axes."
            )
        )


def _ends(
    model: ModelInView, fitted: FactorModel, other: FactorModel, plane: tuple[int, int],
    degrees: int,
) -> None:  # fmt: skip
    rows = []
    for factor in plane:
        for title, each in (
            (later("{factor}, as trained"), fitted),
            (later("{factor}, turned by {degrees}°"), other),
        ):
            low, high = latent_map.ends(
                each.item_factors[:, factor], fitted.train.item_counts, _NAMED
            )
            named = [" · ".join(model.ratings.item_names[i] for i in end) for end in (low, high)]
            rows.append((Text(title, factor=factor + 1, degrees=degrees), *named))
            if not degrees:
                break
    st.dataframe(
        pd.DataFrame(rows, columns=[Text("factor"), Text("low end"), Text("high end")]),
        hide_index=True,
        height="content",
        key="turned_ends",
        alt=Text(
            "The {nouns} at both ends of the two factors",
            nouns=words.nouns(model.ratings.item_noun),
        ),
    )
