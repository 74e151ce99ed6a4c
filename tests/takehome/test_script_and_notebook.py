"""Script and notebook give the digits on the screen, in an empty folder with the core alone."""

from __future__ import annotations

import ast
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import recsys_core as rc
from recsys_core.asking import exports
from recsys_core.experiments.record import Receipt
from recsys_core.takehome.notebook import notebook
from recsys_core.takehome.script import script

ROOT = Path(__file__).resolve().parents[2]

HOSTILE = 'x"""\nimport os; os.abort()\u2028os.abort()\r# <script>'


def run(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONIOENCODING": "utf-8"}
    return subprocess.run(
        [sys.executable, *arguments], cwd=folder, capture_output=True, text=True, timeout=120,
        env=environment,
    )  # fmt: skip


def run_here(
    text: str, folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> tuple[object, str]:
    """Run a script in this process, which is quicker: how it exits, and what it prints."""
    monkeypatch.chdir(folder)
    with pytest.raises(SystemExit) as ended:
        exec(compile(text, "reproduce.py", "exec"), {"__name__": "__main__"})
    return ended.value.code, capsys.readouterr().out


def cells_of(text: str) -> list[str]:
    """The code of a notebook, after its form was checked against what nbformat 4.5 asks for."""
    said = json.loads(text)
    assert (said["nbformat"], said["nbformat_minor"]) == (4, 5)
    ids = [cell["id"] for cell in said["cells"]]
    assert len(set(ids)) == len(ids)
    for cell in said["cells"]:
        assert re.fullmatch(r"[a-zA-Z0-9-_]{1,64}", cell["id"])
        keys = {"id", "cell_type", "metadata", "source"}
        keys |= {"outputs", "execution_count"} if cell["cell_type"] == "code" else set()
        assert cell.keys() == keys
    return ["".join(cell["source"]) for cell in said["cells"] if cell["cell_type"] == "code"]


@pytest.fixture(scope="module")
def forked() -> rc.Record:
    """A run with a fork, looked at in an epoch that is neither its best nor its last; tested."""
    experiment = rc.Experiment(
        {"name": "low_rank", "n_users": 40, "n_items": 30, "density": 0.5},
        {"name": "random", "validation": 0.2, "test": 0.2, "seed": 3},
        rc.SGD(n_factors=2, n_epochs=9, seed=5),
    ).fork(4, learning_rate=0.002)
    return rc.run(experiment, at=6).tested()


def test_the_script_gives_the_same_digits_in_an_empty_folder(tmp_path, forked):
    file = tmp_path / "reproduce.py"
    file.write_text(script(Receipt.from_text(forked.receipt), HOSTILE), encoding="utf-8")
    done = run(tmp_path, file.name)
    assert done.returncode == 0, done.stderr + done.stdout
    assert "All predictions: the same bits." in done.stdout
    assert "epoch 6 of" in done.stdout
    for name in ("train_rmse", "validation_rmse", "test_rmse", "test_ndcg"):
        digits = f"{forked.scores[name]:.6f}"
        assert re.search(rf"{name} +{digits}  was {digits}  same", done.stdout)
    assert [path.name for path in tmp_path.iterdir()] == [file.name]


def test_the_notebook_does_when_its_cells_are_run_in_order(tmp_path, forked):
    text = notebook(Receipt.from_text(forked.receipt), HOSTILE)
    file = tmp_path / "cells.py"
    file.write_text("\n\n".join(cells_of(text)), encoding="utf-8")
    done = run(tmp_path, file.name)
    assert done.returncode == 0, done.stderr
    assert "the same bits" in done.stdout
    assert f"{forked.scores['validation_rmse']:.6f}" in done.stdout


def test_a_number_that_is_another_one_is_told(tmp_path, forked, monkeypatch, capsys):
    claims = Receipt.from_text(forked.receipt)
    wrong = script(claims).replace(f"{claims.scores['test_mae']}", "0.123456")
    code, said = run_here(wrong, tmp_path, monkeypatch, capsys)
    assert code == 1 and re.search(r"test_mae .*DIFFERS", said)


def test_an_upload_is_read_from_the_file_beside_it_and_checked(tmp_path, monkeypatch, capsys):
    draws = np.random.default_rng(0)
    rows = [
        (f"=u{u}", f"-i{i}", draws.integers(1, 6))
        for u in range(15)
        for i in range(9)
        if (u + i) % 3
    ]  # fmt: skip
    ratings = rc.Ratings.from_frame(
        pd.DataFrame(rows, columns=["user", "item", "rating"]), scale=rc.Scale(0, 6, 1)
    )
    record = rc.run(rc.Experiment(ratings, "whole", rc.ALS(n_factors=2, n_epochs=3)))
    text = script(Receipt.from_text(record.receipt), ratings.name)
    code, _ = run_here(text, tmp_path, monkeypatch, capsys)
    assert "ratings.csv" in str(code) and ratings.fingerprint in str(code)
    # The file as the Data page gives it.
    own = exports.to_csv(ratings.to_frame(), index=False)
    (tmp_path / "ratings.csv").write_bytes(own)
    code, said = run_here(text, tmp_path, monkeypatch, capsys)
    assert code == 0 and "the same bits" in said
    (tmp_path / "ratings.csv").write_bytes(own.replace(b",5", b",4"))
    code, _ = run_here(text, tmp_path, monkeypatch, capsys)
    assert "holds other ratings" in str(code)


def test_what_people_call_their_data_stays_text(forked):
    claims = Receipt.from_text(forked.receipt)
    assert ast.dump(ast.parse(script(claims, HOSTILE))) == ast.dump(ast.parse(script(claims)))
    for cell in json.loads(notebook(claims, HOSTILE))["cells"]:
        assert not re.search(r"(?<!\\)<script", "".join(cell["source"]))
