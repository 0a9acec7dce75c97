"""`python -m benchmarks._filling`: a database with a team and its year of work; prints its admin's cookie."""

from __future__ import annotations

import django

__all__ = ["main"]


def main() -> None:
    """Fill the database that the settings name."""
    django.setup()
    from django.core.management import call_command

    from benchmarks.pages import fill

    call_command("migrate", verbosity=0)
    print(fill())


if __name__ == "__main__":
    main()
