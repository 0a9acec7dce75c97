"""Who is at the sandbox: people with an account, organisations and their repositories."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field

__all__ = ["ORGANISATIONS", "Organisation", "People", "Person", "RepositoryPlan", "number_of", "plans"]


@dataclass(slots=True, kw_only=True)
class Person:
    """Be somebody with an account.

    Args:
        login: at GitHub; Jira and Slack know them by the same name.
        name: as people call them.
        email: their primary address.
    """

    login: str
    name: str
    email: str


@dataclass(slots=True, kw_only=True)
class RepositoryPlan:
    """Say what a repository is like.

    Args:
        id: GitHub's, which stays when it is renamed.
        owner: the organisation's login.
        name: without the owner.
        about: one line.
        jira: the key of its project.
        expected: how many pull requests there are about, over the months before the first day.
        slows: whether its reviews get slower in the last weeks before the first day.
        gone: whether it was deleted.
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
        """Name the repository as GitHub does."""
        return f"{self.owner}/{self.name}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Organisation:
    """Be an organisation at GitHub.

    Args:
        id: GitHub's.
        login: its name in addresses.
        about: one line.
        members: logins.
    """

    id: int
    login: str
    about: str
    members: tuple[str, ...]


def number_of(text: str) -> int:
    """Return a number that stands for a name, the same in each run.

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

# Those one can sign in as; `linus` belongs to no organisation.
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
    """Know everybody who has an account, and let new ones in."""

    _known: dict[str, Person] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for login, name, email in _PEOPLE:
            self._known[login] = Person(login=login, name=name, email=email)

    def __iter__(self) -> Iterator[Person]:
        return iter(self._known.values())

    def named(self, login: str) -> Person:
        """Return the person of that login, who is new if nobody has it.

        Args:
            login: at GitHub.
        """
        if login not in self._known:
            self._known[login] = Person(
                login=login, name=login.replace("-", " ").title(), email=f"{login}@people.example"
            )
        return self._known[login]
