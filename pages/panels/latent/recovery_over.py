"""Where recovery begins: the model in view on generated data of other densities and noises."""

from __future__ import annotations

import streamlit as st

from pages.shared import session, study_progress
from pages.shared.chart import min_width
from pages.shared.chart.chart import chart
from pages.shared.model_in_view import ModelInView
from recsys_core import escape, words
from recsys_core.asking.truth import has_sums
from recsys_core.experiments import generated, recovery_map
from recsys_core.figures import recovery_map as picture
from recsys_core.text import Text, worded


def draw(model: ModelInView) -> None:
    """Draw the button, then the map as far as it is measured; nothing where none can be."""
    if not has_sums(model.fitted):
        return
    plan = recovery_map.planned(model.run.experiment)
    if plan is None:
        return
    st.subheader(Text("Where recovery begins"), anchor=False)
    n_cells, n_seeds = len(plan.of_cell), generated.N_SEEDS
    found = recovery_map.cells(plan, session.workspace().study.outcomes)
    if not found:
        st.markdown(
            Text(
                "The more is rated, and the less noise there is, the more of the true factors can "
                "be found. This model, trained anew on generated data of {densities} and {noises} "
                "as well, shows where that begins.",
                densities=Text(
                    "{n:,}\N{NO-BREAK SPACE}other density",
                    "{n:,}\N{NO-BREAK SPACE}other densities",
                    n=len(plan.densities) - 1,
                ),
                noises=Text(
                    "{n:,}\N{NO-BREAK SPACE}other noise",
                    "{n:,}\N{NO-BREAK SPACE}other noises",
                    n=len(plan.noises) - 1,
                ),
            )
        )
    for sentence in recovery_map.sentences(plan, found):
        st.markdown(escape.markdown(worded(sentence)))
    study_progress.controls(
        "recovery",
        plan.experiments,
        Text("Train {n} times on other data", n=n_cells * n_seeds),
        Text("Go on with the rest"),
        part="truth",
    )
    if found:
        with min_width.at_least(300, "recovery_map"):
            chart(
                picture.figure(plan, found, session.theme()),
                key="recovery_map",
                alt=picture.alt(plan, found),
                table=lambda: picture.table(plan, found),
                part="truth",
                what="recovery over density and noise",
            )
        chance = [cell.by_chance for cell in found.values()]
        st.caption(
            Text(
                "Outlined: as in the data in view. Each cell is a mean over {seeds} of the data: "
                "other factors, other pairs, other noise. Near where recovery begins two are few: "
                "hovering says how far they lie apart. Random factors reach {chance} at most. Of "
                "each training the best epoch counts.",
                seeds=words.plural("seed", n_seeds),
                chance=words.measure(max(chance), 2),
            )
        )
    for remark in plan.remarks:
        st.caption(escape.markdown(worded(remark)))
