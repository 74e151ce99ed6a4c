"""Edit the factors: change one user's or item's numbers, see what follows, and release them.

While a slider or the point in the plane of two factors moves, the browser works out what follows;
released, the model does.
"""

from __future__ import annotations

import base64
import dataclasses
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd
import streamlit as st

from pages.panels.recommend.cold_start import first_listed
from pages.shared import choices, job_progress, model_in_view, parts, pickers, session, view
from pages.shared.chart.ahead import send_ahead
from pages.shared.chart.assets import component_of
from pages.shared.chart.chart import chart, twin
from pages.shared.chart.file_names import saved_as
from pages.shared.model_in_view import ModelInView
from recsys_core import escape, language, words
from recsys_core.asking import edited
from recsys_core.asking.edited import Block, Followed, Rows
from recsys_core.experiments import released
from recsys_core.experiments.released import Released
from recsys_core.figures import released as pictures
from recsys_core.models import FactorModel, Guest, seen_as
from recsys_core.ratings import SIDES, Side
from recsys_core.text import Text, later, worded

_COMPONENT = st.components.v2.component(
    "factorscope_edit_row", js=component_of("edit_row.js"), isolate_styles=False
)

_KEY = "edit_row"

# Where a tab keeps which numbers of which row are moved.
_STATE = "edited_row"

# Factors with a slider of their own, those with the largest spread.
_MOST = 12

# Sliders reach so many standard deviations of the factor over all users (or items).
_REACH = 4.0

_LISTED, _NEAR = 8, 5

# Of each side, points drawn faintly around the row's own.
_DRAWN = 300


