"""One prediction, term by term: mean + biases + each factor's product, added up in order."""

from __future__ import annotations

import numpy as np
import pandas as pd

from recsys_core import escape, words
from recsys_core.asking.attribution import Terms
from recsys_core.figures import plain, theme
from recsys_core.figures.plain import Figure, axis, trace
from recsys_core.figures.theme import Mode
from recsys_core.ratings import Scale
from recsys_core.text import Number, Text

# So many factors get a bar of their own, the strongest first; the others share one.
_MOST_FACTORS = 8

_ROW = 26


def steps(terms: Terms, user: str, item: str) -> pd.DataFrame:
    """The summands in the order they are added: columns term, kind, user, item, value, shown.

    ``user`` and ``item`` of a factor are the two numbers whose product it is. ``shown`` is the
    value to two decimals, so rounded that those shown add up to the sum shown. Biases that are
    zero, as in a model without, are left out.
    """
    rows = [(Text("mean of all ratings"), "mean", np.nan, np.nan, terms.global_mean)]
    if terms.user_bias:
        rows.append((Text("{name}: bias", name=user), "user", np.nan, np.nan, terms.user_bias))
    if terms.item_bias:
        rows.append((Text("{name}: bias", name=item), "item", np.nan, np.nan, terms.item_bias))
    order = np.argsort(-np.abs(terms.products), kind="stable")
    own, others = order, order[:0]
    if len(order) > _MOST_FACTORS + 1:
        own, others = order[:_MOST_FACTORS], order[_MOST_FACTORS:]
    for factor in own:
        p, q = terms.user_factors[factor], terms.item_factors[factor]
        rows.append(
            (Text("factor {name}", name=factor + 1), "factor", p, q, terms.products[factor])
        )
    if len(others):
        together = float(terms.products[others].sum())
        several = Text("{n} other factors", n=len(others))
        rows.append((several, "factors", np.nan, np.nan, together))
    table = pd.DataFrame(rows, columns=["term", "kind", "user", "item", "value"])
    table["shown"] = adding_up(table["value"].to_numpy())
    return table


def table(terms: Terms, user: str, item: str) -> pd.DataFrame:
    """The same as a table that is shown."""
    kinds = {
        "mean": Text("mean"), "user": Text("user"), "item": Text("item"),
        "factor": Text("factor"), "factors": Text("factors"),
    }  # fmt: skip
    found = steps(terms, user, item)
    found["kind"] = [str(kinds[kind]) for kind in found["kind"]]
    found.columns = pd.Index([
        Text("term"), Text("kind"), Text("user"), Text("item"), Text("value"), Text("shown"),
    ])  # fmt: skip
    return found


def adding_up(values: np.ndarray, digits: int = 2) -> np.ndarray:
    """Round values, (n,), so that they add up to their rounded sum; float64, (n,).

    By largest remainders: all are rounded down to ``digits`` decimals, and those that lost most
    are moved up by one unit until the sum is right.
    """
    unit = 10.0**-digits
    scaled = np.asarray(values, np.float64) / unit
    down = np.floor(scaled)
    missing = int(round(float(scaled.sum())) - down.sum())
    most_cut = np.argsort(-(scaled - down), kind="stable")[:missing]
    down[most_cut] += 1
    return np.round(down * unit, digits)


def sentence(terms: Terms, scale: Scale) -> str:
    """The sum in a line: “3.53 + 0.21 − 0.40 + 0.78 = 4.12”, then link and scale where needed.

    The numbers are those shown in the figure, all factors together.
    """
    table = steps(terms, "", "")
    alone = ~table["kind"].isin(["factor", "factors"])
    parts = [*table["shown"][alone]]
    if not alone.all():
        parts.append(float(table["shown"][~alone].sum()))
    text: str = _plain(parts[0])
    for value in parts[1:]:
        text += f" {'−' if value < 0 else '+'} {_plain(abs(value))}"
    text += f" = {_plain(round(terms.x, 2))}"
    if abs(terms.score - terms.x) > 1e-5 * max(1.0, abs(terms.x)):
        link = f"{words.given(scale.low)} + {words.given(scale.width)} · σ({_plain(terms.x)})"
        text = Text("{sum}, and {link} = {score}", sum=text, link=link, score=_plain(terms.score))
    if abs(terms.prediction - terms.score) > 1e-6:
        text = Text(
            "{sum}, cut to the scale: {prediction}",
            sum=text, prediction=_plain(terms.prediction),
        )  # fmt: skip
    return text


