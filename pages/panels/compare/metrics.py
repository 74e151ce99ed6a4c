"""Where metrics disagree: who wins at errors may lose at lists."""

from __future__ import annotations

import streamlit as st

from pages.panels.compare import side_by_side
from pages.panels.compare.side_by_side import Candidate
from pages.shared import empty_state, session, view
from pages.shared.chart import min_width
from pages.shared.chart.chart import chart
from recsys_core import escape, glossary, words
from recsys_core.asking import disagreement
from recsys_core.asking import reliability as calibration
from recsys_core.experiments.scores import PLACES
from recsys_core.figures import rank_lines, reliability, user_errors
from recsys_core.models import GlobalMean
from recsys_core.runs import Entry
from recsys_core.text import Text, worded


def draw() -> None:
    """Draw the part."""
    what = Text(
        "Here the runs are ranked by errors and by lists, and one sees for whom each predicts "
        "better, and whether predictions can be taken at their word."
    )
    entry = view.entry()
    if entry is None or not side_by_side.trained():
        empty_state.point_to(
            "train.py", Text("Choose a model"), ":material/tune:",
            f"{what} {Text('Nothing is trained on these ratings and this split yet.')}",
            "no_run_yet",
        )  # fmt: skip
        return
    if entry.run.split.validation is None:
        empty_state.point_to(
            "data.py", Text("Choose another split"), ":material/call_split:",
            f"{what} {Text('This split holds no ratings out for validation to judge by.')}",
            "nothing_held_out",
        )  # fmt: skip
        return
    view.page_shows("status", "shown")
    found = side_by_side.candidates(entry)
    if not found:
        return
    st.caption(
        Text(
            "On the {n:,} validation ratings, each run at its best epoch; lists of {places} out of "
            "all that a user has not rated in training. Test ratings are left alone.",
            n=len(entry.run.split.validation), places=PLACES,
        )
    )  # fmt: skip
    _ranks(found)
    _users(found)
    _calibration(entry, found)


def _ranks(found: list[Candidate]) -> None:
    st.header(Text("Ranks"), anchor=False, help=glossary.tooltip("RMSE", "NDCG", "Recall"))
    models = {each.name: each.measured for each in found}
    ranks, values = disagreement.ranks(models), disagreement.values(models)
    said = disagreement.sentence(models)
    if said is not None:
        st.markdown(f"**{escape.markdown(str(said))}**")
    st.markdown(escape.markdown(" ".join(map(str, disagreement.winners(models)))))
    with min_width.at_least(560, "ranks"):
        chart(
            rank_lines.figure(ranks, values, [each.line for each in found], session.theme()),
            key="rank_lines",
            alt=rank_lines.alt(ranks),
            table=lambda: rank_lines.table(values, ranks),
            what="ranks",
        )
    st.caption(
        Text(
            "Where lines cross, metrics disagree. Of coverage and popularity neither end is better "
            "by itself: more of the catalogue, and what fewer people know, stand first here. "
            "Baselines are grey; {mean} tells nothing apart, so that its lists are drawn at "
            "random.",
            mean=escape.markdown(worded(GlobalMean.title).lower()),
        )
    )


def _chosen(found: list[Candidate]) -> list[Candidate]:
    """The two models that are looked at closer: at first the first run and the best of the rest."""
    by_name = {each.name: each for each in found}
    names = list(by_name)
    first, second = st.columns(2, gap="medium")
    for key, at in (("metrics_first", 0), ("metrics_second", 1)):
        if st.session_state.get(key) not in names:
            st.session_state[key] = names[min(at, len(names) - 1)]
    a = first.selectbox(Text("One model"), names, key="metrics_first")
    b = second.selectbox(Text("Another one"), names, key="metrics_second")
    return [by_name[a], by_name[b]] if a != b else [by_name[a]]


@view.fragment("metrics_users")
def _users(found: list[Candidate]) -> None:
    st.header(Text("For whom"), anchor=False)
    predicting = [each for each in found if each.fitted.has.ratings]
    if not predicting:
        st.caption(Text("None of these models predicts ratings: there are no errors to spread."))
        return
    two = _chosen(predicting)
    errors = [disagreement.user_rmse(each.measured) for each in two]
    known = [each for each in errors if each is not None]
    if len(two) == 2:
        served = disagreement.served(two[0].measured, two[1].measured)
        if served is not None:
            st.markdown(escape.markdown(str(served.sentence(two[0].name, two[1].name))))
    names = [each.name for each in two]
    chart(
        user_errors.figure(known, [each.line for each in two], session.theme()),
        key="user_errors",
        alt=user_errors.alt(known, names),
        table=lambda: user_errors.table(known, names),
        what="errors-by-user",
    )
    per_user = len(two[0].measured.users) and float(two[0].measured.n_ratings.mean())
    st.caption(
        Text(
            "Each user's RMSE over their own validation ratings, {ratings} a user on average: of a "
            "user with one or two it says little.",
            ratings=words.number(per_user),
        )
    )


@view.fragment("metrics_calibration")
def _calibration(entry: Entry, found: list[Candidate]) -> None:
    st.header(Text("Calibration of predictions"), anchor=False)
    predicting = {each.name: each for each in found if each.fitted.has.ratings}
    if not predicting:
        st.caption(Text("None of these models predicts ratings."))
        return
    part = entry.run.split.validation
    assert part is not None
    names = list(predicting)
    if st.session_state.get("metrics_calibrated") not in names:
        st.session_state.metrics_calibrated = names[0]
    name = st.selectbox(Text("Model"), names, key="metrics_calibrated")
    each = predicting[name]
    table = calibration.reliability(each.fitted, part)
    st.markdown(escape.markdown(str(calibration.sentence(table))))
    chart(
        reliability.figure([table], [each.line], part.scale, session.theme()),
        key="reliability",
        alt=reliability.alt([name], [table]),
        table=lambda: reliability.table([table], [name]),
        what="calibration",
    )
    st.caption(
        Text(
            "Validation ratings in up to {bins} bins by what is predicted for them; bars are 95 % "
            "intervals of the mean rating, larger points hold more ratings. On the dashed line "
            "people gave what was predicted.",
            bins=calibration.N_BINS,
        )
    )
