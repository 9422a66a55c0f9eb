"""The exceptions.

They are written here since a class that derives from an exception can be
made in Rust only for Python 3.12 and later.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ._whichproxy import Trace

__all__ = [
    "DetectError",
    "Error",
    "FetchError",
    "PacError",
    "RegistryError",
    "UrlError",
    "UsageError",
]


class Error(Exception):
    """Why a question has no answer.

    Attributes:
        kind: what it is about, in lower-case words joined by ``-``.
        winhttp_code: the number by which WinHTTP would report it, such as
            12180, where one is known.
        trace: how a resolution came to it, where it came from one.
    """

    kind: str
    winhttp_code: int | None
    trace: Trace | None

    def __init__(
        self,
        message: str,
        *,
        kind: str = "usage",
        winhttp_code: int | None = None,
        trace: Trace | None = None,
    ) -> None:
        super().__init__(message)
        self.kind = kind
        self.winhttp_code = winhttp_code
        self.trace = trace


class DetectError(Error):
    """The address of a PAC script was not found."""


class FetchError(Error):
    """A PAC script was not had from its address."""


class RegistryError(Error):
    """A registry, or an export of one, can't be read."""


class UrlError(Error, ValueError):
    """The URL is none that a client can ask about."""


class UsageError(Error, ValueError):
    """A name or a text given by the caller can't be understood."""


class PacError(Error):
    """A PAC script failed.

    Attributes:
        kind: ``deadline``, ``exception``, ``limit``, ``missing-function``,
            ``refused``, ``result``, ``source``, ``syntax``, ``unmodelled``
            or ``worker``; ``pac`` where a ``Resolver`` reports it.
        line: where, from 1; ``None`` where there is no place.
        column: where, from 1.
        asked: what the script asked of the machine, in order.
        alerts: the script's messages, in order.
        refusals: why a faster engine refused the script.
    """

    line: int | None
    column: int | None
    asked: tuple[str, ...]
    alerts: tuple[str, ...]
    refusals: tuple[str, ...]

    def __init__(
        self,
        message: str,
        *,
        kind: str = "pac",
        winhttp_code: int | None = None,
        trace: Trace | None = None,
        line: int | None = None,
        column: int | None = None,
        asked: tuple[str, ...] = (),
        alerts: tuple[str, ...] = (),
        refusals: tuple[str, ...] = (),
    ) -> None:
        super().__init__(
            message, kind=kind, winhttp_code=winhttp_code, trace=trace
        )
        self.line = line
        self.column = column
        self.asked = asked
        self.alerts = alerts
        self.refusals = refusals
