"""Each file to take home, opened with the program it is for, holds the numbers of the run."""

from __future__ import annotations

import io
import json
import zipfile

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest

import recsys_core as rc
from pages.shared.chart.assets import SCRIPTS
from recsys_core import ordering
from recsys_core.asking import exports
from recsys_core.asking.new_users import NewUsers, best_of_new_users
from recsys_core.runs import Registry
from recsys_core.takehome.bundle import bundle, files_of
from recsys_core.takehome.handout import handout

HOSTILE = '=HYPERLINK("http://x")</script><!--<script>\u2028'


@pytest.fixture(scope="module")
def entry():
    """A run that rests, on ratings whose names are none that one would choose."""
    world = rc.datasets.low_rank(n_users=14, n_items=9, n_factors=2, density=0.6, seed=1)
    named = world.replace(
        users=[HOSTILE, *(f"u{i}" for i in range(13))], items=[100 + i for i in range(9)],
        name=HOSTILE,
    )  # fmt: skip
    space = Registry(threaded=False).workspace("somebody")
    split = {"name": "random", "validation": 0.2, "test": 0.2}
    found = space.new_entry(rc.Experiment(named, split, rc.SGD(n_factors=2, n_epochs=6)))
    found.train()
    while found.run.busy:
        space.registry.turn()
    assert found.run.status == "finished", found.run.message
    return found


@pytest.fixture(scope="module")
def files(entry):
    run = entry.run
    listed = files_of(
        run, HOSTILE, "http://localhost/train?data=x", SCRIPTS, lambda: "/* Plotly */",
        epoch=run.epoch_at("best"),
    )  # fmt: skip
    return {file.name: file for file in listed if file.name not in ("report.html", "manager.html")}


def table(file, **options):
    return pd.read_csv(io.BytesIO(file.make()), **options)


def test_numpy_opens_the_factors(entry, files):
    fitted = entry.run.fitted
    with np.load(io.BytesIO(files["factors.npz"].make()), allow_pickle=False) as found:
        at = list(found["user_labels"]).index("u4")
        mine = fitted.users.index("u4")
        item = list(found["item_labels"]).index("103")
        x = found["user_factors"][at] @ found["item_factors"][item]
        x += found["global_mean"] + found["user_bias"][at] + found["item_bias"][item]
        expected = fitted.predict(mine, fitted.items.index("103"), clip=False)[0]
    assert x == pytest.approx(expected, abs=1e-5)


def test_pandas_opens_the_tables_and_no_cell_is_a_formula(entry, files):
    run, fitted = entry.run, entry.run.fitted
    users = table(files["user-factors.csv"])
    assert users["user"].str.startswith("'=HYPERLINK").sum() == 1
    numbers = users[["factor 1", "factor 2"]].to_numpy()
    np.testing.assert_allclose(numbers, fitted.user_factors, rtol=1e-4, atol=1e-7)
    np.testing.assert_allclose(users["bias"], fitted.user_bias, rtol=1e-4, atol=1e-7)
    epochs = table(files["epochs.csv"])
    assert len(epochs) == len(run.epochs)
    last = epochs.iloc[-1].filter(like="validation").iloc[0]
    assert last == pytest.approx(run.epochs[-1].validation_rmse, rel=1e-4)


def test_the_settings_are_json_that_makes_the_experiment_again(entry, files):
    said = json.loads(files["settings.json"].make())
    assert rc.Experiment.from_dict(said["experiment"]) == entry.run.experiment
    assert said["settings"]["n_factors"] == 2
    assert said["scores"]["validation_rmse"] == entry.run.record().scores["validation_rmse"]
    assert not any(name.startswith("test_") for name in said["scores"])


