"""Can the held-out error be trusted? Held-out pairs beside all pairs of generated ratings."""

from __future__ import annotations

import streamlit as st

from pages.shared import model_in_view, session, study_progress
from pages.shared.chart import min_width
from pages.shared.chart.chart import chart
from pages.shared.model_in_view import ModelInView
from recsys_core import escape, words
from recsys_core.asking import truth
from recsys_core.experiments import generated, selection_study
from recsys_core.figures import selection
from recsys_core.figures import truth as picture
from recsys_core.text import Text, worded


def draw(model: ModelInView) -> None:
    """Draw what the held-out error says beside that of all pairs; nothing without either."""
    plan = selection_study.planned(model.run.experiment)
    if plan is None or not model.fitted.has.ratings:
        return
    st.subheader(Text("Can the held-out error be trusted?"), anchor=False)
    named = model_in_view.errors_beside_baselines(model)
    for sentence in truth.trust(named):
        st.markdown(escape.markdown(worded(sentence)))
    colour = model.entry.color_index
    if plan.present:
        with min_width.at_least(300, "held_out"):
            chart(
                picture.held_out(named, colour, session.theme()),
                key="held_out",
                alt=picture.held_out_alt(named),
                table=lambda: picture.held_out_table(named),
                part="truth",
                what="held-out error beside the true one",
            )
        st.caption(
            Text(
                "The higher its value, the likelier a pair is rated (selection {selection}): "
                "held-out pairs are drawn from the rated ones, and their values are higher than "
                "those of all pairs. Both errors are against the noise-free ratings, so that they "
                "differ by the pairs alone. The table also has the held-out error against ratings, "
                "which other pages show.",
                selection=words.given(plan.present),
            )
        )
    else:
        st.caption(
            Text(
                "Which pairs are rated here has nothing to do with their value (selection 0): "
                "held-out pairs are a fair sample of all pairs, but for chance. Real ratings are "
                "mostly given to what people chose."
            )
        )
    _over_selection(plan, colour)


def _over_selection(plan: selection_study.Plan, colour: int) -> None:
    found = selection_study.rows(plan, session.workspace().study.outcomes)
    said = selection_study.sentence(plan, found)
    if said is not None:
        st.markdown(escape.markdown(worded(said)))
    study_progress.controls(
        "selection",
        plan.experiments,
        Text(
            "Train {times} with other selections",
            times=words.plural("time", len(plan.experiments)),
        ),
        Text("Go on with the rest"),
        part="truth",
    )
    if not found:
        return
    with min_width.at_least(300, "selection"):
        chart(
            selection.figure(plan, found, colour, session.theme()),
            key="selection",
            alt=selection.alt(found),
            table=lambda: selection.table(found),
            part="truth",
            what="errors over selection",
        )
    st.caption(
        Text(
            "Means over {seeds} of the data; outlined: held-out pairs, filled: all pairs. The line "
            "stands at the data in view. Where held-out pairs are few, chance alone moves their "
            "error.",
            seeds=words.plural("seed", generated.N_SEEDS),
        )
    )
    for remark in plan.remarks:
        st.caption(escape.markdown(worded(remark)))
