"""The procedures keep to Redshift's limits, and each says what it guarantees."""

from __future__ import annotations

import re

import pytest

from tests.support.paths import ROOT

TEXTS = {path.stem: path.read_text() for path in sorted((ROOT / "sql/procedures").glob("*.sql"))}
CALLS = {name: re.findall(r"\bcall etl\.(\w+)\(", text) for name, text in TEXTS.items()}
MOST_ARGUMENTS = 32
MOST_NESTED = 16


def depth(name: str, above: tuple[str, ...] = ()) -> int:
    assert name not in above, "a procedure that calls itself"
    return 1 + max((depth(called, (*above, name)) for called in CALLS[name]), default=0)


@pytest.mark.parametrize("name", TEXTS)
def test_a_procedure_is_alone_in_its_file_and_documented(name: str) -> None:
    head, *made = re.split(r"^create or replace procedure ", TEXTS[name], flags=re.MULTILINE)
    assert [text[: len(name) + 5] for text in made] == [f"etl.{name}("]
    assert "Guarantees" in head
    assert all(line.startswith("--") for line in head.splitlines())


@pytest.mark.parametrize("name", TEXTS)
def test_a_procedure_takes_as_few_arguments_as_redshift_allows(name: str) -> None:
    arguments = re.findall(r"^create or replace procedure .*?\)\s*as \$\$", TEXTS[name], re.MULTILINE | re.DOTALL)[0]
    assert 0 < len(re.findall(r"\bp_\w+ ", arguments)) <= MOST_ARGUMENTS


@pytest.mark.parametrize("name", TEXTS)
def test_a_procedure_leaves_the_transaction_to_its_caller(name: str) -> None:
    assert not re.search(r"^\s*(commit|rollback|truncate)\b", TEXTS[name], re.IGNORECASE | re.MULTILINE)
    assert depth(name) <= MOST_NESTED


def test_a_load_takes_its_four_steps_in_order() -> None:
    assert CALLS["apply_scd1_v1"] == ["count_rows_v1", "pick_winners_v1", "merge_scd1_v1", "write_books_v1"]
