"""The documents name what the code has."""

from __future__ import annotations

from dataclasses import MISSING, fields
from pathlib import Path

import pytest

from chalicelib.config import Settings, SettingsError
from chalicelib.domain.model import RunState

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("field", fields(Settings), ids=lambda f: f.name)
def test_every_setting_is_documented(field) -> None:
    rows = [r for r in (ROOT / "docs/settings.md").read_text().splitlines() if f"`LANDFALL_{field.name.upper()}`" in r]
    assert len(rows) == 1
    expected = "required" if field.default is MISSING else f"{field.default}" or "empty"
    assert rows[0].split("|")[2].strip(" `") == expected


@pytest.mark.parametrize("state", RunState, ids=lambda s: s.value)
def test_every_state_is_documented(state: RunState) -> None:
    assert f"`{state.value}`" in (ROOT / "docs/guarantees.md").read_text()


def test_all_faulty_settings_are_named_at_once() -> None:
    with pytest.raises(SettingsError) as caught:
        Settings.from_env({"LANDFALL_MAX_ATTEMPTS": "many"})
    for name in ("LANDFALL_BUCKET", "LANDFALL_MAX_ATTEMPTS", "LANDFALL_WORKGROUP", "LANDFALL_COPY_ROLE"):
        assert name in str(caught.value)
