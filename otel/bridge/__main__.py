"""`python -m otel.bridge`: the bridge as a program."""

from __future__ import annotations

import argparse
import importlib
import logging
import sys
from collections.abc import Sequence

from otel.bridge.server import run
from otel.events import default_registry
from otel.settings import Settings

__all__ = ["main"]

_NOTES = """
The bridge is configured with the pipeline's environment variables (docs/settings.md): POSTHOG_API_KEY,
POSTHOG_HOST, POSTHOG_BRIDGE_TOKEN for the senders' bearer token, POSTHOG_QUARANTINE, POSTHOG_FLUSH_TIMEOUT, …

The bridge stores nothing: a request that was not answered with 200 is sent again by its sender, here or to
another replica. One process uses one core; several of them share the work behind any HTTP load balancer.
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run until interrupted.

    Args:
        arguments: the command line; `sys.argv` by default.
    """
    options = _parser().parse_args(arguments)
    logging.basicConfig(format="%(asctime)s %(levelname)s %(name)s: %(message)s", level=logging.INFO)
    for name in options.events:
        problem = _declare(name)
        if problem:
            print(problem, file=sys.stderr)
            return 1
    problem = run(Settings.from_environ(), default_registry, options.host, options.port)
    if problem:
        print(problem, file=sys.stderr)
    return 1 if problem else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m otel.bridge",
        description="Receives OTLP over HTTP from the OpenTelemetry Collector, and delivers its declared "
        "events and errors to PostHog.",
        epilog=_NOTES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "--host",
        default="127.0.0.1",
        help="the address to bind; 0.0.0.0 for all, with POSTHOG_BRIDGE_TOKEN set (default: %(default)s)",
    )
    # OTLP/HTTP's standard port is 4318, which a Collector on the same machine uses.
    parser.add_argument("--port", type=int, default=4319, help="0 chooses a free port (default: %(default)s)")
    parser.add_argument(
        "--events",
        action="append",
        default=[],
        metavar="MODULE",
        help="a module that declares events, such as shop.events; may be given more than once. A Django "
        "project uses `manage.py telemetry bridge`, which finds its own modules",
    )
    return parser


def _declare(name: str) -> str:
    """Import a module; return what is wrong with it."""
    try:
        importlib.import_module(name)
    except ModuleNotFoundError as error:
        if error.name is None or not f"{name}.".startswith(f"{error.name}."):
            return f"--events {name}: it imports {error.name}, which is not installed"
        return f"--events {name}: there is no module of this name; name it as in `import {name}`"
    except Exception as error:  # noqa: BLE001 - whatever a module does when it is imported
        return f"--events {name}: {type(error).__name__}: {error}"
    return ""


if __name__ == "__main__":
    sys.exit(main())
