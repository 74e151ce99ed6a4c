"""Splits and seeds: how much of a result is the split, and how much the seed."""

from __future__ import annotations

import streamlit as st

from pages.panels.train.settings import described
from pages.shared import choices, empty_state, session, study_progress, view
from pages.shared.chart.chart import chart
from pages.shared.tables import aligned
from recsys_core import escape, glossary, words
from recsys_core.asking.comparison import METRICS
from recsys_core.experiments import seed_band, split_study
from recsys_core.experiments.outcome import MOST_ITEMS, NEIGHBOURS, Outcome
from recsys_core.experiments.scores import PLACES
from recsys_core.experiments.seed_band import Which
from recsys_core.figures import seed_band as of_seeds
from recsys_core.figures import splits_compared
from recsys_core.runs import Entry
from recsys_core.text import Text, later

# Items whose neighbours are compared: the most rated, and the selected one.
_MOST_ITEMS = 12

_SEEDS_OF: dict[Which, Text] = {
    "model": Text("Model"), "split": Text("Split"), "both": Text("Both"),
}  # fmt: skip

_MEANING: dict[Which, str] = {
    "model": later(
        "Other random numbers at the start and in the order of ratings; the same ratings are held "
        "out."
    ),
    "split": later("Other ratings are held out; the model begins with the same random numbers."),
    "both": later("Other random numbers, and other ratings held out."),
}


def draw() -> None:
    """Draw the part."""
    entry = view.entry()
    if entry is None:
        empty_state.point_to(
            "train.py", Text("Choose a model"), ":material/tune:",
            Text("Splits and seeds are compared for the run in view; there is none yet."),
            "no_run_yet",
        )  # fmt: skip
        return
    view.page_shows("status")
    st.caption(
        Text(
            "Of the run in view, **{run}** ({settings}): {data}.",
            run=escape.markdown(entry.name), settings=escape.markdown(described(entry.run)),
            data=escape.markdown(entry.run.ratings.name),
        )
    )  # fmt: skip
    _splits(entry)
    _seeds(entry)


# --- splits ---------------------------------------------------------------------------------------


def _splits(entry: Entry) -> None:
    st.header(
        Text("Splits compared"),
        anchor=False,
        help=glossary.tooltip("Split", "Validation part", "Cold start"),
    )
    planned = split_study.under_splits(entry.run.experiment)
    for why in split_study.not_offered(entry.run.ratings):
        st.caption(escape.markdown(str(why)))
    if not planned:
        st.page_link(
            "data.py", label=Text("Choose other data"), icon=":material/table_chart:",
            query_params=view.parameters(),
        )  # fmt: skip
        return
    experiments = [each for of_kind in planned.values() for each in of_kind]
    found = split_study.rows(planned, session.workspace().study.outcomes)
    if not found:
        asks = [
            f"- **{escape.markdown(title.worded())}**: {escape.markdown(meaning.worded())}"
            for title, _, meaning in (split_study.KINDS[kind] for kind in planned)
        ]
        begun = Text("The same model, trained anew with other ratings held out:")
        st.markdown(begun + "\n" + "\n".join(asks))
    for said in (
        split_study.sentence(found),
        split_study.beside_biases(found),
        split_study.chance(found),
    ):
        if said is not None:
            st.markdown(escape.markdown(str(said)))
    study_progress.controls(
        "splits",
        experiments,
        Text("Train under {splits}", splits=words.plural("split", len(planned))),
        Text("Go on with the rest"),
    )
    if not found:
        return
    if any(row.means["rmse"] is not None for row in found):
        chart(
            splits_compared.figure(found, entry.name, entry.color_index, session.theme()),
            key="splits_chart",
            alt=splits_compared.alt(found, entry.name),
            what="splits-compared",
        )
    table = splits_compared.table(found, PLACES)
    st.dataframe(
        aligned(table),
        hide_index=True,
        key="splits_table",
        alt=Text("The same model under each split: errors, lists and sizes"),
        column_config={
            column: st.column_config.Column(help=said) for column, said in _helps().items()
        },
    )
    st.caption(
        Text(
            "All is measured on validation parts, which also chose the best epoch: a test part "
            "would say a little worse. Test parts are left alone. Predictions are clipped to the "
            "scale."
        )
    )


