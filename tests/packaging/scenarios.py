"""What happens in an account: files come, operators run them again, correct rows and stop runs, and workers fail."""

from __future__ import annotations

import gzip
import random
from base64 import b64encode

from chalicelib.adapters.memory import Fate
from chalicelib.adapters.messages import run_body
from chalicelib.adapters.sqs import DEAD_SUFFIX
from chalicelib.domain.run.model import RunState
from tests.packaging.account import RUNS, Account
from tests.packaging.rights import BUCKET, WHERE
from tests.support.api import BAD, GOOD

THING, MONTH = "incoming/thing/", "monthly_data/things_{}-2025.csv"
KEY = f"{THING}a.csv"
SOME_BAD = b"id,value,amount\n" + b"".join(b"x%d,v,%s\n" % (n, b"1" if n % 2 else b"one") for n in range(8))


def files_come(account: Account) -> None:
    """To each folder: delivered, found by the sweep, and newer than what it has found."""
    for first, found in ((KEY, f"{THING}found.csv"), (MONTH.format("jan"), MONTH.format("mar"))):
        account.land(first, SOME_BAD)
        account.put(found, GOOD)
        account.sweep()
        account.land(found, GOOD + b"new,v,1\n")
        assert {account.run(key).state for key in (first, found)} == {RunState.LOADED}


def what_was_loaded_is_run_again(account: Account) -> None:
    """From the archive."""
    for key in (KEY, MONTH.format("jan")):
        account.ask("POST", "/runs/{name}", key)
        account.settle()
        assert account.run(key).generation == 2


def what_is_in_cold_storage_is_restored(account: Account) -> None:
    """A lifecycle rule moves the copy, and the operator requests it."""
    copy = {"Bucket": BUCKET, "Key": account.run(KEY).archive_key}
    account.s3.copy_object(**copy, CopySource=copy, StorageClass="GLACIER")
    account.ask("POST", "/runs/{name}", KEY, {"restore": True})


def other_files_come(account: Account) -> None:
    """Packed, of nobody, several at once, and a second time."""
    account.land(f"{THING}packed.csv", gzip.compress(GOOD))
    account.land("incoming/nobody/x.csv", GOOD)
    for event in [account.put(f"{THING}t{n}.csv", GOOD + b"t%d,v,1\n" % n) for n in range(3)]:
        account.hear(event)
    account.settle()
    for key in (KEY, MONTH.format("jan")):
        account.put(key, SOME_BAD)
    account.sweep()
    account.settle()
    assert "Contents" not in account.s3.list_objects_v2(Bucket=BUCKET, Prefix=KEY)


def a_large_file_comes(account: Account) -> None:
    """Its rows go out in parts, and so does its copy; the first try of either is broken off."""
    dice, key = random.Random(7), f"{THING}large.csv"
    rows = (b"r%06d,%s,%d\n" % (n, b64encode(dice.randbytes(48)), n) for n in range(115_000))
    account.calls.unanswered |= {("stage_chunk", "UploadPart"), ("advance_run", "UploadPartCopy")}
    account.land(key, b"id,value,amount\n" + b"".join(rows))
    assert (account.run(key).state, account.calls.unanswered) == (RunState.LOADED, set())


def tries_fail(account: Account) -> None:
    """A worker of each queue fails, and puts its message off."""
    account.calls.unanswered |= {("stage_chunk", "GetObject"), ("advance_run", "HeadObject")}
    account.land(f"{THING}tried.csv", GOOD + b"tried,v,1\n")
    assert (account.run(f"{THING}tried.csv").state, account.calls.unanswered) == (RunState.LOADED, set())


def other_files_are_run_again(account: Account) -> None:
    """What was refused, from where it lies; what has no run; and what only might have."""
    for key in (f"{THING}bad.csv", MONTH.format("feb")):
        account.land(key, BAD)
        account.ask("POST", "/runs/{name}", key)
        account.settle()
        assert (account.run(key).state, account.run(key).generation) == (RunState.REJECTED, 2)
    account.put(f"{THING}undelivered.csv", GOOD + b"undelivered,v,1\n")
    account.ask("POST", "/runs/{name}", f"{THING}undelivered.csv")
    account.ask("POST", "/runs/{name}", "thing", {"dry_run": True})
    account.ask("POST", "/runs/{name}", "a.csv")
    account.settle()


