"""Clients on machines, and the command."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest
import whichproxy
from whichproxy import Attempts, Machine, Plan, Resolver, Routes, Settings

EDR = r"""Windows Registry Editor Version 5.00

[HKEY_LOCAL_MACHINE\SOFTWARE\Policies\Microsoft\Windows\DataCollection]
"TelemetryProxyServer"="10.0.0.6:8080"
"""

URL = "https://winatp-gw-eus.microsoft.com/"


def edr() -> Resolver:
    return Resolver("defender-edr", Machine.offline().with_reg(EDR))


def command(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "whichproxy", *arguments],
        capture_output=True,
        text=True,
    )


def test_resolution() -> None:
    found = edr().resolve(URL)
    assert str(found) == "PROXY 10.0.0.6:8080; DIRECT"
    assert (found.url, found.decided_by) == (URL, [1, 2])
    assert found.proxies["https"] == "http://10.0.0.6:8080"
    first, second = found.trace.steps
    assert (first.number, first.outcome) == (1, "decided")
    assert (first.source, first.grade) == ("MDE-PROXY", "documented")
    assert first.origin is not None and "export.reg line 4" in first.origin
    assert (second.origin, second.notes) == (None, [])
    text = str(found.trace)
    assert "1. static 10.0.0.6:8080 → decided" in text
    assert found.trace.plan.client == "defender-edr"
    assert found.trace.as_dict()["trace"] == found.as_dict()["trace"]


def test_as_the_command_says(tmp_path: Path) -> None:
    file = tmp_path / "export.reg"
    file.write_text(EDR)
    options = ["--reg", str(file), "--format", "json"]
    as_edr = ["--as", "defender-edr", *options]

    def told(*arguments: str) -> object:
        return json.loads(command(*arguments).stdout)

    machine = Machine.offline().with_reg(EDR, name=str(file))
    resolver = Resolver("defender-edr", machine)
    assert told("resolve", URL, *as_edr) == resolver.resolve(URL).as_dict()
    assert told("plan", *as_edr) == resolver.plan.as_dict()
    assert told("settings", *as_edr) == resolver.settings.as_dict()


def test_command() -> None:
    assert command("--version").stdout.startswith("whichproxy ")
    assert command("--version").returncode == 0
    nothing = command("resolve")
    assert (nothing.returncode, nothing.stdout) == (2, "")
    assert "Usage: whichproxy resolve" in nothing.stderr
    script = "data:,function FindProxyForURL(u,h){return eval('\"A \"+h')}"
    odd = command("pac", "eval", script, "http://a/", "--explain")
    assert odd.returncode == 0
    assert "returned: `A a`" in odd.stderr
    bad = command("pac", "eval", "data:,function(", "http://a/")
    assert bad.returncode == 1
    # As for the command itself, passwords are not shown.
    secret = command("resolve", "--reg", "u:secret@x", "--nonsense")
    assert "secret" not in secret.stderr


def test_plan_and_settings() -> None:
    resolver = edr()
    assert resolver.plan.client == "defender-edr"
    assert resolver.plan.steps == ("static 10.0.0.6:8080", "direct")
    assert "MDE-PROXY" in str(resolver.plan)
    plans = Plan.readings("defender-edr", resolver.settings)
    assert [one.reading for one in plans][0] == resolver.plan.reading
    assert len(plans) > 1
    other = Resolver(
        "defender-edr",
        Machine.offline().with_reg(EDR),
        reading=plans[1].reading,
    )
    assert other.plan.reading == plans[1].reading
    (entry,) = resolver.settings.entries
    assert "TelemetryProxyServer = 10.0.0.6:8080" in entry
    assert Settings(Machine.offline()).entries == ()
    for wrong in (
        lambda: Resolver("netscape", Machine.offline()),
        lambda: Resolver("winhttp", Machine.offline(), reading="x"),
        lambda: Resolver("winhttp", Machine.offline(), user="me"),
        lambda: Plan.readings("x", resolver.settings),
        lambda: Settings(Machine.offline(), client="x"),
        lambda: Attempts("x"),
    ):
        with pytest.raises(whichproxy.UsageError):
            wrong()


def test_many_and_awaited() -> None:
    resolver = edr()
    urls = [URL, "http://a/", "nonsense"]
    found = resolver.resolve_many(urls, return_exceptions=True)
    assert [type(one).__name__ for one in found] == [
        "Resolution",
        "Resolution",
        "UrlError",
    ]
    with pytest.raises(whichproxy.UrlError):
        resolver.resolve_many(urls)

    async def main() -> None:
        for _ in range(2):
            found = await resolver.resolve_async(URL)
            assert str(found) == "PROXY 10.0.0.6:8080; DIRECT"
        with pytest.raises(whichproxy.UrlError):
            await resolver.resolve_async("nonsense")
        found_here = await whichproxy.proxies_for_async(
            "http://a/", client="environment"
        )
        assert "http" in found_here

    asyncio.run(main())
    resolver.refresh()
    resolver.forget()
    assert str(resolver.resolve(URL)) == "PROXY 10.0.0.6:8080; DIRECT"


def test_failures_tell_how_they_came() -> None:
    registry = EDR[: EDR.index("[")] + (
        "[HKEY_CURRENT_USER\\SOFTWARE\\Microsoft\\Windows\\CurrentVersion"
        '\\Internet Settings]\n"AutoConfigURL"="http://p.test/p.pac"\n'
    )
    script = "function FindProxyForURL(u, h) {\n  throw 'no';\n}"
    machine = Machine.offline().with_reg(registry)
    machine = machine.with_pages({"http://p.test/p.pac": script.encode()})
    found = Resolver("wininet", machine).resolve("http://a/")
    assert "unavailable" in [step.outcome for step in found.trace.steps]
    with pytest.raises(whichproxy.RegistryError):
        Machine.offline().with_reg("nonsense")
    with pytest.raises(whichproxy.UrlError) as caught:
        Resolver("wininet", machine).resolve("gopher://a/")
    assert caught.value.winhttp_code == 12006


def test_machines_are_values() -> None:
    machine = Machine.offline()
    other = machine.with_env({"http_proxy": "a:1"})

    def resolve(on: Machine) -> str:
        return str(Resolver("environment", on).resolve("http://x/"))

    assert resolve(machine) == "DIRECT"
    assert resolve(other) == "PROXY a:1"
    assert "offline" in repr(other) and "live" in repr(Machine.live())


def test_time() -> None:
    source = """function FindProxyForURL(url, host) {
        var now = new Date();
        return [now.getTime(), now.getHours()].join(" ");
    }"""
    zone = timezone(timedelta(hours=2))
    then = datetime(2026, 11, 22, 9, 30, tzinfo=zone)
    seconds = int(then.timestamp())
    for now in (then, "2026-11-22T09:30:00+02:00"):
        machine = Machine.offline().with_now(now)
        pac = whichproxy.Pac(source, machine=machine)
        assert pac.evaluate("http://a/").result == f"{seconds}000 9"
    here = whichproxy.Pac(source, machine=Machine.offline().with_now())
    told = int(here.evaluate("http://a/").result.split()[0]) / 1000
    assert abs(told - datetime.now().timestamp()) < 60
    naive = datetime(2026, 1, 1)
    pac = whichproxy.Pac(source, machine=Machine.offline().with_now(naive))
    told = int(pac.evaluate("http://a/").result.split()[0]) / 1000
    assert told == naive.timestamp()
    with pytest.raises(whichproxy.UsageError):
        Machine.offline().with_now("yesterday")
    machine = Machine.offline()
    with pytest.raises(ValueError):
        machine.with_dns({"a": ["b"]})
    with pytest.raises(ValueError):
        machine.with_network(["b"])
    with pytest.raises(ValueError):
        machine.with_pages({"b": "c"})


def test_proxies_for(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "all_proxy", "no_proxy", "HTTP_PROXY"):
        monkeypatch.delenv(name, raising=False)
    for_url = whichproxy.proxies_for
    direct = {"http": None, "https": None, "all": None}
    assert for_url("http://a/", client="environment") == direct
    monkeypatch.setenv("http_proxy", "http://u:p%40@a.example:8080")
    found = for_url("http://a/", client="environment")
    assert found["http"] == "http://u:p%40@a.example:8080"
    with pytest.raises(whichproxy.UsageError):
        for_url("http://a/", client="x")


def test_attempts() -> None:
    attempts = Attempts("wininet")
    routes = Routes("PROXY a:1; PROXY b:1; DIRECT")
    attempt = attempts.begin(routes)
    assert attempt.route == routes[0]
    assert attempt.failed("refused")
    assert attempt.route == routes[1]
    attempt.worked()
    assert "PROXY a:1: the connection was refused → next" in str(attempt)
    assert len(attempt.tried) == 1
    # The one that failed comes last.
    assert attempts.begin(routes).route == routes[1]
    final = attempts.begin(routes)
    assert not final.failed(503)
    assert final.route is None
    with pytest.raises(whichproxy.UsageError):
        final.failed("tired")  # type: ignore[arg-type]
    assert not Attempts("winhttp").begin(routes).failed("refused")
    assert edr().attempts().begin(routes).route == routes[0]


def test_every_thing_is_documented() -> None:
    for name in whichproxy.__all__:
        thing = getattr(whichproxy, name)
        if name == "__version__":
            continue
        assert thing.__doc__, name
        if not isinstance(thing, type) or issubclass(thing, Exception):
            continue
        for part, value in vars(thing).items():
            assert part.startswith("_") or value.__doc__, f"{name}.{part}"


def test_changes() -> None:
    resolver = edr()
    assert str(resolver.resolve(URL)) == "PROXY 10.0.0.6:8080; DIRECT"
    # Nothing changes on a machine that is a value.
    assert resolver.changed("registry") is False
    assert resolver.changed("addresses") is False
    with pytest.raises(whichproxy.UsageError, match="unknown change `x`"):
        resolver.changed("x")  # type: ignore[arg-type]
    assert resolver.settings.entries == edr().settings.entries


#: Adds an address to a network of its own, and says what is told.
WATCHING = """
import queue, subprocess, sys
from whichproxy import Machine, Resolver

