"""What a web page of another origin could have sent is refused, whatever it looks like."""

from __future__ import annotations

import pytest

from local.access.origins import is_foreign

PORT = 20_123
OWN = ("Host", f"127.0.0.1:{PORT}")


@pytest.mark.parametrize(
    "headers",
    [
        [OWN],
        [("host", f"localhost:{PORT}")],
        [OWN, ("Origin", f"http://127.0.0.1:{PORT}")],
        [OWN, ("Origin", f"http://127.0.0.1:{PORT}"), ("Sec-Fetch-Site", "same-origin")],
        [OWN, ("Sec-Fetch-Site", "none")],
    ],
)
@pytest.mark.parametrize("method", ["GET", "POST", "DELETE"])
def test_its_own_callers_are_not_foreign(method: str, headers: list[tuple[str, str]]) -> None:
    assert not is_foreign(PORT, method, "/x?y=z", headers)


@pytest.mark.parametrize(
    "host",
    [
        "",
        "127.0.0.1",
        "localhost",
        f"127.0.0.1:{PORT + 1}",
        f"127.0.0.2:{PORT}",
        f"[::1]:{PORT}",
        f"0.0.0.0:{PORT}",
        f"evil.example:{PORT}",
        f"127.0.0.1.evil.example:{PORT}",
        f"localhost.evil.example:{PORT}",
        f"localhost.:{PORT}",
        f"bucket.localhost:{PORT}",
        f"user@127.0.0.1:{PORT}",
        f"127.0.0.1:{PORT}, 127.0.0.1:{PORT}",
        f"2130706433:{PORT}",
        f"127.1:{PORT}",
    ],
)
def test_a_host_that_is_not_this_server(host: str) -> None:
    assert is_foreign(PORT, "GET", "/", [("Host", host)])


def test_no_host_and_two_hosts() -> None:
    assert is_foreign(PORT, "GET", "/", [])
    assert is_foreign(PORT, "GET", "/", [OWN, OWN])


@pytest.mark.parametrize(
    "origin",
    [
        "",
        "null",
        "http://evil.example",
        f"http://evil.example:{PORT}",
        f"https://127.0.0.1:{PORT}",
        "http://127.0.0.1",
        f"http://127.0.0.1:{PORT + 1}",
        f"http://localhost:{PORT}",  # another origin than the one that was called
        f"http://127.0.0.1:{PORT}/",
        f"http://127.0.0.1:{PORT}.evil.example",
        "file://",
    ],
)
def test_an_origin_that_is_not_this_server(origin: str) -> None:
    assert is_foreign(PORT, "POST", "/", [OWN, ("Origin", origin)])
    assert is_foreign(PORT, "POST", "/", [OWN, ("Origin", f"http://127.0.0.1:{PORT}"), ("ORIGIN", origin)])


@pytest.mark.parametrize("site", ["cross-site", "same-site", "", "Same-Origin", "anything"])
def test_a_browser_that_comes_from_another_site(site: str) -> None:
    assert is_foreign(PORT, "GET", "/", [OWN, ("Sec-Fetch-Site", site)])


@pytest.mark.parametrize(("method", "target"), [("OPTIONS", "/"), ("GET", "http://evil.example/"), ("GET", "*")])
def test_a_preflight_and_a_target_that_is_no_path(method: str, target: str) -> None:
    assert is_foreign(PORT, method, target, [OWN])
