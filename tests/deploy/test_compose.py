"""docker-compose.yml, read by Compose's own library: its services and their security."""

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


def test_all_services_exist() -> None:
    parts = {"collector", "jaeger", "prometheus", "grafana", "postgres", "redis", "proxy"}
    assert services().keys() == _OURS | parts


@pytest.mark.parametrize("name", SECRETS)
def test_a_missing_required_variable_is_named(name: str) -> None:
    done = read({other: value for other, value in SECRETS.items() if other != name})
    assert done.returncode == 1
    assert f"required variable {name} is missing a value: " in done.stderr


def test_the_example_environment_names_the_variables_of_the_file_and_no_other() -> None:
    # `${NAME…}`, and variables of a service without a value, which only the operator can set.
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


def test_no_service_is_root_or_can_become_root() -> None:
    for name, one in services().items():
        assert one["cap_drop"] == ["ALL"], name
        assert "cap_add" not in one, name
        assert one["security_opt"] == ["no-new-privileges:true"], name
        assert one["read_only"] is True, name
        # The Dockerfiles of images that are built here set the user, and have their own test.
        is_built = "build" in one or one["image"].startswith("tformance:")
        assert is_built or int(one["user"].split(":")[0]) > 0, name


def test_only_the_proxy_listens_beyond_this_machine() -> None:
    reached = {
        (name, port["target"], port.get("host_ip"))
        for name, one in services().items()
        for port in one.get("ports") or ()
    }
    assert {name for name, _, address in reached if address != "127.0.0.1"} == {"proxy"}


def test_databases_and_proxy_reach_no_other_network() -> None:
    networks = {name: set(one["networks"]) for name, one in services().items()}
    assert networks["postgres"] == networks["redis"] == {"data"}
    # The proxy, which is public, reaches only the product and no service behind it.
    assert networks["proxy"] == {"front"}
    assert {name for name, reached in networks.items() if "front" in reached} == {"proxy", "product"}


def test_images_are_pinned_or_built_here() -> None:
    for name, one in services().items():
        is_built = one["image"].startswith("tformance")
        assert is_built or re.search(r":v?\d+\.\d+(\.\d+)?[\w.-]*$", one["image"]), name


def test_every_service_has_a_memory_and_log_limit() -> None:
    for name, one in services().items():
        limit = int(one["deploy"]["resources"]["limits"]["memory"])
        assert one["logging"]["options"].keys() == {"max-size", "max-file"}, name
        goal = one.get("environment", {}).get("GOMEMLIMIT")
        if goal is not None:
            assert int(goal[:-3]) * _GO_UNITS[goal[-3:]] <= limit * 0.8, name


def test_every_service_that_can_report_its_health_has_a_check() -> None:
    silent = {name for name, check in _all("healthcheck").items() if not check or check.get("disable")}
    assert silent == {"beat", "jaeger", "migrate"}  # the file's comments say why; `migrate` ends


def test_our_programs_send_only_through_the_collector() -> None:
    for name in _OURS - {"bridge"}:
        env = services()[name]["environment"]
        assert env["POSTHOG_VIA"] == "collector", name
        assert env["OTEL_EXPORTER_OTLP_ENDPOINT"] == "http://collector:4318", name
        assert "POSTHOG_BRIDGE_TOKEN" not in env, name
    # The API key is for programs that create captures, serve pages to browsers, or send traces to PostHog.
    knowing = {name for name, one in services().items() if "POSTHOG_API_KEY" in (one["environment"] or {})}
    assert knowing == {"bridge", "product", "collector"}


def test_rejected_events_of_all_programs_are_kept_in_one_folder() -> None:
    folder = "/var/lib/tformance/quarantine"
    for name in ("product", "worker", "bridge"):
        one = services()[name]
        assert one["environment"]["POSTHOG_QUARANTINE"] == folder, name
        assert ("quarantine", folder) in {
            (mount["source"], mount["target"]) for mount in one.get("volumes") or ()
        }, name


def test_bind_mounts_exist_and_are_read_only() -> None:
    for name, one in services().items():
        for mount in one.get("volumes") or ():
            if mount["type"] == "bind":
                assert mount["read_only"], name
                assert Path(mount["source"]).exists(), name


def test_a_program_gets_enough_time_to_stop() -> None:
    seconds = {name: one.get("stop_grace_period") for name, one in services().items()}
    assert seconds["product"] == seconds["bridge"] == seconds["collector"] == "30s"
    assert gunicorn.graceful_timeout < 30
