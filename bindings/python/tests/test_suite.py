"""The cases of ``whichproxy-test``, as every surface runs them."""

from __future__ import annotations

import fnmatch
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import whichproxy
from conftest import DATA
from whichproxy import (
    BypassList,
    Machine,
    Pac,
    Page,
    Plan,
    ProxyList,
    Resolver,
    Settings,
)

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

Case = dict[str, Any]

HEADERS = ("Windows Registry Editor", "REGEDIT4")


def load() -> list[Case]:
    """Every case, with its full name."""
    cases = []
    for path in sorted(DATA.rglob("*.toml")):
        group = path.relative_to(DATA).with_suffix("").as_posix()
        if group.startswith("hostile/") or group == "known-failures":
            continue
        for case in tomllib.loads(path.read_text("utf-8"))["test"]:
            cases.append({**case, "full-name": f"{group}/{case['name']}"})
    return cases


def known_failures() -> list[dict[str, str]]:
    """Those of this surface."""
    text = (DATA / "known-failures.toml").read_text("utf-8")
    known = tomllib.loads(text).get("known-failure", [])
    return [one for one in known if one.get("surface", "python") == "python"]


CASES = load()
KNOWN = known_failures()


def params() -> list[Any]:
    """The cases for pytest; what is known to fail has to."""
    marked = []
    for case in CASES:
        name = case["full-name"]
        marks = [
            pytest.mark.xfail(reason=known["reason"], strict=True)
            for known in KNOWN
            if fnmatch.fnmatchcase(name, known["test"])
        ]
        marked.append(pytest.param(case, id=name, marks=marks))
    return marked


def many(value: Any) -> list[str]:
    """One or several, as a list."""
    if value is None:
        return []
    return [value] if isinstance(value, str) else list(value)


def page(given: Any) -> Page:
    if isinstance(given, str):
        return Page(given)
    if "file" in given:
        body: str | bytes = (DATA / "scripts" / given["file"]).read_bytes()
    else:
        body = given["text"]
    return Page(
        body,
        content_type=given.get("content-type"),
        headers=given.get("headers", {}),
    )


def machine(case: Case) -> Machine:
    """The machine that a case describes."""
    made = Machine.offline().with_reg("REGEDIT4\n", name="empty.reg")
    for file in many(case.get("registry-file")):
        content = (DATA / "registry" / file).read_bytes()
        made = made.with_reg(content, name=file)
    if "registry" in case:
        text = case["registry"]
        has_header = text.lstrip().startswith(HEADERS)
        if not has_header and case.get("error") != "registry":
            text = f"Windows Registry Editor Version 5.00\n\n{text}"
        made = made.with_reg(text, name="case.reg")
    made = made.with_dns(case.get("dns", {}))
    made = made.with_pages(
        {url: page(given) for url, given in case.get("pages", {}).items()}
    )
    made = made.with_network(
        many(case.get("my-ip")),
        domain=case.get("domain"),
        search=case.get("search", []),
    )
    if "dhcp-wpad" in case:
        made = made.with_dhcp_wpad(case["dhcp-wpad"])
    if "now" in case:
        made = made.with_now(case["now"])
    return made.with_env(case.get("env", {}))


@dataclass
class Observed:
    """What was seen of a case, by the names of what was expected."""

    equal: dict[str, Any] = field(default_factory=dict)
    parts: dict[str, list[str]] = field(default_factory=dict)
    printed: str = ""
    error: whichproxy.Error | None = None

    def print(self, *things: object) -> None:
        for thing in things:
            self.printed += f"{thing}\n{thing!r}\n"


def observe(case: Case) -> Observed:
    seen = Observed()
    try:
        if "client" in case:
            resolve(case, seen)
        elif {"script", "script-file", "expression"} & case.keys():
            pac(case, seen)
        elif "profile" in case:
            bypass(case, seen)
        elif "dialect" in case:
            proxies(case, seen)
        else:
            settings(case, None, seen)
    except whichproxy.Error as error:
        seen.error = error
        seen.print(error, vars(error))
        if error.trace is not None:
            trace(error.trace, seen)
        if isinstance(error, whichproxy.PacError):
            seen.equal["asked"] = list(error.asked)
            seen.equal["alerts"] = list(error.alerts)
    return seen


def settings(case: Case, client: str | None, seen: Observed) -> Settings:
    read = Settings(machine(case), client=client, user=case.get("user"))
    seen.parts["warnings"] = list(read.warnings)
    seen.parts["entries"] = list(read.entries)
    seen.print(read, *read.warnings, *read.entries, read.as_dict())
    return read


