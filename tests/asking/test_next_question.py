"""What to ask next: the fall of the variance, against the variance computed anew."""

from __future__ import annotations

import numpy as np
import pytest

import recsys_core as rc
from recsys_core.asking.next_question import compare_ways, gains, questions
from recsys_core.asking.row_equations import RowEquations, each_of
from recsys_core.errors import RatingsError, SettingsError
from recsys_core.ratings import Ratings, Scale


def world() -> Ratings:
    return rc.datasets.low_rank(
        60, 30, 2, density=0.6, seed=4, scale=Scale(1, 5, 0.5), noise=0.2, popularity=0.6
    )


@pytest.fixture(scope="module", params=["ALS", "SGD", "BayesianPMF", "SVDpp"])
def fitted(request):
    return getattr(rc, request.param)(n_factors=2, n_epochs=10).fit(world()).snapshot()


def variance(equations: RowEquations, more: int | None = None) -> float:
    """Σ_v π_v x_vᵀ A⁻¹ x_v, once item ``more`` is rated as well; A is built and inverted anew."""
    fitted, fold = equations.fitted, equations.fitted.fold
    everything = np.arange(fitted.n_items)
    free = fold.free()
    x = np.column_stack([fitted.q, np.ones(len(everything))]).astype(np.float64)[:, free]
    rated = equations.items if more is None else np.append(equations.items, more)
    weighted = fold.roots(rated)[:, None] * x[rated]
    a = weighted.T @ weighted + fold.penalty(len(equations.items), fitted.least)
    counts = fitted.train.item_counts
    return float((counts / counts.sum()) @ np.einsum("nm,mk,nk->n", x, np.linalg.inv(a), x))


def test_a_gain_is_the_fall_of_the_variance(fitted):
    for user in (0, fitted.fold_in([], []), fitted.fold_in([3, 5], [5.0, 1.0])):
        items, values = (np.asarray(part) for part in fitted.rated_by(user))
        found = gains(fitted, user)
        assert (found >= 0).all() and (found <= 1).all() and not found[items.astype(int)].any()
        equations = [
            RowEquations(each, items.astype(np.int64), values.astype(float))
            for each in each_of(fitted)
        ]
        for item in np.flatnonzero(found)[:8]:
            falls = [1 - variance(each, int(item)) / variance(each) for each in equations]
            assert found[item] == pytest.approx(np.mean(falls), rel=1e-6)


def test_the_questions_are_the_best_products_of_gain_and_known(fitted):
    guest = fitted.fold_in([3], [5.0])
    table = questions(fitted, guest, 5, exclude=[7])
    assert len(table) == 5 and not {3, 7} & set(table["item"])
    known = fitted.train.item_counts / (fitted.train.user_counts > 0).sum()
    worth = gains(fitted, guest) * known
    worth[[3, 7]] = -1
    np.testing.assert_array_equal(np.sort(worth)[-5:][::-1], table["worth"])
    np.testing.assert_allclose(table["known"], known[table["item"]])
    assert table["label"].tolist() == [fitted.items[i] for i in table["item"]]
    everything = np.arange(fitted.n_items)
    assert questions(fitted, fitted.fold_in(everything, np.full(30, 3.0))).empty


def test_an_answer_that_repeats_what_is_known_gains_less():
    """Two items with the same factors: after one is rated, the other says less than before."""
    fitted = rc.ALS(n_factors=2, n_epochs=10).fit(world()).snapshot()
    q = fitted.q.copy()
    q[1] = q[0]
    import dataclasses

    twins = dataclasses.replace(fitted, q=q)
    before = gains(twins, twins.fold_in([], []))
    after = gains(twins, twins.fold_in([0], [5.0]))
    assert before[1] == pytest.approx(before[0])
    assert after[1] < 0.8 * before[1]


def test_models_without_equations_are_refused():
    with pytest.raises(SettingsError, match="keeps no row"):
        gains(rc.ItemKNN().fit(world()), 0)


def test_people_are_asked_and_their_other_ratings_are_predicted_better():
    split = rc.splits.cold_users(world(), validation=0, test=0.3, seed=1)
    fitted = rc.ALS(n_factors=2, n_epochs=15).fit(split.train).snapshot()
    free = compare_ways(fitted, split.test, 5)
    known = compare_ways(fitted, split.test, 5, only_known=True)
    enough = (split.test.user_counts >= 10).sum()
    assert free.n_people == known.n_people == enough
    halves = [n - n // 2 for n in split.test.user_counts if n >= 10]
    assert free.n_kept == sum(halves)
    for way, errors in known.errors.items():
        assert len(errors) == 6 and known.answered[way] == 5
        assert errors[0] == free.errors[way][0] == known.errors["popular"][0]
        assert errors[-1] < errors[0]
        assert free.answered[way] <= 5
    assert known.everything == free.everything
    # The first question is the same for all, so its first error can be found anew.
    first = int(np.argmax(gains(fitted, fitted.fold_in([], []))))
    rng, squares, n = np.random.default_rng(0), 0.0, 0
    for person in np.flatnonzero(split.test.user_counts >= 10):
        items, values = split.test.by_user.row(int(person))
        order = rng.permutation(len(items))
        rng.random(fitted.n_items)
        pool, kept = order[: len(order) // 2], order[len(order) // 2 :]
        said = [at for at in pool if items[at] == first]
        guest = fitted.fold_in(items[said], values[said])
        away = values[kept] - fitted.predict(guest, items[kept])
        squares, n = squares + float(away @ away), n + len(kept)
    assert free.errors["informative"][1] == pytest.approx(np.sqrt(squares / n), rel=1e-5)


def test_who_has_too_few_ratings_cannot_be_asked():
    fitted = rc.ALS(n_factors=2, n_epochs=2).fit(world()).snapshot()
    with pytest.raises(RatingsError, match="Nobody has 2,000 ratings"):
        compare_ways(fitted, world(), 1000)
