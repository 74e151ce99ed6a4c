"""The Data page's split: chosen, applied, and shown."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from html import escape
from weakref import WeakKeyDictionary

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from pages.shared import state
from recsys_core import reading, splits, words
from recsys_core.errors import FactorscopeError
from recsys_core.ratings import Ratings
from recsys_core.splits import Split

_ALL, _RANDOM, _LAST, _TIME = "All train", "At random", "Each user's last", "By time"
_READY_MADE = "Ready-made"

_MEANING = {
    _ALL: "Every rating is learnt, none is held out: right for a handful of ratings, where one "
    "looks at the gaps instead of a score.",
    _RANDOM: "Each rating has the same chance of being held out: how well are gaps like the known "
    "ratings filled?",
    _LAST: "What each user rated last is held out: how well is the next rating foreseen? Harder, "
    "and closer to real use.",
    _READY_MADE: "The test part that came with the data, as others have used it; validation is "
    "drawn at random from the rest.",
    _TIME: "The latest ratings of all are held out: a model of the past meets the future, new "
    "users and items included.",
}

_KEEP_ONE_BELOW = 2000


@dataclass(frozen=True)
class _ReadyMade:
    """Splits that came with the data: their names, and the file they are in."""

    names: list[str]
    data: bytes


# Found by the ratings themselves, so that a reload still offers them; gone when they are.
_ready_made: WeakKeyDictionary[Ratings, _ReadyMade] = WeakKeyDictionary()


def remember_ready_made(ratings: Ratings, zipped: bytes) -> None:
    """Offer the splits that a MovieLens zip carries (u1.base and u1.test …) for its ratings."""
    names = reading.grouplens.parts(zipped)
    if names:
        _ready_made[ratings] = _ReadyMade(names, zipped)


@dataclass(frozen=True)
class Choice:
    """A split as chosen, so that edited or new ratings can be split the same way again."""

    kind: str
    validation: float = 0.1
    test: float = 0.1
    seed: int = 0
    keep_one: bool = False
    part: str = ""

    def split(self, ratings: Ratings) -> Split:
        """The ratings, split so."""
        if self.kind == _RANDOM:
            return splits.random(ratings, self.validation, self.test, self.seed, self.keep_one)
        if self.kind == _LAST:
            return splits.last_out(ratings, int(self.validation), int(self.test))
        if self.kind == _TIME:
            return splits.by_time(ratings, self.validation, self.test)
        if self.kind == _READY_MADE and ratings in _ready_made:
            _, test = reading.grouplens.predefined(_ready_made[ratings].data, self.part, ratings)
            split = splits.by_mask(ratings, test, validation=self.validation, seed=self.seed)
            return replace(split, description=f"{self.part}: {split.description}")
        return splits.whole(ratings) if self.kind == _ALL else splits.usual(ratings)


def again(ratings: Ratings) -> Split:
    """Split these ratings as the last ones were, if that was chosen by hand; else as is usual."""
    choice: Choice | None = st.session_state.get("split_choice")
    return choice.split(ratings) if choice else splits.usual(ratings)


def forget() -> None:
    """Other data: back to the usual split."""
    st.session_state.pop("split_choice", None)


@st.fragment
def section(ratings: Ratings, split: Split) -> None:
    """Show the split in use, and the form to choose another."""
    st.subheader("Split", anchor=False)
    st.html(_bar(split))
    for sentence in split.report.sentences():
        st.caption(sentence)
    with st.expander("Choose another split", icon=":material/call_split:"):
        choice = _form(ratings)
        if st.button("Use this split", type="primary"):
            workspace = state.workspace()
            try:
                chosen = choice.split(ratings)
            except FactorscopeError as error:
                st.error(str(error), icon=":material/error:")
                return
            st.session_state.split_choice = choice
            had_run = workspace.current is not None
            workspace.set_data(ratings, chosen)
            if had_run:
                st.toast("Runs on the earlier split stay in the list on the Train page.")
            st.rerun()


def _form(ratings: Ratings) -> Choice:
    kinds = [_ALL, _RANDOM, _LAST]
    kinds += [_TIME] if ratings.timestamps is not None else []
    kinds += [_READY_MADE] if ratings in _ready_made else []
    kind = st.segmented_control("Hold out", kinds, default=_RANDOM, required=True, key="split_kind")
    kind = kind or _RANDOM
    st.caption(_MEANING[kind])
    if kind == _ALL:
        return Choice(kind)
    left, middle, right = st.columns(3, gap="medium")
    if kind == _LAST:
        return Choice(
            kind,
            left.number_input("For validation, ratings a user", 0, 20, 1, help=_WATCHED),
            middle.number_input("For the test, ratings a user", 0, 20, 1, help=_JUDGED),
        )
    validation = _share(left.slider, "For validation", _WATCHED)
    if kind == _READY_MADE:
        part = middle.selectbox(
            "Part",
            _ready_made[ratings].names,
            help="u1 to u5 are the fifths of a "
            "cross-validation; ua and ub hold out ten ratings of each user.",
        )
        return Choice(kind, validation, seed=_seed(right), part=part)
    test = _share(middle.slider, "For the test", _JUDGED)
    if kind == _TIME:
        return Choice(kind, validation, test)
    seed = _seed(right)
    keep_one = right.toggle(
        "Keep one of each",
        value=len(ratings) < _KEEP_ONE_BELOW,
        help=f"Every user and {ratings.item_noun} keeps at least one rating to learn from: for "
        "small data.",
    )
    return Choice(kind, validation, test, seed, keep_one)


def _seed(column: DeltaGenerator) -> int:
    meaning = "The same seed draws the same ratings every time."
    return int(column.number_input("Seed", 0, 10**9, 0, help=meaning))


_WATCHED = (
    "Ratings a model does not learn from but is watched on while it trains, and by which it stops."
)
_JUDGED = "Ratings looked at once, at the very end, so that nobody picks a model by them."


def _share(slider: Callable[..., float], label: str, help: str) -> float:
    return slider(label, 0.0, 0.45, 0.1, step=0.01, format="percent", help=help)


def _bar(split: Split) -> str:
    """One bar, its parts as long as they are large; the held-out parts outlined, as everywhere."""
    parts = [
        ("training", split.train, "background:#4353C4;color:#fff"),
        ("validation", split.validation, "border:1.5px solid currentColor"),
        ("test", split.test, "border:1.5px dashed currentColor"),
    ]
    total = sum(len(part) for _, part, _ in parts if part is not None)
    cells = ""
    for name, part, look in parts:
        if part is None or not len(part):
            continue
        share = words.percent(len(part) / total)
        cells += (
            f'<div style="flex:{len(part)} 1 8.5em;min-width:8.5em;{look};border-radius:4px;'
            f'padding:.3em .6em;box-sizing:border-box">{name} <b>{len(part):,}</b> · {share}</div>'
        )
    return (
        f'<div style="opacity:.8;margin-bottom:.35em">{escape(split.description)}</div>'
        f'<div style="display:flex;flex-wrap:wrap;gap:4px;font-size:.92rem">{cells}</div>'
    )
