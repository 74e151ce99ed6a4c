"""A trained model from a file: brought back through Data's upload, it explores like any run."""

from __future__ import annotations

import io
import json
import pickle
import re
import zipfile

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

import recsys_core as rc
from recsys_core import runs
from recsys_core.runs import brought
from tests.app_harness import checked, current, load, open_page, text_of, train, until

PAGES = (
    "home",
    "data",
    "train",
    "predictions",
    "latent",
    "recommend",
    "compare",
    "learn",
    "room",
    "replicas",
)
MODELS = [(rc.SGD(n_factors=2, n_epochs=4), PAGES), (rc.ItemKNN(), ("train", "recommend"))]


def upload(browser_id: str, name: str, data: bytes) -> AppTest:
    at = open_page("data", browser_id)
    at.segmented_control(key="data_source").set_value("Upload").run()
    at.file_uploader(key="upload").upload(name, data)
    return checked(at.run())


def opened(at: AppTest) -> AppTest:
    next(b for b in at.button if b.label == "Open this model").click()
    return checked(at.run())


def errors(at: AppTest) -> list[str]:
    return [str(e.value) for e in at.error]


def saved(model: rc.Model, ratings: rc.Ratings, tmp_path) -> bytes:
    """What a notebook writes: the file does not say which ratings were held out."""
    split = rc.splits.random(ratings, validation=0.2, test=0.0)
    model.fit(split.train, split.validation).save(tmp_path / "model.npz")
    return (tmp_path / "model.npz").read_bytes()


@pytest.mark.parametrize(("model", "pages"), MODELS)
def test_a_model_of_a_notebook_opens_and_no_page_breaks(browser_id, tmp_path, model, pages):
    ratings = rc.datasets.low_rank(25, 15, density=0.5)
    at = opened(upload(browser_id, "mine.bin", saved(model, ratings, tmp_path)))
    entry = current(runs.registry().workspace(browser_id))
    until(lambda: not entry.run.busy)
    assert entry.run.status == "finished" and entry.run.unsplit
    users, items = np.arange(25), np.arange(15)
    assert np.array_equal(entry.run.fitted.predict_matrix(users, items),
                          model.predict_matrix(users, items))  # fmt: skip
    for page in pages:
        at = open_page(page, browser_id)
        assert not at.error, (page, errors(at))
    assert entry.run.record() is None  # nobody knows what was run
    with pytest.raises(rc.errors.SettingsError, match="from a file"):
        runs.registry().workspace(browser_id).fork(entry, 1)


def test_one_saved_here_knows_its_split_and_gives_the_same_digits(browser_id):
    workspace = load(browser_id, rc.datasets.low_rank(40, 30, density=0.4))
    run = train(workspace, rc.SGD(n_factors=2, n_epochs=6, learning_rate=0.05))
    record = run.record()
    scores = run.test_scores()
    data = brought.to_file(run, run.epoch_at("best"))
    at = opened(upload("b" * 32, "model.npz", data))
    other = runs.registry().workspace("b" * 32)
    back = current(other)
    until(lambda: not back.run.busy)
    assert back.run.record().digest == record.digest
    assert back.run.record().scores == record.scores
    assert [s.rmse for s in back.run.test_scores()] == [s.rmse for s in scores]
    assert list(back.run.epochs) == list(run.epochs)
    at.switch_page("train.py")
    said = text_of(checked(at.run()))
    assert "came from a file" in said
    assert next(b for b in at.button if (b.key or "") == "fork").disabled


def test_a_split_is_not_taken_that_gives_other_training_ratings(browser_id):
    workspace = load(browser_id, rc.datasets.low_rank(30, 20, density=0.4, seed=3))
    run = train(workspace, rc.ALS(n_factors=2, n_epochs=2))
    data = changed(
        brought.to_file(run, 2), lambda about: about["experiment"]["data"].update(seed=4)
    )
    entry = brought.enter(workspace, brought.read(data, "model.npz"))
    assert entry.run.unsplit and entry.run.split.validation is None


def changed(data: bytes, change, **arrays) -> bytes:
    """The file with its text changed, and some arrays put in."""
    with np.load(io.BytesIO(data), allow_pickle=False) as file:
        held = {name: file[name] for name in file.files}
    about = json.loads(str(held["about"]))
    change(about)
    out = io.BytesIO()
    np.savez(out, **{**held, **arrays, "about": np.array(json.dumps(about))})
    return out.getvalue()


class Evil:
    def __reduce__(self):
        return (pytest.fail, ("it was run",))


def pickled(data: bytes) -> bytes:
    out = io.BytesIO(data)
    with zipfile.ZipFile(out, "a") as file:
        header = io.BytesIO()
        np.lib.format.write_array_header_1_0(
            header, {"descr": "|O", "fortran_order": False, "shape": ()}
        )
        file.writestr("part.q.npy", header.getvalue() + pickle.dumps(Evil()))
    return out.getvalue()


@pytest.mark.parametrize(
    ("damage", "says"),
    [
        (lambda d: changed(d, lambda a: a.update(version=99)), "newer version"),
        (lambda d: changed(d, lambda a: a.update(model="Oracle")), "not a saved model"),
        (lambda d: changed(d, lambda a: a["users"].pop()), "not a saved model|do not fit"),
        (lambda d: changed(d, lambda a: a["history"].pop(1)), "do not fit"),
        (lambda d: changed(d, lambda a: a["users"].__setitem__(0, {"a": 1})), "do not fit"),
        (lambda d: changed(d, lambda a: None, **{"part.p": np.zeros((3, 2), "f4")}), "do not fit"),
        (lambda d: changed(d, lambda a: None, **{"part.q": np.full((15, 2), np.nan, "f4")}),
         "do not fit"),
        (pickled, "not a saved model"),
    ],
)  # fmt: skip
def test_a_bad_model_is_one_sentence(browser_id, tmp_path, damage, says):
    good = saved(rc.SGD(n_factors=2, n_epochs=3), rc.datasets.low_rank(25, 15, density=0.5),
                 tmp_path)  # fmt: skip
    at = upload(browser_id, "bad [x](y).npz", damage(good))
    (said,) = errors(at)
    assert re.search(says, said), said
    assert "[x](y)" not in said
    assert not [b for b in at.button if b.label == "Open this model"]


def test_an_archive_of_arrays_is_no_model(browser_id):
    out = io.BytesIO()
    np.savez(out, about=np.arange(3), ratings=np.eye(4))
    assert not brought.is_model(out.getvalue())
    assert not brought.is_model(b"PK\x03\x04 nothing")
    assert not brought.is_model(b"")


def test_what_unpacks_to_too_much_is_refused():
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as file:
        header = io.BytesIO()
        np.lib.format.write_array_header_1_0(
            header, {"descr": "<f4", "fortran_order": False, "shape": (1 << 40,)}
        )
        file.writestr("about.npy", header.getvalue())
    with pytest.raises(rc.errors.FactorscopeError, match="not a saved model"):
        brought.read(out.getvalue(), "bomb.npz")
