"""A dot product or layers: the networks of neural MF, trained on the same data and compared."""

from __future__ import annotations

import math

import streamlit as st

from pages.shared import session, study_progress, view
from pages.shared.chart.chart import chart
from pages.shared.tables import aligned
from recsys_core import escape, words
from recsys_core.experiments import variants
from recsys_core.experiments.variants import N_SEEDS, Row
from recsys_core.figures import variants as pictures
from recsys_core.runs import Run

_HELP = {
    "RMSE": "On the validation part, the mean over the seeds.",
    "± RMSE": "Standard deviation over the seeds: what chance alone does.",
    "predicts": "For the selected cell, the mean over the seeds.",
    "lowest to highest": "Of the predictions for the selected cell, over the seeds.",
}


def show(run: Run, user: int, item: int) -> None:
    """Train the variants with the other settings of the run; their errors, and the cell by each."""
    st.markdown(
        "**Dot product or layers?** A dot product multiplies the factors; hidden layers have to "
        "learn to. Which of them predicts better is found by training each on the same ratings."
    )
    if run.brought:
        st.caption("This model came from a file: how to train its variants is not known here.")
        return
    if run.split.validation is None:
        st.caption("This split holds no ratings out, so that there is nothing to compare by.")
        st.page_link(
            "data.py", label="Choose a split with validation ratings",
            icon=":material/table_chart:", query_params=view.parameters(),
        )  # fmt: skip
        return
    plan = variants.planned(run.experiment)
    experiments = [each for of_variant in plan.values() for each in of_variant]
    study = session.workspace().study
    found = variants.rows(plan, study.outcomes, study.fitted, user, item)
    for said in (variants.sentence(found), variants.beside_biases(found)):
        if said is not None:
            st.markdown(escape.markdown(str(said)))
    study_progress.controls(
        "variants",
        experiments,
        f"Train {words.listed(list(plan))}, {words.plural('seed', N_SEEDS)} each",
        "Train the rest",
        part="inside",
    )
    if found:
        _drawn(run, found, user, item)
        st.caption(escape.markdown(_conditions(run, plan)))


def _drawn(run: Run, found: list[Row], user: int, item: int) -> None:
    left, right = st.columns([1.2, 1], gap="medium")
    entry = view.entry()
    with left:
        chart(
            pictures.figure(found, 0 if entry is None else entry.color_index, session.theme()),
            key="variants_chart",
            alt=pictures.alt(found),
            what="networks-compared",
        )
    with right:
        table = pictures.table(found)
        st.dataframe(
            aligned(table), hide_index=True, height="content", key="variants_table",
            alt="Each network: its error, and what it predicts for the selected cell",
            column_config={
                column: st.column_config.Column(help=_HELP.get(column)) for column in table.columns
            },
        )  # fmt: skip
        st.markdown(escape.markdown(_cell(run, found, user, item)))


def _cell(run: Run, found: list[Row], user: int, item: int) -> str:
    """What each predicts for the selected cell, beside the rating there is."""
    ratings = run.ratings
    rated = float(ratings.block([user], [item])[0, 0])
    learned = not math.isnan(float(run.split.train.block([user], [item])[0, 0]))
    known = "not rated"
    if not math.isnan(rated):
        known = f"rated {ratings.scale.said(rated)}, {'trained on' if learned else 'held out'}"
    said = [
        f"{row.variant} {words.number(row.prediction)}"
        for row in found
        if row.prediction is not None
    ]
    who = f"{ratings.user_names[user]} × {ratings.item_names[item]} ({known})"
    if not said:
        return f"{who}: models of this size are not kept, so that only their errors are here."
    return f"{who}: predicted by {words.listed(said)}."


def _conditions(run: Run, plan: dict) -> str:  # type: ignore[type-arg]
    """On which ratings and with which settings it was measured."""
    split, seeds = run.split, [int(each.model.get("seed", 0)) for each in plan[variants.DOT]]
    assert split.validation is not None
    said = (
        f"Trained on {len(split.train):,} ratings for {words.plural('epoch', run.n_epochs)} at "
        f"most, measured on the {len(split.validation):,} of "
        "the validation part, which also chose each best epoch; test ratings are left alone. "
        f"Seeds {words.listed([str(seed) for seed in seeds])}, of the initial draw and the order "
        "of batches; the split is the same. Predictions are clipped to the scale."
    )
    apart = variants.chosen_apart(plan, split.train)
    if apart:
        own = "; ".join(f"{variant} {words.listed(its)}" for variant, its in apart.items())
        said += f" Settings left open are chosen for each network: {own}."
    return said
