"""The cut-down models of botocore hold what the library calls."""

import json
import re
import subprocess
import sys

from botocore import xform_name

from infra.paths import CORE_LAYER
from layers.deps.botocore_data import OPERATIONS
from tests.infra.assembly import Assembly

LIST_OPERATIONS = """
import json, sys
sys.path[:0] = sys.argv[1:]
from botocore.session import get_session
client = get_session().create_client(
    "dynamodb", region_name="eu-west-1", aws_access_key_id="id", aws_secret_access_key="key"
)
print(json.dumps({"url": client.meta.endpoint_url, "operations": client.meta.service_model.operation_names}))
"""


def client_of_the_layer(assembly: Assembly) -> dict[str, object]:
    packages = [str(package) for package in assembly.packages(next(iter(assembly.functions().values())))]
    run = subprocess.run(
        [sys.executable, "-I", "-S", "-B", "-c", LIST_OPERATIONS, *packages], capture_output=True, text=True, check=True
    )
    client: dict[str, object] = json.loads(run.stdout)
    return client


def test_a_client_has_the_listed_operations_and_the_endpoint_of_its_region(local: Assembly) -> None:
    client = client_of_the_layer(local)
    assert client == {"url": "https://dynamodb.eu-west-1.amazonaws.com", "operations": sorted(OPERATIONS["dynamodb"])}


def test_the_library_calls_no_other_operation() -> None:
    sources = "\n".join(path.read_text() for path in CORE_LAYER.rglob("*.py"))
    called = set(re.findall(r"self\._client\.(\w+)", sources))
    assert called
    assert called <= {xform_name(operation) for operation in OPERATIONS["dynamodb"]}
