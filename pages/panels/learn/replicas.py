"""Learn, second part: five published systems, run again; what they say, what we get, and why."""

from __future__ import annotations

from collections.abc import Callable

import pandas as pd
import streamlit as st

from pages.panels.data import download, upload
from pages.shared import choices, parts, receipt, session, view
from pages.shared.chart.chart import chart
from pages.shared.tables import aligned
from recsys_core import escape, language, words
from recsys_core.asking import exports
from recsys_core.datasets.movielens import CATALOGUE
from recsys_core.errors import FactorscopeError
from recsys_core.figures import epoch_lines as line_charts
from recsys_core.live import status_lines
from recsys_core.ratings import Ratings
from recsys_core.replicas import REPLICAS, Lesson, Records, Replica, live, shown
from recsys_core.replicas.base import FINAL_MODEL
from recsys_core.runs import Entry, Run
from recsys_core.text import Text, worded

_TICK = 0.7  # seconds between looks while something trains


def data_of(replica: Replica) -> Ratings | None:
    """The ratings a replica runs on: generated, or loaded already; None where they have to come."""
    if replica.data is not None:
        return replica.data()
    fits = [d.ratings for d in session.workspace().data if replica.suits(d.ratings)]
    return min(fits, key=replica.stands_in, default=None)  # the article's own, if both are there


def bring_data(replica: Replica) -> None:
    """Download or upload in place; the replica goes on as soon as its data is there."""
    own, *others = (CATALOGUE[name].title for name in replica.movielens)
    if others:
        asked = Text(
            "This article uses {own} ({others} will do as well). Bring it, and the replica goes "
            "on.",
            own=own,
            others=", ".join(others),
        )
    else:
        asked = Text("This article uses {own}. Bring it, and the replica goes on.", own=own)
    st.info(asked)
    st.session_state.replica_waits = replica.number
    names = {"Download": Text("Download"), "Upload": Text("Upload")}
    how = st.segmented_control(
        Text("Bring it by"), list(names), default="Download", format_func=names.__getitem__
    )
    with st.container(border=True):
        if how == "Upload":
            upload.upload()
        else:
            download.panel(replica.movielens, watching=False)


def progress(entries: dict[str, Entry], replica: Replica) -> None:
    """One line per case, its repetitions with other seeds included, and where to watch it."""
    for case in (case for case in replica.cases if not case.repeats):
        same = [each.key for each in replica.cases if case.key in (each.key, each.repeats)]
        theirs = [entries[key].run for key in same]
        at = status_lines.standing(theirs[0], theirs[0].epoch)
        text = f"{worded(case.title)}: {status_lines.progress(at)}"
        if len(theirs) > 1:
            text = Text(
                "{progress}; {done} of {seeds} finished",
                progress=text,
                done=sum(run.status == "finished" for run in theirs),
                seeds=words.plural("seed", len(theirs)),
            )
        st.progress(sum(map(_share, theirs)) / len(theirs), escape.markdown(text))
        for run in theirs:
            if run.status == "failed":
                st.error(escape.markdown(worded(run.message)))
    watch = Text("Watch it on the Train page")
    if st.button(watch, icon=":material/play_circle:", key="replica_watch"):
        view.look_at(next(iter(entries.values())))
        st.switch_page("train.py")


def _share(run: Run) -> float:
    """How much of a run is done."""
    return 1.0 if run.status == "finished" else min(run.epoch / max(run.n_epochs, 1), 1.0)


def found(records: Records, what: str, make: Callable[[], pd.DataFrame]) -> pd.DataFrame:
    """A table of these records, worked out once: some measure every epoch, or train again."""
    each = ((key, record.digest, len(record.snapshots)) for key, record in records.items())
    of = language.now(), *each
    kept = st.session_state.get("replica_found", {})
    if kept.get("of") != of:
        kept = {"of": of}
    if what not in kept:
        with st.spinner(Text("Measuring …")):
            kept[what] = make()
    st.session_state.replica_found = kept
    return kept[what]


def table(replica: Replica, records: Records, ratings: Ratings) -> None:
    """The three columns, and why they differ."""

    def english() -> pd.DataFrame:
        with language.speaking("en"):  # it is also a file
            return replica.table(records, ratings)

    rows = found(records, "table", english)
    said = rows.drop(columns="why they differ").set_index("what").map(worded)
    said = said.rename(index=worded, columns=worded).rename_axis(Text("what"))
    st.table(said, border="horizontal")
    st.caption(f"{replica.seeds_sentence}{worded(FINAL_MODEL)}")
    if replica.stands_in(ratings):
        st.info(replica.another_data_set, icon=":material/info:")
    st.markdown(f"**{Text('Why they differ')}**")
    reasons: dict[str, list[str]] = {}
    for row in replica.rows:
        reasons.setdefault(worded(row.why), []).append(worded(row.what))
    st.markdown("\n".join(f"- *{'; '.join(of)}:* {why}" for why, of in reasons.items() if why))
    st.download_button(
        "CSV", exports.to_csv(rows, index=False), f"article-{replica.number}.csv", "text/csv",
        icon=":material/download:", on_click="ignore",
    )  # fmt: skip


