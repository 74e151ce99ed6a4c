"""One row's half-step: its normal equations with the numbers in place, and the bowl they solve."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from pages.panels.inside import kept, two_numbers, which_row
from pages.shared import session
from pages.shared.chart.chart import chart
from pages.shared.tables import aligned
from recsys_core import escape, words
from recsys_core.asking.inside.row_update import RowUpdate, RowUpdates
from recsys_core.figures import loss_bowl
from recsys_core.models import ImplicitALS
from recsys_core.runs import Run
from recsys_core.text import Text

# Unknowns that a matrix on the page has; of more, the first.
_MOST_SHOWN = 6

# Rows of the design that are listed.
_MOST_LISTED = 12


def show(run: Run, epoch: int, user: int, item: int) -> None:
    """The half-step of the selected user's row; on request the other one, of the item's row."""
    found = kept.retraced(run, epoch, RowUpdates)
    if found is None:
        st.caption(kept.FROM_A_FILE.worded())
        return
    before, updates = found
    side, index, called = which_row.choose(run, Text("Solve"), user, item)
    update = updates.of(side, index)
    st.markdown(_sentence(run, update, called))
    remark = kept.remark(run, epoch, before)
    if remark is not None:
        st.caption(escape.markdown(remark))
    if not len(update.others):
        return
    left, right = st.columns([1.2, 1], gap="medium")
    with left:
        _equations(update)
        _ratings(run, update)
    with right:
        _bowl(update)


def _sentence(run: Run, update: RowUpdate, name: str) -> str:
    held = words.named(words.many(run.ratings.item_noun if update.side == "user" else "user"))
    name = escape.markdown(name)
    if not len(update.others):
        return Text(
            "**{name}** has no training ratings: nothing is solved, and the row stays where its "
            "prior has it.",
            name=name,
        )
    n = len(update.others)
    unknowns = words.plural("unknown", len(update.names))
    if isinstance(run.model, ImplicitALS):
        return Text(
            "With all {held} held, the row of **{name}** is one least-squares problem over every "
            "cell, weighted by confidence: {unknowns}, and {n:,}\u00a0choice that count more. "
            "Training takes three rounds of conjugate gradients towards its solution.",
            "With all {held} held, the row of **{name}** is one least-squares problem over every "
            "cell, weighted by confidence: {unknowns}, and {n:,}\u00a0choices that count more. "
            "Training takes three rounds of conjugate gradients towards its solution.",
            held=held, name=name, unknowns=unknowns, n=n,
        )  # fmt: skip
    return Text(
        "With all {held} held, the row of **{name}** is one least-squares problem: "
        "{n:,}\u00a0equation, one a rating, for {unknowns}. Solving A w = a gives the row.",
        "With all {held} held, the row of **{name}** is one least-squares problem: "
        "{n:,}\u00a0equations, one a rating, for {unknowns}. Solving A w = a gives the row.",
        held=held, name=name, unknowns=unknowns, n=n,
    )  # fmt: skip


def _equations(update: RowUpdate) -> None:
    """A w = a, the numbers in place."""
    m = min(len(update.names), _MOST_SHOWN)
    kind, others = ("user", "item") if update.side == "user" else ("item", "user")
    letter = "p" if update.side == "user" else "q"
    names = ["b" if name == "b" else f"{letter}<sub>{name}</sub>" for name in update.names[:m]]

    def matrix(rows: Sequence[Sequence[str]], kind: str, label: str) -> str:
        body = "".join(f"<tr>{''.join(f'<td>{cell}</td>' for cell in row)}</tr>" for row in rows)
        return (
            f'<figure class="fs-{kind}"><table><tbody>{body}</tbody></table>'
            f"<figcaption>{label}</figcaption></figure>"
        )

    a = [[words.factor(value) for value in row] for row in update.matrix[:m, :m]]
    w = [[f"{name} = {words.factor(v)}"] for name, v in zip(names, update.solution, strict=False)]
    right = [[words.factor(value)] for value in update.right_side[:m]]
    label = Text("Normal equations")
    st.html(
        f'<div class="fs-equations" tabindex="0" role="group" aria-label="{label}">'
        f"{matrix(a, others, Text('A = Σ x xᵀ + penalty'))}<span>·</span>{matrix(w, kind, 'w')}"
        f"<span>=</span>{matrix(right, 'plain', 'a = Σ t x')}</div>"
    )
    least = words.number(float(update.penalty.min()))
    largest = words.number(float(update.penalty.max()))
    said = [Text("On A's diagonal, {least} of each number is penalty.", least=least)]
    if least != largest:
        said = [
            Text(
                "On A's diagonal each unknown has a penalty of its own, {least} the least and "
                "{largest} the largest.",
                least=least,
                largest=largest,
            )
        ]
    if m < len(update.names):
        said.append(
            Text(
                "Of {n_unknowns:,} unknowns the first {m:,} are shown; all are solved for.",
                n_unknowns=len(update.names),
                m=m,
            )
        )
    st.caption(" ".join(said))


def _ratings(run: Run, update: RowUpdate) -> None:
    """The equations one by one: each rating's target and row x."""
    names = run.ratings.item_names if update.side == "user" else run.ratings.user_names
    noun = run.ratings.item_noun if update.side == "user" else "user"
    some = slice(0, _MOST_LISTED)
    letter = "q" if update.side == "user" else "p"
    columns: dict[str, object] = {
        words.named(noun): [names[other] for other in update.others[some]],
        Text("rating"): update.ratings[some],
        Text("target t"): update.targets[some],
    }
    for at, name in enumerate(update.names[:_MOST_SHOWN]):
        column = "1" if name == "b" else f"{letter}{name}"
        columns[column] = update.design[some, at]
    title = Text("The equations, one a rating")
    with st.expander(title, key="inside_ratings"):
        st.dataframe(
            aligned(pd.DataFrame(columns)), hide_index=True, key="inside_design",
            alt=title,
        )  # fmt: skip
        if len(update.others) > _MOST_LISTED:
            st.caption(Text("The first {n} of {all:,}.", n=_MOST_LISTED, all=len(update.others)))


def _bowl(update: RowUpdate) -> None:
    """The loss over two of the unknowns; which two can be chosen."""
    two = two_numbers.chosen(update.names)
    if two is None:
        st.caption(Text("One unknown has no bowl over two."))
        return
    first, second = two
    chart(
        loss_bowl.figure(update, first, second, session.theme()),
        key="bowl",
        alt=loss_bowl.alt(update, first, second),
        table=lambda: loss_bowl.table(update),
        what="loss of one row",
    )
    said = Text(
        "Each ring is one height of the loss, the other numbers held at their solution. λ moves "
        "the lowest point from ○ to ★."
    )
    if not loss_bowl.is_near(update, first, second):
        said = Text(
            "Each ring is one height of the loss, the other numbers held at their solution. "
            "Without λ the lowest point lies far outside the picture: so few ratings do not hold "
            "these two numbers."
        )
    st.caption(said)
    two_numbers.choose(update.names, two)
