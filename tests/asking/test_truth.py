"""The truth of generated ratings: found where there is nothing to hide it, and not by chance."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.linalg import orthogonal_procrustes
from scipy.spatial import procrustes

import recsys_core as rc
from recsys_core.asking import truth
from recsys_core.ratings import Truth


def world(noise=0.0, **changed):
    """All pairs rated on a scale so wide that nothing is clipped: ratings are truth + noise."""
    settings = {"n_users": 60, "n_items": 40, "n_factors": 3, "seed": 3} | changed
    made = rc.datasets.low_rank(**settings, density=1.0)
    values = made.truth.ratings(made.user_ids, made.item_ids)
    values = values + np.random.default_rng(0).normal(0, noise, len(values))
    return replace(made, values=values, scale=rc.Scale(-100, 100))


@pytest.fixture(scope="module")
def exact():
    """A model whose predictions are the noise-free ratings, its factors mixed by some A."""
    ratings = world()
    model = rc.ALS(n_factors=3, reg=0.01, n_epochs=3)
    model.fit(ratings)
    fitted, true = model.snapshot(), ratings.truth
    mixed = np.random.default_rng(0).normal(size=(3, 3))
    unit = fitted.unit.size
    p = true.user_factors @ mixed * true.gain / unit
    q = true.item_factors @ np.linalg.inv(mixed).T
    return ratings, replace(
        fitted, p=p.astype(np.float32), q=q.astype(np.float32),
        b_user=np.zeros(60, np.float32), b_item=np.zeros(40, np.float32),
        mean=(true.offset - fitted.unit.shift) / unit,
    )  # fmt: skip


def test_the_truth_itself_is_found_whatever_mixed_it(exact):
    ratings, fitted = exact
    found = truth.recovery(fitted, ratings.truth)
    assert found.r2 == pytest.approx(1, abs=1e-5)
    assert found.scale == pytest.approx(1, abs=1e-4)
    assert found.r2_of_factor == pytest.approx(np.ones(3), abs=1e-4)
    assert found.r2_of_side == pytest.approx({"user": 1, "item": 1}, abs=1e-4)
    assert (found.n_true, found.n_learned, found.beyond) == (3, 3, pytest.approx(0, abs=1e-6))
    for side in ("user", "item"):
        assert found.found[side] == pytest.approx(found.true[side], abs=0.02)
    assert 0 < found.r2_by_chance < 0.3
    everything = truth.errors(fitted, ratings.truth, ratings)
    assert [part.part for part in everything] == ["training", "all"]
    for part in everything:
        assert part.truth == pytest.approx(0, abs=1e-3)


def test_noiseless_ratings_teach_all_of_it():
    ratings = world()
    model = rc.ALS(n_factors=3, reg=0.001, n_epochs=30)
    model.fit(ratings)
    assert truth.recovery(model.snapshot(), ratings.truth).r2 > 0.99


def test_a_permuted_truth_is_found_no_more_than_by_chance(exact):
    ratings, fitted = exact
    rng = np.random.default_rng(1)
    other = replace(
        ratings.truth,
        user_factors=rng.permutation(ratings.truth.user_factors),
        item_factors=rng.permutation(ratings.truth.item_factors),
    )
    found = truth.recovery(fitted, other)
    assert found.r2 < 2.5 * found.r2_by_chance
    assert found.r2 < 0.2


def test_alignment_is_that_of_scipy(exact):
    ratings, fitted = exact
    rng = np.random.default_rng(2)
    noisy = replace(
        fitted,
        p=fitted.p + rng.normal(0, 0.5, fitted.p.shape).astype(np.float32),
        q=fitted.q + rng.normal(0, 0.5, fitted.q.shape).astype(np.float32),
    )
    found = truth.recovery(noisy, ratings.truth)
    learned = np.vstack(list(truth.balanced(noisy.user_factors, noisy.item_factors).values()))
    true = np.vstack([found.true["user"], found.true["item"]])
    rotation, total = orthogonal_procrustes(learned, true)
    scale = total / (learned**2).sum()
    assert found.scale == pytest.approx(scale)
    aligned = np.vstack([found.found["user"], found.found["item"]])
    assert aligned == pytest.approx(scale * learned @ rotation)
    assert found.r2 == pytest.approx(1 - ((true - aligned) ** 2).sum() / (true**2).sum())
    assert found.r2 == pytest.approx(1 - procrustes(true, learned)[2])  # its disparity m²
    # Each side and each direction is weighed by its own spread.
    spread = (true**2).sum(axis=0)
    assert found.r2_of_factor @ spread / spread.sum() == pytest.approx(found.r2)
    assert np.mean(list(found.r2_of_side.values())) == pytest.approx(found.r2)


@pytest.mark.parametrize("k", [1, 5])
def test_too_few_directions_miss_the_rest_and_too_many_are_error(exact, k):
    ratings, fitted = exact
    other = truth.balanced(fitted.user_factors, fitted.item_factors)
    root = np.sqrt(fitted.unit.size)
    p, q = other["user"] / root, other["item"] / root
    if k == 5:  # two learned from nothing
        rng = np.random.default_rng(5)
        p = np.hstack([p, rng.normal(0, 0.5, (60, 2))])
        q = np.hstack([q, rng.normal(0, 0.5, (40, 2))])
    changed = replace(fitted, p=p[:, :k].astype(np.float32), q=q[:, :k].astype(np.float32))
    found = truth.recovery(changed, ratings.truth)
    true = np.vstack(list(found.true.values()))
    learned = np.vstack(list(truth.balanced(changed.user_factors, changed.item_factors).values()))
    width = max(k, 3)
    padded = [np.pad(rows, ((0, 0), (0, width - rows.shape[1]))) for rows in (true, learned)]
    assert found.r2 == pytest.approx(1 - procrustes(*padded)[2])
    assert found.n_true == 3 and found.n_learned == k
    if k == 1:
        assert found.r2_of_factor[0] > 0.7
        assert (found.r2_of_factor[1:] < 0.4).all()
        assert found.beyond == pytest.approx(0, abs=1e-9)
    else:
        assert found.beyond > 0.001
        assert found.r2 < found.r2_of_factor.mean()


def test_errors_by_hand():
    ratings = world(noise=0.5, n_users=4, n_items=3)
    fitted = rc.GlobalMean().fit(ratings).snapshot()
    clean = ratings.truth.block(np.arange(4), np.arange(3))
    mean = ratings.values.astype(np.float64).mean()
    noisy = ratings.block(np.arange(4), np.arange(3))
    some = ratings.take(np.arange(12) < 5)
    training, validation, everything = truth.errors(fitted, ratings.truth, ratings, some)
    assert everything.truth == pytest.approx(np.sqrt(((clean - mean) ** 2).mean()), rel=1e-5)
    assert everything.ratings is None and everything.n == 12
    assert training.truth == pytest.approx(everything.truth)
    assert training.ratings == pytest.approx(np.sqrt(((noisy - mean) ** 2).mean()), rel=1e-5)
    assert training.noise == pytest.approx(np.sqrt(((noisy - clean) ** 2).mean()), rel=1e-5)
    assert validation.n == 5
    assert truth.recovery(fitted, ratings.truth) is None


def test_below_the_noise_against_the_truth_not_against_ratings():
    ratings = rc.datasets.low_rank(150, 80, 2, density=0.6, noise=0.5, seed=1)
    split = rc.splits.random(ratings, seed=0)
    model = rc.ALS(n_factors=2, n_epochs=15)
    model.fit(split.train, split.validation)
    _, held_out, everything = truth.errors(
        model.snapshot(), ratings.truth, split.train, split.validation
    )
    assert everything.truth < held_out.noise / 2 < held_out.noise < held_out.ratings


def test_a_sample_of_very_many_pairs_says_about_the_same(monkeypatch):
    ratings = world(noise=0.1)
    fitted = rc.GlobalMean().fit(ratings).snapshot()
    whole = truth.errors(fitted, ratings.truth, ratings)[-1]
    monkeypatch.setattr(truth, "_MOST_PAIRS", 100)
    sample = truth.errors(fitted, ratings.truth, ratings)[-1]
    assert sample.n >= 1_000_000 > whole.n
    assert sample.truth == pytest.approx(whole.truth, rel=0.01)


def test_what_is_no_sum_of_products_has_only_errors():
    ratings = world(noise=0.1)
    knn = rc.ItemKNN().fit(ratings).snapshot()
    assert truth.recovery(knn, ratings.truth) is None
    assert len(truth.errors(knn, ratings.truth, ratings)) == 2
    bayesian = rc.BayesianPMF(n_factors=2, n_epochs=2).fit(ratings).snapshot()
    assert truth.recovery(bayesian, ratings.truth) is not None
    # Between the factors of a network and what it predicts lie its layers.
    pytest.importorskip("torch")
    network = rc.NeuralMF(variant="MLP", n_factors=2, n_epochs=1).fit(ratings).snapshot()
    assert truth.recovery(network, ratings.truth) is None
    counts = ratings.replace(values=np.rint(np.abs(ratings.values)))
    implicit = rc.ImplicitALS(n_epochs=2).fit(counts).snapshot()
    assert truth.errors(implicit, ratings.truth, counts) == []
    alike = Truth(np.ones((60, 2)), np.ones((40, 2)), 3.0, 1.0)
    assert truth.recovery(rc.ALS(n_epochs=1).fit(ratings).snapshot(), alike) is None


def part(name, value, n=10):
    return truth.PartError(name, n, value, None if name == "all" else value + 0.1)


def test_what_the_held_out_error_says_of_all_pairs_by_hand():
    lies = {
        "mine": [part("training", 0.1), part("validation", 0.4), part("all", 1.0)],
        "Global mean": [part("training", 0.9), part("validation", 0.5), part("all", 0.9)],
        "no held out": [part("training", 0.1), part("all", 0.1)],
        "preferences": [],
    }
    pairs = truth.held_out_and_all(lies)
    assert list(pairs) == ["mine", "Global mean"] and pairs["mine"][1].truth == 1.0
    low, ranks = truth.trust(lies)
    assert "too low: RMSE 0.4000 on held-out pairs, 1.0000 on all pairs, 2.5 times" in low
    assert "mine is best on held-out pairs, Global mean on all" in ranks
    fair = {"mine": [part("validation", 0.40), part("all", 0.43)], "Global mean": pairs_of(0.9)}
    (said,) = truth.trust(fair)
    assert "about right: RMSE 0.4000 on held-out pairs, 0.4300" in said
    (said,) = truth.trust({"mine": [part("validation", 0.5), part("all", 0.4)]})
    assert "too high" in said
    assert truth.trust({"first": [part("all", 0.4)], **fair}) == truth.trust({}) == []


def pairs_of(value):
    return [part("validation", value), part("all", value)]


@pytest.mark.parametrize("kind", [rc.GlobalMean, rc.UserItemBias, rc.ALS])
def test_under_selection_the_held_out_error_is_lower_than_that_of_all_pairs(kind):
    def apart(selection):
        made = rc.datasets.low_rank(200, 100, 3, 0.1, noise=0.1, seed=4, selection=selection)
        split = rc.splits.random(made, seed=0)
        fitted = kind().fit(split.train, split.validation).snapshot()
        parts = truth.errors(fitted, made.truth, split.train, split.validation)
        held, everything = truth.held_out_and_all({"": parts})[""]
        # All pairs, by hand.
        users, items = np.divmod(np.arange(200 * 100), 100)
        clean = np.clip(made.truth.ratings(users, items), 1, 5)
        away = clean - fitted.predict(users, items)
        assert everything.truth == pytest.approx(np.sqrt((away**2).mean()), rel=1e-4)
        return everything.truth / held.truth

    assert apart(0.0) == pytest.approx(1, abs=0.15)
    assert apart(0.8) > 1.4
