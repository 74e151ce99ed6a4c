"""The Content-Security-Policy: what a page may load, run and send to, and who may frame it.

Whatever text people bring, and should it ever slip through as markup: the browser then runs nothing
of it and asks no other address for anything.
"""

from __future__ import annotations

import base64
import functools
import hashlib
import os
import re
from pathlib import Path

import streamlit
from starlette.types import ASGIApp, Message, Receive, Scope, Send

# Which sites may show a page in a frame, as addresses parted by blanks; all, where it is not set: a
# course's own site often does.
FRAMES = "FACTORSCOPE_FRAMES"

_INLINE_SCRIPT = re.compile(rb"<script>(.*?)</script>", re.DOTALL)


@functools.cache
def policy() -> str:
    """The header's value; nothing in it allows ``eval``, or a script that a page's text holds."""
    page = Path(streamlit.__file__).with_name("static") / "index.html"
    inline = (hashlib.sha256(script) for script in _INLINE_SCRIPT.findall(page.read_bytes()))
    known = " ".join(f"'sha256-{base64.b64encode(each.digest()).decode()}'" for each in inline)
    rules = {
        "default-src": "'self'",
        "script-src": f"'self' blob: {known}",  # Streamlit makes modules of components' scripts
        "style-src": "'self' 'unsafe-inline'",  # Plotly and Streamlit write styles into elements
        "img-src": "'self' data: blob:",
        "font-src": "'self' data:",
        "connect-src": "'self'",
        "worker-src": "'self' blob:",
        "object-src": "'none'",
        "base-uri": "'self'",
        "form-action": "'self'",
        "frame-ancestors": os.environ.get(FRAMES, "").replace(";", " ").strip() or "*",
    }
    return "; ".join(f"{what} {where}".strip() for what, where in rules.items())


class ContentPolicy:
    """Sends the policy with every HTML page."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass everything through; on the way out, a page takes the policy along."""

        async def send_with_policy(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = list(message.get("headers", []))
                if any(k == b"content-type" and v.startswith(b"text/html") for k, v in headers):
                    headers.append((b"content-security-policy", policy().encode()))
                headers.append((b"x-content-type-options", b"nosniff"))
                message = {**message, "headers": headers}
            await send(message)

        await self.app(scope, receive, send_with_policy if scope["type"] == "http" else send)