def published(replica: Replica) -> None:
    """Before it has run: what there is to reproduce."""
    says = [row for row in replica.rows if row.article_says is not None]
    values = [worded(shown(row.article_says, row.digits)) for row in says]
    names = [worded(row.what) for row in says]
    says_column = pd.Series(values, names, name=Text("the article says"))
    st.table(says_column.to_frame(), border="horizontal")


def lesson(each: Lesson, records: Records, key: str) -> None:
    """A mistake or an omission, with its evidence."""
    title = worded(each.title)
    st.header(title)
    st.markdown(worded(each.text))
    evidence = found(records, each.title, lambda: each.evidence(records))
    if each.picture is not None:
        chart(
            each.picture(records, session.theme()),
            key=f"{key}_picture",
            what=f"replica {each.title}",
            alt=title,
            table=evidence,
        )
    if not each.curve:
        st.dataframe(aligned(evidence), hide_index=True, alt=title)
        return
    names = list(evidence.columns)
    chosen = st.pills(
        Text("Curves"), names, selection_mode="multi", default=names, key=f"{key}_lines"
    )
    if chosen:
        evidence = evidence[[name for name in names if name in chosen]]
        mode = session.theme()
        chart(
            line_charts.panels(evidence, title, mode)
            if each.panels
            else line_charts.figure(evidence, title, mode, each.mark_lowest, each.between),
            key=f"{key}_curve",
            what=f"replica {each.title}",
            alt=Text(
                "{title}: {columns} over epochs", title=title, columns=", ".join(evidence.columns)
            ),
            table=evidence,
        )


@st.fragment(run_every=_TICK)
def running(replica: Replica, ratings: Ratings) -> None:
    """While it trains; the page is drawn anew when all cases have finished."""
    entries = live.entries_of(session.workspace(), replica, ratings)
    if len(entries) < len(replica.cases):
        st.rerun()  # some were removed
    progress(entries, replica)
    if not any(entry.run.busy for entry in entries.values()):
        st.rerun()


def receipts(replica: Replica, entries: dict[str, Entry]) -> None:
    """One for each case: every number above comes from these runs."""
    with st.expander(
        Text("Receipts"), icon=":material/receipt_long:", on_change="rerun", key="replica_receipts"
    ) as box:
        if box.open:
            receipt.explain([entry.run for entry in entries.values()])
            for case in replica.cases:
                st.markdown(f"**{worded(case.title)}**")
                receipt.line(entries[case.key].run)


def results(replica: Replica, ratings: Ratings) -> None:
    """What came of it; before, what there is to reproduce, and how far it is."""
    workspace = session.workspace()
    entries = live.entries_of(workspace, replica, ratings)
    if len(entries) < len(replica.cases):
        published(replica)
        return
    if any(entry.run.wants_training for entry in entries.values()):
        running(replica, ratings)
        return
    records = live.records(workspace, replica, ratings)
    if records is None:
        progress(entries, replica)
        return
    table(replica, records, ratings)
    if parts.drawn("export"):
        receipts(replica, entries)
    for number, each in enumerate(replica.lessons):
        lesson(each, records, f"article{replica.number}_{number}")


def draw() -> None:
    """Choose an article; run it again, and show what came of it."""
    st.markdown(
        Text(
            "Five published systems, run again with their data, settings and seeds: what each "
            "article says, what we get, and the best we can do on the same split."
        )
    )
    numbered = {str(r.number): r for r in REPLICAS}
    names = {number: f"{number} · {worded(r.title)}" for number, r in numbered.items()}
    replica = numbered[choices.select("replica", Text("Article"), names, "replica")]
    system = worded(replica.system)
    settings = worded(replica.settings)
    st.markdown(f"**{system}.** {settings}. {worded(replica.summary)}")
    try:
        ratings = data_of(replica)
        if ratings is None:
            bring_data(replica)
            published(replica)
        else:
            waited = st.session_state.pop("replica_waits", None) == replica.number
            pressed = st.button(
                Text("Run this replica"),
                icon=":material/play_arrow:",
                type="primary",
                key="replica_run",
            )
            if pressed or waited:
                live.start(session.workspace(), replica, ratings)
                st.rerun()
            results(replica, ratings)
    except FactorscopeError as error:
        st.error(escape.markdown(worded(error.text)), icon=":material/error:")
