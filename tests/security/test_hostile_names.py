"""Whatever a file, a key or a header is called: nothing of it steers a terminal, a mail or a log.

Every kind of sign that is not plain text, through every command that shows foreign text, through the API, through what
people are told, and through the log.
"""

from __future__ import annotations

import ast
import io
import json
import logging
import unicodedata
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib import observe
from chalicelib.adapters.sns import LONGEST_SUBJECT, subject
from chalicelib.api.responses import reply
from chalicelib.domain.run.model import Problem
from chalicelib.domain.run.notices import notice
from chalicelib.errors import ContractError, LandfallError
from chalicelib.visible import printable, visible, visible_json
from tests.landfall.conftest import Done, Landfall, api, landfall  # noqa: F401
from tests.landfall.fake_api import FakeApi, status
from tests.security.runs import run_of

SIGNS = {
    "escape": "\x1b[2J\x1b]0;x\x07",
    "C1": "\x9b31m\x90\x9d",
    "line ends": "\n\r\r\n\x0b\x0c\x85\u2028\u2029",
    "bell, backspace, tab, nul, delete": "\x07\x08\t\x00\x7f",
    "reading order": "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200e\u200f\u061c",
    "no width": "\u200b\u200c\u200d\u2060\ufeff\u00ad\u180e",
    "nothing to see": "\u115f\u1160\u3164\uffa0\ufe0f\u034f\U000e0100",
    "odd spaces": "\u00a0\u2003\u3000",
    "tags": "\U000e0001\U000e0041\U000e007f",
    "private": "\ue000\U000f0000\U0010fffd",
    "unassigned": "\u0378\ufffe\uffff\U0010ffff",
}
HALVES = "\udfff\ud800"
"""A file's name that is not UTF-8 holds such; no key does."""
ALL = "a" + "|b".join(SIGNS.values()) + "c"
KEY = f"incoming/{ALL}.csv"
ID = "a" * 32


def plain(text: str) -> bool:
    """Printable text, and line ends."""
    return all(printable(line) for line in text.split("\n"))


def test_every_sign_is_escaped_and_plain_text_is_not() -> None:
    for name, signs in {**SIGNS, "halves": HALVES}.items():
        for sign in (sign for sign in signs if not " " <= sign <= "~"):
            assert not printable(sign), (name, hex(ord(sign)))
            assert visible(f"a{sign}b") == f"a{sign.encode('unicode_escape').decode()}b"
    for text in ("", "plain", "Müller", "日本語", "עברית", "a\\b", "€ {x}", "\N{GRINNING FACE}", "e\u0301"):
        assert visible(text) == text


@given(st.text(st.characters()))
def test_what_is_shown_is_printable_and_can_be_read_back(text: str) -> None:
    shown = visible(text)
    assert shown.isprintable()
    assert not {unicodedata.category(c) for c in shown} & {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}
    assert visible(shown) == shown
    if "\\" not in text:
        back = "".join(c if ord(c) < 0x7F else c.encode("unicode_escape").decode() for c in shown)
        assert back.encode().decode("unicode_escape") == text
    written = visible_json({"text": text})
    assert written.isprintable()
    assert json.loads(written) == {"text": text}


# ---- the command ----------------------------------------------------------------------------------------------------


def hostile(value: Any) -> Any:
    """An answer with every text of a file in it hostile."""
    if isinstance(value, dict):
        return {
            name: hostile(v) if name not in ("run_id", "state", "corrects", "cursor") else v
            for name, v in value.items()
        }
    if isinstance(value, list):
        return [hostile(v) for v in value]
    return f"{value}{ALL}" if isinstance(value, str) else value


