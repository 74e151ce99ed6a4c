"""Files brought: what open pages hold of them together is bounded.

Streamlit bounds one file, but not how many a page sends; all that were sent stay in memory until
the page is closed. So a page holds no more than twice what one file may have (the one that is
there, and the one that replaces it), and all pages together as much as ``limits`` says.
"""

from __future__ import annotations

from collections import Counter

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from pages.routes.guard import path_of, refuse
from pages.shared import session
from recsys_core import language, limits
from recsys_core.text import Text

_UPLOADS = "/_stcore/upload_file/"

_MEGABYTE = 1024 * 1024  # as Streamlit counts


class Uploads:
    """Refuses a file that would be too much, before it is read."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self._coming: Counter[str] = Counter()  # bytes on their way, by session

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass everything else through."""
        path = path_of(scope)
        brings = scope["type"] == "http" and scope["method"] == "PUT" and path.startswith(_UPLOADS)
        if not brings:
            await self.app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        said = headers.get("content-length", "")
        size = int(said) if said.isdecimal() and len(said) < 16 else None
        page = path.removeprefix(_UPLOADS).partition("/")[0]
        with language.speaking(language.of_request(headers.get("accept-language", ""))):
            if size is None:
                why = Text("A file that is sent has to say how large it is.")
                await refuse(scope, receive, send, 411, why)
                return
            if self._is_too_much(page, size):
                await refuse(scope, receive, send, 413, limits.refusal("uploads_megabytes"))
                return
        self._coming[page] += size
        try:
            await self.app(scope, receive, send)
        finally:
            self._coming[page] -= size
            if not self._coming[page]:
                del self._coming[page]

    def _is_too_much(self, page: str, size: int) -> bool:
        held = self._coming + session.files_held()
        return (
            held[page] + size > 2 * limits.of("upload_megabytes") * _MEGABYTE
            or held.total() + size > limits.of("uploads_megabytes") * _MEGABYTE
        )
