"""Recommendations for one user or guest, and their reasons."""

from __future__ import annotations

import numpy as np
import pandas as pd
import streamlit as st
from streamlit.elements.lib.column_types import ColumnConfig

from pages.shared import choices, parts, pickers, session, view
from pages.shared.chart.chart import chart
from pages.shared.model_in_view import ModelInView
from pages.shared.tables import aligned
from recsys_core import escape, words
from recsys_core.asking import attribution, held_out
from recsys_core.experiments import looks_like_counts
from recsys_core.figures import reason_bars
from recsys_core.models import Guest, seen_as
from recsys_core.models.calibration import Source
from recsys_core.models.posterior import Posterior
from recsys_core.ratings import Scale
from recsys_core.text import Number, Text, worded

_OFFERED = ("5", "10", "20", "50")

# Of the intervals shown where a model knows how sure it is.
_COVERAGE = 0.9
_INTERVAL = words.percent(_COVERAGE)

# Where the widths of intervals come from.
_SET_ON: dict[Source, Text] = {
    "model": Text(
        "So many of such ratings lie in the interval, if the model is right about its own "
        "doubts: those about its numbers, and the noise of ratings."
    ),
    "validation": Text(
        "So many of such ratings lie in the interval: its width was set on the "
        "validation part, on ratings of like prediction and uncertainty."
    ),
    "held back": Text(
        "So many of such ratings lie in the interval: its width was set on a tenth of the "
        "training ratings, held back, of like prediction and uncertainty."
    ),
}

# A prediction less than this beyond the scale is shown as its end anyway.
_SEEN = 0.005

# So many that were cut are named.
_NAMED = 5


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
            "rated": _as_given(values[order], train.scale),
            "predicted": model.fitted.predict(np.full(len(ids), user), ids[order]),
        }
    )
    who = {"name": escape.markdown(train.user_names[user]), "items": words.plural(noun, len(ids))}
    if len(ids):
        who["mean"] = words.number(values.mean())
    if len(ids) and held:
        line = Text(
            "**{name}** rated {items}, mean {mean}; {n:,} more is held out.",
            "**{name}** rated {items}, mean {mean}; {n:,} more are held out.",
            n=held,
            **who,
        )
    elif held:
        line = Text(
            "**{name}** rated {items}; {n:,} more is held out.",
            "**{name}** rated {items}; {n:,} more are held out.",
            n=held,
            **who,
        )
    elif len(ids):
        line = Text("**{name}** rated {items}, mean {mean}.", **who)
    else:
        line = Text("**{name}** rated {items}.", **who)
    st.markdown(line)
    st.dataframe(
        aligned(table, predicted=2),
        hide_index=True,
        height="content" if len(table) <= 12 else 420,
        column_config={
            noun: st.column_config.TextColumn(words.named(noun), width=200),
            "rated": _rated_column(train.scale),
            "predicted": st.column_config.NumberColumn(
                _score(model),
                width=80,
                help=Text("What the model predicts where it knows the answer."),
            ),
        },
        key="own_ratings",
        alt=Text("The ratings of {name}", name=train.user_names[user]),
    )


def _as_given(values: np.ndarray, scale: Scale) -> np.ndarray | list[str]:
    """Ratings, (n,), as a table shows them: to two decimals, or each with its word."""
    if scale.words is None:
        return np.round(values.astype(np.float64), 2)
    return [scale.said(float(value)) for value in values]


def _rated_column(scale: Scale) -> ColumnConfig:
    if scale.words is None:
        return st.column_config.NumberColumn(Text("rated"), width=60)
    return st.column_config.TextColumn(Text("rated"), width=130)


def _score(model: ModelInView) -> str:
    """What the column of what is predicted is called."""
    return Text("predicted") if model.fitted.has.ratings else Text("preference")


def _rounded(predictions: np.ndarray) -> np.ndarray:
    """Four decimals, float64, (n,): what a table is copied and read aloud with."""
    return np.round(predictions.astype(np.float64), 4)


