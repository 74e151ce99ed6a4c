"""Why exactly: what adds up to the first recommendation, and which rating keeps it there."""

from __future__ import annotations

import numpy as np
import pandas as pd
import streamlit as st

from pages.shared import job_progress, model_in_view, parts, session, view
from pages.shared.chart.chart import chart
from pages.shared.model_in_view import ModelInView
from pages.shared.tables import aligned
from recsys_core import escape, words
from recsys_core.asking import attribution, counterfactual, row_equations
from recsys_core.asking.counterfactual import Counterfactuals
from recsys_core.experiments import leave_one_out
from recsys_core.experiments.leave_one_out import Retrained
from recsys_core.figures import waterfall
from recsys_core.models import Guest
from recsys_core.text import Number, Text, worded

# Rows of the table that are seen without scrolling.
_ROWS = 8


def draw(model: ModelInView, one: int | Guest, name: str) -> None:
    """Which ratings decide, what adds up to the prediction, and what training again gives."""
    fitted = model.fitted
    why_not = row_equations.why_not(fitted)
    if why_not is not None:
        st.caption(escape.markdown(worded(why_not)))
        return
    items, values = (np.asarray(part) for part in fitted.rated_by(one))
    if not len(items):
        st.caption(Text("Nothing is rated yet: there is no rating that could change the list."))
        return
    guest = fitted.fold_in(items.astype(np.int64), values.astype(np.float64))
    key = ("counterfactuals", model.key, items.tobytes(), values.tobytes())
    found = model_in_view.once(
        model.run, key, lambda: counterfactual.counterfactuals(fitted, guest)
    )
    if found is None:
        st.caption(Text("Everything is rated already: the list is empty."))
        return
    _say(model, one, found)
    left, right = st.columns([1.5, 1], gap="medium")
    with left:
        _table(model, found)
    with right:
        _terms(model, guest, name, found)
    if isinstance(one, int):
        _again(model, one, name, found)


def _name(model: ModelInView, item: int) -> str:
    return escape.markdown(model.ratings.item_names[item])


def _say(model: ModelInView, one: int | Guest, found: Counterfactuals) -> None:
    """Which single rating, taken away or changed, puts another item first."""
    noun = model.ratings.item_noun
    first = _name(model, found.first)
    text: list[str] = []
    flips = found.table[found.table["flips"]]
    changes = found.table[found.table["changed_first"] >= 0]
    if found.second is None:
        text.append(
            Text("Only **{first}** is left to recommend: nothing can overtake it.", first=first)
        )
    elif len(flips):
        row = flips.iloc[0]
        text.append(
            Text(
                "Without the rating of **{item}**, **{then}** would be first instead of "
                "**{first}**.",
                item=_name(model, int(row["item"])),
                then=_name(model, int(row["then_first"])),
                first=first,
            )
        )
        if len(flips) > 1:
            text.append(
                Text("So it is with {n} of the {of:,} ratings.", n=len(flips), of=len(found.table))
            )
    else:
        row = found.table.iloc[0]
        text.append(
            Text(
                "No rating, taken away alone, moves **{first}** from the first place. It leads by "
                "{lead}; without **{item}** still by {then}.",
                first=first,
                lead=words.number(found.lead),
                item=_name(model, int(row["item"])),
                then=words.number(row["lead"]),
            )
        )
    if len(changes):
        size = np.abs(changes["changed_to"] - changes["rating"])
        row = changes.loc[size.idxmin()]
        said = model.ratings.scale.said
        text.append(
            Text(
                "The smallest change that does it: {new} in place of {old} for **{item}**; then "
                "**{then}** is first.",
                new=escape.markdown(said(row["changed_to"])),
                old=escape.markdown(said(row["rating"])),
                item=_name(model, int(row["item"])),
                then=_name(model, int(row["changed_first"])),
            )
        )
    elif found.second is not None:
        text.append(Text("No single rating, whatever it is changed to, does it either."))
    st.markdown(" ".join(text))
    about: list[str] = [
        Text(
            "This is the list of the fold-in: the numbers of all {nouns} are held, and those of "
            "this person are solved from these ratings alone. Each row below is solved again "
            "without its rating, exactly, not estimated.",
            nouns=words.nouns(noun),
        )
    ]
    if isinstance(one, int):
        trained = model.fitted.recommend(one, 1)["item"]
        about.append(
            Text("The list above is the trained one; its first {noun} is the same.", noun=noun)
            if len(trained) and int(trained.iloc[0]) == found.first
            else Text(
                "The list above is the trained one, and there **{item}** is first.",
                item=_name(model, int(trained.iloc[0])),
            )
        )
    about.append(Text("What is rated stays out of the list, also while its rating is taken away."))
    st.caption(" ".join(about))


