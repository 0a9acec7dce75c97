"""docker-compose.yml, read by Compose's own library (`deploy/check`)."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Mapping
from functools import cache
from types import MappingProxyType
from typing import Any

from tests.lifecycle.servers import ROOT

__all__ = ["SECRETS", "read", "services"]

# The variables that `.env` must set.
SECRETS: Mapping[str, str] = MappingProxyType(
    {
        "SITE_HOST": "tformance.example",
        "SECRET_KEY": "secret-key",
        "TOKEN_KEYS": "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=",
        "POSTGRES_PASSWORD": "postgres-password",
        "REDIS_PASSWORD": "redis-password",
        "POSTHOG_BRIDGE_TOKEN": "bridge-token",
        "GRAFANA_PASSWORD": "grafana-password",
        "POSTHOG_API_KEY": "phc_test",
    }
)

# The variables that Go needs; no other variables of this machine may affect the file.
_GO = ("GOCACHE", "GOFLAGS", "GOMODCACHE", "GOPATH", "GOPROXY", "GOSUMDB", "HOME", "PATH")

_CHECK = ROOT / "deploy" / "check"


def read(env: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
    """Read the file with an environment; return the finished process, whose output is JSON."""
    _download()
    return subprocess.run(
        ["go", "run", ".", str(ROOT / "docker-compose.yml")],
        cwd=_CHECK,
        env=_own() | dict(env),
        capture_output=True,
        text=True,
        check=False,
    )


@cache
def _download() -> None:
    """Download the library's modules: `go run` would write about it among Compose's warnings."""
    subprocess.run(["go", "mod", "download"], cwd=_CHECK, env=_own(), check=True)


def _own() -> dict[str, str]:
    return {name: os.environ[name] for name in _GO if name in os.environ}


@cache
def services() -> Mapping[str, Mapping[str, Any]]:
    """Return the services, with all variables substituted."""
    done = read(SECRETS)
    assert (done.returncode, done.stderr) == (0, "")
    found: dict[str, dict[str, Any]] = json.loads(done.stdout)["services"]
    return MappingProxyType(found)
