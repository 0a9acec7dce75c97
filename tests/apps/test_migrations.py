"""A test that the migrations match the models."""

from __future__ import annotations

from django.core.management import call_command


def test_no_model_has_changed_without_a_migration() -> None:
    call_command("makemigrations", check_changes=True, dry_run=True, verbosity=0)
