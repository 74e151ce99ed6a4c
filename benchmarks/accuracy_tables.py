"""Tables of accuracy over splits, from what ``benchmarks.accuracy`` has written.

A table is of one run: the newest. Every error is on test parts, of predictions clipped to the
scale; training errors are not in the results.
"""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

from benchmarks import data, runs
from benchmarks.intervals import mean_and_deviation, paired
from benchmarks.report import table
from recsys_core.words import minus

Line = dict[str, Any]

# Whose lines all others are compared with: in RMSE, and in lists.
BIAS, POPULAR = "UserItemBias", "MostPopular"

# The rows of the README, by model; all others are in the document.
_IN_README = ("GlobalMean", BIAS, POPULAR, "SGD", "BayesianPMF", "EASE")

# Published test errors of models that see ids and ratings only: split → name, RMSE.
_PUBLISHED = {
    ("100k", "u1"): (("GC-MC", 0.910), ("GLocal-K", 0.8889)),
    ("1m", "random"): (("GC-MC", 0.832), ("GLocal-K", 0.8227)),
}
# Ours beside them: one row, so that the test part does not choose it.
_BESIDE_PUBLISHED = "Bayesian PMF, who rated what"
_SPLIT_NAMES = {"u1": "its own u1", "random": "random 90/10 (their seeds are not known)"}


def path(data_set: str, folder: Path | None = None) -> Path:
    """Where the results of a data set lie."""
    return (folder or runs.RESULTS) / f"accuracy_{data_set}.json"


def newest(data_set: str, folder: Path | None = None) -> dict[str, Any] | None:
    """The newest run on a data set, None where nothing was measured."""
    found = runs.read(path(data_set, folder))["runs"]
    return found[-1] if found else None


def by_name(lines: list[Line], protocol: str) -> dict[str, dict[str, Line]]:
    """Lines of a protocol (“random”, “fold”, “u1”): name → split → line, in the order of lines."""
    found: dict[str, dict[str, Line]] = {}
    for line in lines:
        if line["split"].split()[0] == protocol:
            found.setdefault(line["name"], {})[line["split"]] = line
    return found


def value(lines: dict[str, Line], measure: str) -> str:
    """“0.9361 ± 0.0052”: mean and standard deviation over splits; “–” where it has no meaning."""
    values = [line[measure] for line in lines.values() if measure in line]
    if not values:
        return "–"
    mean, deviation = mean_and_deviation(values)
    return f"{mean:.4f}" if math.isnan(deviation) else f"{mean:.4f} ± {deviation:.4f}"


def gain(lines: dict[str, Line], base: dict[str, Line], measure: str, sign: int = 1) -> str:
    """“0.0312 ± 0.0020”: how much lower an error is than the baseline's, on the splits of both.

    ``sign`` −1 is for a measure of which more is better. “–” for the baseline itself, or where
    either lacks the measure; without an interval on one split.
    """
    both = [s for s in lines if s in base and measure in lines[s] and measure in base[s]]
    if not both or lines is base:
        return "–"
    ours, theirs = ([sign * side[s][measure] for s in both] for side in (lines, base))
    ratio = sum(lines[s]["n_test"] / lines[s]["n_train"] for s in both) / len(both)
    mean, half = paired(ours, theirs, ratio)
    return minus(f"{mean:.4f}") + ("" if math.isnan(half) else f" ± {half:.4f}")


def _of_model(found: dict[str, dict[str, Line]], model: str) -> dict[str, Line]:
    return next(
        (lines for lines in found.values() if next(iter(lines.values()))["model"] == model), {}
    )


def _order(found: dict[str, dict[str, Line]]) -> list[str]:
    """Baselines first, as they came; then by mean RMSE; at the end what predicts no ratings."""

    def key(name: str) -> tuple[bool, float]:
        lines = found[name].values()
        if next(iter(lines))["is_baseline"]:
            return False, 0.0
        errors = [line["rmse"] for line in lines if "rmse" in line]
        return True, sum(errors) / len(errors) if errors else math.inf

    return sorted(found, key=key)


def _shown(name: str, lines: dict[str, Line]) -> str:
    return f"*{name}*" if next(iter(lines.values()))["is_baseline"] else name


def random_splits(lines: list[Line]) -> str:
    """The main table: every model over the random splits."""
    found = by_name(lines, "random")
    bias, popular = (_of_model(found, model) for model in (BIAS, POPULAR))
    head = ["model", "splits", "test RMSE", "beats bias by", "NDCG@10", "recall@10"]
    if popular:
        head.insert(5, "NDCG beats popular by")
    rows = []
    for name in _order(found):
        own = found[name]
        row = [
            _shown(name, own), str(len(own)), value(own, "rmse"), gain(own, bias, "rmse"),
            value(own, "ndcg"), value(own, "recall"),
        ]  # fmt: skip
        if popular:
            row.insert(5, gain(own, popular, "ndcg", -1))
        rows.append((*row, _choices(own)))
    return table((*head, "settings tried in each training part"), rows)


