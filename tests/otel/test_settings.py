"""Settings: reading from the environment, and validation."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from otel.settings import ENVIRONMENT, Settings, SettingsError


def test_each_variable_sets_its_setting() -> None:
    settings = Settings.from_environ(
        {
            "POSTHOG_API_KEY": " phc_x ",
            "POSTHOG_HOST": "https://eu.i.posthog.com/",
            "POSTHOG_CAPTURE_MODE": "V1",
            "POSTHOG_CAPTURE_COMPRESSION": "None",
            "POSTHOG_CARRIER": "Log",
            "POSTHOG_EVENTS": "order_*, checkout_*",
            "POSTHOG_TIER_RATIOS": "3=0.25,2=0.5",
            "POSTHOG_SEND_ORGANISATION": "false",
            "POSTHOG_SEND_ERROR_MESSAGES": "no",
            "POSTHOG_GROUPS": "team = acme.team.id, company=acme.company",
            "POSTHOG_ERROR_EVENT": "error_occurred",
            "POSTHOG_IN_APP": "apps",
            "POSTHOG_QUARANTINE": "/var/lib/q",
            "POSTHOG_STRICT": "1",
            "POSTHOG_FLUSH_TIMEOUT": "2.5",
        }
    )
    assert settings == Settings(
        api_key="phc_x",
        host="https://eu.i.posthog.com",
        capture_mode="v1",
        capture_compression="none",
        carrier="log",
        events=("order_*", "checkout_*"),
        tier_ratios={3: 0.25, 2: 0.5},
        send_organisation=False,
        send_error_messages=False,
        groups={"team": "acme.team.id", "company": "acme.company"},
        error_event="error_occurred",
        in_app=("apps",),
        quarantine=Path("/var/lib/q"),
        strict=True,
        flush_timeout=2.5,
    )


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("POSTHOG_HOST", "eu.i.posthog.com"),
        ("POSTHOG_CAPTURE_MODE", "v2"),
        ("POSTHOG_CAPTURE_COMPRESSION", "zstd"),
        ("POSTHOG_CARRIER", "baggage"),
        ("POSTHOG_TIER_RATIOS", "1=0.5"),
        ("POSTHOG_TIER_RATIOS", "3:0.5"),
        ("POSTHOG_GROUPS", "team"),
        ("POSTHOG_GROUPS", "=acme.team.id"),
        ("POSTHOG_SEND_ORGANISATION", "perhaps"),
        ("POSTHOG_FLUSH_TIMEOUT", "soon"),
        ("POSTHOG_FLUSH_TIMEOUT", "-1"),
    ],
)
def test_an_invalid_variable_logs_a_warning_and_leaves_the_default(
    variable: str, value: str, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING, "otel.settings"):
        assert Settings.from_environ({variable: value}) == Settings()
    assert f"{variable}={value} is ignored" in caplog.text


def test_an_invalid_setting_in_code_raises() -> None:
    with pytest.raises(SettingsError, match="only tiers 2 and 3 can be sampled"):
        Settings(tier_ratios={1: 0.5})
    with pytest.raises(SettingsError, match="use a full URL"):
        Settings(host="posthog")


@given(st.dictionaries(st.sampled_from(sorted(ENVIRONMENT)), st.text()))
def test_no_environment_makes_reading_it_raise(environ: dict[str, str]) -> None:
    assert isinstance(Settings.from_environ(environ), Settings)
