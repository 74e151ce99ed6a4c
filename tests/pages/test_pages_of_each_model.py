"""Every page with every kind of model: what a model lacks is not shown, and nothing breaks."""

from __future__ import annotations

import numpy as np
import pytest

import recsys_core as rc
from recsys_core.asking import rotation, row_equations, truth
from recsys_core.experiments import looks_like_counts, usual_model
from recsys_core.words import number, plural
from tests.app_harness import card_of, current, load, open_page, text_of, train
from tests.pages.test_pages import CHARTS, PAGES, charts

KINDS = {
    "SVDpp": rc.SVDpp(n_factors=2, n_epochs=5),
    "NMF": rc.NMF(n_factors=2, n_epochs=5),
    "BayesianPMF": rc.BayesianPMF(n_factors=2, n_epochs=8),
    "ImplicitALS": rc.ImplicitALS(n_factors=2, n_epochs=5),
    "EASE": rc.EASE(),
    "ItemKNN": rc.ItemKNN(),
    "MLP": rc.NeuralMF(n_factors=4, n_epochs=3, variant="MLP"),
    "UserItemBias": rc.UserItemBias(),
    "GlobalMean": rc.GlobalMean(),
    "MostPopular": rc.MostPopular(),
}


@pytest.fixture
def world(browser_id):
    return load(browser_id, rc.datasets.low_rank(30, 20, n_factors=2, density=0.5))


# Kinds of which not all is drawn: their charts, by page.
LESS = {
    "BayesianPMF": {"predictions": "matrix contributions"},
    "MLP": {"predictions": "matrix", "recommend": "alike_matrix"},
    "ItemKNN": {"train": "matrix", "predictions": "matrix contributions", "latent": ""},
    "UserItemBias": {"train": "matrix", "latent": "", "recommend": "contributions"},
    "GlobalMean": {"train": "matrix_at_rest", "latent": "", "recommend": "contributions"},
    "EASE": {
        "train": "matrix",
        "predictions": "matrix contributions",
        "latent": "",
        "compare": "",
    },
    "ImplicitALS": {"compare": ""},
    "MostPopular": {
        "train": "matrix_at_rest",
        "predictions": "matrix",
        "latent": "",
        "recommend": "",
        "compare": "",
    },  # fmt: skip
}


@pytest.mark.parametrize("kind", KINDS)
def test_every_page_draws_what_there_is_of_every_kind_of_model(browser_id, world, kind):
    run = train(world, KINDS[kind])
    expected = CHARTS | {page: set(keys.split()) for page, keys in LESS.get(kind, {}).items()}
    # The ratings are generated: whoever predicts ratings has an error against their truth, and sums
    # of products have factors to compare.
    fitted = run.fitted
    expected["latent"] = expected["latent"] | {
        *(["truth_errors"] if fitted.has.ratings else []),
        *(["truth"] if truth.has_sums(fitted) else []),
    }
    if row_equations.why_not(fitted) or not fitted.has.terms:
        expected["recommend"] = expected["recommend"] - {"exact_terms"}
    if rotation.why_not(fitted):
        expected["latent"] = expected["latent"] - {"turned"}
    for page in PAGES:
        at = open_page(page, browser_id)
        assert not at.error, page
        assert charts(at) == expected[page], page
        assert current(world).name in card_of(at), page


def test_without_epochs_there_is_nothing_to_play(browser_id, world):
    run = train(world, rc.ItemKNN())
    at = open_page("train", browser_id)
    labels = {button.label for button in [*at.main.button, *at.sidebar.button]}
    assert not labels & {"Play", "Pause", "Step", "Reset"}
    assert not any(label.startswith("Fork") for label in labels)
    assert [metric.value for metric in at.metric] == [
        f"{run.epochs[-1].train_rmse:.4f}",
        f"{run.epochs[-1].validation_rmse:.4f}",
    ]
    assert "no factors" in text_of(at)


def test_without_factors_the_latent_page_offers_its_own_likeness(browser_id, world):
    train(world, rc.ItemKNN())
    at = open_page("latent", browser_id)
    assert "no latent space" in at.info[0].value
    assert any("similarity" in d.value for d in at.dataframe)