def _choices(lines: dict[str, Line]) -> str:
    tried = max(line["n_tried"] for line in lines.values())
    return str(tried) if tried > 1 else "–"


def folds(lines: list[Line]) -> str:
    """Five folds, and u1, with the settings chosen inside each training part; "" without."""
    found, alone = by_name(lines, "fold"), by_name(lines, "u1")
    if not found:
        return ""
    bias = _of_model(found, BIAS)
    rows: list[tuple[str, ...]] = [
        (
            _shown(name, found[name]), value(found[name], "rmse"),
            gain(found[name], bias, "rmse"), value(alone.get(name, {}), "rmse"),
        )
        for name in _order(found) if value(found[name], "rmse") != "–"
    ]  # fmt: skip
    return table(("model", "test RMSE, five folds", "beats bias by", "test RMSE, u1"), rows)


def intervals(lines: list[Line]) -> str:
    """How many test ratings lie inside intervals, over the random splits; "" without any."""
    rows: list[tuple[str, ...]] = []
    for name, own in by_name(lines, "random").items():
        kept = [line["coverage"] for line in own.values() if "coverage" in line]
        for at in range(len(kept[0]) if kept else 0):
            inside = mean_and_deviation([100 * each[at][1] for each in kept])
            width = mean_and_deviation([each[at][2] for each in kept])[0]
            spread = "" if math.isnan(inside[1]) else f" ± {inside[1]:.1f}"
            rows.append(
                (
                    name,
                    f"{100 * kept[0][at][0]:.0f} %",
                    f"{inside[0]:.1f}{spread} %",
                    f"{width:.2f}",
                )
            )
    head = ("model", "promised", "test ratings inside", "mean width, rating units")
    return table(head, rows) if rows else ""


def markdown(data_set: str, folder: Path | None = None) -> str:
    """All tables of a data set; a sentence where nothing was measured."""
    run = newest(data_set, folder)
    if run is None:
        return f"{data.NAMES[data_set]}: not measured yet."
    parts = [f"**{data.NAMES[data_set]}** · {runs.said(run['run'])}", random_splits(run["lines"])]
    if more := folds(run["lines"]):
        parts.append(more)
    if more := intervals(run["lines"]):
        parts.append(more)
    return "\n\n".join(parts)


def beside_published() -> str:
    """Ours beside published figures of the same protocols; "" where nothing was measured."""
    rows: list[tuple[str, ...]] = []
    for (data_set, protocol), figures in _PUBLISHED.items():
        run = newest(data_set)
        found = by_name(run["lines"], protocol) if run else {}
        lines = found.get(_BESIDE_PUBLISHED)
        if not lines:
            continue
        mean = mean_and_deviation([line["rmse"] for line in lines.values()])[0]
        higher = [f"{name}'s" for name, error in figures if error > mean]
        below = f"below {' and '.join(higher)} published" if higher else "–"
        ours = f"{value(lines, 'rmse')} ({_BESIDE_PUBLISHED})"
        split = f"{data.NAMES[data_set]}, {_SPLIT_NAMES[protocol]}"
        published = " · ".join(f"{name} {error:.4g}" for name, error in figures)
        rows.append((split, ours, published, below))
    return table(("split", "ours", "published", "ours is"), rows) if rows else ""


def readme() -> str:
    """A small table for the README: some models, RMSE on each data set; "" without results."""
    measured = {name: newest(name) for name in data.NAMES}
    found = {
        name: by_name(run["lines"], "random") for name, run in measured.items() if run is not None
    }
    if not found:
        return ""
    names: dict[str, None] = {}
    for rows in found.values():
        for name in _order(rows):
            if next(iter(rows[name].values()))["model"] in _IN_README:
                names[name] = None
    body = []
    for name in names:
        cells: list[str] = []
        for rows in found.values():
            own = rows.get(name, {})
            cells += [value(own, "rmse"), gain(own, _of_model(rows, BIAS), "rmse")]
        some = next(rows[name] for rows in found.values() if name in rows)
        lists = next(reversed(found.values())).get(name, {})
        body.append((_shown(name, some), *cells, value(lists, "ndcg")))
    heads = [
        (f"{data.NAMES[name]}, {max(map(len, rows.values()))} splits", "beats bias by")
        for name, rows in found.items()
    ]
    last = data.NAMES[next(reversed(found))]
    return table(("model", *(h for pair in heads for h in pair), f"NDCG@10, {last}"), body)
