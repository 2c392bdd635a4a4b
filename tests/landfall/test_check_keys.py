"""`landfall check` of files in which a key comes twice."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.landfall.conftest import Landfall
from tests.support.check_files import CONTRACT, PACKED

UNIQUE = CONTRACT.replace('["id"]', '["id", "name"]\nduplicate_keys = "fail"').replace(
    'varchar(5)"', 'varchar(50)", required = true'
)


def unique(tmp_path: Path, more: str = "") -> Path:
    contract = tmp_path / "mine.toml"
    contract.write_text(UNIQUE + more)
    return contract


@pytest.mark.parametrize("chunk_bytes", [20, 10**6])
@pytest.mark.parametrize("pack", [str.encode, PACKED[0], PACKED[3]])
def test_a_key_twice_is_refused_where_the_contract_forbids_it(
    landfall: Landfall, tmp_path: Path, chunk_bytes: int, pack: Callable[[str], bytes]
) -> None:
    path = tmp_path / "x.csv"
    text = 'id,name\n1,"two\nlines"\n\n2,é\n10,é\n2,e\nx,é\n+02,"é "\n2,é\n10,é\n' + "".join(
        f"{n},x\n" for n in range(50)
    )
    path.write_bytes(pack(text))
    done = landfall("check", path, "--contract-file", unique(tmp_path), "--chunk-bytes", str(chunk_bytes), "--json")
    assert done.code == 1
    (line,) = done.lines
    assert (line["accepted"], line["rows_duplicate"], line["rows_rejected"]) == (False, 3, 1)
    assert line["refusal"] == {
        "code": "DUPLICATE_KEYS",
        "message": "3 rows have the same key (id, name) as an earlier row; the first of them is in line 9",
        "line": 9,
        "byte_offset": text.encode().index(b"+02"),
    }
    people = landfall("check", path, "--contract-file", tmp_path / "mine.toml")
    assert "would be REJECTED: 3 rows have the same key (id, name)" in " ".join(people.out.split())
    assert "duplicate keys" in people.out


def test_a_key_twice_is_found_in_any_dialect(landfall: Landfall, tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_bytes(b"#\ta\rid|name\r1|'a|b\r'\r2|a\r\r1|'a|b\r'\r")
    dialect = '[dialect]\nnewline = "cr"\nquote = "\'"\ndelimiter = "|"\ncomment = "#"\n'
    (line,) = landfall("check", path, "--contract-file", unique(tmp_path, dialect), "--json").lines
    assert (line["refusal"]["code"], line["refusal"]["line"]) == ("DUPLICATE_KEYS", 7)


def test_keys_that_come_once_are_good_where_they_must(landfall: Landfall, tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_text("id,name\n" + "".join(f"{n},{n % 7}\n" for n in range(5_000)))
    assert landfall("check", path, "--contract-file", unique(tmp_path)).code == 0