def _table(model: ModelInView, found: Counterfactuals) -> None:
    names, noun, scale = model.ratings.item_names, model.ratings.item_noun, model.ratings.scale
    rows = found.table
    then = [
        names[i] if flips else ""
        for i, flips in zip(rows["then_first"], rows["flips"], strict=True)
    ]
    changed = [
        "" if other < 0 else f"{scale.said(value)}: {names[other]}"
        for value, other in zip(rows["changed_to"], rows["changed_first"], strict=True)
    ]
    adds, lead = Text("adds"), Text("lead without it")
    table = pd.DataFrame(
        {
            Text("rated {noun}", noun=words.named(noun)): [names[i] for i in rows["item"]],
            Text("rating"): rows["rating"].to_numpy(),
            adds: rows["adds"].to_numpy(),
            lead: rows["lead"].to_numpy(),
            Text("first without it"): then,
            Text("nearest change that flips"): changed,
        }
    )
    st.dataframe(
        aligned(table, **{adds: 2, lead: 3}),
        hide_index=True,
        height="content" if len(table) <= _ROWS else 38 + 35 * _ROWS,
        key="counterfactuals",
        column_config={
            adds: st.column_config.Column(
                help=Text(
                    "What this rating adds to the prediction of the first in the list: together "
                    "with what is expected without ratings, these add up to it."
                )
            ),
            lead: st.column_config.Column(
                help=Text(
                    "How far the first would then be ahead of the best other, in rating units; "
                    "below 0 the other is first."
                )
            ),
        },
        alt=Text("What each rating keeps in place; {item} is first", item=names[found.first]),
    )


def _terms(model: ModelInView, guest: Guest, name: str, found: Counterfactuals) -> None:
    """The prediction of the first as a sum over the factors, and over the ratings."""
    fitted, names = model.fitted, model.ratings.item_names
    why = attribution.reasons(fitted, guest, found.first)
    sums = waterfall.adding_up(np.array([why.start, why.pulled + why.rest]))
    start, added = (float(each) for each in sums)
    total = start + added
    values = {
        "start": Number(f"{'−' if start < 0 else ''}{abs(start):.2f}"),
        "added": Number(f"{'−' if added < 0 else '+'} {abs(added):.2f}"),
        "total": Number(f"{'−' if total < 0 else ''}{abs(total):.2f}"),
    }
    st.markdown(
        Text(
            "By ratings: {start} expected without any {added} by all of them = **{total}**, before "
            "it is cut to the scale.",
            **values,
        )
        if _is_cut(model, why.prediction)
        else Text(
            "By ratings: {start} expected without any {added} by all of them = **{total}**.",
            **values,
        )
    )
    if not fitted.has.terms:
        st.caption(
            Text(
                "By factors it is no single sum: the prediction is a mean over many draws, each "
                "with factors of its own."
            )
        )
        return
    parts_of = attribution.terms(fitted, guest, found.first)
    scale = model.ratings.scale
    figure = waterfall.figure(
        parts_of, name[:1].upper() + name[1:], names[found.first], scale, session.theme()
    )
    chart(
        figure,
        key="exact_terms",
        alt=waterfall.alt(parts_of, name, names[found.first], scale),
        table=lambda: waterfall.table(parts_of, name, names[found.first]),
        what=f"terms {names[found.first]}",
    )


