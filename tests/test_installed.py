"""The core as others get it: a wheel in an empty environment, and README's notebook from there."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import venv
import zipfile
from pathlib import Path

import pytest

import recsys_core as rc

ROOT = Path(__file__).resolve().parent.parent

# Folders of a checkout that are no part of what is built; a stale build/ would go into the wheel.
_LEFT_OUT = shutil.ignore_patterns(".*", "__pycache__", "build", "dist", "*.egg-info", "docs")

_SECONDS = 600


def notebook() -> str:
    """The Python of README's part “From a notebook”."""
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    part = re.split(r"\n##+ ", readme.split("## From a notebook")[1])[0]
    return "\n".join(re.findall(r"```python\n(.*?)```", part, re.DOTALL))


def test_the_figures_that_readme_names_exist():
    named = set(re.findall(r"rc\.figures\.(\w+)", (ROOT / "README.md").read_text(encoding="utf-8")))
    assert named and named <= set(rc.figures.__all__)


def test_the_notebook_is_short_and_needs_no_file():
    lines = [line for line in notebook().splitlines() if line.strip() and line[0] != "#"]
    assert 5 < len(lines) <= 12
    assert not [line for line in lines if "read_ratings" in line]


class Environment:
    """An empty virtual environment, with an empty folder to work in."""

    def __init__(self, folder: Path) -> None:
        venv.create(folder / "venv", with_pip=True)
        scripts = "Scripts" if sys.platform == "win32" else "bin"
        self.interpreter = folder / "venv" / scripts / "python"
        self.folder = folder / "empty"
        self.folder.mkdir()

    def run(self, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
        """Run its Python with these arguments; ``stdout`` holds all that is printed."""
        plain = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
        return subprocess.run(
            [self.interpreter, *arguments], cwd=self.folder, env=plain, timeout=_SECONDS,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, encoding="utf-8",
        )  # fmt: skip

    def pip(self, *arguments: str | Path) -> None:
        """Run pip there; it must succeed."""
        done = self.run("-m", "pip", "-q", *arguments)
        assert done.returncode == 0, done.stdout[-4000:]

    def python(self, code: str) -> str:
        """Run code there, which must succeed; gives what it prints."""
        done = self.run("-c", code)
        assert done.returncode == 0, done.stdout[-4000:]
        return done.stdout


@pytest.fixture(scope="module")
def environment(tmp_path_factory) -> Environment:
    folder = tmp_path_factory.mktemp("installed")
    made = Environment(folder)
    # The smallest of what is to be installed: without it pip has no index, and nothing can be.
    probe = made.run("-m", "pip", "-q", "download", "--no-deps", "-d", folder, "threadpoolctl")
    if probe.returncode:
        pytest.skip(f"pip reaches no package index here: {probe.stdout.strip()[-200:]}")
    return made


@pytest.fixture(scope="module")
def wheel(environment, tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    shutil.copytree(ROOT, folder / "checkout", ignore=_LEFT_OUT)
    environment.pip("wheel", "--no-deps", "--wheel-dir", folder, folder / "checkout")
    (built,) = folder.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def installed(environment, wheel) -> Environment:
    # The versions of requirements.txt, which pip's cache has where the app is installed.
    environment.pip("install", "-c", ROOT / "requirements.txt", wheel)
    return environment


@pytest.mark.slow
def test_the_wheel_holds_the_whole_core_and_nothing_else(wheel):
    with zipfile.ZipFile(wheel) as archive:
        files = {name for name in archive.namelist() if not name.endswith("/")}
    tops = {name.split("/")[0] for name in files}
    assert tops == {"recsys_core", f"factorscope-{rc.__version__}.dist-info"}
    core = {
        path.relative_to(ROOT).as_posix()
        for path in (ROOT / "recsys_core").rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert {name for name in files if name.startswith("recsys_core/")} == core


@pytest.mark.slow
def test_only_what_the_core_needs_is_installed_with_it(installed):
    code = """
import importlib.metadata, recsys_core
assert importlib.metadata.version("factorscope") == recsys_core.__version__
print(recsys_core.__file__)
print(*(each.name.lower() for each in importlib.metadata.distributions()))
"""
    place, listed = installed.python(code).splitlines()
    assert Path(place).is_relative_to(installed.interpreter.parents[1])
    there = set(listed.split())
    assert {"factorscope", "numpy", "pandas", "scipy", "numba", "threadpoolctl"} <= there
    optional = {"torch", "plotly", "scikit-learn", "umap-learn", "pyarrow", "chardet", "streamlit"}
    assert not optional & there


@pytest.mark.slow
def test_the_notebook_of_readme_runs_from_an_empty_folder(installed):
    said = installed.python(notebook())
    epochs = re.findall(r"^(\d+) ([\d.]+) ([\d.]+)$", said, re.MULTILINE)
    errors = [float(validation) for _, _, validation in epochs]
    assert [int(number) for number, _, _ in epochs] == list(range(len(epochs)))
    assert min(errors) < 0.5 * errors[0]
    assert len(re.findall(r"^\d+ +\d+ +item \d+ +[\d.]+$", said, re.MULTILINE)) == 5
    assert not list(installed.folder.iterdir())


@pytest.mark.slow
def test_what_is_not_installed_is_asked_for_in_one_sentence(installed):
    code = """
import recsys_core as rc
party = rc.datasets.music_party()
for ask in (
    lambda: rc.NeuralMF(n_epochs=1).fit(party),
    lambda: rc.figures.rating_histogram(party),
    lambda: rc.figures.latent_map(rc.ALS(n_epochs=1).fit(party), "tsne"),
    lambda: rc.read_ratings(b"PAR1" + bytes(100) + b"PAR1"),
):
    try:
        ask()
    except rc.errors.MissingPackageError as error:
        print(error)
"""
    said = installed.python(code).splitlines()
    assert [line.partition(",")[0] for line in said] == [
        "Neural MF needs PyTorch",
        "A figure needs Plotly",
        "A map by t-SNE needs openTSNE",
        "The file needs pyarrow",
    ]
    for line, extra in zip(said, ("neural", "figures", "maps", "files"), strict=True):
        assert f"pip install 'factorscope[{extra}]'" in line


@pytest.mark.slow
def test_the_command_in_that_sentence_brings_what_was_missing(installed):
    """Last, since it changes the environment of the tests above."""
    installed.pip("install", "-c", ROOT / "requirements.txt", "factorscope[figures]")
    code = """
import recsys_core as rc
model = rc.ALS(n_epochs=2).fit(rc.datasets.music_party())
print(rc.figures.error_curve(model).layout.title.text)
"""
    assert installed.python(code).strip() == "ALS, k = 3: RMSE over epochs"
