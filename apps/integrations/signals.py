"""Signal receiver that ends the connections of a deleted team."""

from __future__ import annotations

from typing import Any

from django.db.models.signals import pre_delete
from django.dispatch import receiver

from apps.integrations.connections.lifecycle import end_all
from apps.teams.models import Team

__all__ = ["end_connections"]


@receiver(pre_delete, sender=Team)
def end_connections(instance: Team, **_: Any) -> None:
    """End the team's connections.

    Args:
        instance: the team that is about to be deleted.
    """
    end_all(instance)