def messages_are_lost(account: Account) -> None:
    """The sweep sees that none waits, and sends another."""
    account.hear(account.put(key := f"{THING}lost.csv", GOOD + b"lost,v,1\n"))
    account.calls.sent.clear()
    account.sqs.purge_queue(QueueUrl=account.sqs.get_queue_url(QueueName=RUNS)["QueueUrl"])
    account.sweep()
    account.settle()
    assert account.run(key).state is RunState.LOADED


def rows_are_corrected(account: Account) -> None:
    """Some well, some badly, and some whose load is refused at first."""
    page = account.ask("GET", "/rejects/{file}", KEY)
    for fate, amounts in ((Fate.FINE, ("7", "seven")), (Fate.REFUSED, ("8", "8"))):
        account.warehouse.fates.append(fate)
        rows = [
            {"byte_offset": reject["byte_offset"], "values": [*reject["values"][:-1], amount]}
            for reject, amount in zip(page["rejects"], amounts, strict=False)
        ]
        order = {"generation": page["generation"], "columns": page["columns"], "rows": rows}
        account.ask("POST", "/rejects/{file}", KEY, order)
        account.settle()
    account.ask("POST", "/rejects/{file}", KEY, order)
    account.settle()
    assert len(account.ask("GET", "/rejects/{file}", KEY)["rejects"]) == len(page["rejects"]) - 2


def runs_are_stopped(account: Account) -> None:
    """One before its load, one in it."""
    account.warehouse.fates.append(Fate.STUCK)
    for name in ("early", "late"):
        key = f"{THING}{name}.csv"
        account.hear(account.put(key, GOOD + name.encode() + b",v,1\n"))
        while name == "late" and account.calls.sent:
            account.deliver(*account.calls.sent.popleft())
        account.ask("DELETE", "/runs/{name}", account.run(key).run_id)
        account.settle()
        assert account.run(key).state is RunState.CANCELLED


def workers_die(account: Account) -> None:
    """Workers of both queues die. The operator redrives their runs, and messages that no function has taken yet."""
    for name, alive in (("of_run", 0), ("of_chunk", 1)):
        account.hear(account.put(f"{THING}{name}.csv", GOOD + name.encode() + b",v,1\n"))
        for _ in range(alive):
            account.deliver(*account.calls.sent.popleft())
        account.deliver(*account.calls.sent.popleft(), dead=True)
        account.settle()
        assert account.run(f"{THING}{name}.csv").state is RunState.FAILED
    for queue in (RUNS, "landfall-dev-chunks"):
        dead = account.sqs.get_queue_url(QueueName=queue + DEAD_SUFFIX)["QueueUrl"]
        account.sqs.send_message(QueueUrl=dead, MessageBody=run_body("0" * 32))
    found = account.ask("POST", "/redrive")
    assert (found["messages"], len(found["runs"])) == (2, 2)
    account.calls.sent = type(account.calls.sent)(m for m in account.calls.sent if "0" * 32 not in m[1])
    account.settle()


def people_look(account: Account) -> None:
    """At everything, and for what lies there without a run."""
    account.put(f"{THING}before.csv", GOOD + b"before,v,1\n")
    account.put(KEY, SOME_BAD)
    account.ask("POST", "/backfill")
    account.settle()
    for token in ("read-me", "run-me"):
        arn = f"arn:aws:execute-api:{WHERE}:abc/api/GET/runs"
        account.invoke("authorize", {"type": "TOKEN", "authorizationToken": f"Bearer {token}", "methodArn": arn})
    account.ask("GET", "/runs")
    account.ask("GET", "/runs", object="thing")
    for name in (KEY, "a.csv", account.run(KEY).run_id):
        account.ask("GET", "/status/{file}", name)
    account.ask("GET", "/health")
