"""The browser takes a step apart as Python does: the same numbers, the same sentences."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from pages.panels.inside.one_rating import found_sent, rule_sent
from recsys_core.asking.inside.microscope import Found, Rule, take_apart
from recsys_core.asking.inside.step_words import SUB_STEPS, WORDS, sentence
from recsys_core.standardized import Unit
from tests.node import Tab, needs_node

pytestmark = needs_node

RULES = {
    "SGD": Rule(0.0, 0.03, biases=True),
    "plain": Rule(3.4, 0.1, biases=False),
    "in turn": Rule(0.0, 0.3, biases=True, in_turn=True),
    "logistic": Rule(0.2, 0.1, biases=True, ends=(-2.0, 1.5)),
    "SVD++": Rule(0.0, 0.02, biases=True, waits=True),
}


@pytest.fixture(scope="module")
def tab():
    tab = Tab()
    yield tab
    tab.close()


def cases(rule, n=40):
    """Float32 numbers as a kernel has them, of 1 to 40 factors."""
    rng = np.random.default_rng(0)
    for place in range(n):
        k = int(rng.choice([1, 2, 3, 8, 40]))
        p, q = (rng.normal(0, 0.6, k).astype(np.float32).astype(float) for _ in range(2))
        b_user, b_item, target = (float(np.float32(x)) for x in rng.normal(0, 1, 3))
        regs = [float(np.float32(x)) for x in rng.uniform(0, 0.3, 2)]
        yield Found(
            place, 0, 0, target, p, q, b_user, b_item, *regs if rule.ends else regs[:1] * 2,
            times=2.0 if rule.waits else 1.0,
        )  # fmt: skip


@pytest.mark.parametrize("kind", RULES)
def test_the_same_numbers(tab, kind):
    rule = RULES[kind]
    all_found = list(cases(rule))
    theirs = tab.map(
        "take_apart.js", "takeApart", [[found_sent(f), rule_sent(rule)] for f in all_found]
    )
    names = {
        "products": "products", "score": "score", "prediction": "prediction", "error": "error",
        "slope": "slope", "user_factors": "pAfter", "item_factors": "qAfter",
        "user_bias": "buAfter", "item_bias": "biAfter", "prediction_after": "predictionAfter",
    }  # fmt: skip
    slopes = {
        "user_gradient": "ofUser", "item_gradient": "ofItem", "user_bias_gradient": "ofUserBias",
        "item_bias_gradient": "ofItemBias",
    }  # fmt: skip
    for found, there in zip(all_found, theirs, strict=True):
        here = take_apart(found, rule)
        for mine, other in names.items():
            assert there[other] == pytest.approx(getattr(here, mine), rel=1e-6, abs=1e-7), mine
        for mine, other in slopes.items():
            gradient = getattr(here, mine)
            parts = there[other]
            assert parts["error"] == pytest.approx(gradient.of_error, rel=1e-6, abs=1e-7), mine
            assert parts["penalty"] == pytest.approx(gradient.of_penalty, rel=1e-6, abs=1e-7), mine


@pytest.mark.parametrize("unit", [Unit(), Unit(3.53, 1.12)])
@pytest.mark.parametrize("kind", RULES)
def test_the_same_sentences(tab, kind, unit):
    rule = RULES[kind]
    hostile = "{item} <b>"
    asked, ours = [], []
    for found in cases(rule, 12):
        sent = found_sent(found) | {"user_name": "Ann", "item_name": hostile, "said": "4"}
        found = dataclasses.replace(
            found, user_factors=np.array(sent["p"]), item_factors=np.array(sent["q"])
        )
        step = take_apart(found, rule)
        for sub in SUB_STEPS:
            asked.append([sub, sent, rule_sent(rule), unit._asdict(), WORDS])
            ours.append(str(sentence(sub, step, unit, "Ann", hostile, "4")))
    assert tab.map("take_apart.js", "saidOf", asked) == ours
