"""The registry of models, and what fitted models say they can be asked."""

import dataclasses
from importlib import import_module
from pathlib import Path

import pytest

import recsys_core as rc
from recsys_core.errors import SettingsError
from recsys_core.models import Factored
from recsys_core.models.registry import ModelRegistry
from tests.models.contract import ModelContract, small

# What a capability promises: methods of its own, and a class.
METHODS = {
    "similarity": ("user_similarity", "item_similarity"),
    "reasons": ("_attribution",),
    "intervals": ("predict_interval", "deviation"),
}
CLASSES = {"factors": Factored, "terms": rc.FactorModel}


def test_people_choose_in_this_order_and_baselines_come_last():
    algorithms = "SGD ALS PMF BayesianPMF SVDpp NMF NeuralMF ImplicitALS EASE ItemKNN"
    assert rc.MODELS.algorithms == tuple(algorithms.split())
    assert tuple(rc.MODELS) == (*rc.MODELS.algorithms, "GlobalMean", "UserItemBias", "MostPopular")


def test_whatever_is_registered_is_there_by_its_name():
    for name, kind in rc.MODELS.items():
        assert kind.__name__ == name and getattr(rc, name) is kind and name in rc.__all__
        assert name in dir(rc)
        assert rc.MODELS.described(name) == (kind.title, kind.summary)


def test_what_is_imported_later_keeps_its_place_and_tells_its_title_before():
    registry = ModelRegistry()
    registry.register(rc.SGD)
    registry.register(rc.UserItemBias)
    registry.register(rc.ALS)
    registry.register_later("PMF", "recsys_core.models.pmf", "A title", "A summary.", after="SGD")
    assert registry.algorithms == ("SGD", "PMF", "ALS")
    assert tuple(registry) == ("SGD", "PMF", "ALS", "UserItemBias") and len(registry) == 4
    assert registry.described("PMF") == ("A title", "A summary.")
    assert registry["PMF"] is rc.PMF
    registry.register(rc.PMF)
    assert registry.algorithms == ("SGD", "PMF", "ALS")
    assert registry.described("PMF")[0] == "PMF"


def test_two_models_of_one_name_are_refused_but_a_cell_may_run_again():
    registry = ModelRegistry()
    registry.register(rc.SGD)
    again = type("SGD", (rc.SGD,), {"__module__": rc.SGD.__module__})
    assert registry.register(again) is registry["SGD"] is again
    with pytest.raises(SettingsError, match="SGD already"):
        registry.register(type("SGD", (rc.SGD,), {"__module__": "notebook"}))
    assert registry["SGD"] is again
    with pytest.raises(KeyError):
        registry["SVD"]


def test_every_model_keeps_the_contract():
    for path in Path(__file__).parent.glob("test_*.py"):
        import_module(f"tests.models.{path.stem}")
    contracts, taught = [ModelContract], set()
    while contracts:
        contract = contracts.pop()
        contracts += contract.__subclasses__()
        taught |= {name.split(",")[0] for name in contract.taught}
    assert taught >= set(rc.MODELS)


def kinds():
    rc.MODELS["NeuralMF"]
    return [kind for kind in rc.FittedModel.kinds.values() if kind is not Factored]


def test_a_fitted_model_has_what_its_class_says():
    assert len(kinds()) >= 5
    for kind in kinds():
        has = dataclasses.asdict(kind.capabilities)
        for name, methods in METHODS.items():
            for method in methods:
                own = getattr(kind, method) is not getattr(rc.FittedModel, method)
                assert own or not has[name], (kind, name)
        for name, base in CLASSES.items():
            assert issubclass(kind, base) or not has[name], (kind, name)


@pytest.mark.parametrize(
    "name, settings, expected",
    [
        ("SGD", {}, "ratings factors similarity terms reasons new_items"),
        ("BayesianPMF", {"burn_in": 1}, "ratings factors similarity reasons intervals new_items"),
        ("NeuralMF", {"variant": "GMF"}, "ratings factors similarity terms reasons new_items"),
        ("NeuralMF", {"variant": "MLP"}, "ratings factors similarity new_items"),
        ("ImplicitALS", {}, "factors similarity terms reasons new_items"),
        ("EASE", {}, "similarity reasons"),
        ("ItemKNN", {}, "ratings similarity reasons new_items"),
        ("UserItemBias", {}, "ratings terms reasons new_items"),
        ("GlobalMean", {}, "ratings terms reasons new_items"),
        ("MostPopular", {}, "reasons"),
    ],
)
def test_what_each_kind_can_be_asked(name, settings, expected):
    kind = rc.MODELS[name]
    few = {"n_epochs": 3} if kind.has_epochs else {}
    has = kind(**few, **settings).fit(small()).snapshot().has
    assert [field for field, there in dataclasses.asdict(has).items() if there] == expected.split()


def test_a_setting_is_said_in_a_few_words():
    of_sgd = {option.name: option for option in rc.SGD.options()}
    assert of_sgd["reg"].said(0.05) == "λ = 0.05"
    assert of_sgd["n_epochs"].said(12_000) == "epochs = 12,000"
    assert (of_sgd["biases"].said(True), of_sgd["biases"].said(False)) == ("biases", "no biases")
    assert {o.name: o for o in rc.NeuralMF.options()}["variant"].said("dot") == "dot"
