"""The hand-out: a run as one HTML file, its curve, matrix and map to be looked through offline.

It holds the pictures of its epochs, the scripts that draw them on the pages, and Plotly. Nothing
is fetched: the file's own Content-Security-Policy allows no address. It is in the language of
whoever asks for it, whatever the browser's that opens it.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Mapping
from typing import Any

import msgspec
import numpy as np

from recsys_core import escape, language, words
from recsys_core.asking import matrix_view
from recsys_core.figures import curves, heatmap, latent, theme
from recsys_core.figures.curves import Curve
from recsys_core.figures.plain import Figure, to_json
from recsys_core.live import commentary, status_lines
from recsys_core.live.feed import Feed
from recsys_core.live.frames import frame, frame_bytes, shown
from recsys_core.live.messages import RunNews
from recsys_core.models import GlobalMean, UserItemBias
from recsys_core.models.base import described
from recsys_core.runs import Run
from recsys_core.runs.playback import usual_speed
from recsys_core.runs.snapshots import Snapshot
from recsys_core.text import Number, Text, worded
from recsys_core.version import __version__

# Pictures of epochs, all together in bytes, and how many; between two the browser draws what lies
# between them.
_FRAMES, _MOST_FRAMES = 1_500_000, 120

# What the scripts know the run by: the same in every file of it.
_STREAM = "run"

_MODE: theme.Mode = "light"
_HEIGHT = 380

# The modules of the page; those that they import are found by their text.
_ENTRIES = ("chart.js", "timeline.js", "texts.js", "store.js", "playback.js", "language.js")
_IMPORT = re.compile(r'^((?:import|export|}) ?[^\n"]*)"\./(\w+\.js)"', re.MULTILINE)


def handout(run: Run, name: str, scripts: Mapping[str, str], plotly: str) -> bytes:
    """Make the file of a run that rests, called ``name``.

    ``scripts`` are the modules of the charts by file name, ``plotly`` is Plotly's own script.
    """
    news = _news(run)
    panels = _panels(run)
    said = {
        "stream": _STREAM,
        "run": msgspec.to_builtins(news),
        "language": language.now(),
        "words": {
            "play": Text("Play"), "pause": Text("Pause"),
            "best": "" if run.best_epoch is None
            else Text("Epoch {epoch}: the lowest validation error", epoch=run.best_epoch),
        },
        "charts": panels,
        "view": {
            "session": "handout", "version": 1, "seen": 0, "elapsed": 0, "moment": "best",
            "playing": False, "speed": usual_speed(run.n_epochs), "user": None, "item": None,
            "locked": [], "trained": run.epoch, "status": news.status,
        },
    }  # fmt: skip
    page = _PAGE.format(
        language=language.now(),
        title=escape.html(f"{name} · {run.ratings.name}"),
        policy=_POLICY,
        style=_STYLE,
        head=_head(run, name),
        no_script=escape.html(Text("The pictures need JavaScript, which is off in this browser.")),
        controls=_CONTROLS.format(play=escape.html(Text("Play"))) if run.model.has_epochs else "",
        figures="".join(f'<figure id="{key}"></figure>' for key in panels),
        foot=_foot(run),
        data=_in_script(said),
        imports=_in_script({"imports": _modules(scripts)}),
        plotly=re.sub("</(script)", r"<\\/\1", plotly, flags=re.I),
        program=_PROGRAM,
    )
    return page.encode()


def _news(run: Run) -> RunNews:
    """All that a browser would have been told of the run, with as many frames as there is room."""
    tick = Feed({_STREAM: run}, _STREAM).tick()
    assert tick is not None
    news = tick.runs[_STREAM]
    moments = _moments(run)
    news.frames = [frame(run, moment.epoch, moment.value) for moment in moments]
    return news


def _moments(run: Run) -> list[Snapshot]:
    """The epochs pictured: evenly spread, the first, the best and the last among them."""
    with run.lock:
        kept = list(run.frames)
        best = run.epoch_at("best")
        at_best = Snapshot(best, run.snapshot_near(best)[1])
    most = int(min(max(2, _FRAMES // frame_bytes(run)), _MOST_FRAMES, len(kept)))
    spread = np.rint(np.linspace(0, len(kept) - 1, most)).astype(int)
    chosen = {kept[i].epoch: kept[i] for i in spread}
    if run.snapshot_near(best)[0] == best:
        chosen[best] = at_best
    return [chosen[epoch] for epoch in sorted(chosen)]


# --- charts ---------------------------------------------------------------------------------------


def _panels(run: Run) -> dict[str, dict[str, Any]]:
    """What each chart is drawn from, as the chart's script takes it."""
    part, split, fitted = shown(run.split.train), run.split, run.fitted
    train = split.train
    found: dict[str, dict[str, Any]] = {}
    if run.model.has_epochs:
        curve = Curve(
            described(run.model, run.settings), run.epochs, run.n_epochs, 0, run.best_epoch,
            _STREAM,
        )  # fmt: skip
        found["curve"] = _chart(
            "curve",
            *curves.live([curve], curve, [GlobalMean.title, UserItemBias.title], _MODE),
            curves.alt([curve]),
        )
    block = matrix_view.block_of(
        train, fitted, part.rows, part.columns, validation=split.validation, test=split.test
    )
    sampled = len(block.user_ids) < train.n_users or len(block.item_ids) < train.n_items
    found["matrix"] = _chart(
        "matrix",
        *heatmap.live(block, _MODE, sampled=sampled),
        heatmap.live_alt(block),
        {
            "rows": block.user_ids.tolist(), "columns": block.item_ids.tolist(),
            "ring": theme.cell_ring(_MODE), "begin": False,
        },
    )  # fmt: skip
    if fitted.has.factors and run.basis is not None:
        figure, following = latent.live(train, part.users, part.items, _MODE)
        points = [
            {"trace": group["trace"], "side": group["side"], "ids": group["ids"]}
            for group in following["groups"]
        ]
        nouns = words.nouns(run.ratings.item_noun)
        found["map"] = _chart(
            "map",
            figure,
            following,
            Text("Users and {nouns} in the latent space at the epoch shown", nouns=nouns),
            {"points": points, "ring": theme.point_ring(_MODE)},
        )
    return found


