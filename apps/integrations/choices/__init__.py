"""Choices that a team makes for its connections, shared by settings and onboarding."""

from apps.integrations.choices._projects_page import PROJECTS
from apps.integrations.choices._repositories_page import REPOSITORIES
from apps.integrations.choices._slack_page import SLACK
from apps.integrations.choices.base import Choice, Offer, Page, Saved

__all__ = ["PROJECTS", "REPOSITORIES", "SLACK", "Choice", "Offer", "Page", "Saved"]
