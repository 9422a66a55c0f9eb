"""Servers and proxies on loopback, for tests."""

from __future__ import annotations

import select
import socket
import socketserver
import ssl
import struct
import threading
from typing import Any

#: Names that no resolver knows: only a proxy that was asked can reach them.
ORIGIN = "origin.test"


class Server(socketserver.ThreadingTCPServer):
    """A server on a port that the system chose, until it is left."""

    allow_reuse_address = True
    daemon_threads = True

    def __init__(self, handler: type[socketserver.BaseRequestHandler]) -> None:
        super().__init__(("127.0.0.1", 0), handler)
        #: What came here, in order.
        self.log: list[str] = []
        #: Where proxies take every name to.
        self.origins: dict[int, int] = {}
        self.tls: ssl.SSLContext | None = None
        #: The status with which a proxy answers for itself, always.
        self.refuses: int | None = None

    @property
    def port(self) -> int:
        return int(self.server_address[1])

    def __enter__(self) -> Server:
        threading.Thread(target=self.serve_forever, args=(0.01,)).start()
        return self

    def __exit__(self, *_: Any) -> None:
        self.shutdown()
        self.server_close()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that goes away is none."""


class Handler(socketserver.StreamRequestHandler):
    server: Server

    def head(self) -> list[str]:
        """The lines of a request's head."""
        lines = []
        while line := self.rfile.readline().decode("latin-1").strip():
            lines.append(line)
        return lines

    def answer(self, status: int, body: bytes = b"") -> None:
        self.wfile.write(
            b"HTTP/1.1 %d Told\r\nContent-Length: %d\r\n"
            b"Connection: close\r\n\r\n" % (status, len(body)) + body
        )

    def pipe(self, port: int) -> None:
        """Takes bytes to a port and back, until one side has ended."""
        with socket.create_connection(("127.0.0.1", port), 10) as other:
            ends = {self.connection: other, other: self.connection}
            while True:
                ready, _, _ = select.select(list(ends), [], [], 10)
                for one in ready:
                    data = one.recv(65536)
                    if not data:
                        return
                    ends[one].sendall(data)
                if not ready:
                    return


class MaybeTls(Handler):
    """Speaks TLS where its server has a certificate."""

    def setup(self) -> None:
        if self.server.tls is not None:
            self.request = self.server.tls.wrap_socket(
                self.request, server_side=True
            )
        super().setup()


class Origin(MaybeTls):
    """Says what it was asked."""

    def handle(self) -> None:
        lines = self.head()
        if not lines:
            return
        self.server.log.append(lines[0])
        self.answer(200, b"origin " + lines[0].encode())


class HttpProxy(MaybeTls):
    """Fetches ``http`` URLs, and makes tunnels for ``CONNECT``."""

    def handle(self) -> None:
        lines = self.head()
        if not lines:
            return
        self.server.log.append(lines[0])
        method, target, _ = lines[0].split(" ")
        if self.server.refuses is not None:
            self.answer(self.server.refuses)
            return
        if method == "CONNECT":
            port = int(target.rpartition(":")[2])
            self.wfile.write(b"HTTP/1.1 200 Connected\r\n\r\n")
            self.pipe(self.server.origins[port])
            return
        rest = target.removeprefix("http://")
        authority, _, path = rest.partition("/")
        port = int(authority.partition(":")[2] or 80)
        with socket.create_connection(
            ("127.0.0.1", self.server.origins[port]), 10
        ) as other:
            lines = [f"{method} /{path} HTTP/1.1", *lines[1:]]
            head = "\r\n".join([*lines, "", ""])
            other.sendall(head.encode("latin-1"))
            while data := other.recv(65536):
                self.wfile.write(data)


class SocksProxy(Handler):
    """SOCKS 5 (RFC 1928) and 4a, without a password."""

    def handle(self) -> None:
        version = self.rfile.read(1)[0]
        if version == 4:
            _, port, number = struct.unpack("!BHI", self.rfile.read(7))
            self._text()
            host = self._text() if 0 < number < 256 else str(number)
            self.server.log.append(f"socks4 {host}:{port}")
            self.wfile.write(b"\0\x5a" + bytes(6))
        else:
            self.rfile.read(self.rfile.read(1)[0])
            self.wfile.write(b"\5\0")
            _, _, _, kind = self.rfile.read(4)
            if kind == 3:
                size = self.rfile.read(1)[0]
                host = self.rfile.read(size).decode()
            else:
                host = socket.inet_ntoa(self.rfile.read(4))
            (port,) = struct.unpack("!H", self.rfile.read(2))
            self.server.log.append(f"socks5 {host}:{port}")
            self.wfile.write(b"\5\0\0\1" + bytes(6))
        self.pipe(self.server.origins[port])

    def _text(self) -> str:
        text = b""
        while (byte := self.rfile.read(1)) != b"\0":
            text += byte
        return text.decode()


def closed_port() -> int:
    """A port on which nobody listens."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])
