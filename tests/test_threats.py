"""The page of threats: every test it names is there, and every threat names one."""

import ast
import re
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
ROWS = [
    line.strip("|").split(" | ")
    for line in (ROOT / "docs" / "threats.md").read_text().splitlines()
    if line.startswith("| ") and not line.startswith("| Somebody")
]


def test_each_threat_names_tests_that_are_there():
    assert len(ROWS) >= 15
    for threat, _, named in ROWS:
        tests = re.findall(r"`(tests/[^`]+)`", named)
        assert tests, f"nothing tests: {threat}"
        for test in tests:
            path, _, name = test.partition("::")
            tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
            defined = (ast.FunctionDef, ast.AsyncFunctionDef)
            functions = {each.name for each in tree.body if isinstance(each, defined)}
            assert (name or "test_") in functions or (not name and functions), test
