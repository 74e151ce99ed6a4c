"""The telephone's page: one HTML file, and what it loads, under an address that changes with it."""

from __future__ import annotations

import hashlib
import html
import string
from pathlib import Path

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

_FOLDER = Path(__file__).parent
_TYPES = {".js": "application/javascript", ".css": "text/css"}

_ASSETS = {
    path.name: path.read_text(encoding="utf-8")
    for path in sorted(_FOLDER.iterdir())
    if path.suffix in _TYPES
}
_DIGEST = hashlib.sha256("".join(_ASSETS.values()).encode()).hexdigest()[:12]
ROUTE = f"/factorscope/telephone-{_DIGEST}"

_PAGE = string.Template((_FOLDER / "page.html").read_text(encoding="utf-8"))


def page(base: str, code: str, sentence: str, kind: str, language: str) -> str:
    """The page of a room, or (``code`` “”) the one to type a code.

    ``base`` comes before every path, ``kind`` is “member” or “teacher”; ``sentence`` says what is
    wrong, “” where nothing is.
    """
    return _PAGE.substitute(
        base=html.escape(base),
        assets=html.escape(base + ROUTE),
        code=html.escape(code),
        sentence=html.escape(sentence),
        kind=html.escape(kind),
        language=html.escape(language),
    )


async def asset(request: Request) -> Response:
    """One of the files that the page loads."""
    name = request.path_params["name"]
    if name not in _ASSETS:
        return PlainTextResponse("There is no such file.", status_code=404)
    headers = {"Cache-Control": "public, max-age=31536000, immutable"}
    return Response(_ASSETS[name], media_type=_TYPES[Path(name).suffix], headers=headers)
