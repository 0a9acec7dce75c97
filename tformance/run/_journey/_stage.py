"""The people of the journey, what they share, and the definition of a step."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from tformance.run.arrivals.arrival import Arrival
from tformance.run.browser import Browser, JourneyError
from tformance.run.mail import link_in_mail
from tformance.sandbox.running import RunningSandbox

__all__ = ["PASSWORD", "Person", "Stage", "Step"]

PASSWORD = "analytical engine 1843"  # noqa: S105 - of accounts that exist only on this machine

# Seconds: the syncs of a few hundred pull requests may take this long on a slow machine.
_SYNC_PATIENCE = 120.0


@dataclass(frozen=True, slots=True)
class Person:
    """A person of the journey.

    Args:
        name: the person's name.
        email: the login address; new in each run.
        github: the GitHub login; new in each run.
        becomes: the role after the journey; empty for a person whose account was deleted.
        password: the password; empty for a person who logs in with GitHub.
        browser: the person's browser.
    """

    name: str
    email: str
    github: str
    becomes: str
    password: str
    browser: Browser


class Stage:
    """The people and what they share.

    Args:
        address: the product's base URL.
        api_key: PostHog's project API key.
        mail: the folder of the emails.
        sandbox: the stand-in for GitHub, Jira and Slack.
        is_unsampled: whether the people's requests belong to traces that are not sampled.
    """

    def __init__(
        self, address: str, api_key: str, mail: Path, sandbox: RunningSandbox, *, is_unsampled: bool = False
    ) -> None:
        self.sandbox = sandbox
        self._mail = mail
        run = secrets.token_hex(3)

        def person(
            name: str, becomes: str, *, password: str = PASSWORD, headers: Mapping[str, str] | None = None
        ) -> Person:
            browser = Browser(address, api_key, headers=headers, is_unsampled=is_unsampled)
            login = f"{name.lower()}-{run}"
            return Person(name, f"{login}@example.com", login, becomes, password, browser)

        self.ada = person("Ada", "admin")
        self.grace = person("Grace", "member")
        self.linus = person("Linus", "admin")
        self.barbara = person("Barbara", "in no team", password="")
        self.alan = person("Alan", "member", password="")
        self.katherine = person("Katherine", "in no team")
        self.edsger = person("Edsger", "in no team", headers={"Sec-GPC": "1"})
        self.charles = person("Charles", "")

    @property
    def people(self) -> tuple[Person, ...]:
        """All people of the journey."""
        return (
            self.ada,
            self.grace,
            self.linus,
            self.barbara,
            self.alan,
            self.katherine,
            self.edsger,
            self.charles,
        )

    def invitation_of(self, person: Person) -> str:
        """Return the link of the invitation that a person was sent.

        Args:
            person: the person who was invited.
        """
        return link_in_mail(self._mail, person.email)

    def wait_for_syncs(self, person: Person) -> None:
        """Poll the progress page until no sync is running.

        Args:
            person: a member of the team, whose browser opens the page.

        Raises:
            JourneyError: if they take too long.
        """
        deadline = time.monotonic() + _SYNC_PATIENCE
        person.browser.open("/integrations/progress/")
        while person.browser.shows("progress"):
            if time.monotonic() > deadline:
                msg = f"the syncs are still running after {_SYNC_PATIENCE:.0f} s"
                raise JourneyError(msg)
            time.sleep(0.1)
            person.browser.open("/integrations/progress/")


@dataclass(frozen=True, slots=True)
class Step:
    """A step of the journey.

    Args:
        title: the action, as a sentence.
        act: performs the action.
        arrives: exactly the events that must arrive; repeated events are listed repeatedly.
    """

    title: str
    act: Callable[[Stage], None]
    arrives: tuple[Arrival, ...] = ()
