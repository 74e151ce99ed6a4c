"""The log of a server: lines of JSON that tell of the program, and of nobody."""

from __future__ import annotations

import ast
import io
import json
import logging
import subprocess
import sys
from pathlib import Path

import pytest

from pages.routes import structured_log

ROOT = Path(__file__).resolve().parents[2]
PRIVATE = "Zoë <b>O'Hostile</b> 10.1.2.3 factorscope=abc"


@pytest.fixture
def said():
    """What a logger of a name writes, as parsed lines."""
    written, loggers = io.StringIO(), []
    handler = logging.StreamHandler(written)
    handler.setFormatter(structured_log.AsJson())

    def logger(name):
        one = logging.getLogger(name)
        loggers.append((one, one.propagate))
        one.addHandler(handler)
        one.propagate = False
        return one

    yield logger, lambda: [json.loads(line) for line in written.getvalue().splitlines()]
    for one, propagate in loggers:
        one.removeHandler(handler)
        one.propagate = propagate


def fails():
    raise ValueError(f"cannot read {PRIVATE}")


def test_nothing_that_people_brought_is_written(said):
    logger, lines = said
    ours, theirs = logger("factorscope"), logger("some.library")
    ours.warning("A child that read %s ended after %d.", PRIVATE, 7)
    theirs.error(f"GET /?user={PRIVATE}")
    try:
        fails()
    except ValueError as error:
        error.add_note(PRIVATE)
        ours.exception("Reading failed.")
        try:
            raise KeyError(PRIVATE) from error
        except KeyError:
            theirs.exception(PRIVATE)
    written = lines()
    for word in ("Zo", "Hostile", "10.1.2.3", "abc"):
        assert word not in json.dumps(written)
    assert [line["level"] for line in written] == ["warning", "error", "error", "error"]
    assert (written[0]["message"], written[0]["values"]) == (
        "A child that read %s ended after %d.",
        [7],
    )
    assert written[1]["at"].startswith("tests/pages/test_structured_log.py:")
    assert written[2]["error"] == "builtins.ValueError"
    assert [where.split(" ")[1] for where in written[2]["trace"]][-1] == "fails"


def test_what_is_written_of_our_own_messages_is_constant():
    """Of a message only its first argument is written: it must be a plain text in the code."""
    wrong = []
    for path in [
        ROOT / "app.py",
        *(ROOT / "pages").rglob("*.py"),
        *(ROOT / "recsys_core").rglob("*.py"),
    ]:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
                named = isinstance(node.func.value, ast.Name) and node.func.value.id == "log"
                if named and node.func.attr in logging._nameToLevel.keys() | {
                    "debug", "info", "warning", "error", "exception", "critical"
                }:  # fmt: skip
                    if not (node.args and isinstance(node.args[0], ast.Constant)):
                        wrong.append(f"{path.relative_to(ROOT)}:{node.lineno}")
    assert not wrong


def test_streamlits_own_messages_and_those_of_threads_are_written_so():
    program = """
import logging, threading
from pages.routes import structured_log
structured_log.begin()
from streamlit.logger import get_logger
get_logger("streamlit.anything").error("of Ada")
logging.getLogger("uvicorn.access").info("GET /?user=Ada")
def fails(): raise ValueError("Ada")
thread = threading.Thread(target=fails); thread.start(); thread.join()
raise KeyError("Ada")
"""
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, timeout=120,
        env={"FACTORSCOPE_LOG": "json", "PATH": ""},
    )  # fmt: skip
    lines = [json.loads(line) for line in done.stderr.splitlines()]
    assert [line.get("message", line["from"]) for line in lines] == [
        "streamlit.anything",
        "A thread ended.",
        "The server ended.",
    ]
    assert "Ada" not in done.stderr