def draw(model: ModelInView, one: int | Guest, name: str) -> None:
    """Whose numbers, and the sliders."""
    why_not = edited.why_not(model.fitted)
    if why_not is not None:
        st.caption(escape.markdown(worded(why_not)))
        return
    noun = model.ratings.item_noun
    offered: dict[Literal["user", "item"], str] = {
        "user": Text("A user"), "item": Text("{a_noun}", a_noun=words.a(noun)).capitalize(),
    }  # fmt: skip
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        side: Side = choices.segmented(
            "edit_of", Text("Numbers of"), offered, "edit_of", part="closer", width="content"
        )
        if side == "user" and isinstance(one, Guest):
            st.caption(
                Text(
                    "A guest’s numbers follow from the ratings alone; choose a user of the data, "
                    "or {a_noun}, to change some.",
                    a_noun=words.a(noun),
                )
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
        plane = _plane(seen_as(FactorModel, model.fitted), side)
    _shown(model, side, index, plane)


def _plane(fitted: FactorModel, side: Side) -> tuple[int, int] | None:
    """The two factors whose plane is drawn; None where there is but one."""
    factors = _with_slider(_spread(fitted, side))
    if len(factors) < 2:
        return None
    if len(factors) == 2:
        return factors[0], factors[1]
    return choices.two_factors(factors, "edit", part="closer")


def _shown(model: ModelInView, side: Side, index: int, plane: tuple[int, int] | None) -> None:
    """The block that the browser follows the sliders with; then what every change draws anew."""
    start = f"{model.run.stream}_{model.epoch}_{side}_{index}"
    fitted = seen_as(FactorModel, model.fitted)
    with st.container(key=f"{_KEY}_chart", gap=None):
        # Apart from the sliders: what they do leaves it alone, so that it travels only once.
        send_ahead(
            "edit_block",
            model_in_view.once(
                model.run,
                ("edit block", start, language.now()),
                lambda: _block(model, fitted, side, index, start),
            ),
        )
        _editor(model, side, index, start, plane)


@st.fragment
def _editor(
    model: ModelInView, side: Side, index: int, start: str, plane: tuple[int, int] | None
) -> None:
    """Sliders, and all that follows them; it runs alone, so that it follows at once."""
    fitted = seen_as(FactorModel, model.fitted)
    called = escape.markdown(model.ratings.axis(side).names[index])
    fields = _fields(fitted, side, index)
    told = _told(start)
    row = np.append(*edited.row(fitted, side, index))
    changed = row.copy()
    for place, value in told.moved.items():
        changed[place] = value
    moved = bool(np.abs(changed - row).max() > 1e-9)
    after = fitted.with_row(side, index, changed[:-1], float(changed[-1])) if moved else fitted
    found = edited.followed(fitted, after, side, index, _LISTED, _NEAR)
    _COMPONENT(
        key=_KEY,
        data={
            "token": start,
            "seen": told.seen,
            "moved": [[place, value] for place, value in told.moved.items()],
            "answer": _answer(model, side, found),
            "plane": plane,
            "locked": parts.locked("closer"),
        },
        on_moved_change=parts.unlocked("closer", lambda: _hear(start, fields)),
    )
    twin(
        lambda: _table(model, side, found),
        _KEY,
        Text("The list that follows from the numbers as they are set"),
        saved_as("edited factors"),
    )
    with st.container():
        st.button(
            Text("Put back"), icon=":material/undo:", key="edit_back",
            disabled=not moved or parts.locked("closer"),
            on_click=parts.unlocked("closer", lambda: _put_back(start)),
        )  # fmt: skip
        if moved:
            _release(model, side, index, called, changed - row)


# --- what is set ----------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Field:
    """A slider: the place of its number in the row (the bias last), where it ends and begins.

    ``start`` is the trained number ``now`` as near as the steps come to it.
    """

    place: int
    label: str
    low: float
    high: float
    step: float
    start: float
    now: float


def _fields(fitted: FactorModel, side: Side, index: int) -> list[_Field]:
    """One slider a factor, of those with the largest spread, and one for the bias."""
    factors, bias = edited.row(fitted, side, index)
    biases, spread = fitted.bias_of(side), _spread(fitted, side)
    low = 0.0 if fitted.fold.nonnegative else None
    found = [
        _field(f, Text("factor {name}", name=f + 1), float(spread[f]), factors[f], low)
        for f in _with_slider(spread)
    ]
    if biases.any():
        found.append(
            _field(len(factors), Text("bias"), float(biases.std(dtype=np.float64)), bias, None)
        )
    return found


def _spread(fitted: FactorModel, side: Side) -> np.ndarray:
    """The standard deviation of each factor over all rows, (k,)."""
    return fitted.factors_of(side).std(axis=0, dtype=np.float64)


def _with_slider(spread: np.ndarray) -> list[int]:
    """The factors with the largest spread, in their order."""
    return sorted(np.argsort(-spread, kind="stable")[:_MOST].tolist())


def _field(place: int, label: str, deviation: float, now: float, low: float | None) -> _Field:
    reach = max(_REACH * deviation, 1.2 * abs(now), 0.1)
    step = float(f"{2 * reach / 200:.1g}")
    bottom = float(np.floor((-reach if low is None else low) / step) * step)
    top = float(np.ceil(reach / step) * step)
    return _Field(place, label, bottom, top, step, float(np.round(now / step) * step), float(now))


@dataclass(frozen=True)
class _Told:
    """The numbers that were moved, by place; ``seen`` counts the changes that are taken in."""

    moved: dict[int, float]
    seen: int


def _told(start: str) -> _Told:
    of, told = st.session_state.get(_STATE, ("", _Told({}, 0)))
    return told if of == start else _Told({}, 0)


def _hear(start: str, fields: list[_Field]) -> None:
    """In a callback: a slider was released. Whatever a forged message holds, rows stay sound."""
    told = st.session_state[_KEY].get("moved") if _KEY in st.session_state else None
    if not isinstance(told, dict) or told.get("token") != start:
        return
    number, moved = told.get("number"), told.get("moved")
    if type(number) is not int or not isinstance(moved, list):
        return
    known = {field.place: field for field in fields}
    found = {}
    for each in moved:
        match each:
            case [int(place), int() | float() as value] if place in known and np.isfinite(value):
                found[place] = float(np.clip(value, known[place].low, known[place].high))
            case _:
                return
    st.session_state[_STATE] = start, _Told(found, number)


def _put_back(start: str) -> None:
    st.session_state[_STATE] = start, _Told({}, _told(start).seen)


# --- what the browser is given --------------------------------------------------------------------


def _block(
    model: ModelInView, fitted: FactorModel, side: Side, index: int, start: str
) -> dict[str, Any]:
    """What ``edit_row.js`` shows and works with."""
    found = edited.block(fitted, side, index)
    other: Side = "item" if side == "user" else "user"
    names, others = model.ratings.axis(side).names, model.ratings.axis(other).names
    fields = _fields(fitted, side, index)
    factors = [field.place for field in fields if field.place < fitted.n_factors]
    return {
        "token": start,
        "name": names[index],
        "side": side,
        "points": {of: _points(fitted, of, factors) for of in SIDES},
        "fields": [dataclasses.asdict(field) for field in fields],
        "numbers": block_sent(
            found, [others[i] for i in found.open.ids], [names[i] for i in found.near.ids]
        ),
        "lengths": [_LISTED, _NEAR],
        "heading": _heading(model, side),
        "ratings": words.plural("rating", found.whole["rated"]),
        "words": edited.WORDS,
        "notes": _notes(model, side, found, len(fields), fitted.n_factors),
    }


def block_sent(found: Block, others: list[str], own: list[str]) -> dict[str, Any]:
    """What ``edited.js`` takes for a block; the names of its ``open`` and its ``near``."""
    return {
        "mean": found.mean,
        "ends": found.ends,
        "clip": found.clip,
        "row": found.row.tolist(),
        "open": _packed(found.open) | {"names": others},
        "rated": _packed(found.rated) | {"values": found.values.tolist()},
        "near": _packed(found.near) | {"names": own},
    }


def _points(fitted: FactorModel, of: Side, factors: list[int]) -> str:
    """These factors of some users or items, spread over all of them."""
    rows = fitted.factors_of(of)
    return _floats(rows[:: -(-len(rows) // _DRAWN)][:, factors])


def _packed(rows: Rows) -> dict[str, str]:
    return {"factors": _floats(rows.factors), "biases": _floats(rows.biases)}


def _floats(values: np.ndarray) -> str:
    """Float32 numbers, row by row, as base64 of their bytes."""
    return base64.b64encode(np.ascontiguousarray(values, "<f4").tobytes()).decode("ascii")


def _heading(model: ModelInView, side: Side) -> str:
    if side == "user":
        return first_listed(model)
    return Text("who would like it most")


def _notes(model: ModelInView, side: Side, found: Block, n_fields: int, k: int) -> list[str]:
    """What of the row has a slider, and of what part the browser says what follows."""
    notes: list[str] = []
    if k > _MOST:
        notes.append(Text("The {n} factors with the largest spread, of {k}.", n=_MOST, k=k))
    noun = model.ratings.item_noun
    own, others = ("user", noun) if side == "user" else (noun, "user")
    sent = {"open": found.open.ids, "near": found.near.ids, "rated": found.rated.ids}
    called = {
        "open": later(
            "the list is taken from the {n:,} of {all:,} {others} that the trained numbers predict "
            "highest"
        ),
        "near": later("the neighbours from the {n:,} of {all:,} {own} most similar to them"),
        "rated": later("the RMSE from {n:,} of {all:,} ratings"),
    }
    cut = [
        Text(
            called[which],
            n=len(ids),
            all=found.whole[which],
            own=words.nouns(own),
            others=words.nouns(others),
        )  # fmt: skip
        for which, ids in sent.items()
        if len(ids) < found.whole[which]
    ]
    if cut:
        notes.append(
            Text("While a slider moves, {cut}; released, from all.", cut=words.listed(cut))
        )
    return notes


def _answer(model: ModelInView, side: Side, found: Followed) -> dict[str, Any]:
    """What ``edited.js`` works out itself, from the whole model."""
    other: Side = "item" if side == "user" else "user"
    names, others = model.ratings.axis(side).names, model.ratings.axis(other).names
    of = found.listed, found.predicted, found.before, found.places
    return {
        "list": [
            {"name": others[i], "predicted": float(p), "before": float(b), "place": int(was)}
            for i, p, b, was in zip(*of, strict=True)
        ],
        "near": [
            {"name": names[i], "cosine": float(cosine), "fresh": bool(fresh)}
            for i, cosine, fresh in zip(found.near, found.cosines, found.fresh, strict=True)
        ],
        "rmse": None if found.errors is None else [found.errors.before, found.errors.after],
    }


def _table(model: ModelInView, side: Side, found: Followed) -> pd.DataFrame:
    other: Side = "item" if side == "user" else "user"
    names = model.ratings.axis(other).names
    return pd.DataFrame(
        {
            _heading(model, side): [names[i] for i in found.listed],
            Text("predicted"): found.predicted,
            Text("before"): found.before,
            Text("place before"): [str(was or "–") for was in found.places],
        },
        index=pd.RangeIndex(1, len(found.listed) + 1, name=Text("rank")),
    )


# --- letting go -----------------------------------------------------------------------------------


def _release(model: ModelInView, side: Side, index: int, called: str, change: np.ndarray) -> None:
    """Train a copy on from the changed numbers, and show what is left of the change."""
    run = model.run
    if run.brought:
        st.caption(Text("This model came from a file, which holds no checkpoint to train on from."))
        return
    moment = run.checkpoints.at_or_before(model.epoch)
    if moment is None or not released.can_release(moment.value):
        st.caption(Text("No checkpoint with numbers to change is kept of this epoch."))
        return
    key = ("released", moment.epoch, side, index, change.tobytes())
    found: Released | None = job_progress.result(
        run,
        key,
        lambda: released.released(
            run.experiment, run.split, moment.value, moment.epoch, side, index, change
        ),
        Text("Release: train on for {n} epochs", n=released.N_EPOCHS),
        "release",
        "closer",
    )
    if found is None:
        st.caption(
            Text(
                "A copy of the training goes on from epoch {epoch:,}, once with the changed "
                "numbers and once without; the run itself stays as it is.",
                epoch=moment.epoch,
            )
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
        Text(
            "{sentence} ({name}; a copy was trained, the run is as it was.)",
            sentence=escape.markdown(pictures.sentence(found)),
            name=called,
        )
    )
