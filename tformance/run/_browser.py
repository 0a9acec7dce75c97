"""A person's browser: links are clicked, forms filled in, and cookies kept, posthog-js's among them."""

from __future__ import annotations

import json
import secrets
import time
from collections.abc import Mapping
from http import HTTPStatus
from urllib.parse import quote, urljoin
from uuid import UUID

import requests
from bs4 import BeautifulSoup, Tag

__all__ = ["Browser", "JourneyError"]

# Seconds; hashing a password takes a good part of one on a small machine.
_TIMEOUT = 30.0


class JourneyError(Exception):
    """Raised if a page is not what the journey expects."""


class Browser:
    """Be one person's browser, with posthog-js's cookie as its first visit left it.

    Args:
        address: the product's.
        api_key: PostHog's, by which posthog-js names its cookie.
        headers: sent with each request.
        is_unsampled: whether each request belongs to a trace that its caller did not sample.
    """

    def __init__(
        self,
        address: str,
        api_key: str,
        *,
        headers: Mapping[str, str] | None = None,
        is_unsampled: bool = False,
    ) -> None:
        self._cookie = f"ph_{api_key}_posthog"
        self._is_unsampled = is_unsampled
        self._session = requests.Session()
        self._session.trust_env = False  # a proxy knows nothing of this machine
        self._session.headers.update(headers or {})
        self._page = BeautifulSoup("", "html.parser")
        self._url = address
        self.visitor_ids: list[str] = []
        self.session_ids: list[str] = []
        self.visit_anew()

    def visit_anew(self) -> None:
        """Be a visitor whom PostHog has not seen, as after posthog-js's `reset()`."""
        self.visitor_ids.append(_uuid7())
        self.session_ids.append(_uuid7())
        now = int(time.time() * 1000)
        # What posthog-js keeps; `$sesid` is the time of the last act, the session's id, and when it began.
        state = {"distinct_id": self.visitor_ids[-1], "$sesid": [now, self.session_ids[-1], now]}
        self._session.cookies.set(self._cookie, quote(json.dumps(state)))

    def open(self, path: str, *, status: int = HTTPStatus.OK) -> None:
        """Open a page.

        Args:
            path: on the product, or a full address.
            status: what it is to be answered with.

        Raises:
            JourneyError: for another status.
        """
        self._request("GET", urljoin(self._url, path), {}, status)

    def click(self, text: str) -> None:
        """Follow a link of the page.

        Args:
            text: of the link.

        Raises:
            JourneyError: if there is none, or its page does not open.
        """
        for link in self._page.find_all("a", href=True):
            if link.get_text(strip=True) == text:
                self.open(str(link["href"]))
                return
        raise _missing(self._url, "link", text)

    def submit(self, button: str, **fields: str | bool) -> None:
        """Fill in a form of the page and send it.

        Args:
            button: the text or label of the form's button.
            fields: values by field name; True and False for a box that is checked or not.

        Raises:
            JourneyError: if there is no such form or field, or the answer is no page.
        """
        form = self._form(button)
        values = _values(form)
        for name, value in fields.items():
            if form.select_one(f'[name="{name}"]') is None:
                raise _missing(self._url, "field", name)
            if value is False:
                values.pop(name, None)
            else:
                values[name] = "on" if value is True else value
        action = urljoin(self._url, str(form.get("action") or ""))
        self._request(str(form.get("method", "get")).upper(), action, values, HTTPStatus.OK)
        mistake = self._page.find(class_="errorlist")
        if mistake is not None:
            msg = f"{self._url} does not take the form: {mistake.get_text(' ', strip=True)}"
            raise JourneyError(msg)

    def close(self) -> None:
        """Let go of the connections."""
        self._session.close()

    def _request(self, method: str, url: str, values: Mapping[str, str], status: int) -> None:
        headers = {}
        if self._is_unsampled:  # W3C Trace Context; the last two digits are the flags
            headers["traceparent"] = f"00-{secrets.token_hex(16)}-{secrets.token_hex(8)}-00"
        try:
            response = self._session.request(
                method, url, data=values or None, headers=headers, timeout=_TIMEOUT
            )
        except requests.RequestException as error:
            msg = f"{method} {url} is not answered: {error}"
            raise JourneyError(msg) from error
        self._url = response.url
        self._page = BeautifulSoup(response.text, "html.parser")
        if response.status_code != status:
            msg = f"{method} {response.url} is answered {response.status_code}, not {status}"
            raise JourneyError(msg)

    def _form(self, button: str) -> Tag:
        for form in self._page.find_all("form"):
            for one in form.find_all("button"):
                if button in (one.get_text(strip=True), one.get("aria-label")):
                    return form
        raise _missing(self._url, "button", button)


def _missing(url: str, kind: str, name: str) -> JourneyError:
    return JourneyError(f"{url} has no {kind} {name!r}")


def _values(form: Tag) -> dict[str, str]:
    """Return what a form sends if nothing is changed."""
    values: dict[str, str] = {}
    for field in form.find_all("input", attrs={"name": True}):
        if field.get("type") not in ("checkbox", "radio") or field.has_attr("checked"):
            values[str(field["name"])] = str(field.get("value", "on"))
    for choice in form.find_all("select", attrs={"name": True}):
        option = choice.find("option", selected=True) or choice.find("option")
        if option is not None:
            values[str(choice["name"])] = str(option.get("value", ""))
    return values


def _uuid7() -> str:
    """Return an id as posthog-js makes them (RFC 9562 section 5.7)."""
    milliseconds = time.time_ns() // 1_000_000
    number = milliseconds << 80 | 0x7 << 76 | secrets.randbits(12) << 64 | 0b10 << 62 | secrets.randbits(62)
    return str(UUID(int=number))
