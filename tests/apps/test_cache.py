"""Tests of the login rate limit: shared by all processes, or per process while Redis is unavailable."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator

import pytest
from pytest_django import Settings
from redis import Redis

from apps.users.models import User
from tests.apps.conftest import Browser
from tests.services.needing import needs_services
from tests.services.redis import running_redis
from tformance.cache import SharedCache

_ASK = "from django.core.cache import cache; print(cache.get('tried'), cache.add('tried', 1, 60))"


@pytest.fixture
def redis_away(settings: Settings) -> Iterator[None]:
    settings.CACHES = {
        "default": {"BACKEND": "tformance.cache.SharedCache", "LOCATION": "redis://127.0.0.1:1/0"}
    }
    yield
    SharedCache._away_until = 0.0
    SharedCache._own.clear()


@pytest.mark.usefixtures("redis_away")
def test_logins_work_and_are_limited_while_redis_is_unavailable(browser: Browser, alice: User) -> None:
    began = time.monotonic()
    client = browser(None)
    right = {"login": alice.email, "password": "correct horse battery"}

    assert client.post("/accounts/login/", right).status_code == 302
    assert time.monotonic() - began < 5
    pages = [browser(None).post("/accounts/login/", {**right, "password": "wrong"}) for _ in range(6)]
    assert "Too many failed login attempts" in pages[-1].content.decode()


@pytest.mark.slow
@needs_services
def test_processes_share_counts_outside_of_the_brokers_database() -> None:
    with running_redis() as broker:
        env = {**os.environ, "CELERY_BROKER_URL": broker, "DJANGO_SETTINGS_MODULE": "tformance.settings"}
        said = [
            subprocess.run([sys.executable, "-c", _ASK], env=env, capture_output=True, text=True, check=True)
            for _ in range(2)
        ]
        with Redis.from_url(broker) as client:
            assert client.dbsize() == 0

    assert [one.stdout.split() for one in said] == [["None", "True"], ["1", "False"]]
