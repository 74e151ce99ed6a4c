"""Nothing that a page says stands outside of the catalogues, whatever model is in view."""

from __future__ import annotations

import re

import pytest
from streamlit.testing.v1 import AppTest

import recsys_core as rc
from tests import every_word
from tests.app_harness import load, open_page, train

# The addresses of all pages, and of what each may show: of the data, and of a model. What is behind
# a tab needs none: all are open.
ANYWAY = {
    "home": ("",),
    "data": ("",),
    "learn": ("", "learn=words", "learn=lessons", *(
        f"learn=replicas&replica={n}" for n in range(5)
    )),
    "room": ("",),
}  # fmt: skip
OF_A_MODEL = {
    "train": ("", "curve=objective", *(
        f"inside={each}&user=1&item=2"
        for each in ("step", "half", "update", "draw", "probability", "network", "adam")
    )),
    "predictions": ("", "cells=observed", "cells=error", "cells=uncertainty", "user=1&item=2"),
    "latent": ("", "map=factors", "map_of=user", "colour=cluster", "colour=false"),
    "recommend": (
        "", "who=guest",
    ),
    "compare": ("", *(
        f"compare={each}" for each in ("table", "splits", "metrics", "sweep", "kept")
    )),
}  # fmt: skip
KINDS = {
    "SGD": rc.SGD(n_factors=2, n_epochs=5),
    "ALS": rc.ALS(n_factors=2, n_epochs=3),
    "PMF": rc.PMF(n_factors=2, n_epochs=3),
    "SVDpp": rc.SVDpp(n_factors=2, n_epochs=3),
    "NMF": rc.NMF(n_factors=2, n_epochs=3),
    "BayesianPMF": rc.BayesianPMF(n_factors=2, n_epochs=8),
    "NeuralMF": rc.NeuralMF(n_factors=4, n_epochs=3),
    "ImplicitALS": rc.ImplicitALS(n_factors=2, n_epochs=3),
    "EASE": rc.EASE(),
    "ItemKNN": rc.ItemKNN(),
    "MostPopular": rc.MostPopular(),
    "GlobalMean": rc.GlobalMean(),
}


@pytest.fixture(autouse=True)
def bracketed(monkeypatch):
    """A language that puts each sentence in brackets, and all that can be opened is open."""
    every_word.pseudo(monkeypatch)


@pytest.mark.parametrize("page", ANYWAY)
def test_pages_say_nothing_outside_of_the_catalogues(browser_id, page):
    ratings = rc.datasets.music_party()
    load(browser_id, ratings)
    for query in ANYWAY[page]:
        at = open_page(page, browser_id, f"{query}&lang=pt")
        assert every_word.untold(at, every_word.names(ratings)) == [], query


@pytest.mark.parametrize(
    "kind",
    [pytest.param(kind, marks=pytest.mark.slow) if kind != "SGD" else kind for kind in KINDS],
)
def test_pages_of_a_model_say_nothing_outside_of_the_catalogues(browser_id, kind):
    # A truth is known of generated ratings, and some are held out.
    ratings = rc.datasets.low_rank(30, 20, n_factors=2, density=0.5)
    train(load(browser_id, ratings), KINDS[kind])
    for page, queries in OF_A_MODEL.items():
        if page == "compare" and kind != "SGD":
            continue  # its parts say the same of every kind
        for query in queries:
            at = open_page(page, browser_id, f"{query}&lang=pt")
            assert every_word.untold(at, every_word.names(ratings)) == [], f"{page}?{query}"


SAYS = """
import streamlit as st
from recsys_core import language
from recsys_core.text import Text
with language.speaking("pt"):
    st.write(Text("Choose a model"))
    st.write(Text("Nobody has translated this."))
st.write("No Text is this.")
st.dataframe({"Its column, too": [1]})
"""


def test_what_no_catalogue_has_is_told():
    found = every_word.untold(AppTest.from_string(SAYS).run(), set())
    assert [re.search("'(.*?)'", each)[1] for each in found] == [
        "Nobody has translated this.", "No Text is this.", "Its column, too",
    ]  # fmt: skip
