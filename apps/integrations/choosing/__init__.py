"""What a team chooses of its connections, the same from settings and in the onboarding."""

from apps.integrations.choosing._choice import Choice, Offer, Page, Saved
from apps.integrations.choosing._projects import PROJECTS
from apps.integrations.choosing._repositories import REPOSITORIES
from apps.integrations.choosing._slack import SLACK

__all__ = ["PROJECTS", "REPOSITORIES", "SLACK", "Choice", "Offer", "Page", "Saved"]
