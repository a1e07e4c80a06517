"""The cut-down models of botocore hold what the library calls."""

import json
import re
import subprocess
import sys

from botocore import xform_name

from infra.paths import CORE_LAYER
from layers.deps.botocore_data import OPERATIONS
from tests.infra.assembly import Assembly

OF_THE_OPERATOR = {"scan"}
"""The command runs on the whole of botocore; no function may read a whole table."""

LIST_OPERATIONS = """
import json, sys
sys.path[:0] = sys.argv[1:]
from botocore.session import get_session
keys = {"aws_access_key_id": "id", "aws_secret_access_key": "key"}
services = get_session().get_available_services()
clients = [get_session().create_client(service, region_name="eu-west-1", **keys) for service in services]
print(json.dumps({
    service: {"url": client.meta.endpoint_url, "operations": client.meta.service_model.operation_names}
    for service, client in zip(services, clients)
}))
"""
ENDPOINTS = {
    "dynamodb": "dynamodb",
    "s3": "s3",
    "secretsmanager": "secretsmanager",
    "sesv2": "email",
    "sns": "sns",
    "sqs": "sqs",
}
CLIENTS = {
    r"self\._client": "dynamodb",
    r"self\._s3": "s3",
    r"self\._secretsmanager": "secretsmanager",
    r"self\._ses": "sesv2",
    r"self\._sns": "sns",
    r"\bclient(?=\.send)": "sqs",
}
"""What the library calls them."""
OF_EVERY_CLIENT = {"generate_presigned_url", "meta"}


def clients_of_the_layer(assembly: Assembly) -> dict[str, object]:
    packages = [str(package) for package in assembly.packages(next(iter(assembly.functions().values())))]
    run = subprocess.run(
        [sys.executable, "-I", "-S", "-B", "-c", LIST_OPERATIONS, *packages], capture_output=True, text=True, check=True
    )
    clients: dict[str, object] = json.loads(run.stdout)
    return clients


def test_clients_have_the_listed_operations_and_the_endpoint_of_its_region(local: Assembly) -> None:
    assert clients_of_the_layer(local) == {
        service: {"url": f"https://{ENDPOINTS[service]}.eu-west-1.amazonaws.com", "operations": sorted(operations)}
        for service, operations in OPERATIONS.items()
    }


def test_the_library_calls_no_other_operation() -> None:
    library = CORE_LAYER / "python" / "customerhub"
    adapters = [path for part in ("aws", "store") for path in (library / part).rglob("*.py")]
    sources = "\n".join(path.read_text() for path in adapters)
    for client, service in CLIENTS.items():
        called = set(re.findall(rf"{client}\.(\w+)", sources)) - OF_EVERY_CLIENT
        assert called
        assert called <= {xform_name(operation) for operation in OPERATIONS[service]} | OF_THE_OPERATOR
