"""Number fields that step by magnitude: 0.1, 0.05, 0.02, 0.01 … and take any number typed."""

from __future__ import annotations

import math
from typing import Any

import streamlit as st

# Below it the next smaller is 0.
_SMALLEST = 1e-6
# From 0, up to here.
_FIRST = 1e-3

# A click adds or subtracts a step that nobody would type, so that it is known from typing.
_ODD = 1 + 1e-9


def field(label: str, value: float | None, key: str, **details: Any) -> None:
    """Draw a field for a number ≥ 0; its value is in the session under the key."""
    if key not in st.session_state:
        st.session_state[key] = value
    now = st.session_state[key]
    step = (_FIRST if not now else abs(now - below(now)) or _FIRST) * _ODD
    st.number_input(
        label,
        value=None,
        step=step,
        format="%.4g",
        key=key,
        on_change=_changed,
        args=(key, now, step),
        **details,
    )


def _changed(key: str, before: float | None, step: float) -> None:
    now = st.session_state[key]
    if now is None or before is None:
        return
    clicks = round((now - before) / step)
    # Floats of some sixteen digits: the odd step is told from a typed one by its tenth.
    if not clicks or abs(now - before - clicks * step) > 1e-11 * max(abs(before), step):
        return
    move = above if clicks > 0 else below
    for _ in range(abs(clicks)):
        before = move(before)
    st.session_state[key] = before


def above(value: float) -> float:
    """The next larger of 1, 2, 5, 10, 20, 50 …"""
    if value < _SMALLEST:
        return _FIRST
    decade = 10.0 ** math.floor(math.log10(value) + 1e-9)
    found = next(m * decade for m in (1, 2, 5, 10) if m * decade > value * (1 + 1e-9))
    return float(f"{found:.6g}")


def below(value: float) -> float:
    """The next smaller of them; 0 below the smallest."""
    if value <= _SMALLEST * (1 + 1e-9):
        return 0.0
    decade = 10.0 ** math.floor(math.log10(value) + 1e-9)
    found = next(m * decade for m in (5, 2, 1, 0.5) if m * decade < value * (1 - 1e-9))
    return float(f"{found:.6g}")
