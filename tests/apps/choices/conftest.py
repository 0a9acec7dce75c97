"""Alice's browser, with Acme connected to all three providers from settings."""

from __future__ import annotations

import pytest
from django.test import Client

from apps.teams.models import Team
from apps.users.models import User
from otel.testing import CapturedEvents
from tests.apps.choices.connecting import connect_all
from tests.apps.conftest import Browser
from tformance.sandbox.running import RunningSandbox


@pytest.fixture
def client_of_alice(
    browser: Browser, sandbox: RunningSandbox, captured_events: CapturedEvents, alice: User, acme: Team
) -> Client:
    client = browser(alice)
    connect_all(client, sandbox)
    captured_events.clear()
    return client
