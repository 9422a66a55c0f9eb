"""``aiohttp``: a connector.

    aiohttp.ClientSession(connector=ResolverConnector(resolver))

SOCKS proxies need ``aiohttp-socks``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import aiohttp
from yarl import URL

from .._whichproxy import Resolver, Route
from ._failures import failure_of

if TYPE_CHECKING:
    from aiohttp.client_reqrep import ClientRequest
    from aiohttp.connector import Connection
    from aiohttp.tracing import Trace

__all__ = ["ResolverConnector"]


class ResolverConnector(aiohttp.TCPConnector):
    """Connects by the routes that a resolver has for a request's URL.

    The next route is tried where there is no connection: no byte of the
    request was sent then, so that any may be tried again. What happens on a
    connection, such as status 407, is the session's to see. The ``proxy`` of
    a request and those of the environment do not count.

    Args:
        resolver: whom to ask.
        options: those of ``aiohttp.TCPConnector``.
    """

    def __init__(self, resolver: Resolver, **options: Any) -> None:
        super().__init__(**options)
        self._whichproxy = resolver
        self._attempts = resolver.attempts()
        self._options = options
        self._socks: dict[str, aiohttp.TCPConnector] = {}

    async def connect(
        self,
        req: ClientRequest,
        traces: list[Trace],
        timeout: aiohttp.ClientTimeout,
    ) -> Connection:
        """As of every connector.

        Raises:
            Error: the resolver's client would report a failure.
            aiohttp.ClientError: every route failed; that of the last one.
        """
        found = await self._whichproxy.resolve_async(str(req.url))
        attempt = self._attempts.begin(found.routes)
        while (route := attempt.route) is not None:
            try:
                connection = await self._by(route, req, traces, timeout)
            except aiohttp.ClientConnectorCertificateError:
                attempt.worked()
                raise
            except (aiohttp.ClientError, OSError, TimeoutError) as error:
                failure: Any = failure_of(error)
                if isinstance(error, aiohttp.ClientHttpProxyError):
                    failure = error.status
                elif failure == "tls" and route.scheme != "https":
                    attempt.worked()
                    raise
                if not attempt.failed(failure) or attempt.route is None:
                    raise
                continue
            attempt.worked()
            return connection
        raise aiohttp.ClientConnectionError("there is no route")

    async def _by(
        self,
        route: Route,
        req: ClientRequest,
        traces: list[Trace],
        timeout: aiohttp.ClientTimeout,
    ) -> Connection:
        if route.scheme in ("socks4", "socks5"):
            req.update_proxy(None, None, None)
            return await self._by_socks(route, req, traces, timeout)
        if route.host is None:
            req.update_proxy(None, None, None)
        else:
            login = None
            if route.username is not None:
                login = aiohttp.BasicAuth(
                    route.username, route.password or ""
                )
            proxy = URL.build(
                scheme=str(route.scheme), host=route.host, port=route.port
            )
            req.update_proxy(proxy, login, None)
        return await super().connect(req, traces, timeout)

    async def _by_socks(
        self,
        route: Route,
        req: ClientRequest,
        traces: list[Trace],
        timeout: aiohttp.ClientTimeout,
    ) -> Connection:
        import aiohttp_socks as socks

        url = str(route.url)
        if url not in self._socks:
            is_5 = route.scheme == "socks5"
            self._socks[url] = socks.ProxyConnector(
                host=str(route.host),
                port=int(route.port or 0),
                proxy_type=(
                    socks.ProxyType.SOCKS5 if is_5 else socks.ProxyType.SOCKS4
                ),
                username=route.username,
                password=route.password,
                rdns=is_5,
                **self._options,
            )
        try:
            return await self._socks[url].connect(req, traces, timeout)
        except (
            socks.ProxyConnectionError,
            socks.ProxyError,
            socks.ProxyTimeoutError,
        ) as error:
            raise aiohttp.ClientConnectionError(str(error)) from error

    def close(self, **options: Any) -> Any:
        """Closes every connection."""
        closing = [one.close(**options) for one in self._socks.values()]
        closing.append(super().close(**options))

        async def all_of_them() -> None:
            for one in closing:
                if one is not None:
                    await one

        return _Closing(all_of_them, closing)


class _Closing:
    """What was begun to be closed; need not be awaited."""

    def __init__(self, wait: Any, closing: list[Any]) -> None:
        self._wait = wait
        self._closing = closing

    def __await__(self) -> Any:
        return self._wait().__await__()
