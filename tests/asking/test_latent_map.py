"""Maps: who is drawn, where, in which group."""

import numpy as np
import pandas as pd
import pytest

import recsys_core as rc
from recsys_core.asking import latent_map
from recsys_core.asking.projection import Basis


@pytest.fixture(scope="module")
def fitted():
    world = rc.datasets.low_rank(n_users=30, n_items=20, n_factors=3, density=0.5, seed=2)
    return rc.ALS(n_factors=3, n_epochs=5).fit(world).snapshot()


def test_of_many_the_most_rated_are_drawn_in_index_order(fitted):
    train = fitted.train
    assert list(latent_map.most_rated(train, "user", 100)) == list(range(30))
    few = latent_map.most_rated(train, "item", 5)
    assert list(few) == sorted(few)
    others = np.setdiff1d(np.arange(20), few)
    assert train.item_counts[few].min() >= train.item_counts[others].max()


def test_a_basis_puts_each_where_it_projects(fitted):
    basis = Basis.of_factors(fitted, 2, 0)
    ids = {"item": np.array([3, 7, 1, 9, 4])}
    places = latent_map.project(fitted, basis, ids, ("factor 3", "factor 1"))
    np.testing.assert_allclose(places.xy["item"], fitted.item_factors[ids["item"]][:, [2, 0]])
    assert places.axes == ("factor 3", "factor 1")
    assert 0 <= places.trust <= 1


def test_two_factors_of_two_are_fully_trusted():
    world = rc.datasets.low_rank(n_users=20, n_items=12, n_factors=2, density=0.6, seed=0)
    two = rc.ALS(n_factors=2, n_epochs=3).fit(world).snapshot()
    ids = {"user": np.arange(20), "item": np.arange(12)}
    assert latent_map.project(two, Basis.of_factors(two, 0, 1), ids, ("", "")).trust == 1.0


def test_a_layout_is_cut_back_into_users_and_items(fitted):
    ids = {"user": np.arange(30), "item": np.array([2, 5])}
    assert latent_map.stacked(fitted, ids).shape == (32, 3)
    points = np.arange(64.0).reshape(32, 2)
    places = latent_map.placed(fitted, points, ids)
    np.testing.assert_array_equal(places.xy["user"], points[:30])
    np.testing.assert_array_equal(places.xy["item"], points[30:])


