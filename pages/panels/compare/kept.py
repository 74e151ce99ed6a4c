"""Kept runs: what was trained before, found again."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

import pandas as pd
import streamlit as st

from pages.shared import choices, keeping, session, view
from recsys_core import escape, words
from recsys_core.asking import exports
from recsys_core.errors import FactorscopeError
from recsys_core.experiments import past_words
from recsys_core.experiments.store import KeptRun, Store
from recsys_core.runs import past
from recsys_core.text import Number, Text, later, worded

# Lines of a page: more are asked for page by page, so that thousands are as quick as ten.
A_PAGE = 25

_SORTS = {
    "created": Text("Created"),
    "name": Text("Name"),
    "data_name": Text("Data"),
    "model": Text("Model"),
    "validation_rmse": Text("Validation RMSE"),
    "epoch": Text("Epochs"),
    "seconds": Text("Time"),
    "status": Text("Status"),
}
_ORDERS = {"down": Text("Highest or latest first"), "up": Text("Lowest or earliest first")}

_STATUS = {
    "training": later("training"),
    "interrupted": later("interrupted"),
    "paused": later("paused"),
    "finished": later("finished"),
    "failed": later("failed"),
}


def draw() -> None:
    """Draw the part."""
    if keeping.store() is None:
        st.markdown(
            escape.markdown(keeping.trouble())
            or Text(
                "Nothing is kept here: this server was told to keep no runs (`FACTORSCOPE_DB`)."
            )
        )
        return
    st.caption(
        Text("Runs stay here when a tab is closed or the server stops, until you delete them.")
    )
    asked = _asked()
    mine = session.workspace().owner
    n = keeping.read(lambda store: store.n_runs(mine, **asked))
    if n is None:
        return
    _undo()
    _waiting()
    if not n:
        st.markdown(
            Text("No kept run fits this search.")
            if any(asked.values())
            else Text(
                "Here would be your runs, those of earlier visits too. Train one, and it is kept."
            )
        )
        return
    n_pages = -(-n // A_PAGE)
    page = min(int(view.option("kept_page")), n_pages)
    found = keeping.read(lambda store: _rows(store, mine, page, asked))
    if found is None:
        return
    chosen = _table(*found)
    _pages(n, n_pages, page)
    _actions(chosen, asked)


def _waiting() -> None:
    """Runs of the last visit that are not here: what each needs."""
    waiting = past.waiting(session.workspace())
    for sentence in list(dict.fromkeys(worded(each.sentence) for each in waiting))[:3]:
        st.caption(escape.markdown(sentence))


# --- search, filter, sort -------------------------------------------------------------------------


def _asked() -> dict[str, Any]:
    """What is searched for, as the store takes it."""
    mine = session.workspace().owner
    kinds = keeping.read(lambda store: store.kinds(mine)) or {}
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        text = st.text_input(
            Text("Search"), key="kept_text", width=220, icon=":material/search:",
            placeholder=Text("name, note, tag, data, model"), persist_state="session",
            on_change=_first_page,
        )  # fmt: skip
        asked: dict[str, Any] = {"text": text or ""}
        for column, label, filtered in (
            ("model", Text("Model"), "model"),
            ("data_name", Text("Data"), "data_name"),
            ("status", Text("Status"), "status"),
            ("tags", Text("Tag"), "tag"),
        ):
            there = kinds.get(column, [])
            if len(there) > (column != "tags"):
                asked[filtered] = st.selectbox(
                    label, there, index=None, key=f"kept_{column}", width=150,
                    placeholder=Text("all"), persist_state="session", on_change=_first_page,
                    format_func=_kept_status if column == "status" else str,
                )  # fmt: skip
        if st.toggle(Text("Pinned only"), key="kept_pinned", persist_state="session",
                     on_change=_first_page):  # fmt: skip
            asked["pinned"] = True
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        choices.select("kept_by", Text("Sort by"), _SORTS, key="kept_by", width=170)
        choices.segmented(
            "kept_order", Text("Order"), _ORDERS, key="kept_order", label_visibility="collapsed"
        )
    return asked


def _first_page() -> None:
    view.choose(("kept_page", "1"))


def _kept_status(status: str) -> str:
    """In words, as it is kept: what trained when the server stopped was interrupted."""
    return _status_in_words("interrupted" if status == "training" else status)


def _status_in_words(status: str) -> str:
    return Text(_STATUS[status]) if status in _STATUS else status


# --- the table ------------------------------------------------------------------------------------


def _rows(
    store: Store, mine: str, page: int, asked: Mapping[str, Any]
) -> tuple[list[KeptRun], dict[str, str]]:
    """The runs of a page, and the split of each experiment in words."""
    found = store.runs(
        mine, sort=view.option("kept_by"), descending=view.option("kept_order") == "down",
        limit=A_PAGE, offset=(page - 1) * A_PAGE, **asked,
    )  # fmt: skip
    known = store.experiments(run.experiment for run in found)
    return found, {hash: past_words.split_of(each) for hash, each in known.items()}


def _table(found: list[KeptRun], splits: Mapping[str, str]) -> list[KeptRun]:
    """A page of runs, to choose from; returns those chosen."""
    with_tags = any(run.tags for run in found)
    frame = pd.DataFrame(
        {
            "pinned": [Text("yes") if run.pinned else "" for run in found],
            "name": [run.name for run in found],
            "data": [run.data_name for run in found],
            "split": [splits.get(run.experiment, "") for run in found],
            "model": [run.model for run in found],
            "validation RMSE": [run.validation_rmse for run in found],
            "epochs": [Number(f"{run.epoch:,} / {run.n_epochs:,}") for run in found],
            "time": [words.duration(run.seconds) for run in found],
            "status": [_status_in_words(_status(run)) for run in found],
            "created": [datetime.fromtimestamp(run.created, UTC) for run in found],
            "tags": [", ".join(run.tags) for run in found],
            "note": [escape.short(run.note, 200) for run in found],
        }
    )
    frame["validation RMSE"] = frame["validation RMSE"].astype("float64")
    if not with_tags:
        del frame["tags"]
    if not any(run.note for run in found):
        del frame["note"]
    chosen = st.dataframe(
        frame,
        hide_index=True,
        key=f"kept_table_{st.session_state.get('kept_version', 0)}",
        on_select="rerun",
        selection_mode="multi-row",
        height="content",
        alt=Text("Kept runs: a line each"),
        column_config={
            "pinned": st.column_config.TextColumn(
                Text("pinned"), width=70, help=Text("Pinned runs stand first")
            ),
            "name": st.column_config.TextColumn(Text("name"), pinned=True),
            "data": Text("data"),
            "split": Text("split"),
            "model": Text("model"),
            "validation RMSE": st.column_config.NumberColumn(
                Text("validation RMSE"),
                format="%.4f",
                help=Text(
                    "Of the best epoch on the validation ratings; of another split it does not "
                    "compare."
                ),
            ),
            "epochs": Text("epochs"),
            "time": Text("time"),
            "status": Text("status"),
            "created": st.column_config.DatetimeColumn(
                Text("created"), format=Text("YYYY-MM-DD HH:mm"), timezone=st.context.timezone
            ),
            "tags": Text("tags"),
            "note": Text("note"),
        },
    )
    rows = [at for at in chosen["selection"]["rows"] if at < len(found)]
    return [found[at] for at in rows]


def _status(run: KeptRun) -> str:
    """As it is kept; of a run that is here, as it is now."""
    live = past.entry_of(session.workspace(), run.id)
    if live is not None:
        return "interrupted" if live.run.interrupted else live.run.status
    return "interrupted" if run.status == "training" else run.status


def _pages(n: int, n_pages: int, page: int) -> None:
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        if n_pages > 1:
            for label, icon, to in (
                (Text("Page before"), "chevron_left", page - 1),
                (Text("Next page"), "chevron_right", page + 1),
            ):
                st.button(
                    label, icon=f":material/{icon}:", key=f"kept_to_{icon}",
                    disabled=not 1 <= to <= n_pages, on_click=_turn, args=(to,),
                )  # fmt: skip
        first = (page - 1) * A_PAGE + 1
        st.caption(
            Text(
                "{first:,}–{last:,} of {runs}",
                first=first,
                last=min(page * A_PAGE, n),
                runs=words.plural("run", n),
            ),
            width="content",
        )


def _turn(to: int) -> None:
    _choose_nothing()
    choices.choose("kept_page", str(to))


def _choose_nothing() -> None:
    """A table of another key begins with nothing chosen."""
    st.session_state.kept_version = st.session_state.get("kept_version", 0) + 1


# --- what can be done with those chosen -----------------------------------------------------------


def _actions(chosen: list[KeptRun], asked: Mapping[str, Any]) -> None:
    ids = [run.id for run in chosen]
    one = chosen[0] if len(chosen) == 1 else None
    if not chosen:
        st.caption(
            Text("Tick runs at the left to bring them back, compare, pin, note or delete them.")
        )
    with st.container(horizontal=True, gap="small", key="kept_actions"):
        st.button(
            Text("Bring back")
            if len(chosen) < 2
            else Text("Compare these {n}", n=len(chosen)),
            icon=":material/undo:" if len(chosen) < 2 else ":material/compare_arrows:",
            key="kept_back", type="primary", disabled=not chosen, on_click=_bring_back,
            args=(chosen,),
            help=Text("Adds them to the runs of this workspace, and opens the first."),
        )  # fmt: skip
        interrupted = [run for run in chosen if _status(run) in ("interrupted", "paused")]
        st.button(
            Text("Go on"),
            icon=":material/resume:", key="kept_go_on",
            disabled=one is None or not interrupted, on_click=_bring_back, args=(chosen, True),
            help=Text("Train on from the last checkpoint of a run that was interrupted."),
        )  # fmt: skip
        pinned = bool(chosen) and all(run.pinned for run in chosen)
        st.button(
            Text("Unpin") if pinned else Text("Pin"),
            icon=":material/keep_off:" if pinned else ":material/keep:", key="kept_pin",
            disabled=not chosen, on_click=_pin, args=(ids, not pinned),
            help=Text("Pinned runs stand first, and are never forgotten by themselves."),
        )  # fmt: skip
        if one is not None:
            _words(one)
        st.button(
            Text("Delete"), icon=":material/delete:", key="kept_delete", disabled=not chosen,
            on_click=_delete, args=(ids,), help=Text("It can be undone for 30 days."),
        )  # fmt: skip
        mine = session.workspace().owner
        st.download_button(
            Text("Export all as CSV"),
            lambda: _csv(mine, asked),
            "kept-runs.csv", "text/csv",
            icon=":material/download:", key="kept_csv", on_click="ignore",
            help=Text("All that the search finds, not this page alone."),
        )  # fmt: skip
    refused = st.session_state.pop("kept_refused", "")
    if refused:
        st.error(escape.markdown(worded(refused)), icon=":material/error:")


def _words(run: KeptRun) -> None:
    with st.popover(Text("Name, note, tags"), icon=":material/edit:", key="kept_words"):
        with st.form(f"kept_form_{run.id}", border=False):
            st.text_input(Text("Name"), run.name, max_chars=80, key=f"kept_name_{run.id}")
            st.text_area(Text("Note"), run.note, max_chars=10_000, key=f"kept_note_{run.id}")
            st.text_input(
                Text("Tags"), ", ".join(run.tags), key=f"kept_tags_{run.id}", max_chars=800,
                help=Text("Separated by commas."),
            )  # fmt: skip
            st.form_submit_button(
                Text("Save"), icon=":material/check:", key=f"kept_save_{run.id}", on_click=_save,
                args=(run.id,),
            )  # fmt: skip


def _save(id: str) -> None:
    state = st.session_state
    tags = [tag.strip() for tag in state[f"kept_tags_{id}"].split(",")]
    name, note = state[f"kept_name_{id}"], state[f"kept_note_{id}"]
    with _refusals():
        past.set_words(session.workspace(), id, name=name, note=note, tags=tags)


def _pin(ids: list[str], pinned: bool) -> None:
    with _refusals():
        for id in ids:
            past.set_words(session.workspace(), id, pinned=pinned)
    _choose_nothing()


def _delete(ids: list[str]) -> None:
    with _refusals():
        past.delete(session.workspace(), ids)
        st.session_state.kept_deleted = ids
    _choose_nothing()


@contextlib.contextmanager
def _refusals() -> Iterator[None]:
    """In a callback: what is refused is said when the page is drawn."""
    try:
        yield
    except FactorscopeError as error:
        st.session_state.kept_refused = error.text


def _undo() -> None:
    ids = st.session_state.get("kept_deleted")
    if not ids:
        return
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.caption(
            Text("{n:,}\u00a0run deleted.", "{n:,}\u00a0runs deleted.", n=len(ids)),
            width="content",
        )
        st.button(
            Text("Undo"), icon=":material/undo:", key="kept_undo", on_click=_undone, args=(ids,)
        )


def _undone(ids: list[str]) -> None:
    with _refusals():
        past.undo(session.workspace(), ids)
        del st.session_state.kept_deleted


def _bring_back(chosen: list[KeptRun], go_on: bool = False) -> None:
    """In a callback: runs in the workspace's list, the first in view; or why not."""
    entries = []
    for run in chosen:
        with _refusals():
            entries.append(past.bring_back(session.workspace(), run.id))
    if not entries:
        return
    _choose_nothing()
    if go_on:
        view.watch(entries[0], entries[0].run.epoch)
    else:
        view.look_at(entries[0])
    if len(entries) > 1:
        view.choose(("compare", "race"))


def _csv(mine: str, asked: Mapping[str, Any]) -> bytes:
    store = keeping.store()
    rows = [] if store is None else store.table(mine, **asked)
    return exports.to_csv(pd.DataFrame(rows), index=False)