RUN = {
    "run_id": ID,
    "file": "f",
    "object": "o",
    "state": "FAILED",
    "arrived_at": "2026",
    "code": "c",
    "message": "m",
    "load_id": "l",
    "corrects": None,
}
REJECT = {"line": 2, "column": "c", "code": 1, "reason": "r", "record": "x", "byte_offset": 0, "values": ["v"]}
STATUS = status(others=[{"file": "g", "run_id": "b" * 32, "corrects": None}])
REJECTS = {**RUN, "generation": 1, "columns": ["v"], "rejects": [REJECT], "cursor": ""}
STARTED = {"object": "o", "runs": [RUN], "skipped": [RUN], "cursor": "", "dry_run": False}
ANSWERS: dict[str, tuple[int, Any]] = {
    "GET /runs?limit=20": (200, {"runs": [RUN], "cursor": ""}),
    "GET /status/x": (200, STATUS),
    f"GET /status/{ID}": (200, STATUS),
    "GET /rejects/x": (200, REJECTS),
    "GET /rejects/x?limit=200": (200, REJECTS),
    "GET /rejects/none?limit=200": (200, {**REJECTS, "rejects": []}),
    "GET /status/none": (200, {**STATUS, "state": "REJECTED"}),
    "POST /runs/x": (202, STARTED),
    "POST /backfill": (202, {**STARTED, "seen": 1, "archived": 1, "ignored": 1, "failed": 1}),
    "POST /redrive": (202, {**STARTED, "messages": 1, "more_messages": False}),
    f"DELETE /runs/{ID}": (202, {**RUN, "state": "CANCELLED"}),
    "GET /status/wrong": (409, {"error": {"code": "c", "message": "m"}}),
    "GET /status/gateway": (403, {"message": "m"}),
}
COMMANDS = (
    ("status",),
    ("status", "x"),
    ("status", "x", "--wait"),
    ("status", "wrong"),
    ("status", "gateway"),
    ("status", f"nothing{ALL}"),
    ("rejects", "x"),
    ("rejects", "none"),
    ("rejects", "x", "--out", "fix.csv"),
    ("rerun", "x"),
    ("rerun", "x", "--dry-run"),
    ("rerun", ALL),
    ("cancel", "x"),
    ("backfill",),
    ("redrive",),
    ("push", ALL.replace("\x00", ""), "--object", "transactions"),
    ("push", "x", "--object", ALL),
    ("resubmit", ALL.replace("\x00", "")),
    ("check", ALL.replace("\x00", "")),
    ("check", "x", "--contract", ALL),
    ("ddl", ALL),
)


