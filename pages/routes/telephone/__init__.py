"""A telephone's page in a room: its HTML, and the route of its scripts.

No Streamlit and no session: one page of some kilobytes, which talks to ``pages/routes/rooms.py``.
The scripts are those of this folder and the few of the pages' own that word sentences; each is
served under the path it has below ``pages``, so that their imports hold. What they say in other
languages is only what a telephone says.
"""

from __future__ import annotations

import hashlib
import json
import string
from pathlib import Path

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from pages.routes import for_good
from recsys_core import escape, language
from recsys_core.text import Text

_HERE = Path(__file__).parent
_PAGES = _HERE.parents[1]

# What a telephone says stands here, for the catalogues.
SENTENCES = "pages/routes/telephone/"

# Of the pages' own scripts, those that these import.
_SHARED = ("elements.js", "language.js", "number_format.js", "sentences.js")


def _scripts() -> dict[str, str]:
    """All scripts, by their path below ``pages``."""
    paths = [*_HERE.glob("*.js"), *(_PAGES / "shared/chart/js" / name for name in _SHARED)]
    found = {
        path.relative_to(_PAGES).as_posix(): path.read_text(encoding="utf-8")
        for path in sorted(paths)
    }
    codes = [code for code in language.LANGUAGES if code != "en"]
    constants = {
        "CATALOGUES": {code: language.for_browser(code, (SENTENCES,)) for code in codes},
        "MARKS": {code: language.marks(code) for code in language.LANGUAGES},
    }
    found["shared/chart/js/constants.js"] = "".join(
        f"export const {name} = {json.dumps(value, ensure_ascii=False)}\n"
        for name, value in constants.items()
    )
    return found


SCRIPTS = _scripts()
ROUTE = (
    "/factorscope/telephone-" + hashlib.sha256("".join(SCRIPTS.values()).encode()).hexdigest()[:12]
)
_TEMPLATE = string.Template((_HERE / "page.html").read_text(encoding="utf-8"))
_CSS = (_HERE / "telephone.css").read_text(encoding="utf-8")


def page(base: str, code: str, sentence: str, kind: str, spoken: str) -> str:
    """Return the HTML of a room's page; without a code, of the page where one types it.

    ``base`` comes before every path of this server. ``kind`` is "member", or "teacher" for the page
    that takes the token out of the teacher's link. ``sentence`` stands on the page: why there is no
    room, for example. ``spoken`` is the code of the language.
    """
    with language.speaking(spoken):
        heading = Text("Room {code}", code=code) if code else Text("Join a room")
        noscript = Text("This page needs JavaScript: switch it on, and load the page again.")
    preload = (f'<link rel="modulepreload" href="{base}{ROUTE}/{path}">' for path in SCRIPTS)
    return _TEMPLATE.substitute(
        language=spoken,
        heading=escape.html(heading),
        base=escape.html(base),
        code=escape.html(code),
        kind=escape.html(kind),
        noscript=escape.html(noscript),
        said=f'<p class="card" role="alert">{escape.html(sentence)}</p>' if sentence else "",
        preload="\n".join(preload),
        css=_CSS,
        script=f"{base}{ROUTE}/routes/telephone/telephone.js",
    )


async def asset(request: Request) -> Response:
    """One of the scripts; their address changes with their content."""
    source = SCRIPTS.get(request.path_params["name"])
    if source is None:
        return PlainTextResponse("There is no such script.", status_code=404)
    return await for_good.answer(request, source.encode)
