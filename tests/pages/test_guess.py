"""Predictions: cells are guessed, then revealed beside the model and the baselines."""

import base64

import numpy as np
import plotly.graph_objects as go
import pytest

import recsys_core as rc
from recsys_core.asking import guessing
from tests.app_harness import checked, figure_of, load, open_page, tell, text_of, train


def controls(at):
    return [
        c for c in at.segmented_control if (c.key or "").startswith("guess_") and "_of_" in c.key
    ]


def n_blank(at):
    """How many cells of the matrix show no number, each with a question mark instead."""
    figure = go.Figure(figure_of(at, "matrix"))
    numbers = np.frombuffer(base64.b64decode(figure.data[0].z["bdata"]), figure.data[0].z["dtype"])
    marks = [trace for trace in figure.data if trace.name == "hidden"]
    blank = int(np.isnan(numbers).sum())
    assert blank == sum(len(trace.x) for trace in marks)
    assert blank == sum("to be guessed" in text for row in figure.data[0].hovertext for text in row)
    return blank


def table(at, heading):
    (found,) = [d.value for d in at.dataframe if heading in d.value.columns]
    return found


def test_guesses_are_judged_beside_model_and_baselines(browser_id):
    made = rc.datasets.low_rank(40, 30, 2, density=0.5, seed=2, scale=rc.Scale(1, 5, 1))
    run = train(load(browser_id, made), rc.ALS(n_factors=2, n_epochs=5))
    at = open_page("predictions", browser_id)
    assert not controls(at) and n_blank(at) == 0, "nothing is hidden unasked"
    at.button(key="guess_begin").click().run()
    cells = guessing.draw(run.split.train, run.split.validation, 8, 0)
    assert n_blank(at) == 8, "in the matrix, neither rating nor prediction"
    assert "guessing this very rating" not in text_of(at)
    tell(at, sequence=1, user=int(cells.user_ids[0]), item=int(cells.item_ids[0]))
    assert "guessing this very rating" in text_of(at)
    assert len(controls(at)) == 8 and "no model has seen" in text_of(at)
    assert at.button(key="guess_reveal").disabled
    assert not [d for d in at.dataframe if "true" in d.value.columns]
    guesses = [1.0, 2.0, 3.0, 4.0, 5.0, 1.0, 2.0, 3.0]
    for control, guess in zip(controls(at), guesses, strict=True):
        control.set_value(guess)
    checked(at.run())
    at.button(key="guess_reveal").click().run()
    checked(at)
    assert n_blank(at) == 0 and "guessing this very rating" not in text_of(at)
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
    at.button(key="guess_begin").click().run()
    assert "unfair to you" in text_of(at)


def test_preferences_cannot_be_guessed(browser_id):
    train(load(browser_id, rc.datasets.music_party()), rc.ImplicitALS(n_factors=2, n_epochs=3))
    assert "there are none to guess" in text_of(open_page("predictions", browser_id))
