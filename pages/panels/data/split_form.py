"""The Data page's split: chosen, applied, and shown."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from weakref import WeakKeyDictionary

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from pages.shared import parts, session, view
from recsys_core import escape, glossary, reading, words
from recsys_core.datasets import movielens
from recsys_core.errors import FactorscopeError
from recsys_core.experiments.experiment import remember_split
from recsys_core.ratings import Ratings
from recsys_core.recipes import Recipe
from recsys_core.runs import DataSet
from recsys_core.splits import Split
from recsys_core.text import Number, Text, later, worded

_ALL, _RANDOM, _LAST, _TIME, _READY_MADE = (
    later("All train"),
    later("At random"),
    later("Each user's last"),
    later("By time"),
    later("Ready-made"),
)

_MEANING = {
    _ALL: Text(
        "Every rating is learnt, none is held out: right for a handful of ratings, where one "
        "looks at the gaps instead of a score."
    ),
    _RANDOM: Text(
        "Each rating has the same chance of being held out: how well are gaps like the known "
        "ratings filled?"
    ),
    _LAST: Text(
        "What each user rated last is held out: how well is the next rating foreseen? Harder, "
        "and closer to real use."
    ),
    _READY_MADE: Text(
        "The test part that came with the data, as others have used it; validation is "
        "drawn at random from the rest."
    ),
    _TIME: Text(
        "The latest ratings of all are held out: a model of the past meets the future, new "
        "users and items included."
    ),
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
    """Offer the splits that a MovieLens zip carries (u1.base and u1.test …) for its ratings.

    Where these are loaded already, for the ones that are.
    """
    names = reading.grouplens.parts(zipped)
    if names:
        loaded = session.workspace().data_of(ratings.source)
        ratings = ratings if loaded is None else loaded.ratings
        _ready_made[ratings] = _ReadyMade(names, zipped)


# Made anew from its recipe, or from the zip that alone holds its part.
Choice = Recipe | Callable[[], Split]


@st.fragment
def section(data: DataSet) -> None:
    """Show the split chosen for new runs, and the form to choose another."""
    st.header(
        Text("Split"),
        anchor=False,
        help=glossary.tooltip("Split", "Training part", "Validation part", "Test part"),
    )
    st.html(_bar(data.split))
    for sentence in data.split.report.sentences():
        st.caption(escape.markdown(worded(sentence)))
    with st.expander(Text("Choose another split"), icon=":material/call_split:"):
        choice = _form(data.ratings)
        locked = parts.locked("split")
        if st.button(Text("Use this split"), type="primary", key="split_use", disabled=locked) and (
            not locked
        ):
            try:
                if isinstance(choice, Recipe):
                    data.choose(choice)
                else:
                    split = choice()
                    remember_split(data.ratings, split)
                    data.choose(split)
            except FactorscopeError as error:
                st.error(escape.markdown(worded(error.text)), icon=":material/error:")
                return
            if view.run() is not None:
                st.toast(Text("Runs on the earlier split stay in the list on the Train page."))
            view.look_at(data)
            st.rerun()


def _form(ratings: Ratings) -> Choice:
    kinds = [_ALL, _RANDOM, _LAST]
    kinds += [_TIME] if ratings.timestamps is not None else []
    kinds += [_READY_MADE] if ratings in _ready_made else []
    kind = st.segmented_control(
        Text("Hold out"),
        kinds,
        default=_RANDOM,
        required=True,
        format_func=Text,
        key="split_kind",
    )
    kind = kind or _RANDOM
    st.caption(_MEANING[kind].worded())
    if kind == _ALL:
        return Recipe.of("whole")
    left, middle, right = st.columns(3, gap="medium")
    if kind == _LAST:
        return Recipe.of(
            "last_out",
            validation=left.number_input(
                Text("For validation, ratings a user"),
                0,
                20,
                1,
                help=Text(_WATCHED),
                key="split_last_validation",
            ),
            test=middle.number_input(
                Text("For the test, ratings a user"),
                0,
                20,
                1,
                help=Text(_JUDGED),
                key="split_last_test",
            ),
        )
    validation = _share(left.slider, "validation", Text("For validation"), Text(_WATCHED))
    if kind == _READY_MADE:
        part = middle.selectbox(
            Text("Part"),
            _ready_made[ratings].names,
            help=Text(
                "u1 to u5 are the fifths of a cross-validation; ua and ub hold out ten ratings of "
                "each user."
            ),
        )
        zipped, seed = _ready_made[ratings].data, _seed(right)
        return lambda: movielens.predefined_in(zipped, ratings, part, validation, seed)
    test = _share(middle.slider, "test", Text("For the test"), Text(_JUDGED))
    if kind == _TIME:
        return Recipe.of("by_time", validation=validation, test=test)
    seed = _seed(right)
    keep_one = right.toggle(
        Text("Keep one of each"),
        value=len(ratings) < _KEEP_ONE_BELOW,
        help=Text(
            "Every user and {noun} keeps at least one rating to learn from: for small data.",
            noun=ratings.item_noun,
        ),
    )
    return Recipe.of("random", validation=validation, test=test, seed=seed, keep_one=keep_one)


def _seed(column: DeltaGenerator) -> int:
    meaning = Text("The same seed draws the same ratings every time.")
    return int(column.number_input(Text("Seed"), 0, 10**9, 0, help=meaning, key="split_seed"))


_WATCHED = later(
    "Ratings a model does not learn from but is watched on while it trains, and by which it stops."
)
_JUDGED = later("Ratings looked at once, at the very end, so that nobody picks a model by them.")


def _share(slider: Callable[..., float], part: str, label: Text, help: Text) -> float:
    key = f"split_{part}"
    return slider(label, 0.0, 0.45, 0.1, step=0.01, format="percent", help=help, key=key)


def _bar(split: Split) -> str:
    """One bar, its parts as long as they are large; the held-out parts outlined, as everywhere."""
    parts = [
        (Text("training"), split.train, "background:#4353C4;color:#fff"),
        (Text("validation"), split.validation, "border:1.5px solid currentColor"),
        (Text("test"), split.test, "border:1.5px dashed currentColor"),
    ]
    total = sum(len(part) for _, part, _ in parts if part is not None)
    cells = ""
    for name, part, look in parts:
        if part is None or not len(part):
            continue
        share = words.percent(len(part) / total)
        n = Number(f"{len(part):,}")
        cells += (
            f'<div style="flex:{len(part)} 1 8.5em;min-width:8.5em;{look};border-radius:4px;'
            f'padding:.3em .6em;box-sizing:border-box">{name} <b>{n}</b> · {share}</div>'
        )
    said = escape.html(worded(split.description))
    return (
        f'<div style="opacity:.8;margin-bottom:.35em">{said}</div>'
        f'<div style="display:flex;flex-wrap:wrap;gap:4px;font-size:.92rem">{cells}</div>'
    )
