"""Identity of a request's events: which sources are trusted, in sync and async stacks."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import suppress
from typing import Any, cast
from urllib.parse import quote

import orjson
import pytest
from asgiref.sync import sync_to_async
from django.contrib.auth import get_user_model, login
from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.middleware import AuthenticationMiddleware
from django.contrib.sessions.backends.db import SessionStore
from django.http import HttpRequest, HttpResponse
from django.test import RequestFactory
from opentelemetry import trace
from opentelemetry.trace import SpanKind

from otel import Identity, record, record_error
from otel.django.middleware import TelemetryMiddleware
from otel.testing import CapturedEvents
from tests.otel.shop import ParcelShipped, shop

VISITOR = "0190f5b0-1111-7000-8000-000000000001"
SESSION = "0190f5b0-2222-7000-8000-000000000002"
tracer = trace.get_tracer("tests")
pytestmark = pytest.mark.django_db


@pytest.fixture
def captured() -> Iterator[CapturedEvents]:
    with shop() as events:
        yield events


@pytest.fixture(autouse=True)
def identify(settings: Any) -> None:
    settings.AUTHENTICATION_BACKENDS = ["django.contrib.auth.backends.ModelBackend"]
    settings.TELEMETRY = {"IDENTIFY": f"{__name__}.about", "GROUPS": {"team": "shop.team.id"}}


def about(user: AbstractBaseUser, _: HttpRequest | None) -> Identity:
    return Identity(f"person-{user.pk}", {"team": "t1"}, opted_out=user.get_username().startswith("shy"))


def make_user(name: str = "anna") -> Any:
    return get_user_model().objects.create(email=f"{name}@example.com")


def ship(_: HttpRequest) -> None:
    record(ParcelShipped(number=1))


def ask(
    view: Callable[[HttpRequest], None] = ship,
    *,
    user: Any = None,
    cookie: dict[str, Any] | None = None,
    **headers: str,
) -> None:
    """Send a request through authentication and our middleware, inside a server span like Django's."""
    request = RequestFactory().get("/", headers=headers)
    prepare(request, user, cookie)

    def get_response(request: HttpRequest) -> HttpResponse:
        view(request)
        return HttpResponse()

    stack = AuthenticationMiddleware(TelemetryMiddleware(get_response))
    with tracer.start_as_current_span("GET", kind=SpanKind.SERVER):
        stack(request)


def kept_session(*, idle_min: int, age_h: int) -> list[Any]:
    """Return a session as posthog-js stores it: the time of the last activity, the id, and the start."""
    now = time.time_ns() // 1_000_000
    return [now - idle_min * 60_000, SESSION, now - age_h * 3_600_000]


def prepare(request: HttpRequest, user: Any, cookie: dict[str, Any] | None) -> None:
    session = SessionStore()
    if user is not None:
        signed_in = HttpRequest()
        signed_in.session = session
        login(signed_in, user, backend="django.contrib.auth.backends.ModelBackend")
        session.save()
        request.COOKIES["sessionid"] = str(session.session_key)
    request.session = session
    if cookie is not None:
        request.COOKIES["ph_phc_test_posthog"] = quote(orjson.dumps(cookie).decode())


def test_the_signed_in_person_takes_precedence_over_a_header(captured: CapturedEvents) -> None:
    user = make_user()
    ask(user=user, X_POSTHOG_DISTINCT_ID=VISITOR, X_POSTHOG_SESSION_ID=SESSION)
    (capture,) = captured
    assert capture.distinct_id == f"person-{user.pk}"
    assert capture.properties["$session_id"] == SESSION
    assert capture.properties["$groups"] == {"team": "t1"}
    assert "$process_person_profile" not in capture.properties


def test_a_visitor_is_known_by_posthog_js_header_or_cookie(captured: CapturedEvents) -> None:
    ask(X_POSTHOG_DISTINCT_ID=VISITOR)
    ask(cookie={"distinct_id": VISITOR, "$sesid": kept_session(idle_min=29, age_h=23)})
    assert [capture.distinct_id for capture in captured] == [VISITOR, VISITOR]
    assert captured[1].properties["$session_id"] == SESSION
    assert {capture.properties["$process_person_profile"] for capture in captured} == {False}


