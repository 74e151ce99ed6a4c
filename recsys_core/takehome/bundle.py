"""What one takes home of a run: its files, each with a sentence; and all of them in one zip."""

from __future__ import annotations

import io
import textwrap
import zipfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from recsys_core import escape
from recsys_core.errors import SettingsError
from recsys_core.experiments.record import Receipt, Record
from recsys_core.runs import Run
from recsys_core.takehome import reports, tables
from recsys_core.takehome.handout import handout
from recsys_core.takehome.notebook import notebook
from recsys_core.takehome.script import script
from recsys_core.text import Text
from recsys_core.version import __version__

Group = Literal["read", "again", "numbers"]

# Of all files in the zip: what is in them decides its bytes, and not when it was made.
_LONG_AGO = (1980, 1, 1, 0, 0, 0)


@dataclass(frozen=True)
class File:
    """One file: its name, what it is called and what it is, in words; made when it is asked for.

    ``group`` is what it is for: to read, to train the run again, or numbers to go on with.
    ``alone`` ones are offered by themselves and are not in the zip.
    """

    name: str
    title: str
    about: str
    group: Group
    make: Callable[[], bytes]
    alone: bool = False


def files_of(
    run: Run,
    name: str,
    link: str,
    scripts: Mapping[str, str],
    plotly: Callable[[], str],
    *,
    epoch: int | None = None,
    tested: bool = False,
) -> list[File]:
    """List the files of a run that rests, called ``name``; none of them is made yet.

    ``link`` leads to what one looks at; ``scripts`` and ``plotly`` are what the hand-out is drawn
    by (see ``handout``). ``epoch`` is the one looked at, None the best; ``tested`` lets the reports
    measure on the test part.

    Raises
    ------
    SettingsError
        When a file is made while the run is at work again.
    """

    def record() -> Record:
        found = run.record(epoch) or run.record()
        if found is None:
            raise SettingsError(Text("The run is at work again; ask once more when it rests."))
        return found

    def receipt() -> Receipt:
        return Receipt.from_text(record().receipt)

    data = run.ratings.name
    found = [
        File("link.txt", Text("Link as text"), Text("opens the run in Factorscope"), "again",
             lambda: f"{link}\n".encode()),
        File("receipt.txt", Text("Receipt as text"),
             Text("one line that says what was run and proves it: “python -m recsys_core replay "
                  "RECEIPT” trains the same again and compares"), "again",
             lambda: f"{record().receipt}\n".encode()),
        File("reproduce.py", Text("Script"),
             Text("a Python script that trains the run again and prints each number beside the one "
                  "seen here"), "again",
             lambda: script(receipt(), data).encode()),
        File("notebook.ipynb", Text("Notebook"), Text("the same steps as cells, for Jupyter"),
             "again", lambda: notebook(receipt(), data).encode()),
        File("settings.json", Text("Settings"),
             Text("data, split, model, all settings in force, scores and versions, as JSON"),
             "again", lambda: tables.settings(record())),
        File("epochs.csv", Text("Epochs"),
             Text("errors, objective and seconds of each epoch, as CSV"), "numbers",
             lambda: tables.epochs(record())),
        File("handout.html", Text("Hand-out"),
             Text("curve, matrix and map of every epoch, with a slider: open it in any browser, no "
                  "network needed"), "read",
             lambda: handout(run, name, scripts, plotly())),
        File("report.html", Text("Report"),
             Text("how good the run is, beside the baselines and for whom, for who checks the "
                  "numbers"), "read", lambda: reports.technical(run, tested)),
        File("manager.html", Text("One page for a manager"),
             Text("what it does, for whom it works and for whom not, in plain words, on one "
                  "printed page"), "read",
             lambda: reports.manager(run, tested)),
    ]  # fmt: skip
    if run.fitted.has.factors:
        noun = run.ratings.item_noun
        found += [
            File("factors.npz", Text("Factors"),
                 Text("factors and biases with labels as text, for NumPy: numpy.load opens it "
                      "without pickle"), "numbers",
                 lambda: tables.factors(record().fitted), alone=True),
            File("user-factors.csv", Text("User factors"),
                 Text("one row for each user: label, name, bias and factors, as CSV"), "numbers",
                 lambda: tables.factor_table(record().fitted, "user"), alone=True),
            File("item-factors.csv", Text("{noun} factors", noun=noun.capitalize()),
                 Text("one row for each {noun}: label, name, bias and factors, as CSV", noun=noun),
                 "numbers",
                 lambda: tables.factor_table(record().fitted, "item"), alone=True),
        ]  # fmt: skip
    return found


def bundle(files: Sequence[File], title: str) -> bytes:
    """Make a zip of these files, and of a README.txt that says what each is.

    The same files give the same bytes.
    """
    held = {file.name: file.make() for file in files}
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w") as packed:
        for name, content in {"README.txt": _readme(files, title), **held}.items():
            info = zipfile.ZipInfo(name, _LONG_AGO)
            info.external_attr = 0o644 << 16
            packed.writestr(info, content, zipfile.ZIP_DEFLATED, compresslevel=9)
    return written.getvalue()


def _readme(files: Sequence[File], title: str) -> bytes:
    lines = [
        escape.one_line(title),
        "",
        str(Text("Made by Factorscope {version}.", version=__version__)),
        "",
    ]
    for file in files:
        about = textwrap.wrap(f"{file.title}: {file.about}.", 72)
        lines += [file.name, *(f"    {line}" for line in about), ""]
    return "\r\n".join(lines).encode()  # also Notepad shows lines
