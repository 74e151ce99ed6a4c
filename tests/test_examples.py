"""The examples as others run them: from any folder, without arguments, leaving nothing behind."""

from __future__ import annotations

import ast
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

import recsys_core as rc

EXAMPLES = Path(__file__).resolve().parent.parent / "examples"


@pytest.fixture
def said(request, tmp_path) -> str:
    """What the example named by the test prints."""
    name = request.node.name.removeprefix("test_") + ".py"
    plain = {key: value for key, value in os.environ.items() if not key.startswith("PYTHON")}
    done = subprocess.run(
        [sys.executable, EXAMPLES / name], cwd=tmp_path, timeout=300, encoding="utf-8",
        env={**plain, "PYTHONIOENCODING": "utf-8"},
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-4000:]
    assert not list(tmp_path.iterdir())
    return done.stdout


def number_after(words: str, text: str) -> float:
    return float(re.search(rf"{re.escape(words)}\s+(-?[\d.]+)", text)[1])


def test_own_csv_to_top_ten(said):
    assert "200 users × 100 books, 6,000 ratings" in said and "scale 1–5, steps of 1>" in said
    model, biases, mean = (
        number_after(f"test RMSE of {name}:", said)
        for name in ("ALS", "User + item bias", "Global mean")
    )
    assert model < 0.8 * min(biases, mean)
    scores = [float(score) for score in re.findall(r"item \d+ +([\d.]+)$", said, re.MULTILINE)]
    assert len(scores) == 10 and scores == sorted(scores, reverse=True)


def test_compare_three_models(said):
    found = re.findall(r"^([^,\n]+?) +([\d.]+) ± ([\d.]+)$", said, re.MULTILINE)
    means = {name: float(mean) for name, mean, _ in found}
    assert set(means) == {"SGD", "ALS", "PMF", "User + item bias", "Global mean"}
    assert list(means.values()) == sorted(means.values())
    assert max(means[name] for name in ("SGD", "ALS", "PMF")) < 0.7 * means["Global mean"]
    # Ten different splits, and models that learned something on each: small, but not zero.
    assert all(0 < float(deviation) < 0.05 for *_, deviation in found)


def test_a_new_user(said):
    folded = number_after("RMSE after fold-in:", said)
    assert 0.5 < folded < 0.8 * number_after("RMSE of the global mean:", said)  # the noise is 0.5
    assert len(re.findall(r"^ *item \d+ +[\d.]+$", said, re.MULTILINE)) == 5
    pulls = re.findall(r"^ *item \d+ +[\d.]+ +(-?[\d.]+)$", said, re.MULTILINE)
    sizes = [abs(float(pull)) for pull in pulls]
    assert len(sizes) == 3 and sizes == sorted(sizes, reverse=True)


def test_sweep_lambda(said):
    rows = [
        tuple(map(float, row))
        for row in re.findall(r"^([\d.]+) +([\d.]+) +([\d.]+)$", said, re.MULTILINE)
    ]
    best = number_after("chosen on validation: λ =", said)
    assert best == min(rows, key=lambda row: row[2])[0]
    assert rows[0][0] < best < rows[-1][0]  # else the range is too narrow
    assert number_after("test RMSE of ALS:", said) < 0.8 * number_after(
        "test RMSE of User + item bias:", said
    )


def test_replay_a_receipt(said):
    assert "the receipt replayed: same bits\n" in said
    assert re.search(r"half the error claimed: differs: test_rmse is [\d.]+, not [\d.]+\n", said)
    assert rc.experiments.replay(re.search(r"^fs1\.\S+$", said, re.MULTILINE)[0]).code == 0
    assert number_after("test_rmse:", said) < 0.7  # the noise is 0.5, the mean's error about 1


def test_every_example_is_run_and_short():
    tested = {name.removeprefix("test_") for name in globals() if name.startswith("test_")}
    files = list(EXAMPLES.glob("*.py"))
    assert {path.stem for path in files} <= tested and len(files) >= 5
    for path in files:
        assert 20 <= len(path.read_text(encoding="utf-8").splitlines()) <= 60, path.name


def test_examples_use_public_names_of_the_core_alone():
    for path in EXAMPLES.glob("*.py"):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        imported = [ast.unparse(n) for n in ast.walk(tree) if isinstance(n, ast.Import)]
        assert "import recsys_core as rc" in imported
        assert not [n for n in ast.walk(tree) if isinstance(n, ast.ImportFrom)
                    and n.module != "pathlib"]  # fmt: skip
        named = [n for n in ast.walk(tree) if isinstance(n, ast.Attribute)]
        assert not [ast.unparse(n) for n in named if n.attr.startswith("_")]
        core = {n.attr for n in named if ast.unparse(n.value) == "rc"}
        assert core and core <= set(rc.__all__), path.name
