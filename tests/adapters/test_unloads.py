"""What the pipeline may count on from any warehouse that writes an export."""

from __future__ import annotations

import gzip
import itertools
from dataclasses import replace

import pytest
from backports import zstd

from chalicelib.domain.contract.contract import Contract
from chalicelib.domain.export.settings import Compression, ExportSettings
from chalicelib.domain.warehouse.statement import Statement, StatementState
from chalicelib.domain.warehouse.unload import UnloadOrder, only_header
from tests.adapters.warehouses import Site
from tests.support.settings import BUCKET

_names = (f"x{number}" for number in itertools.count(1))
_tokens = (f"export-{number}" for number in itertools.count(1))
ROWS = b'0,b,1.50,2026-01-01,"say ""hi"", then go"\n30,a,,,\n'
CSV = b'id,amount,seen_on,note\na,,,none\nb,1.50,2026-01-01,"say ""hi"", then go"\n'
UNPACK = {Compression.NONE: bytes, Compression.GZIP: gzip.decompress, Compression.ZSTD: zstd.decompress}


@pytest.fixture
def contract(site: Site) -> Contract:
    return site.contract(next(_names))


def order_for(contract: Contract, *, form: Compression = Compression.NONE, **settings: object) -> UnloadOrder:
    export = ExportSettings(key=f"dashboard_data/{contract.name}{form.value}", **settings)  # type: ignore[arg-type]
    folder = f"s3://{BUCKET}/unload/{contract.name}/1/"
    return UnloadOrder(contract=contract, settings=export, folder=folder, iam_role="default")


def unload(site: Site, order: UnloadOrder) -> Statement:
    return site.settle(site.warehouse.unload(order, token=next(_tokens), name="0" * 32))


@pytest.mark.parametrize("form", Compression)
def test_a_target_is_one_csv_file_with_a_header(site: Site, contract: Contract, form: Compression) -> None:
    site.load(site.order(contract, [ROWS], load="one"))
    ended = unload(site, order_for(contract, form=form))
    assert (ended.state, ended.error) == (StatementState.FINISHED, "")
    body = site.get(f"unload/{contract.name}/1/000{form.value.removeprefix('.csv')}")
    assert body is not None
    assert UNPACK[form](body) == CSV


def test_some_columns_in_their_order(site: Site, contract: Contract) -> None:
    site.load(site.order(contract, [ROWS], load="one"))
    unload(site, order_for(contract, columns=("note", "id")))
    assert site.get(f"unload/{contract.name}/1/000") == b'note,id\nnone,a\n"say ""hi"", then go",b\n'


@pytest.mark.parametrize("form", Compression)
def test_without_a_row_there_is_no_file(site: Site, contract: Contract, form: Compression) -> None:
    site.load(site.order(contract, [], load="one"))
    order = order_for(contract, form=form)
    assert unload(site, order).state is StatementState.FINISHED
    assert site.get(f"unload/{contract.name}/1/000{form.value.removeprefix('.csv')}") is None
    assert UNPACK[form](only_header(order)) == b"id,amount,seen_on,note\n"


def test_a_view_that_is_missing_fails_for_good(site: Site, contract: Contract) -> None:
    site.load(site.order(contract, [ROWS], load="one"))
    ended = unload(site, order_for(contract, view="no_such_view", columns=("id",)))
    assert ended.failed_for_good
    assert "does not exist" in ended.error


def test_the_same_token_is_the_same_unload(site: Site, contract: Contract) -> None:
    site.load(site.order(contract, [ROWS], load="one"))
    order = order_for(contract)
    first = site.warehouse.unload(order, token="same", name="0" * 32)
    assert site.warehouse.unload(order, token="same", name="0" * 32) == first
    assert site.warehouse.unload(order, token="other", name="0" * 32) != first


def test_an_unload_takes_what_was_loaded_before(site: Site, contract: Contract) -> None:
    site.load(site.order(contract, [ROWS], load="one"))
    site.load(site.order(contract, [b"0,c,2,,x\n"], load="two", age=2))
    unload(site, replace(order_for(contract), folder=f"s3://{BUCKET}/unload/{contract.name}/2/"))
    body = site.get(f"unload/{contract.name}/2/000")
    assert body is not None
    assert body.count(b"\n") == 4
