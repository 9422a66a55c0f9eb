"""This computer's proxies, in one call."""

from __future__ import annotations

import sys

from ._whichproxy import Machine, Resolver

__all__ = ["proxies_for", "proxies_for_async"]

_RESOLVERS: dict[str, Resolver] = {}


def _resolver(client: str | None) -> Resolver:
    if client is None:
        client = "wininet" if sys.platform == "win32" else "environment"
    # A program may change its own environment, and that is quickly read.
    if client == "environment":
        return Resolver(client, Machine.live())
    if client not in _RESOLVERS:
        _RESOLVERS[client] = Resolver(client, Machine.live())
    return _RESOLVERS[client]


def proxies_for(
    url: str, *, client: str | None = None
) -> dict[str, str | None]:
    """What ``requests`` takes as ``proxies`` for this URL, on this computer.

    Settings are read once in a process, for each client, but for environment
    variables; scripts and names are remembered as long as they hold.

    Args:
        url: what is to be requested.
        client: whose settings and order count. By default the user's
            (``wininet``) on Windows, and elsewhere the environment
            variables (``environment``).

    Raises:
        UsageError: there is no such client.
        UrlError: ``url`` is none that the client can ask about.
        Error: the client itself would report a failure.
    """
    return _resolver(client).resolve(url).proxies


async def proxies_for_async(
    url: str, *, client: str | None = None
) -> dict[str, str | None]:
    """As ``proxies_for``, awaited."""
    found = await _resolver(client).resolve_async(url)
    return found.proxies
