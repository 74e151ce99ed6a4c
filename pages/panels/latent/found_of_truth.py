"""Generated ratings know their truth: how much of it the model in view has found."""

from __future__ import annotations

import streamlit as st

from pages.panels.latent import held_out_trust, recovery_over
from pages.shared import choices, model_in_view, session, truth_line
from pages.shared.chart import min_width
from pages.shared.chart.chart import chart
from pages.shared.model_in_view import ModelInView
from pages.shared.tables import aligned
from recsys_core import words
from recsys_core.asking import latent_map
from recsys_core.asking.truth import Recovery, has_sums
from recsys_core.figures import truth
from recsys_core.ratings import Side
from recsys_core.text import Text, worded


def section(model: ModelInView) -> None:
    """True and learned factors on one map, and the errors; nothing where no truth is known."""
    if model.ratings.truth is None:
        return
    st.header(Text("Compared with the truth"), anchor=False)
    st.markdown(
        Text(
            "These ratings are generated, so that their true factors and their values before noise "
            "are known. The model has seen neither."
        )
    )
    found = model_in_view.recovery(model)
    left, right = st.columns([1.25, 1], gap="medium")
    with left:
        if found is None:
            st.info(_why_no_factors(model), icon=":material/info:")
        else:
            _map(model, found)
    with right:
        _errors(model)
        if found is not None:
            _numbers(found)
    recovery_over.draw(model)
    held_out_trust.draw(model)


def _why_no_factors(model: ModelInView) -> Text:
    title = worded(model.run.model.title)
    if not model.fitted.has.factors:
        return Text("{title} has no factors to compare with the true ones.", title=title)
    if not has_sums(model.fitted):
        return Text(
            "The factors of {title} go through the layers of a network: they cannot be compared "
            "with the true ones.",
            title=title,
        )
    return Text(
        "The true factors do not differ between users or between items, so there is nothing to "
        "compare with."
    )


def _map(model: ModelInView, found: Recovery) -> None:
    ratings = model.ratings
    sides: dict[Side, str] = {
        "item": words.nouns(ratings.item_noun).capitalize(),
        "user": Text("Users"),
    }  # fmt: skip
    side: Side = choices.segmented(
        "truth_of", Text("True and learned"), sides, "truth_of", part="truth"
    )
    ids = latent_map.most_rated(model.split.train, side, truth.MOST_DRAWN)
    with min_width.at_least(300, "truth"):
        chart(
            truth.recovered(found, ratings, side, ids, session.theme()),
            key="truth",
            alt=truth.recovered_alt(found, ratings, side, len(ids)),
            table=lambda: truth.recovered_table(found, ratings, side, ids),
            part="truth",
            what=f"true and learned {side}s",
        )
    drawn = len(ids) < ratings.axis(side).n
    said = Text(
        "Outlined: the true factors; filled: the learned ones. Factors are known only up to a "
        "rotation, so the learned ones are first rotated, and stretched or shrunk as a whole, to "
        "lie as near to the true ones as they can."
    )
    if drawn:
        st.caption(f"{said} {Text('Drawn are the {n:,} with the most ratings.', n=len(ids))}")
    else:
        st.caption(said)


def _errors(model: ModelInView) -> None:
    parts = model_in_view.errors_to_truth(model)
    if not parts:
        st.caption(
            Text("This model predicts preferences, not ratings, so it has no error in ratings.")
        )
        return
    with min_width.at_least(300, "truth_errors"):
        chart(
            truth.errors(parts, session.theme()),
            key="truth_errors",
            alt=truth.errors_alt(parts),
            table=lambda: truth.errors_table(parts),
            part="truth",
            what="error against the truth",
        )
    truth_line.explained(parts)


def _numbers(found: Recovery) -> None:
    """R² as a whole, of each side and direction, and what chance finds."""
    st.markdown(
        Text(
            "**R² {r2}** of the true factors; random factors of the same shape reach {chance}. "
            "1 means all found, 0 nothing.",
            r2=words.measure(found.r2, 2),
            chance=words.measure(found.r2_by_chance, 2),
        )
    )
    rows = [
        (Text("users"), found.r2_of_side["user"]),
        (Text("items"), found.r2_of_side["item"]),
        *(
            (Text("direction {at}", at=at), float(r2))
            for at, r2 in enumerate(found.r2_of_factor, 1)
        ),
    ]
    st.dataframe(
        aligned(
            {Text("of"): [name for name, _ in rows], "R²": [r2 for _, r2 in rows]}, **{"R²": 2}
        ),
        hide_index=True,
        height="content" if len(rows) <= 8 else 320,
        key="truth_r2",
        alt=Text("R² of the true factors"),
    )
    learned, true = found.n_learned, found.n_true
    if learned < true:
        text = Text(
            "The model has {learned:,} directions, the truth {true:,}: the rest cannot be found.",
            learned=learned,
            true=true,
        )
    elif learned > true:
        text = Text(
            "The model has {learned:,} directions, the truth {true:,}: {share} of the spread it "
            "learned lies in directions that the truth does not have, and counts as error.",
            learned=learned,
            true=true,
            share=words.percent(found.beyond),
        )
    else:
        text = Text(
            "Model and truth both have {directions}.", directions=words.plural("direction", true)
        )
    scaled = Text(
        "Learned factors were multiplied by {scale} to fit best. The means of users and items are "
        "left out: a model with biases puts them there.",
        scale=words.number(found.scale),
    )
    st.caption(f"{text} {scaled}")
