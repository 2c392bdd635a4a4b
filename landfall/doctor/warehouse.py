"""`landfall doctor --warehouse`: shows whether a warehouse answers as Landfall assumes, and writes that down."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from landfall.conformity.copies import Store
from landfall.conformity.run import Finding, all_checks, run
from landfall.conformity.session import Session
from landfall.doctor.report import Look, Report, failure, good, warning
from landfall.faults import CommandError, ExitCode, absent, usage
from landfall.migration.target import Clients, WarehouseOptions, named, reached
from landfall.remote.deployment import advice, local_stack, repository, stack_outputs
from landfall.remote.meter import Meter
from landfall.version import version

SEND = "send the report file to the maintainers of Landfall, and load nothing that counts before it is settled"
NO_BUCKET = warning(
    "COPY",
    "cannot be seen: no bucket is known",
    "name the stage (--stage): its stack has the bucket and the role that COPY needs",
)


def of_warehouse(options: WarehouseOptions, out: Path) -> Report:
    """Run every check, and write the report file. Raises CommandError."""
    sql_dir = repository() / "sql"
    try:
        there, clients = reached(options)
        _, where = named(replace(there, stage=there.stage or "none") if there.workgroup else there, clients)
        session = Session(api=clients("redshift-data"), where=where, schema=_schema())
        return examined(session, sql_dir, out, store_of(options, clients))
    except RuntimeError as error:
        raise CommandError(str(error), ExitCode.BAD) from None
    except (BotoCoreError, ClientError) as error:
        raise absent(f"the warehouse does not answer: {str(error).rstrip('.')}{advice(error)}") from None


def examined(session: Session, sql_dir: Path, out: Path, store: Store | None) -> Report:
    """Run every check in a session. Raises RuntimeError, CommandError."""
    findings = list(_metered(session, sql_dir, store))
    _write(out, written(_facts(session), findings))
    looks = [*map(look_of, findings), *([] if store else [NO_BUCKET])]
    return Report(looks=[*looks, good("report file", f"{out} has all that was seen, and no secret and no account")])


def _schema() -> str:
    return f"landfall_doctor_{time.time_ns():x}"


def look_of(finding: Finding) -> Look:
    """Return a finding as a line of the report."""
    if not finding.differs:
        return good(finding.name, "as assumed")
    seen = f"expected {finding.expected}; seen {finding.seen}"
    if finding.only_slower:
        return warning(finding.name, seen, finding.why)
    return failure(finding.name, seen, f"{finding.why}: {SEND}")


def _metered(session: Session, sql_dir: Path, store: Store | None) -> Iterator[Finding]:
    checks = all_checks(sql_dir, store)
    with Meter() as meter:
        for number, finding in enumerate(run(session, checks), start=1):
            meter.show(finding.name, min(100.0, 100 * number / len(checks)))
            yield finding


def store_of(options: WarehouseOptions, clients: Clients) -> Store | None:
    """Return where parts for COPY can be put: the bucket of the stage's stack, or the local stack's."""
    if options.local:
        settings = stack.settings if (stack := local_stack()) else {}
        bucket, role = settings.get("LANDFALL_BUCKET", ""), settings.get("LANDFALL_COPY_ROLE", "")
    elif options.stage:
        outputs = stack_outputs(clients("cloudformation"), options.stage)
        bucket, role = outputs.get("Bucket", ""), outputs.get("CopyRole", "")
    else:
        return None
    return Store(s3=clients("s3"), bucket=bucket, role=role) if bucket and role else None


def _facts(session: Session) -> dict[str, Any]:
    found = session.found("select version()")
    return {
        "landfall": version(),
        "kind": "serverless" if "WorkgroupName" in session.where else "provisioned",
        "version": found if isinstance(found, str) else found[0][0],
    }


def written(facts: Mapping[str, Any], findings: Sequence[Finding]) -> str:
    """Return the text of the report file: what was run, expected and seen."""
    checks = [{**asdict(finding), "differs": finding.differs} for finding in findings]
    return json.dumps({**facts, "checks": checks}, indent=1, ensure_ascii=False) + "\n"


def _write(out: Path, text: str) -> None:
    try:
        out.write_text(text, encoding="utf-8")
    except OSError as error:
        raise usage(f"the report {out} cannot be written: {error.strerror}") from None
