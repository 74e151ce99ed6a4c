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
from recsys_core.text import Text, worded

_HELP = {
    "RMSE": Text("On the validation part, the mean over the seeds."),
    "± RMSE": Text("Standard deviation over the seeds: what chance alone does."),
    Text("predicts"): Text("For the selected cell, the mean over the seeds."),
    Text("lowest to highest"): Text("Of the predictions for the selected cell, over the seeds."),
}


def show(run: Run, user: int, item: int) -> None:
    """Train the variants with the other settings of the run; their errors, and the cell by each."""
    st.markdown(
        Text(
            "**Dot product or layers?** A dot product multiplies the factors; hidden layers have "
            "to learn to. Which of them predicts better is found by training each on the same "
            "ratings."
        )
    )
    if run.brought:
        st.caption(
            Text("This model came from a file: how to train its variants is not known here.")
        )
        return
    if run.split.validation is None:
        st.caption(Text("This split holds no ratings out, so that there is nothing to compare by."))
        st.page_link(
            "data.py", label=Text("Choose a split with validation ratings"),
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
        Text(
            "Train {variants}, {seeds} each",
            variants=words.listed(list(plan)),
            seeds=words.plural("seed", N_SEEDS),
        ),
        Text("Train the rest"),
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
        helps = {worded(column): help.worded() for column, help in _HELP.items()}
        st.dataframe(
            aligned(table), hide_index=True, height="content", key="variants_table",
            alt=Text("Each network: its error, and what it predicts for the selected cell"),
            column_config={
                column: st.column_config.Column(help=helps.get(column)) for column in table.columns
            },
        )  # fmt: skip
        st.markdown(escape.markdown(_cell(run, found, user, item)))


def _cell(run: Run, found: list[Row], user: int, item: int) -> str:
    """What each predicts for the selected cell, beside the rating there is."""
    ratings = run.ratings
    rated = float(ratings.block([user], [item])[0, 0])
    learned = not math.isnan(float(run.split.train.block([user], [item])[0, 0]))
    known = Text("not rated")
    if not math.isnan(rated):
        rating = ratings.scale.said(rated)
        known = (
            Text("rated {rating}, trained on", rating=rating)
            if learned
            else Text("rated {rating}, held out", rating=rating)
        )
    said = [
        f"{row.variant} {words.number(row.prediction)}"
        for row in found
        if row.prediction is not None
    ]
    who = f"{ratings.user_names[user]} × {ratings.item_names[item]} ({known})"
    if not said:
        return Text(
            "{who}: models of this size are not kept, so that only their errors are here.", who=who
        )
    return Text("{who}: predicted by {predictions}.", who=who, predictions=words.listed(said))


def _conditions(run: Run, plan: dict) -> str:  # type: ignore[type-arg]
    """On which ratings and with which settings it was measured."""
    split, seeds = run.split, [int(each.model.get("seed", 0)) for each in plan[variants.DOT]]
    assert split.validation is not None
    said = Text(
        "Trained on {n_train:,} ratings for {epochs} at most, measured on the {n_validation:,} of "
        "the validation part, which also chose each best epoch; test ratings are left alone. "
        "Seeds {seeds}, of the initial draw and the order of batches; the split is the same. "
        "Predictions are clipped to the scale.",
        n_train=len(split.train),
        epochs=words.plural("epoch", run.n_epochs),
        n_validation=len(split.validation),
        seeds=words.listed([str(seed) for seed in seeds]),
    )
    apart = variants.chosen_apart(plan, split.train)
    if apart:
        own = "; ".join(f"{variant} {words.listed(its)}" for variant, its in apart.items())
        chosen = Text("Settings left open are chosen for each network: {own}.", own=own)
        return f"{said} {chosen}"
    return said
