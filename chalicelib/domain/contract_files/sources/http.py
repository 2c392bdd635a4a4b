"""The settings of an HTTP source, read and checked."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from urllib.parse import urlsplit

from chalicelib.domain.contract_files.toml_section import Section
from chalicelib.domain.source.settings import LOOPBACK, Auth, HttpSettings, Paging

SECRET_HEADERS = ("authorization", "cookie", "proxy-authorization")
MOST_RECORDS = 100_000
Fault = tuple[str, str]


def read_http(section: Section) -> HttpSettings:
    """Read the settings as far as possible; record every fault in the section."""
    auth, paging = section.section("auth"), section.section("paging")
    form = section.text("time_format", default="iso")
    settings = HttpSettings(
        url=section.text("url", required=True),
        records=section.text("records"),
        parameters=texts(section.section("parameters")),
        headers=texts(section.section("headers")),
        epoch=form == "epoch",
        auth=auth.choice("kind", Auth.NONE),
        auth_header=auth.text("header"),
        token_url=auth.text("token_url"),
        audience=auth.text("audience"),
        scope=auth.text("scope"),
        paging=paging.choice("kind", Paging.NONE),
        page_parameter=paging.text("parameter"),
        first_page=paging.integer("first", default=1, low=0, high=1),
        page_size=paging.integer("size", default=0, low=0, high=MOST_RECORDS),
        size_parameter=paging.text("size_parameter"),
        next=paging.text("next"),
        more=paging.text("more"),
        end=paging.text("end"),
    )
    if form not in ("iso", "epoch"):
        section.fault("time_format", 'is neither "iso" nor "epoch"; write one of them')
    for key_path, message in (*_address_faults(settings), *_auth_faults(settings), *_paging_faults(settings)):
        section.fault(key_path, message)
    for inner in (auth, paging, section):
        inner.close()
    return settings


def texts(section: Section) -> dict[str, str]:
    """Read a table of texts."""
    return {key: section.text(key) for key in section.table}


def is_safe(url: str) -> bool:
    """Return whether an address is https, or on this machine."""
    parts = urlsplit(url)
    return bool(parts.hostname) and (parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in LOOPBACK))


def _address_faults(settings: HttpSettings) -> Iterator[Fault]:
    for key, url in (("url", settings.url), ("auth.token_url", settings.token_url)):
        if url and not is_safe(url):
            yield key, f'"{url}" is not an https address; write one such as https://api.example.com/v1/orders'
        elif "@" in urlsplit(url).netloc:
            yield key, "has a user or a password; put them into the secret"
    if "?" in settings.url:
        yield "url", "has a query; write it as parameters"
    for name in settings.headers:
        if name.lower() in SECRET_HEADERS:
            yield f"headers.{name}", "would hold a secret; use auth, and put it into the secret"


def _auth_faults(settings: HttpSettings) -> Iterator[Fault]:
    tokens = (Auth.OAUTH2, Auth.JWT_BEARER)
    needs: Mapping[str, tuple[Auth, ...]] = {
        "header": (Auth.HEADER,),
        "token_url": tokens,
        "audience": (Auth.JWT_BEARER,),
    }
    given = {"header": settings.auth_header, "token_url": settings.token_url, "audience": settings.audience}
    for key, kinds in needs.items():
        if settings.auth in kinds and not given[key]:
            yield f"auth.{key}", f'is missing; kind = "{settings.auth.value}" needs it'
        elif settings.auth not in kinds and given[key]:
            yield f"auth.{key}", f'kind = "{settings.auth.value}" does not use it; remove it'
    if settings.scope and settings.auth not in tokens:
        yield "auth.scope", f'kind = "{settings.auth.value}" does not use it; remove it'


def _paging_faults(settings: HttpSettings) -> Iterator[Fault]:
    kind = settings.paging
    by_parameter = kind in (Paging.PAGE, Paging.OFFSET, Paging.CURSOR)
    if by_parameter and not settings.page_parameter:
        yield "paging.parameter", f'is missing; kind = "{kind.value}" needs the parameter of the page'
    if not by_parameter and settings.page_parameter:
        yield "paging.parameter", f'kind = "{kind.value}" does not use it; remove it'
    if kind in (Paging.CURSOR, Paging.NEXT_URL) and not settings.next:
        yield "paging.next", f'is missing; kind = "{kind.value}" needs its path in a response'
    if bool(settings.size_parameter) != bool(settings.page_size):
        yield "paging.size", "and size_parameter belong together: the number, and the parameter that sends it"
