"""Redshift's variant of PostgreSQL's protocol, through which redshift_connector and other clients reach the database.

It declines TLS, drops start-up keys that PostgreSQL does not have, and sends every statement through the same rewriter
as the Data API. A refused statement is replaced by one that raises the refusal. Thus PostgreSQL itself answers with the
error, and the state of the transaction stays true.
"""

from __future__ import annotations

import socket
import struct
import threading
from collections.abc import Callable
from contextlib import suppress

from local.redshift.sql.errors import SqlRefusedError
from local.redshift.sql.rewrite import rewrite, rewrite_script
from local.redshift.sql.tokens import literal, loud, tokenize

_TLS, _GSS, _CANCEL = 80877103, 80877104, 80877102
_KNOWN = {b"user", b"database", b"application_name", b"client_encoding", b"options"}
_MOST_MESSAGE = 64 * 1024 * 1024
_MOST_STARTUP = 10_000  # PostgreSQL's own limit, before any login
_CHUNK = 256 * 1024


class Wire:
    """Listens between `start` and `stop`; two threads for each client."""

    def __init__(self, backend: int, *, port: int, database: str) -> None:
        self._backend, self._database = backend, database.encode()
        self._listener = socket.create_server(("127.0.0.1", port), backlog=64)
        self.port = int(self._listener.getsockname()[1])
        self._open: set[socket.socket] = set()
        self._lock = threading.Lock()
        self._thread = threading.Thread(target=self._accept, daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        # shutdown wakes the thread in accept(); close alone would leave it there
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        if self._thread.is_alive():
            self._thread.join(5)
        with self._lock:
            for one in self._open:
                with suppress(OSError):
                    one.shutdown(socket.SHUT_RDWR)

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        with suppress(OSError, EOFError, struct.error), client:
            client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            first = _startup(client)
            with socket.create_connection(("127.0.0.1", self._backend)) as server:
                server.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                if struct.unpack("!I", first[:4])[0] == _CANCEL:
                    server.sendall(_framed(first))
                    return
                self._keep(client, server)
                try:
                    server.sendall(_framed(self._cleaned(first)))
                    threading.Thread(target=_pump, args=(server, client), daemon=True).start()
                    _forward(client, server)
                finally:
                    self._drop(client, server)

    def _keep(self, *ends: socket.socket) -> None:
        with self._lock:
            self._open.update(ends)

    def _drop(self, *ends: socket.socket) -> None:
        with self._lock:
            self._open.difference_update(ends)

    def _cleaned(self, first: bytes) -> bytes:
        """Return the start-up message with PostgreSQL's own keys, and the only database."""
        parts = first[4:].split(b"\0")
        given = dict(zip(parts[::2], parts[1::2], strict=False))
        kept = {key: value for key, value in given.items() if key in _KNOWN} | {b"database": self._database}
        return first[:4] + b"".join(key + b"\0" + value + b"\0" for key, value in kept.items()) + b"\0"


def _startup(client: socket.socket) -> bytes:
    """Read the start-up message. TLS and GSS encryption are declined until the client goes on without."""
    while True:
        size = struct.unpack("!I", _exactly(client, 4))[0]
        body = _exactly(client, _checked(size - 4, _MOST_STARTUP))
        if struct.unpack("!I", body[:4])[0] not in (_TLS, _GSS):
            return body
        client.sendall(b"N")


def _forward(client: socket.socket, server: socket.socket) -> None:
    """Forward the client's messages to PostgreSQL one by one."""
    while True:
        kind = _exactly(client, 1)
        size = struct.unpack("!I", _exactly(client, 4))[0]
        body = _exactly(client, _checked(size - 4))
        if kind == b"Q":
            body = safely(rewrite_script, body[:-1]) + b"\0"
        elif kind == b"P":
            name, sql, rest = _parse_message(body)
            body = name + b"\0" + safely(_rewrite_single, sql) + b"\0" + rest
        server.sendall(kind + _framed(body))


def _parse_message(body: bytes) -> tuple[bytes, bytes, bytes]:
    name, _, rest = body.partition(b"\0")
    sql, _, rest = rest.partition(b"\0")
    return name, sql, rest


def _rewrite_single(sql: str) -> str:
    return rewrite(sql, own_transaction=True) if loud(tokenize(sql)) else sql


def safely(rewriter: Callable[[str], str], sql: bytes) -> bytes:
    """Return the rewritten SQL, or SQL that raises the refusal."""
    try:
        return rewriter(sql.decode()).encode()
    except (SqlRefusedError, UnicodeDecodeError) as refusal:
        raised = f"begin raise exception using errcode = '0A000', message = {literal(str(refusal))}; end"
        return f"do {literal(raised)}".encode()


def _pump(source: socket.socket, sink: socket.socket) -> None:
    with suppress(OSError):
        while chunk := source.recv(_CHUNK):
            sink.sendall(chunk)
    with suppress(OSError):
        sink.shutdown(socket.SHUT_RDWR)


def _exactly(source: socket.socket, count: int) -> bytes:
    made = bytearray()
    while len(made) < count:
        chunk = source.recv(min(count - len(made), _CHUNK))
        if not chunk:
            raise EOFError
        made += chunk
    return bytes(made)


def _checked(size: int, most: int = _MOST_MESSAGE) -> int:
    if not 0 <= size <= most:
        raise EOFError
    return size


def _framed(body: bytes) -> bytes:
    return struct.pack("!I", len(body) + 4) + body
