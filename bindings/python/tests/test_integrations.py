"""Each HTTP client, by real proxies on loopback."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

import pytest
from servers import ORIGIN, HttpProxy, Origin, Server, SocksProxy, closed_port
from whichproxy import Machine, Resolver

aiohttp = pytest.importorskip("aiohttp")
httpx = pytest.importorskip("httpx")
requests = pytest.importorskip("requests")
trustme = pytest.importorskip("trustme")
urllib_request = pytest.importorskip("urllib.request")

from whichproxy.integrations.aiohttp import ResolverConnector  # noqa: E402
from whichproxy.integrations.httpx import (  # noqa: E402
    AsyncResolverTransport,
    ResolverTransport,
)
from whichproxy.integrations.requests import ResolverAdapter  # noqa: E402
from whichproxy.integrations.urllib import ResolverHandler  # noqa: E402


@dataclass
class Network:
    """Two origins and four proxies."""

    plain: Server
    secure: Server
    http: Server
    other: Server
    socks: Server
    tls: Server
    dead: int
    authority: Any
    context: ssl.SSLContext
    file: str

    def log(self) -> list[str]:
        """What proxies were asked."""
        proxies = (self.http, self.other, self.socks, self.tls)
        return [line for proxy in proxies for line in proxy.log]


@pytest.fixture
def network(tmp_path: Any) -> Iterator[Network]:
    authority = trustme.CA()
    certificate = authority.issue_cert(ORIGIN, "127.0.0.1")
    of_servers = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    certificate.configure_cert(of_servers)
    context = ssl.create_default_context()
    authority.configure_trust(context)
    file = tmp_path / "ca.pem"
    authority.cert_pem.write_to_path(str(file))
    with ExitStack() as stack:
        plain, secure = (
            stack.enter_context(Server(Origin)) for _ in range(2)
        )
        http, other, tls = (
            stack.enter_context(Server(HttpProxy)) for _ in range(3)
        )
        socks = stack.enter_context(Server(SocksProxy))
        secure.tls = tls.tls = of_servers
        for proxy in (http, other, socks, tls):
            proxy.origins = {80: plain.port, 443: secure.port}
        yield Network(
            plain, secure, http, other, socks, tls, closed_port(),
            authority, context, str(file),
        )  # fmt: skip


def resolver(answer: str, client: str = "wininet") -> Resolver:
    """A resolver whose client has a script with this answer."""
    registry = (
        "Windows Registry Editor Version 5.00\n\n"
        "[HKEY_CURRENT_USER\\SOFTWARE\\Microsoft\\Windows\\"
        "CurrentVersion\\Internet Settings]\n"
        '"AutoConfigURL"="http://pac.test/proxy.pac"\n'
    )
    script = f"function FindProxyForURL(u, h) {{ return '{answer}'; }}"
    machine = Machine.offline().with_reg(registry)
    machine = machine.with_pages({"http://pac.test/proxy.pac": script})
    return Resolver(client, machine)


Get = Callable[[Resolver, Network, list[str]], list[str]]


def by_requests(of: Resolver, network: Network, urls: list[str]) -> list[str]:
    adapter = ResolverAdapter(of)
    with requests.Session() as s:
        s.mount("http://", adapter)
        s.mount("https://", adapter)
        # Of the session it would count less than the environment.
        file = network.file
        return [s.get(u, timeout=10, verify=file).text for u in urls]


def by_httpx(of: Resolver, network: Network, urls: list[str]) -> list[str]:
    transport = ResolverTransport(of, verify=network.context)
    with httpx.Client(transport=transport, timeout=10) as client:
        return [client.get(url).text for url in urls]


def by_httpx_async(
    of: Resolver, network: Network, urls: list[str]
) -> list[str]:
    async def get() -> list[str]:
        transport = AsyncResolverTransport(of, verify=network.context)
        async with httpx.AsyncClient(
            transport=transport, timeout=10
        ) as client:
            return [(await client.get(url)).text for url in urls]

    return asyncio.run(get())


def by_aiohttp(of: Resolver, network: Network, urls: list[str]) -> list[str]:
    async def get() -> list[str]:
        connector = ResolverConnector(of, ssl=network.context)
        texts = []
        async with aiohttp.ClientSession(connector=connector) as session:
            for url in urls:
                async with session.get(url) as response:
                    texts.append(await response.text())
        return texts

    return asyncio.run(get())


def by_urllib(of: Resolver, network: Network, urls: list[str]) -> list[str]:
    handler = ResolverHandler(of, context=network.context)
    opener = urllib_request.build_opener(handler)
    texts = []
    for url in urls:
        with opener.open(url, timeout=10) as response:
            texts.append(response.read().decode())
    return texts


CLIENTS = [by_requests, by_httpx, by_httpx_async, by_aiohttp, by_urllib]

clients = pytest.mark.parametrize(
    "get", CLIENTS, ids=[one.__name__[3:] for one in CLIENTS]
)

HTTP = f"http://{ORIGIN}/a?b=c"
HTTPS = f"https://{ORIGIN}/s"
BODIES = ["origin GET /a?b=c HTTP/1.1", "origin GET /s HTTP/1.1"]


@pytest.fixture(autouse=True)
def misleading(monkeypatch: pytest.MonkeyPatch) -> None:
    """The environment must not count."""
    for name in ("http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
        monkeypatch.setenv(name.upper(), "http://127.0.0.1:1")


@clients
def test_http_proxy(get: Get, network: Network) -> None:
    of = resolver(f"PROXY 127.0.0.1:{network.http.port}")
    assert get(of, network, [HTTP, HTTPS]) == BODIES
    assert network.http.log == [
        f"GET {HTTP} HTTP/1.1",
        f"CONNECT {ORIGIN}:443 HTTP/1.1",
    ] or network.http.log == [
        f"GET {HTTP} HTTP/1.1",
        f"CONNECT {ORIGIN}:443 HTTP/1.0",
    ]


@clients
def test_socks_proxy(get: Get, network: Network) -> None:
    of = resolver(f"SOCKS5 127.0.0.1:{network.socks.port}")
    assert get(of, network, [HTTP, HTTPS]) == BODIES
    # The proxy is told the name.
    assert network.socks.log == [f"socks5 {ORIGIN}:80", f"socks5 {ORIGIN}:443"]


@pytest.mark.parametrize("get", [by_requests, by_httpx, by_httpx_async])
def test_proxy_in_tls(get: Get, network: Network) -> None:
    of = resolver(f"HTTPS 127.0.0.1:{network.tls.port}")
    assert get(of, network, [HTTP, HTTPS]) == BODIES
    assert len(network.tls.log) == 2


@clients
def test_proxy_for_each_url(get: Get, network: Network) -> None:
    http, other = network.http.port, network.other.port
    of = resolver(f"PROXY 127.0.0.1:' + (h == 'a.test' ? {http} : {other}) + '")
    urls = ["http://a.test/", "http://b.test/", "http://a.test/2"]
    assert len(get(of, network, urls)) == 3
    assert [line.split()[1] for line in network.http.log] == [
        "http://a.test/",
        "http://a.test/2",
    ]
    assert [line.split()[1] for line in network.other.log] == [
        "http://b.test/"
    ]


@clients
@pytest.mark.parametrize("second", ["http", "socks", "direct"])
def test_failover(get: Get, network: Network, second: str) -> None:
    answer = f"PROXY 127.0.0.1:{network.dead}; " + {
        "http": f"PROXY 127.0.0.1:{network.http.port}",
        "socks": f"SOCKS5 127.0.0.1:{network.socks.port}",
        "direct": "DIRECT",
    }[second]
    urls = [HTTP, HTTPS]
    if second == "direct":
        urls = [
            f"http://127.0.0.1:{network.plain.port}/a?b=c",
            f"https://127.0.0.1:{network.secure.port}/s",
        ]
    assert get(resolver(answer), network, urls) == BODIES
    assert len(network.log()) == (0 if second == "direct" else 2)


@clients
def test_dead_socks_moves_on(get: Get, network: Network) -> None:
    answer = (
        f"SOCKS5 127.0.0.1:{network.dead}; "
        f"PROXY 127.0.0.1:{network.http.port}"
    )
    assert get(resolver(answer), network, [HTTP, HTTPS]) == BODIES
    assert len(network.http.log) == 2


@clients
def test_clients_that_do_not_move_on(get: Get, network: Network) -> None:
    dead = f"http://127.0.0.1:{network.dead}"
    variables = {"http_proxy": dead, "https_proxy": dead}
    machine = Machine.offline().with_env(variables)
    of = Resolver("environment", machine)
    with pytest.raises(Exception) as caught:
        get(of, network, [f"http://127.0.0.1:{network.plain.port}/"])
    assert not isinstance(caught.value, AssertionError)
    assert network.plain.log == []


@clients
def test_a_refused_tunnel_is_final_for_browsers(
    get: Get, network: Network
) -> None:
    network.http.refuses = 503
    answer = (
        f"PROXY 127.0.0.1:{network.http.port}; "
        f"PROXY 127.0.0.1:{network.other.port}"
    )
    with pytest.raises(Exception):
        get(resolver(answer), network, [HTTPS])
    assert (len(network.http.log), network.other.log) == (1, [])


@clients
def test_a_bad_certificate_is_no_fault_of_the_proxy(
    get: Get, network: Network
) -> None:
    answer = (
        f"PROXY 127.0.0.1:{network.http.port}; "
        f"PROXY 127.0.0.1:{network.other.port}"
    )
    with pytest.raises(Exception):
        get(resolver(answer), network, ["https://other.test/"])
    assert (len(network.http.log), network.other.log) == (1, [])


def test_what_failed_comes_last_next_time(network: Network) -> None:
    answer = (
        f"PROXY 127.0.0.1:{network.dead}; "
        f"PROXY 127.0.0.1:{network.http.port}"
    )
    adapter = ResolverAdapter(resolver(answer))
    with requests.Session() as session:
        session.mount("http://", adapter)
        assert session.get(HTTP, timeout=10).ok
    attempt = adapter._attempts.begin(adapter._resolver.resolve(HTTP).routes)
    assert attempt.route is not None
    assert attempt.route.port == network.http.port


def test_a_post_is_not_sent_twice(network: Network) -> None:
    class Silent(HttpProxy):
        def handle(self) -> None:
            self.server.log.append(self.head()[0])

    with Server(Silent) as silent:
        answer = (
            f"PROXY 127.0.0.1:{silent.port}; "
            f"PROXY 127.0.0.1:{network.http.port}"
        )
        adapter = ResolverAdapter(resolver(answer))
        with requests.Session() as session:
            session.mount("http://", adapter)
            with pytest.raises(requests.ConnectionError):
                session.post(HTTP, data=b"once", timeout=10)
            assert network.http.log == []
            assert session.get(HTTP, timeout=10).ok
        with httpx.Client(
            transport=ResolverTransport(resolver(answer)), timeout=10
        ) as client:
            with pytest.raises(httpx.TransportError):
                client.post(HTTP, content=b"once")
            assert client.get(HTTP).status_code == 200


def test_proxies_of_requests(network: Network) -> None:
    """``Routes.proxies`` does what it says, with no adapter."""
    answer = f"SOCKS5 127.0.0.1:{network.socks.port}"
    proxies = resolver(answer).resolve(HTTP).proxies
    assert requests.get(HTTP, proxies=proxies, timeout=10).ok
    assert network.socks.log == [f"socks5 {ORIGIN}:80"]
    url = f"http://127.0.0.1:{network.plain.port}/"
    direct = resolver("DIRECT").resolve(url).proxies
    # The environment has proxies, that are all dead.
    with pytest.raises(requests.exceptions.ProxyError):
        requests.get(url, timeout=10)
    assert requests.get(url, proxies=direct, timeout=10).ok