def best(model: ModelInView, one: int | Guest, name: str) -> tuple[int | None, pd.DataFrame | None]:
    """The best unrated items, with reasons: the one looked at closer, and the table; or None."""
    fitted, noun = model.fitted, model.ratings.item_noun
    names = model.ratings.item_names
    with st.container(horizontal=True, vertical_alignment="center"):
        who = {"name": escape.markdown(name), "nouns": words.nouns(noun)}
        st.markdown(
            Text("**For {name}: the {nouns} with the highest predicted rating**", **who)
            if fitted.has.ratings
            else Text("**For {name}: the {nouns} with the highest preference**", **who),
            width="content",
        )
        n = int(
            choices.select(
                "best",
                Text("How many"),
                {text: text for text in _OFFERED},
                "recommend_n",
                label_visibility="collapsed",
                width=80,
            )
        )
    table = fitted.recommend(one, n)
    if table.empty:
        st.info(
            Text(
                "Everything is rated already: no {noun} is left to recommend.",
                noun=words.named(noun),
            )
        )
        return None, None
    ids = table["item"].to_list()
    scores = table["score"].to_numpy()
    columns = {
        noun: [names[i] for i in ids],
        "predicted": _rounded(fitted.clipped(scores)),
    }
    is_guest = fitted.row(one).index is None
    reason = "because you rated" if is_guest else "because they rated"
    if fitted.has.intervals:
        low, high = fitted.predict_interval(one, ids, _COVERAGE)
        columns[_INTERVAL] = [
            Text("{low} to {high}", low=words.number(a), high=words.number(b))
            for a, b in zip(low, high, strict=True)
        ]
    if fitted.has.reasons and not model.untrained:
        texts = [reason_bars.because(attribution.reasons(fitted, one, item), names) for item in ids]
        if any(texts):  # none where all users are predicted alike
            columns[reason] = texts
    shown = pd.DataFrame(columns, index=pd.RangeIndex(1, len(ids) + 1, name="rank"))
    key = f"best_{noun}"

    def look() -> None:
        at = st.session_state[key]["selection"]["rows"]
        if at:
            view.select(item=ids[at[0]])

    event = st.dataframe(
        shown,
        height="content" if len(ids) <= 10 else 360,
        on_select=look,
        selection_mode="single-row",
        key=key,
        column_config={
            "rank": st.column_config.NumberColumn("", width=30),
            noun: st.column_config.TextColumn(words.named(noun), width=190),
            "predicted": st.column_config.ProgressColumn(
                _score(model),
                format="%.2f",
                min_value=fitted.extent.low,
                max_value=fitted.extent.high,
                width=120,
                help=_cut(model, ids, scores),
            ),
            _INTERVAL: st.column_config.TextColumn(
                width=100, help=Text("Between which ends the rating lies with this probability.")
            ),
            reason: st.column_config.TextColumn(
                Text("because you rated") if is_guest else Text("because they rated"),
                width="large",
                help=Text(
                    "The own ratings that raise this prediction most; none where it is high for "
                    "anybody. “Against it”: a rating that lowers it by more than any raises it."
                ),
            ),
        },
        alt=Text("Recommendations for {name}", name=name),
    )
    rows = event["selection"]["rows"]
    return (ids[rows[0]] if rows and rows[0] < len(ids) else ids[0]), shown


def liked_held_out(model: ModelInView, user: int) -> None:
    """What this user liked among the ratings kept for validation, with its place in the list.

    Test ratings only when asked for, so that nobody chooses a model by them.
    """
    split, noun = model.split, model.ratings.item_noun
    name = escape.markdown(model.ratings.user_names[user])
    st.markdown(Text("**What {name} liked, held out**", name=name))
    kept = {"validation": split.validation, "test": split.test}
    held = {part: r for part, r in kept.items() if r is not None and r.user_counts[user]}
    if not held:
        st.caption(
            Text("Nothing of {name} is held out, so there is nothing to compare with.", name=name)
        )
        return
    shown = ["validation"] if "validation" in held else []
    if "test" in held and st.toggle(
        Text("Also the test part"),
        key="held_out_test",
        disabled=parts.locked("test"),
        help=Text("Look at it last: choosing a model by it would make its test error too good."),
    ):
        shown.append("test")
    # Every count is a choice; of ratings, only high ones are, whatever the model predicts.
    threshold = model.ratings.scale.low if looks_like_counts(model.ratings) else None
    found = pd.concat(
        [
            held_out.liked(model.fitted, user, held[part], threshold).assign(part=part)
            for part in shown
        ]
        or [pd.DataFrame({"item": []})]
    )
    if found.empty:
        st.caption(
            Text(
                "No rating of {name} that is held out is high enough to be called liked.", name=name
            )
            if shown
            else Text("What is held out of {name} is in the test part alone.", name=name)
        )
        return
    found = found.sort_values("rank", kind="stable")
    table = {
        noun: [model.ratings.item_names[i] for i in found["item"]],
        "rank": found["rank"].to_numpy(),
        "rated": _as_given(found["rating"].to_numpy(), model.ratings.scale),
        "predicted": model.fitted.clipped(found["predicted"].to_numpy()),
        "part": [Text(part) for part in found["part"]],
    }
    st.dataframe(
        aligned(table, predicted=2),
        hide_index=True,
        height="content" if len(found) <= 6 else 250,
        key="liked_held_out",
        column_config={
            noun: st.column_config.TextColumn(words.named(noun), width=190),
            "rated": _rated_column(model.ratings.scale),
            "predicted": st.column_config.NumberColumn(_score(model), width=80),
            "rank": st.column_config.NumberColumn(
                Text("rank"),
                width=60,
                help=Text(
                    "The place among all {nouns} that are not rated yet.",
                    nouns=words.nouns(noun),
                ),
            ),
            "part": st.column_config.TextColumn(Text("part")),
        },
        alt=Text(
            "What {name} liked among the ratings held out", name=model.ratings.user_names[user]
        ),
    )
    st.caption(
        Text("Ratings the model has not seen: the higher in the list above, the better it did.")
    )


