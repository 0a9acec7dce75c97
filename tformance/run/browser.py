"""A simulated browser: it follows links, submits forms, and keeps cookies, including that of posthog-js."""

from __future__ import annotations

import json
import secrets
import time
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from urllib.parse import quote, urljoin, urlsplit
from uuid import UUID

import requests
from bs4 import BeautifulSoup, Tag

__all__ = ["Browser", "JourneyError"]

# Seconds. Hashing a password alone takes most of a second on a small machine.
_TIMEOUT = 30.0


class JourneyError(Exception):
    """Raised if a page differs from what the journey expects."""


class Browser:
    """One person's browser, with the cookie that posthog-js sets on the first visit.

    Args:
        address: the product's base URL.
        api_key: PostHog's project API key, which is part of the cookie's name.
        headers: extra headers for each request.
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
        self._session.trust_env = False  # a proxy cannot reach this machine's ports
        self._session.headers.update(headers or {})
        self._page = BeautifulSoup("", "html.parser")
        self._url = address
        self.visitor_ids: list[str] = []
        self.session_ids: list[str] = []
        self.visit_anew()

    def visit_anew(self) -> None:
        """Become a visitor that PostHog has not seen before, as after `reset()` in posthog-js."""
        self.visitor_ids.append(_uuid7())
        self.session_ids.append(_uuid7())
        now = int(time.time() * 1000)
        # The state that posthog-js keeps. `$sesid`: the last activity, the session's id, and its start.
        state = {"distinct_id": self.visitor_ids[-1], "$sesid": [now, self.session_ids[-1], now]}
        self._session.cookies.set(self._cookie, quote(json.dumps(state)))

    def open(self, path: str, *, status: int = HTTPStatus.OK) -> None:
        """Open a page.

        Args:
            path: a path of the product, or a full URL.
            status: the expected status.

        Raises:
            JourneyError: if the status differs.
        """
        self._request("GET", urljoin(self._url, path), {}, status)

    def click(self, text: str) -> None:
        """Follow a link on the page.

        Args:
            text: the link's text.

        Raises:
            JourneyError: if there is no such link, or its page does not open.
        """
        for link in self._page.find_all("a", href=True):
            if link.get_text(strip=True) == text:
                self.open(str(link["href"]))
                return
        raise _missing(self._url, "link", text)

    def follow(self, selector: str) -> None:
        """Follow the first link that matches a CSS selector.

        Args:
            selector: the CSS selector.

        Raises:
            JourneyError: if there is no such link, or its page does not open.
        """
        link = self._page.select_one(selector)
        if link is None:
            raise _missing(self._url, "link", selector)
        self.open(str(link["href"]))

    def submit(
        self, button: str, *, status: int = HTTPStatus.OK, **fields: str | bool | Sequence[str]
    ) -> None:
        """Fill in a form on the page and submit it.

        Args:
            button: the text or label of the form's button.
            status: the expected status.
            fields: values by field name: a boolean for a checkbox; for a choice, the labels of the chosen
                options, or the beginnings of the labels.

        Raises:
            JourneyError: if there is no such form or field, the status differs, or the form has errors.
        """
        form, pressed = self._form(button)
        values = _values(form)
        for name, value in fields.items():
            if form.select_one(f'[name="{name}"]') is None:
                raise _missing(self._url, "field", name)
            values[name] = self._chosen(form, name, value)
        if pressed.get("name"):
            values[str(pressed["name"])] = [str(pressed.get("value", ""))]
        method = str(form.get("method", "get")).upper()
        action = urljoin(self._url, str(form.get("action") or ""))
        self._request(method, action.partition("?")[0] if method == "GET" else action, values, status)
        mistake = self._page.find(class_="errorlist")
        if mistake is not None:
            msg = f"{self._url} rejects the form: {mistake.get_text(' ', strip=True)}"
            raise JourneyError(msg)

    def shows(self, selector: str) -> bool:
        """Return whether the page has an element that matches a CSS selector.

        Args:
            selector: the CSS selector.
        """
        return self._page.select_one(selector) is not None

    def close(self) -> None:
        """Close the connections."""
        self._session.close()

    def _request(self, method: str, url: str, values: Mapping[str, list[str]], status: int) -> None:
        # A server may close a connection while it is idle. Browsers then send a request again; this one asks
        # for a new connection each time.
        headers = {"Connection": "close"}
        if urlsplit(self._url).netloc == urlsplit(url).netloc:  # browsers send only the origin to other sites
            headers["Referer"] = self._url
        if self._is_unsampled:  # W3C Trace Context; the last two digits are the flags
            headers["traceparent"] = f"00-{secrets.token_hex(16)}-{secrets.token_hex(8)}-00"
        try:
            response = self._session.request(
                method,
                url,
                params=values if method == "GET" else None,
                data=values if method != "GET" else None,
                headers=headers,
                timeout=_TIMEOUT,
            )
        except requests.RequestException as error:
            msg = f"{method} {url} got no response: {error}"
            raise JourneyError(msg) from error
        self._url = response.url
        self._page = BeautifulSoup(response.text, "html.parser")
        if response.status_code != status:
            told = self._page.select_one("main")
            said = f": {told.get_text(' ', strip=True)}" if told else ""
            msg = f"{method} {response.url} returned {response.status_code}, not {status}{said}"
            raise JourneyError(msg)

    def _form(self, button: str) -> tuple[Tag, Tag]:
        """Return a form and its button."""
        for form in self._page.find_all("form"):
            for one in form.find_all("button"):
                if button in (one.get_text(" ", strip=True), one.get("aria-label")):
                    return form, one
        raise _missing(self._url, "button", button)

    def _chosen(self, form: Tag, name: str, value: str | bool | Sequence[str]) -> list[str]:
        if isinstance(value, bool):
            return ["on"] * value
        if isinstance(value, str):
            return [value]
        return [self._offered(form, name, label) for label in value]

    def _offered(self, form: Tag, name: str, label: str) -> str:
        """Return the value of the option with a label."""
        for one in form.select(f'input[name="{name}"], select[name="{name}"] option'):
            beside = form.select_one(f'label[for="{one.get("id")}"]') or one.find_parent("label") or one
            if beside.get_text(" ", strip=True).startswith(label):
                return str(one.get("value", "on"))
        raise _missing(self._url, "choice", label)


def _missing(url: str, kind: str, name: str) -> JourneyError:
    return JourneyError(f"{url} has no {kind} {name!r}")


def _values(form: Tag) -> dict[str, list[str]]:
    """Return the values that a form sends if nothing is changed."""
    values: dict[str, list[str]] = {}
    for field in form.find_all("input", attrs={"name": True}):
        is_box = field.get("type") in ("checkbox", "radio")
        if not is_box or field.has_attr("checked"):
            value = str(field.get("value", "on" if is_box else ""))
            values.setdefault(str(field["name"]), []).append(value)
    for choice in form.find_all("select", attrs={"name": True}):
        options = choice.find_all("option", selected=True)
        if not options and not choice.has_attr("multiple"):
            options = choice.find_all("option", limit=1)
        values[str(choice["name"])] = [str(one.get("value", "")) for one in options]
    for text in form.find_all("textarea", attrs={"name": True}):
        values[str(text["name"])] = [text.get_text()]
    return values


def _uuid7() -> str:
    """Return a UUIDv7, the kind of id that posthog-js creates (RFC 9562 section 5.7)."""
    milliseconds = time.time_ns() // 1_000_000
    number = milliseconds << 80 | 0x7 << 76 | secrets.randbits(12) << 64 | 0b10 << 62 | secrets.randbits(62)
    return str(UUID(int=number))
