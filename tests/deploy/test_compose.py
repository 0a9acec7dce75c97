"""docker-compose.yml: read by Compose's own library, and held to what it promises of safety."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from tests.deploy.compose import SECRETS, read, services
from tests.deploy.needing import needs_go
from tests.lifecycle.servers import ROOT
from tformance import gunicorn

pytestmark = [pytest.mark.slow, needs_go]

_OURS = {"product", "worker", "beat", "migrate", "bridge"}
_GO_UNITS = {"MiB": 2**20, "GiB": 2**30}


def _all(name: str) -> dict[str, Any]:
    return {service: one.get(name) for service, one in services().items()}


def test_all_parts_are_there() -> None:
    parts = {"collector", "jaeger", "prometheus", "grafana", "postgres", "redis", "proxy"}
    assert services().keys() == _OURS | parts


@pytest.mark.parametrize("name", SECRETS)
def test_what_has_no_default_is_asked_for_by_name(name: str) -> None:
    done = read({other: value for other, value in SECRETS.items() if other != name})
    assert done.returncode == 1
    assert f"required variable {name} is missing a value: " in done.stderr


def test_the_example_of_the_environment_names_what_the_file_reads_and_nothing_else() -> None:
    # `${NAME…}`, and a variable of a service that has no value but the operator's.
    file = (ROOT / "docker-compose.yml").read_text()
    read_of_file = {*re.findall(r"\$\{([A-Z_]+)", file), *re.findall(r"^ +([A-Z_]+):$", file, re.MULTILINE)}
    example = (ROOT / ".env.example").read_text()
    assert set(re.findall(r"^#?([A-Z_]+)=", example, re.MULTILINE)) == read_of_file
    must = set(re.findall(r"^([A-Z_]+)=$", example, re.MULTILINE))
    assert must == SECRETS.keys()


def test_the_example_holds_no_secret() -> None:
    example = (ROOT / ".env.example").read_text()
    given = dict(re.findall(r"^#?([A-Z_]*(?:PASSWORD|TOKEN|SECRET|KEY)[A-Z_]*)=(.*)$", example, re.MULTILINE))
    assert given
    assert set(given.values()) == {""}


def test_nobody_is_root_nor_can_become_it() -> None:
    for name, one in services().items():
        assert one["cap_drop"] == ["ALL"], name
        assert "cap_add" not in one, name
        assert one["security_opt"] == ["no-new-privileges:true"], name
        assert one["read_only"] is True, name
        # Those that are built here say it in their Dockerfile, which has a test of its own.
        is_built = "build" in one or one["image"].startswith("tformance:")
        assert is_built or int(one["user"].split(":")[0]) > 0, name


def test_only_the_proxy_listens_beyond_this_machine() -> None:
    reached = {
        (name, port["target"], port.get("host_ip"))
        for name, one in services().items()
        for port in one.get("ports") or ()
    }
    assert {name for name, _, address in reached if address != "127.0.0.1"} == {"proxy"}


def test_databases_lead_nowhere_else() -> None:
    networks = {name: set(one["networks"]) for name, one in services().items()}
    assert networks["postgres"] == networks["redis"] == {"data"}
    # The proxy, which strangers talk to, reaches the product and nothing behind it.
    assert networks["proxy"] == {"front"}
    assert {name for name, reached in networks.items() if "front" in reached} == {"proxy", "product"}


def test_images_are_pinned_or_built_here() -> None:
    for name, one in services().items():
        is_built = one["image"].startswith("tformance")
        assert is_built or re.search(r":v?\d+\.\d+(\.\d+)?[\w.-]*$", one["image"]), name


def test_everything_has_a_limit_of_memory_and_of_logs() -> None:
    for name, one in services().items():
        limit = int(one["deploy"]["resources"]["limits"]["memory"])
        assert one["logging"]["options"].keys() == {"max-size", "max-file"}, name
        goal = one.get("environment", {}).get("GOMEMLIMIT")
        if goal is not None:
            assert int(goal[:-3]) * _GO_UNITS[goal[-3:]] <= limit * 0.8, name


def test_all_that_can_say_how_they_are_are_asked() -> None:
    silent = {name for name, check in _all("healthcheck").items() if not check or check.get("disable")}
    assert silent == {"beat", "jaeger", "migrate"}  # which says of each why, and the last one ends


def test_the_product_and_its_like_send_through_the_collector_alone() -> None:
    for name in _OURS - {"bridge"}:
        env = services()[name]["environment"]
        assert env["POSTHOG_VIA"] == "collector", name
        assert env["OTEL_EXPORTER_OTLP_ENDPOINT"] == "http://collector:4318", name
        assert "POSTHOG_BRIDGE_TOKEN" not in env, name
    # The key: where events become captures, where pages tell it to browsers, and for PostHog's own tracing.
    knowing = {name for name, one in services().items() if "POSTHOG_API_KEY" in (one["environment"] or {})}
    assert knowing == {"bridge", "product", "collector"}


def test_what_is_rejected_anywhere_is_kept_in_one_folder() -> None:
    folder = "/var/lib/tformance/quarantine"
    for name in ("product", "worker", "bridge"):
        one = services()[name]
        assert one["environment"]["POSTHOG_QUARANTINE"] == folder, name
        assert ("quarantine", folder) in {
            (mount["source"], mount["target"]) for mount in one.get("volumes") or ()
        }, name


def test_what_is_mounted_from_here_is_here_and_only_read() -> None:
    for name, one in services().items():
        for mount in one.get("volumes") or ():
            if mount["type"] == "bind":
                assert mount["read_only"], name
                assert Path(mount["source"]).exists(), name


def test_a_program_is_given_the_time_that_its_end_takes() -> None:
    seconds = {name: one.get("stop_grace_period") for name, one in services().items()}
    assert seconds["product"] == seconds["bridge"] == seconds["collector"] == "30s"
    assert gunicorn.graceful_timeout < 30
