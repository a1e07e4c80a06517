"""What is uploaded is complete, for the machine at hand and for Lambda: each handler is imported from it alone."""

import json
import struct
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from customerhub import deployment
from infra.targets import LAMBDA, LAMBDA_SOURCES
from tests.infra.assembly import Assembly, Properties

FUNCTIONS = (
    deployment.AUTHORIZER,
    deployment.CUSTOMERS,
    deployment.CUSTOMER_SEARCH,
    deployment.MERGES,
    deployment.CONFLICTS,
    deployment.PRIVACY,
    deployment.CLEANUP,
    deployment.DUTIES,
    deployment.VERIFICATIONS,
    deployment.ANALYTICS,
    deployment.PROFILE_STREAM,
    deployment.API_DOCS,
    deployment.CLUB,
    deployment.IMPORTS,
    deployment.SYNC,
    deployment.JOB_WORKER,
    deployment.JOB_SWEEP,
    deployment.INTEGRATIONS,
    deployment.IMPORT_WORKER,
    deployment.WEBHOOKS,
    deployment.WEBHOOK_EVENTS,
    deployment.DELIVERY_WORKER,
    deployment.RUN_WORKER,
    deployment.INTEGRATION_CARE,
)
ASKS_PARTNERS = deployment.JOB_WORKER
HTTP_CLIENT = ("httpx", "httpcore", "anyio", "h11")
"""What only a function that asks shops and CRMs needs, and that one when it asks the first."""
IMPORT_HANDLER = Path(__file__).with_name("import_handler.py")

EM_AARCH64 = 183
EXTENSION_SUFFIXES = (f".cpython-{LAMBDA.python.replace('.', '')}-aarch64-linux-gnu.so", ".abi3.so")


@cache
def loaded_modules(directory: Path, name: str) -> dict[Path, str | None]:
    """File of each module that the handler of `name` loads from its packages, to the file of its bytecode."""
    assembly = Assembly.read(directory)
    function = assembly.functions()[name]
    run = subprocess.run(
        [sys.executable, "-I", "-S", "-B", str(IMPORT_HANDLER), *map(str, assembly.packages(function))],
        env=environment_of(function),
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stderr
    return {Path(file): cached for file, cached in json.loads(run.stdout).items()}


def environment_of(function: Properties) -> dict[str, str]:
    """What the function itself is given, and what Lambda gives to every function, except credentials."""
    variables = function["Environment"]["Variables"]
    return {"AWS_REGION": "us-east-1", "AWS_DEFAULT_REGION": "us-east-1"} | {
        name: value if isinstance(value, str) else "a-table" for name, value in variables.items()
    }


def test_every_function_is_listed_here(deployed: Assembly) -> None:
    assert deployed.functions().keys() == set(FUNCTIONS)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_handler_needs_nothing_but_its_packages(local: Assembly, name: str) -> None:
    loaded = loaded_modules(local.directory, name)
    code, *layers = local.packages(local.functions()[name])
    assert code / "handler.py" in loaded
    assert [layer for layer in layers if not any(file.is_relative_to(layer) for file in loaded)] == []


@pytest.mark.parametrize("name", FUNCTIONS)
def test_no_cold_start_pays_for_asking_partners(local: Assembly, name: str) -> None:
    loaded = loaded_modules(local.directory, name)
    assert [file for file in loaded if not set(HTTP_CLIENT).isdisjoint(file.parts)] == []
    assert [file for file in loaded if "connectors" in file.parts and {"shopify", "commerce7"} & set(file.parts)] == []


def test_the_client_for_partners_is_in_the_layer(local: Assembly) -> None:
    _, deps, *_ = local.packages(local.functions()[ASKS_PARTNERS])
    assert [name for name in HTTP_CLIENT if not (deps / name / "__init__.py").is_file()] == []


@pytest.mark.parametrize("name", FUNCTIONS)
def test_every_module_is_compiled_beforehand(local: Assembly, name: str) -> None:
    loaded = loaded_modules(local.directory, name)
    sources = {file: cached for file, cached in loaded.items() if file.suffix == ".py"}
    assert [file for file, cached in sources.items() if not Path(str(cached)).is_file()] == []


@pytest.mark.parametrize("name", FUNCTIONS)
def test_lambda_gets_every_module_that_a_handler_loads(local: Assembly, deployed: Assembly, name: str) -> None:
    here = local.packages(local.functions()[name])
    there = deployed.packages(deployed.functions()[name])
    missing = [
        file
        for file in loaded_modules(local.directory, name)
        for package, counterpart in zip(here, there, strict=True)
        if file.is_relative_to(package) and not exists_for_lambda(counterpart / file.relative_to(package))
    ]
    assert missing == []


def exists_for_lambda(file: Path) -> bool:
    if file.suffix == ".py":
        return file.is_file()
    module = file.name.partition(".")[0]
    return any((file.parent / f"{module}{suffix}").is_file() for suffix in EXTENSION_SUFFIXES)


def test_every_extension_for_lambda_runs_on_lambda(deployed: Assembly) -> None:
    libraries = list(shared_libraries(deployed))
    assert libraries
    assert [library for library in libraries if elf_machine(library) != EM_AARCH64] == []
    assert [library for library in libraries if not library.name.endswith(EXTENSION_SUFFIXES)] == []


def shared_libraries(assembly: Assembly) -> Iterator[Path]:
    packages = {package for function in assembly.functions().values() for package in assembly.packages(function)}
    for package in packages:
        yield from package.rglob("*.so*")
        assert list(package.rglob("*.dylib")) + list(package.rglob("*.pyd")) == []


def elf_machine(library: Path) -> int:
    """The `e_machine` of a 64-bit little-endian ELF file; fails for any other file."""
    header = library.read_bytes()[:20]
    assert header[:6] == b"\x7fELF\x02\x01", f"{library} is no such file"
    machine: int = struct.unpack_from("<H", header, 18)[0]
    return machine


def test_the_layers_leave_room_below_lambdas_limit(deployed: Assembly) -> None:
    (packages,) = {tuple(deployed.packages(function)[1:]) for function in deployed.functions().values()}
    size = sum(file.stat().st_size for package in packages for file in package.rglob("*") if file.is_file())
    # 250 MB is the limit for a function with its layers, unpacked; bytecode adds about half to the sources.
    assert size < 60_000_000


def test_functions_run_on_the_python_that_they_are_packaged_for(deployed: Assembly) -> None:
    assert LAMBDA_SOURCES.python == LAMBDA.python
    for function in deployed.functions().values():
        assert function["Runtime"] == f"python{LAMBDA.python}"
        assert function["Architectures"] == ["arm64"]
