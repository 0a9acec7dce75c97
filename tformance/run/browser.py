"""A person's browser: links are clicked, forms filled in, and cookies kept, posthog-js's among them."""

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

    def follow(self, selector: str) -> None:
        """Follow the first of several links.

        Args:
            selector: of the links, in CSS.

        Raises:
            JourneyError: if there is none, or its page does not open.
        """
        link = self._page.select_one(selector)
        if link is None:
            raise _missing(self._url, "link", selector)
        self.open(str(link["href"]))

    def submit(
        self, button: str, *, status: int = HTTPStatus.OK, **fields: str | bool | Sequence[str]
    ) -> None:
        """Fill in a form of the page and send it.

        Args:
            button: the text or label of the form's button.
            status: what it is to be answered with.
            fields: values by field name; True and False for a box that is checked or not; for a choice the
                labels, or the beginnings of them, of what is chosen.

        Raises:
            JourneyError: if there is no such form or field, or the answer is no page.
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
            msg = f"{self._url} does not take the form: {mistake.get_text(' ', strip=True)}"
            raise JourneyError(msg)

    def shows(self, selector: str) -> bool:
        """Tell whether the page has something.

        Args:
            selector: of it, in CSS.
        """
        return self._page.select_one(selector) is not None

    def close(self) -> None:
        """Let go of the connections."""
        self._session.close()

    def _request(self, method: str, url: str, values: Mapping[str, list[str]], status: int) -> None:
        headers = {}
        if urlsplit(self._url).netloc == urlsplit(url).netloc:  # browsers tell others no more than where
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
            msg = f"{method} {url} is not answered: {error}"
            raise JourneyError(msg) from error
        self._url = response.url
        self._page = BeautifulSoup(response.text, "html.parser")
        if response.status_code != status:
            told = self._page.select_one("main")
            said = f": {told.get_text(' ', strip=True)}" if told else ""
            msg = f"{method} {response.url} is answered {response.status_code}, not {status}{said}"
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
        """Return the value of what a choice offers under a label."""
        for one in form.select(f'input[name="{name}"], select[name="{name}"] option'):
            beside = form.select_one(f'label[for="{one.get("id")}"]') or one.find_parent("label") or one
            if beside.get_text(" ", strip=True).startswith(label):
                return str(one.get("value", "on"))
        raise _missing(self._url, "choice", label)


def _missing(url: str, kind: str, name: str) -> JourneyError:
    return JourneyError(f"{url} has no {kind} {name!r}")


def _values(form: Tag) -> dict[str, list[str]]:
    """Return what a form sends if nothing is changed."""
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
    """Return an id as posthog-js makes them (RFC 9562 section 5.7)."""
    milliseconds = time.time_ns() // 1_000_000
    number = milliseconds << 80 | 0x7 << 76 | secrets.randbits(12) << 64 | 0b10 << 62 | secrets.randbits(62)
    return str(UUID(int=number))
