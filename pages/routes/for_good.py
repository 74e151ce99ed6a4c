"""Scripts whose address changes with their content: browsers keep them, and get them compressed."""

from __future__ import annotations

import gzip
from collections.abc import Callable

from anyio import to_thread
from starlette.requests import Request
from starlette.responses import Response

# Compressed once each, by address.
_packed: dict[str, bytes] = {}


async def answer(request: Request, read: Callable[[], bytes]) -> Response:
    """Answer with what ``read`` returns, a script of one of ours."""
    headers = {"Cache-Control": "public, max-age=31536000, immutable", "Vary": "Accept-Encoding"}
    if "gzip" not in request.headers.get("accept-encoding", ""):
        return Response(await to_thread.run_sync(read), 200, headers, "application/javascript")
    address = request.url.path
    if address not in _packed:
        _packed[address] = await to_thread.run_sync(lambda: _pack(read()))
    headers["Content-Encoding"] = "gzip"
    return Response(_packed[address], 200, headers, "application/javascript")


def _pack(script: bytes) -> bytes:
    return gzip.compress(script, compresslevel=6, mtime=0)
