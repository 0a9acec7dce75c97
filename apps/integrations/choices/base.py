"""The base class of choices: it asks the provider for the options and shows them in a form."""

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
    """An option that a team can choose.

    Args:
        id: the provider's id.
        name: the name that people know.
    """

    id: str
    name: str


@dataclass(frozen=True, kw_only=True)
class Page:
    """The content of a choice's page.

    Args:
        connection: the live connection; None if the team is not connected.
        form: the form of the choice; None if the team is not connected.
        offers: all options.
        problem: what is wrong and what to do about it; empty if nothing is wrong.
        has_search: whether the page shows a search box.
        query: the search terms.
        more: how many matching options the form does not list.
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
    """The result of saving a choice.

    Args:
        repos_count: how many repositories are tracked; None for other choices.
        projects_count: how many Jira projects are followed; None for other choices.
    """

    repos_count: int | None = None
    projects_count: int | None = None


class Choice(ABC):
    """The choice that a team makes for one of its connections."""

    provider: ClassVar[Provider]

    def open(self, team: Team, *, data: Any = None, query: str = "", is_needed: bool = False) -> Page:
        """Return the page with the provider's options, or the known ones if the provider does not answer.

        Args:
            team: the team that chooses.
            data: the submitted form; None to show the form, which changes nothing.
            query: search terms that narrow a long list.
            is_needed: whether an empty choice is an error.
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
            _log.error("none of TOKEN_KEYS can decrypt the token of connection %s", connection.pk)
            return Page(problem=f"We cannot read our access to {name} any more. Connect it again.")
        except ProviderError as error:
            _log.warning("cannot list the options of %s: %s", name, error)
            if not isinstance(error, UnavailableError):
                record_error(error)
            offers = self._known(team)
            problem = f"{name} does not answer, so this shows what we know from before. Reload in a minute."
        page = Page(connection=connection, offers=offers, problem=problem, query=query)
        return self._with_form(page, team, data, is_needed=is_needed)

    @abstractmethod
    def chosen(self, team: Team) -> list[str]:
        """Return the names of the chosen options.

        Args:
            team: the team that chose.
        """

    @abstractmethod
    def save(self, team: Team, page: Page, trigger: Trigger) -> Saved:
        """Save the submitted choice; the caller opens a transaction, which the events need.

        Args:
            team: the team that chooses.
            page: a page whose form is valid.
            trigger: the trigger of the sync that may follow.
        """

    @abstractmethod
    def _ask(self, team: Team, connection: Connection, *, may_keep: bool) -> list[Offer]: ...

    @abstractmethod
    def _known(self, team: Team) -> list[Offer]: ...

    @abstractmethod
    def _with_form(self, page: Page, team: Team, data: Any, *, is_needed: bool) -> Page: ...
