"""The JavaScript's own unit tests (``tests/js``), and its types beside what Python declares."""

from __future__ import annotations

import re
import subprocess
import types
import typing
from pathlib import Path
from typing import Any, Literal

import msgspec
import pytest

from recsys_core.live import messages
from tests.node import NODE, needs_node, node_tests

_SCRIPTS = Path("pages", "shared", "chart", "js")
_TELEPHONE = Path("pages", "routes", "telephone")


@needs_node
def test_the_unit_tests_of_the_scripts_pass():
    assert NODE is not None
    found = sorted(str(path) for path in node_tests().glob("*.test.mjs"))
    assert found
    ran = subprocess.run(
        [NODE, "--test", "--test-reporter=spec", *found],
        capture_output=True, encoding="utf-8", timeout=120, check=False,
    )  # fmt: skip
    assert ran.returncode == 0, f"\n{ran.stdout}\n{ran.stderr}"


def test_every_script_asks_to_be_checked():
    found = [*_SCRIPTS.glob("*.js"), *_TELEPHONE.glob("*.js"), *Path("tests", "js").glob("*.mjs")]
    assert len(found) > 20
    unchecked = [p.name for p in found if not p.read_text("utf-8").startswith("// @ts-check\n")]
    assert unchecked == []


# --- messages.d.ts --------------------------------------------------------------------------------


def in_typescript(kind: Any) -> str:
    """A type as TypeScript says it."""
    origin, arguments = typing.get_origin(kind), typing.get_args(kind)
    if origin is typing.Annotated:
        return in_typescript(arguments[0])
    if origin in (types.UnionType, typing.Union):
        return " | ".join(in_typescript(each) for each in arguments)
    if origin is Literal:
        return " | ".join(f'"{each}"' for each in arguments)
    if origin is list:
        return f"{in_typescript(arguments[0])}[]"
    if origin is dict:
        return f"Record<{', '.join(in_typescript(each) for each in arguments)}>"
    if isinstance(kind, type) and issubclass(kind, msgspec.Struct):
        return kind.__name__
    return {
        int: "number", float: "number", str: "string", bool: "boolean", type(None): "null",
        Any: "unknown",
    }[kind]  # fmt: skip


def interface(struct: type[msgspec.Struct]) -> str:
    """A message as TypeScript declares it: what is its default is left out where it travels."""
    config, hints = struct.__struct_config__, typing.get_type_hints(struct, include_extras=True)
    lines = [f'  kind: "{config.tag}"'] if config.tag else []
    for field in msgspec.structs.fields(struct):
        said, absent = in_typescript(hints[field.name]), config.omit_defaults and not field.required
        if absent:
            said = said.removesuffix(" | null")
        lines.append(f"  {field.encode_name}{'?' if absent else ''}: {said}")
    return "\n".join([f"export interface {struct.__name__} {{", *lines, "}"])


def test_the_types_of_the_messages_are_those_that_python_declares():
    declared = [
        each for name, each in vars(messages).items()
        if isinstance(each, type) and issubclass(each, msgspec.Struct) and not name.startswith("_")
    ]  # fmt: skip
    said = (_SCRIPTS / "messages.d.ts").read_text("utf-8")
    found = re.findall(r"^export interface .*?^}", said, flags=re.DOTALL | re.MULTILINE)
    assert found == [interface(each) for each in declared]


@pytest.mark.parametrize("struct", [messages.RunNews, messages.Baseline])
def test_what_can_be_null_is_said_so_only_where_it_travels(struct):
    text = interface(struct)
    assert ("null" in text) == (struct is messages.Baseline)
