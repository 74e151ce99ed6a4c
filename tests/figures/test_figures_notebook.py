"""The figures of a notebook show the model's own numbers, under a title, on paper of their own."""

import numpy as np
import pytest

import recsys_core as rc
from recsys_core.asking import attribution, matrix_view, projection, similarity
from recsys_core.errors import NotFittedError, RatingsError, SettingsError
from recsys_core.figures import theme


@pytest.fixture(scope="module")
def split():
    world = rc.datasets.low_rank(n_users=60, n_items=45, density=0.3, noise=0.2, seed=3)
    return rc.splits.random(world, seed=0)


@pytest.fixture(scope="module")
def model(split):
    return rc.ALS(n_factors=3, n_epochs=6).fit(split.train, split.validation)


@pytest.fixture(scope="module")
def implicit(split):
    return rc.ImplicitALS(n_factors=2, n_epochs=3).fit(split.train)


def drawn(trace):
    return np.array(trace.z, float)


def traces(chart, name):
    return [trace for trace in chart.data if trace.name == name]


# --- training -----------------------------------------------------------------------------------


def test_the_error_curve_is_the_models_history(model):
    chart = rc.figures.error_curve(model)
    (train,), (validation,) = traces(chart, "training"), traces(chart, "validation")
    assert list(train.y) == [e.train_rmse for e in model.history]
    assert list(validation.y) == [e.validation_rmse for e in model.history]
    assert list(train.x) == list(range(7))
    (star,) = traces(chart, "lowest validation error")
    assert star.y[0] == min(validation.y) and validation.y[star.x[0]] == star.y[0]
    assert chart.layout.title.text == "ALS, k = 3: RMSE over epochs"
    objective = rc.figures.error_curve(model, measure="objective")
    assert list(objective.data[0].y) == [e.loss for e in model.history]
    assert objective.layout.title.text == "ALS, k = 3: objective over epochs"


def test_curves_of_several_models_have_names_and_colours_of_their_own(model, split):
    other = rc.ALS(n_factors=3, n_epochs=2, seed=1).fit(split.train)
    chart = rc.figures.error_curve(model, other)
    named = [trace.name for trace in chart.data if trace.showlegend]
    assert named == ["ALS, k = 3", "ALS, k = 3 (2)"]
    assert len({trace.line.color for trace in chart.data if trace.mode == "lines"}) == 2
    (second,) = traces(chart, "ALS, k = 3 (2)")  # without validation: its training curve alone
    assert list(second.y) == [e.train_rmse for e in other.history]


def test_a_model_without_ratings_has_the_curve_of_its_objective(implicit, model):
    for models in ((implicit,), (model, implicit)):
        chart = rc.figures.error_curve(*models)
        assert [list(t.y) for t in chart.data] == [[e.loss for e in m.history] for m in models]
        assert "bjective" in chart.layout.title.text


# --- predictions --------------------------------------------------------------------------------


@pytest.mark.parametrize("view", ["observed", "predicted", "filled", "error"])
def test_the_matrix_has_the_models_predictions(model, split, view):
    held = split.validation
    users, items = [*held.user_ids[:2], 0], held.item_ids[:2]  # two cells of them held out
    chart = rc.figures.matrix(model, view, user_ids=users, item_ids=items, validation=held)
    predicted = model.predict_matrix(users, items)
    rated = split.train.block(users, items)
    known = np.where(np.isnan(rated), held.block(users, items), rated)
    assert np.isfinite(known).sum() >= np.isfinite(rated).sum() + 2
    expected = {
        "observed": known,
        "predicted": predicted,
        "filled": np.where(np.isnan(rated), predicted, rated),
        "error": predicted - known,
    }[view]
    np.testing.assert_allclose(drawn(chart.data[0]), expected, atol=6e-4)
    assert list(chart.layout.yaxis.ticktext) == [split.train.user_names[u] for u in users]
    assert "3\u00a0users × 2\u00a0items" in chart.layout.title.text


def test_by_default_gaps_are_filled_and_the_most_rated_are_drawn(model, split):
    chart = rc.figures.matrix(model)
    assert drawn(chart.data[0]).shape == (40, 30)
    assert chart.layout.title.text.startswith("Gaps filled")
    counts = np.sort(split.train.user_counts)
    shown = [split.train.user_names.index(name) for name in chart.layout.yaxis.ticktext]
    assert split.train.user_counts[shown].min() >= counts[-40]


