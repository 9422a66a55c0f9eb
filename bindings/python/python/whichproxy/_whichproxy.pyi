# Written by hand; `python -m mypy.stubtest whichproxy` compares it with what
# there is. What each thing does is told by its own text (`help(…)`).

from collections.abc import (
    Awaitable,
    Callable,
    Iterable,
    Iterator,
    Mapping,
    Sequence,
)
from datetime import datetime
from typing import Any, Literal, TypeAlias, final, overload

from ._errors import Error, PacError, UrlError

__all__ = [
    "Attempt",
    "Attempts",
    "BypassList",
    "Evaluation",
    "Machine",
    "Pac",
    "Page",
    "Plan",
    "ProxyList",
    "Refusal",
    "Resolution",
    "Resolver",
    "Route",
    "Routes",
    "Settings",
    "Trace",
    "TraceStep",
    "Watch",
    "__VERSION",
    "_command",
    "_serve",
]

_Client: TypeAlias = Literal[
    "winhttp",
    "winhttp-auto",
    "wininet",
    "defender-edr",
    "defender-av",
    "environment",
]
_Dialect: TypeAlias = Literal["winhttp", "wininet"]
_Profile: TypeAlias = Literal["curl", "defender-av", "winhttp", "wininet"]
_Failure: TypeAlias = Literal[
    "unresolved",
    "refused",
    "unreachable",
    "timed-out",
    "reset",
    "tls",
    "other",
]
_Isolation: TypeAlias = Literal["worker", "thread"]
# NumPy and Arrow arrays are iterables, too, of which no type is known here.
_Texts: TypeAlias = Iterable[str] | Iterable[Any]

__VERSION: str

def _command(arguments: Sequence[str]) -> int: ...
def _serve(arguments: Sequence[str]) -> None: ...
@final
class Attempt:
    @property
    def route(self) -> Route | None: ...
    @property
    def tried(self) -> list[str]: ...
    def failed(self, failure: _Failure | int) -> bool: ...
    def worked(self) -> None: ...

@final
class Attempts:
    def __new__(cls, client: _Client | str) -> Attempts: ...
    def begin(self, routes: Routes) -> Attempt: ...

@final
class BypassList:
    def __new__(
        cls, text: str, *, profile: _Profile | str = "winhttp"
    ) -> BypassList: ...
    def __len__(self) -> int: ...
    @property
    def oddities(self) -> tuple[str, ...]: ...
    def find(self, url: str) -> str | None: ...

@final
class Evaluation:
    @property
    def alerts(self) -> tuple[str, ...]: ...
    @property
    def asked(self) -> tuple[str, ...]: ...
    @property
    def ignored(self) -> tuple[tuple[str, str], ...]: ...
    @property
    def result(self) -> str: ...
    @property
    def routes(self) -> Routes: ...

@final
class Machine:
    @staticmethod
    def live() -> Machine: ...
    @staticmethod
    def offline() -> Machine: ...
    def with_dhcp_wpad(self, option: str | None) -> Machine: ...
    def with_dns(self, names: Mapping[str, Sequence[str]]) -> Machine: ...
    def with_env(self, variables: Mapping[str, str]) -> Machine: ...
    def with_network(
        self,
        addresses: Sequence[str] = ...,
        *,
        domain: str | None = None,
        search: Sequence[str] = ...,
    ) -> Machine: ...
    def with_now(self, now: datetime | str | None = None) -> Machine: ...
    def with_pages(
        self, pages: Mapping[str, str | bytes | Page]
    ) -> Machine: ...
    def with_reg(
        self, text: str | bytes, *, name: str = "export.reg"
    ) -> Machine: ...

@final
class Pac:
    def __new__(
        cls,
        source: str | bytes,
        *,
        machine: Machine | None = None,
        engine: Literal["auto", "compiled", "js"] = "auto",
        isolation: _Isolation = "worker",
        max_bytes: int | None = None,
        deadline: float | None = None,
    ) -> Pac: ...
    @property
    def depends_on(self) -> frozenset[str]: ...
    @property
    def refusals(self) -> tuple[Refusal, ...]: ...
    @property
    def source(self) -> str: ...
    @property
    def strategy(
        self,
    ) -> Literal["constant", "table", "compiled", "js"]: ...
    def evaluate(self, url: str, host: str | None = None) -> Evaluation: ...
    def find_proxy(self, url: str, host: str | None = None) -> Routes: ...
    def find_proxy_async(
        self, url: str, host: str | None = None
    ) -> Awaitable[Routes]: ...
    @overload
    def find_proxy_many(
        self,
        urls: _Texts,
        hosts: _Texts | None = None,
        *,
        return_exceptions: Literal[False] = False,
    ) -> list[Routes]: ...
    @overload
    def find_proxy_many(
        self,
        urls: _Texts,
        hosts: _Texts | None = None,
        *,
        return_exceptions: Literal[True],
    ) -> list[Routes | UrlError | PacError]: ...

