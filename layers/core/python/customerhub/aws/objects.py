"""Files in a bucket of S3, which forgets them after a day."""

import uuid
from functools import cached_property
from http import HTTPStatus
from typing import Any

from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from botocore.session import get_session

from customerhub.errors import RetryLater

URL_LIFETIME_S = 600
_CONFIG = Config(
    connect_timeout=1,
    read_timeout=10,
    retries={"mode": "standard", "total_max_attempts": 2},
    signature_version="s3v4",
)


class S3ObjectStore:
    """Implements `ports.ObjectStore`. The client is made when it is first needed: most exports need none."""

    def __init__(self, bucket: str) -> None:
        self._bucket = bucket

    def share(self, content: bytes, content_type: str, file_name: str) -> str:
        """One PutObject under a name that nobody can guess; the bucket's policy encrypts it."""
        place = {"Bucket": self._bucket, "Key": str(uuid.uuid4())}
        disposition = f'attachment; filename="{file_name}"'
        try:
            self._s3.put_object(**place, Body=content, ContentType=content_type, ContentDisposition=disposition)
        except BotoCoreError as error:
            raise RetryLater(f"the file was not kept: {type(error).__name__}") from error
        except ClientError as error:
            raise _meaning(error) from error
        url: str = self._s3.generate_presigned_url("get_object", Params=place, ExpiresIn=URL_LIFETIME_S)
        return url

    @cached_property
    def _s3(self) -> Any:
        return get_session().create_client("s3", config=_CONFIG)


def _meaning(error: ClientError) -> Exception:
    """What a refusal means: a right that is missing is for an operator, and stays as it is."""
    code, status = error.response["Error"]["Code"], error.response["ResponseMetadata"]["HTTPStatusCode"]
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR or code in ("RequestTimeout", "SlowDown"):
        return RetryLater(f"the file was not kept: {code}")
    return error
