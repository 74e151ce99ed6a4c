"""The words of the pages: each of another one's is there too, and texts are searched for them."""

from __future__ import annotations

import re

import pytest

from recsys_core import glossary
from recsys_core.asking.comparison import METRICS
from recsys_core.glossary import GLOSSARY


def test_words_stand_in_the_order_of_the_alphabet_and_end_as_sentences():
    assert list(GLOSSARY) == sorted(GLOSSARY, key=str.lower)
    assert all(str(said).endswith(".") for said in GLOSSARY.values())


def test_a_word_that_another_points_to_is_there():
    known = " ".join(GLOSSARY).lower()
    for title, said in GLOSSARY.items():
        pointed = re.findall(r"\*(.+?)\*", str(said))
        assert all(word in known or word in str(said) for word in pointed), title
    assert "prior" in re.findall(r"\*(.+?)\*", str(GLOSSARY["Adaptive prior"]))


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Its factors, after five epochs.", ["Epoch", "Factor (latent factor)"]),
        ("The map is no metric.", []),
        ("MAP and a prior", ["MAP", "Prior"]),
        ("priority, RMSEs", ["RMSE"]),
        ("λ is small, and so is k.", ["k", "Regularisation (λ)"]),
        ("Drawn by UMAP.", ["t-SNE, UMAP"]),
    ],
)
def test_words_are_found_in_sentences(text, found):
    assert list(glossary.among(text)) == found


def test_a_tooltip_says_each_word_and_refuses_unknown_ones():
    said = glossary.tooltip("RMSE", "MAE")
    assert said.count("\n\n") == 1 and said.startswith("**RMSE.** Root mean squared")
    with pytest.raises(KeyError):
        glossary.tooltip("rmse")


def test_measures_say_whether_more_is_better():
    assert METRICS["rmse"].tooltip.endswith("large errors count more. Lower is better.")
    assert METRICS["novelty"].tooltip == str(GLOSSARY["Novelty"])
