"""The teacher's sentence, from histories made by hand."""

from types import SimpleNamespace

import pytest

import recsys_core as rc
from recsys_core import narrate
from recsys_core.runs import Baseline
from recsys_core.training import Epoch


def a_run(train, validation=None, status="playing", best=None, early=False, bias=0.94):
    held = validation is not None
    epochs = [Epoch(i, t, validation[i] if held else None, t, 0.1) for i, t in enumerate(train)]
    return SimpleNamespace(
        epochs=epochs,
        epoch=len(train) - 1,
        n_epochs=100,
        status=status,
        message="It diverged.",
        rewinding=None,
        stopped_early=early,
        best_epoch=best,
        wants_training=status == "playing",
        model=rc.SGD(),
        settings={"learning_rate": 0.1},
        split=SimpleNamespace(validation=object() if held else None),
        baselines=[Baseline("User + item bias", 0.9, bias, rc.UserItemBias())],
    )


def test_before_training_it_says_what_will_happen():
    said = narrate.sentence(a_run([1.12], [1.13], "paused"))
    assert "1.12" in said and "Press Play" in said and "kept aside" in said
    assert "memorised" in narrate.sentence(a_run([1.12], None, "paused"))


@pytest.mark.parametrize(
    ("train", "word"),
    [
        ([1.2, 1.0, 0.8], "Falling fast: about 20\u00a0%"),
        ([1.2, 1.0, 0.99], "more slowly"),
        ([1.2, 0.9, 0.8999], "Flattening"),
        ([0.8, 0.9, 1.0], "overshoot"),
    ],
)
def test_during_training_it_says_what_happens(train, word):
    assert word in narrate.sentence(a_run(train, train))
    assert narrate.sentence(a_run(train, train, "paused")).startswith("Paused. ")


def test_rising_validation_is_called_memorising():
    said = narrate.sentence(a_run([1.0, 0.8, 0.7, 0.6], [1.0, 0.9, 0.93, 0.96]))
    assert "since epoch 1" in said and "memorise" in said


@pytest.mark.parametrize(
    ("best", "words"),
    [(0.90, "4.3\u00a0% better than"), (0.94, "no better than"), (1.0, "worse than")],
)
def test_afterwards_it_compares_with_the_baseline(best, words):
    said = narrate.sentence(a_run([1.2, 0.8], [1.2, best], "finished", best=1))
    assert words in said and "0.940" in said and said.startswith("Done. ")


def test_an_early_stop_says_which_epoch_is_kept():
    run = a_run([1, 0.9, 0.8, 0.7], [1, 0.9, 0.91, 0.92], "finished", best=1, early=True)
    said = narrate.sentence(run)
    assert "2\u00a0epochs" in said and "epoch 1 is kept" in said and "0.900" in said


def test_without_validation_it_claims_no_more_than_memory():
    said = narrate.sentence(a_run([1.2, 0.2], None, "finished"))
    assert "training ratings" in said and "None were held out" in said


def test_a_failure_is_told_as_it_is():
    assert narrate.sentence(a_run([1.0], None, "failed")) == "It diverged."


def test_a_sampler_burns_in_and_then_every_draw_counts():
    run = a_run([1.2, 1.0, 1.1, 1.3])
    run.settings = {"burn_in": 5}
    assert "Burn-in until epoch 5" in narrate.sentence(run)
    run.settings = {"burn_in": 2}
    assert "Every draw now counts" in narrate.sentence(run)


def test_a_rising_error_without_a_rate_is_not_blamed_on_one():
    run = a_run([1.0, 1.0, 1.1, 1.3])
    run.settings = {}
    assert "learning rate" not in narrate.sentence(run)