def _chart(
    name: str,
    figure: Figure,
    following: dict[str, Any],
    alt: str,
    marks: dict[str, Any] | None = None,
) -> dict[str, Any]:
    return {
        "name": name, "figure": to_json(figure), "alt": alt, "height": _HEIGHT, "live": following,
        "marks": marks, "part": "", "note": "", "file": name, "plotly": "",
    }  # fmt: skip


# --- scripts --------------------------------------------------------------------------------------


def _modules(scripts: Mapping[str, str]) -> dict[str, str]:
    """Addresses of the modules needed, by the names they are imported by; each holds its text.

    A module that is no file of its own has no place that “./store.js” could be relative to.
    """
    needed, found = list(_ENTRIES), {}
    for script in needed:
        text = scripts[script]
        needed += [to for _, to in _IMPORT.findall(text) if to not in needed]
        text = _IMPORT.sub(r'\1"factorscope/\2"', text)
        packed = base64.b64encode(text.encode()).decode("ascii")
        found[f"factorscope/{script}"] = f"data:text/javascript;base64,{packed}"
    return found


def _in_script(value: Any) -> str:
    """JSON inside a script element: no text in it can end the element, or begin a comment."""
    text = json.dumps(value, ensure_ascii=False, default=_plain, separators=(",", ":"))
    return text.replace("<", "\\u003c").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")


def _plain(value: Any) -> Any:
    return value.item() if isinstance(value, np.generic) else value.tolist()


# --- words ----------------------------------------------------------------------------------------


