"""Recommendations for one user or guest, and their reasons."""

from __future__ import annotations

import numpy as np
import pandas as pd
import streamlit as st

from pages.shared import choices, pickers, session, view
from pages.shared.chart.chart import chart
from pages.shared.model_in_view import ModelInView
from recsys_core import escape, words
from recsys_core.asking import attribution
from recsys_core.figures import reason_bars
from recsys_core.models import Guest, seen_as
from recsys_core.models.calibration import Source
from recsys_core.models.posterior import Posterior

_OFFERED = ("5", "10", "20", "50")

# Of the intervals shown where a model knows how sure it is.
_COVERAGE = 0.9
_INTERVAL = words.percent(_COVERAGE)

# Where the widths of intervals come from.
_SET_ON: dict[Source, str] = {
    "model": "So many of such ratings lie in the interval, if the model is right about its own "
    "doubts: those about its numbers, and the noise of ratings.",
    "validation": "So many of such ratings lie in the interval: its width was set on the "
    "validation part, on ratings of like prediction and uncertainty.",
    "held back": "So many of such ratings lie in the interval: its width was set on a tenth of the "
    "training ratings, held back, of like prediction and uncertainty.",
}

# A prediction less than this beyond the scale is shown as its end anyway.
_SEEN = 0.005

# So many that were cut are named.
_NAMED = 5

# Two predictions of the same this near, in widths of the scale, count as one.
_SAME = 0.005


def choose_user(model: ModelInView) -> int:
    """The selected user, or the first; found by name."""
    one = view.now().user or 0
    with st.container(width=360):
        pickers.pick(
            "user",
            model.ratings,
            "recommend_user",
            lambda found: view.select(user=found),
            chosen=one,
        )
    return one


def own_ratings(model: ModelInView, user: int) -> None:
    """What the model knows of this user, best rated first."""
    train, noun = model.fitted.train, model.ratings.item_noun
    ids, values = train.by_user.row(user)
    held = int(model.ratings.user_counts[user]) - len(ids)
    order = np.argsort(-values, kind="stable")
    table = pd.DataFrame(
        {
            noun: [train.item_names[i] for i in ids[order]],
            "rated": np.round(values[order].astype(float), 2),
            "predicted": model.fitted.predict(np.full(len(ids), user), ids[order]),
        }
    )
    line = f"**{escape.markdown(train.user_names[user])}** rated {words.plural(noun, len(ids))}"
    line += f", mean {words.number(values.mean())}" if len(ids) else ""
    line += f"; {held:,} more {'is' if held == 1 else 'are'} held out" if held else ""
    st.markdown(f"{line}.")
    st.dataframe(
        table,
        hide_index=True,
        height="content" if len(table) <= 12 else 420,
        column_config={
            noun: st.column_config.TextColumn(width=200),
            "rated": st.column_config.NumberColumn(format="%g", width=60),
            "predicted": st.column_config.NumberColumn(
                format="%.2f", width=80, help="What the model predicts where it knows the answer."
            ),
        },
        key="own_ratings",
        alt=f"The ratings of {train.user_names[user]}",
    )


def best(model: ModelInView, one: int | Guest, name: str) -> tuple[int | None, pd.DataFrame | None]:
    """The best unrated items, with reasons: the one looked at closer, and the table; or None."""
    fitted, noun = model.fitted, model.ratings.item_noun
    names = model.ratings.item_names
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(
            f"**For {escape.markdown(name)}: the {words.many(noun)} with the highest "
            f"{'predicted rating' if fitted.has.ratings else 'preference'}**",
            width="content",
        )
        n = int(
            choices.select(
                "best",
                "How many",
                {text: text for text in _OFFERED},
                "recommend_n",
                label_visibility="collapsed",
                width=80,
            )
        )
    table = fitted.recommend(one, n)
    if table.empty:
        st.info(f"Everything is rated already: no {noun} is left to recommend.")
        return None, None
    ids = table["item"].to_list()
    scores = table["score"].to_numpy()
    columns = {noun: [names[i] for i in ids], "predicted": fitted.clipped(scores)}
    who = "you" if fitted.row(one).index is None else "they"
    reason = f"because {who} rated"
    if fitted.has.intervals:
        low, high = fitted.predict_interval(one, ids, _COVERAGE)
        columns[_INTERVAL] = [
            f"{words.number(a)} to {words.number(b)}" for a, b in zip(low, high, strict=True)
        ]
    if fitted.has.reasons:
        columns[reason] = [
            reason_bars.because(attribution.reasons(fitted, one, item), names) for item in ids
        ]
    shown = pd.DataFrame(columns, index=pd.RangeIndex(1, len(ids) + 1, name="rank"))
    event = st.dataframe(
        shown,
        height="content" if len(ids) <= 10 else 360,
        on_select="rerun",
        selection_mode="single-row",
        key=f"best_{noun}",
        column_config={
            "rank": st.column_config.NumberColumn("", width=30),
            noun: st.column_config.TextColumn(width=190),
            "predicted": st.column_config.ProgressColumn(
                "predicted" if fitted.has.ratings else "preference",
                format="%.2f",
                min_value=fitted.extent.low,
                max_value=fitted.extent.high,
                width=120,
                help=_cut(model, ids, scores),
            ),
            _INTERVAL: st.column_config.TextColumn(
                width=100, help="Between which ends the rating lies with this probability."
            ),
            reason: st.column_config.TextColumn(
                width="large",
                help="The own ratings that pull this prediction up most; none where it is high for "
                "anybody.",
            ),
        },
        alt=f"Recommendations for {name}",
    )
    rows = event["selection"]["rows"]
    return (ids[rows[0]] if rows and rows[0] < len(ids) else ids[0]), shown


