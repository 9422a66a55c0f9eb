"""``requests``: an adapter.

    session = requests.Session()
    adapter = ResolverAdapter(Resolver("wininet", Machine.live()))
    session.mount("http://", adapter)
    session.mount("https://", adapter)
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from requests import PreparedRequest, Response
from requests.adapters import HTTPAdapter
from requests.exceptions import (
    ConnectionError,
    ConnectTimeout,
    ProxyError,
    SSLError,
)

from .._whichproxy import Resolver
from ._failures import REPEATABLE, failure_of, goes_on

__all__ = ["ResolverAdapter"]


class ResolverAdapter(HTTPAdapter):
    """Sends each request by the routes that a resolver has for its URL.

    The ``proxies`` of a request, of its session and of the environment do
    not count.

    Args:
        resolver: whom to ask.
        options: those of ``requests.adapters.HTTPAdapter``.
    """

    def __init__(self, resolver: Resolver, **options: Any) -> None:
        self._resolver = resolver
        self._attempts = resolver.attempts()
        super().__init__(**options)

    def send(
        self,
        request: PreparedRequest,
        stream: bool = False,
        timeout: Any = None,
        verify: Any = True,
        cert: Any = None,
        proxies: Mapping[str, str] | None = None,
    ) -> Response:
        """As of every adapter.

        Raises:
            Error: the resolver's client would report a failure.
            requests.exceptions.RequestException: every route failed; that of
                the last one.
        """
        routes = self._resolver.resolve(request.url or "").routes
        attempt = self._attempts.begin(routes)
        while (route := attempt.route) is not None:
            url = route.url
            chosen = {} if url is None else {"http": url, "https": url}
            try:
                response = super().send(
                    request, stream, timeout, verify, cert, chosen
                )
            except SSLError:
                # The server's: of a proxy it would be a `ProxyError`.
                attempt.worked()
                raise
            except (ConnectionError, OSError) as error:
                failure = failure_of(error)
                may_repeat = _may_repeat(request, failure, error)
                if not goes_on(attempt, failure, may_repeat):
                    raise
                continue
            if (
                response.status_code == 407
                and url is not None
                and goes_on(attempt, 407, _may_repeat(request, 407, None))
            ):
                response.close()
                continue
            if attempt.route is not None:
                attempt.worked()
            return response
        raise ConnectionError("there is no route", request=request)


def _may_repeat(
    request: PreparedRequest, failure: object, error: Exception | None
) -> bool:
    """Whether it can be sent once more."""
    if failure in ("unresolved", "refused", "unreachable", "tls"):
        return True
    if isinstance(error, ConnectTimeout):
        return True
    # `ProxyError` is also said of an answer that did not come.
    is_tunnel = (request.url or "").startswith("https:")
    if is_tunnel and isinstance(error, ProxyError):
        return True
    body = request.body is None or isinstance(request.body, (bytes, str))
    return body and request.method in REPEATABLE
