"""Times PAC scripts in Python: this package and others, in one run.

    python benches/speed.py FOLDER [--command PATH] [--seconds S] [SCRIPT…]

FOLDER has scripts, NAME.pac, and beside each the hosts that it is asked
about, NAME.hosts, one a line. The other packages (pacparser, pypac, and
proxylib with quickjs-ng) are measured where they are installed. ``--command``
is the command ``whichproxy``, of a release build: Rust's own time is what its
``pac bench`` says.

A lookup is one question to a script that is loaded; the fastest of several
rounds counts, since whatever else runs only makes it slower. The script is
told the URL and the host, so that nothing else is measured; ``url`` is a
lookup that is given the URL alone. ``many`` is one call with 200,000
questions, until there is a list of answers.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import whichproxy

MANY = 200_000

Ask = Callable[[str, str], object]


def ours(source: str) -> Ask:
    return whichproxy.Pac(source, max_bytes=8 << 20).find_proxy


def ours_by_url(source: str) -> Ask:
    find = whichproxy.Pac(source, max_bytes=8 << 20).find_proxy
    return lambda url, _: find(url)


def of_pacparser(source: str) -> Ask:
    import pacparser

    pacparser.init()
    pacparser.parse_pac_string(source)
    return pacparser.find_proxy


def of_pypac(source: str) -> Ask:
    from pypac.parser import PACFile

    return PACFile(source).find_proxy_for_url


def of_proxylib(source: str) -> Ask:
    from proxylib import PacScript

    return PacScript(source).find_proxy_for_url


def lookup(ask: Ask, questions: list[tuple[str, str]], seconds: float) -> float:
    """Nanoseconds of a lookup: the fastest round's mean."""
    for question in questions[:5]:
        ask(*question)
    best = float("inf")
    end = time.perf_counter() + seconds
    rounds = 0
    while rounds < 3 or time.perf_counter() < end:
        start = time.perf_counter()
        for url, host in questions:
            ask(url, host)
        best = min(best, time.perf_counter() - start)
        rounds += 1
        # Some need half a minute for a round.
        if best > seconds:
            break
    return best / len(questions) * 1e9


def many(call: Callable[[], Sequence[object]], seconds: float) -> float:
    """Nanoseconds of a lookup among many at once."""
    best = float("inf")
    end = time.perf_counter() + seconds
    rounds = 0
    while rounds < 3 or time.perf_counter() < end:
        start = time.perf_counter()
        found = call()
        best = min(best, time.perf_counter() - start)
        assert len(found) == MANY
        rounds += 1
    return best / MANY * 1e9


def rust(command: str, script: Path, urls: list[str], seconds: float) -> float:
    """Nanoseconds of a lookup on all cores, as Rust has it."""
    with tempfile.NamedTemporaryFile("w", suffix=".txt") as file:
        file.write("\n".join(urls))
        file.flush()
        arguments = ["pac", "bench", str(script), "--urls", file.name]
        arguments += ["--format", "json", "--max-bytes", "8M"]
        arguments += ["--seconds", str(seconds)]
        told = subprocess.run(
            [command, *arguments], capture_output=True, check=True
        )
    return 1e9 / float(json.loads(told.stdout)["lookups_per_second"])


def shown(nanoseconds: float | None) -> str:
    if nanoseconds is None:
        return "–"
    if nanoseconds < 1e3:
        return f"{nanoseconds:.0f} ns"
    if nanoseconds < 1e6:
        return f"{nanoseconds / 1e3:.1f} µs"
    return f"{nanoseconds / 1e6:.1f} ms"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("scripts", nargs="*")
    parser.add_argument("--command")
    parser.add_argument("--seconds", type=float, default=1.0)
    given = parser.parse_args()
    names = given.scripts or sorted(
        path.stem for path in given.folder.glob("*.pac")
    )
    peers = {
        "pacparser": of_pacparser,
        "PyPAC": of_pypac,
        "proxylib": of_proxylib,
    }
    print(
        "| script | whichproxy | url | "
        + " | ".join(peers)
        + " | slowest gain | many | many, Arrow | many, NumPy | Rust's own "
        "| many / Rust's |"
    )
    print("| --- |" + " ---: |" * (8 + len(peers)))
    for name in names:
        source = (given.folder / f"{name}.pac").read_text()
        hosts = (given.folder / f"{name}.hosts").read_text().split()
        questions = [(f"http://{host}/path/x?q=1", host) for host in hosts]
        times: dict[str, float | None] = {}
        mine = lookup(ours(source), questions, given.seconds)
        by_url = lookup(ours_by_url(source), questions, given.seconds)
        for peer, load in peers.items():
            try:
                ask = load(source)
            except ImportError:
                times[peer] = None
                continue
            times[peer] = lookup(ask, questions, given.seconds)
        known = [one for one in times.values() if one is not None]
        gain = f"{min(known) / mine:.0f}" if known else "–"
        repeated = (questions * (MANY // len(questions) + 1))[:MANY]
        # No two texts are the same object, as where they are read.
        urls = [url[:-1] + url[-1:] for url, _ in repeated]
        of_urls = [host[:-1] + host[-1:] for _, host in repeated]
        pac = whichproxy.Pac(source, max_bytes=8 << 20)
        whole = many(
            lambda: pac.find_proxy_many(urls, of_urls), given.seconds
        )
        arrow = numpy = None
        try:
            import pyarrow

            arrays = pyarrow.array(urls), pyarrow.array(of_urls)
            arrow = many(
                lambda: pac.find_proxy_many(*arrays), given.seconds
            )
            import numpy as np

            pair = np.array(urls), np.array(of_urls)
            numpy = many(
                lambda: pac.find_proxy_many(*pair), given.seconds
            )
        except ImportError:
            pass
        own = ratio = None
        if given.command:
            own = rust(
                given.command,
                given.folder / f"{name}.pac",
                [url for url, _ in questions],
                given.seconds,
            )
            ratio = whole / own
        cells = [name, shown(mine), shown(by_url)]
        cells += [shown(times[peer]) for peer in peers]
        cells += [f"{gain}×", shown(whole), shown(arrow), shown(numpy)]
        cells += [shown(own), "–" if ratio is None else f"{ratio:.2f}"]
        print("| " + " | ".join(cells) + " |", flush=True)


if __name__ == "__main__":
    main()
