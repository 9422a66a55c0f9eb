"""The interfaces of other packages, beside those packages."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import whichproxy
from whichproxy.compat import pacparser as ours
from whichproxy.compat.pypac import MalformedPacError, PACFile

SCRIPTS = {
    "constant": "function FindProxyForURL(u, h) { return 'PROXY p:1'; }",
    "odd": "function FindProxyForURL(u, h) { return ' proxy a ;; DIRECT'; }",
    "tests": """
        function FindProxyForURL(url, host) {
            if (isPlainHostName(host)) return "DIRECT";
            if (dnsDomainIs(host, ".corp.example")) return "DIRECT";
            if (localHostOrDomainIs(host, "www.example.org")) return "A";
            if (shExpMatch(url, "*/secret/*")) return "PROXY s:1; DIRECT";
            if (shExpMatch(host, "10.?.*")) return "PROXY ten:1";
            if (dnsDomainLevels(host) > 3) return "PROXY deep:8080";
            return "PROXY proxy.example:8080; DIRECT";
        }""",
    "echo": "function FindProxyForURL(u, h) { return u + '|' + h; }",
    "networks": """
        function FindProxyForURL(url, host) {
            if (/^[0-9.]+$/.test(host) &&
                isInNet(host, "10.0.0.0", "255.0.0.0")) return "DIRECT";
            return "PROXY p:1";
        }""",
    "table": """
        var hosts = {"a.example": 1, "b.example": 2};
        function FindProxyForURL(url, host) {
            var rest = host;
            while (rest) {
                if (hosts.hasOwnProperty(rest)) return "PROXY " + rest;
                var at = rest.indexOf(".");
                if (at < 0) break;
                rest = rest.slice(at + 1);
            }
            return "DIRECT";
        }""",
    "eval": "function FindProxyForURL(u, h) { return eval('\"P \" + h'); }",
}

URLS = [
    "http://intranet/",
    "http://www.corp.example/",
    "http://www.example.org/x?y=z",
    "https://www/secret/1",
    "http://10.2.3.4:8080/",
    "http://a.b.c.d.example.net/",
    "http://x.a.example/",
    "ftp://b.example/file",
]

every_script = pytest.mark.parametrize("name", SCRIPTS)


def host(url: str) -> str:
    return url.split("/")[2].split(":")[0]


@every_script
def test_as_pacparser(name: str) -> None:
    theirs: Any = pytest.importorskip("pacparser")
    theirs.init()
    ours.init()
    for module in (theirs, ours):
        module.parse_pac_string(SCRIPTS[name])
    try:
        for url in URLS:
            assert ours.find_proxy(url) == theirs.find_proxy(url)
            given = (url, "other.example")
            assert ours.find_proxy(*given) == theirs.find_proxy(*given)
    finally:
        theirs.cleanup()
        ours.cleanup()


def test_all_of_pacparser() -> None:
    theirs: Any = pytest.importorskip("pacparser")
    modules = ("os", "re", "sys")
    public = {name for name in vars(theirs) if not name.startswith("_")}
    assert public - {*modules, "pacparser"} <= set(ours.__all__)


def test_pacparser_files(tmp_path: Path) -> None:
    file = tmp_path / "proxy.pac"
    file.write_text(SCRIPTS["tests"])
    assert ours.just_find_proxy(str(file), "http://a/") == "DIRECT"
    with pytest.raises(OSError):
        ours.just_find_proxy(str(tmp_path / "none"), "http://a/")
    ours.init()
    ours.parse_pac(str(file))
    assert ours.find_proxy("http://a.b/").startswith("PROXY proxy.example")
    ours.cleanup()
    with pytest.raises(whichproxy.PacError):
        ours.find_proxy("http://a.b/")


def test_pacparser_errors() -> None:
    with pytest.raises(ours.URLError) as caught:
        ours.find_proxy("nonsense")
    assert caught.value.url == "nonsense"
    with pytest.raises(whichproxy.PacError) as wrong:
        ours.parse_pac_string("function (")
    assert (wrong.value.kind, wrong.value.line) == ("syntax", 1)
    assert ours.version() == whichproxy.__version__
    ours.enable_microsoft_extensions()


def test_pacparser_address() -> None:
    script = "function FindProxyForURL(u, h) { return myIpAddress(); }"
    theirs: Any = pytest.importorskip("pacparser")
    for module in (ours, theirs):
        module.init()
        module.setmyip("10.1.2.3")
        module.parse_pac_string(script)
        assert module.find_proxy("http://a/") == "10.1.2.3"
        module.cleanup()
    ours.parse_pac_string(script)
    ours.setmyip("10.4.5.6")
    assert ours.find_proxy("http://a/") == "10.4.5.6"
    ours.cleanup()


@every_script
def test_as_pypac(name: str) -> None:
    theirs: Any = pytest.importorskip("pypac.parser")
    their_file = theirs.PACFile(SCRIPTS[name])
    our_file = PACFile(SCRIPTS[name])
    assert our_file.js == their_file.js
    for url in URLS:
        given = (url, host(url))
        found = our_file.find_proxy_for_url(*given)
        assert found == their_file.find_proxy_for_url(*given)


@pytest.mark.parametrize(
    "source",
    ["function (", "var a = 1;", "function FindProxyForURL() { throw 1; }"],
)
def test_malformed_as_for_pypac(source: str) -> None:
    with pytest.raises(MalformedPacError) as caught:
        PACFile(source)
    assert isinstance(caught.value.original_exc, whichproxy.PacError)
    theirs: Any = pytest.importorskip("pypac.parser")
    with pytest.raises(theirs.MalformedPacError):
        theirs.PACFile(source)


def test_what_pacparser_does_otherwise() -> None:
    theirs: Any = pytest.importorskip("pacparser")
    theirs.init()
    theirs.parse_pac_string(SCRIPTS["echo"])
    url = "http://user:secret@a.example/"
    assert theirs.find_proxy(url) == f"{url}|user"
    url = "http://[2001:db8::1]/"
    assert theirs.find_proxy(url) == f"{url}|[2001"
    theirs.cleanup()


def test_pacparser_asks_by_the_same_function() -> None:
    theirs: Any = pytest.importorskip("pacparser")
    both = (
        "function FindProxyForURL(u, h) { return 'plain'; }"
        "function FindProxyForURLEx(u, h) { return 'Ex'; }"
    )
    for module in (ours, theirs):
        module.init()
        module.parse_pac_string(both)
        assert module.find_proxy("http://a/") == "Ex"
        module.cleanup()


def test_what_pypac_does_otherwise() -> None:
    theirs: Any = pytest.importorskip("pypac.parser")
    both = (
        "function FindProxyForURL(u, h) { return 'plain'; }"
        "function FindProxyForURLEx(u, h) { return 'Ex'; }"
    )
    assert theirs.PACFile(both).find_proxy_for_url("http://a/", "a") == "plain"


def test_what_differs() -> None:
    both = (
        "function FindProxyForURL(u, h) { return 'plain'; }"
        "function FindProxyForURLEx(u, h) { return 'Ex'; }"
    )
    assert PACFile(both).find_proxy_for_url("http://a/", "a") == "Ex"
    ours.parse_pac_string(both)
    assert ours.find_proxy("http://a/") == "Ex"
    script = "function FindProxyForURL(u, h) { return h; }"
    ours.parse_pac_string(script)
    assert ours.find_proxy("http://u:p@A.example/") == "a.example"
    assert ours.find_proxy("http://[2001:db8::1]:80/") == "2001:db8::1"
    ours.cleanup()
