"""The texts that planted bugs replace are still there: else `make planted` would plant nothing."""

from __future__ import annotations

import pytest

from tests.simulation.bugs import BUGS
from tests.simulation.cuts import Bug
from tests.simulation.planted import ROOT


@pytest.mark.parametrize("bug", BUGS, ids=lambda bug: bug.name)
def test_the_text_to_be_cut_is_there_once(bug: Bug) -> None:
    for cut in bug.cuts:
        assert (ROOT / cut.file).read_text().count(cut.old) == 1, cut.old


def test_there_are_enough_bugs_and_each_has_a_name_of_its_own() -> None:
    assert len({bug.name for bug in BUGS}) == len(BUGS) >= 30