def test_what_a_model_has_not_is_not_drawn(model, implicit, split):
    assert rc.figures.matrix(split.train).layout.title.text.startswith("Observed")
    assert rc.figures.matrix(implicit).layout.title.text.startswith("Predicted preferences")
    with pytest.raises(SettingsError, match="observed, predicted, not 'error'"):
        rc.figures.matrix(implicit, "error")
    with pytest.raises(SettingsError, match="observed, not 'filled'"):
        rc.figures.matrix(split.train, "filled")
    with pytest.raises(SettingsError, match="error, not 'uncertainty'"):
        rc.figures.matrix(model, "uncertainty")
    sure = rc.BayesianPMF(n_factors=2, n_epochs=12, burn_in=2).fit(split.train)
    assert matrix_view.views(sure.snapshot())[-1] == "uncertainty"
    chart = rc.figures.matrix(sure, "uncertainty", user_ids=[1, 2], item_ids=[3])
    expected = sure.snapshot().deviation_matrix([1, 2], [3])
    np.testing.assert_allclose(drawn(chart.data[0]), expected, atol=6e-4)


def test_the_terms_add_up_to_the_prediction(model):
    chart = rc.figures.prediction_terms(model, 5, 8)
    bars = chart.data[0]
    ends = np.array(bars.base, float) + np.array(bars.x, float)
    x = float(model.predict([5], [8], clip=False)[0])
    assert ends[-1] == pytest.approx(x, abs=1e-4)  # the last bar ends at the prediction
    assert ends[-2] == pytest.approx(x, abs=1e-4)  # and so does the last summand
    assert any("user 5: bias" in text for text in chart.layout.yaxis.ticktext)
    assert chart.layout.title.text == "The prediction, term by term"


def test_reasons_are_those_of_explain(model):
    chart = rc.figures.reasons(model, 5, 8, most=4)
    strongest = attribution.reasons(model, 5, 8).table.head(4)
    assert list(chart.data[0].x)[:4] == list(strongest["pull"])
    assert list(chart.layout.yaxis.ticktext)[4].endswith("other ratings")
    assert "Why item 8?" in chart.layout.title.text


def test_a_guest_is_drawn_like_a_user(model, split):
    items, values = split.train.by_user.row(5)
    guest = model.fold_in(items, values)
    bars = rc.figures.prediction_terms(model, guest, 8).data[0]
    expected = float(model.predict(guest, [8], clip=False)[0])
    assert float(bars.base[-1]) + float(bars.x[-1]) == pytest.approx(expected, abs=1e-4)
    assert len(rc.figures.reasons(model, guest, 8, most=99).data[0].x) == len(items)
    with pytest.raises(RatingsError, match="No rating of guest"):
        rc.figures.reasons(model, model.fold_in([], []), 8)


# --- similarity ---------------------------------------------------------------------------------


def test_the_map_is_the_projection_of_the_factors(model):
    chart = rc.figures.latent_map(model)
    basis = projection.Basis.fit(model.snapshot())
    for name, factors in (("users", model.user_factors), ("items", model.item_factors)):
        (points,) = traces(chart, name)
        at = np.column_stack([points.x, points.y]).astype(float)
        np.testing.assert_allclose(at, basis.project(factors), atol=1e-4)
    assert chart.layout.title.text == "60\u00a0users and 45\u00a0items, by PCA"
    assert "of the spread" in chart.layout.xaxis.title.text


def test_the_map_is_coloured_by_what_is_asked(model, split):
    means = rc.figures.latent_map(model, colour_by="mean")
    np.testing.assert_allclose(means.data[0].marker.color, split.train.user_means, atol=1e-3)
    counts = rc.figures.latent_map(model, colour_by="count").data[1]
    np.testing.assert_allclose(counts.marker.color, np.log10(split.train.item_counts), atol=1e-3)
    clusters = rc.figures.latent_map(model, colour_by="cluster")
    grouped = [trace for trace in clusters.data if trace.legendgroup]
    assert sum(len(trace.x) for trace in grouped) == 60 + 45
    assert len({trace.name for trace in grouped}) > 1


@pytest.mark.parametrize(("method", "said"), [("tsne", "by t-SNE"), ("umap", "by UMAP")])
def test_a_map_by_neighbours_is_the_layout_of_the_factors(model, method, said, monkeypatch):
    monkeypatch.setattr(projection, method, lambda vectors: vectors[:, 1:].astype(float))
    chart = rc.figures.latent_map(model, method)
    for points, factors in zip(chart.data, (model.user_factors, model.item_factors), strict=True):
        at = np.column_stack([points.x, points.y]).astype(float)
        np.testing.assert_allclose(at, factors[:, 1:], atol=1e-4)
    assert chart.layout.title.text.endswith(said)