def _head(run: Run, name: str) -> str:
    ratings, nouns = run.ratings, words.nouns(run.ratings.item_noun)
    sees: str = Text("What it predicts for users and {nouns}, learned in one pass.", nouns=nouns)
    if run.model.has_epochs:
        sees = Text(
            "Move the slider: epoch by epoch the error falls, the gaps of the matrix fill in, and "
            "users and {nouns} find their places.",
            nouns=nouns,
        )
        if run.best_epoch is not None:
            star = Text(
                "★ marks epoch {epoch:,}, which has the lowest validation error.",
                epoch=run.best_epoch,
            )
            sees = f"{sees} {star}"
    at = status_lines.standing(run, run.epoch_at("best"))
    errors = escape.html(status_lines.errors(at))
    sentence = escape.html(commentary.sentence(run, run.epoch_at("best"), False))
    called = described(run.model, run.settings)
    facts = [
        Text(
            "{ratings} by {users} of {items}",
            ratings=words.plural("rating", ratings.n_ratings),
            users=words.plural("user", ratings.n_users),
            items=words.plural(ratings.item_noun, ratings.n_items),
        ),
        worded(run.split.description),
        *([called] if called != name else []),
    ]
    return (
        f"<h1>{escape.html(Text('{name} on {data}', name=name, data=ratings.name))}</h1>"
        f"<p>{escape.html(' · '.join(facts))}</p><p>{escape.html(sees)}</p>"
        f'<p class="errors" data-fs="errors">{errors}</p>'
        f'<p class="sentence" data-fs="sentence">{sentence}</p>'
    )


def _foot(run: Run) -> str:
    """The epochs as a table, the link and the receipt: what says how to get it again."""
    record = run.record()
    receipt = ""
    if record is not None:
        head = escape.html(Text("Receipt"))
        receipt = f"<p>{head}</p><code>{escape.html(record.receipt)}</code>"
    table = _table(run) if run.model.has_epochs else ""
    again = escape.html(Text(
        "Factorscope takes the link on its pages; {command} trains the same again and compares.",
        command=_REPLAY,
    ))  # fmt: skip
    made = Text("Made by Factorscope {version}.", version=__version__)
    rmse = Text(
        "RMSE is of predictions clipped to the scale, in rating units; no test rating is used here."
    )
    return (
        f"{table}<details><summary>{escape.html(Text('How to train it again'))}</summary>"
        f"<p>Link</p><code>{escape.html(run.experiment.to_query())}</code>{receipt}"
        f"<p>{again.replace(_REPLAY, f'<code>{_REPLAY}</code>')}</p></details>"
        f"<p class=small>{escape.html(made)} {escape.html(rmse)}</p>"
    )


_REPLAY = "python -m recsys_core replay RECEIPT"


def _table(run: Run) -> str:
    rows = curves.table(Curve("", run.epochs, run.n_epochs, best=run.best_epoch)).reset_index()
    return (
        f"<details><summary>{escape.html(Text('Epochs as a table'))}</summary>"
        "<div class=scroll><table><thead><tr>"
        + "".join(f"<th>{escape.html(str(column))}</th>" for column in rows)
        + "</tr></thead><tbody>"
        + "".join(f"<tr>{''.join(map(_cell, row))}</tr>" for row in rows.itertuples(index=False))
        + "</tbody></table></div></details>"
    )


def _cell(value: Any) -> str:
    text = Number(f"{value:.5g}") if isinstance(value, float) else str(value)
    return f"<td>{'' if text == 'nan' else escape.html(text)}</td>"


# --- the page -------------------------------------------------------------------------------------

_POLICY = (
    "default-src 'none'; script-src 'unsafe-inline' data:; style-src 'unsafe-inline'; "
    "img-src data: blob:; font-src data:"
)

_CONTROLS = (
    "<div class=controls><button type=button id=play>{play}</button><div id=timeline></div></div>"
)