def _cut(model: ModelInView, ids: list[int], scores: np.ndarray) -> str:
    """What became of predictions that lie beyond the scale, and where they lay."""
    if not model.fitted.has.ratings:
        return Text("About 1 is as good as chosen, about 0 of no interest.")
    scale, names = model.fitted.scale, model.ratings.item_names
    beyond = np.flatnonzero(np.abs(model.fitted.clipped(scores) - scores) > _SEEN)
    text: str = Text(
        "Cut to the scale, {scale}; the order is that before.",
        scale=words.span(scale.low, scale.high),
    )
    if len(beyond):
        before = [f"{names[ids[at]]} {words.number(scores[at])}" for at in beyond[:_NAMED]]
        rest = [Text("{n} more", n=len(beyond) - _NAMED)] if len(beyond) > _NAMED else []
        said = Text("Before that: {scores}.", scores=words.listed([*before, *rest]))
        text += " " + escape.markdown(said)
    return text


def _on_the_scale(model: ModelInView, score: float, text: str) -> str:
    """A sum as it is written, and what is predicted where that is cut: “5.75, cut to the scale: 5”.

    Only where the two are not written alike.
    """
    cut = float(model.fitted.clipped(np.array(score)))
    if abs(cut - score) < _SEEN:
        return text
    return Text("{sum}, cut to the scale: {cut}", sum=text, cut=words.number(cut))


def predicted_sentence(model: ModelInView, one: int | Guest, item: int) -> None:
    """One prediction in a sentence, with how sure it is where the model knows: “3.9, 90 % …”."""
    found = model.fitted
    value = float(found.predict(one, item)[0])
    said: dict[str, Number] = {"value": words.number(value)}
    if not found.has.intervals:
        st.markdown(
            Text("Predicted **{value}**.", **said)
            if found.has.ratings
            else Text("Preference **{value}**.", **said)
        )
        return
    low, high = (float(end[0]) for end in found.predict_interval(one, item, _COVERAGE))
    said |= {"share": words.percent(_COVERAGE)}
    said |= {"low": words.number(low), "high": words.number(high)}
    st.markdown(
        Text("Predicted **{value}**, {share} between {low} and {high}.", **said)
        if found.has.ratings
        else Text("Preference **{value}**, {share} between {low} and {high}.", **said),
        help=_SET_ON[seen_as(Posterior, found).calibrated_on].worded(),
    )


def why(model: ModelInView, one: int | Guest, item: int | None, choosable: bool = True) -> None:
    """How each own rating pulls at one prediction, of a row ``choosable`` above or of a cell."""
    if item is None:
        return
    if not model.fitted.has.reasons:
        st.caption(
            Text(
                "{model} sends all it knows through one network: which of the ratings spoke for a "
                "prediction cannot be told.",
                model=model.run.model.title,
            )
        )
        return
    if model.untrained and not model.run.model.has_epochs:
        st.caption(Text("Still training: reasons will be here when it is done."))
        return
    if model.untrained:
        st.caption(
            Text(
                "Not trained yet: at epoch 0 nothing is learned from ratings, so there are no "
                "reasons. What is predicted comes from the mean and from random numbers."
            )
        )
        return
    names, noun = model.ratings.item_names, model.ratings.item_noun
    found = attribution.reasons(model.fitted, one, item)
    sums = reason_bars.totals(found, names)
    start = _on_the_scale(model, found.start, sums.start)
    end = _on_the_scale(model, found.prediction, sums.prediction)
    if found.table.empty:
        n_rated = len(model.fitted.rated_by(one)[0])
        st.caption(
            Text(
                "None of the {ratings} says anything about this {noun}: {end} is what is expected "
                "without.",
                ratings=words.plural("rating", n_rated),
                noun=words.named(noun),
                end=end,
            )
            if n_rated
            else Text("Nothing is rated yet: {end} is what anybody would be predicted.", end=end)
        )
        return
    chart(
        reason_bars.figure(
            found,
            names,
            names[item],
            session.theme(),
            of_ratings=model.fitted.has.ratings,
            scale=model.ratings.scale,
        ),
        key="contributions",
        what=f"why {names[item]}",
        alt=Text(
            "How the ratings pull the prediction of {item} from {start} to {end}",
            item=names[item],
            start=start,
            end=end,
        ),
        table=lambda: reason_bars.table(found, names),
    )
    said = {
        "before": Text(model.fitted.before_reasons), "start": start, "noun": words.named(noun),
        "ratings": words.plural("rating", len(found.table)), "pulled": sums.pulled, "end": end,
    }  # fmt: skip
    if sums.rest:
        text: str = Text(
            "{before} {start} for this {noun}; {ratings} together change that by {pulled}, "
            "training beyond these ratings by {rest}: the prediction is {end}.",
            rest=sums.rest,
            **said,
        )
    else:
        text = Text(
            "{before} {start} for this {noun}; {ratings} together change that by {pulled}: the "
            "prediction is {end}.",
            **said,
        )
    if choosable:
        text = f"{text} " + Text("Choose a row above to see another one's reasons.")
    st.caption(text, help=worded(reason_bars.WHAT_REST_IS) if sums.rest else None)