def test_similarities_are_those_of_recommend(model, split):
    chart = rc.figures.similarities(model, "item", ids=[3, 9, 4])
    table = similarity.similarity_matrix(model, "item").iloc[[3, 9, 4], [3, 9, 4]]
    np.testing.assert_allclose(drawn(chart.data[0]), table, atol=1e-4)
    assert list(chart.layout.xaxis.ticktext) == ["item 3", "item 9", "item 4"]
    assert chart.layout.title.text == "How alike items are, by factors"
    predicted = rc.figures.similarities(model, by="predictions")
    assert drawn(predicted.data[0]).shape == (30, 30)
    assert predicted.layout.title.text == "How alike users are, by predicted ratings"


# --- ratings ------------------------------------------------------------------------------------


def test_ratings_are_counted(split):
    train = split.train
    assert sum(rc.figures.rating_histogram(train).data[0].y) == len(train)
    users, items = rc.figures.long_tail(train).data
    assert list(users.y) == sorted(train.user_counts, reverse=True)
    assert sum(items.y) == len(train)


def test_known_cells_are_printed_drawn_or_counted_by_size(split):
    party = rc.datasets.music_party()
    small = rc.figures.known_cells(party)
    assert np.isfinite(drawn(small.data[0])).sum() == len(party) == 39
    assert list(small.layout.yaxis.ticktext) == party.user_names
    middling = rc.figures.known_cells(split.train)
    assert np.isfinite(drawn(middling.data[0])).sum() == len(split.train)
    large = rc.Ratings.from_matrix(np.eye(300, 200) * 3)
    shares = drawn(rc.figures.known_cells(large).data[0])
    assert shares.size == 100 * 160 and 0 < shares.max() <= 100


# --- all of them --------------------------------------------------------------------------------


@pytest.mark.parametrize("mode", ["light", "dark"])
def test_every_figure_has_a_title_and_paper_of_its_own(model, split, mode):
    f = rc.figures
    charts = [
        *(draw(model, mode=mode) for draw in (f.error_curve, f.matrix, f.latent_map)),
        *(draw(model, 1, 2, mode=mode) for draw in (f.prediction_terms, f.reasons)),
        *(draw(split.train, mode=mode) for draw in (f.rating_histogram, f.long_tail)),
        *(f.known_cells(each, mode=mode) for each in (split.train, rc.datasets.music_party())),
        f.similarities(model, mode=mode),
        f.true_and_learned(model, mode=mode),
    ]
    for chart in charts:
        assert chart.layout.title.text
        assert chart.layout.paper_bgcolor == chart.layout.plot_bgcolor == theme.paper(mode)
        assert chart.layout.template.layout.font.color == theme.ink(mode)
    assert {draw for draw in f.__all__} <= set(dir(f))


def test_what_cannot_be_drawn_is_said(model, split):
    f = rc.figures
    for draw in (f.matrix, f.latent_map, f.error_curve, f.similarities):
        with pytest.raises(NotFittedError):
            draw(rc.ALS())
    neighbours = rc.ItemKNN().fit(split.train)
    with pytest.raises(SettingsError, match="Item kNN has no epochs"):
        f.error_curve(neighbours)
    with pytest.raises(SettingsError, match="no factors, and so no map"):
        f.latent_map(neighbours)
    with pytest.raises(SettingsError, match="no true factors"):
        f.true_and_learned(neighbours)
    with pytest.raises(SettingsError, match="sum"):
        f.prediction_terms(neighbours, 0, 0)
    with pytest.raises(SettingsError, match="predictions"):
        f.similarities(rc.GlobalMean().fit(split.train))
    with pytest.raises(SettingsError, match="error_curve"):
        f.error_curve()
    with pytest.raises(SettingsError, match="mode must be one of light, dark, not 'night'"):
        f.long_tail(split.train, mode="night")
    with pytest.raises(SettingsError, match="method must be"):
        f.latent_map(model, "lda")
    with pytest.raises(SettingsError, match="side must be"):
        f.similarities(model, "users")
    with pytest.raises(RatingsError, match="outside 0–59"):
        f.matrix(model, user_ids=[60])
    with pytest.raises(RatingsError, match="at least one"):
        f.matrix(model, item_ids=[])
    with pytest.raises(RatingsError, match="outside 0–44"):
        f.prediction_terms(model, 0, 45)
    with pytest.raises(AttributeError):
        f.pie  # noqa: B018
