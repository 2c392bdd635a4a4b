"""The DynamoDB table: its keys and indexes, in one place for the adapter, the tests and the infrastructure.

Items: a run (RUN#<run id>, RUN), its chunks (RUN#<run id>, CHUNK#<generation>#<number>);
per S3 key, a pointer to its newest version (FILE#<file id>, FILE);
per target, the runs that wait for it (LINE#<target>, RUN#<arrival>#<run id>) and the group being loaded (same, GROUP);
per name, a short text that outlives its writer, such as the position of the sweep (MARK#<name>, MARK).
The indexes hold only keys: the runs are read from the table. So a search may miss the newest runs but never shows an
old state. An index costs a write only for a new run, except `unfinished`, which follows `updated_at` and holds only
unfinished runs.
"""

from __future__ import annotations

from typing import Any

from chalicelib.domain.run.ids import file_id
from chalicelib.domain.run.model import Run

WAITING = "RUN#"
BY_OBJECT = "by_object"
BY_NAME = "by_name"
RECENT = "recent"
UNFINISHED = "unfinished"
INDEXES = {
    BY_OBJECT: ("object", "arrived_at"),
    BY_NAME: ("name", "arrived_at"),
    RECENT: ("kind", "arrived_at"),
    UNFINISHED: ("open", "updated_at"),
}
"""Hash and range attribute of each index."""
NUMBERS = frozenset({"arrived_at", "updated_at"})


def table_definition(name: str) -> dict[str, Any]:
    """Return the arguments of CreateTable; CloudFormation's properties are the same."""
    attributes = sorted({"pk", "sk"} | {a for pair in INDEXES.values() for a in pair})
    return {
        "TableName": name,
        "BillingMode": "PAY_PER_REQUEST",
        "KeySchema": _schema("pk", "sk"),
        "AttributeDefinitions": [
            {"AttributeName": a, "AttributeType": "N" if a in NUMBERS else "S"} for a in attributes
        ],
        "GlobalSecondaryIndexes": [
            {"IndexName": index, "KeySchema": _schema(*pair), "Projection": {"ProjectionType": "KEYS_ONLY"}}
            for index, pair in INDEXES.items()
        ],
    }


def run_key(run_id: str) -> tuple[str, str]:
    return f"RUN#{run_id}", "RUN"


def chunk_key(run_id: str, generation: int, number: int) -> tuple[str, str]:
    return f"RUN#{run_id}", f"{chunks_prefix(generation)}{number:06d}"


def chunks_prefix(generation: int) -> str:
    return f"CHUNK#{generation:04d}#"


def file_key(bucket: str, key: str) -> tuple[str, str]:
    return f"FILE#{file_id(bucket, key)}", "FILE"


def mark_key(name: str) -> tuple[str, str]:
    return f"MARK#{name}", "MARK"


def waiting_key(target: str, run: Run) -> tuple[str, str]:
    return f"LINE#{target}", f"{WAITING}{run.arrived_at:017.3f}#{run.run_id}"


def group_key(target: str) -> tuple[str, str]:
    return f"LINE#{target}", "GROUP"


def _schema(hash_name: str, range_name: str) -> list[dict[str, str]]:
    return [
        {"AttributeName": hash_name, "KeyType": "HASH"},
        {"AttributeName": range_name, "KeyType": "RANGE"},
    ]
