"""Who hears of what became of a run."""

from __future__ import annotations

import itertools
import json
import os
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import pytest

from chalicelib.adapters.memory import MemoryNotifier
from chalicelib.adapters.sns import SnsNotifier
from chalicelib.domain.run.notices import read_mail
from chalicelib.ports import Notifier
from tests.support.settings import SETTINGS

_numbers = itertools.count(os.getpid() * 1_000)
MESSAGE = {
    "id": "1-LOADED",
    "load_id": "1",
    "state": "LOADED",
    "object": "orders",
    "run": "r1",
    "file": "s3://landing/incoming/ü 1.csv",
    "rows": {"read": 3},
    "problem": None,
}


@dataclass(frozen=True, kw_only=True)
class Inboxes:
    """A bell, and what business, support and programs heard so far."""

    notifier: Notifier
    business: Callable[[], list[dict[str, Any]]]
    support: Callable[[], list[dict[str, Any]]]
    programs: Callable[[], list[dict[str, Any]]] | None = None


def sns_ears(aws: Callable[[str], Any], *, with_programs: bool) -> Inboxes:
    sns, sqs, number = aws("sns"), aws("sqs"), next(_numbers)

    def queue(name: str, **attributes: str) -> str:
        url: str = sqs.create_queue(QueueName=name, Attributes=attributes)["QueueUrl"]
        return url

    def topic(name: str, url: str) -> str:
        arn: str = sns.create_topic(Name=name)["TopicArn"]
        inbox = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
        sns.subscribe(TopicArn=arn, Protocol="sqs", Endpoint=inbox)
        return arn

    def received(url: str) -> list[Any]:
        found = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10, VisibilityTimeout=0).get("Messages", [])
        return [json.loads(m["Body"]) for m in found]

    def mails(url: str) -> list[dict[str, Any]]:
        return [read_mail(m["Message"]) for m in received(url)]

    business, support = queue(f"business-{number}"), queue(f"support-{number}")
    result = f"results-{number}.fifo" if with_programs else ""
    programs = queue(result, FifoQueue="true") if result else ""
    settings = replace(
        SETTINGS,
        success_topic=topic(f"success-{number}", business),
        failure_topic=topic(f"failure-{number}", support),
        result_queue=result,
    )
    return Inboxes(
        notifier=SnsNotifier(sns, sqs, settings),
        business=lambda: mails(business),
        support=lambda: mails(support),
        programs=(lambda: received(programs)) if programs else None,
    )


@pytest.fixture(params=["memory", "sns", "sns with results"])
def inboxes(request: pytest.FixtureRequest) -> Inboxes:
    if request.param == "memory":
        notifier = MemoryNotifier()
        return Inboxes(notifier=notifier, business=lambda: notifier.successes, support=lambda: notifier.failures)
    return sns_ears(request.getfixturevalue("aws"), with_programs="results" in request.param)


def test_a_success_is_notified_to_the_business_only(inboxes: Inboxes) -> None:
    inboxes.notifier.success(MESSAGE)
    assert inboxes.business() == [MESSAGE]
    assert inboxes.support() == []


def test_a_failure_is_notified_to_support_only(inboxes: Inboxes) -> None:
    unrouted = {**MESSAGE, "object": "", "state": "UNROUTED"}
    inboxes.notifier.failure(unrouted)
    assert inboxes.support() == [unrouted]
    assert inboxes.business() == []


def test_what_is_notified_twice_is_received_twice(inboxes: Inboxes) -> None:
    inboxes.notifier.success(MESSAGE)
    inboxes.notifier.success(MESSAGE)
    assert inboxes.business() == [MESSAGE, MESSAGE]


def test_programs_get_each_outcome_once(aws: Callable[[str], Any]) -> None:
    inboxes = sns_ears(aws, with_programs=True)
    failed = {**MESSAGE, "id": "2-FAILED", "load_id": "2", "state": "FAILED"}
    for _ in range(2):
        inboxes.notifier.success(MESSAGE)
        inboxes.notifier.failure(failed)
    assert inboxes.programs
    assert inboxes.programs() == [MESSAGE, failed]
