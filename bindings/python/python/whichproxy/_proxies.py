"""This computer's proxies, in one call."""

from __future__ import annotations

import sys
from functools import lru_cache

from ._whichproxy import Machine, Resolver

__all__ = ["proxies_for", "proxies_for_async"]


@lru_cache(maxsize=None)
def _resolver(client: str) -> Resolver:
    return Resolver(client, Machine.live())


def _client(client: str | None) -> str:
    if client is not None:
        return client
    return "wininet" if sys.platform == "win32" else "environment"


def proxies_for(
    url: str, *, client: str | None = None
) -> dict[str, str | None]:
    """What ``requests`` takes as ``proxies`` for this URL, on this computer.

    Settings are read once in a process, for each client; scripts and names
    are remembered as long as they hold.

    Args:
        url: what is to be requested.
        client: whose settings and order count. By default the user's
            (``wininet``) on Windows, and elsewhere the environment
            variables (``environment``).

    Raises:
        UrlError: ``url`` is none that the client can ask about.
        Error: the client itself would report a failure.
    """
    return _resolver(_client(client)).resolve(url).proxies


async def proxies_for_async(
    url: str, *, client: str | None = None
) -> dict[str, str | None]:
    """As ``proxies_for``, awaited."""
    found = await _resolver(_client(client)).resolve_async(url)
    return found.proxies