def _helps() -> dict[str, str]:
    """What columns mean, by their headings."""
    return {
        "± RMSE": Text("Standard deviation over the folds: what the draw alone does."),
        Text("of these unseen"): Text(
            "Held-out ratings with a user or an item that training never saw."
        ),
        Text("held out"): Text("Ratings judged on: the validation part; of folds, the fold."),
        f"NDCG@{PLACES}": METRICS["ndcg"].tooltip,
        Text("recall@{places}", places=PLACES): METRICS["recall"].tooltip,
    }


# --- seeds ----------------------------------------------------------------------------------------


def _seeds(entry: Entry) -> None:
    st.header(Text("Seed band"), anchor=False, help=glossary.tooltip("Seed"))
    run = entry.run
    offered = seed_band.seeded(run.experiment)
    if not offered:
        st.caption(
            Text(
                "{model} draws no random numbers, and neither does this split: every seed gives "
                "the same bits.",
                model=run.model.title,
            )
        )
        return
    with st.container(horizontal=True, vertical_alignment="bottom", key="seed_choices"):
        n = int(view.option("seeds"))
        st.session_state.seeds_n = n
        st.number_input(
            Text("Seeds"), seed_band.FEWEST, seed_band.MOST, key="seeds_n", width=140,
            on_change=_choose_number,
            help=Text("One is the run in view; each is a training of its own."),
        )  # fmt: skip
        which = choices.segmented(
            "seeds_of", Text("Seeds of the"), {each: _SEEDS_OF[each] for each in offered},
            key="seeds_of",
        )  # fmt: skip
    st.caption(Text(_MEANING[which]))
    experiments = seed_band.seeds(run.experiment, n, which)
    outcomes = session.workspace().study.outcomes
    found = [outcomes[each] for each in experiments if each in outcomes]
    study_progress.controls(
        "seeds", experiments, Text("Train {seeds}", seeds=words.plural("seed", n)),
        Text("Go on with the rest"),
    )  # fmt: skip
    if len(found) < 2:
        st.markdown(
            Text(
                "Trained again with nothing changed but the seed, a model gets other numbers. How "
                "far they lie apart tells which difference between two models means anything."
            )
        )
        return
    _errors(entry, found)
    _neighbours(entry, found)


def _choose_number() -> None:
    choices.choose("seeds", str(st.session_state.seeds_n))


def _errors(entry: Entry, found: list[Outcome]) -> None:
    said = seed_band.spread_of_errors(found)
    if said is not None:
        st.markdown(escape.markdown(str(said)))
    if not entry.run.model.has_epochs:
        return
    band = seed_band.band([each.epochs for each in found])
    what, own = seed_band.leading(entry.run.epochs)
    if not own:
        what = seed_band.leading(found[0].epochs)[0]
    chart(
        of_seeds.figure(band, own, what, entry.name, entry.color_index, session.theme()),
        key="seed_band",
        alt=of_seeds.alt(band, what, entry.name),
        table=band,
        what="seed-band",
    )


def _neighbours(entry: Entry, found: list[Outcome]) -> None:
    ratings = entry.run.ratings
    noun = words.nouns(ratings.item_noun)
    if not all(len(each.items) for each in found):
        st.caption(
            Text(
                "{model} says nothing of how alike {nouns} are: there are no neighbours to "
                "compare.",
                model=entry.run.model.title,
                nouns=escape.markdown(noun),
            )
        )
        return
    selected, items = view.now().item, seed_band.most_rated(found, _MOST_ITEMS)
    if selected is not None and selected not in items:
        items = [selected, *items]
    shared = seed_band.shared(found, items)
    sentence = seed_band.spread_of_neighbours(shared, noun)
    if sentence is None:
        return
    st.markdown(escape.markdown(str(sentence)))
    names = [ratings.item_names[each.item] for each in shared]
    chart(
        of_seeds.neighbours(shared, names, session.theme()),
        key="seed_neighbours",
        alt=of_seeds.neighbours_alt(shared, noun),
        table=of_seeds.neighbours_table(shared, names, ratings.item_noun),
        what="seed-neighbours",
    )
    said = [
        Text(
            "The {n} nearest {nouns} of each of the most rated in training, and of the selected "
            "one: lists of two seeds are compared by the Jaccard index, what is in both divided by "
            "what is in one or the other.",
            n=NEIGHBOURS, nouns=noun,
        )
    ]  # fmt: skip
    if selected is not None and selected not in [each.item for each in shared]:
        said.append(
            Text(
                "Of the selected {noun} nothing is said: it is not among the {n} most rated.",
                noun=words.named(ratings.item_noun), n=MOST_ITEMS,
            )
        )  # fmt: skip
    st.caption(escape.markdown(" ".join(said)))
