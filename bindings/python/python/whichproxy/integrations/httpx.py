"""``httpx``: transports, synchronous and asynchronous.

    httpx.Client(transport=ResolverTransport(resolver))
    httpx.AsyncClient(transport=AsyncResolverTransport(resolver))
"""

from __future__ import annotations

import ssl
from typing import Any

import httpx

from .._whichproxy import Attempt, Resolver, Route
from ._failures import REPEATABLE, failure_of, goes_on

__all__ = ["AsyncResolverTransport", "ResolverTransport"]


class ResolverTransport(httpx.BaseTransport):
    """Sends each request by the routes that a resolver has for its URL.

    Args:
        resolver: whom to ask.
        options: those of ``httpx.HTTPTransport``, but for ``proxy``.
    """

    def __init__(self, resolver: Resolver, **options: Any) -> None:
        self._resolver = resolver
        self._attempts = resolver.attempts()
        self._options = options
        self._transports: dict[str | None, httpx.HTTPTransport] = {}

    def _transport(self, route: Route) -> httpx.HTTPTransport:
        if route.url not in self._transports:
            self._transports[route.url] = httpx.HTTPTransport(
                proxy=_proxy(route, self._options), **self._options
            )
        return self._transports[route.url]

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """As of every transport.

        Raises:
            Error: the resolver's client would report a failure.
            httpx.TransportError: every route failed; that of the last one.
        """
        routes = self._resolver.resolve(str(request.url)).routes
        attempt = self._attempts.begin(routes)
        while (route := attempt.route) is not None:
            transport = self._transport(route)
            try:
                response = transport.handle_request(request)
            except httpx.TransportError as error:
                if not _moves_on(attempt, route, request, error):
                    raise
                continue
            if _is_refused(attempt, route, request, response):
                response.close()
                continue
            if attempt.route is not None:
                attempt.worked()
            return response
        raise httpx.ConnectError("there is no route", request=request)

    def close(self) -> None:
        """Closes every connection."""
        for transport in self._transports.values():
            transport.close()


class AsyncResolverTransport(httpx.AsyncBaseTransport):
    """As ``ResolverTransport``, for ``httpx.AsyncClient`` on asyncio."""

    def __init__(self, resolver: Resolver, **options: Any) -> None:
        self._resolver = resolver
        self._attempts = resolver.attempts()
        self._options = options
        self._transports: dict[str | None, httpx.AsyncHTTPTransport] = {}

    def _transport(self, route: Route) -> httpx.AsyncHTTPTransport:
        if route.url not in self._transports:
            self._transports[route.url] = httpx.AsyncHTTPTransport(
                proxy=_proxy(route, self._options), **self._options
            )
        return self._transports[route.url]

    async def handle_async_request(
        self, request: httpx.Request
    ) -> httpx.Response:
        """As ``ResolverTransport.handle_request``."""
        found = await self._resolver.resolve_async(str(request.url))
        attempt = self._attempts.begin(found.routes)
        while (route := attempt.route) is not None:
            transport = self._transport(route)
            try:
                response = await transport.handle_async_request(request)
            except httpx.TransportError as error:
                if not _moves_on(attempt, route, request, error):
                    raise
                continue
            if _is_refused(attempt, route, request, response):
                await response.aclose()
                continue
            if attempt.route is not None:
                attempt.worked()
            return response
        raise httpx.ConnectError("there is no route", request=request)

    async def aclose(self) -> None:
        """Closes every connection."""
        for transport in self._transports.values():
            await transport.aclose()


def _proxy(route: Route, options: dict[str, Any]) -> httpx.Proxy | None:
    """The proxy; where it is spoken to in TLS, it is trusted as servers are.

    httpx lets every SOCKS proxy resolve names.
    """
    url = route.url
    if url is None:
        return None
    if route.scheme == "socks4":
        raise httpx.UnsupportedProtocol("httpx does not speak SOCKS 4")
    if route.scheme == "socks5":
        return httpx.Proxy("socks5" + url[url.index(":") :])
    context = options.get("verify")
    if route.scheme == "https" and isinstance(context, ssl.SSLContext):
        return httpx.Proxy(url, ssl_context=context)
    return httpx.Proxy(url)


def _moves_on(
    attempt: Attempt,
    route: Route,
    request: httpx.Request,
    error: httpx.TransportError,
) -> bool:
    """Notes a failure; whether there is a next route to try."""
    failure = failure_of(error)
    if failure == "tls" and route.scheme != "https":
        # The server's: it was reached.
        attempt.worked()
        return False
    # No byte of the request was sent.
    unsent = isinstance(
        error, (httpx.ConnectError, httpx.ConnectTimeout, httpx.ProxyError)
    )
    return goes_on(attempt, failure, unsent or _may_repeat(request))


def _is_refused(
    attempt: Attempt,
    route: Route,
    request: httpx.Request,
    response: httpx.Response,
) -> bool:
    """Whether the proxy answered for itself, and the next one is tried."""
    return (
        response.status_code == 407
        and route.kind == "proxy"
        and goes_on(attempt, 407, _may_repeat(request))
    )


def _may_repeat(request: httpx.Request) -> bool:
    """Whether it can be sent once more."""
    body = isinstance(request.stream, httpx.ByteStream)
    return body and request.method in REPEATABLE
