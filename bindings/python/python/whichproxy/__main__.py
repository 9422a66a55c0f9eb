"""``python -m whichproxy`` is the command ``whichproxy``."""

from __future__ import annotations

import signal
import sys

from ._whichproxy import _command

__all__ = ["main"]


def main() -> int:
    """Runs the command with this process's arguments; its exit status."""
    # Python would notice only when the command has ended.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    return _command(sys.argv[1:])


if __name__ == "__main__":
    sys.exit(main())
