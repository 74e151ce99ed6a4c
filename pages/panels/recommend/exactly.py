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

# Rows of the table that are seen without scrolling.
_ROWS = 8


def draw(model: ModelInView, one: int | Guest, name: str) -> None:
    """Which ratings decide, what adds up to the prediction, and what training again gives."""
    fitted = model.fitted
    why_not = row_equations.why_not(fitted)
    if why_not is not None:
        st.caption(escape.markdown(str(why_not)))
        return
    items, values = (np.asarray(part) for part in fitted.rated_by(one))
    if not len(items):
        st.caption("Nothing is rated yet: there is no rating that could change the list.")
        return
    guest = fitted.fold_in(items.astype(np.int64), values.astype(np.float64))
    key = ("counterfactuals", model.key, items.tobytes(), values.tobytes())
    found = model_in_view.once(
        model.run, key, lambda: counterfactual.counterfactuals(fitted, guest)
    )
    if found is None:
        st.caption("Everything is rated already: the list is empty.")
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
    text = ""
    flips = found.table[found.table["flips"]]
    changes = found.table[found.table["changed_first"] >= 0]
    if found.second is None:
        text = f"Only **{first}** is left to recommend: nothing can overtake it. "
    elif len(flips):
        row = flips.iloc[0]
        text = (
            f"Without the rating of **{_name(model, int(row['item']))}**, "
            f"**{_name(model, int(row['then_first']))}** would be first instead of **{first}**. "
        )
        if len(flips) > 1:
            text += f"So it is with {len(flips)} of the {len(found.table):,} ratings. "
    else:
        row = found.table.iloc[0]
        text = (
            f"No rating, taken away alone, moves **{first}** from the first place. It leads by "
            f"{words.number(found.lead)}; without **{_name(model, int(row['item']))}** still by "
            f"{words.number(row['lead'])}. "
        )
    if len(changes):
        size = np.abs(changes["changed_to"] - changes["rating"])
        row = changes.loc[size.idxmin()]
        said = model.ratings.scale.said
        text += (
            f"The smallest change that does it: {escape.markdown(said(row['changed_to']))} in "
            f"place of {escape.markdown(said(row['rating']))} for "
            f"**{_name(model, int(row['item']))}**; then "
            f"**{_name(model, int(row['changed_first']))}** is first."
        )
    elif found.second is not None:
        text += "No single rating, whatever it is changed to, does it either."
    st.markdown(text)
    same = ""
    if isinstance(one, int):
        trained = model.fitted.recommend(one, 1)["item"]
        same = (
            f" The list above is the trained one; its first {noun} is the same."
            if len(trained) and int(trained.iloc[0]) == found.first
            else f" The list above is the trained one, and there "
            f"**{_name(model, int(trained.iloc[0]))}** is first."
        )
    st.caption(
        f"This is the list of the fold-in: the numbers of all {words.many(noun)} are held, and "
        f"those of this person are solved from these ratings alone. Each row below is solved "
        f"again without its rating, exactly, not estimated.{same} What is rated stays out of the "
        f"list, also while its rating is taken away."
    )


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
    table = pd.DataFrame(
        {
            f"rated {noun}": [names[i] for i in rows["item"]],
            "rating": rows["rating"].to_numpy(),
            "adds": rows["adds"].to_numpy(),
            "lead without it": rows["lead"].to_numpy(),
            "first without it": then,
            "nearest change that flips": changed,
        }
    )
    st.dataframe(
        aligned(table, **{"adds": 2, "lead without it": 3}),
        hide_index=True,
        height="content" if len(table) <= _ROWS else 38 + 35 * _ROWS,
        key="counterfactuals",
        column_config={
            "adds": st.column_config.Column(
                help="What this rating adds to the prediction of the first in the list: together "
                "with what is expected without ratings, these add up to it."
            ),
            "lead without it": st.column_config.Column(
                help="How far the first would then be ahead of the best other, in rating units; "
                "below 0 the other is first."
            ),
        },
        alt=f"What each rating keeps in place; {names[found.first]} is first",
    )


