"""All that the functions have written can be read, however much it is."""

from uuid import uuid4

from infra.local.emulator import Emulator
from infra.local.function_logs import function_logs

MANY = 10_050
"""More than one answer of the log service holds."""


def test_no_line_is_left_out_of_a_long_log(ministack: Emulator) -> None:
    logs, group = ministack.client("logs"), f"/aws/lambda/{uuid4()}"
    logs.create_log_group(logGroupName=group)
    for stream, count in (("long", MANY), ("short", 2)):
        logs.create_log_stream(logGroupName=group, logStreamName=stream)
        events = [{"timestamp": 1_000 + number, "message": f"{group} {stream} {number}"} for number in range(count)]
        for start in range(0, count, 5_000):
            logs.put_log_events(logGroupName=group, logStreamName=stream, logEvents=events[start : start + 5_000])
    found = [line for line in function_logs(ministack) if line.startswith(group)]
    assert len(found) == len(set(found)) == MANY + 2
    assert f"{group} long {MANY - 1}" in found
