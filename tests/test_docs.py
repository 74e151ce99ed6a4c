"""The documents: their links lead somewhere, what they name is there, their examples run."""

from __future__ import annotations

import json
import re
import tomllib
from dataclasses import fields
from pathlib import Path

import pytest

import recsys_core as rc
from benchmarks import document
from docs import glossary as glossary_page
from docs import reading as reading_page
from docs import replicas as replicas_page
from recsys_core import limits as server_limits
from recsys_core import metrics
from recsys_core.datasets import movielens  # noqa: F401  (registers its data)
from recsys_core.experiments.link import read_all
from recsys_core.experiments.view import PARTS
from recsys_core.models import MODELS
from recsys_core.reading import limits
from recsys_core.recipes import DATA, SPLITS
from recsys_core.replicas import REPLICAS
from recsys_core.runs.registry import FREED_AFTER, RUN_CHECKPOINTS, RUN_FRAMES, SERVER, WORKSPACE

ROOT = Path(__file__).resolve().parent.parent
README = ROOT / "README.md"
DOCUMENTS = [README, ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]
each_document = pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)

_FENCE = re.compile(r"^```(\w*)\n(.*?)^```", re.MULTILINE | re.DOTALL)


def read(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def page(name: str) -> str:
    return read(ROOT / "docs" / f"{name}.md")


def prose(path: Path) -> str:
    """A document without its blocks of code."""
    return _FENCE.sub("", read(path))


def headings(path: Path) -> list[str]:
    return re.findall(r"^#+ (.+)$", prose(path), re.MULTILINE)


def anchors(path: Path) -> set[str]:
    """What stands behind the # of a link to a heading, as GitHub makes it."""
    plain = (re.sub(r"[^\w\- ]", "", heading.lower()) for heading in headings(path))
    return {heading.replace(" ", "-") for heading in plain}


# --- what they name -------------------------------------------------------------------------------


@each_document
def test_links_lead_to_files_and_headings(path):
    wrong = []
    for link in re.findall(r"\]\(([^)\s]+)\)", prose(path)):
        if link.startswith(("http://", "https://")):
            continue
        name, _, anchor = link.partition("#")
        file = (path.parent / name).resolve() if name else path
        if not file.exists() or (anchor and anchor not in anchors(file)):
            wrong.append(link)
    assert not wrong


def test_every_document_is_linked_from_the_readme():
    missing = [path.name for path in DOCUMENTS[1:] if f"{path.name})" not in read(README)]
    assert not missing


_TOPS = ("app.py", "benchmarks", "docs", "pages", "recsys_core", "tests")
_FILE = re.compile(r"[\w./-]+\.(?:py|js|mjs|ts|json|toml|svg|png|txt|md)")


def named_files(path: Path) -> set[str]:
    """Files and folders in backticks, placeholders such as ``<page>`` and NAME left out."""
    inside = re.findall(r"`([^`\n]+)`", prose(path))
    files = {name for text in inside for name in text.split() if _FILE.fullmatch(name)}
    folders = {name for name in inside if name.endswith("/") and name.split("/")[0] in _TOPS}
    return {name for name in files | folders if "name" not in name.lower() and "<" not in name}


@each_document
def test_files_in_backticks_are_there(path):
    there = [str(file) for top in _TOPS for file in (ROOT / top).rglob("*")]
    # CONTRIBUTING shortens a path where the one before it in the line has the same folder.
    missing = {
        name
        for name in named_files(path)
        if not (ROOT / name).exists() and not any(file.endswith(f"/{name}") for file in there)
    }
    assert not missing


def test_the_files_are_looked_for():
    assert len(named_files(ROOT / "CONTRIBUTING.md")) > 40
    assert len(named_files(ROOT / "docs" / "methods.md")) > 40


# --- completeness ---------------------------------------------------------------------------------


def test_every_model_has_its_entry():
    entries = {
        (title, name)
        for heading in headings(ROOT / "docs" / "methods.md")
        for title, name in re.findall(r"^(.+) \(`(\w+)`\)$", heading)
    }
    # Another test registers a model of its own.
    ours = [name for name in MODELS if name in rc.__all__]
    assert entries == {(MODELS.described(name)[0], name) for name in ours}


def test_every_metric_has_its_entry():
    of_lists = {f.name for f in fields(metrics.Ranking)} - {"n", "threshold", "n_users"}
    of_errors = {
        name
        for name, function in vars(metrics).items()
        if getattr(function, "__module__", "") == metrics.__name__
        and "predicted" in getattr(function, "__annotations__", {})
        and not name.startswith("_")
    }
    assert {"rmse", "mae", "recall"} <= of_errors | of_lists
    entries = {heading.lower() for heading in headings(ROOT / "docs" / "methods.md")}
    missing = (of_errors | of_lists) - entries
    assert not missing
    known = {word.lower() for word in re.findall(r"^\*\*(.+?)\.\*\*", page("glossary"), re.M)}
    assert of_errors | of_lists <= known


def test_every_split_data_set_and_part_is_named():
    missing = {name for name in SPLITS.names if f"| `{name}` |" not in page("methods")}
    missing |= {name for name in DATA.names if f"`{name}`" not in page("links")}
    missing |= {name for name in PARTS if f"`{name}`" not in page("links")}
    assert not missing


# --- what they claim ------------------------------------------------------------------------------


def test_the_readme_is_short():
    assert len(read(README).splitlines()) < 200


def test_the_readme_states_the_limits_of_the_code():
    config = tomllib.loads(read(ROOT / ".streamlit" / "config.toml"))
    idle = json.loads(read(ROOT / "benchmarks" / "results" / "start.json"))
    claims = {
        f"until {FREED_AFTER / 60:g} minutes after the last look",
        f"{RUN_FRAMES + RUN_CHECKPOINTS >> 20} MiB per run",
        f"{WORKSPACE >> 20} MiB per visitor",
        f"{SERVER >> 20} MiB per server",
        f"up to {server_limits.of('data_sets_per_visitor')} data sets, "
        f"{server_limits.of('ratings_per_visitor') // 10**6} million",
        f"holds {idle['idle server with one session, MiB']:.0f} MiB",
        f"Uploads up to {server_limits.of('upload_megabytes')} MB",
        f"unpacked up to {limits.MAX_BYTES >> 30} GiB",
        f"{limits.MAX_ROWS // 10**6} million rows, {limits.MAX_COLUMNS:,} columns",
    }
    said = " ".join(read(README).split())
    assert not {claim for claim in claims if claim not in said}
    assert config["browser"]["gatherUsageStats"] is False


def test_the_tables_of_the_benchmarks_are_those_of_the_results():
    for path, text in document.documents().items():
        assert read(path) == text, f"{path.name}: run python -m benchmarks.document"


def test_the_page_of_files_is_what_the_reader_says():
    """Run “python -m docs.reading” where this fails."""
    assert page("reading") == reading_page.page()


def test_the_glossary_is_what_the_pages_say():
    """Run “python -m docs.glossary” where this fails."""
    assert page("glossary") == glossary_page.page()


def test_the_page_of_the_replicas_says_what_they_say():
    lines = page("replicas").splitlines()
    for replica in REPLICAS:
        start = lines.index(f"## {replica.number} · {replica.title}")
        own = lines[start : next(
            (at for at in range(start + 1, len(lines)) if lines[at].startswith("## ")), len(lines)
        )]  # fmt: skip
        rows = [tuple(cell.strip() for cell in line.split("|")[1:3]) for line in own
                if line.startswith("|")]  # fmt: skip
        published = replicas_page.published(replica)
        assert rows[2 : 2 + len(published)] == published, replica.title
        # Below it, which run each number is read from.
        assert [row[0] for row in rows[-len(published) :]] == [what for what, _ in published]
        said = [line for line in own if line.startswith("- ")]
        assert said == replicas_page.reasons(replica) + replicas_page.lessons(replica)


# --- examples -------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["README.md", "docs/links.md"])
def test_the_examples_run(name, tmp_path, monkeypatch, capsys):
    code = "\n".join(text for kind, text in _FENCE.findall(read(ROOT / name)) if kind == "python")
    monkeypatch.chdir(tmp_path)
    exec(compile(code, name, "exec"), {"__name__": "__main__"})
    assert capsys.readouterr().out
    assert not list(tmp_path.iterdir())


def test_links_written_by_hand_have_a_meaning():
    written = re.findall(r"^/\w+\?(\S+)$", page("links"), re.MULTILINE)
    written += re.findall(r"recsys_core train '([^']+)'", page("links") + read(README))
    assert len(written) >= 5
    assert not {link: remarks for link in written if (remarks := read_all(link)[2])}
