"""What a load does to its target: the promises I1 to I4, on a real PostgreSQL."""

from __future__ import annotations

from dataclasses import replace

import psycopg
import pytest

from chalicelib.domain.contract.contract import DuplicateKeys
from chalicelib.domain.run.duplicate_keys import RepeatedKeys
from chalicelib.domain.run.model import Counts, LedgerRow, Outcome
from chalicelib.domain.warehouse.ddl import target
from tests.sql.things import row
from tests.support.redshift.house import House, ledger, run


def tally(found: LedgerRow) -> dict[str, int]:
    """What became of the rows, without the zeros. Every load of every test here must add up."""
    names = ("duplicate", "inserted", "updated", "unchanged", "superseded")
    counts = {n: getattr(found, n) for n in names}
    assert Counts(read=found.staged, good=found.staged, **counts).settled
    return {n: c for n, c in counts.items() if c}


def test_new_rows_are_inserted_with_their_lineage(house: House) -> None:
    found = house.load(row("a"), row("b"), age=1)
    assert tally(found) == {"inserted": 2}
    assert found.outcome is Outcome.LOADED
    lineage = house.rows("id, value, _load_id, _source_order, _source_offset, _loaded_at is not null")
    age = "0000000000001.000#00"
    assert lineage == [("a", "x", found.load_id, age, 0, True), ("b", "x", found.load_id, age, 10, True)]


def test_the_same_load_again_changes_nothing(house: House) -> None:
    first = house.load(row("a", "1"), age=1, load="one")
    house.load(row("a", "2"), age=2)
    again = house.load(row("a", "1"), age=1, load="one")
    assert again == first
    assert house.rows() == [("a", "2")]
    assert len(house.ledger()) == 2


def test_newer_files_win_whatever_order_they_come_in(house: House) -> None:
    house.load(row("a", "new"), age=2)
    late = house.load(row("a", "old"), row("b", "only here"), age=1)
    assert tally(late) == {"inserted": 1, "superseded": 1}
    assert house.rows() == [("a", "new"), ("b", "only here")]


def test_the_order_column_beats_the_age_of_the_file(house: House) -> None:
    house = house.ordered()
    house.load(row("a", "of March", seen="2026-03-01"), row("b", "of March", seen="2026-03-01"), age=1)
    found = house.load(row("a", "of April", seen="2026-04-01"), row("b", "of May", seen="2026-02-01"), age=2)
    assert tally(found) == {"updated": 1, "superseded": 1}
    late = house.load(row("a", "of June", seen="2026-06-01"), age=0)
    assert tally(late) == {"updated": 1}
    assert house.rows() == [("a", "of June"), ("b", "of March")]


def test_ties_of_the_order_column_go_to_the_newer_file(house: House) -> None:
    house = house.ordered()
    at = "2026-01-01 00:00:00"
    house.load(row("a", "second", seen=at), row("n", "second"), age=2)
    assert tally(house.load(row("a", "first", seen=at), row("n", "first"), age=1)) == {"superseded": 2}
    assert tally(house.load(row("a", "third", seen=at), row("n", "third"), age=3)) == {"updated": 2}
    assert house.rows() == [("a", "third"), ("n", "third")]


def test_a_row_without_an_order_value_is_older_than_any_with_one(house: House) -> None:
    house = house.ordered()
    house.load(row("a", "dated", seen="2026-01-01"), row("b", "undated"), age=1)
    found = house.load(row("a", "undated"), row("b", "dated", seen="2020-01-01"), age=2)
    assert tally(found) == {"updated": 1, "superseded": 1}
    assert house.rows() == [("a", "dated"), ("b", "dated")]


def test_duplicates_in_a_file_collapse_to_the_last_line(house: House) -> None:
    found = house.load(row("a", "1"), row("b", "1"), row("a", "2"), row("a", "3"), age=1)
    assert tally(found) == {"duplicate": 2, "inserted": 2}
    assert house.rows("id, value, _source_offset") == [("a", "3", 30), ("b", "1", 10)]


def test_duplicates_collapse_to_greatest_order_then_last_line(house: House) -> None:
    march, april = "2026-03-01", "2026-04-01"
    rows = [row("a", "1", seen=april), row("a", "2", seen=april), row("a", "3", seen=march), row("a", "4")]
    assert tally(house.ordered().load(*rows, age=1)) == {"duplicate": 3, "inserted": 1}
    assert house.rows() == [("a", "2")]


