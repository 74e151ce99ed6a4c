"""Orange's .tab: names, types and roles of the columns in three header lines, or all in one.

    users     items     ratings               D#users   S#items   cC#ratings
    discrete  discrete  continuous            Ana       Heat      3
    row=1     col=1     class
    Ana       Heat      3

Source: https://orange3.readthedocs.io/projects/orange-data-mining-library/en/latest/reference/data.io.html
"""

from __future__ import annotations

import re

from recsys_core.reading.formats.rows import SaidText, Says
from recsys_core.text import Text

CODE = "orange"

_TYPE = re.compile(r"c|continuous|d|discrete|s|string|t|time|n|numeric|basket|", re.IGNORECASE)
_FLAG = re.compile(r"(class|meta|ignore|weight|c|m|i|w|multiclass|[\w.]+=\S+)?", re.IGNORECASE)
_PREFIX = re.compile(r"([cmiw]?[CDST]?)#(.*)", re.DOTALL)


def recognised(head: str, name: str = "") -> bool:
    """Whether the second and third lines are types and roles, or names have Orange's prefixes."""
    lines = head.lstrip("\ufeff").splitlines()[:4]
    if len(lines) < 2 or "\t" not in lines[0]:
        return False
    names = lines[0].split("\t")
    prefixes = [found[1] for cell in names if (found := _PREFIX.fullmatch(cell.strip()))]
    if any(prefixes) and len(prefixes) >= 0.5 * len(names):
        return True
    if len(lines) < 4:
        return False
    types, flags = (lines[at].split("\t") for at in (1, 2))
    return (
        len(types) == len(names)
        and any(len(t.strip()) > 0 for t in types)
        and all(_is_type(cell.strip()) for cell in types)
        and all(_FLAG.fullmatch(word) for cell in flags for word in cell.strip().split(" "))
    )


def _is_type(cell: str) -> bool:
    """A type by name, or a discrete column's values, “Ana Bo Cleo”: more than one of them."""
    return bool(_TYPE.fullmatch(cell)) or len(cell.split(" ")) > 1


def read(data: bytes, said: str, table: str | None = None) -> SaidText:
    """The table as text under one line of plain names; ``says`` tells the roles.

    The rows and columns of Orange's recommendation data (row=1, col=1) are users and items, the
    class is the rating.
    """
    head, _, rest = data.partition(b"\n")
    names = head.decode("utf-8", "replace").lstrip("\ufeff").rstrip("\r").split("\t")
    found = [_PREFIX.fullmatch(name.strip()) for name in names]
    if any(match and match[1] for match in found):
        flags = [match[1][:1] if match else "" for match in found]
        flags = [flag if flag in "cmiw" else "" for flag in flags]
        names = [match[2] if match else name for match, name in zip(found, names, strict=True)]
    else:
        _, _, rest = rest.partition(b"\n")
        line, _, rest = rest.partition(b"\n")
        flags = line.decode("utf-8", "replace").rstrip("\r").split("\t")
        rest = b"\n\n" + rest  # so that lines are still counted as in the file
    names = [name.strip() for name in names]
    text = "\t".join(names).encode() + b"\n" + rest
    return SaidText(text, said, "tab", _says(names, flags))


def _says(names: list[str], flags: list[str]) -> Says:
    roles: dict[str, str] = {}
    left_out = []
    for name, flag in zip(names, [*flags, *[""] * len(names)], strict=False):
        words = {word.partition("=")[0].lower() for word in flag.split()}
        if words & {"i", "ignore", "w", "weight"}:
            left_out.append(name)
        for word, what in (("row", "user"), ("col", "item"), ("class", "rating"), ("c", "rating")):
            if word in words:
                roles[what] = name
    remarks: tuple[Text, ...] = ()
    if left_out:
        remarks = (
            Text(
                "{names}: marked in the file as to be ignored, and left out.",
                names=", ".join(f"“{name}”" for name in left_out),
            ),
        )
    return Says(roles, tuple(left_out), remarks)
