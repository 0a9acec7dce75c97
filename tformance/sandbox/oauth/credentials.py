"""The one application that is registered at the sandbox, and how requests name it or their token."""

from __future__ import annotations

import base64
import binascii

from starlette.requests import Request

__all__ = ["CLIENT_ID", "CLIENT_SECRET", "basic", "bearer", "given", "is_client"]

CLIENT_ID = "sandbox"
CLIENT_SECRET = "sandbox-secret"  # noqa: S105 - no secret: it opens nothing but the sandbox


def bearer(request: Request) -> str:
    """Return the token that a request carries in its header.

    Args:
        request: with `Bearer` or, GitHub's older word, `token`.
    """
    scheme, _, value = request.headers.get("authorization", "").partition(" ")
    return value.strip() if scheme.lower() in ("bearer", "token") else ""


def basic(request: Request) -> tuple[str, str]:
    """Return name and password of basic authentication; two empty texts for none.

    Args:
        request: with the header, or without.
    """
    scheme, _, value = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "basic":
        return "", ""
    try:
        name, _, password = base64.b64decode(value).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return "", ""
    return name, password


async def given(request: Request) -> dict[str, str]:
    """Return the parameters of a request, from its body as JSON or form, or from its address.

    Args:
        request: with one of them.
    """
    parameters = dict(request.query_params)
    if request.headers.get("content-type", "").startswith("application/json"):
        # slack_sdk says JSON of an empty body too.
        data = await request.json() if await request.body() else {}
        return parameters | {name: str(value) for name, value in data.items()}
    return parameters | {name: str(value) for name, value in (await request.form()).items()}


def is_client(request: Request, parameters: dict[str, str]) -> bool:
    """Whether a request comes from the application, by basic authentication or by its parameters.

    Args:
        request: with the header, or without.
        parameters: with `client_id` and `client_secret`, or without.
    """
    named = basic(request)
    if named == ("", ""):
        named = parameters.get("client_id", ""), parameters.get("client_secret", "")
    return named == (CLIENT_ID, CLIENT_SECRET)
