"""What suppliers do, as functions that put files into a world."""

from __future__ import annotations

from collections.abc import Callable

from tests.simulation.world import World

HEADER = "id,value,amount\n"
Scenario = Callable[[World], None]


def text(rows: dict[str, str], bad: tuple[str, ...] = ()) -> bytes:
    return (HEADER + "".join(f"{key},{rest}\n" for key, rest in rows.items()) + "".join(f"{b}\n" for b in bad)).encode()


def numbered(count: int, *, tag: str = "v", base: int = 0) -> dict[str, str]:
    return {f"k{i + base}": f"{tag}{i},{i}" for i in range(count)}


def put(world: World, name: str, rows: dict[str, str], bad: tuple[str, ...] = (), *, event: bool = True) -> None:
    world.put(f"incoming/thing/{name}", text(rows, bad), rows, event=event)


def one_file(world: World) -> None:
    """One file of a few chunks."""
    put(world, "a.csv", numbered(12))


def bad_rows(world: World) -> None:
    """Some rows are bad."""
    put(world, "a.csv", numbered(8), ("x1,y,notanumber", ",no key,1"))


def all_bad(world: World) -> None:
    """Every row is bad: REJECTED."""
    put(world, "a.csv", {}, ("x1,y,notanumber", "x2,y,alsonot"))


def header_only(world: World) -> None:
    """No rows at all: a load of nothing."""
    put(world, "a.csv", {})


def empty(world: World) -> None:
    """Not even a header."""
    world.put("incoming/thing/a.csv", b"", {})


def wrong_header(world: World) -> None:
    """A column that nobody agreed on."""
    world.put("incoming/thing/a.csv", b"id,colour\n1,red\n", {})


def unrouted(world: World) -> None:
    """A key that no contract knows."""
    world.put("incoming/nobody/a.csv", text(numbered(2)), {})


def three_files(world: World) -> None:
    """Files that share keys: the newest wins, row by row."""
    for i in range(3):
        put(world, f"f{i}.csv", numbered(6, tag=f"f{i}-", base=i * 2))


def odd_name(world: World) -> None:
    """A key that must be decoded exactly once, in one notification with another."""
    put(world, "a+b %2B ü&#.csv", numbered(3))
    put(world, "b.csv", numbered(3, base=3))
    second = world.events.pop()
    world.events[-1]["Records"] += second["Records"]


def same_twice(world: World) -> None:
    """The same content again under the same key."""
    put(world, "a.csv", numbered(5))
    put(world, "a.csv", numbered(5))


def overwritten(world: World) -> None:
    """A key overwritten before it is read."""
    put(world, "a.csv", numbered(5, tag="old"))
    put(world, "a.csv", numbered(5, tag="new"))


def event_lost(world: World) -> None:
    """No notification: the sweep has to find it."""
    put(world, "a.csv", numbered(5), event=False)


def newer_event_lost(world: World) -> None:
    """A key overwritten without a notification: only its older content is heard of."""
    put(world, "a.csv", numbered(5, tag="old"))
    put(world, "a.csv", numbered(5, tag="new"), event=False)


SCENARIOS: tuple[Scenario, ...] = (
    one_file,
    bad_rows,
    all_bad,
    header_only,
    empty,
    wrong_header,
    unrouted,
    three_files,
    odd_name,
    same_twice,
    overwritten,
    event_lost,
    newer_event_lost,
)
