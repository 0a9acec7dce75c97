"""The metrics pages on SQLite, for a team with 2,000 pull requests and 6,000 reviews in a year.

Each page is requested by a signed-in browser, through `WSGIHandler` without a socket, with the whole product:
session, team, filters, queries, template and telemetry, which is discarded instead of sent. The benchmark
measures wall time, because queries wait for the disk.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable
from datetime import timedelta
from io import BytesIO
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Any

from benchmarks._result import Result, Row, at_most
from benchmarks._timing import in_turn

__all__ = ["fill", "measure"]

_PULL_REQUESTS, _REVIEWS_EACH, _DAYS = 2_000, 3, 365
_PEOPLE = tuple(f"person-{number}" for number in range(20))

# The widest range, all time, is the most work. It is not the default.
_PAGES = {
    **{
        f"analytics, {tab}, all time": f"/analytics/{tab}/?range=all"
        for tab in ("overview", "ai_adoption", "delivery", "quality", "team", "trends")
    },
    "analytics, overview, 30 days": "/analytics/overview/?range=30d",
    "pull requests, all time": "/analytics/pull-requests/?range=all&sort=-size",
    "pull requests, searched": "/analytics/pull-requests/?range=all&search=change+7&reviewer=person-3",
    "pull requests as CSV, all of them": "/analytics/pull-requests.csv?range=all",
}

Handle = Callable[[dict[str, Any], Callable[..., Any]], Any]


def measure(*, is_quick: bool) -> Result:
    """Measure each page.

    Args:
        is_quick: whether to run only a few rounds.
    """
    with TemporaryDirectory() as folder:
        handle, cookie = _product(Path(folder))
        ways = {name: _asking(handle, cookie, address) for name, address in _PAGES.items()}
        found = in_turn(3 if is_quick else 20, ways)
    wanted = at_most(100, "at most 100 ms")
    return Result(
        "pages",
        tuple(Row(f"page: {name}", "ms", found.median(name), wanted=wanted) for name in _PAGES),
        "SQLite, 2,000 pull requests and 6,000 reviews",
    )


def _product(folder: Path) -> tuple[Handle, str]:
    """Set up the product with its own database; return its handler and the cookie of a member."""
    os.environ.pop("DATABASE_URL", None)
    os.environ |= {
        "DJANGO_SETTINGS_MODULE": "tformance.settings",
        "SQLITE_PATH": str(folder / "pages.sqlite3"),
        # As in production: Django keeps no list of queries, and loads templates only once.
        "DEBUG": "false",
        "SECRET_KEY": "only-for-benchmarks",
        "ALLOWED_HOSTS": "testserver",
        "LOG_LEVEL": "ERROR",
    }
    import django

    django.setup()
    from django.core.handlers.wsgi import WSGIHandler
    from django.core.management import call_command

    from benchmarks._sink import Nowhere
    from otel import install, pipeline

    running = pipeline.running()
    if running is None:
        raise RuntimeError(folder)
    install(running.settings, sink=Nowhere(), on_commit=running.recorder.on_commit)
    call_command("migrate", verbosity=0)
    return WSGIHandler(), fill()


def fill() -> str:
    """Create a team with a year of work; return its admin's cookie."""
    from django.conf import settings
    from django.test import Client
    from django.utils import timezone

    from apps.metrics.ingest.save import PullRequestFacts, ReviewFacts, save_pull_requests
    from apps.metrics.models import PullRequestState, Repository
    from apps.teams.membership.memberships import create_team
    from apps.users.models import User

    admin = User.objects.create_user("admin@acme.example", name="Admin")
    team = create_team(admin, name="Acme", slug="acme").team
    random, now = Random(1), timezone.now()
    for place in range(4):
        repository = Repository.objects.create(
            team=team, external_id=place, full_name=f"acme/repository-{place}", is_tracked=True
        )
        facts = []
        for number in range(_PULL_REQUESTS // 4):
            opened_at = now - timedelta(days=random.uniform(0, _DAYS))
            merged_at = opened_at + timedelta(hours=random.lognormvariate(3, 1))
            is_merged = merged_at < now
            reviews = tuple(
                ReviewFacts(
                    external_id=f"{place}-{number}-{one}",
                    reviewer=random.choice(_PEOPLE),
                    state=random.choice(("approved", "commented", "changes_requested")),
                    submitted_at=opened_at + timedelta(hours=random.lognormvariate(1, 1)),
                )
                for one in range(_REVIEWS_EACH)
            )
            is_assisted = random.random() < 0.4
            facts.append(
                PullRequestFacts(
                    number=number,
                    title=f"ENG-{number} Make change {number} of many",
                    url=f"https://github.com/acme/repository-{place}/pull/{number}",
                    author=random.choice(_PEOPLE),
                    branch=f"{random.choice(('claude', 'cursor', 'copilot'))}/work"
                    if is_assisted
                    else "work",
                    body="",
                    state=PullRequestState.MERGED if is_merged else PullRequestState.OPEN,
                    opened_at=opened_at,
                    merged_at=merged_at if is_merged else None,
                    closed_at=merged_at if is_merged else None,
                    changed_at=merged_at,
                    additions=int(random.lognormvariate(4, 1.2)),
                    deletions=int(random.lognormvariate(3, 1.2)),
                    changed_files=random.randrange(1, 30),
                    commit_messages=(),
                    reviews=reviews,
                )
            )
        save_pull_requests(repository, facts)
    client = Client()
    client.force_login(admin)
    return f"{settings.SESSION_COOKIE_NAME}={client.cookies[settings.SESSION_COOKIE_NAME].value}"


def _asking(handle: Handle, cookie: str, address: str) -> Callable[[], float]:
    path, _, query = address.partition("?")

    def ask() -> float:
        """Return the page's response time in ms."""
        status: list[str] = []
        began = time.perf_counter()
        response = handle(_environ(path, query, cookie), lambda answered, _headers: status.append(answered))
        length = sum(map(len, response))
        response.close()
        spent = time.perf_counter() - began
        if status != ["200 OK"] or not length:
            raise RuntimeError(path, status)
        return spent * 1e3

    return ask


def _environ(path: str, query: str, cookie: str) -> dict[str, Any]:
    """Return a request as a WSGI server passes it."""
    return {
        "REQUEST_METHOD": "GET",
        "SCRIPT_NAME": "",
        "PATH_INFO": path,
        "QUERY_STRING": query,
        "SERVER_NAME": "testserver",
        "SERVER_PORT": "80",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": "127.0.0.1",
        "HTTP_HOST": "testserver",
        "HTTP_COOKIE": cookie,
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": "http",
        "wsgi.input": BytesIO(),
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": False,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
    }
