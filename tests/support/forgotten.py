"""Whether anything of a person is left anywhere."""

import json
from collections.abc import Iterable
from typing import Any

from customerhub.domain.delivery import unpack
from infra.local.tables import DynamoDBTables


def mentions(tables: DynamoDBTables, words: Iterable[str]) -> list[tuple[str, str]]:
    """Keys and text of every item of both tables in which one of `words` occurs, in any case."""
    wanted = [word.casefold() for word in words]
    texts = (json.dumps(item, sort_keys=True, ensure_ascii=False, default=_as_text) for item in _items(tables))
    return [(text[:120], text) for text in texts if any(word in text.casefold() for word in wanted)]


def _as_text(packed: bytes) -> str:
    """What a webhook says, which is stored compressed."""
    return unpack(packed).decode(errors="replace")


def _items(tables: DynamoDBTables) -> Iterable[Any]:
    """As DynamoDB has them; rate counters are kept for a minute, under hashes."""
    client = tables.client()
    for table in tables.names.values():
        for page in client.get_paginator("scan").paginate(TableName=table, ConsistentRead=True):
            yield from page["Items"]
