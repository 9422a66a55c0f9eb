"""Scripts that want to hurt whoever runs them."""

from __future__ import annotations

import sys
import time
from typing import Any

import pytest
from conftest import DATA
from whichproxy import Pac, PacError

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

DEADLINE = 1.0

#: How much later an answer may come: machines are busy.
LATE = 2.0

SCRIPTS = tomllib.loads(
    (DATA / "hostile" / "scripts.toml").read_text("utf-8")
)["script"]


def source(script: dict[str, Any]) -> str:
    if "source" in script:
        return f"function FindProxyForURL(url, host) {{ {script['source']} }}"
    if "around" in script:
        start, unit, count, end = script["around"]
        return f"{start}{unit * count}{end}"
    return str(script["whole"])


def resident() -> int:
    """The memory of this process."""
    with open("/proc/self/statm", encoding="ascii") as file:
        return int(file.read().split()[1]) * 4096


def next_one_is_right() -> None:
    script = "function FindProxyForURL(u, h) { return 'PROXY ' + h; }"
    pac = Pac(script, engine="js", deadline=20)
    assert str(pac.find_proxy("http://next/", "next")) == "PROXY next:80"


@pytest.mark.parametrize(
    "script", [pytest.param(one, id=one["name"]) for one in SCRIPTS]
)
def test_script(script: dict[str, Any]) -> None:
    next_one_is_right()
    on_linux = sys.platform == "linux"
    before = resident() if on_linux else 0
    start = time.monotonic()
    asked = 0.0
    try:
        pac = Pac(source(script), deadline=DEADLINE)
        loaded = time.monotonic()
        host = script.get("host", "x" * script.get("long-host", 0))
        found = pac.evaluate(
            "http://www.example.com/", host or "www.example.com"
        )
        asked = time.monotonic() - loaded
        outcome = "answer"
        assert found.result.startswith(script.get("result", ""))
    except PacError as error:
        outcome = error.kind
        text = str(error)
        assert text.isprintable() and len(text) <= 1000
    assert outcome in script["outcomes"]
    assert asked < DEADLINE + LATE
    assert time.monotonic() - start < 3 * DEADLINE + 2 * LATE
    next_one_is_right()
    if on_linux:
        assert resident() - before < 64 << 20
