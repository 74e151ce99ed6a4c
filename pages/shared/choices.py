"""Choices that a page offers and the link says: widgets whose value is the View's.

``part`` is the part of the page they belong to, by which they may be locked.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

import streamlit as st

from pages.shared import parts, view
from recsys_core.text import Text, worded

# The axes of two factors, as they are kept and as they are called.
_AXES = {"Across": Text("Across"), "Upward": Text("Upward")}

Chosen = TypeVar("Chosen", bound=str)


def segmented(
    name: str,
    label: str,
    names: Mapping[Chosen, str],
    key: str,
    usual: str = "",
    part: str = "",
    **details: Any,
) -> Chosen:
    """One of a few, side by side: the option's text. ``usual`` is chosen where nothing was yet."""
    chosen = _show(name, names, key, usual)
    st.segmented_control(
        label,
        list(names),
        required=True,
        format_func=lambda each: worded(names[each]),
        key=key,
        disabled=bool(part) and parts.locked(part),
        on_change=parts.unlocked(part, _chosen) if part else _chosen,
        args=(name, key),
        **details,
    )
    return chosen


def select(
    name: str, label: str, names: Mapping[Chosen, str], key: str, usual: str = "", **details: Any
) -> Chosen:
    """One of many, from a list: the option's text."""
    chosen = _show(name, names, key, usual)
    st.selectbox(
        label,
        list(names),
        format_func=lambda each: worded(names[each]),
        key=key,
        on_change=_chosen,
        args=(name, key),
        **details,
    )
    return chosen


def two_factors(offered: Sequence[int], key: str, part: str = "") -> tuple[int, int]:
    """Two factors that span a plane, of those offered: a list for each axis.

    The same two are looked at wherever there is such a plane; where one is not offered, the next
    lower one is. They are not the same one, unless there is no other.
    """
    said = [int(text) - 1 for text in view.option("map_factors").split(",")]
    chosen = [max((f for f in offered if f <= wanted), default=offered[0]) for wanted in said]
    if chosen[1] == chosen[0]:
        chosen[1] = next((f for f in offered if f != chosen[0]), chosen[0])
    for axis, factor in zip(_AXES, chosen, strict=True):
        st.session_state[f"{key}_{axis}"] = factor
        st.selectbox(
            worded(_AXES[axis]),
            offered,
            format_func=lambda factor: Text("factor {name}", name=factor + 1),
            key=f"{key}_{axis}",
            disabled=bool(part) and parts.locked(part),
            on_change=parts.unlocked(part, _factors_chosen) if part else _factors_chosen,
            args=(key,),
            width=120,
        )
    return chosen[0], chosen[1]


def _factors_chosen(key: str) -> None:
    pair = [st.session_state[f"{key}_{axis}"] + 1 for axis in _AXES]
    choose("map_factors", ",".join(map(str, pair)))


def _show(name: str, names: Mapping[Chosen, str], key: str, usual: str) -> Chosen:
    """Have the widget show what the view says; what is not offered here is the usual one."""
    offered = {str(each): each for each in names}
    chosen = offered.get(view.option(name)) or offered.get(usual) or next(iter(names))
    st.session_state[key] = chosen
    return chosen


def _chosen(name: str, key: str) -> None:
    choose(name, str(st.session_state[key]))


def choose(name: str, text: str, *others: tuple[str, str]) -> None:
    """In a callback: look at it so, and draw anew what depends on it."""
    view.choose((name, text), *others)
    view.redraw("options")
