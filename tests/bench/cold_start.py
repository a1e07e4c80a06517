"""What each function does before its first call, beside a process that only makes a DynamoDB client.

Both sides are fresh interpreters of this machine, in turn, with compiled bytecode: the function with its packages as
they are deployed and the environment of its template, the yardstick with boto3 as it is installed.
"""

import shutil
import statistics
import subprocess
import sys
import sysconfig
from collections.abc import Callable
from pathlib import Path

from infra.bytecode import compile_tree
from infra.cache import digest, make_once
from infra.paths import BUILD, INFRA
from infra.synth import synthesise
from infra.targets import LOCAL
from tests.bench.table import print_table
from tests.infra.assembly import Assembly, Properties

ROUNDS = 11
YARDSTICK = "boto3.client('dynamodb')"
BOTO3 = ("boto3", "botocore", "dateutil", "jmespath", "s3transfer", "six.py", "urllib3")
PROBE = Path(__file__).with_name("cold_start_probe.py")
CREDENTIALS = {
    "AWS_REGION": "us-east-1",
    "AWS_DEFAULT_REGION": "us-east-1",
    "AWS_ACCESS_KEY_ID": "none",
    "AWS_SECRET_ACCESS_KEY": "none",
}
"""Lambda gives them to every function."""


def run() -> None:
    """Measure all functions and print their times beside the yardstick's."""
    candidates = {YARDSTICK: _boto3_alone(), **_functions()}
    times: dict[str, list[float]] = {name: [] for name in candidates}
    for _ in range(ROUNDS):
        for name, start in candidates.items():
            times[name].append(start())
    print(f"Cold start: milliseconds until a handler can be called, {ROUNDS} fresh processes each, in turn.\n")
    print_table(["function", "lowest", "median", "ratio", ""], [_row(name, times) for name in candidates])


def _row(name: str, times: dict[str, list[float]]) -> list[str]:
    own, yardstick = times[name], times[YARDSTICK]
    medians = statistics.median(own) / statistics.median(yardstick)
    note = f"of the lowest; {medians:.2f} of the medians"
    ratio = f"{min(own) / min(yardstick):.2f}"
    return [name, f"{min(own):.0f}", f"{statistics.median(own):.0f}", ratio, note]


def _functions() -> dict[str, Callable[[], float]]:
    assembly = Assembly.read(synthesise())
    return {name: _function(assembly, properties) for name, properties in assembly.functions().items()}


def _function(assembly: Assembly, function: Properties) -> Callable[[], float]:
    variables = function["Environment"]["Variables"].items()
    environment = {name: value if isinstance(value, str) else "a-table" for name, value in variables}
    packages = assembly.packages(function)
    return lambda: _probe("handler", packages, environment)


def _boto3_alone() -> Callable[[], float]:
    directory = make_once(BUILD / "bench" / "boto3", digest([INFRA / "requirements.txt"]), _copy_boto3)
    return lambda: _probe("boto3", [directory], {})


def _copy_boto3(directory: Path) -> None:
    """A whole boto3, compiled as the functions are; whether the installed one is depends on the machine."""
    installed = Path(sysconfig.get_path("purelib"))
    for name in BOTO3:
        copy = shutil.copytree if (installed / name).is_dir() else shutil.copy
        copy(installed / name, directory / name)
    compile_tree(directory, LOCAL)


def _probe(what: str, path: list[Path], environment: dict[str, str]) -> float:
    command = [sys.executable, "-I", "-S", "-B", str(PROBE), what, *map(str, path)]
    done = subprocess.run(command, env={**CREDENTIALS, **environment}, capture_output=True, text=True, check=True)
    return float(done.stdout)