_COLOURS = theme.of(_MODE)
_STYLE = f"""
:root {{ color-scheme: light; --fs-ink: {_COLOURS.ink}; --fs-muted: {_COLOURS.muted};
  --fs-accent: {_COLOURS.accent}; --fs-paper: {_COLOURS.paper}; --st-text-color: {_COLOURS.ink};
  --st-background-color: {_COLOURS.paper}; --st-primary-color: {_COLOURS.accent};
  --st-link-color: {_COLOURS.accent}; --st-border-color: #DEDED7; --st-button-radius: 6px;
  --st-font: sans-serif; }}
* {{ box-sizing: border-box; }}
body {{ margin: 0 auto; max-width: 1500px; padding: 1rem 1.5rem 2rem; background: var(--fs-paper);
  color: var(--fs-ink); font: 16px/1.45 sans-serif; overflow-wrap: anywhere; }}
h1 {{ font-size: 1.6rem; margin: .2rem 0; }}
p {{ margin: .3rem 0; }}
.errors {{ font-variant-numeric: tabular-nums; font-weight: 600; margin-top: .8rem; }}
.sentence {{ min-height: 2.9em; }}
.controls {{ display: flex; gap: .8rem; align-items: center; margin: .6rem 0; position: sticky;
  top: 0; z-index: 10; background: var(--fs-paper); padding: .4rem 0; }}
#timeline {{ flex: 1; min-width: 0; }}
#play {{ font: inherit; min-height: 2.75rem; min-width: 5.5rem; border: 0; border-radius: 6px;
  background: var(--fs-accent); color: #fff; cursor: pointer; }}
button:focus-visible, summary:focus-visible, .fs-chart:focus-visible {{
  outline: 2px solid var(--fs-accent); outline-offset: 2px; }}
.track {{ position: relative; flex: 1; min-width: 0; display: flex; }}
.track .best {{ position: absolute; top: -.55rem; transform: translateX(-50%); font-size: .8rem;
  line-height: 1; pointer-events: none; }}
.charts {{ display: grid; grid-template-columns: repeat(auto-fit, minmax(min(400px, 100%), 1fr));
  gap: 1rem; margin: .5rem 0 1rem; }}
figure {{ margin: 0; position: relative; min-width: 0; }}
details {{ margin: .5rem 0; }}
summary {{ cursor: pointer; padding: .6rem 0; }}
.scroll {{ max-height: 24rem; overflow: auto; }}
table {{ border-collapse: collapse; font-variant-numeric: tabular-nums; }}
th, td {{ text-align: right; padding: .15rem .9rem .15rem 0; white-space: nowrap; }}
code {{ font-size: .85rem; word-break: break-all; }}
.small {{ color: var(--fs-muted); font-size: .85rem; }}
@media (max-width: 640px) {{ body {{ padding: .75rem; }} body .fs-timeline output {{
  min-width: 0; }} }}
@media print {{ .controls, summary {{ display: none; }} }}
"""

_PROGRAM = """
import { render as chart } from "factorscope/chart.js"
import { render as timeline } from "factorscope/timeline.js"
import * as store from "factorscope/store.js"
import { speak } from "factorscope/language.js"
import "factorscope/texts.js"

const said = JSON.parse(document.getElementById("said").textContent)
speak(said.language)
let version = 1
const see = (change) => {
  // Nobody but this page changes what is looked at: all that was changed is seen.
  const own = { main: said.stream, version: version++, seen: Infinity }
  store.see({ ...said.view, ...change, ...own })
}
store.take({ runs: { [said.stream]: said.run } })
see({})
for (const [key, data] of Object.entries(said.charts)) {
  chart({ parentElement: document.getElementById(key), data, setTriggerValue() {} })
}
const place = document.getElementById("timeline")
if (place) {
  timeline({ parentElement: place, data: { locked: false }, setTriggerValue() {} })
  const input = place.querySelector("input"), { best, n_epochs } = said.run
  const most = Math.max(n_epochs, store.trained(said.stream), 1)
  const track = document.createElement("div")
  track.className = "track"
  input.replaceWith(track)
  track.append(input)
  if (best != null) {
    const star = document.createElement("span")
    star.className = "best"
    star.textContent = "\\u2605"
    star.title = said.words.best
    star.style.left = `calc(8px + (100% - 16px) * ${best / most})`
    track.append(star)
  }
  const play = document.getElementById("play")
  play.onclick = () => {
    const { playing, user, item } = store.view
    const end = store.epoch() >= store.trained(said.stream) || store.epoch() === best
    if (playing) store.change({ playing: false, moment: store.epoch() })
    else see({ playing: true, moment: end ? 0 : store.epoch(), user, item })
  }
  store.listen(() => {
    const word = store.view.playing ? said.words.pause : said.words.play
    if (play.textContent !== word) play.textContent = word
  })
}
document.documentElement.dataset.ready = "yes"
"""

_PAGE = """<!doctype html>
<html lang="{language}">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<style>{style}</style>
</head>
<body>
<main>
{head}
<noscript><p>{no_script}</p></noscript>
{controls}
<div class="charts">{figures}</div>
{foot}
</main>
<script type="application/json" id="said">{data}</script>
<script type="importmap">{imports}</script>
<script>{plotly}</script>
<script type="module">{program}</script>
</body>
</html>
"""
