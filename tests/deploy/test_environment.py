"""The variables of `.env` reach every program that reads them; programs use their defaults for the others."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from functools import cache

import pytest

from otel.settings import ENVIRONMENT
from tests.deploy.compose import read, services
from tests.deploy.needing import needs_go
from tests.lifecycle.servers import ROOT

pytestmark = [pytest.mark.slow, needs_go]

_EXAMPLE = (ROOT / ".env.example").read_text()
_COLLECTOR = dict(
    re.findall(r"\$\{env:(\w+):-([^}]*)\}", (ROOT / "collector-config.yaml").read_text()),
)
_NAMES = set(re.findall(r"^#?([A-Z_]+)=", _EXAMPLE, re.MULTILINE))

# Variables for serving pages only: gunicorn's variables and those for browsers.
_PAGES = {
    "POSTHOG_API_KEY",
    "POSTHOG_PERSONAL_API_KEY",
    "POSTHOG_UI_HOST",
    "SESSION_RECORDING",
    "WEB_CONCURRENCY",
}
# The secret of the bridge's senders; our programs send to the Collector, which does not require a secret.
_BRIDGE = {"POSTHOG_BRIDGE_TOKEN"}


def _read_by_the_project() -> set[str]:
    files = [ROOT / "tformance/settings.py", ROOT / "tformance/gunicorn.py", *(ROOT / "apps").rglob("*.py")]
    text = "\n".join(file.read_text() for file in files)
    read_of_environ = r'(?:env_(?:str|bool|list|choice)|environ\.get)\(\s*"([A-Z_]+)"'
    standard = {name for name in _NAMES if name.startswith("OTEL_")}
    return {*re.findall(read_of_environ, text), *ENVIRONMENT, *standard, "WEB_CONCURRENCY"} - _BRIDGE


def _readers() -> Mapping[str, set[str]]:
    project = _read_by_the_project()
    return {
        "product": project,
        "worker": project - _PAGES,
        "beat": project - _PAGES,
        "bridge": {*ENVIRONMENT, "SECRET_KEY", "LOG_LEVEL"},
        "collector": set(_COLLECTOR),
    }


@cache
def _given() -> Mapping[str, Mapping[str, str]]:
    """Return each service's environment if `.env` sets every variable to a value with the variable's name."""
    # Without the variable that replaces the token during a rotation.
    values = {name: f"given-{name.lower()}" for name in _NAMES - {"POSTHOG_BRIDGE_TOKENS"}}
    done = read(values)
    assert (done.returncode, done.stderr) == (0, "")
    return {name: one.get("environment") or {} for name, one in json.loads(done.stdout)["services"].items()}


@pytest.mark.parametrize("service", ["product", "worker", "beat", "bridge", "collector"])
def test_every_variable_of_the_example_reaches_each_program_that_reads_it(service: str) -> None:
    wanted = _readers()[service] & _NAMES
    assert len(wanted) > 5
    reached = {name for name, value in _given()[service].items() if value == f"given-{name.lower()}"}
    assert sorted(wanted - reached) == []


def test_each_setting_of_the_collector_is_fixed_or_can_be_set_by_the_operator() -> None:
    fixed = services()["collector"]["environment"]
    assert sorted(name for name in _COLLECTOR if name not in fixed) == []
    # The Collector uses an empty variable as a value, so a variable that is not set must be absent.
    left = {name for name, value in fixed.items() if value is None}
    assert left == {name for name in left if name in _NAMES}
    assert "" not in fixed.values()


def test_the_documented_defaults_of_the_collector_are_correct() -> None:
    told = dict(re.findall(r"^#([A-Z_]+)=(.*)$", _EXAMPLE, re.MULTILINE))
    both = told.keys() & _COLLECTOR.keys()
    assert len(both) > 15
    assert {name: told[name] for name in both} == {name: _COLLECTOR[name] for name in both}


def test_the_settings_that_remedies_name_can_be_set() -> None:
    page = (ROOT / "docs/operations.md").read_text()
    alerts = page.partition("## Alerts")[2].partition("## What is lost when")[0]
    named = set(re.findall(r"`((?:TAIL|BRIDGE_QUEUE|OTEL|TRACES|QUEUE)_[A-Z_]+)`", alerts))
    assert named
    assert sorted(named - _NAMES) == []
