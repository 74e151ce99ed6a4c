"""Edit the factors: change one user's or item's numbers, see what follows, and release them."""

from __future__ import annotations

import functools
from typing import Literal

import numpy as np
import pandas as pd
import streamlit as st

from pages.shared import choices, job_progress, parts, pickers, session, view
from pages.shared.chart.chart import chart
from pages.shared.model_in_view import ModelInView
from pages.shared.tables import aligned
from recsys_core import escape, words
from recsys_core.asking import edited
from recsys_core.experiments import released
from recsys_core.experiments.released import Released
from recsys_core.figures import released as pictures
from recsys_core.models import FactorModel, FittedModel, Guest, seen_as
from recsys_core.ratings import Side

# Factors with a slider of their own, those with the largest spread; in so many columns.
_MOST, _COLUMNS = 12, 4

# Sliders reach so many standard deviations of the factor over all users (or items).
_REACH = 4.0

_LISTED, _NEAR = 8, 5


def draw(model: ModelInView, one: int | Guest, name: str) -> None:
    """Whose numbers, and the sliders."""
    why_not = edited.why_not(model.fitted)
    if why_not is not None:
        st.caption(escape.markdown(str(why_not)))
        return
    noun = model.ratings.item_noun
    offered: dict[Literal["user", "item"], str] = {"user": "A user", "item": f"{words.a(noun)}"}
    offered["item"] = offered["item"].capitalize()
    side: Side = choices.segmented("edit_of", "Numbers of", offered, "edit_of", part="closer")
    if side == "user" and isinstance(one, Guest):
        st.caption(
            "A guest’s numbers follow from the ratings alone; choose a user of the data, or "
            f"{words.a(noun)}, to change some."
        )
        return
    if side == "user":
        assert isinstance(one, int)
        index = one
    else:
        index = view.now().item or 0
        with st.container(width=360):
            pickers.pick(
                "item",
                model.ratings,
                "edit_item",
                parts.unlocked("closer", lambda found: view.select(item=found)),
                chosen=index,
                disabled=parts.locked("closer"),
            )
    _editor(model, side, index)


def _key(model: ModelInView, side: Side, index: int) -> str:
    return f"_of_{model.run.stream}_{model.epoch}_{side}_{index}"


@st.fragment
def _editor(model: ModelInView, side: Side, index: int) -> None:
    """Sliders, and all that follows them; it runs alone, so that it follows at once."""
    fitted = seen_as(FactorModel, model.fitted)
    names = model.ratings.axis(side).names
    called = escape.markdown(names[index])
    factors, bias = edited.row(fitted, side, index)
    start = _key(model, side, index)  # the end of the keys of its sliders
    changed = _sliders(fitted, side, index, start, factors, bias)
    moved = bool(np.abs(changed - np.append(factors, bias)).max() > 1e-9)
    after = fitted.with_row(side, index, changed[:-1], float(changed[-1])) if moved else fitted
    with st.container(horizontal=True, vertical_alignment="center"):
        st.button(
            "Put back", icon=":material/undo:", key="edit_back",
            disabled=not moved or parts.locked("closer"),
            on_click=parts.unlocked("closer", functools.partial(_put_back, start)),
        )  # fmt: skip
        _say(fitted, after, side, index, called, moved)
    left, right = st.columns([1.5, 1], gap="medium")
    with left:
        _list(model, fitted, after, side, index)
    with right:
        _neighbours(model, fitted, after, side, index)
    if moved:
        _release(model, side, index, called, changed - np.append(factors, bias))


def _sliders(
    fitted: FactorModel, side: Side, index: int, start: str, factors: np.ndarray, bias: float
) -> np.ndarray:
    """One slider a factor, and one for the bias; the row as it is set, (k + 1,)."""
    rows, biases = fitted.factors_of(side), fitted.bias_of(side)
    spread = rows.std(axis=0, dtype=np.float64)
    shown = np.sort(np.argsort(-spread, kind="stable")[:_MOST])
    found = np.append(factors, bias)
    fields = [(int(f), f"factor {f + 1}", float(spread[f]), factors[f]) for f in shown]
    if biases.any():
        fields.append((len(factors), "bias", float(biases.std(dtype=np.float64)), bias))
    columns = st.columns(_COLUMNS)
    low = 0.0 if fitted.fold.nonnegative else None
    for at, (place, label, deviation, now) in enumerate(fields):
        reach = max(_REACH * deviation, 1.2 * abs(now), 0.1)
        key = f"edit_{place}{start}"
        with columns[at % _COLUMNS]:
            found[place] = _slider(label, key, now, reach, low if place < len(factors) else None)
    if len(factors) > len(shown):
        st.caption(f"The {len(shown)} factors with the largest spread, of {len(factors)}.")
    return found


