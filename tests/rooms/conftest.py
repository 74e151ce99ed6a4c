"""Rooms of a test are its own, in memory, and count from no rate used up before."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from pages.routes import guard
from pages.routes import rooms as routes
from recsys_core import limits
from recsys_core.experiments.store_errors import VARIABLE
from recsys_core.rooms import close


@pytest.fixture(autouse=True)
def own_rooms(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv(VARIABLE, "none")
    close()
    monkeypatch.setattr(routes, "_joins", limits.Tries("joins_per_minute", 60.0))
    monkeypatch.setattr(guard, "wrong_codes", limits.Tries("wrong_codes_per_hour", 3600.0))
    yield
    close()