def address(what, n):
    command = ["ip", "address", what, f"10.9.9.{n}/32", "dev", "lo"]
    subprocess.run(command, check=True)

subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
resolver = Resolver("winhttp", Machine.live())
said = queue.Queue()
with resolver.watch(said.put) as watch:
    # It may look for the first time after the first of them.
    for n in range(100):
        address("add", n)
        try:
            said.get(timeout=1)
            break
        except queue.Empty:
            pass
    address("add", 200)
    print(said.get(timeout=60))
watch.close()
while not said.empty():
    said.get()

def fails(change):
    said.put(change)
    raise ValueError(change)

sys.unraisablehook = lambda it: said.put(it.exc_value)
watch = resolver.watch(fails)
for n in range(201, 250):
    address("add", n)
    try:
        print(said.get(timeout=1))
        break
    except queue.Empty:
        pass
print(repr(said.get(timeout=60)))
del watch
# One that nobody closes does not keep Python from its end.
kept = resolver.watch(lambda change: None)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="makes a network")
def test_watch() -> None:
    unshare = ["unshare", "--net"]
    if subprocess.run([*unshare, "true"], capture_output=True).returncode:
        pytest.skip("a network of its own takes root")
    python = [*unshare, sys.executable, "-c", WATCHING]
    done = subprocess.run(python, capture_output=True, text=True, timeout=180)
    assert done.stderr == ""
    said = "addresses\naddresses\nValueError('addresses')\n"
    assert done.stdout == said
