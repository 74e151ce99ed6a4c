"""A Python script that trains a run again, with the core alone, and compares the numbers.

It is written from a receipt, which has all that is compared; the notebook (``notebook``) has the
same steps as cells. Both are in English, whoever asks: they are files for a program.
"""

from __future__ import annotations

import pprint
import textwrap
from dataclasses import dataclass

from recsys_core import escape, language
from recsys_core.experiments.record import Receipt
from recsys_core.ratings import UPLOAD
from recsys_core.text import Text

# What the Data page calls the file of ratings that were uploaded.
RATINGS_FILE = "ratings.csv"


@dataclass(frozen=True)
class Step:
    """One step: what it does, in a sentence or two of plain text, and its Python."""

    why: str
    code: str


def script(receipt: Receipt, data_name: str = "") -> str:
    """Write the script; ``data_name`` is what a person calls the ratings.

    Run in any folder, it prints each number beside the one in the receipt. Its exit status is 0
    where all are the same to four decimals, else 1.
    """
    title = heading(receipt, data_name)
    lines = [f"# {title}", "#", "#     python reproduce.py", "#", *_comment(needs(receipt)), ""]
    for step in steps(receipt):
        lines += ["", *_comment(step.why), step.code]
    lines += ["", "sys.exit(0 if same else 1)", ""]
    return "\n".join(lines)


def heading(receipt: Receipt, data_name: str) -> str:
    """Say in one line of plain text what is trained on what."""
    name = escape.brief(data_name or receipt.experiment.data.name, 80)
    return f"{receipt.experiment.make_model().title} on {name}, trained again"


@language.speaking("en")
def needs(receipt: Receipt) -> str:
    """Say in plain text what has to be there before it can be run."""
    version = receipt.versions.get("factorscope", "")
    said = str(
        Text(
            "It needs Python with Factorscope {version}: run “pip install .” in its folder once. "
            "No dashboard has to run.",
            version=version,
        )
    )
    data = receipt.experiment.data
    if data.name == UPLOAD:
        said += " " + str(
            Text(
                "These ratings were uploaded: it also needs their file, named {file}, in the "
                "folder where it is run. The Data page gives that file under Export.",
                file=RATINGS_FILE,
            )
        )
    elif data.name == "movielens":
        said += " The environment variable FACTORSCOPE_DATA names the folder of the MovieLens zip."
    return said


def steps(receipt: Receipt) -> list[Step]:
    """List the steps from what was run to the comparison; they share one namespace."""
    return [
        Step(
            "What was run: data, split and model, each with its own seed; and what came of it.",
            "\n".join(
                [
                    "import sys",
                    "from pathlib import Path",
                    "",
                    "import recsys_core as rc",
                    "",
                    f"EXPERIMENT = {_literal(receipt.experiment.to_dict())}",
                    f"TRAINED = {receipt.n_epochs}  # epochs",
                    f"EPOCH = {receipt.epoch}  # the one that was looked at",
                    f"BEST_EPOCH = {receipt.best_epoch}  # by validation error, where there is one",
                    f"SCORES = {_literal({k: round(v, 6) for k, v in receipt.scores.items()})}",
                    f"SAMPLED = {_literal([round(x, 6) for x in receipt.sampled])}",
                    f"DIGEST = {receipt.digest!r}",
                ]
            ),
        ),
        _data(receipt),
        Step(
            "Train: so far as it was trained, keeping the model of the epoch that was looked at.",
            "record = rc.run(experiment, until=TRAINED, at=EPOCH)\n"
            'if any(name.startswith("test_") for name in SCORES):\n'
            "    record = record.tested()",
        ),
        Step(
            "Compare: each number here with the number in this file. RMSE is of predictions "
            "clipped to the scale, in rating units. “The same bits” is promised on the same "
            "versions and processor, four decimals everywhere.",
            _COMPARE,
        ),
    ]  # fmt: skip


def _data(receipt: Receipt) -> Step:
    """The ratings: made by name, or read from their file and checked."""
    begin = "experiment = rc.Experiment.from_dict(EXPERIMENT)\n"
    if receipt.experiment.data.name != UPLOAD:
        return Step(
            "The ratings: made, or found, by their name.",
            begin + "try:\n"
            "    ratings = experiment.make_ratings()\n"
            "except rc.errors.FactorscopeError as why:\n"
            "    raise SystemExit(str(why)) from None\n"
            "print(ratings)",
        )
    scale = ""
    if receipt.scale is not None:
        scale = f".with_scale(rc.Scale({', '.join(map(repr, receipt.scale))}))"
    return Step(
        "The ratings: read from their file, which has to be the same by its fingerprint.",
        begin + f"FILE = Path({RATINGS_FILE!r})\n"
        f"FINGERPRINT = {receipt.experiment.data['id']!r}\n"
        "if not FILE.exists():\n"
        "    raise SystemExit(\n"
        '        f"Put the file of the ratings into {Path.cwd()} as {FILE}. Its fingerprint is "\n'
        '        f"{FINGERPRINT}; the Data page gives it under Export."\n'
        "    )\n"
        "try:\n"
        f"    ratings = rc.read_ratings(FILE).replace(origin=None){scale}\n"
        "except rc.errors.FactorscopeError as why:\n"
        "    raise SystemExit(str(why)) from None\n"
        "if ratings.fingerprint != FINGERPRINT:\n"
        "    raise SystemExit(\n"
        '        f"{FILE} has the fingerprint {ratings.fingerprint}, not {FINGERPRINT}: it "\n'
        '        "holds other ratings. Take the file that the Data page gives under Export."\n'
        "    )\n"
        "experiment = experiment.with_ratings(ratings)\n"
        "print(ratings)",
    )


# What is near is said once for all of Factorscope in ``experiments.replay``.
_COMPARE = """\
same = record.best_epoch == BEST_EPOCH
print(f"epoch {record.epoch} of {TRAINED}; best epoch {record.best_epoch}, was {BEST_EPOCH}")
for name, then in SCORES.items():
    now = record.scores[name]
    near = abs(now - then) <= 1e-4 * (max(1, abs(then)) if name == "loss" else 1)
    same = same and near
    print(f"{name:18} {now:.6f}  was {then:.6f}  {'same' if near else 'DIFFERS'}")
far = sum(abs(now - then) > 1e-4 for now, then in zip(record.sampled, SAMPLED, strict=True))
same = same and not far
print(f"{len(SAMPLED)} sampled predictions, {far} of them differ")
if same:
    bits = record.digest == DIGEST
    print("All predictions: the same bits." if bits else "The same to four decimals.")
else:
    print(f"DIFFERS. This is Factorscope {rc.__version__}; compare the versions in the receipt.")"""


def _literal(value: object) -> str:
    """A plain value as Python, on as many lines as it takes."""
    return pprint.pformat(value, width=92, sort_dicts=False, compact=True)


def _comment(text: str) -> list[str]:
    return [f"# {line}" for line in textwrap.wrap(text, 94)]
