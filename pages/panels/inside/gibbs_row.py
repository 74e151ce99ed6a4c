"""One Gibbs draw of Bayesian PMF: the posterior ellipse, the draw, and the mean so far."""

from __future__ import annotations

import numpy as np
import streamlit as st

from pages.panels.inside import kept, two_numbers, which_row
from pages.shared import session
from pages.shared.chart.chart import chart
from recsys_core import escape, words
from recsys_core.asking.inside import gibbs_draw
from recsys_core.asking.inside.gibbs_draw import GibbsDraws
from recsys_core.figures import draws_so_far, posterior_ellipses
from recsys_core.models import seen_as
from recsys_core.models.posterior import Posterior
from recsys_core.runs import Run
from recsys_core.text import Text


def show(run: Run, epoch: int, user: int, item: int) -> None:
    """The draw of the selected user's row in the sweep after the one shown; or of the item's."""
    found = kept.retraced(run, epoch, GibbsDraws)
    if found is None:
        st.caption(kept.FROM_A_FILE.worded())
        return
    before, draws = found
    side, index, called = which_row.choose(run, Text("Draw"), user, item)
    draw = draws.of(side, index)
    st.markdown(
        Text(
            "With everything else held, {ratings} turn the prior of **{name}** into a posterior; "
            "one random point of it, ×, is the row until the next sweep.",
            ratings=words.plural("rating", draw.n_ratings),
            name=escape.markdown(called),
        )
    )
    remark = kept.remark(run, epoch, before)
    if remark is not None:
        st.caption(escape.markdown(remark))
    two = two_numbers.chosen(draw.names)
    points: dict[str, np.ndarray] = {
        Text("draw"): draw.drawn,
        Text("before"): draw.before,
    }
    left, right = st.columns(2, gap="medium")
    with left:
        if two is None:
            st.caption(Text("One unknown has no ellipse."))
        else:
            chart(
                posterior_ellipses.figure(
                    draw.prior, draw.posterior, draw.names, two, draw.side, session.theme(), points
                ),
                key="ellipses",
                alt=posterior_ellipses.alt(draw.prior, draw.posterior, draw.names, two),
                table=lambda: posterior_ellipses.table(
                    draw.prior, draw.posterior, draw.names, points
                ),
                what="posterior of one row",
            )
            two_numbers.choose(draw.names, two)
    with right:
        _mean_so_far(run, epoch, user, item)


def _mean_so_far(run: Run, epoch: int, user: int, item: int) -> None:
    fitted = run.fitted_at(epoch)
    posterior = seen_as(Posterior, fitted)
    if len(posterior.draws) < 2:
        st.caption(
            Text(
                "No draws are kept yet: the first are burn-in. Later, the mean of what the kept "
                "draws predict is the prediction, and it is drawn here."
            )
        )
        return
    drawn = gibbs_draw.of_cell(posterior, user, item)
    chart(
        draws_so_far.figure(drawn, session.theme()),
        key="draws",
        alt=draws_so_far.alt(drawn),
        table=lambda: draws_so_far.table(drawn),
        what="draws of one cell",
    )
    st.caption(
        Text(
            "Single draws differ by about {deviation}; their mean, the prediction, settles.",
            deviation=words.number(float(drawn.std())),
        )
    )
