"""``urllib.request``: a handler.

    opener = urllib.request.build_opener(ResolverHandler(resolver))
    opener.open("https://www.example.com/")

SOCKS proxies need ``PySocks``; proxies that are spoken to in TLS, urllib has
no way to use.
"""

from __future__ import annotations

import copy
import ssl
from http.client import HTTPConnection, HTTPSConnection
from typing import Any
from urllib.error import URLError
from urllib.request import (
    HTTPHandler,
    HTTPSHandler,
    ProxyHandler,
    Request,
)

from .._whichproxy import Resolver, Route
from ._failures import REPEATABLE, failure_of, goes_on

__all__ = ["ResolverHandler"]


class ResolverHandler(ProxyHandler):
    """Opens each URL by the routes that a resolver has for it.

    It takes the place of the handler that goes by the environment.

    Args:
        resolver: whom to ask.
        context: that of TLS; Python's own by default.
    """

    # Before the handlers that connect.
    handler_order = 490

    def __init__(
        self, resolver: Resolver, *, context: ssl.SSLContext | None = None
    ) -> None:
        super().__init__({})
        self._resolver = resolver
        self._attempts = resolver.attempts()
        self._context = context or ssl.create_default_context()

    def http_open(self, req: Request) -> Any:
        """Opens an ``http`` URL."""
        return self._open(req)

    def https_open(self, req: Request) -> Any:
        """Opens an ``https`` URL."""
        return self._open(req)

    def _open(self, req: Request) -> Any:
        routes = self._resolver.resolve(req.full_url).routes
        attempt = self._attempts.begin(routes)
        while (route := attempt.route) is not None:
            try:
                response = self._by(route, req)
            except OSError as error:
                failure = failure_of(error)
                if failure == "tls":
                    # The server's: no proxy is spoken to in TLS.
                    attempt.worked()
                    raise
                if not goes_on(attempt, failure, _may_repeat(req, failure)):
                    raise
                continue
            if (
                response.status == 407
                and route.kind == "proxy"
                and goes_on(attempt, 407, _may_repeat(req, 407))
            ):
                response.close()
                continue
            if attempt.route is not None:
                attempt.worked()
            return response
        raise URLError("there is no route")

    def _by(self, route: Route, req: Request) -> Any:
        # A request is told of its proxy, and keeps it.
        req = copy.copy(req)
        req.headers = dict(req.headers)
        req.unredirected_hdrs = dict(req.unredirected_hdrs)
        is_tls = req.type == "https"
        if route.scheme == "https":
            raise URLError("urllib does not speak TLS to proxies")
        if route.scheme in ("socks4", "socks5"):
            handler = _parented(HTTPHandler(), self)
            if is_tls:
                return handler.do_open(
                    _Tls, req, route=route, context=self._context
                )
            return handler.do_open(_Plain, req, route=route)
        if route.host is not None:
            host = f"[{route.host}]" if ":" in route.host else route.host
            if route.username is not None:
                # As urllib's own handler of proxies has it.
                req.add_header("Proxy-authorization", _login(route))
            req.set_proxy(f"{host}:{route.port}", "http")
        if is_tls:
            # It is `set_proxy` that makes a tunnel of a proxy.
            tls = HTTPSHandler(context=self._context)
            return _parented(tls, self).https_open(req)
        return _parented(HTTPHandler(), self).http_open(req)


def _parented(handler: Any, other: ResolverHandler) -> Any:
    handler.parent = other.parent
    return handler


def _login(route: Route) -> str:
    from base64 import b64encode

    login = f"{route.username}:{route.password or ''}"
    return "Basic " + b64encode(login.encode()).decode("ascii")


def _may_repeat(req: Request, failure: object) -> bool:
    """Whether it can be sent once more."""
    if failure in ("unresolved", "refused", "unreachable"):
        return True
    body = req.data is None or isinstance(req.data, bytes)
    return body and req.get_method() in REPEATABLE


def _connected(route: Route, connection: HTTPConnection) -> Any:
    """A connection through a SOCKS proxy."""
    import socks

    is_5 = route.scheme == "socks5"
    timeout: Any = connection.timeout
    return socks.create_connection(
        (connection.host, connection.port),
        timeout=timeout,
        proxy_type=socks.SOCKS5 if is_5 else socks.SOCKS4,
        proxy_addr=route.host,
        proxy_port=route.port,
        proxy_rdns=is_5,
        proxy_username=route.username,
        proxy_password=route.password,
    )


class _Plain(HTTPConnection):
    def __init__(self, host: str, *, route: Route, **options: Any) -> None:
        super().__init__(host, **options)
        self._route = route

    def connect(self) -> None:
        self.sock = _connected(self._route, self)


class _Tls(HTTPSConnection):
    def __init__(
        self,
        host: str,
        *,
        route: Route,
        context: ssl.SSLContext,
        **options: Any,
    ) -> None:
        super().__init__(host, context=context, **options)
        self._route = route
        self._trust = context

    def connect(self) -> None:
        self.sock = self._trust.wrap_socket(
            _connected(self._route, self), server_hostname=self.host
        )