def figure(terms: Terms, user: str, item: str, scale: Scale, mode: Mode) -> Figure:
    """Bars that begin where the one before ended; the last is the prediction, in its colour."""
    table = steps(terms, user, item)
    values = table["value"].to_numpy()
    ends = np.cumsum(values)
    starts = np.concatenate([[0.0], ends[:-1]])
    # The mean's own bar need not show its whole length: from the left edge will do.
    all_ends = np.append(ends, terms.x)
    room = 0.28 * max(float(np.ptp(all_ends)), 0.5)
    left, right = float(all_ends.min()) - room, float(all_ends.max()) + room
    starts[0], base_of_sum = left, left
    colours = {
        "mean": theme.of(mode).mark,
        "user": theme.USER,
        "item": theme.ITEM,
        "factor": theme.of(mode).accent,
        "factors": theme.of(mode).accent,
    }
    names = [escape.plotly(_short(term)) for term in table["term"]]
    share = (terms.prediction - scale.low) / (scale.width or 1.0)
    is_rating = abs(terms.score - terms.x) <= 1e-5 * max(1.0, abs(terms.x))
    labels = [_plain(table["shown"][0]), *(_signed(v) for v in table["shown"][1:])]
    bars = trace(
        "bar",
        y=[*range(len(names)), len(names)],
        x=[*(ends - starts), terms.x - base_of_sum],
        base=[*starts, base_of_sum],
        orientation="h",
        width=0.62,
        marker={
            "color": [*(colours[kind] for kind in table["kind"]), theme.colour_at(share, mode)],
            "line": {"width": 0},
        },
        hovertext=[*_hover(table), Text("sum {x}", x=_plain(terms.x))],
        hoverinfo="text",
    )
    # Values stand right of both ends of their bar, so that they never cover the next one's way.
    tips = [*np.maximum(starts, ends), terms.x]
    said = trace(
        "scatter",
        x=tips,
        y=[*range(len(names) + 1)],
        mode="text",
        text=[*(f" {label}" for label in labels), f" <b>{_plain(round(terms.x, 2))}</b>"],
        textposition="middle right",
        hoverinfo="skip",
        cliponaxis=False,
    )
    ways = [
        trace(
            "scatter",
            x=[end, end],
            y=[at - 0.31, at + 1.31],
            mode="lines",
            line={"color": theme.of(mode).muted, "width": 1},
            hoverinfo="skip",
        )
        for at, end in enumerate(ends)
    ]
    cut = abs(terms.prediction - terms.score) > 1e-6
    total = Text("prediction") if is_rating and not cut else Text("sum")
    chart = plain.figure(
        [bars, said, *ways],
        Text("The prediction, term by term"),
        height=_ROW * (len(names) + 1) + 76,
        showlegend=False,
        bargap=0,
        xaxis=axis(
            Text("rating") if is_rating else Text("before the link σ"),
            range=[left, right],
            zeroline=False,
        ),
        yaxis=axis(
            tickvals=list(range(len(names) + 1)),
            ticktext=[*names, f"<b>{total}</b>"],
            range=[len(names) + 0.6, -0.6],
            showgrid=False,
            zeroline=False,
            ticks="",
        ),
    )
    return theme.dress(chart, mode)


def alt(terms: Terms, user: str, item: str, scale: Scale) -> str:
    """The sum in words, for those who cannot see it."""
    return Text(
        "The predicted rating of {item} by {user}: {sentence}.",
        item=item,
        user=user,
        sentence=sentence(terms, scale),
    )


def _hover(table: pd.DataFrame) -> list[str]:
    said = []
    for row in table.itertuples():
        if row.kind == "factor":
            said.append(
                f"{row.term}: {_plain(row.user)} × {_plain(row.item)} = {_plain(row.value)}"
            )
        else:
            said.append(f"{escape.plotly(row.term)}: {_plain(row.value)}")
    return said


def _plain(value: float) -> str:
    """Two decimals, with a proper minus."""
    text = f"{abs(value):.2f}"
    return Number(f"−{text}" if value < 0 and text.strip("0.") else text)


def _signed(value: float) -> str:
    text = _plain(value)
    return text if text.startswith("−") else f"+{text}"


def _short(name: str) -> str:
    return name if len(name) <= 24 else f"{name[:16].rstrip()}…{name[-6:]}"
