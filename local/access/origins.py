"""Detects requests that a web page of another origin may have sent. The stack's servers refuse all of them.

Guarantees that an admitted request names this server, by loopback address or `localhost`. A foreign name that points to
loopback (DNS rebinding) is refused. This does not distinguish local processes: credentials do.
"""

from __future__ import annotations

from collections.abc import Iterable

_OWN_SITES = ("same-origin", "none")  # a browser's values for the server's own pages and for a typed address


def is_foreign(port: int, method: str, target: str, headers: Iterable[tuple[str, str]]) -> bool:
    """Return whether to refuse a request, by its method, its target as sent, and all of its headers."""
    given: dict[str, list[str]] = {}
    for name, value in headers:
        given.setdefault(name.lower(), []).append(value.strip())
    hosts = given.get("host", [])
    if len(hosts) != 1 or hosts[0] not in (f"127.0.0.1:{port}", f"localhost:{port}"):
        return True
    own = f"http://{hosts[0]}"
    return (
        method == "OPTIONS"  # a preflight: no page of another origin is admitted
        or not target.startswith("/")
        or any(origin != own for origin in given.get("origin", []))
        or any(site not in _OWN_SITES for site in given.get("sec-fetch-site", []))
    )
