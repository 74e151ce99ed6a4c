"""Predictions: cells are guessed, then revealed beside the model and the baselines."""

import numpy as np
import pytest

import recsys_core as rc
from recsys_core.asking import guessing
from tests.app_harness import checked, load, open_page, text_of, train


def controls(at):
    return [
        c for c in at.segmented_control if (c.key or "").startswith("guess_") and "_of_" in c.key
    ]


def table(at, heading):
    (found,) = [d.value for d in at.dataframe if heading in d.value.columns]
    return found


def test_guesses_are_judged_beside_model_and_baselines(browser_id):
    made = rc.datasets.low_rank(40, 30, 2, density=0.5, seed=2, scale=rc.Scale(1, 5, 1))
    run = train(load(browser_id, made), rc.ALS(n_factors=2, n_epochs=5))
    at = open_page("predictions", browser_id)
    cells = guessing.draw(run.split.train, run.split.validation, 8, 0)
    assert len(controls(at)) == 8 and "no model has seen" in text_of(at)
    assert at.button(key="guess_reveal").disabled
    assert not [d for d in at.dataframe if "true" in d.value.columns]
    guesses = [1.0, 2.0, 3.0, 4.0, 5.0, 1.0, 2.0, 3.0]
    for control, guess in zip(controls(at), guesses, strict=True):
        control.set_value(guess)
    checked(at.run())
    at.button(key="guess_reveal").click().run()
    checked(at)
    shown = table(at, "true")
    assert shown["true"].tolist() == cells.values.tolist()
    assert shown["you"].tolist() == guesses
    np.testing.assert_allclose(
        shown["ALS"], run.fitted.predict(cells.user_ids, cells.item_ids), atol=6e-3
    )
    errors = table(at, "who").set_index("who")["RMSE"]
    assert set(errors.index) == {"you", "ALS", "Global mean", "User + item bias"}
    assert errors.is_monotonic_increasing
    for who in errors.index:
        away = shown["true"] - (guesses if who == "you" else shown[who])
        assert errors[who] == pytest.approx(np.sqrt(np.mean(away**2)), abs=5e-3)
    assert f"Your RMSE is **{errors['you']:.4f}**" in text_of(at)
    at.button(key="guess_again").click().run()
    checked(at)
    other = guessing.draw(run.split.train, run.split.validation, 8, 1)
    assert len(controls(at)) == 8 and other.item_ids.tolist() != cells.item_ids.tolist()


def test_where_all_ratings_train_that_is_said(browser_id):
    train(load(browser_id, rc.datasets.music_party()), rc.ALS(n_factors=2, n_epochs=3))
    at = open_page("predictions", browser_id)
    assert "unfair to you" in text_of(at)


def test_preferences_cannot_be_guessed(browser_id):
    train(load(browser_id, rc.datasets.music_party()), rc.ImplicitALS(n_factors=2, n_epochs=3))
    assert "there are none to guess" in text_of(open_page("predictions", browser_id))
