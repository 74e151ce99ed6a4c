"""The formulas of the models: every sign is explained and found, every code is to be read."""

import re
from xml.etree import ElementTree

import pytest

import recsys_core as rc
from pages.shared import mathml
from recsys_core import stepwise
from recsys_core.formulas import FORMULAS, SYMBOLS

EACH = [(name, formula) for name, formulas in FORMULAS.items() for formula in formulas]

# Signs of mathematics that need no word of ours.
KNOWN = {"∑", "=", "+", "−", "·", "⋅", "←", "(", ")", "∈", "⊤", "∼", "~", ",", "/", "∥", "‖", "|"}
KNOWN |= {"I", "N", "u", "i", "j", "diag", "^", "ˆ"}


def test_every_model_has_its_formulas():
    assert set(FORMULAS) == set(rc.MODELS)


@pytest.mark.parametrize(
    ("name", "formula"), EACH, ids=lambda value: getattr(value, "latex", value)
)
def test_every_sign_is_explained_where_it_stands(name, formula):
    tree = ElementTree.fromstring(mathml.typeset(formula))
    marked = {node.get("data-sign") for node in tree.iter() if node.get("data-sign")}
    assert marked == set(formula.symbols) <= set(SYMBOLS)
    for node in tree.iter():
        for child in list(node):
            if child.get("data-sign"):
                assert child.get("aria-label") == SYMBOLS[child.get("data-sign")][0]
                node.remove(child)
    left = {node.text for node in tree.iter() if (node.text or "").strip()}
    words = {text for text in left if not re.fullmatch(r"[0-9]+", text)}
    # What is left are indices, operators, and a vector that stands beside its own transpose.
    assert words <= KNOWN | {"q", "x", "p", "r", "b", "R", "X"}, name


def test_the_code_is_what_the_kernels_are_tested_against():
    shown = {formula.code for _, formula in EACH if formula.code is not None}
    assert shown <= {getattr(stepwise, name) for name in stepwise.__all__}
    assert "def sgd_step(" in FORMULAS["SGD"][1].source() and FORMULAS["SGD"][0].source() == ""
    trained = {name for name in rc.MODELS if rc.MODELS[name].has_epochs}
    assert all(any(formula.code for formula in FORMULAS[name]) for name in trained)


def test_no_sign_is_explained_that_stands_nowhere():
    assert {sign for _, formula in EACH for sign in formula.symbols} == set(SYMBOLS)