def test_the_zip_says_what_is_in_it_and_has_the_same_bytes_again(files):
    together = [file for file in files.values() if not file.alone]
    once = bundle(together, HOSTILE)
    assert once == bundle(together, HOSTILE)
    with zipfile.ZipFile(io.BytesIO(once)) as packed:
        assert packed.testzip() is None
        readme = packed.read("README.txt").decode()
        assert {*packed.namelist()} == {file.name for file in together} | {"README.txt"}
        assert packed.read("link.txt") == b"http://localhost/train?data=x\n"
        assert packed.read("receipt.txt").startswith(b"fs1.")
    for file in together:
        assert f"\r\n{file.name}\r\n" in readme


def test_names_in_the_hand_out_stay_text(entry):
    page = handout(entry.run, HOSTILE, SCRIPTS, "x = '</SCRIPT>'").decode()
    assert page.lower().count("</script>") == 4 and page.lower().count("<script") == 4
    assert "<!--" not in page and "\u2028" not in page
    begins = page.index('id="said">') + len('id="said">')
    said = json.loads(page[begins : page.index("</script>", begins)])
    assert {"curve", "matrix", "map"} == said["charts"].keys()
    epochs = [each["epoch"] for each in said["run"]["frames"]]
    assert epochs == sorted(epochs)
    assert {0, entry.run.epoch_at("best"), entry.run.epoch} <= {*epochs}


# --- lists ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["csv", "parquet"])
def test_lists_for_everybody_come_piece_by_piece(entry, kind, monkeypatch):
    fitted = entry.run.fitted
    monkeypatch.setattr(ordering, "_SCORES_AT_ONCE", 30)  # three users at a time
    parts = list(exports.streamed(exports.best_in_pieces(fitted, 3), kind))
    assert len(parts) >= 5
    whole = io.BytesIO(b"".join(parts))
    if kind == "csv":
        found = pd.read_csv(whole, dtype={"item": str})
    else:
        read = pq.read_table(whole)
        assert str(read.schema.field("item").type) == "string", "labels are text"
        found = read.to_pandas()
    for user in (1, 7, 13):
        expected = fitted.recommend(user, 3)
        mine = found[found["user"] == fitted.users[user]]
        assert list(mine["item"]) == [str(label) for label in expected["label"]]
        np.testing.assert_allclose(mine["predicted"], expected["score"], rtol=1e-4)


def new_ratings():
    rows = [
        ("new", "100", 3.0), ("new", "104", 1.0), ("new", "absent", 2.0),
        ("u4", 101, 2.0), ("other", "absent", 1.0),
    ]  # fmt: skip
    return rc.Ratings.from_frame(pd.DataFrame(rows, columns=["user", "item", "rating"]))


def test_new_users_get_what_recommend_gives_them_folded_in(entry):
    fitted = entry.run.fitted
    asked = NewUsers.of(fitted, new_ratings())
    assert (asked.n_known, asked.n_unknown_items, asked.n_unknown_ratings) == (1, 1, 2)
    assert asked.n_without == 1 and len(asked.remarks()) >= 4
    found = pd.concat(best_of_new_users(fitted, asked, 4))
    items = [fitted.items.index("100"), fitted.items.index("104")]
    expected = fitted.recommend(fitted.fold_in(items, [3.0, 1.0]), 4)
    mine = found[found["user"] == "new"]
    assert list(mine["item"]) == list(expected["label"])
    np.testing.assert_allclose(mine["predicted"], expected["score"], rtol=1e-5)
    assert not {"100", "104"} & {*mine["item"]}
    assert (found["user"] == "other").sum() == 4


def test_known_users_keep_what_was_trained_where_they_are_matched(entry):
    fitted = entry.run.fitted
    asked = NewUsers.of(fitted, new_ratings(), match=True)
    found = pd.concat(best_of_new_users(fitted, asked, 9))
    at = fitted.users.index("u4")
    expected = fitted.recommend(at, 9, exclude=[fitted.items.index("101")])
    mine = found[found["user"] == "u4"]
    assert list(mine["item"]) == list(expected["label"])
    np.testing.assert_allclose(mine["predicted"], expected["score"], rtol=1e-5)
