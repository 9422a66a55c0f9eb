"""Which proxy will this Windows client use for this URL, and why?

``Resolver`` answers for a client on a ``Machine``, from a registry export or
live; ``Pac`` runs a PAC script alone; ``proxies_for`` is what ``requests``
wants, for this computer.
"""

from ._errors import (
    DetectError,
    Error,
    FetchError,
    PacError,
    RegistryError,
    UrlError,
    UsageError,
)
from ._proxies import proxies_for, proxies_for_async
from ._whichproxy import (
    __VERSION as __version__,
    Attempt,
    Attempts,
    BypassList,
    Evaluation,
    Machine,
    Pac,
    Page,
    Plan,
    ProxyList,
    Refusal,
    Resolution,
    Resolver,
    Route,
    Routes,
    Settings,
    Trace,
    TraceStep,
    Watch,
)

__all__ = [
    "Attempt",
    "Attempts",
    "BypassList",
    "DetectError",
    "Error",
    "Evaluation",
    "FetchError",
    "Machine",
    "Pac",
    "PacError",
    "Page",
    "Plan",
    "ProxyList",
    "Refusal",
    "RegistryError",
    "Resolution",
    "Resolver",
    "Route",
    "Routes",
    "Settings",
    "Trace",
    "TraceStep",
    "UrlError",
    "UsageError",
    "Watch",
    "__version__",
    "proxies_for",
    "proxies_for_async",
]