def _cut(model: ModelInView, ids: list[int], scores: np.ndarray) -> str:
    """What became of predictions that lie beyond the scale, and where they lay."""
    if not model.fitted.has.ratings:
        return "About 1 is as good as chosen, about 0 of no interest."
    scale, names = model.fitted.scale, model.ratings.item_names
    beyond = np.flatnonzero(np.abs(model.fitted.clipped(scores) - scores) > _SEEN)
    text = f"Cut to the scale, {words.span(scale.low, scale.high)}; the order is that before."
    if len(beyond):
        before = [f"{names[ids[at]]} {words.number(scores[at])}" for at in beyond[:_NAMED]]
        rest = [f"{len(beyond) - _NAMED} more"] if len(beyond) > _NAMED else []
        text += " " + escape.markdown(f"Before that: {words.listed([*before, *rest])}.")
    return text


def _on_the_scale(model: ModelInView, score: float) -> str:
    """A sum as it stands, and what is predicted where that is cut: “5.75, cut to the scale: 5”."""
    cut, text = float(model.fitted.clipped(np.array(score))), words.number(score)
    return text if abs(cut - score) < _SEEN else f"{text}, cut to the scale: {words.number(cut)}"


def predicted_sentence(model: ModelInView, one: int | Guest, item: int) -> None:
    """One prediction in a sentence, with how sure it is where the model knows: “3.9, 90 % …”."""
    found = model.fitted
    value = float(found.predict(one, item)[0])
    text = f"{'Predicted' if found.has.ratings else 'Preference'} **{words.number(value)}**"
    if found.has.intervals:
        low, high = (float(end[0]) for end in found.predict_interval(one, item, _COVERAGE))
        text += f", {words.percent(_COVERAGE)} between {words.number(low)} and {words.number(high)}"
    st.markdown(
        text + ".",
        help=_SET_ON[seen_as(Posterior, found).calibrated_on] if found.has.intervals else None,
    )


def why(model: ModelInView, one: int | Guest, item: int | None, choosable: bool = True) -> None:
    """How each own rating pulls at one prediction, of a row ``choosable`` above or of a cell."""
    if item is None:
        return
    if not model.fitted.has.reasons:
        st.caption(
            f"{model.run.model.title} sends all it knows through one network: which of the "
            "ratings spoke for a prediction cannot be told."
        )
        return
    names, noun = model.ratings.item_names, model.ratings.item_noun
    found = attribution.reasons(model.fitted, one, item)
    start, end = (_on_the_scale(model, score) for score in (found.start, found.prediction))
    if found.table.empty:
        n_rated = len(model.fitted.rated_by(one)[0])
        st.caption(
            f"None of the {words.plural('rating', n_rated)} says anything about this {noun}: "
            f"{start} is what is expected without."
            if n_rated
            else f"Nothing is rated yet: {start} is what anybody would be predicted."
        )
        return
    chart(
        reason_bars.figure(found, names, names[item], session.theme()),
        key="contributions",
        what=f"why {names[item]}",
        alt=f"How the ratings pull the prediction of {names[item]} from {start} to {end}",
        table=lambda: found.table.assign(label=[names[i] for i in found.table["item"]]),
    )
    st.caption(
        f"{model.fitted.before_reasons} {start} for this {noun}; "
        f"{words.plural('rating', len(found.table))} together pull that to {end}."
        + _otherwise(model, one, item, found.prediction)
        + (" Choose a row above to see another one's reasons." if choosable else "")
    )


def _otherwise(model: ModelInView, one: int | Guest, item: int, pulled: float) -> str:
    """Where that is not what the model predicts: a row found anew from its ratings is another."""
    own = float(model.fitted.predict(one, item, clip=False)[0])
    if abs(own - pulled) < _SAME * model.ratings.scale.width:
        return ""
    return (
        f" In training it came to {_on_the_scale(model, own)}: there, this user's numbers were "
        "found together with all others'."
    )
