"""The moves of a group."""

from __future__ import annotations

from itertools import product

import pytest

from chalicelib.domain.run.group import MOVES, Group, GroupState, Member, changed

GROUP = Group(target="shop.things", members=(Member(run_id="r", generation=1, attempt=1),))


@pytest.mark.parametrize(("old", "new"), list(product(GroupState, GroupState)))
def test_a_group_makes_the_moves_of_the_table_and_no_other(old: GroupState, new: GroupState) -> None:
    group = Group(target=GROUP.target, members=GROUP.members, state=old)
    if new is old or new in MOVES[old]:
        assert changed(group, state=new).state is new
    else:
        with pytest.raises(ValueError, match=f"from {old.value} to {new.value}"):
            changed(group, state=new)
