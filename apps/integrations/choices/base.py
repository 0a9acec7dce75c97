"""What the three choices have in common: asking the provider what there is, and a form of it."""

from __future__ import annotations

import logging
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from cryptography.fernet import InvalidToken
from django.forms import BaseForm

from apps.integrations.connections.lifecycle import disconnect, live_connection
from apps.integrations.models import Connection, Provider, Trigger
from apps.integrations.providers.errors import ProviderError, RevokedError, UnavailableError
from apps.teams.models import Team
from otel import record_error

__all__ = ["Choice", "Offer", "Page", "Saved"]

_log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class Offer:
    """Be one thing that may be chosen.

    Args:
        id: the provider's.
        name: as people know it.
    """

    id: str
    name: str


@dataclass(frozen=True, kw_only=True)
class Page:
    """Be what a page of a choice shows.

    Args:
        connection: the live one; None without one.
        form: what there is to choose; None without a connection.
        offers: what stands behind the form.
        problem: what is wrong and what to do about it; empty if nothing is.
        has_search: whether there is so much that one may want to search.
        query: what was searched for.
        more: how many the form does not list; a search finds them.
    """

    connection: Connection | None = None
    form: BaseForm | None = None
    offers: Sequence[Offer] = ()
    problem: str = ""
    has_search: bool = False
    query: str = ""
    more: int = 0


@dataclass(frozen=True, kw_only=True)
class Saved:
    """Be what a saved choice has come to.

    Args:
        repos_count: how many repositories are tracked, if they were chosen.
        projects_count: how many Jira projects are followed, if they were chosen.
    """

    repos_count: int | None = None
    projects_count: int | None = None


class Choice(ABC):
    """Let a team choose of what one of its connections has."""

    provider: ClassVar[Provider]

    def open(self, team: Team, *, data: Any = None, query: str = "", is_needed: bool = False) -> Page:
        """Ask the provider what there is; where it does not answer, offer what is known already.

        Args:
            team: whose choice.
            data: what was sent; None to show the form, which changes nothing.
            query: narrows a long list.
            is_needed: whether nothing chosen is a mistake.
        """
        connection = live_connection(team, self.provider)
        if connection is None:
            return Page()
        name, problem = self.provider.label, ""
        try:
            offers = self._ask(team, connection, may_keep=data is not None)
        except RevokedError:
            disconnect(connection, refused=connection.access_token)
            return Page(problem=f"{name} does not let us in any more. Connect it again.")
        except InvalidToken:
            _log.error("none of TOKEN_KEYS reads the token of connection %s", connection.pk)
            return Page(problem=f"We cannot read our access to {name} any more. Connect it again.")
        except ProviderError as error:
            _log.warning("%s cannot be asked what there is to choose: %s", name, error)
            if not isinstance(error, UnavailableError):
                record_error(error)
            offers = self._known(team)
            problem = f"{name} does not answer, so this shows what we know from before. Reload in a minute."
        page = Page(connection=connection, offers=offers, problem=problem, query=query)
        return self._with_form(page, team, data, is_needed=is_needed)

    @abstractmethod
    def chosen(self, team: Team) -> list[str]:
        """Return the names of what is chosen now.

        Args:
            team: whose choice.
        """

    @abstractmethod
    def save(self, team: Team, page: Page, trigger: Trigger) -> Saved:
        """Save what was sent; in a transaction, for its events.

        Args:
            team: whose choice.
            page: with a valid form.
            trigger: what a sync that follows was started by.
        """

    @abstractmethod
    def _ask(self, team: Team, connection: Connection, *, may_keep: bool) -> list[Offer]: ...

    @abstractmethod
    def _known(self, team: Team) -> list[Offer]: ...

    @abstractmethod
    def _with_form(self, page: Page, team: Team, data: Any, *, is_needed: bool) -> Page: ...
