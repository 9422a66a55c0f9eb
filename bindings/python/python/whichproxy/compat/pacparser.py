"""The interface of ``pacparser``: ``from whichproxy.compat import pacparser``.

What differs, on purpose:

* An error is a ``whichproxy.PacError``, which has a line, a column and a
  kind; nothing is printed to stderr.
* The functions whose names end in ``Ex`` are always there:
  ``enable_microsoft_extensions`` changes nothing.
* A script has limits: it may take 60 seconds, and what has to run as
  JavaScript runs in a process of its own, with 512 MiB.
* ``find_proxy`` finds the host of a URL by the rules for URLs: without user
  name and password, in lower case, and IPv6 addresses whole.
* Any thread may ask, and ``parse_pac_string`` needs no ``init`` before it.
* What scripts are told of the time stands still during a question, and
  names are remembered for a while.

A script's result is given as it is, as by pacparser.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from .. import Machine, Pac, PacError, __version__

__all__ = [
    "URLError",
    "cleanup",
    "enable_microsoft_extensions",
    "find_proxy",
    "init",
    "just_find_proxy",
    "parse_pac",
    "parse_pac_file",
    "parse_pac_string",
    "setmyip",
    "version",
]


class URLError(Exception):
    """The URL is none, or has no host.

    Attributes:
        url: the text that was given.
    """

    def __init__(self, url: str) -> None:
        super().__init__("this is no URL with a host")
        self.url = url


@dataclass
class _State:
    """What the functions of this module share."""

    script: Pac | None = None
    source: str | None = None
    machine: Machine = field(default_factory=Machine.live)


_state = _State()


def init() -> None:
    """Begins anew."""
    cleanup()


def cleanup() -> None:
    """Forgets the script and the address that were given."""
    global _state
    _state = _State()


def parse_pac_file(pacfile: str | os.PathLike[str]) -> None:
    """Reads a script from a file.

    Raises:
        OSError: it can't be read.
        PacError: it is no script.
    """
    with open(pacfile, "rb") as file:
        _load(file.read())


def parse_pac(pacfile: str | os.PathLike[str]) -> None:
    """The old name of ``parse_pac_file``."""
    parse_pac_file(pacfile)


def parse_pac_string(pac_script: str) -> None:
    """Reads a script.

    Raises:
        PacError: it is none.
    """
    _load(pac_script)


def _load(source: str | bytes) -> None:
    script = Pac(source, machine=_state.machine)
    _state.script, _state.source = script, script.source


def find_proxy(url: str, host: str | None = None) -> str:
    """What the script returns for a URL, which it is told as it is.

    Args:
        url: the URL.
        host: the host that it is told; by default that of the URL.

    Raises:
        URLError: the URL has no host, and none is given.
        PacError: there is no script, or it failed.
    """
    if host is None:
        try:
            host = urlsplit(url).hostname
        except ValueError:
            host = None
        if not host:
            raise URLError(url)
    if _state.script is None:
        raise PacError("no script was parsed", kind="missing-function")
    return _state.script.evaluate(url, host).result


def just_find_proxy(
    pacfile: str | os.PathLike[str], url: str, host: str | None = None
) -> str:
    """All of it at once: reads a script, asks it, and forgets it.

    Raises:
        OSError, URLError, PacError: as the others.
    """
    init()
    try:
        parse_pac_file(pacfile)
        return find_proxy(url, host)
    finally:
        cleanup()


def setmyip(ip_address: str) -> None:
    """Sets what ``myIpAddress()`` returns.

    Raises:
        UsageError: it is no IP address.
    """
    _state.machine = _state.machine.with_network([ip_address])
    if _state.source is not None:
        _load(_state.source)


def enable_microsoft_extensions() -> None:
    """Changes nothing: they are always enabled."""


def version() -> str:
    """The version of whichproxy."""
    return __version__