def test_without_terms_a_cell_is_a_sentence_and_its_neighbours(browser_id, world):
    train(world, rc.ItemKNN())
    said = text_of(open_page("predictions", browser_id))
    assert "By biases alone" in said and "Predicted **" in said


def test_a_tower_gives_no_reasons(browser_id, world):
    train(world, KINDS["MLP"])
    assert "layers of a network" in text_of(open_page("predictions", browser_id))
    at = open_page("recommend", browser_id)
    assert "cannot be told" in text_of(at)
    assert not any("because they rated" in d.value for d in at.dataframe)


def test_uncertainty_is_shown_where_it_is_known(browser_id, world):
    run = train(world, KINDS["BayesianPMF"])
    at = open_page("predictions", browser_id)
    (low,), (high,) = run.fitted.predict_interval([0], [0], 0.9)
    (middle,) = run.fitted.predict([0], [0])
    assert low < middle < high
    said = f"**{number(middle)}**, 90\u00a0% between {number(low)} and {number(high)}."
    assert said in text_of(at)
    control = at.get_by_key("matrix_view")
    assert "Uncertainty" in control.options
    control.set_value("uncertainty").run()
    assert not at.exception
    train(world, KINDS["NMF"])
    assert (
        "Uncertainty" not in open_page("predictions", browser_id).get_by_key("matrix_view").options
    )


def test_preferences_have_no_rmse_and_no_scale(browser_id, world):
    train(world, KINDS["ImplicitALS"])
    at = open_page("train", browser_id)
    assert "not ratings" in text_of(at)
    assert "validation RMSE" not in text_of(at)
    options = open_page("predictions", browser_id).get_by_key("matrix_view").options
    assert list(options) == ["Observed", "Preference"]


def test_lists_are_judged_beside_errors_for_all(browser_id, world):
    run = train(world, KINDS["ImplicitALS"])
    scores = run.test_scores()
    assert scores[0].rmse is None and scores[1].rmse > 0
    judged = rc.metrics.ranking(run.fitted, run.split.test)
    assert scores[0].ndcg == pytest.approx(judged.ndcg)
    at = open_page("train", browser_id)
    at.button(key="test").click().run()
    table = next(d.value for d in at.dataframe if "NDCG@10" in d.value)
    assert list(table["RMSE"])[0] == "–"
    assert list(table["recall@10"]) == [f"{score.recall:.4f}" for score in scores]


def plays(log):
    rng = np.random.default_rng(0)
    counts = np.ceil(rng.lognormal(2, 1.6, (30, 20)))
    counts[rng.random((30, 20)) < 0.5] = 0
    values = np.log1p(counts) if log else counts
    return rc.Ratings.from_matrix(values)


@pytest.mark.parametrize("log", [False, True])
def test_for_counts_implicit_als_is_the_model_to_begin_with(browser_id, log):
    workspace = load(browser_id, plays(log))
    assert looks_like_counts(workspace.latest.ratings)
    open_page("train", browser_id)
    assert isinstance(current(workspace).run.model, rc.ImplicitALS)
    train(workspace, rc.ALS(n_epochs=2))
    assert "look like counts" in text_of(open_page("train", browser_id))


def test_ratings_do_not_look_like_counts():
    for ratings in (
        rc.datasets.music_party(),
        rc.datasets.low_rank(30, 20, n_factors=2, density=0.5),
        rc.Ratings.from_matrix(np.random.default_rng(0).integers(0, 101, (20, 20))),
        rc.Ratings.from_matrix(np.random.default_rng(0).uniform(-10, 10, (20, 20)), missing=None),
    ):
        assert not looks_like_counts(ratings)
        assert isinstance(usual_model(ratings), rc.SGD)


def test_models_for_lists_say_so_in_place_of_errors(browser_id, world):
    train(world, rc.EASE())
    at = open_page("train", browser_id)
    assert not at.metric and "there is no RMSE" in text_of(at)


def test_the_same_list_for_everybody_has_test_measures_and_no_reasons(browser_id, world):
    run = train(world, rc.MostPopular())
    at = open_page("train", browser_id)
    assert not next(b for b in at.button if b.label == "Show test error").disabled
    at = open_page("recommend", browser_id)
    rated = plural("rating", len(run.fitted.rated_by(0)[0]))
    said = [caption.value for caption in at.caption]
    assert any(text.startswith(f"None of the {rated} says anything about") for text in said)
