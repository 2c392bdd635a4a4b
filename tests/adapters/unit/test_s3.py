"""What the contract suite cannot show on moto: how S3 is asked, and what happens when it misbehaves."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from botocore.exceptions import ReadTimeoutError

from chalicelib.adapters.s3 import S3Objects
from chalicelib.adapters.transfers import LEAST_PART_BYTES
from chalicelib.domain.run.model import SourceObject
from chalicelib.domain.run.storage import ColdStorage
from chalicelib.errors import Refused, Retryable, SourceChanged, SourceGone, Throttled
from tests.adapters.unit.wire import Response, Script, client, xml_error

SOURCE = SourceObject(bucket="landing", key="incoming/a b+c.csv", etag="abc", size=10, version_id="v1")
LONG = {"Content-Length": "7"}
BY_ETAG = replace(SOURCE, version_id=None)


def store(script: Script) -> S3Objects:
    return S3Objects(client("s3", script))


def head(**headers: str) -> Response:
    fields = {"ETag": '"abc"', "Content-Length": "10", "Last-Modified": "Wed, 21 Oct 2026 07:28:00 GMT"}
    return Response(headers=fields | headers)


def test_a_read_names_range_etag_and_version() -> None:
    script = Script([Response(status=206, body=b"3456")])
    assert store(script).read(SOURCE, 3, 4) == b"3456"
    [request] = script.requests
    assert (request.headers["Range"], request.headers["If-Match"]) == ("bytes=3-6", '"abc"')
    assert request.path.endswith("/incoming/a b+c.csv?versionId=v1")


def test_a_read_stops_at_the_end_of_the_version() -> None:
    script = Script([Response(status=206, body=b"89")])
    assert store(script).read(BY_ETAG, 8, 100) == b"89"
    assert script.requests[0].headers["Range"] == "bytes=8-9"
    assert "versionId" not in script.requests[0].path


def test_no_bytes_make_no_call() -> None:
    script = Script([xml_error("InvalidRange", status=416)])
    assert store(script).read(SOURCE, 10, 4) == b""
    assert script.requests == []


@pytest.mark.parametrize(
    ("response", "kind"),
    [
        (Response(status=206, body=b"345"), Retryable),
        (Response(status=206, body=b"34", headers={"Content-Length": "4"}), Retryable),
        (ReadTimeoutError(endpoint_url="s3"), Retryable),
        (xml_error("SlowDown", status=503), Throttled),
        (xml_error("PreconditionFailed", status=412), SourceChanged),
        (xml_error("NoSuchVersion", status=404), SourceGone),
        (xml_error("NoSuchBucket", status=404), Refused),
        (xml_error("AccessDenied", status=403), Refused),
    ],
)
def test_a_read_that_fails_reports_how(response: Response | Exception, kind: type[Exception]) -> None:
    with pytest.raises(kind) as caught:
        store(Script([response])).read(SOURCE, 3, 4)
    assert type(caught.value) is kind


@pytest.mark.parametrize("broken", [Response(status=206, body=b"34"), Response(status=206, body=b"34", headers=LONG)])
def test_a_stream_goes_on_where_its_connection_broke(broken: Response) -> None:
    script = Script([broken, Response(status=206, body=b"56789")])
    assert b"".join(store(script).stream(SOURCE, 3, 10)) == b"3456789"
    assert [a.headers["Range"] for a in script.requests] == ["bytes=3-9", "bytes=5-9"]
    assert {a.headers["If-Match"] for a in script.requests} == {'"abc"'}
    assert all(a.path.endswith("versionId=v1") for a in script.requests)


@pytest.mark.parametrize(
    ("response", "kind"),
    [
        (Response(status=206), Retryable),
        (ReadTimeoutError(endpoint_url="s3"), Retryable),
        (xml_error("SlowDown", status=503), Throttled),
        (xml_error("PreconditionFailed", status=412), SourceChanged),
        (xml_error("NoSuchKey", status=404), SourceGone),
        (xml_error("AccessDenied", status=403), Refused),
    ],
)
def test_a_stream_that_cannot_go_on_reports_why(response: Response | Exception, kind: type[Exception]) -> None:
    script = Script([Response(status=206, body=b"34"), response])
    with pytest.raises(kind) as caught:
        list(store(script).stream(SOURCE, 3, 10))
    assert type(caught.value) is kind
    assert len(script.requests) == 2


BEGUN = Response(body=b"<R><UploadId>u1</UploadId></R>")
SENT = Response(headers={"ETag": '"e"', "x-amz-checksum-crc32": "AAAAAA=="})
FIVE = bytes(LEAST_PART_BYTES)


def test_a_part_is_sent_while_the_next_is_made() -> None:
    script = Script([BEGUN, SENT, SENT, Response(body=b"<R><ETag>e-2</ETag></R>")])
    store(script).upload("landing", "a/part-1.csv.zst", [FIVE, b"rest"])
    assert script.operations == ["CreateMultipartUpload", "UploadPart", "UploadPart", "CompleteMultipartUpload"]
    assert script.requests[0].headers["Content-Type"] == "application/zstd"
    assert script.requests[3].body.count(b"<ChecksumCRC32>AAAAAA==</ChecksumCRC32>") == 2


@pytest.mark.parametrize(
    ("response", "kind"),
    [
        (xml_error("SlowDown", status=503), Throttled),
        (xml_error("NoSuchUpload", status=404), Retryable),
        (xml_error("AccessDenied", status=403), Refused),
        (ReadTimeoutError(endpoint_url="s3"), Retryable),
    ],
)
@pytest.mark.parametrize("sent", [0, 1, 2], ids=["first part", "second part", "completion"])
def test_an_upload_that_fails_is_taken_back(response: Response | Exception, kind: type[Exception], sent: int) -> None:
    script = Script([BEGUN, *[SENT] * sent, response, Response(status=204)])
    with pytest.raises(kind) as caught:
        store(script).upload("landing", "a/b", [FIVE, b"rest"])
    assert type(caught.value) is kind
    assert script.operations[-1] == "AbortMultipartUpload"


def test_what_is_less_than_a_part_is_put_at_once() -> None:
    script = Script([Response()])
    store(script).upload("landing", "a/b", [b"x", b"y"])
    assert script.operations == ["PutObject"]


@pytest.mark.parametrize(
    ("key", "kind"),
    [
        ("a/manifest.json", "application/json"),
        ("a/rejects-1.jsonl", "application/x-ndjson"),
        ("a/part-1.csv.zst", "application/zstd"),
        ("a/x", "application/octet-stream"),
    ],
)
def test_a_written_object_has_its_content_type(key: str, kind: str) -> None:
    script = Script([Response()])
    store(script).put("landing", key, b"{}")
    assert script.requests[0].headers["Content-Type"] == kind
    assert not [name for name in script.requests[0].headers if "server-side-encryption" in name.lower()]


def test_a_copy_insists_on_the_version_and_is_verified() -> None:
    script = Script([head(), Response(body=b"<CopyObjectResult><ETag>x</ETag></CopyObjectResult>"), head()])
    store(script).copy(BY_ETAG, "archive/a")
    request = script.requests[1]
    assert script.operations == ["HeadObject", "CopyObject", "HeadObject"]
    assert request.headers["x-amz-copy-source-if-match"] == '"abc"'
    assert request.headers["x-amz-copy-source"] == "landing/incoming/a%20b%2Bc.csv"


def test_a_copy_pins_the_version_that_was_looked_at() -> None:
    script = Script([head(**{"x-amz-version-id": "v7"}), Response(body=b"<CopyObjectResult/>"), head()])
    store(script).copy(BY_ETAG, "archive/a")
    assert script.requests[1].headers["x-amz-copy-source"].endswith("?versionId=v7")


def test_a_copy_of_another_size_is_no_copy() -> None:
    script = Script([head(), Response(body=b"<CopyObjectResult/>"), head(**{"Content-Length": "9"})])
    with pytest.raises(Retryable):
        store(script).copy(SOURCE, "archive/a")


def test_an_object_overwritten_before_the_copy_is_not_copied() -> None:
    script = Script([head(), xml_error("PreconditionFailed", status=412)])
    with pytest.raises(SourceChanged):
        store(script).copy(BY_ETAG, "archive/a")


def test_delete_by_version_requests_that_version_only() -> None:
    script = Script([Response(status=204)])
    store(script).delete(SOURCE)
    assert script.operations == ["DeleteObject"]
    assert script.requests[0].path.endswith("versionId=v1")


def test_delete_by_etag_looks_first_and_is_conditional() -> None:
    script = Script([head(), Response(status=204)])
    store(script).delete(BY_ETAG)
    assert script.operations == ["HeadObject", "DeleteObject"]
    assert script.requests[1].headers["If-Match"] == '"abc"'


def test_delete_names_the_current_version_where_it_has_a_name() -> None:
    script = Script([head(**{"x-amz-version-id": "v9"}), Response(status=204)])
    store(script).delete(BY_ETAG)
    assert script.requests[1].path.endswith("versionId=v9")


@pytest.mark.parametrize("response", [xml_error("PreconditionFailed", status=412), xml_error("NoSuchKey", status=404)])
def test_an_object_overwritten_between_look_and_delete_stays(response: Response) -> None:
    script = Script([head(), response])
    store(script).delete(BY_ETAG)
    assert script.operations == ["HeadObject", "DeleteObject"]


def test_another_version_is_not_deleted() -> None:
    script = Script([head(ETag='"other"')])
    store(script).delete(BY_ETAG)
    assert script.operations == ["HeadObject"]


def test_without_conditional_deletes_the_look_is_trusted() -> None:
    script = Script([head(), xml_error("NotImplemented", status=501), Response(status=204)])
    store(script).delete(BY_ETAG)
    assert "If-Match" not in script.requests[2].headers


def test_a_refused_delete_is_reported() -> None:
    with pytest.raises(Refused):
        store(Script([xml_error("AccessDenied", status=403)])).delete(SOURCE)


class Parts:
    """Enough of S3 for a copy in parts."""

    def __init__(self) -> None:
        self.headers: list[dict[str, str]] = []
        self.completed = False

    def __call__(self, request: Any) -> Response:
        match request.operation:
            case "HeadObject":
                return head(**{"Content-Length": str(20 << 20)})
            case "CreateMultipartUpload":
                return Response(body=b"<R><UploadId>u</UploadId></R>")
            case "UploadPartCopy":
                self.headers.append(request.headers)
                return Response(body=b'<CopyPartResult><ETag>"p"</ETag></CopyPartResult>')
            case "CompleteMultipartUpload":
                self.completed = True
                return Response(body=b"<R><ETag>x</ETag></R>")
        raise AssertionError(request.operation)


def test_a_large_object_is_copied_in_parts_of_one_version() -> None:
    parts = Parts()
    S3Objects(client("s3", parts), part_bytes=8 << 20).copy(replace(SOURCE, size=20 << 20), "archive/a")
    assert parts.completed
    assert len(parts.headers) == 3
    assert {h["x-amz-copy-source-if-match"] for h in parts.headers} == {'"abc"'}


def test_a_long_listing_is_read_page_by_page() -> None:
    def page(key: str, more: str = "") -> Response:
        when = "<LastModified>2026-01-01T00:00:00Z</LastModified>"
        found = f"<Contents><Key>{key}</Key><ETag>x</ETag><Size>1</Size>{when}</Contents>"
        token = f"<IsTruncated>true</IsTruncated><NextContinuationToken>{more}</NextContinuationToken>"
        coded = "<EncodingType>url</EncodingType>"
        return Response(body=f"<ListBucketResult>{coded}{found}{token if more else ''}</ListBucketResult>".encode())

    script = Script([page("a", "1"), page("b%20%2B", "2"), page("c")])
    assert [s.key for s in store(script).list("landing", "")] == ["a", "b +", "c"]
    assert "continuation-token=2" in script.requests[2].path


def test_a_listing_that_breaks_off_raises() -> None:
    with pytest.raises(Throttled):
        list(store(Script([xml_error("SlowDown", status=503)])).list("landing", ""))


@pytest.mark.parametrize(
    ("headers", "found"),
    [
        ({}, None),
        ({"x-amz-storage-class": "GLACIER_IR"}, None),
        ({"x-amz-storage-class": "GLACIER"}, ColdStorage(storage_class="GLACIER", restoring=False)),
        (
            {"x-amz-storage-class": "DEEP_ARCHIVE", "x-amz-restore": 'ongoing-request="true"'},
            ColdStorage(storage_class="DEEP_ARCHIVE", restoring=True),
        ),
        ({"x-amz-storage-class": "GLACIER", "x-amz-restore": 'ongoing-request="false", expiry-date="Fri"'}, None),
    ],
)
def test_cold_storage_is_in_the_headers(headers: dict[str, str], found: ColdStorage | None) -> None:
    assert store(Script([head(**headers)])).cold_storage("landing", "archive/a.csv") == found


def test_a_restore_is_of_some_days_in_the_usual_way() -> None:
    script = Script([Response(status=202)])
    store(script).restore("landing", "archive/a.csv", 7)
    [request] = script.requests
    assert (request.method, request.path.endswith("/archive/a.csv?restore")) == ("POST", True)
    assert b"<Days>7</Days>" in request.body


def test_a_restore_that_is_under_way_is_enough() -> None:
    store(Script([xml_error("RestoreAlreadyInProgress", status=409)])).restore("landing", "archive/a.csv", 7)
    with pytest.raises(Refused, match="AccessDenied"):
        store(Script([xml_error("AccessDenied", status=403)])).restore("landing", "archive/a.csv", 7)
