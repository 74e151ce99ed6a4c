"""The teacher's sentence, from histories made by hand."""

import random

import pytest

import recsys_core as rc
from recsys_core.live import commentary
from tests.histories import History, random_history


def said(run, epoch=None, playing=None):
    """What is said while a run trains and is watched, or as it rests: at its latest epoch."""
    playing = run.status == "training" if playing is None else playing
    return str(commentary.sentence(run, run.epoch if epoch is None else epoch, playing))


def test_before_training_it_says_what_will_happen():
    text = said(History([1.12], [1.13], "paused"))
    assert "1.12" in text and "Press Play" in text and "kept aside" in text
    assert "memorised" in said(History([1.12], None, "paused"))
    unrated = said(History(None, None, "paused", loss=[9.0]))
    assert "objective" in unrated and "no RMSE" in unrated
    assert said(History([1.12, 1.0], [1.13, 1.0], "paused"), epoch=0) == text, (
        "looking back as well"
    )


def test_when_it_begins_to_move_it_says_so():
    assert said(History([1.12], [1.13])).startswith("The first epoch is under way")


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
    assert word in said(History(train, train))
    assert said(History(train, train, "paused")).startswith("Paused. ")


def test_it_speaks_of_the_epoch_that_is_shown():
    train = [1.2, 1.0, 0.8, 0.7999, 0.79985]
    run = History(train, train, "finished", best=4)
    assert "Falling fast" in said(run, epoch=2, playing=True)
    assert "Flattening" in said(run, epoch=4, playing=True)
    assert said(run, epoch=2).startswith("Paused. Falling fast")
    assert said(run, epoch=4).startswith("Done. ")


def test_rising_validation_is_called_memorising():
    run = History([1.0, 0.8, 0.7, 0.6], [1.0, 0.9, 0.93, 0.96])
    assert "since epoch 1" in said(run) and "memorise" in said(run)
    assert "memorise" not in said(run, epoch=1)


def test_what_is_said_of_an_epoch_does_not_depend_on_what_comes_after():
    chance = random.Random(3)
    for _ in range(300):
        run = random_history(chance)
        if run.rewinding or not run.model.has_epochs:
            continue
        at = chance.randint(0, run.epoch)
        cut = History.__new__(History)
        vars(cut).update({**vars(run), "epochs": run.epochs[: at + 1], "epoch": at})
        texts = {epoch: commentary.during(run, epoch) for epoch in range(run.epoch + 1)}
        assert commentary.during(cut, at) == texts[at]
        start = chance.randint(0, run.epoch)
        known, expected = commentary.changes(run, start), {}
        for epoch in range(start, run.epoch + 1):
            if epoch == 0 or texts[epoch] != texts[epoch - 1]:
                expected[epoch] = texts[epoch]
        assert dict(known) == expected and sorted(expected) == [epoch for epoch, _ in known]


@pytest.mark.parametrize(
    ("best", "words"),
    [(0.90, "4.3\u00a0% better than"), (0.94, "no better than"), (1.0, "worse than")],
)
def test_afterwards_it_compares_with_the_baseline(best, words):
    text = said(History([1.2, 0.8], [1.2, best], "finished", best=1))
    assert words in text and "0.940" in text and text.startswith("Done. ")


def test_without_baselines_it_still_says_how_good_it_is():
    text = said(History([1.2, 0.8], [1.2, 0.9], "finished", best=1, bias=None))
    assert text == "Done. Its predictions of validation ratings are typically off by 0.9000 (RMSE)."


def test_an_early_stop_says_which_epoch_is_kept():
    run = History([1, 0.9, 0.8, 0.7], [1, 0.9, 0.91, 0.92], "finished", best=1, early=True)
    for epoch in (1, 3):
        text = said(run, epoch)
        assert "2\u00a0epochs" in text and "epoch 1 is kept" in text and "0.900" in text


def test_without_validation_it_claims_no_more_than_memory():
    text = said(History([1.2, 0.2], None, "finished"))
    assert "training ratings" in text and "None were held out" in text


def test_a_failure_is_told_as_it_is():
    assert said(History([1.0], None, "failed")) == "It diverged."


def test_going_back_is_said():
    assert said(History([1.0, 0.9], rewinding=True)).startswith("Going back to that epoch")


def test_a_model_of_one_pass_compares_items_and_then_says_how_good_it_is():
    learning = History([1.0], [1.1], model=rc.ItemKNN(), n_epochs=1)
    assert said(learning).startswith("Comparing each film")
    done = History([1.0, 0.8], [1.1, 0.9], "finished", best=1, model=rc.ItemKNN(), n_epochs=1)
    assert said(done).startswith("Its predictions of validation ratings are typically off by 0.900")
    mean = History([1.0], [1.1], "finished", best=0, model=rc.GlobalMean(), n_epochs=0)
    assert said(mean).startswith("Global mean: nothing to train. ")


def test_a_sampler_burns_in_and_then_every_draw_counts():
    errors = [1.2, 1.0, 1.1, 1.3]
    assert "Burn-in until epoch 5" in said(History(errors, settings={"burn_in": 5}))
    assert "Every draw now counts" in said(History(errors, settings={"burn_in": 2}))


def test_a_rising_error_without_a_rate_is_not_blamed_on_one():
    assert "learning rate" not in said(History([1.0, 1.0, 1.1, 1.3], settings={}))
