"""The table of docs/explanations.md says what the code offers, and each dash has its reason."""

import re
from pathlib import Path

import pytest

import recsys_core as rc
from recsys_core.asking.inside.explanations import TITLES, none_of, offered, reason
from recsys_core.models import MODELS

PAGE = (Path(__file__).resolve().parents[3] / "docs" / "explanations.md").read_text("utf-8")

# What a cell says → what the model has to be made with.
MADE = {
    "yes": {},
    "–": {},
    "logistic link": {"link": "logistic"},
    "identity link": {"link": "identity"},
}


def rows():
    table = re.search(r"^\| Model .*?\n\n", PAGE, re.MULTILINE | re.DOTALL)[0]
    head, _, *lines = table.strip().splitlines()
    titles = [cell.strip() for cell in head.strip("|").split("|")][1:]
    for line in lines:
        name, *cells = (cell.strip() for cell in line.strip("|").split("|"))
        yield name.strip("`"), dict(zip(titles, cells, strict=True))


def test_the_table_has_every_model_and_every_explanation():
    found = dict(rows())
    assert set(found) == {name for name in MODELS if name in rc.__all__}
    assert all(list(cells) == list(TITLES.values()) for cells in found.values())


@pytest.mark.parametrize(("name", "cells"), list(rows()))
def test_each_cell_is_what_the_model_offers(name, cells):
    for explanation, title in TITLES.items():
        said = cells[title]
        model = getattr(rc, name)(**MADE[said])
        assert (explanation in offered(model)) == (said != "–"), (name, title)
        why = reason(explanation, model)
        assert (why is None) == (said != "–")
        assert why is None or model.title in why
        if "link" in said:
            other = {"logistic": "identity", "identity": "logistic"}[MADE[said]["link"]]
            assert explanation not in offered(getattr(rc, name)(link=other))


def test_what_offers_nothing_says_why():
    for name in MODELS:
        model = getattr(rc, name, None) and getattr(rc, name)()
        if model is not None and not offered(model):
            assert model.title in none_of(model) and not model.has_epochs
    constrained = rc.PMF(constrained=True)
    assert offered(constrained) == [] and "Constrained" in none_of(constrained)
    assert reason("step", constrained) == none_of(constrained)
