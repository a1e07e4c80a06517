"""Prints the milliseconds that an import takes in a fresh interpreter: `cold_start_probe.py <what> <path entry>…`.

Run with `python -I -S -B`, so that nothing but the standard library and those entries is on the path. `what` is
`handler`, a function's own module, or `boto3`, which also makes a client, as every function of the hub does.
"""

import time

started = time.perf_counter()

import sys  # noqa: E402

sys.path[:0] = sys.argv[2:]
if sys.argv[1] == "boto3":
    import boto3

    boto3.client("dynamodb")
else:
    __import__("handler")

print((time.perf_counter() - started) * 1000)
