"""Write what was measured into the documents: ``python -m benchmarks.document``.

``docs/benchmarks.md`` gets all tables, ``README.md`` a small table and the targets of one data set,
each between the marks that stand there. Nothing is measured here.
"""

from __future__ import annotations

import json
from pathlib import Path

from benchmarks import accuracy, accuracy_tables, data, report, scale, stream
from recsys_core.words import number

ROOT = Path(__file__).parent.parent
MARKS = "<!-- written by a program from here -->", "<!-- to here -->"

# The data set whose targets the README shows.
_IN_README = "1m"


def put_into(text: str, shown: str) -> str:
    """A document with what stands between its two marks replaced.

    Raises
    ------
    ValueError
        If it lacks one of the marks.
    """
    before, mark, rest = text.partition(MARKS[0])
    _, end, after = rest.partition(MARKS[1])
    if not mark or not end:
        raise ValueError(f"The document lacks {MARKS[0]} or, after it, {MARKS[1]}.")
    return f"{before}{mark}\n\n{shown}\n\n{end}{after}"


def tables() -> str:
    """All that was measured: accuracy, the speed of each data set, then scale and start."""
    parts = ["## Accuracy", *_accuracy(), "## Speed, beside other libraries"]
    parts += [report.folded(name) for name in data.NAMES if report.path(name, "json").exists()]
    found = json.loads((report.RESULTS / "scale.json").read_text())
    parts += [
        "## Cost against size",
        "![Seconds per epoch against ratings](../benchmarks/results/scale_ratings.svg)",
        "![Seconds per epoch against k](../benchmarks/results/scale_k.svg)",
        scale.markdown(found),
    ]
    if stream.path().exists():
        moved = stream.markdown(json.loads(stream.path().read_text()))
        parts += ["## Memory moved", moved]
    started = json.loads((report.RESULTS / "start.json").read_text())
    rows: list[tuple[str, ...]] = [(name, number(value)) for name, value in started.items()]
    parts += ["## Start and idle memory", report.table(("", "measured"), rows)]
    return "\n\n".join(parts)


def _accuracy() -> list[str]:
    """The tables over splits, then ours beside published figures."""
    parts = []
    for data_set in accuracy.DATA_SETS:
        parts += [f"### {data.NAMES[data_set]}, accuracy", accuracy_tables.markdown(data_set)]
    if published := accuracy_tables.beside_published():
        parts += ["### Beside published figures", _ABOUT_PUBLISHED, published]
    return parts


_ABOUT_PUBLISHED = (
    "Test RMSE of models that see ids and ratings only; ours is one model, named in advance, "
    "chosen, clipped and measured as above. GLocal-K reports the epoch with the lowest *test* "
    "error, which makes its figures too low by an unknown amount; figures lower than its own are "
    "listed publicly, by models we have not run. Where ours has a ±, it is how much one split "
    "differs from another: a difference no larger than that says little."
)


def for_readme() -> str:
    """The small table of accuracy, and the targets of one data set."""
    verdicts = report.readme(_IN_README)
    return "\n\n".join(part for part in (accuracy_tables.readme(), verdicts) if part)


def documents() -> dict[Path, str]:
    """Both documents as they should be now, by path."""
    shown = {ROOT / "docs" / "benchmarks.md": tables(), ROOT / "README.md": for_readme()}
    return {path: put_into(path.read_text(encoding="utf-8"), text) for path, text in shown.items()}


def main() -> None:
    for path, text in documents().items():
        path.write_text(text, encoding="utf-8")
        print(path)


if __name__ == "__main__":
    main()
