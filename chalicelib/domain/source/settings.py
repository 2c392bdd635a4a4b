"""The settings of a source, as values. `contract_files/sources/` reads them from a contract and checks them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum

from chalicelib.domain.source.connect import ConnectSettings
from chalicelib.domain.source.position import Cursor
from chalicelib.domain.source.schedule import Schedule

LOOPBACK = ("127.0.0.1", "::1", "localhost")
"""This machine: the only one that is asked without TLS, and only on a laptop."""


class Auth(Enum):
    """How requests of an HTTP source are authenticated."""

    NONE = "none"
    HEADER = "header"  # the secret's `token`, in a header of the contract's choice
    BEARER = "bearer"  # the secret's `token`
    BASIC = "basic"  # the secret's `username` and `password`
    OAUTH2 = "oauth2"  # client credentials: `client_id` and `client_secret`
    JWT_BEARER = "jwt_bearer"  # an assertion of `client_id` and `username`, signed with `private_key`


class Paging(Enum):
    """How the next page of an HTTP source is requested."""

    NONE = "none"  # there is one page
    PAGE = "page"  # by its number
    OFFSET = "offset"  # by the number of records before it
    CURSOR = "cursor"  # by a token of the page before
    LINK = "link"  # by the Link header
    NEXT_URL = "next_url"  # by an address in the page before


@dataclass(frozen=True, kw_only=True)
class HttpSettings:
    """One endpoint, and the way through its pages."""

    url: str
    records: str = ""
    """Path of the list of records in a response, such as `data.items`; empty if the response is the list."""
    parameters: Mapping[str, str] = field(default_factory=dict)
    """Query parameters. `{start}` and `{end}` in them are the ends of the window."""
    headers: Mapping[str, str] = field(default_factory=dict)
    epoch: bool = False
    """Whether `{start}` and `{end}` are seconds since 1970, rather than ISO 8601."""
    auth: Auth = Auth.NONE
    auth_header: str = ""
    token_url: str = ""
    audience: str = ""
    """The server that an assertion is meant for."""
    scope: str = ""
    paging: Paging = Paging.NONE
    page_parameter: str = ""
    """The parameter of the page's number, offset or token."""
    first_page: int = 1
    page_size: int = 0
    """How many records a request asks for, in `size_parameter`."""
    size_parameter: str = ""
    next: str = ""
    """Path of the next page's token or address in a response."""
    more: str = ""
    """Path of a boolean in a response: whether there is another page."""
    end: str = ""
    """Path of a boolean in a response: whether it is the last page."""

    @property
    def windowed(self) -> bool:
        """Whether requests are limited to a window; if not, each reading reads everything."""
        return any("{start}" in value or "{end}" in value for value in self.parameters.values())


@dataclass(frozen=True, kw_only=True)
class DatabaseSettings:
    """A table or a query of a database, and the columns that order it."""

    host: str
    database: str
    port: int
    table: str = ""
    """`schema.table`, or `table` in MySQL; or else `query`."""
    query: str = ""
    watermark: str = ""
    """The column that grows with each change; empty if each reading reads everything."""
    key: tuple[str, ...] = ()
    """Columns that, after the watermark, order rows without ties."""
    page_rows: int = 5_000


@dataclass(frozen=True, kw_only=True)
class SheetsSettings:
    """A sheet of a Google spreadsheet."""

    spreadsheet: str
    """The id of the file."""
    sheet: str = ""
    """The sheet's title; empty for the first one."""
    columns: str = ""
    """The columns that count, such as `A:F`; empty for all."""
    header_row: int = 1
    """The row with the column names."""
    every_time: bool = False
    """Read the sheet at each moment of the schedule, for formulas whose values change though the file does not."""


@dataclass(frozen=True, kw_only=True)
class SourceSettings:
    """Where the rows of an object come from, and when they are read."""

    kind: str
    """The name of the source in the registry."""
    schedule: Schedule
    cursor: Cursor = Cursor.TIME
    begin: str = ""
    """The position of the first window's start; empty if the source is read from its beginning."""
    lag: float = 60.0
    """Seconds before now at which a window ends: what is committed late is in the next window."""
    look_back: float = 0.0
    """How far before the end of the last window the next one starts: seconds, or a number."""
    max_window: float = 0.0
    """The longest window in seconds; 0 for any length."""
    secret: str = ""
    """The last part of the secret's name in Secrets Manager."""
    http: HttpSettings | None = None
    database: DatabaseSettings | None = None
    sheets: SheetsSettings | None = None
    connect: ConnectSettings | None = None
    factory: str = ""
    """`module:function` of a source of your own."""
    options: Mapping[str, str] = field(default_factory=dict)
    """The settings of a source of your own."""

    @property
    def reads_all(self) -> bool:
        """Whether each reading reads everything, so that there are no windows."""
        return self.sheets is not None or (self.connect is not None and self.connect.reads_all)
