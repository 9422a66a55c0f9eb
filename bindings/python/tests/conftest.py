"""What all tests have."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

#: The data that every surface is tested by.
DATA = (
    Path(__file__).resolve().parents[3] / "crates" / "whichproxy-test" / "data"
)


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter,
) -> None:
    """How many of the suite's cases ran, and why others did not."""
    suite = "test_suite.py::test_case"
    counts: Counter[str] = Counter()
    skipped: Counter[str] = Counter()
    for outcome in ("passed", "failed", "skipped", "xfailed"):
        for report in terminalreporter.stats.get(outcome, []):
            if suite not in report.nodeid:
                continue
            counts[outcome] += 1
            if outcome == "skipped":
                skipped[str(report.longrepr[2])] += 1
    if not counts:
        return
    terminalreporter.write_line(
        f"python: {counts['passed']} passed, {counts['xfailed']} known "
        f"failures, {counts['skipped']} skipped, {counts['failed']} failed"
    )
    for reason, count in sorted(skipped.items()):
        terminalreporter.write_line(f"  {count} {reason}")
