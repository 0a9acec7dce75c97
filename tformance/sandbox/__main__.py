"""`python -m tformance.sandbox`: the command line of the sandbox."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from datetime import timedelta

from otel.serving.listening import listen_or_explain, url_of
from otel.serving.stand_in import serve
from tformance.sandbox.app import create_app
from tformance.sandbox.clock import MOST_DAYS, wall_time
from tformance.sandbox.running import environ_of
from tformance.sandbox.world import World

__all__ = ["main"]

_EXAMPLES = """
Its front page shows the state and has buttons for the commands below. For programs:
  curl -d '{"service": "github", "kind": "error", "count": 2}' http://127.0.0.1:8020/sandbox/fail
makes the next two requests to GitHub fail, /sandbox/advance {"days": 7} lets a week pass,
/sandbox/revoke {"service": "jira"} revokes Jira's tokens, /sandbox/reset restores the initial state;
/sandbox/state, /sandbox/requests and /sandbox/messages show the state.
The sandbox is for development and tests only: anyone who can reach it can sign in as anyone.
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the sandbox until interrupted; return the exit status.

    Args:
        arguments: the command line's arguments; this process's own by default.
    """
    options = _parser().parse_args(arguments)
    listening = listen_or_explain("sandbox", options.host, options.port)
    if listening is None:
        return 1
    url = url_of(listening)
    print(f"The sandbox, a stand-in for GitHub, Jira and Slack, listens on {url}")
    print("To use it, set these environment variables for Tformance:")
    for name, value in environ_of(url).items():
        print(f"  {name}={value}")
    sys.stdout.flush()
    behind = timedelta(days=options.behind)
    serve(create_app(World(options.seed, lambda: wall_time() - behind), options.host), listening)
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m tformance.sandbox",
        description="A local stand-in for GitHub, Jira and Slack: authorize pages, tokens, rate limits, "
        "paging, believable pull requests, and failures on demand.",
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--host", default="127.0.0.1", help="the address to bind (default: %(default)s)")
    parser.add_argument("--port", type=_port, default=8020, help="0 uses a free port (default: %(default)s)")
    parser.add_argument(
        "--seed", type=int, default=1, metavar="N", help="the seed of the data (default: %(default)s)"
    )
    parser.add_argument(
        "--behind",
        type=_days,
        default=0.0,
        metavar="DAYS",
        help="start the clock this many days ago, so that advancing by as many days ends at the present "
        "(default: %(default)g)",
    )
    return parser


def _port(text: str) -> int:
    port = int(text)
    if not 0 <= port <= 65_535:
        msg = f"{text} is not a port"
        raise argparse.ArgumentTypeError(msg)
    return port


def _days(text: str) -> float:
    days = float(text)
    if not 0 <= days <= MOST_DAYS:
        msg = f"{text} is not between 0 and {MOST_DAYS} days"
        raise argparse.ArgumentTypeError(msg)
    return days


if __name__ == "__main__":
    sys.exit(main())
