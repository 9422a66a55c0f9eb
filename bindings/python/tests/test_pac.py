"""Scripts: what goes in, what comes out, what is raised."""

from __future__ import annotations

import asyncio
import os
import pickle
import sys
import threading
import time
from typing import Any

import pytest
import whichproxy
from whichproxy import Machine, Pac, PacError, Route, Routes, UrlError

PLAIN = """function FindProxyForURL(url, host) {
    if (host == "bad") throw "no";
    return host == "a" ? "DIRECT" : "PROXY p:80; SOCKS5 s:1; DIRECT";
}"""

JAVASCRIPT = "function FindProxyForURL(u, h) { return eval('\"PROXY \" + h') }"

#: Its rounds take so long that there are not too many before the deadline.
SLOW = "function FindProxyForURL(u, h) { for (;;) eval('1'); }"


def test_routes() -> None:
    routes = Pac(PLAIN).find_proxy("http://b/")
    assert str(routes) == "PROXY p:80; SOCKS5 s:1; DIRECT"
    assert repr(routes) == "Routes('PROXY p:80; SOCKS5 s:1; DIRECT')"
    assert eval(repr(routes)) == routes
    assert len(routes) == 3
    first, second, third = routes
    assert (first.kind, first.scheme, first.host, first.port) == (
        "proxy",
        "http",
        "p",
        80,
    )
    assert first == routes[0] == routes.first == Route("PROXY p")
    assert first.url == "http://p:80"
    assert second.url == "socks5h://s:1"
    assert (third.kind, third.url, third.host) == ("direct", None, None)
    assert routes[-1] == third
    assert hash(routes) == hash(Routes("proxy p;SOCKS5 s:1;direct"))
    assert {first, routes[0]} == {Route("PROXY p:80")}
    assert routes.proxies == {"http": "http://p:80", "https": "http://p:80"}
    direct = Routes("DIRECT").proxies
    assert direct == {"http": None, "https": None, "all": None}
    for index in (3, -4):
        with pytest.raises(IndexError):
            routes[index]
    assert Routes("PROXY [2001:db8::1]:8080").first.host == "2001:db8::1"
    for text in ("", "nonsense", "PROXY"):
        with pytest.raises(whichproxy.UsageError):
            Routes(text)
    with pytest.raises(ValueError):
        Route("DIRECT; PROXY a:1")


def test_classes_are_frozen() -> None:
    pac = Pac(PLAIN)
    for thing in (pac, pac.find_proxy("http://a/"), Machine.offline()):
        with pytest.raises((AttributeError, TypeError)):
            setattr(thing, "strategy", "js")
    with pytest.raises(TypeError):
        type("Sub", (Pac,), {})


def test_url_and_host() -> None:
    pac = Pac("function FindProxyForURL(u, h) { return u + ' ' + h; }")
    ask = pac.evaluate
    assert ask("HTTPS://u:p@A.b/c?d").result == "https://a.b/ a.b"
    assert ask("http://A.b/c?d#e").result == "http://a.b/c?d a.b"
    assert ask("any", "thing").result == "any thing"
    assert pac.source.startswith("function")
    with pytest.raises(UrlError) as caught:
        pac.find_proxy("http://u:secret@a b/")
    assert caught.value.winhttp_code == 12005
    assert "secret" not in str(caught.value)
    with pytest.raises(UnicodeEncodeError):
        pac.find_proxy("http://a/\ud800")


def test_errors() -> None:
    with pytest.raises(PacError) as caught:
        Pac(PLAIN).find_proxy("http://bad/")
    error = caught.value
    assert (error.kind, error.winhttp_code) == ("exception", 12177)
    assert isinstance(error, whichproxy.Error)
    with pytest.raises(PacError) as caught:
        Pac("\nfunction FindProxyForURL(url host) {}")
    error = caught.value
    assert (error.kind, error.line, error.winhttp_code) == ("syntax", 2, 12166)
    assert error.column is not None and error.column > 1
    with pytest.raises(PacError) as caught:
        Pac(JAVASCRIPT, engine="compiled")
    assert caught.value.kind == "refused"
    assert "eval" in caught.value.refusals[0]
    with pytest.raises(PacError) as caught:
        Pac(PLAIN, max_bytes=10)
    assert caught.value.kind == "source"
    wrong: list[dict[str, Any]] = [
        {"engine": "v8"},
        {"isolation": "hope"},
        {"deadline": -1},
    ]
    for options in wrong:
        with pytest.raises(whichproxy.UsageError):
            Pac(PLAIN, **options)
    with pytest.raises(TypeError):
        Pac(1)  # type: ignore[arg-type]


def test_errors_can_be_copied() -> None:
    with pytest.raises(PacError) as caught:
        Pac("function FindProxyForURL(url host) {}")
    copy = pickle.loads(pickle.dumps(caught.value))
    assert type(copy) is PacError
    assert (str(copy), copy.line) == (str(caught.value), 1)