@pytest.mark.parametrize("command", COMMANDS, ids=lambda c: " ".join(map(visible, c))[:40])
def test_no_command_shows_a_sign_of_what_it_was_answered(
    landfall: Landfall,  # noqa: F811
    api: FakeApi,  # noqa: F811
    command: tuple[str, ...],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    api.answers = {request: [(code, hostile(body))] for request, (code, body) in ANSWERS.items()}
    done = landfall(*command)
    assert done.out + done.err
    assert plain(done.out + done.err), ascii(done.out + done.err)
    if "status" in command[:1] or command[0] in ("rejects", "rerun", "cancel", "backfill", "redrive"):
        exact = landfall(*command, "--json") if "--out" not in command else done
        assert plain(exact.out)


def test_json_is_exact(landfall: Landfall, api: FakeApi) -> None:  # noqa: F811
    api.answers = {"GET /status/x": [(200, hostile(STATUS))]}
    assert landfall("status", "x", "--json").lines == [hostile(STATUS)]
    assert landfall("status", "x").out.count(visible(ALL)) >= 3


def test_a_key_that_a_screen_cannot_show_is_named_by_its_run(landfall: Landfall, api: FakeApi) -> None:  # noqa: F811
    api.answers = {"GET /status/x": [(200, hostile(STATUS))]}
    assert f"landfall rejects {ID}\n" in landfall("status", "x").out


# ---- files on this machine ------------------------------------------------------------------------------------------

CONTRACT = """
name = "thing"
target = "landing.thing"
key = ["id"]
lands_at = ["incoming/thing/*"]
[columns]
id = { type = "varchar(24)", required = true }
a = { type = "integer", required = true }
b = { type = "integer" }
"""


def checked(landfall: Landfall, folder: Path, header: str, name: str) -> Done:  # noqa: F811
    file, contract = folder / name, folder / "thing.toml"
    file.write_bytes(header.encode("utf-8", "surrogateescape") + b"\n1,2,3,4\nx,y,z,4\n")
    contract.write_text(CONTRACT, encoding="utf-8")
    return landfall("check", file, "--contract-file", contract)


@pytest.mark.parametrize("signs", SIGNS.values(), ids=SIGNS)
def test_a_header_and_a_name_of_such_signs_are_shown_in_letters(
    landfall: Landfall,  # noqa: F811
    tmp_path: Path,
    signs: str,
) -> None:
    name = f"n{signs.replace(chr(0), '')}\udcff.csv"
    for header in (f'id,a,b,"z{signs}z"', f'"q{signs}q",w,v', "id,a,b"):
        done = checked(landfall, tmp_path, header, name)
        assert done.out
        assert plain(done.out + done.err), ascii(done.out + done.err)
    proposed = landfall("infer", tmp_path / name)
    assert plain(proposed.out + proposed.err), ascii(proposed.out + proposed.err)


def test_an_inferred_header_reads_back_as_it_was(landfall: Landfall, tmp_path: Path) -> None:  # noqa: F811
    odd = "".join(sign for sign in ALL if sign.isprintable() or unicodedata.category(sign) in ("Cf", "Co", "Cn"))
    odd = "z" + odd.replace("\ufeff", "") + "z"
    file, contract = tmp_path / "odd.csv", tmp_path / "odd.toml"
    file.write_text(f"id,{odd}\nx,7\ny,8\n", encoding="utf-8")
    proposed = landfall("infer", file)
    assert proposed.code == 0
    assert plain(proposed.out)
    contract.write_text(proposed.out, encoding="utf-8")
    assert landfall("check", file, "--contract-file", contract).code == 0


def test_only_one_module_of_the_command_prints() -> None:
    root = Path(__file__).parents[2] / "landfall"
    found = {
        path.name
        for path in root.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "print"
    }
    assert found == {"screen.py"}


# ---- what leaves the deployment -------------------------------------------------------------------------------------


@pytest.mark.parametrize("signs", [*SIGNS.values(), HALVES], ids=[*SIGNS, "halves"])
def test_output_for_people_is_plain_text(signs: str) -> None:
    run = run_of(f"incoming/thing/a{signs}b.csv")
    notified = notice(replace(run, problem=Problem(code="X", message=f"m{signs}", column=f"c{signs}")))
    assert json.dumps(notified).isascii()
    line = subject(notified)
    assert line.isascii()
    assert line.isprintable()
    assert len(line) <= LONGEST_SUBJECT
    assert json.loads(str(reply(notified).body)) == notified
    assert str(reply(notified).body).isprintable()


@pytest.mark.parametrize("signs", [*SIGNS.values(), HALVES], ids=[*SIGNS, "halves"])
def test_an_error_is_one_line_of_plain_text(signs: str) -> None:
    error = LandfallError(f"m{signs}m")
    assert error.message == str(error) == visible(f"m{signs}m")
    assert plain(str(ContractError([f"a{signs}", f"b{signs}"])))
    assert ContractError([f"a{signs}", "b"]).message == f"{visible('a' + signs)}\nb"


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    handler = observe._logger().registered_handler
    assert isinstance(handler, logging.StreamHandler)
    before, handler.stream = handler.stream, io.StringIO()
    yield handler.stream
    handler.stream = before


@pytest.mark.parametrize("signs", [*SIGNS.values(), HALVES], ids=[*SIGNS, "halves"])
def test_a_line_of_the_log_is_one_line(log: io.StringIO, signs: str) -> None:
    observe.note("passed_over", {"file": f"a{signs}b", "object": f"o{signs}", "error": f"e{signs}"})
    [line] = log.getvalue().splitlines()
    assert printable(line)
    assert json.loads(line)["file"] == f"a{signs}b"
