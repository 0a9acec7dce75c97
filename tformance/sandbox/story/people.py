"""The people with an account at the sandbox, the organizations and their repositories."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field

__all__ = ["ORGANISATIONS", "Organisation", "People", "Person", "RepositoryPlan", "number_of", "plans"]


@dataclass(slots=True, kw_only=True)
class Person:
    """A person with an account.

    Args:
        login: the login at GitHub, and also at Jira and Slack.
        name: the full name.
        email: the primary address.
    """

    login: str
    name: str
    email: str


@dataclass(slots=True, kw_only=True)
class RepositoryPlan:
    """The plan of a repository.

    Args:
        id: GitHub's id, which does not change when the repository is renamed.
        owner: the organization's login.
        name: the name without the owner.
        about: a description of one line.
        jira: the key of the Jira project.
        expected: the approximate number of pull requests before the first day.
        slows: whether reviews get slower in the last weeks before the first day.
        gone: whether the repository was deleted.
    """

    id: int
    owner: str
    name: str
    about: str
    jira: str
    expected: int
    slows: bool = False
    gone: bool = False

    @property
    def full_name(self) -> str:
        """The repository's full name at GitHub, `owner/name`."""
        return f"{self.owner}/{self.name}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Organisation:
    """An organization at GitHub.

    Args:
        id: GitHub's id.
        login: the name in URLs.
        about: a description of one line.
        members: the members' logins.
    """

    id: int
    login: str
    about: str
    members: tuple[str, ...]


def number_of(text: str) -> int:
    """Return a number for a name, which is the same in each run.

    Args:
        text: the name.
    """
    return zlib.crc32(text.encode())


ORGANISATIONS = (
    Organisation(
        id=9_101,
        login="analytical-engines",
        about="Machines that weave algebraical patterns",
        members=("ada", "alan", "charles", "grace", "hedy", "joan", "katherine", "margaret", "mary"),
    ),
    Organisation(
        id=9_102,
        login="difference-works",
        about="Tables without errors",
        members=("ada", "charles", "mary"),
    ),
)

# The people that the authorize pages offer; `linus` does not belong to an organization.
_PEOPLE = (
    ("ada", "Ada Lovelace", "ada@analytical-engines.example"),
    ("grace", "Grace Hopper", "grace@analytical-engines.example"),
    ("linus", "Linus Torvalds", "linus@penguin.example"),
)


def plans() -> list[RepositoryPlan]:
    """Return the repositories as they are on the first day."""
    engines, works = (organisation.login for organisation in ORGANISATIONS)
    return [
        RepositoryPlan(
            id=810_001,
            owner=engines,
            name="engine",
            about="The mill and the store",
            jira="ENG",
            expected=180,
            slows=True,
        ),
        RepositoryPlan(
            id=810_002, owner=engines, name="loom", about="Patterns from cards", jira="LOOM", expected=120
        ),
        RepositoryPlan(
            id=810_003, owner=engines, name="notes", about="What we have learned", jira="ENG", expected=60
        ),
        RepositoryPlan(
            id=810_004, owner=engines, name="cards", about="Reading punch cards", jira="CARD", expected=40
        ),
        RepositoryPlan(
            id=820_001, owner=works, name="tables", about="Logarithms, printed", jira="TAB", expected=24
        ),
        RepositoryPlan(
            id=820_002, owner=works, name="press", about="The printing press", jira="TAB", expected=12
        ),
    ]


@dataclass(slots=True)
class People:
    """All people with an account, including people who join later."""

    _known: dict[str, Person] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for login, name, email in _PEOPLE:
            self._known[login] = Person(login=login, name=name, email=email)

    def __iter__(self) -> Iterator[Person]:
        return iter(self._known.values())

    def named(self, login: str) -> Person:
        """Return the person with a login, who is created if the login is new.

        Args:
            login: the login at GitHub.
        """
        if login not in self._known:
            self._known[login] = Person(
                login=login, name=login.replace("-", " ").title(), email=f"{login}@people.example"
            )
        return self._known[login]
