"""How a route failed, by the exception that says so."""

from __future__ import annotations

import errno
import re
import socket
import ssl
from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .._whichproxy import Attempt, _Failure

#: Methods that may be repeated (RFC 9110, 9.2.2).
REPEATABLE = frozenset(
    ["GET", "HEAD", "OPTIONS", "TRACE", "PUT", "DELETE"]
)

_UNREACHABLE = (
    errno.EADDRNOTAVAIL,
    errno.EHOSTUNREACH,
    errno.ENETDOWN,
    errno.ENETUNREACH,
)

_REFUSED_TUNNEL = re.compile(r"^(?:Tunnel connection failed: )?([3-5]\d\d)\b")


def _all(error: BaseException) -> Iterator[BaseException]:
    """The exception, and those that it was made of, the nearest first."""
    seen: list[BaseException] = []
    queue: list[object] = [error]
    while queue:
        one = queue.pop(0)
        if not isinstance(one, BaseException) or one in seen:
            continue
        seen.append(one)
        yield one
        names = ("reason", "os_error", "socket_err")
        queue += [one.__cause__, one.__context__, *one.args]
        queue += [getattr(one, name, None) for name in names]


def goes_on(
    attempt: Attempt, failure: _Failure | int, may_repeat: bool
) -> bool:
    """Notes a failure; whether there is a next route, and it may be tried."""
    moves_on = attempt.failed(failure)
    return moves_on and attempt.route is not None and may_repeat


def failure_of(error: BaseException) -> _Failure | int:
    """What ``Attempt.failed`` takes, for an exception of any client."""
    chain = list(_all(error))
    for one in chain:
        if isinstance(one, socket.gaierror):
            return "unresolved"
        if isinstance(one, ConnectionRefusedError):
            return "refused"
        if isinstance(one, ssl.SSLError):
            return "tls"
        if isinstance(one, TimeoutError):
            return "timed-out"
        if isinstance(one, ConnectionError):
            return "reset"
        if isinstance(one, OSError) and one.errno in _UNREACHABLE:
            return "unreachable"
    for one in chain:
        status = _REFUSED_TUNNEL.match(str(one))
        if status is not None:
            return int(status[1])
        if any("Timeout" in kind.__name__ for kind in type(one).__mro__):
            return "timed-out"
        if "disconnected" in str(one).lower():
            return "reset"
    return "other"