def _terms(model: ModelInView, guest: Guest, name: str, found: Counterfactuals) -> None:
    """The prediction of the first as a sum over the factors, and over the ratings."""
    fitted, names = model.fitted, model.ratings.item_names
    why = attribution.reasons(fitted, guest, found.first)
    sums = waterfall.adding_up(np.array([why.start, why.pulled + why.rest]))
    start, added = (float(each) for each in sums)
    total = start + added
    st.markdown(
        f"By ratings: {'−' if start < 0 else ''}{abs(start):.2f} expected without any "
        f"{'−' if added < 0 else '+'} {abs(added):.2f} by all of them = "
        f"**{'−' if total < 0 else ''}{abs(total):.2f}**"
        f"{', before it is cut to the scale' if _is_cut(model, why.prediction) else ''}."
    )
    if not fitted.has.terms:
        st.caption(
            "By factors it is no single sum: the prediction is a mean over many draws, each with "
            "factors of its own."
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
        table=parts_of.table,
        what=f"terms {names[found.first]}",
    )


def _is_cut(model: ModelInView, score: float) -> bool:
    return abs(float(model.fitted.clipped(np.array(score))) - score) > 0.005


# --- training again without one rating ------------------------------------------------------------


def _again(model: ModelInView, user: int, name: str, found: Counterfactuals) -> None:
    """Train without one rating, and compare with what the fold-in says."""
    run, noun = model.run, model.ratings.item_noun
    names = model.ratings.item_names
    st.subheader("And if all were trained again?", anchor=False)
    if run.brought:
        st.caption("This model came from a file: how to train it again is not known here.")
        return
    offered = [int(item) for item in found.table["item"]]
    with st.container(horizontal=True, vertical_alignment="bottom"):
        item = st.selectbox(
            "Without the rating of",
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
            "Train again without it",
            "again",
            "closer",
        )
    if result is None:
        st.caption(
            f"The fold-in holds all {words.many(noun)}; a training would move them, too. How far "
            "that differs is measured here: the same experiment is trained without the rating, and "
            "once with another seed, to see what chance alone does."
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
        ("fold-in, the rating taken away", folded, with_all),
        ("trained again without it", result.without, trained),
    ]
    if result.by_chance is not None:
        rows.append(("trained again with all, another seed", result.by_chance, trained))
    table = pd.DataFrame(
        {
            "model": [title for title, _, _ in rows],
            "first in the list": [
                ratings.item_names[int(everything[open_][np.argmax(scores[open_])])]
                for _, scores, _ in rows
            ],
            "predictions move by": [
                float(np.sqrt(np.mean((scores[open_] - before[open_]) ** 2)))
                for _, scores, before in rows
            ],
        }
    )
    st.dataframe(
        aligned(table, **{"predictions move by": 3}),
        hide_index=True,
        key="again_compared",
        column_config={
            "predictions move by": st.column_config.Column(
                help="Root mean square over all unrated, in rating units; of the fold-in against "
                "the fold-in of all ratings, of a training against the model in view."
            )
        },
        alt="The rating taken away by fold-in, by training again, and chance alone",
    )
    apart = float(np.sqrt(np.mean((folded[open_] - result.without[open_]) ** 2)))
    text = (
        f"Fold-in and training without the rating differ by {words.number(apart)} rating units "
        f"(root mean square), at epoch {result.epoch:,}."
    )
    if result.by_chance is not None:
        chance = float(table["predictions move by"].iloc[2])
        moved = float(table["predictions move by"].iloc[1])
        text += (
            " Another seed alone moves predictions as much as leaving the rating out: what "
            "training again shows here is mostly chance."
            if chance >= 0.8 * moved
            else " Leaving the rating out moves them further than another seed does."
        )
    st.caption(text)
