"""Two accounts in one browser remain two persons under PostHog's rules for merging."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib.auth import login, logout
from django.http import HttpRequest

from otel import Settings, pipeline
from otel.inspector import RunningInspector, running_inspector
from tests.otel.django.test_identity import SESSION, VISITOR, ask, make_user
from tests.otel.installing import installed

pytestmark = pytest.mark.django_db

GROUPS = {"team": "shop.team.id"}
BACKEND = "django.contrib.auth.backends.ModelBackend"


@pytest.fixture(autouse=True)
def identify(settings: Any) -> None:
    settings.AUTHENTICATION_BACKENDS = [BACKEND]
    settings.TELEMETRY = {"IDENTIFY": "tests.otel.django.test_identity.about", "GROUPS": GROUPS}


@pytest.fixture
def inspector() -> Iterator[RunningInspector]:
    """An inspector to which the pipeline sends; the previous pipeline is restored afterwards."""
    with (
        running_inspector() as running,
        installed(Settings(api_key="phc_test", host=running.url, groups=GROUPS), waits_for_commit=False),
    ):
        yield running


def log_in(user: Any, **browser: Any) -> None:
    """Log an account in and out, in a browser that still has a visitor's id."""

    def view(request: HttpRequest) -> None:
        login(request, user, backend=BACKEND)
        logout(request)

    ask(view, **browser)


def persons(inspector: RunningInspector) -> list[set[str]]:
    assert pipeline.flush()
    return [set(one["distinct_ids"]) for one in inspector.persons()]


def test_a_second_account_does_not_join_the_person_of_the_first(inspector: RunningInspector) -> None:
    """Neither account has a person yet, and posthog-js was never told to forget the visitor."""
    first, second = make_user("anna"), make_user("ben")
    log_in(first, X_POSTHOG_DISTINCT_ID=VISITOR)
    log_in(second, X_POSTHOG_DISTINCT_ID=VISITOR)
    log_in(first, X_POSTHOG_DISTINCT_ID=VISITOR)
    assert persons(inspector) == [{f"person-{first.pk}", VISITOR}, {f"person-{second.pk}"}]


def test_without_the_update_ahead_of_the_alias_posthog_would_make_them_one(
    inspector: RunningInspector, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without the update, PostHog adds an id that it has never seen to the visitor's person (ID-5)."""
    exporter = pipeline.running().exporter  # type: ignore[union-attr]  # it was installed just now
    mapper = exporter.map  # type: ignore[union-attr]
    monkeypatch.setattr(exporter, "map", _OnlyTheAlias(mapper))
    first, second = make_user("anna"), make_user("ben")
    log_in(first, X_POSTHOG_DISTINCT_ID=VISITOR)
    log_in(second, X_POSTHOG_DISTINCT_ID=VISITOR)
    assert persons(inspector) == [{f"person-{first.pk}", f"person-{second.pk}", VISITOR}]


class _OnlyTheAlias:
    def __init__(self, mapper: Any) -> None:
        self._mapper = mapper
        self.selects, self.stamps = mapper.selects, mapper.stamps

    def __call__(self, envelope: Any) -> list[Any]:
        return [one for one in self._mapper(envelope) if one.event == "$identify"]


def test_an_id_that_posthog_js_has_for_an_account_is_not_a_visitors(inspector: RunningInspector) -> None:
    """This holds even if a product's account ids look like a visitor's id."""
    cookie = {"distinct_id": VISITOR, "$user_state": "identified", "$sesid": None}
    log_in(make_user("ben"), cookie=cookie, X_POSTHOG_SESSION_ID=SESSION)
    assert pipeline.flush()
    assert inspector.good("$identify") == []
