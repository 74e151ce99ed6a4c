"""Which runs are compared: all on the data and split in view, or some of them; and new ones."""

from __future__ import annotations

import streamlit as st

from pages.shared import parts, session, view
from recsys_core import escape, words
from recsys_core.errors import FactorscopeError
from recsys_core.models import MODELS
from recsys_core.runs import Entry
from recsys_core.text import Text, worded

# Three that learn in different ways, and are quick on all data.
_USUAL = ("SGD", "ALS", "PMF")


def nothing_yet() -> bool:
    """Where nothing is trained on the data in view: offer the usual race; whether that is so."""
    if view.entry() is not None:
        return False
    with st.container(border=True, key="no_runs_yet"):
        st.markdown(
            Text("Nothing is trained on these ratings yet: a race needs two runs at least.")
        )
        st.button(
            Text("Train {models}", models=escape.markdown(words.listed(_USUAL))),
            icon=":material/play_arrow:",
            type="primary",
            key="race_usual",
            on_click=_begin,
        )
    return True


def _begin() -> None:
    """In a callback: the usual runs on the data in view, all from their start."""
    entries = [view.new_entry(MODELS[name]()) for name in _USUAL]
    for each in entries:
        each.train()
    view.look_at(entries[0], chosen=False)
    view.change(chosen=False, shown=(), moment="best")


def choose() -> list[Entry]:
    """Choose among the runs that can be compared, or add some; those compared."""
    here = view.entry()
    assert here is not None
    near, chosen, locked = view.comparable(here), view.compared(), parts.locked("runs")
    if parts.drawn("runs"):
        st.session_state.compared = [each.number for each in chosen]
        names = {each.number: each.name for each in near}
        left, right = st.columns([6, 1], vertical_alignment="bottom")
        with left:
            st.multiselect(
                Text("Runs on the same ratings and split"),
                list(names),
                format_func=lambda number: names.get(number, str(number)),
                key="compared",
                placeholder=Text("Choose runs"),
                on_change=parts.unlocked("runs", _chosen),
                disabled=locked,
            )
        with right:
            _add(here, locked)
    return chosen


def _chosen() -> None:
    here = view.entry()
    if here is None:
        return
    numbers, near = list(st.session_state.compared), view.comparable(here)
    left = [each for each in near if each.number in numbers] or [here]
    if here not in left:
        view.look_at(left[-1])
    everyone = len(left) == len(near)
    view.change(shown=() if everyone else tuple(each.number for each in left))
    view.redraw("shown", "run")


def _add(here: Entry, locked: bool) -> None:
    with st.popover(Text("Add runs"), icon=":material/add:", key="add_runs", disabled=locked):
        there = {type(each.run.model).__name__ for each in view.comparable(here)}
        offered = list(MODELS.algorithms)
        missing = [name for name in _USUAL if name not in there]
        st.pills(
            Text("Models, with what suits these ratings"),
            offered,
            selection_mode="multi",
            default=missing,
            format_func=lambda name: MODELS.described(name)[0],
            key="add_models",
            disabled=locked,
        )
        st.button(
            Text("Train them"),
            icon=":material/play_arrow:",
            key="add_train",
            on_click=parts.unlocked("runs", _train),
            disabled=locked,
        )
        st.page_link(
            "train.py", label=Text("Choose settings on Train"), icon=":material/tune:",
            query_params=view.parameters(),
        )  # fmt: skip


def _train() -> None:
    here, space = view.entry(), session.workspace()
    if here is None:
        return
    said, fresh = [], []
    for name in st.session_state.add_models:
        try:
            experiment = here.run.experiment.with_model(MODELS[name]())
            each = space.entry_of(experiment, here.group) or space.new_entry(experiment)
        except FactorscopeError as error:
            said.append(error.text)
            continue
        each.train()
        fresh.append(each.number)
    st.session_state.add_errors = said
    if shown := view.now().shown:
        view.change(shown=tuple(dict.fromkeys([*shown, *fresh])))
    view.redraw("run", "shown")


def remarks(chosen: list[Entry]) -> None:
    """What is worth knowing before one compares: other splits, other seeds, and what went wrong."""
    for each in st.session_state.pop("add_errors", []):
        st.error(escape.markdown(worded(each)), icon=":material/error:")
    here = view.entry()
    assert here is not None
    said: list[str] = [
        Text(
            "All on {data}, {split}.", data=here.run.ratings.name, split=here.run.split.description
        )
    ]
    seeds = {each.run.settings.get("seed", 0) for each in chosen}
    if len(seeds) > 1:
        listed = words.listed([str(seed) for seed in sorted(seeds)])
        said.append(
            Text(
                "Their seeds differ ({seeds}): a small difference may be the seed's.", seeds=listed
            )
        )
    near = view.comparable(here)
    others = [
        f"{each.name} ({_why_not(each, here)})"
        for each in session.workspace().entries
        if each not in near and each.group == here.group
    ]
    if others:
        more = len(others) - 4
        listed = words.listed([*others[:4], *([Text("{n} more", n=more)] if more > 0 else [])])
        said.append(Text("Not comparable: {runs}.", runs=listed))
    st.caption(escape.markdown(" ".join(said)))


def _why_not(each: Entry, here: Entry) -> str:
    if each.run.ratings is not here.run.ratings:
        return Text("on {data}", data=each.run.ratings.name)
    return Text("split {split}", split=each.run.split.description)
