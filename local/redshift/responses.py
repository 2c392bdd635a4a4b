"""The Data API's answers about a statement."""

from __future__ import annotations

from typing import Any

from local.redshift.statements import Part, Submission

Answer = dict[str, Any]


def described(work: Submission) -> Answer:
    """Return DescribeStatement's answer for a whole submission."""
    answer: Answer = {
        "Id": work.id,
        "Status": work.status.value,
        "CreatedAt": work.created_at,
        "UpdatedAt": work.updated_at,
        "RedshiftPid": work.pid,
        "HasResultSet": has_result(work),
        "ResultFormat": "JSON",
        **work.target,
    }
    if work.error:
        answer["Error"] = work.error
    if work.parameters:
        answer["QueryParameters"] = work.parameters
    if not work.batch:
        return part_answer(work.parts[0]) | answer
    spent = sum(max(part.seconds, 0) for part in work.parts)
    answer |= {"Duration": int(spent * 1e9), "ResultRows": -1, "ResultSize": -1, "RedshiftQueryId": 0}
    return answer | {"SubStatements": [part_answer(part) for part in work.parts]}


def has_result(work: Submission) -> bool:
    return any(part.result is not None for part in work.parts)


def part_answer(part: Part) -> Answer:
    answer = {
        "Id": part.id,
        "Status": part.status.value,
        "QueryString": part.text,
        "CreatedAt": part.created_at,
        "UpdatedAt": part.updated_at,
        "Duration": int(part.seconds * 1e9) if part.seconds >= 0 else -1,
        "ResultRows": len(part.result.rows) if part.result is not None else part.rows,
        "ResultSize": part.result.size if part.result is not None else -1,
        "RedshiftQueryId": part.query_id,
        "HasResultSet": part.result is not None,
    }
    return answer | ({"Error": part.error} if part.error else {})


def listed(work: Submission) -> Answer:
    answer = {
        "Id": work.id,
        "Status": work.status.value,
        "StatementName": work.name,
        "CreatedAt": work.created_at,
        "UpdatedAt": work.updated_at,
        "IsBatchStatement": work.batch,
        "QueryString": work.parts[0].text,
        "ResultFormat": "JSON",
    }
    return answer | ({"QueryStrings": [part.text for part in work.parts]} if work.batch else {})
