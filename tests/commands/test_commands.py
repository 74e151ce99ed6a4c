"""The command line, as a person types it: in processes of their own."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from pathlib import Path

import pandas as pd
import pytest

import recsys_core as rc
from recsys_core import commands
from recsys_core.experiments import Experiment
from recsys_core.experiments.record import Receipt

ROOT = Path(__file__).resolve().parents[2]


def command(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "recsys_core", *arguments],
        cwd=ROOT, capture_output=True, text=True, timeout=120, env={**os.environ, **environment},
    )  # fmt: skip


def test_the_last_line_of_train_is_a_receipt_that_replays_in_another_process():
    done = command("train", "data=party&model=SGD&k=3&fork=40&fork.learning_rate=0.01")
    assert done.returncode == 0, done.stderr
    receipt = done.stdout.splitlines()[-1]
    said = Receipt.from_text(receipt).experiment
    assert said.to_query() == "data=party&model=SGD&k=3&fork=40&fork.learning_rate=0.01"
    assert re.search(r"training RMSE [\d.]+ · global mean [\d.]+ · user \+ item bias", done.stdout)
    again = command("replay", receipt, OMP_NUM_THREADS="1", NUMBA_NUM_THREADS="1")
    assert (again.returncode, again.stdout) == (0, "same bits\n"), again.stderr


def test_options_say_the_same_and_win_over_the_link(capsys):
    def trained(*arguments: str) -> Experiment:
        assert commands.main(["train", *arguments]) == 0
        return Receipt.from_text(capsys.readouterr().out.splitlines()[-1]).experiment

    asked = Experiment.from_query("data=party&split=whole&model=ALS&k=2&n_epochs=2")
    few = ("--set", "n_epochs=2", "--set", "k=2")
    assert trained("--data", "party", "--split", "whole", "--model", "ALS", *few) == asked
    link = "http://localhost:8501/train?data=checkerboard&split=whole&k=9&model=ALS&epoch=3"
    assert trained(link, "--data", "party", *few) == asked


def test_a_file_is_trained_on_and_asked_for_again(tmp_path, capsys):
    file = tmp_path / "mine.csv"
    rows = [(f"u{u}", i, 1 + (3 * u + i) % 5) for u in range(12) for i in range(8)]
    pd.DataFrame(rows, columns=["user", "item", "rating"]).to_csv(file, index=False)
    assert commands.main(["train", "--data", str(file), "--set", "n_epochs=3"]) == 0
    receipt = capsys.readouterr().out.splitlines()[-1]
    assert commands.main(["replay", receipt]) == 2
    assert capsys.readouterr().out.startswith("needs the file")
    assert commands.main(["replay", receipt, "--data", str(file)]) == 0
    assert capsys.readouterr().out == "same bits\n"


@pytest.mark.parametrize(
    ("arguments", "status", "why"),
    [
        (["train", "data=party&model=SGX"], 3, "no model called"),
        (["train", "--data", "no such file"], 3, "neither a file"),
        (["train", "data=upload&data.id=0123456789abcdef"], 2, "fingerprint"),
        (["train", "data=party", "--set", "k"], 3, "KEY=VALUE"),
        (["train", "--data", "x" * 5000], 3, "neither a file"),
        (["train", "data=low_rank&data.n_users=100000000"], 3, "does not fit"),
        (["replay", "fs1.nothing"], 3, "receipt"),
        (["report", "fs1.nothing"], 3, "receipt"),
        (["report", "data=party&model=SGX"], 3, "no model called"),
        (["report", "data=party&n_epochs=1", "--out", "/no/such/folder/x.html"], 3, "--out FILE"),
    ],
)
def test_what_cannot_be_is_one_sentence_and_a_status(arguments, status, why, capsys):
    assert commands.main(arguments) == status
    said = capsys.readouterr().err.strip()
    assert why in said and len(said.splitlines()) == 1


@pytest.mark.parametrize("arguments", [["train", "--no-such"], ["replay"], ["sing"], []])
def test_wrong_arguments_are_refused_with_a_status_of_their_own(arguments, capsys):
    with pytest.raises(SystemExit) as ended:
        commands.main(arguments)
    assert ended.value.code == 3 and "usage:" in capsys.readouterr().err


def test_an_option_takes_what_belonged_to_the_other_choice_along(capsys):
    link = "data=low_rank&data.n_users=40&split=random&split.seed=3&model=ALS&k=9&fork=2&fork.reg=1"
    assert commands.main(["train", link, "--data", "party", "--split", "whole", "--model", "SGD",
                          "--set", "n_epochs=2", "--set", "n_factors=3"]) == 0  # fmt: skip
    receipt = capsys.readouterr().out.splitlines()[-1]
    asked = Experiment.from_query("data=party&split=whole&model=SGD&k=3&n_epochs=2")
    assert Receipt.from_text(receipt).experiment == asked


@pytest.mark.slow
def test_nobody_reading_on_and_a_poor_console_are_no_errors():
    done = subprocess.run(
        f"{sys.executable} -m recsys_core train 'data=party&n_epochs=3' | head -1",
        shell=True, cwd=ROOT, capture_output=True, text=True, timeout=120,
    )  # fmt: skip
    assert done.stdout.startswith("Robbie's party") and "Traceback" not in done.stderr
    poor = command("train", "data=party&n_epochs=3", PYTHONIOENCODING="ascii")
    assert poor.returncode == 0 and "Traceback" not in poor.stderr


def test_every_command_explains_itself(capsys):
    for name in commands.COMMANDS:
        with pytest.raises(SystemExit):
            commands.main([name, "--help"])
        assert f"python -m recsys_core {name}" in capsys.readouterr().out


def test_no_control_character_reaches_the_terminal(capsys):
    for link in ("data=%1b[31mX", "data=party&%c2%9b31m=3", "data=party&n_epochs=%1b]0;x%07"):
        assert commands.main(["train", link]) == 3
        said = capsys.readouterr().err
        assert said.strip().isprintable(), ascii(said)


def test_a_saved_model_recommends_to_new_users(tmp_path, capsys):
    model, out = tmp_path / "model.npz", tmp_path / "top.parquet"
    few = ("data=party&split=whole&model=ALS&k=2&n_epochs=2", "--save", str(model))
    assert commands.main(["train", *few]) == 0
    new = tmp_path / "new.csv"
    new.write_text("user,item,rating\nneo,Bohemian Rhapsody,5\nneo,Firework,1\nneo,Silence,3\n")
    assert commands.main(["recommend", str(model), str(new), "--out", str(out), "--n", "3"]) == 0
    said = capsys.readouterr().out
    assert "1 user is folded in" in said and "1 item is not known" in said
    found = pd.read_parquet(out)
    assert list(found["rank"]) == [1, 2, 3] and {*found["user"]} == {"neo"}
    fitted = rc.load_model(model).snapshot()
    rated = [fitted.train.item_index(name) for name in ("Bohemian Rhapsody", "Firework")]
    expected = fitted.recommend(fitted.fold_in(rated, [5, 1]), 3)
    assert list(found.iloc[:, 2]) == list(expected["label"])
    assert [path.name for path in tmp_path.glob("top*")] == ["top.parquet"]
    assert commands.main(["recommend", str(model), str(new), "--out", "top.xlsx"]) == 3
    assert commands.main(["recommend", str(new), str(new), "--out", str(out)]) == 3


@pytest.mark.slow
def test_a_kept_run_has_its_report(tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    link, db = "data=party&split=random&model=ALS&n_epochs=4", f"sqlite:///{tmp_path / 'runs.db'}"
    assert commands.main(["train", link, "--db", db]) == 0
    assert commands.main(["report", link, "--out", "trained.html"]) == 0
    capsys.readouterr()
    commands.main(["runs", "--db", db])
    id = capsys.readouterr().out.splitlines()[1].split()[0]
    assert commands.main(["report", id, "--db", db, "--out", "kept.html"]) == 0

    def told(name: str) -> list[str]:
        text = re.sub(r"<[^>]*>", " ", (tmp_path / name).read_text(encoding="utf-8"))
        return re.findall(r"\d\.\d{4}", text)

    assert told("kept.html") == told("trained.html") != []
    assert commands.main(["report", "nosuchrun", "--db", db]) == 3
    assert "no" in capsys.readouterr().err.lower()


def test_a_report_of_a_link_and_of_its_receipt_say_the_same(tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    link = "data=low_rank&model=SGD&k=2&n_epochs=3"
    assert commands.main(["train", link]) == 0
    receipt = capsys.readouterr().out.splitlines()[-1]
    assert commands.main(["report", link]) == 0
    (made,) = tmp_path.glob("*.html")
    assert capsys.readouterr().out.strip() == made.name
    assert commands.main(["report", link]) == 3, "it is not written over"
    assert "already there" in capsys.readouterr().err
    assert commands.main(["report", receipt, "--out", "again.html"]) == 0
    first, again = (path.read_text(encoding="utf-8") for path in (made, tmp_path / "again.html"))
    errors = re.compile(r'data-fact="(?:mae|rmse)[^>]*>[^<]*')
    assert errors.findall(first) == errors.findall(again) != []
    assert commands.main(["report", link, "--for", "manager", "--out", "page.html"]) == 0
    assert "RMSE" not in (tmp_path / "page.html").read_text(encoding="utf-8")


def test_sweep_writes_all_trials_and_keeps_them(tmp_path, capsys):
    pytest.importorskip("optuna")
    out, url = tmp_path / "trials.csv", f"sqlite:///{tmp_path}/kept.db"
    asked = ["sweep", "data=low_rank&model=SGD&n_epochs=3", "--over", "reg=0.01:1:log:2"]
    assert commands.main([*asked, "--over", "k=1,2", "--out", str(out), "--db", url]) == 0
    table = pd.read_csv(out)
    assert len(table) == 8 and set(table["n_factors"]) == {1, 2} and set(table["seed"]) == {0, 1}
    said = capsys.readouterr().out
    assert "Lowest validation RMSE" in said and "Train the best:" in said
    import optuna

    studies = f"sqlite:///{tmp_path}/studies.db"
    (name,) = optuna.get_all_study_names(studies)
    assert len(optuna.load_study(study_name=name, storage=studies).trials) == 8
    assert commands.main(["sweep", "data=party&split=whole"]) == commands.REFUSED
    assert commands.main([*asked, "--trials", "3"]) == commands.REFUSED, "the grid has more"


def test_runs_are_kept_as_they_train_and_listed(tmp_path, capsys):
    db = f"sqlite:///{tmp_path}/runs.db"
    for link in ("data=party&model=ALS&k=2&n_epochs=4", "data=checkerboard&model=SGD&n_epochs=3"):
        assert commands.main(["train", link, "--db", db]) == 0
    assert commands.main(["train", "data=party&learning_rate=50&model=SGD", "--db", db]) == 3
    capsys.readouterr()
    assert commands.main(["runs", "--db", db]) == 0
    first, *lines = capsys.readouterr().out.splitlines()
    assert first.startswith("3 runs in ") and len(lines) == 3
    assert "interrupted" in lines[0] and "finished" in lines[1] and "ALS, k = 2" in lines[2]
    assert "epoch 4/4  training RMSE" in lines[2]
    assert commands.main(["runs", "--db", db, "--text", "als", "--csv"]) == 0
    header, row = capsys.readouterr().out.splitlines()
    assert header.startswith("name,model,data,status") and "data=party&model=ALS&k=2" in row
    assert commands.main(["runs", lines[2][:8], "--db", db]) == 0
    assert len(capsys.readouterr().out.splitlines()) == 3 + 5
    assert commands.main(["runs", "zz", "--db", db]) == 3
    assert commands.main(["runs", "--db", f"{tmp_path}/runs.db/x"]) == 3


@pytest.mark.slow
def test_what_is_kept_of_a_killed_training(tmp_path):
    from recsys_core.experiments.store import Store

    db = f"sqlite:///{tmp_path}/runs.db"
    link = "data=low_rank&data.n_users=60&data.n_items=40&model=SGD&k=3&n_epochs=1000000"
    child = subprocess.Popen(
        [sys.executable, "-m", "recsys_core", "train", f"{link}&patience=1000000", "--db", db],
        cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    store, deadline = Store(db), time.monotonic() + 60
    while time.monotonic() < deadline and not any(run.epoch > 20 for run in store.runs()):
        time.sleep(0.1)
    child.kill()
    child.wait()
    [run] = store.runs()
    assert run.status == "training" and run.epoch > 20
    assert [epoch.number for epoch in store.epochs(run.course)] == list(range(run.epoch + 1))
