"""What the tests of proposals share: a proposal made from the bytes of a file, and what becomes of the file."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from chalicelib.domain.contract.contract import Contract
from chalicelib.domain.contract_files.contract_file import read_contract
from landfall.check.checking import Checked, Outputs, check_file
from landfall.infer.infer_command import infer
from landfall.localfile import opened


@dataclass(frozen=True, kw_only=True)
class Proposed:
    """A proposal as text, as a contract, and the check of its file by it."""

    path: Path
    text: str
    contract: Contract
    checked: Checked

    @property
    def rows(self) -> tuple[int, int]:
        """Rows read and rejected."""
        return self.checked.read, self.checked.rejected

    def type_of(self, column: str) -> str:
        return self.contract.column(column).type.sql


Propose = Callable[..., Proposed]


@pytest.fixture
def propose(tmp_path: Path) -> Propose:
    """Return a function that proposes a contract for a file with these bytes."""

    def made(body: str | bytes, name: str = "things.csv") -> Proposed:
        path, out = tmp_path / name, tmp_path / "out.toml"
        path.write_bytes(body.encode() if isinstance(body, str) else body)
        out.unlink(missing_ok=True)
        infer([path], "things", out)
        text = out.read_text()
        contract = read_contract("things.toml", text.encode())
        with opened(path) as source:
            checked = check_file(source, contract, Outputs(reject=lambda _reject: None))
        return Proposed(path=path, text=text, contract=contract, checked=checked)

    return made