@pytest.mark.parametrize(("idle_min", "age_h"), [(31, 1), (1, 25), (24 * 60, 48)])
def test_an_expired_session_is_not_continued(captured: CapturedEvents, idle_min: int, age_h: int) -> None:
    ask(cookie={"distinct_id": VISITOR, "$sesid": kept_session(idle_min=idle_min, age_h=age_h)})
    assert captured[0].distinct_id == VISITOR
    assert "$session_id" not in captured[0].properties


@pytest.mark.parametrize(
    "claim", ["7ac33c4c-9aa4-4eae-99e5-de46c9714259", "person-1", "0", "", VISITOR + "0", "\u00e9"]
)
def test_a_header_cannot_claim_an_account(captured: CapturedEvents, claim: str) -> None:
    ask(X_POSTHOG_DISTINCT_ID=claim, X_POSTHOG_SESSION_ID=claim)
    (capture,) = captured
    assert capture.distinct_id != claim
    assert capture.properties["$process_person_profile"] is False
    assert "$session_id" not in capture.properties


@pytest.mark.parametrize(
    "cookie", [{"distinct_id": 7}, {"$sesid": "x"}, {"$sesid": []}, {"$sesid": ["x", SESSION, None]}, {}]
)
def test_a_malformed_cookie_is_anonymous(captured: CapturedEvents, cookie: dict[str, Any]) -> None:
    ask(cookie=cookie)
    assert captured[0].properties["$process_person_profile"] is False
    assert "$session_id" not in captured[0].properties


def test_a_cookie_that_is_not_json_is_anonymous(captured: CapturedEvents) -> None:
    def garble(request: HttpRequest) -> None:
        request.COOKIES["ph_phc_test_posthog"] = "%7Bnot json"
        record(ParcelShipped(number=1))

    ask(garble)
    assert captured[0].properties["$process_person_profile"] is False


@pytest.mark.parametrize("signal", [{"Sec_GPC": "1"}, {"DNT": "1"}])
def test_a_browser_that_refuses_is_not_tracked_but_its_errors_are_without_a_person(
    captured: CapturedEvents, signal: dict[str, Any]
) -> None:
    user = make_user()

    def view(_: HttpRequest) -> None:
        record(ParcelShipped(number=1))
        trace.get_current_span().add_event("parcel_shipped", {"number": 2})
        record_error(ValueError("seen to"))

    ask(view, user=user, X_POSTHOG_SESSION_ID=SESSION, **signal)
    assert {capture.event for capture in captured} == {"$exception", "shop_failed"}
    for capture in captured:
        assert capture.properties["$process_person_profile"] is False
        assert not {"$session_id", "$groups", "$set"} & capture.properties.keys()
        assert capture.distinct_id != f"person-{user.pk}"
        assert "t1" not in str(capture)


def test_only_the_projects_own_cookie_opts_out(captured: CapturedEvents, settings: Any) -> None:
    def send(**cookies: str) -> None:
        cookie = "; ".join(f"{name}={value}" for name, value in cookies.items())
        ask(Cookie=cookie, X_POSTHOG_DISTINCT_ID=VISITOR)

    send(no_thanks="1")
    assert [capture.distinct_id for capture in captured] == [VISITOR]
    settings.TELEMETRY = {**settings.TELEMETRY, "OPT_OUT_COOKIE": "no_thanks"}
    send(no_thanks="0")
    send(opt_out="1")
    assert len(captured) == 3
    send(no_thanks="1")
    assert len(captured) == 3


def test_a_person_who_opted_out_in_the_profile_is_not_tracked(captured: CapturedEvents) -> None:
    ask(user=make_user("shy"))
    assert list(captured) == []


