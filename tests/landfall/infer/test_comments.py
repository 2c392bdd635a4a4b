"""A setting in a comment is one that a contract may have: without its `# ` the proposal is read again."""

from __future__ import annotations

import re

import pytest

from chalicelib.domain.contract_files.contract_file import read_contract
from tests.landfall.infer.conftest import Propose

SETTING = re.compile(r"# ([a-z][a-z0-9_]* = .*)")
FILES = [
    "id;v;w\n1;01.02.2024;12%\n2;02.03.2024;13%\n",
    "id;v;w\n1;1,250;$1\n2;2,500;€2\n",
    "id;v;w\n1;Ja;NULL\n2;nein; x\n",
    "id;a;b;w\n1;1.250,5;1.250;912 345 678\n2;3,5;2.500;912 345 679\n",
    "id,a,b\n1,x,1\n,,\nid,a,b\n2,y,2\nTotal,2\n",
    "id,kg\nno,weight\n1,5\n2,6\n",
    "id,n,m\n1,2\n3,4\n5,6,7\n",
    "tag,at\n#a,2024-01-01 10:00:00\n#b\n",
    "id,v,w\n1,7/4/2031,1.2.31\n2,12/25/2031,31.12.31\n",
]


def uncommented(text: str, setting: str) -> str:
    """Return a proposal with a setting of its comments in place of its own."""
    key = setting.partition(" = ")[0]
    lines = [line for line in text.splitlines() if not line.startswith(f"{key} = ")]
    table = "[columns]" if setting.partition(" = ")[2].startswith("{ type") else "[dialect]"
    at = lines.index(table) + 1 if key != "order_by" else 0
    return "\n".join([*lines[:at], setting, *lines[at:]])


@pytest.mark.parametrize("body", FILES)
def test_every_commented_setting_can_be_used(propose: Propose, body: str) -> None:
    text = propose(body).text
    settings = [found[1] for line in text.splitlines() if (found := SETTING.fullmatch(line))]
    assert settings
    for setting in settings:
        read_contract("things.toml", uncommented(text, setting).encode())
