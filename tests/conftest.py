"""What several tests share."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import hypothesis
import pytest

from tests import postgresql

# How long an example takes says how busy the machine is, and nothing of the code.
hypothesis.settings.register_profile("factorscope", deadline=None)
hypothesis.settings.load_profile("factorscope")

# Its assertions say what was compared, as those of test files do.
pytest.register_assert_rewrite("tests.models.contract")

_ROOT = Path(__file__).resolve().parent.parent


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Browser tests last: Playwright leaves an event loop running, in which no other can be run.

    In several processes first, since they take longest: there their own process ends Playwright.
    """
    beside = hasattr(config, "workerinput")
    items.sort(key=lambda item: (item.get_closest_marker("browser") is not None) != beside)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """In several processes: all tests in a browser in one, the others together by file.

    Two browsers at once would measure each other; what a file prepares is prepared once.
    """
    from xdist.scheduler import LoadScopeScheduling

    class ByFile(LoadScopeScheduling):
        def _split_scope(self, nodeid: str) -> str:
            return "browser" if nodeid.startswith("tests/browser/") else nodeid.partition("::")[0]

    config.option.loadscopereorder = False
    return ByFile(config, log)


def pytest_make_parametrize_id(val: object, argname: str) -> str | None:
    """Files in memory are named by their argument: archives among them hold the time of day."""
    return argname if isinstance(val, bytes) else None


@pytest.fixture(scope="session")
def zip_path() -> Callable[[str], Path]:
    """``zip_path("ml-100k.zip")``: where that zip lies; the test is skipped where it is absent."""

    def find(name: str) -> Path:
        name = name if name.endswith(".zip") else f"{name}.zip"
        chosen = os.environ.get("FACTORSCOPE_DATA")
        folders = [Path(chosen)] if chosen else []
        folders.append(_ROOT.parent / "shared" / "data")
        for folder in folders:
            if (folder / name).is_file():
                return folder / name
        places = " or ".join(str(folder) for folder in folders)
        pytest.skip(f"{name} is not in {places}; set FACTORSCOPE_DATA to the folder that holds it")

    return find


@pytest.fixture
def browser_id() -> Iterator[str]:
    """A browser nobody has met; what its test trained is forgotten at the end."""
    from pages.shared import visitor
    from tests.app_harness import forget_everybody

    yield visitor.new_id()
    forget_everybody()


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """The address of a PostgreSQL of our own; the test is skipped where there is none."""
    if missing := postgresql.missing():
        pytest.skip(missing)
    with postgresql.running() as url:
        yield url


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of an empty database: SQLite's, then PostgreSQL's."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/folder/runs.db"
    url = str(request.getfixturevalue("postgres"))
    postgresql.empty(url)
    return url
