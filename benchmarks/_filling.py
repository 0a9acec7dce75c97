"""`python -m benchmarks._filling`: creates a team with a year of work; prints the cookie of its admin."""

from __future__ import annotations

import django

__all__ = ["main"]


def main() -> None:
    """Fill the database of the settings."""
    django.setup()
    from django.core.management import call_command

    from benchmarks.pages import fill

    call_command("migrate", verbosity=0)
    print(fill())


if __name__ == "__main__":
    main()