def _is_cut(model: ModelInView, score: float) -> bool:
    return abs(float(model.fitted.clipped(np.array(score))) - score) > 0.005


# --- training again without one rating ------------------------------------------------------------


def _again(model: ModelInView, user: int, name: str, found: Counterfactuals) -> None:
    """Train without one rating, and compare with what the fold-in says."""
    run, noun = model.run, model.ratings.item_noun
    names = model.ratings.item_names
    st.subheader(Text("And if all were trained again?"), anchor=False)
    if run.brought:
        st.caption(Text("This model came from a file: how to train it again is not known here."))
        return
    offered = [int(item) for item in found.table["item"]]
    with st.container(horizontal=True, vertical_alignment="bottom"):
        item = st.selectbox(
            Text("Without the rating of"),
            offered,
            format_func=names.__getitem__,
            key=f"again_item_{user}_{view.now().run}_{model.epoch}",
            disabled=parts.locked("closer"),
            width=300,
        )
        if item is None:
            return
        key = ("again", model.epoch, user, item)
        result: Retrained | None = job_progress.result(
            run,
            key,
            lambda: leave_one_out.retrained(run.experiment, run.split, user, item, model.epoch),
            Text("Train again without it"),
            "again",
            "closer",
        )
    if result is None:
        st.caption(
            Text(
                "The fold-in holds all {nouns}; a training would move them, too. How far that "
                "differs is measured here: the same experiment is trained without the rating, and "
                "once with another seed, to see what chance alone does.",
                nouns=words.nouns(noun),
            )
        )
        return
    _compare(model, user, item, result)


def _compare(model: ModelInView, user: int, item: int, result: Retrained) -> None:
    fitted, ratings = model.fitted, model.ratings
    everything = np.arange(ratings.n_items)
    out = fitted.rated_by(user)[0]
    trained = fitted.predict(np.full(len(everything), user), everything, clip=False)
    items, values = (np.asarray(part) for part in fitted.rated_by(user))
    whole = fitted.fold_in(items.astype(np.int64), values.astype(np.float64))
    with_all = fitted.predict(whole, everything, clip=False)
    folded = counterfactual.scores_without(fitted, user, item)
    open_ = np.ones(len(everything), bool)
    open_[out] = False
    rows = [
        (str(Text("fold-in, the rating taken away")), folded, with_all),
        (str(Text("trained again without it")), result.without, trained),
    ]
    if result.by_chance is not None:
        other = str(Text("trained again with all, another seed"))
        rows.append((other, result.by_chance, trained))
    moves = Text("predictions move by")
    table = pd.DataFrame(
        {
            Text("model"): [title for title, _, _ in rows],
            Text("first in the list"): [
                ratings.item_names[int(everything[open_][np.argmax(scores[open_])])]
                for _, scores, _ in rows
            ],
            moves: [
                float(np.sqrt(np.mean((scores[open_] - before[open_]) ** 2)))
                for _, scores, before in rows
            ],
        }
    )
    st.dataframe(
        aligned(table, **{moves: 3}),
        hide_index=True,
        key="again_compared",
        column_config={
            moves: st.column_config.Column(
                help=Text(
                    "Root mean square over all unrated, in rating units; of the fold-in against "
                    "the fold-in of all ratings, of a training against the model in view."
                )
            )
        },
        alt=Text("The rating taken away by fold-in, by training again, and chance alone"),
    )
    apart = float(np.sqrt(np.mean((folded[open_] - result.without[open_]) ** 2)))
    text: str = Text(
        "Fold-in and training without the rating differ by {apart} rating units (root mean "
        "square), at epoch {epoch:,}.",
        apart=words.number(apart), epoch=result.epoch,
    )  # fmt: skip
    if result.by_chance is not None:
        chance = float(table[moves].iloc[2])
        moved = float(table[moves].iloc[1])
        judged = (
            Text(
                "Another seed alone moves predictions as much as leaving the rating out: what "
                "training again shows here is mostly chance."
            )
            if chance >= 0.8 * moved
            else Text("Leaving the rating out moves them further than another seed does.")
        )
        text = f"{text} {judged}"
    st.caption(text)
