"""``pypac.parser.PACFile``: ``from whichproxy.compat.pypac import PACFile``.

What differs, on purpose:

* A script that defines both functions is asked by ``FindProxyForURLEx``, as
  Windows does; PyPAC prefers ``FindProxyForURL``.
* What a script throws when it is asked is a ``whichproxy.PacError``, which
  has a line, a column and a kind.
* A script has limits: it may take 60 seconds, and what has to run as
  JavaScript runs in a process of its own, with 512 MiB.
* What functions return where implementations disagree is as
  ``whichproxy_pac`` documents it: ``isInNet`` and ``shExpMatch`` as browsers
  have them, for one.

A script's result is given as it is, as by PyPAC, and a script that fails
when it is asked about ``/`` and ``0.0.0.0`` is malformed, as there.
"""

from __future__ import annotations

from .. import Machine, Pac, PacError

__all__ = ["MalformedPacError", "PACFile"]


class MalformedPacError(Exception):
    """The script is none, or fails at once.

    Attributes:
        original_exc: the error that says why.
    """

    def __init__(
        self,
        msg: str | None = None,
        original_exc: Exception | None = None,
    ) -> None:
        text = msg or "the PAC file is malformed"
        if original_exc is not None:
            text = f"{text} ({original_exc})"
        super().__init__(text)
        self.original_exc = original_exc


class PACFile:
    """A PAC script.

    Args:
        pac_js: its text.
        options: are not looked at.

    Attributes:
        js: its text.

    Raises:
        MalformedPacError: it is no script, has no function to be asked, or
            fails at once.
    """

    def __init__(self, pac_js: str, **options: object) -> None:
        try:
            self._script = Pac(pac_js, machine=Machine.live())
            self.find_proxy_for_url("/", "0.0.0.0")
        except PacError as error:
            raise MalformedPacError(original_exc=error) from error
        self.js = pac_js

    def find_proxy_for_url(self, url: str, host: str) -> str:
        """What the script returns for a URL and a host.

        Raises:
            PacError: it failed.
        """
        return self._script.evaluate(url, host).result