def test_a_login_within_the_request_counts_and_aliases_the_visitor(captured: CapturedEvents) -> None:
    user = make_user()

    def view(request: HttpRequest) -> None:
        record(ParcelShipped(number=1))
        login(request, user, backend="django.contrib.auth.backends.ModelBackend")
        record(ParcelShipped(number=2))

    ask(view, X_POSTHOG_DISTINCT_ID=VISITOR)
    before, creation, alias, after = sorted(captured, key=lambda capture: capture.timestamp)
    assert (before.distinct_id, after.distinct_id) == (VISITOR, f"person-{user.pk}")
    assert (creation.event, creation.distinct_id) == ("$set", f"person-{user.pk}")
    assert (alias.event, alias.distinct_id) == ("$identify", f"person-{user.pk}")
    assert alias.properties["$anon_distinct_id"] == VISITOR


def test_a_visitor_who_refuses_is_not_aliased_to_the_account(captured: CapturedEvents) -> None:
    user = make_user()
    ask(
        lambda request: login(request, user, backend="django.contrib.auth.backends.ModelBackend"),
        X_POSTHOG_DISTINCT_ID=VISITOR,
        DNT="1",
    )
    assert list(captured) == []


@pytest.mark.usefixtures("captured")
def test_a_request_without_events_loads_no_user(django_assert_num_queries: Any) -> None:
    user = make_user()
    request = RequestFactory().get("/")
    prepare(request, user, None)
    stack = AuthenticationMiddleware(TelemetryMiddleware(lambda _: HttpResponse()))
    with django_assert_num_queries(0), tracer.start_as_current_span("GET", kind=SpanKind.SERVER):
        stack(request)


def test_an_error_knows_the_person_of_its_request(captured: CapturedEvents) -> None:
    user = make_user()

    def view(request: HttpRequest) -> None:
        assert request.user.is_authenticated
        with suppress(ValueError), tracer.start_as_current_span("inner") as span:
            span.record_exception(ValueError("seen to"))
            span.set_status(trace.StatusCode.ERROR)

    ask(view, user=user)
    assert {capture.distinct_id for capture in captured} == {f"person-{user.pk}"}


async def ask_async(view: Callable[[HttpRequest], Awaitable[None]], user: Any) -> None:
    """Send a request like `ask`, in an event loop."""
    request = RequestFactory().get("/")
    await sync_to_async(prepare)(request, user, None)

    async def get_response(request: HttpRequest) -> HttpResponse:
        await view(request)
        return HttpResponse()

    stack = AuthenticationMiddleware(TelemetryMiddleware(get_response))
    with tracer.start_as_current_span("GET", kind=SpanKind.SERVER):
        await cast("Awaitable[Any]", stack(request))


@pytest.mark.django_db(transaction=True)
def test_an_async_stack_knows_the_person_too(captured: CapturedEvents) -> None:
    user = make_user()

    async def view(request: HttpRequest) -> None:
        await request.auser()
        await asyncio.sleep(0)
        record(ParcelShipped(number=1))
        await sync_to_async(record)(ParcelShipped(number=2))

    asyncio.run(ask_async(view, user))
    assert [capture.distinct_id for capture in captured] == [f"person-{user.pk}"] * 2


@pytest.mark.django_db(transaction=True)
def test_an_async_request_that_never_loads_its_user_is_still_attributed_to_the_user(
    captured: CapturedEvents,
) -> None:
    user = make_user()

    async def view(_: HttpRequest) -> None:
        record(ParcelShipped(number=1))

    asyncio.run(ask_async(view, user))
    assert [capture.distinct_id for capture in captured] == [f"person-{user.pk}"]


@pytest.mark.django_db(transaction=True)
def test_two_requests_at_once_do_not_mix(captured: CapturedEvents) -> None:
    users = [make_user(f"user{number}") for number in range(5)]

    async def view(request: HttpRequest) -> None:
        user = await request.auser()
        for _ in range(3):
            await asyncio.sleep(0)
            record(ParcelShipped(number=int(user.pk or 0)))

    async def all_at_once() -> None:
        await asyncio.gather(*(ask_async(view, user) for user in users))

    asyncio.run(all_at_once())
    assert len(captured) == 15
    assert all(capture.distinct_id == f"person-{capture.properties['number']}" for capture in captured)
