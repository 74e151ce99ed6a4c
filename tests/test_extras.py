"""Optional packages: named where absent, and the same in the code, pyproject.toml and the pins."""

import importlib.metadata
import io
import re
import sys
import tomllib
from importlib import import_module
from pathlib import Path
from runpy import run_path

import numpy as np
import pandas as pd
import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

import recsys_core as rc
from recsys_core.asking import projection
from recsys_core.errors import FactorscopeError, MissingPackageError
from recsys_core.experiments.sweep import Over, Sweep
from recsys_core.experiments.sweep_search import search_of
from recsys_core.extras import EXTRAS, needed_for
from recsys_core.takehome.mlflow_export import to_mlflow

ROOT = Path(__file__).resolve().parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]

FRAME = pd.DataFrame({"user": ["a", "b"], "item": ["x", "y"], "rating": [1, 5]})
POINTS = np.random.default_rng(0).normal(size=(20, 3))


def written(write):
    file = io.BytesIO()
    write(file)
    return file.getvalue()


def parquet():
    return written(lambda file: FRAME.to_parquet(file, index=False))


def excel():
    return written(lambda file: FRAME.to_excel(file, index=False))


def cyrillic():
    return "user,film,rating\nа,Схватка,1\nб,Бразилия,5\n".encode("cp1251")


def by_tpe():
    experiment = rc.Experiment("low_rank", "random", rc.SGD())
    return Sweep(experiment, (Over("reg", low=0.01, high=1.0, log=True),), "tpe", 4)


# What is asked for, given what was made while all packages were there; and the sentence.
ASKED = {
    # Asked of its module: the registry remembers a model that was imported before.
    "torch": (lambda _: import_module("recsys_core.models.neural"), "Neural MF needs PyTorch"),
    "plotly": (
        lambda _: rc.figures.rating_histogram(rc.datasets.music_party()),
        "A figure needs Plotly",
    ),
    "openTSNE": (lambda _: projection.tsne(POINTS), "A map by t-SNE needs openTSNE"),
    "umap": (lambda _: projection.umap(POINTS), "A map by UMAP needs umap-learn"),
    "pyarrow": (rc.read_ratings, "The file needs pyarrow"),
    "python_calamine": (rc.read_ratings, "The file needs python-calamine"),
    "chardet": (rc.read_ratings, "A text that is not UTF-8 needs chardet"),
    "optuna": (lambda _: search_of(by_tpe()), "A sweep by TPE needs Optuna"),
    "mlflow": (
        lambda _: to_mlflow([], "file:///nowhere"),
        "Writing runs to MLflow needs mlflow-skinny",
    ),  # fmt: skip
    "sqlalchemy": (
        lambda _: run_path(str(ROOT / "recsys_core/experiments/store_tables.py")),
        "The database of runs needs SQLAlchemy",
    ),
}
MADE = {"pyarrow": parquet, "python_calamine": excel, "chardet": cyrillic}


@pytest.mark.parametrize("package", EXTRAS)
def test_what_is_not_installed_is_named_with_the_command_that_installs_it(package, monkeypatch):
    ask, says = ASKED[package]
    made = MADE.get(package, lambda: None)()
    loaded = [name for name in sys.modules if name.split(".")[0] == package]
    for name in {package, *loaded}:
        monkeypatch.setitem(sys.modules, name, None)  # as if it were not there
    monkeypatch.delitem(sys.modules, "recsys_core.models.neural", raising=False)
    with pytest.raises(MissingPackageError) as raised:
        ask(made)
    said = str(raised.value)
    assert said.startswith(f"{says}, which is not installed: ")
    assert f"pip install 'factorscope[{EXTRAS[package][1]}]'" in said
    assert said.endswith(".") and isinstance(raised.value, FactorscopeError)


def test_other_failures_to_import_stay_what_they_are():
    with pytest.raises(ModuleNotFoundError, match="no_such_package"), needed_for("Anything"):
        import no_such_package  # noqa: F401


def test_each_extra_installs_what_it_is_named_for():
    names = importlib.metadata.packages_distributions()
    for package, (title, extra) in EXTRAS.items():
        asked = PROJECT["optional-dependencies"][extra]
        installs = {canonicalize_name(Requirement(line).name) for line in asked}
        # One that is not here is installed by the name it has in sentences.
        of_package = {canonicalize_name(name) for name in names.get(package, [title])}
        assert installs & of_package, f"[{extra}] does not install {package}"


def test_the_pinned_versions_are_those_that_the_core_asks_for():
    """requirements.txt pins just what pyproject.toml names, each within its bounds."""
    lines = (ROOT / "requirements.txt").read_text(encoding="utf-8").splitlines()
    pinned = [Requirement(line) for line in lines]
    pins = {each.name: str(each.specifier).removeprefix("==") for each in pinned}
    extras = dict(PROJECT["optional-dependencies"])
    del extras["mlflow"]  # the pages do without, and say so
    wanted = [Requirement(line) for line in [*PROJECT["dependencies"], *sum(extras.values(), [])]]
    wanted = [each for each in wanted if each.name != PROJECT["name"]]
    assert {each.name for each in wanted} == set(pins)
    for each in wanted:
        assert each.specifier.contains(pins[each.name]), f"{each} but {pins[each.name]} is pinned"
    # The pages need all of it.
    all_of_it = next(r for line in extras["pages"] if (r := Requirement(line)).extras)
    assert all_of_it.extras == set(extras) - {"pages"}


def test_the_version_is_a_version():
    assert re.fullmatch(r"\d+\.\d+\.\d+", rc.__version__)
    assert PROJECT["dynamic"] == ["version"]
