"""The template is a whole model: it keeps the contract, and trains on the pages."""

import doctest
from importlib import import_module

import numpy as np
import pytest

import recsys_core as rc
from tests.app_harness import current, load, open_page, text_of, until
from tests.models.contract import FactorModelContract, small


@pytest.fixture(scope="module", autouse=True)
def registered():
    """The template is a model like any other here, and gone again for other tests."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(rc.MODELS, "entries", dict(rc.MODELS.entries))
        rc.MODELS.register(import_module("tests.models.template_model").Template)
        yield


class TestTemplate(FactorModelContract):
    taught = {"Template": dict(n_factors=3, reg=0.002, n_epochs=60)}


def test_its_example_is_true():
    module = import_module("tests.models.template_model")
    (example,) = doctest.DocTestFinder(recurse=False).find(module, "template_model", globs={})
    assert example.examples and doctest.DocTestRunner().run(example).failed == 0


def test_after_an_epoch_the_items_are_ridge_solutions():
    ratings = small()
    model = rc.Template(n_factors=2, reg=0.5, n_epochs=1).fit(ratings)
    for item in range(ratings.n_items):
        users, values = ratings.by_item.row(item)
        # λ is in units of the standard deviation s, the factors and ratings are in rating units.
        reg = 0.5 * ratings.values.std()
        x = np.vstack([model.user_factors[users], np.sqrt(reg) * np.eye(2)])
        rest = np.append(values - ratings.global_mean, [0, 0])
        solved = np.linalg.lstsq(x, rest, rcond=None)[0]
        assert model.item_factors[item] == pytest.approx(solved, abs=1e-4)


def test_the_objective_never_rises():
    losses = [e.loss for e in rc.Template(n_factors=4, reg=0.3, n_epochs=25).fit(small()).history]
    assert (np.diff(losses) <= 1e-5 * np.array(losses[:-1])).all()


def test_it_is_chosen_trained_and_shown_as_any_other(browser_id):
    workspace = load(browser_id, rc.datasets.low_rank(30, 20, n_factors=2, density=0.5))
    at = open_page("train", browser_id)
    at.get_by_key(f"algorithm_{current(workspace).number}").set_value("Template").run()
    at.get_by_key("start_new").click().run()
    run = current(workspace).run
    until(lambda: run.status == "finished")
    assert type(run.model).__name__ == "Template" and run.epoch == 20
    query = run.experiment.to_query()
    assert "model=Template" in query
    assert rc.Experiment.from_query(query).make_model().summary == run.model.summary
    assert "for each factor" in text_of(open_page("predictions", browser_id))
    assert "no latent space" not in text_of(open_page("latent", browser_id))
    assert any(
        "because they rated" in d.value for d in open_page("recommend", browser_id).dataframe
    )
