"""Write ``docs/replicas.md`` from the replicas: ``python -m docs.replicas --data FOLDER``.

Trains all five systems, about a minute on two cores. FOLDER holds the MovieLens zips; without it
they are looked for in ``$FACTORSCOPE_DATA``. Texts and published numbers come from
``recsys_core/replicas/``, the other numbers from the runs.
"""

from __future__ import annotations

import argparse
import os
from pathlib import Path

from benchmarks.document import put_into
from benchmarks.report import table
from recsys_core.ratings import Ratings
from recsys_core.replicas import REPLICAS, Records, Replica, run, shown
from recsys_core.replicas.__main__ import data_of

PAGE = Path(__file__).with_suffix(".md")
SOURCES = ("", "we get: read from", "our best: read from")


def published(replica: Replica) -> list[tuple[str, str]]:
    """What an article says, as the table shows it: (what, value) of each row."""
    return [(row.what, shown(row.article_says, row.digits)) for row in replica.rows]


def reasons(replica: Replica) -> list[str]:
    """Why our numbers differ, one line per reason, as the Replicas page groups them."""
    rows_of: dict[str, list[str]] = {}
    for row in replica.rows:
        rows_of.setdefault(row.why, []).append(row.what)
    return [f"- *{'; '.join(rows)}*: {why}" for why, rows in rows_of.items() if why]


def sources(replica: Replica, records: Records) -> list[tuple[str, str, str]]:
    """Which runs each row reads its values from, as it does: (what, ours, our best)."""
    titles = {case.key: case.title for case in replica.cases if not case.repeats}

    def named(keys: list[str]) -> str:
        seeds = {key.split("/")[0] for key in keys if "/" in key}
        own = [key for key in keys if "/" not in key]
        found = (
            titles[key] + (f" ({len(records.seeds(key))} seeds)" if key in seeds else "")
            for key in own
        )
        return "; ".join(found) or "–"

    return [(row.what, *map(named, row.sources(records))) for row in replica.rows]


def lessons(replica: Replica) -> list[str]:
    """What the article got wrong or left out, one line per lesson."""
    return [f"- **{lesson.title}.** {lesson.text}" for lesson in replica.lessons]


def section(replica: Replica, ratings: Ratings, records: Records) -> str:
    """One article: what it is, the table, the reasons, the lessons."""
    rows = []
    for (what, says), row in zip(published(replica), replica.rows, strict=True):
        ours = row.we_get(records), row.our_best(records)
        rows.append((what, says, *(shown(value, row.digits) for value in ours)))
    size = f"{ratings.n_users:,} × {ratings.n_items:,}, {ratings.n_ratings:,} ratings"
    parts = [
        f"## {replica.number} · {replica.title}",
        f"{replica.system}. {replica.settings}. **{replica.summary}**",
        f"Run on {ratings.name}: {size}.",
        table(("", *replica.heads(ratings)), rows),
        replica.seeds_sentence.strip(),
        replica.another_data_set if replica.stands_in(ratings) else "",
        "Why they differ:",
        "\n".join(reasons(replica)),
        "Which run each number is read from (none exists without one):",
        table(SOURCES, sources(replica, records)),
        "What else the evidence on the page shows:",
        "\n".join(lessons(replica)),
    ]
    return "\n\n".join(part for part in parts if part)


def main() -> None:
    """Train all five, and write the page."""
    parser = argparse.ArgumentParser(prog="python -m docs.replicas", description=__doc__)
    parser.add_argument("--data", type=Path, metavar="FOLDER", help="where the zips lie")
    chosen = parser.parse_args().data or os.environ.get("FACTORSCOPE_DATA")
    if chosen is None:
        parser.error("say where the MovieLens zips lie: --data FOLDER")
    sections = []
    for replica in REPLICAS:
        ratings = data_of(replica, [Path(chosen)])
        if ratings is None:
            parser.error(f"MovieLens {replica.movielens[0]} is not in {chosen}")
        sections.append(section(replica, ratings, run(replica, ratings)))
        print(replica.title, flush=True)
    text = PAGE.read_text(encoding="utf-8")
    PAGE.write_text(put_into(text, "\n\n".join(sections)), encoding="utf-8")


if __name__ == "__main__":
    main()
