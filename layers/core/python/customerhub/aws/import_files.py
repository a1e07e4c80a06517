"""Spreadsheets in a bucket of S3, which forgets them after seven days.

What is relied on (Amazon S3 API 2006-03-01): a GetObject with `IfMatch` is a 412 once the object is another one;
objects put whole and in parts become visible all at once; an ETag differs where the content does.
"""

from collections.abc import Iterable, Iterator
from functools import cached_property
from http import HTTPStatus
from typing import Any

from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError, HTTPClientError
from botocore.session import Session, get_session

from customerhub.domain.imports.run import UPLOAD_LIFETIME, StoredFile
from customerhub.errors import Gone, ServiceUnavailable, StateConflict

PART_BYTES = 8 * 1024 * 1024
"""Of a file that is written in parts: S3 takes no smaller ones than 5 MiB, and 10,000 of them."""
_CONFIG = Config(
    connect_timeout=1,
    read_timeout=10,
    retries={"mode": "standard", "total_max_attempts": 3},
    signature_version="s3v4",
    s3={"addressing_style": "auto"},
)
_LIFETIME_S = int(UPLOAD_LIFETIME.total_seconds())
_MISSING = frozenset({"404", "NoSuchKey", "NotFound"})
_CHANGED = frozenset({"412", "PreconditionFailed"})
_FAULTS = frozenset({"RequestTimeout", "SlowDown", "InternalError", "ServiceUnavailable"})


class S3ImportFiles:
    """Implements `ports.imports.ImportFiles`. The client is made when it is first needed, unless one is given."""

    def __init__(self, bucket: str, client: Any = None) -> None:
        self._bucket = bucket
        self._client = client

    def upload_url(self, key: str, content_type: str, size: int | None) -> str:
        """Signed here, without a call; type and size are part of what is signed."""
        length = {} if size is None else {"ContentLength": size}
        request = {"Bucket": self._bucket, "Key": key, "ContentType": content_type, **length}
        url: str = self._s3.generate_presigned_url("put_object", Params=request, ExpiresIn=_LIFETIME_S)
        return url

    def download_url(self, key: str, file_name: str) -> str:
        """Signed here, without a call."""
        disposition = f'attachment; filename="{file_name}"'
        request = {"Bucket": self._bucket, "Key": key, "ResponseContentDisposition": disposition}
        url: str = self._s3.generate_presigned_url("get_object", Params=request, ExpiresIn=_LIFETIME_S)
        return url

    def describe(self, key: str) -> StoredFile | None:
        """One HeadObject."""
        try:
            found = self._s3.head_object(Bucket=self._bucket, Key=key)
        except ClientError as error:
            if _code(error) in _MISSING:
                return None
            raise _meaning(error) from error
        except BotoCoreError as error:
            raise _unreached(error) from error
        return StoredFile(int(found["ContentLength"]), found["ETag"])

    def read(self, key: str, file: StoredFile, start: int, size: int) -> bytes:
        """One GetObject of a range."""
        beyond = min(start + size, file.size)
        if start >= beyond:
            return b""
        request = {"Bucket": self._bucket, "Key": key, "IfMatch": file.tag, "Range": f"bytes={start}-{beyond - 1}"}
        try:
            content: bytes = self._s3.get_object(**request)["Body"].read()
        except ClientError as error:
            raise _meaning(error) from error
        except (BotoCoreError, HTTPClientError, OSError) as error:
            raise _unreached(error) from error
        if len(content) != beyond - start:
            raise ServiceUnavailable("the file was not read as a whole")
        return content

    def write(self, key: str, content: Iterable[bytes], content_type: str) -> None:
        """One PutObject for what is smaller than `PART_BYTES`; else one call for each part and two more."""
        parts = _parts(content)
        first = next(parts, b"")
        try:
            if len(first) < PART_BYTES:
                self._s3.put_object(Bucket=self._bucket, Key=key, Body=first, ContentType=content_type)
            else:
                self._write_parts(key, first, parts, content_type)
        except ClientError as error:
            raise _meaning(error) from error
        except BotoCoreError as error:
            raise _unreached(error) from error

    def _write_parts(self, key: str, first: bytes, others: Iterator[bytes], content_type: str) -> None:
        place: dict[str, Any] = {"Bucket": self._bucket, "Key": key}
        upload = self._s3.create_multipart_upload(**place, ContentType=content_type)
        place["UploadId"] = upload["UploadId"]
        try:
            written = [self._write_part(place, 1, first)]
            written += [self._write_part(place, number, part) for number, part in enumerate(others, start=2)]
            self._s3.complete_multipart_upload(**place, MultipartUpload={"Parts": written})
        except BaseException:
            self._abort(place)
            raise

    def _write_part(self, place: dict[str, Any], number: int, part: bytes) -> dict[str, Any]:
        answer = self._s3.upload_part(**place, PartNumber=number, Body=part)
        return {"PartNumber": number, "ETag": answer["ETag"]}

    def _abort(self, place: dict[str, Any]) -> None:
        """As far as that is possible: the bucket removes what is left after a day."""
        try:
            self._s3.abort_multipart_upload(**place)
        except (ClientError, BotoCoreError):
            return

    @cached_property
    def _s3(self) -> Any:
        return self._client or s3_client()


def s3_client(session: Session | None = None, **connection: Any) -> Any:
    """A client that signs URLs as every region of AWS takes them; `connection` is botocore's."""
    return (session or get_session()).create_client("s3", config=_CONFIG, **connection)


def _parts(content: Iterable[bytes]) -> Iterator[bytes]:
    """Pieces of `PART_BYTES` at least, but for the last one."""
    pending = bytearray()
    for piece in content:
        pending += piece
        if len(pending) >= PART_BYTES:
            yield bytes(pending)
            pending.clear()
    if pending:
        yield bytes(pending)


def _code(error: ClientError) -> str:
    code: str = error.response["Error"]["Code"]
    return code


def _unreached(error: Exception) -> ServiceUnavailable:
    return ServiceUnavailable(f"the file store was not reached: {type(error).__name__}")


def _meaning(error: ClientError) -> Exception:
    """What a refusal means: a right that is missing is for an operator, and stays as it is."""
    code, status = _code(error), error.response["ResponseMetadata"]["HTTPStatusCode"]
    if code in _MISSING:
        gone = "the file was deleted, as every file is after seven days: start a new import"
        return Gone(gone, code="file_expired", field="file")
    if code in _CHANGED:
        return StateConflict("another file was uploaded in its place", code="file_changed", field="file")
    if code in _FAULTS or status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return ServiceUnavailable(f"the file store answered {code}")
    return error
