"""Documents are in the language of whoever asks for them: all sentences, numbers and headings."""

from __future__ import annotations

import json
import re

import pytest

import recsys_core as rc
from pages.shared.chart.assets import SCRIPTS
from recsys_core import language
from recsys_core.runs import Registry, Run
from recsys_core.takehome import reports
from recsys_core.takehome.bundle import bundle, files_of
from recsys_core.takehome.handout import handout
from tests.every_word import outside, pseudo
from tests.takehome.test_report import Read

MODELS: dict[str, rc.Model] = {
    "factors": rc.SGD(n_factors=2, n_epochs=6),
    "intervals": rc.BayesianPMF(n_factors=2, n_epochs=20),
    "preferences": rc.ImplicitALS(n_factors=2, n_epochs=3),
    "no epochs": rc.ItemKNN(),
}

# Headings and words of the English documents.
ENGLISH = (
    "What it does", "How good it is", "Risks", "What to do next", "Where the numbers are from",
    "Works best for", "Examples", "recommender", "What was run", "How it was trained",
    "For whom it works", "Run it again", "Receipt", "training", "validation", "ratings",
    "Move the slider", "How to train it again", "Epochs as a table", "Play", "seconds", "objective",
)  # fmt: skip


@pytest.fixture(scope="module", params=MODELS)
def run(request) -> Run:
    """A run that rests."""
    world = rc.datasets.low_rank(90, 60, n_factors=2, density=0.5, noise=0.5, seed=1)
    space = Registry(threaded=False).workspace("somebody")
    entry = space.new_entry(rc.Experiment(world, "random", MODELS[request.param]))
    entry.train()
    while entry.run.busy:
        space.registry.turn()
    assert entry.run.status == "finished", entry.run.message
    return entry.run


def documents(run: Run) -> list[bytes]:
    return [
        reports.technical(run), reports.manager(run),
        handout(run, "mine", SCRIPTS, "/* Plotly */"),
    ]  # fmt: skip


def shown(made: bytes) -> str:
    """What is read of a document: its text, titles and labels; not programs, nor quoted English."""
    page = re.sub(r"<(script|style)\b.*?</\1>", "", made.decode(), flags=re.S)
    page = re.sub(r'<div data-quoted="" lang="en">.*?</div>|<code>.*?</code>', "", page, flags=re.S)
    read = Read(page.encode())
    labels = [a[name] for _, a in read.tags for name in ("title", "aria-label") if a.get(name)]
    return " \n ".join([*(text for text, _ in read.pieces), *map(str, labels)])


def test_in_portuguese(run):
    with language.speaking("pt"):
        technical, manager, sheet = documents(run)
    for made, sentence in (
        (technical, "De onde vêm os números"), (manager, "Este recomendador pode ser usado?"),
        (sheet, "Como treiná-lo de novo"),
    ):  # fmt: skip
        assert b'<html lang="pt">' in made
        said = shown(made)
        assert sentence in said
        # No word of English, and no number with its marks: versions have two points.
        assert not [word for word in ENGLISH if re.search(rf"\b{word}\b", said)]
        versions = r"\d+\.\d+\.\d+|\d{4}-\d\d-\d\dT\S+|data=\S+"
        assert not re.findall(r"(?<!\d)\d\.\d(?!\d\d\b)", re.sub(versions, "", said))
        assert re.search(r"\d,\d", said) or made is manager  # which may have only counts


def test_nothing_is_said_but_in_a_sentence_of_the_catalogues(run, monkeypatch):
    pseudo(monkeypatch)
    with language.speaking("pt"):
        made = documents(run)
    sheet = json.loads(re.search(rb'id="said">(.*?)</script>', made[2], re.S)[1])
    texts = [*map(shown, made), *sheet["words"].values()]
    texts += [chart["alt"] for chart in sheet["charts"].values()]
    record = run.record()
    names = {
        record.receipt, record.digest, record.processor, record.created, run.ratings.name, "mine",
        record.experiment.to_query(), run.split.description, run.model.title, "RMSE", "MAE", "Link",
        *record.settings, *(f"{name} {said}" for name, said in record.versions.items()),
    }  # fmt: skip
    found = []
    for text in texts:
        rest = outside(text)
        for name in sorted(names, key=len, reverse=True):
            rest = rest.replace(name, " ")
        rest = re.sub(r"python -m recsys_core \w+ RECEIPT|\b(user|item) \d+|\bk = 2", " ", rest)
        found += re.findall(r"[A-Za-z]{2,}", rest)
    assert not found


def test_the_readme_says_what_each_file_is_and_the_files_for_programs_stay(run):
    def made() -> dict[str, bytes]:
        files = files_of(run, "mine", "http://localhost", SCRIPTS, lambda: "/* Plotly */")
        few = [file for file in files if file.name.endswith((".txt", ".py", ".csv", ".json"))]
        return {file.name: file.make() for file in few} | {"zip": bundle(few[:2], "mine")}

    english = made()
    with language.speaking("pt"):
        portuguese = made()
    assert english.pop("zip") != portuguese.pop("zip")
    assert english == portuguese


def test_a_report_that_cannot_be_made_says_so_in_its_language():
    space = Registry(threaded=False).workspace("somebody")
    entry = space.new_entry(rc.Experiment("party", "random", rc.SGD(n_factors=2, n_epochs=6)))
    entry.train()
    with language.speaking("pt"):
        said = shown(reports.manager(entry.run))
    assert "Sem relatório" in said and "ainda está trabalhando" in said
