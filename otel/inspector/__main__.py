"""The command line of the inspector: `python -m otel.inspector`."""

from __future__ import annotations

import argparse
import sys
import webbrowser
from collections.abc import Sequence

from otel.inspector.app import create_app
from otel.inspector.project.funnel import DEFAULT_STEPS, Steps, parse_steps
from otel.inspector.rules import Project, ProjectSettings
from otel.inspector.state import State
from otel.inspector.store.store import CAPTURES_KEPT, Store
from otel.serving.listening import listen_or_explain, url_of
from otel.serving.stand_in import serve

__all__ = ["main"]

_CENTURY = 3.2e9  # seconds; leave the option out to keep all older events

_EXAMPLES = """
To send a program's events here, set POSTHOG_HOST=http://127.0.0.1:8010 and any POSTHOG_API_KEY, such as
phc_local. The page shows what arrived. Programs read the same as JSON under /inspector/: all, good, bad,
requests, warnings, persons, groups, errors, funnel, definitions, rules. POST /inspector/reset clears it, and
  curl -d '{"status": 503, "count": 3, "retry_after": 1}' http://127.0.0.1:8010/inspector/fail
makes the next three requests fail.
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the inspector until it is interrupted, and return the exit status.

    Args:
        arguments: command-line arguments; those of the process by default.
    """
    options = _parser().parse_args(arguments)
    listening = listen_or_explain("inspector", options.host, options.port)
    if listening is None:
        return 1
    url = url_of(listening)
    print(f"The inspector, a stand-in for PostHog, listens on {url}", flush=True)
    if options.open:
        webbrowser.open(url)
    settings = ProjectSettings(
        drop_older_than=options.drop_older_than,
        move_limit=options.move_limit,
        suppressed_types=frozenset(options.suppress),
    )
    store = Store(options.keep, Project(settings=settings))
    state = State(store=store, steps=options.funnel, discard=options.discard)
    serve(create_app(state, options.host), listening)
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m otel.inspector",
        description="A local stand-in for PostHog. It accepts what PostHog accepts, refuses and drops what "
        "PostHog refuses and drops, shows what arrived, and fails on demand.",
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "--host",
        default="127.0.0.1",
        help="address to bind; beyond loopback, others can read what arrives (default: %(default)s)",
    )
    parser.add_argument(
        "--port", type=_port, default=8010, help="port to bind; 0 picks a free one (default: %(default)s)"
    )
    parser.add_argument("--open", action="store_true", help="open the page in the browser")
    parser.add_argument(
        "--keep",
        type=_positive,
        default=CAPTURES_KEPT,
        metavar="N",
        help="number of captures to keep; the oldest are discarded first (default: %(default)s)",
    )
    parser.add_argument(
        "--funnel",
        type=_steps,
        default=DEFAULT_STEPS,
        metavar="STEPS",
        help="steps of the funnel, such as 'signed_up > connected | imported > activated' "
        "(default: Tformance's path to activation)",
    )
    parser.add_argument(
        "--drop-older-than",
        type=_seconds,
        metavar="SECONDS",
        help="drop older events, like a project that sets drop_events_older_than_seconds",
    )
    parser.add_argument(
        "--move-limit",
        type=_positive,
        metavar="N",
        help="set aside a merge that would move more than N distinct ids, as PostHog does if configured to",
    )
    parser.add_argument(
        "--suppress",
        action="append",
        default=[],
        metavar="TYPE",
        help="drop exceptions of this type, like a suppression rule in error tracking; may be repeated",
    )
    parser.add_argument(
        "--discard",
        action="store_true",
        help="for benchmarks: decode and count events without checking or keeping them",
    )
    return parser


def _port(text: str) -> int:
    port = int(text)
    if not 0 <= port <= 65_535:
        msg = f"{text} is not a port number from 0 to 65535"
        raise argparse.ArgumentTypeError(msg)
    return port


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        msg = f"{text} is less than 1"
        raise argparse.ArgumentTypeError(msg)
    return number


def _seconds(text: str) -> float:
    seconds = float(text)
    if not 0 < seconds <= _CENTURY:
        msg = f"{text} is not between 0 and {_CENTURY:g} seconds"
        raise argparse.ArgumentTypeError(msg)
    return seconds


def _steps(text: str) -> Steps:
    try:
        return parse_steps(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from error


if __name__ == "__main__":
    sys.exit(main())
