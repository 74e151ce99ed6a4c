"""Rooms of a test are its own, in memory, and count from no rate used up before."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from pages.routes import rooms as routes
from recsys_core.experiments.store_errors import VARIABLE
from recsys_core.rooms import close, rates


@pytest.fixture(autouse=True)
def own_rooms(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv(VARIABLE, "none")
    close()
    monkeypatch.setattr(routes, "_joins", rates.Rate(rates.JOINS, rates.JOINS_IN))
    monkeypatch.setattr(routes, "_wrong_codes", rates.Rate(rates.WRONG_CODES, rates.WRONG_CODES_IN))
    yield
    close()
