"""`landfall rejects --out` and `landfall resubmit`, against an API that answers over HTTP as ours does."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import pytest

from chalicelib.api.requests import MOST_CORRECTED_BYTES
from chalicelib.operations.commands import MOST_CORRECTED
from landfall.faults import CommandError
from landfall.remote.reject_file import OWN, Fix
from landfall.remote.rejects import IGNORED, batches
from tests.landfall.conftest import Landfall
from tests.landfall.fake_api import FakeApi, status

RUN, CORRECTION = "a" * 32, "b" * 32
LOAD = f"{RUN}-2"
REJECTS = "GET /rejects/a.csv?limit=200"


def page(*values: list[str] | None, corrects: str | None = None, state: str = "LOADED") -> tuple[int, dict[str, Any]]:
    found = [
        {
            "line": n,
            "byte_offset": 10 * n,
            "column": "b",
            "code": 1207,
            "reason": "b is bad",
            "record": "x,y",
            "values": v,
        }
        for n, v in enumerate(values, start=2)
    ]
    head = {
        "run_id": CORRECTION if corrects else RUN,
        "generation": 2,
        "corrects": corrects,
        "columns": ["a", "b"],
        "state": state,
        "file": "in/a.csv",
    }
    return 200, {**head, "rejects": found, "cursor": "", "total": len(found)}


def table(path: Path, *rows: tuple[str, ...], header: tuple[str, ...] = (*OWN, "a", "b"), **how: Any) -> Path:
    with path.open("w", newline="", encoding=how.pop("encoding", "utf-8")) as out:
        csv.writer(out, **how).writerows([header, *rows])
    return path


def fixed(a: str, b: str, *, offset: str = "20", load: str = LOAD) -> tuple[str, ...]:
    return (load, "2", offset, "1207", "b", "b is bad", "", a, b)


def started(run_id: str = CORRECTION, rows: int = 1) -> tuple[int, dict[str, Any]]:
    return 202, {"run_id": run_id, "object": "thing", "file": "f", "state": "ARRIVED", "corrects": RUN, "rows": rows}


@pytest.mark.parametrize("corrects", [None, RUN])
def test_what_is_written_is_sent_back(
    landfall: Landfall,
    api: FakeApi,
    tmp_path: Path,
    corrects: str | None,
) -> None:
    api.answers = {REJECTS: [page(["x1", "=1+1"], None, corrects=corrects)], f"POST /rejects/{RUN}": [started()]}
    out = tmp_path / "fix.csv"
    assert landfall("rejects", "a.csv", "--out", out).err == f"2 rejects of in/a.csv written to {out}\n"
    assert out.read_text(encoding="utf-8-sig").splitlines() == [
        "_load,_line,_byte_offset,_code,_column,_reason,_record,a,b",
        f"{LOAD},2,20,1207,b,b is bad,,x1,'=1+1",
        f'{LOAD},3,30,1207,b,b is bad,"x,y",,',
    ]
    done = landfall("resubmit", out)
    assert done.code == 0
    assert done.err == "1 row without any value left out\nline 3: " + IGNORED[False] + "\n"
    assert f"landfall status {CORRECTION}" in done.out
    body = {"generation": 2, "columns": ["a", "b"], "rows": [{"byte_offset": 20, "values": ["x1", "=1+1"]}]}
    assert api.asked[-1] == ("POST", f"/rejects/{RUN}", body)
    assert landfall("resubmit", out, "--json").lines == [started()[1]]


@pytest.mark.parametrize(
    ("values", "sent"), [(("", ""), False), (("x", "1"), True), (("", "1"), True)], ids=["empty", "full", "half"]
)
@pytest.mark.parametrize("count", [1, 2, 30])
def test_what_is_written_into_record_is_not_lost_silently(
    landfall: Landfall, api: FakeApi, tmp_path: Path, values: tuple[str, str], sent: bool, count: int
) -> None:
    api.answers = {f"POST /rejects/{RUN}": [started()]}
    rows = [(*fixed(*values, offset=str(10 * n))[:6], "a corrected record", *values) for n in range(count)]
    err = landfall("resubmit", table(tmp_path / "fix.csv", fixed("y", "2", offset="9"), *rows)).err
    named = ", ".join(str(n) for n in range(3, min(count, 10) + 3)) + (" and 20 more" if count == 30 else "")
    assert f"line{'s' if count > 1 else ''} {named}: {IGNORED[sent]}" in err
    assert IGNORED[not sent] not in err
    assert "_record" not in landfall("resubmit", table(tmp_path / "other.csv", fixed("y", "2"))).err


def test_waiting_reports_what_is_still_bad(landfall: Landfall, api: FakeApi, tmp_path: Path) -> None:
    api.answers = {f"POST /rejects/{RUN}": [started()], f"GET /status/{CORRECTION}": [(200, status("LOADED"))]}
    done = landfall("resubmit", table(tmp_path / "fix.csv", fixed("x", "1")), "--wait")
    assert done.code == 1
    assert "1 row still bad" in done.out
    assert f"landfall rejects {CORRECTION}" in done.out
    good = status("LOADED", rows={**status()["rows"], "rejected": 0})
    api.answers[f"GET /status/{CORRECTION}"] = [(200, good)]
    done = landfall("resubmit", tmp_path / "fix.csv", "--wait", "--json")
    assert (done.code, done.lines) == (0, [good])


def test_a_failed_run_ends_badly(landfall: Landfall, api: FakeApi, tmp_path: Path) -> None:
    none = {**status()["rows"], "rejected": 0}
    api.answers = {
        f"POST /rejects/{RUN}": [started()],
        f"GET /status/{CORRECTION}": [(200, status("FAILED", rows=none))],
    }
    assert landfall("resubmit", table(tmp_path / "fix.csv", fixed("x", "1")), "--wait").code == 1


def test_what_the_api_refuses_is_reported(landfall: Landfall, api: FakeApi, tmp_path: Path) -> None:
    error = {"error": {"code": "STALE_REJECTS", "message": "it was run again"}}
    api.answers = {f"POST /rejects/{RUN}": [(409, error)]}
    done = landfall("resubmit", table(tmp_path / "fix.csv", fixed("x", "1")))
    assert (done.code, done.err) == (1, "landfall: it was run again\n")


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("quoting", [csv.QUOTE_MINIMAL, csv.QUOTE_ALL])
def test_tables_of_several_files_and_spreadsheets_are_taken(
    landfall: Landfall,
    api: FakeApi,
    tmp_path: Path,
    delimiter: str,
    quoting: int,
) -> None:
    api.answers = {f"POST /rejects/{run}": [started()] for run in (RUN, CORRECTION)}
    rows = [
        fixed("é,;\t", "'-1"),
        fixed("x", "2", load=f"{CORRECTION}-1"),
        fixed("y", "''", offset="30"),
        (),
        ("",) * 9,
    ]
    path = table(tmp_path / "fix.csv", *rows, delimiter=delimiter, quoting=quoting, encoding="utf-8-sig")
    assert landfall("resubmit", path).code == 0
    sent = [(url, body["generation"], [r["values"] for r in body["rows"]]) for _, url, body in api.asked]
    assert sent == [(f"/rejects/{RUN}", 2, [["é,;\t", "-1"], ["y", "'"]]), (f"/rejects/{CORRECTION}", 1, [["x", "2"]])]


def test_an_apostrophe_that_somebody_wrote_stays(landfall: Landfall, api: FakeApi, tmp_path: Path) -> None:
    api.answers = {f"POST /rejects/{RUN}": [started()]}
    assert landfall("resubmit", table(tmp_path / "fix.csv", fixed("'s-Hertogenbosch", "''t Zand"))).code == 0
    assert api.asked[0][2]["rows"][0]["values"] == ["'s-Hertogenbosch", "'t Zand"]


def test_tables_are_put_together_by_appending_one_to_the_other(
    landfall: Landfall,
    api: FakeApi,
    tmp_path: Path,
) -> None:
    api.answers = {f"POST /rejects/{run}": [started()] for run in (RUN, CORRECTION)}
    first = table(tmp_path / "a.csv", fixed("x", "1"), encoding="utf-8-sig", quoting=csv.QUOTE_ALL)
    other = table(
        tmp_path / "b.csv", fixed("y", "2", load=f"{CORRECTION}-1"), encoding="utf-8-sig", quoting=csv.QUOTE_ALL
    )
    first.write_bytes(first.read_bytes() + other.read_bytes())
    assert landfall("resubmit", first).code == 0
    assert [(url, len(body["rows"])) for _, url, body in api.asked] == [
        (f"/rejects/{RUN}", 1),
        (f"/rejects/{CORRECTION}", 1),
    ]


def test_a_table_without_a_corrected_row_sends_nothing(landfall: Landfall, api: FakeApi, tmp_path: Path) -> None:
    done = landfall("resubmit", table(tmp_path / "fix.csv", fixed("", "")))
    assert (done.code, api.asked) == (0, [])
    assert "no row to send" in done.err


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ([("x",)], "line 2: 1 cells"),
        ([fixed("x", "1"), fixed("y", "2")], "line 3: the row of byte 20 appears twice"),
        ([fixed("x", "1", offset="2E+11")], "leave _load and _byte_offset"),
        ([fixed("x", "1", load="mine")], "leave _load and _byte_offset"),
        ([fixed("x", "1"), (*OWN, "a", "c")], "line 3: a table with other columns begins here"),
    ],
)
def test_a_spoilt_table_is_reported_with_the_place(
    landfall: Landfall,
    api: FakeApi,
    tmp_path: Path,
    rows: list[tuple[str, ...]],
    said: str,
) -> None:
    done = landfall("resubmit", table(tmp_path / "fix.csv", *rows))
    assert (done.code, api.asked) == (2, [])
    assert said in done.err


@pytest.mark.parametrize(
    ("text", "code", "said"),
    [
        (b"", 2, "is not a table of rejects"),
        (b"line,record\n1,x\n", 2, "is not a table of rejects"),
        (",".join(OWN).encode(), 2, "is not a table of rejects"),
        ("_load,é\n".encode("cp1252"), 2, "CSV UTF-8"),
        (b'_load,"x"y\n', 2, "is not CSV at line 1"),
        (None, 3, "cannot be read"),
    ],
)
def test_what_is_no_table_is_refused(
    landfall: Landfall,
    api: FakeApi,
    tmp_path: Path,
    text: bytes | None,
    code: int,
    said: str,
) -> None:
    if text is not None:
        (tmp_path / "fix.csv").write_bytes(text)
    done = landfall("resubmit", tmp_path / "fix.csv")
    assert (done.code, api.asked) == (code, [])
    assert said in done.err


def test_rows_are_sent_in_as_few_requests_as_they_fit() -> None:
    def rows(count: int, size: int) -> list[Fix]:
        return [Fix(line=str(n), byte_offset=n, values=("é" * (size // 2),)) for n in range(count)]

    assert list(map(len, batches(["a"], rows(2 * MOST_CORRECTED + 1, 2)))) == [MOST_CORRECTED, MOST_CORRECTED, 1]
    large = list(batches(["a"], rows(5, MOST_CORRECTED_BYTES // 3)))
    assert list(map(len, large)) == [2, 2, 1]
    with pytest.raises(CommandError, match="line 0 is too large"):
        list(batches(["a"], rows(1, MOST_CORRECTED_BYTES)))


def test_an_existing_table_stays_and_no_rejects_write_none(
    landfall: Landfall,
    api: FakeApi,
    tmp_path: Path,
) -> None:
    api.answers = {REJECTS: [page(["x", "y"]), page()], "GET /status/a.csv": [(200, status(first_error=None))]}
    out = tmp_path / "fix.csv"
    out.write_text("somebody's work")
    done = landfall("rejects", "a.csv", "--out", out)
    assert (done.code, out.read_text()) == (2, "somebody's work")
    assert "name another file" in done.err
    done = landfall("rejects", "a.csv", "--out", tmp_path / "none.csv")
    assert (done.code, (tmp_path / "none.csv").exists()) == (0, False)
    assert done.err.startswith("in/a.csv: no rejects")


def test_rows_of_a_file_that_was_refused_are_not_for_resubmit(
    landfall: Landfall,
    api: FakeApi,
    tmp_path: Path,
) -> None:
    api.answers = {REJECTS: [page(["x", "y"], state="REJECTED")]}
    done = landfall("rejects", "a.csv", "--out", tmp_path / "fix.csv")
    assert done.code == 0
    assert "the file is REJECTED: fix it as a whole and push it again" in done.err


def test_a_file_whose_rejects_are_corrected_shows_it(landfall: Landfall, api: FakeApi) -> None:
    corrected = {**status()["rows"], "rejected": 0, "corrected": 2}
    api.answers = {REJECTS: [page()], "GET /status/a.csv": [(200, status("LOADED", rows=corrected, first_error=None))]}
    assert "; 2 rejected rows corrected" in landfall("rejects", "a.csv").err
    assert "3 read = 2 good + 2 corrected + 0 rejected" in landfall("status", "a.csv").out
