"""Safe redirects back to the page on which a form was opened."""

from __future__ import annotations

from django.utils.http import url_has_allowed_host_and_scheme

__all__ = ["safe_redirect"]


def safe_redirect(address: str) -> str:
    """Return an address if it is a path on this site, such as "/insights/?page=2"; otherwise an empty string.

    Args:
        address: the untrusted address that the browser sent.
    """
    # `redirect` looks up an address without a leading slash as the name of a view.
    is_ours = address.startswith("/") and url_has_allowed_host_and_scheme(address, allowed_hosts=None)
    return address if is_ours else ""
