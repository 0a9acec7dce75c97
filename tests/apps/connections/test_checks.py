"""System checks of OAuth apps and token keys."""

from __future__ import annotations

import pytest
from cryptography.fernet import Fernet
from django.core.checks import run_checks
from pytest_django import Settings

PROVIDERS = ("GITHUB", "JIRA", "SLACK")


def _found() -> list[tuple[str | None, str, str | None]]:
    return [(one.id, one.msg, one.hint) for one in run_checks(tags=["integrations"])]


@pytest.fixture(autouse=True)
def _nothing_set(settings: Settings) -> None:
    for provider in PROVIDERS:
        setattr(settings, f"{provider}_CLIENT_ID", "")
        setattr(settings, f"{provider}_CLIENT_SECRET", "")


def test_without_apps_the_checks_pass() -> None:
    assert _found() == []


@pytest.mark.parametrize("provider", PROVIDERS)
def test_an_app_with_id_and_secret_passes(settings: Settings, provider: str) -> None:
    setattr(settings, f"{provider}_CLIENT_ID", "id")
    setattr(settings, f"{provider}_CLIENT_SECRET", "secret")

    assert _found() == []


@pytest.mark.parametrize(("there", "missing"), [("ID", "SECRET"), ("SECRET", "ID")])
@pytest.mark.parametrize("provider", PROVIDERS)
def test_half_an_app_is_an_error(settings: Settings, provider: str, there: str, missing: str) -> None:
    setattr(settings, f"{provider}_CLIENT_{there}", "x")

    ((id_, message, hint),) = _found()

    assert id_ == "integrations.E001"
    assert f"{provider}_CLIENT_{missing} is not" in message
    assert hint


@pytest.mark.parametrize(
    ("keys", "wrong"),
    [
        ([Fernet.generate_key().decode()], []),
        (["short"], [1]),
        ([Fernet.generate_key().decode(), "no key, ünd not ASCII"], [2]),
        (["", "x" * 44], [1, 2]),
    ],
)
def test_an_invalid_key_is_an_error_that_does_not_show_the_key(
    settings: Settings, keys: list[str], wrong: list[int]
) -> None:
    settings.TOKEN_KEYS = keys

    found = _found()

    assert [id_ for id_, _, _ in found] == ["integrations.E002"] * len(wrong)
    for place, (_, message, hint) in zip(wrong, found, strict=True):
        assert f"key {place} of TOKEN_KEYS" in message
        assert not [key for key in keys if key and key in f"{message}{hint}"]