def test_what_a_script_asks() -> None:
    source = """function FindProxyForURL(url, host) {
        alert("hello");
        return "PROXY " + dnsResolve(host) + ":" + myIpAddress().length;
    }"""
    machine = Machine.offline().with_dns({"a": ["10.0.0.1"]})
    pac = Pac(source, machine=machine.with_network(["10.1.2.3"]))
    found = pac.evaluate("http://a/")
    assert str(found.routes) == "PROXY 10.0.0.1:8"
    assert found.alerts == ("hello",)
    assert found.asked == ("dns a", "own addresses") or len(found.asked) == 2
    assert {"dns", "own_addresses"} <= pac.depends_on
    assert found.ignored == ()
    odd = Pac("function FindProxyForURL() { return 'SOFA a:1; DIRECT'; }")
    ((text, reason),) = odd.evaluate("http://a/").ignored
    assert text == "SOFA a:1" and reason


def test_engines() -> None:
    assert Pac(PLAIN).strategy in ("compiled", "table")
    assert Pac(PLAIN, engine="js").strategy == "js"
    pac = Pac(JAVASCRIPT)
    assert pac.strategy == "js"
    (refusal,) = pac.refusals
    assert (refusal.line, refusal.column > 1) == (1, True)
    assert "eval" in refusal.reason
    for pac in (pac, Pac(JAVASCRIPT, isolation="thread")):
        assert str(pac.find_proxy("http://a/")) == "PROXY a:80"


def test_source_as_bytes() -> None:
    text = "function FindProxyForURL() { return 'PROXY ü'.length; }"
    for encoding in ("utf-8", "utf-16", "latin-1"):
        with pytest.raises(PacError) as caught:
            Pac(text.encode(encoding)).find_proxy("http://a/")
        assert caught.value.kind == "result"


class Test_many:
    URLS = ["http://a/", "http://b/", "http://bad/", "nonsense"]

    def test_iterables(self) -> None:
        pac = Pac(PLAIN)
        good = self.URLS[:2]
        expected = [pac.find_proxy(url) for url in good]
        for given in (good, tuple(good), iter(good), dict.fromkeys(good)):
            assert pac.find_proxy_many(given) == expected
        assert pac.find_proxy_many([]) == []
        with pytest.raises(TypeError):
            pac.find_proxy_many("http://a/")
        with pytest.raises(TypeError):
            pac.find_proxy_many([1])
        with pytest.raises(TypeError):
            pac.find_proxy_many(5)  # type: ignore[call-overload]

    def test_failures(self) -> None:
        pac = Pac(PLAIN)
        with pytest.raises(PacError):
            pac.find_proxy_many(self.URLS)
        found = pac.find_proxy_many(self.URLS, return_exceptions=True)
        kinds = [type(one) for one in found]
        assert kinds == [Routes, Routes, PacError, UrlError]

    def test_hosts(self) -> None:
        pac = Pac(PLAIN)
        found = pac.find_proxy_many(["x", "y"], ["a", "b"])
        assert [len(one) for one in found] == [1, 3]
        with pytest.raises(whichproxy.UsageError):
            pac.find_proxy_many(["x"], [])

    def test_order(self) -> None:
        source = "function FindProxyForURL(u, h) { return 'PROXY ' + h; }"
        urls = [f"http://h{n}.example/" for n in range(5000)]
        found = Pac(source).find_proxy_many(urls)
        assert [one.first.host for one in found] == [u[7:-1] for u in urls]

    def test_numpy(self) -> None:
        np: Any = pytest.importorskip("numpy")
        pac = Pac("function FindProxyForURL(u, h) { return 'PROXY ' + h; }")
        urls = ["http://a/", "http://bbb.example/", "http://ü.example/"]
        expected = pac.find_proxy_many(urls)
        kinds: list[Any] = [None, object, ">U20", "U40"]
        if hasattr(np.dtypes, "StringDType"):
            kinds.append(np.dtypes.StringDType())
        for kind in kinds:
            array = np.array(urls, dtype=kind)
            assert pac.find_proxy_many(array) == expected
            assert pac.find_proxy_many(array[::2]) == expected[::2]
        assert pac.find_proxy_many(np.array([], dtype="U1")) == []

    def test_arrow(self) -> None:
        pa: Any = pytest.importorskip("pyarrow")
        pac = Pac("function FindProxyForURL(u, h) { return 'PROXY ' + h; }")
        urls = ["http://a/", "http://bbb.example/", "http://ü.example/"]
        expected = pac.find_proxy_many(urls)
        for kind in (pa.string(), pa.large_string(), pa.string_view()):
            array = pa.array(urls, kind)
            assert pac.find_proxy_many(array) == expected
            assert pac.find_proxy_many(array.slice(1)) == expected[1:]
            assert pac.find_proxy_many(array.slice(1, 1)) == expected[1:2]
        parts = pa.chunked_array([urls[:1], [], urls[1:]])
        assert pac.find_proxy_many(parts) == expected
        assert pac.find_proxy_many(pa.chunked_array([], pa.string())) == []
        encoded = pa.array(urls).dictionary_encode()
        assert pac.find_proxy_many(encoded) == expected
        with pytest.raises(TypeError):
            pac.find_proxy_many(pa.array(["http://a/", None]))

    def test_capsules(self) -> None:
        pa: Any = pytest.importorskip("pyarrow")

        class Foreign:
            """Has the interface, and nothing else."""

            def __arrow_c_array__(self, requested_schema: Any = None) -> Any:
                return pa.array(["http://a/"]).__arrow_c_array__()

        assert len(Pac(PLAIN).find_proxy_many(Foreign())) == 1  # type: ignore


