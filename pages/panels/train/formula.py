"""The mathematics of the chosen algorithm: typeset, its signs explained, the code a click away."""

from __future__ import annotations

import streamlit as st

from pages.shared import mathml
from pages.shared.chart.assets import component_of
from recsys_core.formulas import FORMULAS, SYMBOLS
from recsys_core.text import Text, worded

_COMPONENT = st.components.v2.component(
    "factorscope_formula", js=component_of("formula.js"), isolate_styles=False
)


def show(algorithm: str) -> None:
    """Draw what a model computes, folded until asked for."""
    # What is in it is there at once: to ask the server for it would draw the settings anew.
    with st.expander(
        Text("The formula, and the code that computes it"),
        icon=":material/function:",
        key="formula",
    ):
        formulas = FORMULAS[algorithm]
        signs = {sign: said for each in formulas for sign, said in _said(each.symbols).items()}
        _COMPONENT(
            data={
                "formulas": [
                    {"said": worded(each.said), "math": mathml.typeset(each)} for each in formulas
                ],
                "signs": signs,
                "how": Text("Point at a sign, or reach it with Tab, to read what it stands for."),
            },
            key="formula_signs",
        )
        for each in formulas:
            if each.code is not None:
                with st.popover(
                    Text("The code"), icon=":material/code:", key=f"code_{each.code.__name__}"
                ):
                    st.caption(
                        Text(
                            "`{module}`: plain NumPy, to be read; the compiled kernel that trains "
                            "is tested against it, number by number.",
                            module=each.code.__module__,
                        )
                    )
                    st.code(each.source(), language="python")


def _said(signs: tuple[str, ...]) -> dict[str, str]:
    said = {sign: [worded(each) for each in SYMBOLS[sign]] for sign in signs}
    return {sign: f"{name}: {meaning}." for sign, (name, meaning, *_) in said.items()}
