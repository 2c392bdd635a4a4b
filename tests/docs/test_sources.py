"""What docs/sources.md shows is valid, and lists every key."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Iterator
from typing import Any

import pytest
import urllib3

from chalicelib.domain.contract_files.contract_file import read_contract
from chalicelib.domain.contract_files.sources.source import read_source
from chalicelib.domain.contract_files.toml_section import Section
from chalicelib.domain.source.settings import Auth, Paging, SourceSettings
from chalicelib.sources.source import Surroundings, Window
from tests.support.paths import ROOT

TEXT = (ROOT / "docs/sources.md").read_text(encoding="utf-8")
SHOWN = re.findall(r"^```toml\n(name = .*?)^```", TEXT, re.MULTILINE | re.DOTALL)
CONTRACTS = [text for text in SHOWN if "[source]" in text]
(OWN,) = re.findall(r"^```toml\n(\[source\]\n.*?)^```", TEXT, re.MULTILINE | re.DOTALL)
(PYTHON,) = re.findall(r"^```python\n(.*?)^```", TEXT, re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize("text", CONTRACTS)
def test_a_contract_that_is_shown_is_sound(text: str) -> None:
    name = re.findall(r'^name = "(\w+)"', text)[0]
    contract = read_contract(f"{name}.toml", text.encode())
    assert contract.source
    assert contract.lands_at == (f"incoming/{name}/*",)


def test_a_contract_of_each_kind_is_shown() -> None:
    kinds = [re.findall(r'\[source\]\nkind = "(\w+)"', text)[0] for text in CONTRACTS]
    assert kinds == ["http", "http", "postgresql", "mysql", "sheets", *["connect"] * 4]


class Reads(dict[str, Any]):
    """A table that keeps which of its keys were looked for."""

    def __init__(self, **values: Any) -> None:
        super().__init__(values)
        self.asked: set[str] = set()

    def get(self, key: str, default: Any = None) -> Any:
        self.asked.add(key)
        return super().get(key, default)


def keys() -> Iterator[str]:
    for kind in ("http", "postgresql", "mysql", "sheets", "connect", "custom"):
        tables = {name: Reads() for name in ("parameters", "headers", "auth", "paging")}
        http, options = Reads(**tables), Reads(some="text")
        database, sheets, metric = Reads(some="text"), Reads(), Reads(filters=Reads(some="text"))
        connect = Reads(metrics=Reads(handled=metric))
        own = {"http": http, "postgresql": database, "mysql": database, "sheets": sheets, "connect": connect}
        source = Reads(kind=kind, options=options, **own)
        read_source(Section(source, file="", key_path="", faults=[]))
        for table in (source, *own.values(), metric, *tables.values()):
            yield from table.asked


def test_every_key_is_documented() -> None:
    asked = set(keys()) - {"auth", "paging", "http", "postgresql", "mysql", "sheets", "connect", "handled"}
    assert len(asked) > 20
    assert {key for key in asked if not re.search(rf"`{key}`|^{key} = ", TEXT, re.MULTILINE)} == set()


@pytest.mark.parametrize("kind", [*Auth, *Paging], ids=str)
def test_every_kind_is_documented(kind: Auth | Paging) -> None:
    assert f'| `"{kind.value}"` |' in TEXT


class Answer:
    """What the API answers."""

    status = 200

    def __init__(self, rows: list[dict[str, str]]) -> None:
        self.data = json.dumps(rows).encode()


def test_a_source_of_ones_own_is_as_short_and_works(monkeypatch: pytest.MonkeyPatch) -> None:
    assert len(PYTHON.splitlines()) <= 40
    faults: list[str] = []
    table: dict[str, Any] = tomllib.loads(OWN)["source"]
    settings = read_source(Section(table, file="weather.toml", key_path="source", faults=faults))
    assert not faults
    assert isinstance(settings, SourceSettings)
    asked: list[Any] = []

    def request(*address: str, fields: dict[str, str], headers: dict[str, str]) -> Answer:
        asked.append((fields, headers))
        return Answer([{"at": "now"}] if fields["page"] != "3" else [])

    module: dict[str, Any] = {"__name__": "weather"}
    exec(PYTHON, module)
    monkeypatch.setattr(urllib3, "request", request)
    around = Surroundings(object="weather", settings=settings, secret=lambda: {"token": "t"}, now=lambda: 1e9)
    source = module["Weather"](around)
    pages = list(source.pages(Window(start="a", stop=source.position()), ""))
    assert [page.token for page in pages] == ["2", "3"]
    assert {page.content for page in pages} == {b'{"at": "now"}\n'}
    assert asked[0][0] == {"from": "a", "to": "2001-09-09T01:45:40.000000Z", "page": "1", "station": "oslo"}
    source.close()
    assert asked[0][1] == {"Authorization": "Bearer t"}