def _slider(label: str, key: str, now: float, reach: float, low: float | None) -> float:
    """A slider that begins at the trained number; that number itself while it is not moved."""
    bottom = -reach if low is None else low
    step = float(f"{2 * reach / 200:.1g}")
    value = st.slider(
        label, float(np.floor(bottom / step) * step), float(np.ceil(reach / step) * step),
        float(np.round(now / step) * step), step=step, key=key, format="%.3f",
        disabled=parts.locked("closer"),
    )  # fmt: skip
    return now if abs(value - np.round(now / step) * step) < step / 2 else float(value)


def _put_back(start: str) -> None:
    for key in [str(key) for key in st.session_state if str(key).endswith(start)]:
        del st.session_state[key]


def _say(
    before: FittedModel, after: FittedModel, side: Side, index: int, called: str, moved: bool
) -> None:
    found = edited.errors(before, after, side, index)
    if found is None:
        st.caption(f"{called} has no training ratings that its numbers could be judged by.")
        return
    ratings = words.plural("rating", found.n_ratings)
    if not moved:
        st.markdown(
            f"The {ratings} of **{called}** are predicted with an RMSE of "
            f"{words.error(found.before)} by the trained numbers. Move one."
        )
        return
    worse = found.after > found.before
    st.markdown(
        f"RMSE on the {ratings} of **{called}**: {words.error(found.after)}, "
        f"{'up' if worse else 'down'} from {words.error(found.before)}."
        + (" The regularisation kept it there." if not worse else "")
    )


def _list(
    model: ModelInView, before: FactorModel, after: FactorModel, side: Side, index: int
) -> None:
    """What follows for the list: of a user the items, of an item the users who would like it."""
    axis = model.ratings.axis("item" if side == "user" else "user")
    if side == "user":
        lists = [each.recommend(index, _LISTED) for each in (before, after)]
    else:
        lists = [each.recommend_users(index, _LISTED) for each in (before, after)]
    other: Side = "item" if side == "user" else "user"
    was = {int(i): place for place, i in enumerate(lists[0][other], start=1)}
    ids = lists[1][other].to_numpy(np.int64)
    own = np.full(len(ids), index)
    pairs = (own, ids) if side == "user" else (ids, own)
    noun = model.ratings.item_noun
    heading = f"first {words.many(noun)}" if side == "user" else "who would like it most"
    table = pd.DataFrame(
        {
            heading: [axis.names[i] for i in ids],
            "predicted": after.clipped(lists[1]["score"].to_numpy()),
            "before": before.predict(*pairs),
            "place before": [str(was.get(int(i), "–")) for i in ids],
        },
        index=pd.RangeIndex(1, len(ids) + 1, name="rank"),
    )
    st.dataframe(
        aligned(table, predicted=2, before=2),
        height="content",
        key="edit_list",
        column_config={"rank": st.column_config.NumberColumn("", width=30)},
        alt="The list that follows from the numbers as they are set",
    )


def _neighbours(
    model: ModelInView, before: FactorModel, after: FactorModel, side: Side, index: int
) -> None:
    names = model.ratings.axis(side).names
    tables = [
        (each.similar_users if side == "user" else each.similar_items)(index, _NEAR)
        for each in (before, after)
    ]
    was = set(tables[0][side].tolist())
    table = pd.DataFrame(
        {
            "most similar": [names[i] for i in tables[1][side]],
            "cosine": tables[1]["similarity"].to_numpy(),
            "": ["" if i in was else "new" for i in tables[1][side]],
        }
    )
    st.dataframe(
        aligned(table, cosine=3), hide_index=True, height="content", key="edit_near",
        alt="The most similar with the numbers as they are set",
    )  # fmt: skip


def _release(model: ModelInView, side: Side, index: int, called: str, change: np.ndarray) -> None:
    """Train a copy on from the changed numbers, and show what is left of the change."""
    run = model.run
    if run.brought:
        st.caption("This model came from a file, which holds no checkpoint to train on from.")
        return
    moment = run.checkpoints.at_or_before(model.epoch)
    if moment is None or not released.can_release(moment.value):
        st.caption("No checkpoint with numbers to change is kept of this epoch.")
        return
    key = ("released", moment.epoch, side, index, change.tobytes())
    found: Released | None = job_progress.result(
        run,
        key,
        lambda: released.released(
            run.experiment, run.split, moment.value, moment.epoch, side, index, change
        ),
        f"Release: train on for {released.N_EPOCHS} epochs",
        "release",
        "closer",
    )
    if found is None:
        st.caption(
            f"A copy of the training goes on from epoch {moment.epoch:,}, once with the changed "
            "numbers and once without; the run itself stays as it is."
        )
        return
    chart(
        pictures.figure(found, session.theme()),
        key="released",
        alt=pictures.alt(found),
        table=lambda: pictures.table(found),
        what="released",
    )
    st.caption(
        f"{escape.markdown(str(pictures.sentence(found)))} ({called}; a copy was trained, the run "
        "is as it was.)"
    )
