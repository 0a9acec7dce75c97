"""Tests that settings reject invalid values with an error."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest
from django.core.exceptions import ImproperlyConfigured

from tformance.env import env_bool, env_choice, env_list, env_str


@pytest.mark.parametrize(("raw", "value"), [("true", True), ("0", False), (" No ", False), ("", True)])
def test_a_switch_is_read(monkeypatch: pytest.MonkeyPatch, raw: str, value: bool) -> None:
    monkeypatch.setenv("SWITCH", raw)

    assert env_bool("SWITCH", default=True) is value


def test_a_switch_that_is_neither_on_nor_off_fails_with_its_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SWITCH", "perhaps")

    with pytest.raises(ImproperlyConfigured, match="SWITCH='perhaps'"):
        env_bool("SWITCH", default=True)


def test_an_invalid_choice_fails_with_the_valid_ones(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LEVEL", "LOUD")

    with pytest.raises(ImproperlyConfigured, match="INFO, WARNING"):
        env_choice("LEVEL", ("INFO", "WARNING"), "INFO")


def test_a_list_is_split_at_commas(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOSTS", "a.example, b.example,")

    assert env_list("HOSTS") == ["a.example", "b.example"]
    assert env_list("NOTHING", ["c.example"]) == ["c.example"]
    assert env_str("NOTHING", "x") == "x"


@pytest.mark.slow
def test_a_deployment_without_a_secret_key_does_not_start() -> None:
    env = {**os.environ, "DEBUG": "false", "SECRET_KEY": ""}

    result = subprocess.run(
        [sys.executable, "-c", "import tformance.settings"],
        env=env,
        capture_output=True,
        text=True,
        check=False,
    )

    assert result.returncode != 0
    assert "SECRET_KEY is not set" in result.stderr


@pytest.mark.slow
@pytest.mark.parametrize(
    ("given", "server"),
    [
        ({}, "console None"),
        ({"EMAIL_HOST": "mail"}, "smtp mail:25 in the clear"),
        ({"EMAIL_HOST": "mail", "EMAIL_HOST_USER": "t"}, "smtp mail:587 by TLS"),
    ],
    ids=["without a server", "within a network", "with a login"],
)
def test_emails_use_the_server_in_the_environment(given: dict[str, str], server: str) -> None:
    program = """
import django
from django.core.mail import get_connection
django.setup()
made = get_connection()
host = getattr(made, "host", None)
way = host and f"{host}:{made.port} {'by TLS' if made.use_tls else 'in the clear'}"
print(made.__module__.split(".")[-1], way)
"""
    env = {name: value for name, value in os.environ.items() if not name.startswith("EMAIL_")}

    result = subprocess.run(
        [sys.executable, "-c", program],
        env=env | given | {"DJANGO_SETTINGS_MODULE": "tformance.settings"},
        capture_output=True,
        text=True,
        check=False,
    )

    assert result.stdout.splitlines()[-1] == server, result.stderr
