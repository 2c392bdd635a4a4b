"""APIs on this machine with as many rows as wanted. Each page is written when it is requested, and none is held."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

PAGE = 1_000
COLUMNS = ("id", "name", "amount", "updated_at")
MOMENT = "2026-01-31T10:00:00Z"
SERIAL = 46_053.416_666_666_67
"""The same moment as a sheet has it."""
AREA = re.compile(r".*!A(\d+):D(\d+)")
Answer = Callable[[str, dict[str, str]], str]
"""Returns the JSON of a path with its query."""


def row(number: int) -> tuple[int, str, str, str]:
    return number, f"Customer number {number}", f"{number % 9_973}.{number % 100:02}", MOMENT


def api(rows: int) -> Answer:
    """An API with pages by cursor."""

    def answer(_path: str, query: dict[str, str]) -> str:
        first = int(query.get("after", 0))
        last = min(first + PAGE, rows)
        items = ",".join(_record(number) for number in range(first, last))
        return f'{{"items":[{items}],"after":{json.dumps(str(last) if last < rows else None)}}}'

    return answer


def _record(number: int) -> str:
    key, name, amount, moment = row(number)
    return f'{{"id":{key},"name":"{name}","amount":{amount},"updated_at":"{moment}"}}'


def google(rows: int) -> Answer:
    """A spreadsheet with a header, and Google's other answers."""

    def answer(path: str, query: dict[str, str]) -> str:
        if path.startswith("/drive"):
            return '{"version": "7"}'
        found = AREA.fullmatch(query.get("ranges", ""))
        if not found:
            grid = {"rowCount": rows + 1, "columnCount": len(COLUMNS)}
            sheet = {"properties": {"title": "Rows", "sheetType": "GRID", "gridProperties": grid}}
            return json.dumps({"properties": {"timeZone": "Etc/UTC"}, "sheets": [sheet]})
        first, last = map(int, found.groups())
        lines = ",".join(_line(number) for number in range(first, last + 1))
        return f'{{"sheets":[{{"data":[{{"startRow":{first - 1},"rowData":[{lines}]}}]}}]}}'

    return answer


def _line(number: int) -> str:
    if number == 1:
        return f'{{"values":[{",".join(map(_text, COLUMNS))}]}}'
    key, name, amount, _ = row(number - 2)
    moment = (
        f'{{"effectiveValue":{{"numberValue":{SERIAL}}},"formattedValue":"31/01/2026",'
        '"effectiveFormat":{"numberFormat":{"type":"DATE_TIME","pattern":"dd/mm/yyyy hh:mm"}}}'
    )
    return f'{{"values":[{_number(key)},{_text(name)},{_number(amount)},{moment}]}}'


def _text(value: str) -> str:
    return f'{{"effectiveValue":{{"stringValue":"{value}"}},"formattedValue":"{value}"}}'


def _number(value: int | str) -> str:
    return f'{{"effectiveValue":{{"numberValue":{value}}},"formattedValue":"{value}"}}'


@contextmanager
def served(answer: Answer) -> Iterator[str]:
    """Serve in a thread. Yields the origin."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        wbufsize = -1

        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            query = {name: values[0] for name, values in parse_qs(parts.query).items()}
            self._send(answer(parts.path, query).encode())

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            self._send(b'{"access_token": "t", "expires_in": 3600, "token_type": "Bearer"}')

        def _send(self, body: bytes) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            """Log nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
