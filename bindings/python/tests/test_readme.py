"""Every Python example of the READMEs runs."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

HERE = Path(__file__).resolve().parents[1]

READMES = [HERE / "README.md", HERE.parents[1] / "README.md"]


def examples() -> list[Any]:
    found: list[Any] = []
    for path in READMES:
        text = path.read_text("utf-8")
        blocks = re.finditer(r"^```python\n(.*?)^```$", text, re.M | re.S)
        for block in blocks:
            line = text.count("\n", 0, block.start()) + 1
            name = f"{path.parent.name}/README.md:{line}"
            found.append(pytest.param(block[1], id=name))
    return found


@pytest.mark.parametrize("source", examples())
def test_example(source: str) -> None:
    exec(compile(source, "README.md", "exec"), {"__name__": "example"})


def test_each_has_one() -> None:
    assert len(examples()) >= len(READMES)