def test_the_same_content_comes_back_after_another_one(house: House) -> None:
    house.load(row("a", "A"), age=1)
    house.load(row("a", "B"), age=2)
    assert tally(house.load(row("a", "A"), age=3)) == {"updated": 1}
    assert house.rows() == [("a", "A")]
    assert tally(house.load(row("a", "B"), age=2)) == {"superseded": 1}


def test_a_late_file_does_not_replace_what_a_newer_one_confirmed(house: House) -> None:
    house.load(row("a", "x"), age=1)
    assert tally(house.load(row("a", "x"), age=3)) == {"unchanged": 1}
    assert tally(house.load(row("a", "y"), age=2)) == {"superseded": 1}
    assert house.rows() == [("a", "x")]


def test_a_late_file_does_not_replace_what_a_newer_confirmed(house: House) -> None:
    house, at = house.ordered(), "2026-01-01"
    house.load(row("a", "x", seen=at), age=1)
    house.load(row("a", "x", seen=at), age=3)
    assert tally(house.load(row("a", "y", seen=at), age=2)) == {"superseded": 1}


def test_an_unchanged_row_keeps_the_time_its_values_changed(house: House) -> None:
    house.load(row("a"), age=1)
    with psycopg.connect(house.dsn, autocommit=True) as session:
        session.execute(f"update {target(house.contract)} set _loaded_at = '2020-01-01'".encode())
    confirmed = house.load(row("a"), age=2)
    assert house.rows("id, _loaded_at::date::text, _load_id") == [("a", "2020-01-01", confirmed.load_id)]
    house.load(row("a", "y"), age=3)
    assert house.rows("id, _loaded_at::date = current_date") == [("a", True)]


@pytest.mark.parametrize(
    ("before", "after", "fate"),
    [
        (None, None, "unchanged"),
        (None, "y", "updated"),
        ("y", None, "updated"),
        ("y", "y", "unchanged"),
        ("y", "Y", "updated"),
        ("", None, "updated"),
    ],
)
def test_nulls_compare_as_values(house: House, before: str | None, after: str | None, fate: str) -> None:
    house.load(row("a", before), age=1)
    assert tally(house.load(row("a", after), age=2)) == {fate: 1}


def test_a_forced_rerun_of_a_loaded_file_changes_nothing(house: House) -> None:
    house.load(row("a"), row("b"), age=1)
    assert tally(house.load(row("a"), row("b"), age=1)) == {"unchanged": 2}


def test_missing_columns_and_empty_fields_take_the_default(house: House) -> None:
    columns = tuple(
        replace(c, default={"value": "it's a :default", "amount": "1.50"}.get(c.name)) for c in house.contract.columns
    )
    house = house.having(columns=columns)
    house.load(("2.5", "a"), (None, "b"), age=1, columns=("amount", "id"))
    found = house.rows("id, value, amount::text, seen_at")
    assert found == [("a", "it's a :default", "2.50", None), ("b", "it's a :default", "1.50", None)]


def test_a_text_may_default_to_the_empty_text(house: House) -> None:
    columns = tuple(replace(c, default="" if c.name == "value" else None) for c in house.contract.columns)
    house.having(columns=columns).load(row("a", None), age=1)
    assert house.rows() == [("a", "")]


def test_a_file_without_good_rows_is_in_the_books(house: House) -> None:
    found = house.load(age=1, rows_read=3, rows_rejected=3)
    assert tally(found) == {}
    assert house.ask(
        f"select rows_read, loaded, rejected, balanced from etl.books where object = '{house.contract.name}'"
    ) == [(3, 0, 3, 1)]


def test_an_older_snapshot_is_superseded_as_a_whole(house: House) -> None:
    house = house.snapshot()
    house.load(row("a", "new"), age=2)
    found = house.load(row("a", "old"), row("gone", "old"), age=1)
    assert found.outcome is Outcome.SUPERSEDED
    assert tally(found) == {"superseded": 2}
    assert house.rows() == [("a", "new")]
    assert tally(house.load(row("a", "newer"), row("b"), age=3)) == {"inserted": 1, "updated": 1}


def test_the_newest_snapshot_may_be_loaded_again(house: House) -> None:
    house = house.snapshot()
    house.load(row("a", "3"), age=3)
    house.load(row("a", "2"), age=2)
    assert tally(house.load(row("a", "3 again"), age=3)) == {"updated": 1}