def test_others_run_while_a_script_does() -> None:
    pac = Pac(SLOW, deadline=1)
    caught: list[PacError] = []

    def ask() -> None:
        try:
            pac.find_proxy("http://a/")
        except PacError as error:
            caught.append(error)

    thread = threading.Thread(target=ask)
    thread.start()
    count = 0
    while thread.is_alive():
        count += 1
        time.sleep(0.01)
    assert count > 20
    assert caught[0].kind == "deadline"


def test_the_loop_runs_while_a_script_does() -> None:
    async def main() -> tuple[int, str]:
        pac = Pac(SLOW, deadline=1)
        waiting = asyncio.ensure_future(pac.find_proxy_async("http://a/"))
        count = 0
        while not waiting.done():
            count += 1
            await asyncio.sleep(0.01)
        error = waiting.exception()
        assert isinstance(error, PacError)
        return count, error.kind

    count, kind = asyncio.run(main())
    assert count > 20
    assert kind == "deadline"


def test_awaited() -> None:
    async def main() -> None:
        pac = Pac(PLAIN)
        assert await pac.find_proxy_async("http://b/") == pac.find_proxy(
            "http://b/"
        )
        assert len(await pac.find_proxy_async("x", "a")) == 1
        with pytest.raises(UrlError):
            await pac.find_proxy_async("nonsense")
        js = Pac(JAVASCRIPT)
        both = await asyncio.gather(
            *(js.find_proxy_async(f"http://h{n}/") for n in range(20))
        )
        assert [one.first.host for one in both] == [f"h{n}" for n in range(20)]

    asyncio.run(main())
    with pytest.raises(RuntimeError):
        Pac(PLAIN).find_proxy_async("http://a/")


def test_from_many_threads() -> None:
    pac = Pac(JAVASCRIPT)
    wrong: list[object] = []

    def ask(name: str) -> None:
        for number in range(50):
            found = pac.find_proxy(f"http://{name}{number}/").first.host
            if found != f"{name}{number}":
                wrong.append(found)

    threads = [threading.Thread(target=ask, args=(c,)) for c in "abcdefgh"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here")
@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_a_fork_has_workers_of_its_own() -> None:
    pac = Pac(JAVASCRIPT, deadline=20)
    plain = Pac(PLAIN)
    assert str(pac.find_proxy("http://a/")) == "PROXY a:80"
    plain.find_proxy_many(["http://a/"] * 100)
    child = os.fork()
    if child == 0:
        status = 1
        try:
            for number in range(3):
                host = pac.find_proxy(f"http://c{number}/").first.host
                assert host == f"c{number}"
            assert len(plain.find_proxy_many(["http://a/"] * 100)) == 100
            with pytest.raises(PacError) as caught:
                Pac(SLOW, deadline=0.5).find_proxy("http://a/")
            assert caught.value.kind == "deadline"
            status = 0
        finally:
            os._exit(status)
    _, status = os.waitpid(child, 0)
    assert status == 0
    for number in range(3):
        host = pac.find_proxy(f"http://p{number}/").first.host
        assert host == f"p{number}"


@pytest.mark.skipif(sys.platform != "linux", reason="it looks into /proc")
def test_workers_are_confined_and_end() -> None:
    import subprocess

    program = (
        "import os, sys, whichproxy\n"
        f"pac = whichproxy.Pac({JAVASCRIPT!r})\n"
        "pac.find_proxy('http://a/')\n"
        "me = os.getpid()\n"
        "for one in os.listdir('/proc'):\n"
        "    if one.isdigit():\n"
        "        try:\n"
        "            stat = open(f'/proc/{one}/stat').read()\n"
        "        except OSError:\n"
        "            continue\n"
        "        if int(stat.rpartition(')')[2].split()[1]) == me:\n"
        "            print(one, len(os.listdir(f'/proc/{one}/fd')))\n"
        "            text = open(f'/proc/{one}/status').read()\n"
        "            print(text[text.index('Seccomp:'):].split()[1])\n"
        "            print(len(open(f'/proc/{one}/environ').read()))\n"
    )
    told = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "SECRET": "x"},
    )
    number, files, seccomp, environment = told.stdout.split()
    assert (files, seccomp, environment) == ("3", "2", "0")
    end = time.monotonic() + 10
    while os.path.exists(f"/proc/{number}") and time.monotonic() < end:
        time.sleep(0.01)
    assert not os.path.exists(f"/proc/{number}")
