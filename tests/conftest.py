"""What every test gets: an emptied environment, one hypothesis profile, a real PostgreSQL on request."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Iterator

import pytest
from hypothesis import HealthCheck, settings

from parcours.store.database import Database
from support.api import ApiServer, api_server
from support.postgres import Server, remove_server, run_folder, start_server

# The same examples each time: a change is judged by what it changed. `make explore` draws others, many more.
settings.register_profile(
    "parcours",
    derandomize=True,
    deadline=None,  # a shared machine has slow moments
    print_blob=True,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.register_profile("explore", settings.get_profile("parcours"), derandomize=False)
settings.load_profile("parcours")

collect_ignore = [] if os.environ.get("PARCOURS_TEST_BROWSER") else ["browser"]  # `make browser`

LONGEST_FIRST = ("property", "acceptance", "integration")  # folders; what is left at the end is short then


def pytest_configure(config: pytest.Config) -> None:
    """Name the run before xdist starts workers, which inherit the name; forget what the shell has set."""
    for name in list(os.environ):
        if name.startswith("PG") or (name.startswith("PARCOURS_") and not name.startswith("PARCOURS_TEST_")):
            del os.environ[name]
    run_folder()


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Put the folders with the longest tests first: several processes end at about the same time then."""
    tests = config.rootpath / "tests"
    order = {name: number for number, name in enumerate(LONGEST_FIRST)}

    def rank(item: pytest.Item) -> int:
        return (
            order.get(item.path.relative_to(tests).parts[0], len(order)) if tests in item.path.parents else 0
        )

    items.sort(key=rank)


def pytest_unconfigure(config: pytest.Config) -> None:
    """End the run's server, where this is the process that outlives the workers."""
    if not hasattr(config, "workerinput"):
        remove_server()


@pytest.fixture(autouse=True)
def _needs_root(request: pytest.FixtureRequest) -> None:
    if request.node.get_closest_marker("root_only") and os.geteuid() != 0:
        pytest.skip("needs to be started by root")


@pytest.fixture(scope="session")
def postgres() -> Server:
    """The server of this run."""
    return start_server()


@pytest.fixture
def database_url(postgres: Server) -> Iterator[str]:
    """The address of a migrated database of this test's own."""
    with postgres.clone() as url:
        yield url


@pytest.fixture(scope="module")
def api(postgres: Server) -> Iterator[ApiServer]:
    """The HTTP server on a database of this module's own."""
    with api_server(postgres) as server:
        yield server


@pytest.fixture
def empty_database_url(postgres: Server) -> Iterator[str]:
    """The address of a database of this test's own with nothing in it."""
    with postgres.clone("template0") as url:
        yield url


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    """A migrated database of this test's own, connected."""
    async with await Database.connect(database_url) as database:
        yield database