def test_a_wrong_count_rolls_everything_back(house: House) -> None:
    order = house.order([row("a"), row("b")], age=1)
    with psycopg.connect(house.dsn) as session, pytest.raises(psycopg.Error, match=r"COUNT_MISMATCH: 2 .* and 1 are"):
        run(session, order, [row("a")])
    assert house.rows() == []
    assert ledger(house.dsn, order) == []


def test_a_failed_data_check_rolls_back_and_names_no_value(house: House) -> None:
    house = house.checked("amount < 0 or value = ':secret;--'")
    with pytest.raises(psycopg.Error, match="DATA_CHECK_FAILED: rule finds 2 rows") as caught:
        house.load(row("a", "ok"), row("b", ":secret;--"), row("c", "ok", "-1"), age=1)
    assert "secret" not in str(caught.value).split("CONTEXT")[0]
    assert house.rows() == []
    assert house.ledger() == []


@pytest.mark.parametrize("also", ["", "snapshot", "ordered"])
def test_a_key_twice_rolls_everything_back_and_names_no_value(house: House, also: str) -> None:
    house = getattr(house, also)() if also else house
    house = house.having(key=("id", "value"), duplicate_keys=DuplicateKeys.FAIL)
    rows = [row("a", "secret"), row("b", "secret"), row("a", "other"), row("a ", "secret"), row("b", "secret")]
    with pytest.raises(psycopg.Error, match="DUPLICATE_KEYS") as caught:
        house.load(*rows, age=1)
    assert RepeatedKeys.read(str(caught.value)) == RepeatedKeys(rows=2, first=30, key=("id", "value"))
    assert "secret" not in str(caught.value).split("CONTEXT")[0]
    assert house.rows() == []
    assert house.ledger() == []
    assert tally(house.load(*rows[:3], age=1)) == {"inserted": 3}


def test_a_file_without_good_rows_has_no_key_twice(house: House) -> None:
    assert tally(house.having(duplicate_keys=DuplicateKeys.FAIL).load(age=1, rows_read=3, rows_rejected=3)) == {}


def test_rows_for_which_a_data_check_is_null_pass(house: House) -> None:
    assert tally(house.checked("amount < 0").load(row("a", amount=None), row("b", amount="1"), age=1)) == {
        "inserted": 2
    }


def test_a_key_twice_in_the_target_stops_the_load(house: House) -> None:
    house.load(row("a"), age=1)
    with psycopg.connect(house.dsn, autocommit=True) as session:
        session.execute(f"insert into {target(house.contract)} select * from {target(house.contract)}".encode())
    with pytest.raises(psycopg.Error, match="TARGET_KEY_TWICE"):
        house.load(row("a", "y"), age=2)


def test_rows_from_before_landfall_are_older_than_any_file(house: House) -> None:
    with psycopg.connect(house.dsn, autocommit=True) as session:
        session.execute(f"insert into {target(house.contract)} (id, value) values ('a', 'by hand')".encode())
    assert tally(house.load(row("a", "from a file"), row("b"), age=1)) == {"inserted": 1, "updated": 1}
    assert house.rows() == [("a", "from a file"), ("b", "x")]


def test_the_ledger_shows_where_rows_came_from(house: House) -> None:
    order = house.order([row("a")], age=7, rows_read=3, rows_rejected=2)
    with psycopg.connect(house.dsn) as session:
        run(session, order, [row("a")])
    columns = "object, target, bucket, source_key, source_order, fingerprint, rows_read, rows_rejected"
    name = house.contract.name
    assert house.ask(f"select {columns} from etl.ledger where load_id = '{order.shares[0].load_id}'") == [
        (
            name,
            f"landing.{name}",
            "bucket",
            order.shares[0].key,
            order.shares[0].source_order,
            house.contract.fingerprint,
            3,
            2,
        )
    ]
    assert house.ask(f"select loads, rows_read from etl.freshness where object = '{name}'") == [(1, 3)]


def test_a_session_may_load_twice(house: House) -> None:
    with psycopg.connect(house.dsn, prepare_threshold=None) as session:
        for age in (1, 2):
            run(session, house.order([row("a", str(age))], age=age, load="same"), [row("a", str(age))])
            session.commit()
    assert house.rows() == [("a", "1")]
