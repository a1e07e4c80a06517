"""What the functions have written."""

from collections.abc import Iterator
from typing import Any

from infra.local.emulator import Emulator


def function_logs(emulator: Emulator) -> list[str]:
    """Every line, with what MiniStack adds to each call. (Of a whole group it gives 10,000 lines, and no token for the
    rest: each stream is read by itself.)"""
    logs = emulator.client("logs")
    groups = (group for page in logs.get_paginator("describe_log_groups").paginate() for group in page["logGroups"])
    return [line for group in groups for line in _lines(logs, group["logGroupName"])]


def _lines(logs: Any, group: str) -> Iterator[str]:
    for page in logs.get_paginator("describe_log_streams").paginate(logGroupName=group):
        for stream in page["logStreams"]:
            yield from _lines_of_stream(logs, group, stream["logStreamName"])


def _lines_of_stream(logs: Any, group: str, stream: str) -> Iterator[str]:
    place: dict[str, Any] = {"logGroupName": group, "logStreamName": stream, "startFromHead": True}
    while True:
        answer = logs.get_log_events(**place)
        if not answer["events"]:
            return
        yield from (event["message"] for event in answer["events"])
        place["nextToken"] = answer["nextForwardToken"]