def trace(told: whichproxy.Trace, seen: Observed) -> None:
    seen.equal["outcomes"] = [step.outcome for step in told.steps]
    seen.parts["note-contains"] = [n for s in told.steps for n in s.notes]
    seen.print(told, told.as_dict(), *told.steps)


def resolve(case: Case, seen: Observed) -> None:
    client = case["client"]
    read = settings(case, client, seen)
    readings = Plan.readings(client, read)
    seen.equal["readings"] = [plan.reading for plan in readings]
    resolver = Resolver(
        client,
        machine(case),
        reading=case.get("reading"),
        user=case.get("user"),
    )
    plan = resolver.plan
    seen.equal["plan"] = list(plan.steps)
    seen.equal["skipped"] = list(plan.skipped)
    seen.print(resolver, plan, plan.as_dict())
    if "url" not in case:
        return
    found = resolver.resolve(case["url"])
    seen.equal["routes"] = str(found)
    seen.equal["kinds"] = [route.kind for route in found.routes]
    seen.equal["decided-by"] = found.decided_by[0]
    trace(found.trace, seen)
    seen.print(found, found.routes, found.as_dict())


def bypass(case: Case, seen: Observed) -> None:
    listed = BypassList(case.get("list", ""), profile=case["profile"])
    entry = listed.find(case["url"])
    seen.equal["bypassed"] = entry is not None
    seen.equal["entry"] = entry
    seen.parts["oddities"] = list(listed.oddities)
    seen.print(listed, entry, listed.oddities)


def proxies(case: Case, seen: Observed) -> None:
    listed = ProxyList(case.get("list", ""))
    found = listed.proxies_for(
        case.get("scheme", ""), dialect=case["dialect"]
    )
    seen.equal["proxies"] = [str(route) for route in found]
    seen.parts["oddities"] = list(listed.oddities)
    seen.print(listed, listed.oddities)


def pac(case: Case, seen: Observed) -> None:
    if "script-file" in case:
        file: Path = DATA / "scripts" / case["script-file"]
        source: str | bytes = file.read_bytes()
    elif "expression" in case:
        source = (
            "function FindProxyForURL(url, host) {\n"
            f"var value = ({case['expression']});\n"
            "return typeof value == 'string' ? '\"' + value + '\"'\n"
            ": String(value);\n}\n"
        )
    else:
        source = case["script"]
    # As if it had come from a network.
    if isinstance(source, str):
        source = source.encode()
    script = Pac(source, machine=machine(case))
    url = case.get("url", "http://www.example.com/")
    found = script.evaluate(url, case.get("host"))
    seen.equal["routes"] = str(found.routes)
    seen.equal["kinds"] = [route.kind for route in found.routes]
    seen.equal["result"] = seen.equal["value"] = found.result
    seen.equal["asked"] = list(found.asked)
    seen.equal["alerts"] = list(found.alerts)
    seen.equal["ignored"] = [text for text, _ in found.ignored if text]
    seen.print(found, found.routes)
    # The shorter ways lead to the same.
    assert script.find_proxy(url, case.get("host")) == found.routes
    hosts = [case["host"]] if "host" in case else None
    assert script.find_proxy_many([url], hosts) == [found.routes]


def unfit(case: Case) -> str | None:
    """Why a case cannot be run here."""
    if "earlier" in case:
        return "the web of a Python machine does not change"
    return None


@pytest.mark.parametrize("case", params())
def test_case(case: Case) -> None:
    if why := unfit(case):
        pytest.skip(why)
    seen = observe(case)
    compared = 0
    if "error" in case:
        assert seen.error is not None, "there is no error"
        assert seen.error.kind == case["error"], seen.error
        for part in case.get("error-contains", []):
            assert part in str(seen.error)
        if "winhttp-code" in case:
            assert seen.error.winhttp_code == case["winhttp-code"]
        compared += 1
    elif seen.error is not None:
        raise seen.error
    for name, value in seen.equal.items():
        if name in case:
            assert value == case[name], name
            compared += 1
    for name, texts in seen.parts.items():
        if name not in case:
            continue
        compared += 1
        if not case[name]:
            assert texts == [], name
        for part in case[name]:
            assert any(part in text for text in texts), (name, part, texts)
    for text in case.get("hidden", []):
        assert text not in seen.printed
        compared += 1
    assert compared > 0, "nothing was compared"


def test_known_failures_match_cases() -> None:
    names = [case["full-name"] for case in CASES]
    for known in KNOWN:
        assert fnmatch.filter(names, known["test"]), known["test"]
