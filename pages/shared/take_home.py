"""Take home: the files that are made from the run in view, each with a sentence on what it is."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import get_args

import streamlit as st

from pages.routes import take_home as route
from pages.shared import parts, receipt, view
from pages.shared.chart.assets import PLOTLY_FILE, SCRIPTS
from recsys_core import escape, glossary, language, words
from recsys_core.asking import exports
from recsys_core.errors import FactorscopeError
from recsys_core.runs import Entry, Run, brought
from recsys_core.takehome.bundle import File, Group, bundle, files_of
from recsys_core.text import Text, worded

# Places of everybody's list.
_BEST = 10

# A whole matrix of more cells is no file to open; about 20 MB.
_MOST_CELLS = 2_000_000

_GROUPS: dict[Group, str] = {
    "read": Text("To read, offline"),
    "again": Text("To train it again"),
    "numbers": Text("Numbers to go on with"),
}

_TYPES = {
    "html": "text/html", "txt": "text/plain", "py": "text/x-python", "json": "application/json",
    "ipynb": "application/x-ipynb+json", "csv": "text/csv", "npz": "application/octet-stream",
}  # fmt: skip


@view.fragment("take_home", "run", "moment", "status")
def section() -> None:
    """The files of the run in view, below a page; with its receipt."""
    entry = view.entry()
    if entry is None or not parts.drawn("export"):
        return
    st.header(Text("Take home"), anchor=False, help=glossary.tooltip("Receipt", "Fingerprint"))
    receipt.button(entry, epoch=view.epoch(), key="take_receipt")
    draw(entry)


def draw(entry: Entry) -> None:
    """A button for each file; what it holds is made when it is pressed."""
    run = entry.run
    if run.epoch == 0 and run.n_epochs and not run.wants_training:
        st.caption(Text("This run has not learned anything yet: train it first."))
    elif run.record_is_ready:
        _files(entry)
    elif run.status == "failed":
        st.caption(Text("This run failed, so there is nothing of it to take home."))
    else:
        st.caption(Text("This run is still at work: its files come when it pauses or ends."))


def _files(entry: Entry) -> None:
    run = entry.run
    epoch = run.snapshot_near(view.epoch())[0]  # the one looked at, if its model is kept
    # A class from which the test error is kept does not get it by a file either.
    tested = parts.drawn("test") and not parts.locked("test")
    files = files_of(
        run,
        entry.name,
        _link(),
        SCRIPTS,
        functools.partial(PLOTLY_FILE.read_text, encoding="utf-8"),
        epoch=epoch,
        tested=tested,
    )
    stem = words.slug(f"{run.ratings.name} {run.model.title}")[:60] or "run"
    title = Text(
        "{name} on {data}, epoch {epoch}", name=entry.name, data=run.ratings.name, epoch=epoch
    )
    together = [file for file in files if not file.alone]
    _button(
        Text("Take home: all in one zip"),
        lambda: bundle(together, title),
        f"{stem}.zip",
        "application/zip",
        "take_all",
        help=Text(
            "Link, receipt, script, notebook, settings, epochs, hand-out and reports, with a "
            "README that says what each is."
        ),
        primary=True,
    )
    for group in get_args(Group):
        st.caption(worded(_GROUPS[group]))
        with st.container(horizontal=True, gap="small", key=f"take_{group}"):
            for file in files:
                if file.group == group:
                    _file(file, stem)
            if group == "numbers":
                _predictions(run, epoch, stem)


def _file(file: File, stem: str) -> None:
    about = worded(file.about)
    _button(
        worded(file.title),
        file.make,
        f"{stem}-{file.name}",
        _TYPES[file.name.rpartition(".")[2]],
        f"take_{file.name.partition('.')[0].replace('-', '_')}",
        help=f"{about[:1].upper()}{about[1:]}.",
    )


def _predictions(run: Run, epoch: int, stem: str) -> None:
    """All of a small matrix; and everybody's list, which is sent while it is made."""
    fitted = run.fitted_at(epoch)
    _button(
        Text("Trained model"),
        lambda: brought.to_file(run, epoch),
        f"{stem}-epoch-{epoch}.model.npz",
        _TYPES["npz"],
        "take_model",
        help=Text(
            "For “python -m recsys_core recommend”, for rc.load_model(path), or to bring it back "
            "by Upload on Data. It holds the ratings it was trained on, with their labels."
        ),
    )
    cells = fitted.n_users * fitted.n_items
    if cells <= _MOST_CELLS:
        _button(
            Text("All {cells:,} predictions", cells=cells),
            lambda: exports.to_csv(exports.whole(run.fitted_at(epoch))),
            f"{stem}-predictions.csv",
            "text/csv",
            "save_all",
            help=Text(
                "One row for each user, one column for each item, clipped to the scale, as CSV."
            ),
        )
    noun = words.named(run.ratings.item_noun)
    nouns = words.named(words.many(run.ratings.item_noun))
    kinds: tuple[tuple[exports.Kind, str], ...] = (("csv", "CSV"), ("parquet", "Parquet"))
    for kind, called in kinds:
        st.link_button(
            Text(
                "Each user's {n_best} best {nouns}, {kind}",
                n_best=_BEST,
                nouns=escape.markdown(nouns),
                kind=escape.markdown(called),
            ),
            route.address(run, epoch, _BEST, kind),
            icon=":material/download:",
            key=f"take_best_{kind}",
            disabled=parts.locked("export"),
            help=Text(
                "User, rank, {noun}, name and prediction, not clipped; of unrated {nouns} alone. "
                "It is sent while it is made, so that it may be of any size.",
                noun=noun,
                nouns=nouns,
            ),
        )  # fmt: skip


def _link() -> str:
    """The address of what one looks at, as far as the page knows its own."""
    base = (st.context.url or "").partition("?")[0]
    return f"{base}?{view.query()}"


def _button(
    label: str,
    make: Callable[[], bytes],
    file_name: str,
    mime: str,
    key: str,
    *,
    help: str,
    primary: bool = False,
) -> None:
    """One file, made when it is pressed; why it could not be is then what the file says."""
    spoken = language.now()  # no page's script runs when it is made

    def made() -> bytes:
        with language.speaking(spoken):
            try:
                return make()
            except FactorscopeError as error:
                return f"{worded(error.text)}\n".encode()

    st.download_button(
        label,
        made,
        file_name,
        mime,
        icon=":material/download:",
        key=key,
        type="primary" if primary else "secondary",
        on_click="ignore",
        disabled=parts.locked("export"),
        help=escape.markdown(help),
    )
