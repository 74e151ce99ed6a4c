"""A server of rooms' routes alone, for tests: ``python -m tests.rooms.serve PORT SECRET``.

What the page Room does in the same process, tests ask for with POST /teach and the secret.
"""

from __future__ import annotations

import asyncio
import sys

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from pages.routes import connections
from pages.routes import rooms as routes
from recsys_core.rooms import lists, rooms, simulated


async def teach(request: Request) -> JSONResponse:
    """Do what a teacher's page does: ``{"do": "go_to", "with": [code, "rating"]}``."""
    said = await request.json()
    desk, given = rooms().desk, said.get("with", [])
    match said["do"]:
        case "open":
            found = await asyncio.wrap_future(desk.open(lists.ready("films"), *given))
        case "simulate":
            address = simulated.Address("127.0.0.1", int(sys.argv[1]))
            found = rooms().simulate(given[0], address, routes.SECRET, pace=given[1])
        case "is_simulated":
            found = rooms().is_simulated(*given)
        case what:
            await asyncio.wrap_future(getattr(desk, what)(*given))
            found = None
    return JSONResponse(found)


if __name__ == "__main__":
    if len(sys.argv) > 2:
        routes.SECRET = sys.argv[2]
    connections.wait_for_nobody()
    app = Starlette(routes=[*routes.routes(), Route("/teach", teach, methods=["POST"])])
    uvicorn.run(app, host="127.0.0.1", port=int(sys.argv[1]), log_level="warning")