def test_clusters_cover_everyone_and_are_called_after_typical_items(fitted):
    groups, names = latent_map.clusters(fitted)
    assert (len(groups["user"]), len(groups["item"])) == (30, 20)
    counts = fitted.train.item_counts
    for number, name in enumerate(names):
        members = np.flatnonzero(groups["item"] == number)
        known = sorted(members, key=lambda i: (-counts[i], i))[: (len(members) + 1) // 2]
        centre = fitted.item_factors[members].astype(float).mean(axis=0) if len(members) else 0
        near = sorted(known, key=lambda i: ((fitted.item_factors[i] - centre) ** 2).sum())[:2]
        called = " · ".join(fitted.train.item_names[i] for i in near)
        assert name == f"{number + 1}: {called or 'users only'}"


def test_clusters_are_called_after_the_genres_that_mark_them(monkeypatch):
    # Of 40 items half are of the first cluster: 16 of its 20 are horror, of the others 2.
    genres = ["Horror|Drama"] * 16 + ["Drama"] * 4 + ["Horror"] * 2 + ["Drama"] * 18
    ratings = rc.Ratings.from_matrix(np.full((3, 40), 3.0) - np.eye(3, 40))
    ratings = ratings.replace(item_info=pd.DataFrame({"genres": genres}))
    fitted = rc.ALS(n_factors=2, n_epochs=1).fit(ratings).snapshot()
    labels = np.repeat([0, 0, 1], [3, 20, 20])
    monkeypatch.setattr(latent_map.seriation, "clusters", lambda rows: labels)
    names = latent_map.clusters(fitted)[1]
    # Drama is everywhere: 38 of 40, 19 expected and 20 found; horror: 9 expected, 16 found.
    assert names[0] == "1: Horror"
    assert names[1].startswith("2: ") and "·" in names[1], "nothing marks it: two typical items"


def test_lines_of_density_enclose_the_shares_they_say():
    rng = np.random.default_rng(0)
    xy = rng.normal(size=(8000, 2)) * [1, 3] + [5, -2]
    across, upward, inside = latent_map.densest(xy)
    column, row = (np.abs(line[:, None] - xy[:, at]).argmin(axis=0) for at, line in
                   enumerate((across, upward)))  # fmt: skip
    at_points = inside[row, column]
    for share in (0.25, 0.5, 0.75):
        assert np.mean(at_points <= share) == pytest.approx(share, abs=0.03)
        # Of a normal distribution the line around a share p is an ellipse: √(−2 ln(1 − p)).
        radius = np.sqrt((((xy - [5, -2]) / [1, 3]) ** 2).sum(axis=1))
        enclosed = radius <= np.sqrt(-2 * np.log(1 - share))
        assert np.mean(enclosed == (at_points <= share)) > 0.93


def test_genres_commonest_first_and_each_item_takes_its_first_chosen_one():
    info = pd.DataFrame(
        {"title": list("abcd"), "genres": ["Drama|War", "Drama", None, "War|Comedy|Drama"]}
    )
    ratings = rc.Ratings.from_matrix(np.ones((2, 4)) * 3).replace(item_info=info)
    assert latent_map.genres(ratings) == ["Drama", "War", "Comedy"]
    labels = latent_map.of_genres(ratings, ["War", "Drama"])
    assert list(labels["item"]) == [0, 1, -1, 0]
    assert list(labels["user"]) == [-1, -1]
    assert latent_map.genres(ratings.replace(item_info=None)) == []


def test_ends_are_of_the_better_known_half():
    values = np.array([-9.0, -1, 0, 1, 2, 9])
    counts = np.array([1, 10, 10, 10, 10, 1])
    low, high = latent_map.ends(values, counts, 2)
    assert (list(low), list(high)) == ([1, 2], [4, 3])
    low, high = latent_map.ends(values, np.ones(6, int), 10)
    assert (list(low), list(high)) == ([0, 1, 2], [5, 4, 3])
    low, high = latent_map.ends(values, np.zeros(6, int), 2)
    assert len(low) == len(high) == 0


def test_the_factor_table_names_both_ends_and_shares_add_up(fitted):
    table = latent_map.factor_table(fitted, 2)
    assert sorted(table["factor"]) == [1, 2, 3]
    assert table["spread"].sum() == pytest.approx(1)
    assert (np.diff(table["spread"]) <= 0).all()
    factor = int(table["factor"][0]) - 1
    low, high = latent_map.ends(fitted.item_factors[:, factor], fitted.train.item_counts, 2)
    names = fitted.train.item_names
    assert table["low end"][0] == " · ".join(names[i] for i in low)
    assert table["high end"][0] == " · ".join(names[i] for i in high)


def test_items_that_few_know_give_no_cluster_its_name(monkeypatch):
    monkeypatch.setattr(latent_map.seriation, "clusters", lambda rows: np.zeros(len(rows), int))
    wide = np.full((9, 100), 3.0)
    wide[0, np.arange(100) % 4 < 2] = np.nan  # items 0, 1, 4, 5 … have a rating less
    fitted = rc.ALS(n_factors=2, n_epochs=1).fit(rc.Ratings.from_matrix(wide)).snapshot()
    known = [i for i in range(100) if i % 4 >= 2]
    away = ((fitted.item_factors - fitted.item_factors.mean(axis=0)) ** 2).sum(axis=1)
    near = sorted(known, key=lambda i: away[i])[:2]
    assert latent_map.clusters(fitted)[1] == [f"1: {near[0]} · {near[1]}"]


def test_genres_are_short_and_not_too_many():
    ratings = rc.Ratings.from_matrix(np.arange(1, 5).reshape(2, 2))
    many = "|".join(f"g{number}" for number in range(10_000))
    info = pd.DataFrame({"title": ["a", "b"], "genres": ["n" * 10**6 + "|x\ny", many]})
    ratings = ratings.replace(item_info=info)
    genres = latent_map.genres(ratings)
    assert len(genres) == 500 and max(map(len, genres)) == 60 and "x y" in genres
    assert list(latent_map.of_genres(ratings, ["x y", "g1"])["item"]) == [0, 1]
