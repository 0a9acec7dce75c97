"""The Collector's configurations are valid, up to date, consistent, and start without a warning."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from otel.events import Event, Registry, event
from otel.generate import NoBlockError, collector_config
from tests.lifecycle.servers import ROOT
from tests.services.collector import CONFIG, RunningCollector, collector_env, running_collector
from tests.services.needing import needs_collector

TIER1, TIER2 = ROOT / "collector/tier1.yaml", ROOT / "collector/tier2.yaml"

PORTS = dict.fromkeys(("HEALTH", "METRICS", "OTLP_GRPC", "OTLP_HTTP", "PROMETHEUS"), 0)

each = pytest.mark.parametrize("config", [CONFIG, TIER1, TIER2], ids=lambda config: config.stem)

# The components that only this tier has; it shares the rest with the gateway.
OWN = {
    "tier1": {"extensions file_storage/samplers", "exporters load_balancing/samplers"},
    "tier2": {"receivers otlp"},
}


def _validated(config: Path, env: dict[str, str]) -> tuple[str, int]:
    done = subprocess.run(
        [ROOT / "collector/build/otelcol", "validate", "--config", config],
        env=env,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    return done.stdout, done.returncode


def _components(config: Path) -> dict[str, str]:
    """Return the text of each component by its section and name, without comments between components."""
    found: dict[str, str] = {}
    section = name = ""
    for line in config.read_text().split("\nservice:\n")[0].splitlines():
        if re.match(r"[a-z]", line):
            section = line.rstrip(":")
        elif re.match(r"  [a-z]", line):
            name = f"{section} {line.strip().rstrip(':')}"
            found[name] = ""
        elif line.startswith("   "):
            found[name] += line + "\n"
    return found


def _complaints(collector: RunningCollector) -> list[str]:
    lines = [json.loads(line) for line in collector.log().splitlines() if line.startswith("{")]
    assert any(line["msg"].startswith("Everything is ready") for line in lines)
    return [line["msg"] for line in lines if line["level"] != "info"]


@pytest.mark.slow
@needs_collector
@each
def test_each_configuration_is_valid_on_loopback_and_with_defaults_alone(
    config: Path, tmp_path: Path
) -> None:
    assert _validated(config, collector_env(tmp_path, PORTS)) == ("", 0)
    assert _validated(config, {"QUEUE_DIR": str(tmp_path)}) == ("", 0)


@pytest.mark.slow
@needs_collector
@each
def test_each_configuration_starts_and_stops_without_a_warning(config: Path) -> None:
    with running_collector(TIER2, {}) as sampler:  # the first tier connects when it starts
        host, port = sampler.grpc_endpoint.split(":")
        with running_collector(config, {"SAMPLERS_HOST": host, "SAMPLERS_PORT": port}) as collector:
            assert "otelcol_process_uptime" in collector.metrics()
            collector.stop()
            assert _complaints(collector) == []
            assert json.loads(collector.log().splitlines()[-1])["msg"] == "Shutdown complete."


@pytest.mark.parametrize("tier", [TIER1, TIER2], ids=lambda tier: tier.stem)
def test_the_components_that_a_tier_shares_with_the_gateway_are_the_same(tier: Path) -> None:
    gateway, own = _components(CONFIG), OWN[tier.stem]
    shared = {name: text for name, text in _components(tier).items() if name not in own}

    assert len(shared) > 5
    assert shared == {name: gateway[name] for name in shared}


def test_the_declared_names_are_current() -> None:
    call_command("telemetry", "generate", "--check", str(CONFIG), str(TIER1))


def test_a_stale_configuration_is_named_and_only_its_generated_block_is_written(tmp_path: Path) -> None:
    config = tmp_path / "config.yaml"
    text = CONFIG.read_text()
    config.write_text("# of an operator\n" + text.replace("            user_signed_up\\\n", "", 1))

    with pytest.raises(CommandError, match=r"config.yaml .* run `telemetry generate --write .*config.yaml`"):
        call_command("telemetry", "generate", "--check", str(config))
    call_command("telemetry", "generate", "--write", str(config))

    assert config.read_text() == "# of an operator\n" + text


@pytest.mark.parametrize(
    ("text", "problem"), [(None, "does not exist: start from"), ("receivers:\n", "has no block from")]
)
def test_the_error_about_a_file_that_cannot_be_written_says_what_to_do(
    text: str | None, problem: str, tmp_path: Path
) -> None:
    config = tmp_path / "config.yaml"
    if text is not None:
        config.write_text(text)

    with pytest.raises(CommandError, match=problem):
        call_command("telemetry", "generate", "--check", str(config))


@pytest.mark.slow
@needs_collector
def test_a_name_with_special_characters_of_yaml_and_regular_expressions_is_escaped(tmp_path: Path) -> None:
    registry = Registry()

    @event('paid "in full" \\d+ ${env:HOME} [a-', tier=1, owner="tests", registry=registry)
    class Paid(Event):
        """It was paid."""

    config = tmp_path / "config.yaml"
    config.write_text(collector_config(CONFIG.read_text(), registry))

    assert _validated(config, collector_env(tmp_path, PORTS)) == ("", 0)
    assert "            paid..in.full" in config.read_text()


def test_a_configuration_without_the_block_is_refused() -> None:
    with pytest.raises(NoBlockError):
        collector_config("receivers:\n", Registry())