@final
class Page:
    def __new__(
        cls,
        body: str | bytes,
        *,
        content_type: str | None = None,
        headers: Mapping[str, str] = ...,
    ) -> Page: ...

@final
class Plan:
    @property
    def client(self) -> str: ...
    @property
    def reading(self) -> str: ...
    @property
    def skipped(self) -> tuple[str, ...]: ...
    @property
    def steps(self) -> tuple[str, ...]: ...
    def as_dict(self) -> dict[str, Any]: ...
    @staticmethod
    def readings(
        client: _Client | str, settings: Settings
    ) -> list[Plan]: ...

@final
class ProxyList:
    def __new__(cls, text: str) -> ProxyList: ...
    @property
    def oddities(self) -> tuple[str, ...]: ...
    def proxies_for(
        self, scheme: str, *, dialect: _Dialect | str = "winhttp"
    ) -> tuple[Route, ...]: ...

@final
class Refusal:
    @property
    def column(self) -> int: ...
    @property
    def line(self) -> int: ...
    @property
    def reason(self) -> str: ...

@final
class Resolution:
    @property
    def decided_by(self) -> list[int]: ...
    @property
    def proxies(self) -> dict[str, str | None]: ...
    @property
    def routes(self) -> Routes: ...
    @property
    def trace(self) -> Trace: ...
    @property
    def url(self) -> str: ...
    def as_dict(self) -> dict[str, Any]: ...

@final
class Resolver:
    def __new__(
        cls,
        client: _Client | str,
        machine: Machine,
        *,
        reading: str | None = None,
        user: str | None = None,
        isolation: _Isolation = "worker",
        max_bytes: int | None = None,
        deadline: float | None = None,
    ) -> Resolver: ...
    @property
    def plan(self) -> Plan: ...
    @property
    def settings(self) -> Settings: ...
    def attempts(self) -> Attempts: ...
    def changed(self, change: Literal["addresses", "registry"]) -> bool: ...
    def forget(self) -> None: ...
    def refresh(self) -> None: ...
    def resolve(self, url: str) -> Resolution: ...
    def resolve_async(self, url: str) -> Awaitable[Resolution]: ...
    @overload
    def resolve_many(
        self, urls: _Texts, *, return_exceptions: Literal[False] = False
    ) -> list[Resolution]: ...
    @overload
    def resolve_many(
        self, urls: _Texts, *, return_exceptions: Literal[True]
    ) -> list[Resolution | Error]: ...
    def watch(
        self,
        told: Callable[[Literal["addresses", "registry"]], object]
        | None = None,
        *,
        failed: Callable[[str], object] | None = None,
    ) -> Watch: ...

@final
class Route:
    def __new__(cls, text: str) -> Route: ...
    def __eq__(self, other: object, /) -> bool: ...
    def __ne__(self, other: object, /) -> bool: ...
    def __hash__(self) -> int: ...
    @property
    def host(self) -> str | None: ...
    @property
    def kind(self) -> Literal["proxy", "direct", "bypass"]: ...
    @property
    def password(self) -> str | None: ...
    @property
    def port(self) -> int | None: ...
    @property
    def scheme(
        self,
    ) -> Literal["http", "https", "socks4", "socks5"] | None: ...
    @property
    def url(self) -> str | None: ...
    @property
    def username(self) -> str | None: ...

@final
class Routes:
    def __new__(cls, text: str) -> Routes: ...
    def __eq__(self, other: object, /) -> bool: ...
    def __ne__(self, other: object, /) -> bool: ...
    def __getitem__(self, index: int, /) -> Route: ...
    def __hash__(self) -> int: ...
    def __iter__(self) -> Iterator[Route]: ...
    def __len__(self) -> int: ...
    @property
    def first(self) -> Route: ...
    @property
    def proxies(self) -> dict[str, str | None]: ...

@final
class Settings:
    def __new__(
        cls,
        machine: Machine,
        *,
        client: _Client | str | None = None,
        user: str | None = None,
    ) -> Settings: ...
    @property
    def entries(self) -> tuple[str, ...]: ...
    @property
    def warnings(self) -> tuple[str, ...]: ...
    def as_dict(self) -> dict[str, Any]: ...

@final
class Trace:
    @property
    def plan(self) -> Plan: ...
    @property
    def steps(self) -> tuple[TraceStep, ...]: ...
    def as_dict(self) -> dict[str, Any]: ...

@final
class TraceStep:
    @property
    def grade(
        self,
    ) -> Literal["documented", "measured", "community", "inferred"]: ...
    @property
    def notes(self) -> list[str]: ...
    @property
    def number(self) -> int: ...
    @property
    def origin(self) -> str | None: ...
    @property
    def outcome(self) -> str: ...
    @property
    def source(self) -> str: ...
    @property
    def step(self) -> str: ...

@final
class Watch:
    def __enter__(self) -> Watch: ...
    def __exit__(self, *_args: object) -> None: ...
    def close(self) -> None: ...
