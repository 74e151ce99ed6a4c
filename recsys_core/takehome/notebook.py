"""The steps of the script as a Jupyter notebook, and a few cells more to go on from."""

from __future__ import annotations

import json
from typing import Any

from recsys_core import escape
from recsys_core.experiments.record import Receipt
from recsys_core.takehome.script import Step, heading, needs, steps

# Of nbformat: every cell has an id since 4.5.
_FORMAT, _MINOR = 4, 5


def notebook(receipt: Receipt, data_name: str = "") -> str:
    """Write the notebook as JSON; ``data_name`` is what a person calls the ratings.

    Its cells hold no output: they are run by whoever opens it.
    """
    title = escape.markdown(heading(receipt, data_name))
    cells = [_cell("markdown", f"# {title}\n\n{escape.markdown(needs(receipt))}")]
    for step in [*steps(receipt), *_going_on(receipt)]:
        cells += [_cell("markdown", escape.markdown(step.why)), _cell("code", step.code)]
    for number, cell in enumerate(cells):
        cell["id"] = f"cell-{number}"
    return json.dumps(
        {
            "cells": cells,
            "metadata": {
                "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
                "language_info": {"name": "python", "file_extension": ".py"},
            },
            "nbformat": _FORMAT,
            "nbformat_minor": _MINOR,
        },
        ensure_ascii=False,
        indent=1,
    )


def _going_on(receipt: Receipt) -> list[Step]:
    """What one would like to see next."""
    found = []
    if receipt.n_epochs > 1:
        found.append(
            Step(
                "The error of each epoch, the initial state first.",
                "import dataclasses\n\nimport pandas as pd\n\n"
                "pd.DataFrame([dataclasses.asdict(epoch) for epoch in record.epochs])"
                '.set_index("number")',
            )
        )
    found.append(
        Step(
            "What the model recommends to the user with index 0: the best unrated items, with "
            "their predicted ratings, not clipped.",
            "print(ratings.user_names[0])\nrecord.fitted.recommend(0, n=10)",
        )
    )  # fmt: skip
    return found


def _cell(kind: str, text: str) -> dict[str, Any]:
    own: dict[str, Any] = {"execution_count": None, "outputs": []} if kind == "code" else {}
    lines = text.splitlines(keepends=True)
    return {"id": "", "cell_type": kind, "metadata": {}, **own, "source": lines}
