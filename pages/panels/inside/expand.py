"""Expand: the button beside a selected cell, and the panel of the update that it opens in place."""

from __future__ import annotations

import streamlit as st

from pages.panels.inside import (
    adam,
    gibbs_row,
    network,
    nmf_row,
    one_rating,
    probability,
    row_equations,
)
from pages.shared import choices, parts, view
from recsys_core import escape
from recsys_core.asking.inside import explanations
from recsys_core.runs import Run
from recsys_core.text import Text

_PANELS = {
    "step": one_rating.show,
    "half": row_equations.show,
    "update": nmf_row.show,
    "draw": gibbs_row.show,
    "probability": probability.show,
    "network": network.show,
    "adam": adam.show,
}


def offer(run: Run) -> None:
    """Open the panel of the run's update, or close it; where it has none, why."""
    if not parts.drawn("inside"):
        return
    if not explanations.offered(run.model):
        st.caption(escape.markdown(explanations.none_of(run.model)))
        return
    opened = bool(view.option("inside"))
    st.button(
        Text("Close") if opened else Text("Expand"),
        icon=":material/zoom_in_map:" if opened else ":material/zoom_out_map:",
        key="expand",
        on_click=parts.unlocked("inside", _toggle),
        args=(run,),
        disabled=parts.locked("inside"),
        help=Text("One update of this model, taken apart: how it learns from a rating."),
    )


def _toggle(run: Run) -> None:
    opened = bool(view.option("inside"))
    choices.choose("inside", "" if opened else explanations.offered(run.model)[0])


def show(run: Run, epoch: int, user: int, item: int) -> None:
    """The panel, where it is open: the update of a run at an epoch, of the selected cell."""
    chosen = view.option("inside")
    if not chosen or not parts.drawn("inside"):
        return
    offered = explanations.offered(run.model)
    if not offered:  # which is said beside the cell
        return
    with st.container(border=True, key="inside"):
        name = chosen if chosen in offered else offered[0]
        why = explanations.reason(chosen, run.model)
        if why is not None:  # the panel of another model was open
            st.caption(escape.markdown(why))
        if len(offered) > 1:
            titles = {each: explanations.TITLES[each] for each in offered}
            name = choices.segmented(
                "inside", Text("Look into"), titles, "inside_which", part="inside"
            )
        if run.wants_training:
            st.caption(
                Text("It trains: its update can be looked into when it rests, or is paused.")
            )
            return
        _PANELS[name](run, epoch, user, item)
