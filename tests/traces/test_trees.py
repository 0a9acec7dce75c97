from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from otel.inspector.running import RunningInspector
from tests.apps.syncs.seeing import ENGINE
from tests.lifecycle.servers import BIN, running, wait_for
from tests.services.needing import needs_services
from tests.services.postgresql import running_postgresql
from tests.services.redis import running_redis
from tests.traces.conftest import product_environment, running_product
from tests.traces.sink import Sink, shown
from tformance.sandbox.running import RunningSandbox

# Run one after the other, because they share programs that start slowly.
pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("trees")]

_BUTTON = "POST /integrations/repositories/<int:pk>/sync/"
_SYNC = "run/apps.integrations.tasks.sync_repository"

# The spans of the tasks, without the database's.
_TASKS = """\
producer apply_async/apps.integrations.tasks.sync_repository
  consumer run/apps.integrations.tasks.sync_repository
    client POST 127.0.0.1/graphql
    internal repo_sync_completed [repo_sync_completed]
    internal $groupidentify [$groupidentify]
    producer apply_async/apps.integrations.tasks.find_insights
      consumer run/apps.integrations.tasks.find_insights
        producer apply_async/apps.insights.tasks.mail_urgent
          consumer run/apps.insights.tasks.mail_urgent"""

# The queries of the page that shows the sync.
_PAGE = """\
server GET /integrations/progress/
  client SELECT django_session
  client SELECT users_user
  client SELECT teams_membership
  client SELECT integrations_syncrun
  client SELECT integrations_connection"""

_HALF_A_SYNC = """\
client SELECT integrations_syncrun
client SELECT integrations_connection
client POST 127.0.0.1/graphql
client BEGIN
client SELECT integrations_syncrun
client SELECT metrics_repository
client SAVEPOINT
client INSERT metrics_pullrequest"""


class Synced:
    """The traces and events of a sync that Alice started with the button."""

    def __init__(self, sink: Sink, inspector: RunningInspector) -> None:
        self.sink = sink
        self.inspector = inspector
        (self.request,) = sink.named(_BUTTON)

    def tree(self, *without: str) -> str:
        lines = self.sink.tree(self.request).splitlines()
        return "\n".join(line for line in lines if not line.strip().startswith(without))


@pytest.fixture(scope="module", params=["in its own process", pytest.param("apart", marks=needs_services)])
def services(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[str, str]]:
    """SQLite and a worker in the product's process, or PostgreSQL, Redis and a separate worker."""
    if request.param != "apart":
        yield {"SQLITE_PATH": str(tmp_path_factory.mktemp("product") / "product.sqlite3")}
        return
    with running_postgresql() as database, running_redis() as broker:
        yield {"DATABASE_URL": database, "CELERY_BROKER_URL": broker}


@pytest.fixture(scope="module")
def synced(
    sink: Sink,
    inspector: RunningInspector,
    sandbox: RunningSandbox,
    services: dict[str, str],
    tmp_path_factory: pytest.TempPathFactory,
) -> Synced:
    folder = tmp_path_factory.mktemp("synced")
    sink.spans.clear()
    inspector.reset()
    sandbox.reset()
    env = product_environment(sink, inspector, sandbox, services)
    env["POSTHOG_TRACE_URL"] = "https://jaeger.example/trace/{trace_id}"
    quiet = ("--without-gossip", "--without-mingle", "--concurrency", "1", "--loglevel", "INFO")
    worker: list[str | Path] = [BIN / "celery", "-A", "tformance", "worker", *quiet]
    with running_product(env, folder) as product:
        product.server.get("/health/")
        product.sync(ENGINE)
        if "CELERY_BROKER_URL" in services:
            with running(worker, env, folder) as process:
                wait_for(lambda: re.search(r"mail_urgent\[\S+ succeeded in", process.log()))
                process.stop()
        wait_for(lambda: inspector.good("repo_sync_completed"))
        wait_for(lambda: sink.named("run/apps.insights.tasks.mail_urgent"))
    return Synced(sink, inspector)


def test_a_request_the_sync_that_it_started_and_the_calls_to_github_are_one_trace(synced: Synced) -> None:
    database = ("SELECT", "INSERT", "UPDATE", "BEGIN", "SAVEPOINT", "RELEASE")
    redis = ("PING", "LLEN", "SADD", "LPUSH")
    seen = synced.tree(*(f"client {command}" for command in database + redis)).replace("\n  ", "\n")
    assert seen == f"server {_BUTTON} [repo_sync_started]\n{_TASKS}"


def test_queries_are_named_by_operation_and_table(synced: Synced, services: dict[str, str]) -> None:
    (page,) = {synced.sink.tree(one) for one in synced.sink.named("GET /integrations/progress/")[:1]}
    assert page == _PAGE
    # psycopg begins a transaction without a statement of its own.
    half = _HALF_A_SYNC if "DATABASE_URL" not in services else _HALF_A_SYNC.replace("client BEGIN\n", "")
    assert half.replace("\n", "\n      ") in synced.tree()


def test_the_time_between_button_and_task_is_visible(synced: Synced) -> None:
    (sent,), (done,) = synced.sink.named(f"apply_async/{_SYNC[4:]}"), synced.sink.named(_SYNC)
    assert done.parent_span_id == sent.span_id
    assert done.start_time_unix_nano > sent.end_time_unix_nano


def test_each_event_links_to_its_trace_and_the_trace_shows_the_event(synced: Synced) -> None:
    (done,) = synced.inspector.good("repo_sync_completed")
    trace_id = synced.request.trace_id.hex()
    assert done["properties"]["$trace_id"] == trace_id
    assert done["properties"]["trace_url"] == f"https://jaeger.example/trace/{trace_id}"
    (span,) = [one for one in synced.sink.spans if one.span_id.hex() == done["properties"]["$span_id"]]
    assert [event.name for event in span.events] == ["repo_sync_completed"]


def test_spans_outside_requests_and_tasks_are_dropped(synced: Synced) -> None:
    roots = [one for one in synced.sink.spans if not one.parent_span_id]
    assert [one for one in roots if one.kind != Span.SPAN_KIND_SERVER] == []
    assert not [one for one in roots if "health" in one.name]


def test_user_input_and_secrets_are_in_no_span(synced: Synced) -> None:
    text = shown(synced.sink.spans)
    assert [one for one in ("alice@acme.example", "correct horse", "sandbox-", "gho_") if one in text] == []
