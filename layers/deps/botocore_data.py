"""The AWS service models of botocore, cut down to the services and operations that the product calls.

botocore brings 28 MB of models and reads about 2 MB of them to make one client. A call that is not listed here does not
exist on the clients of the deployed and of the local functions: add it when a function starts to make it.
"""

import gzip
import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

OPERATIONS = {
    "dynamodb": {
        "BatchGetItem",
        "BatchWriteItem",
        "GetItem",
        "PutItem",
        "Query",
        "TransactWriteItems",
        "UpdateItem",
    },
    "s3": {
        "AbortMultipartUpload",
        "CompleteMultipartUpload",
        "CreateMultipartUpload",
        "GetObject",
        "HeadObject",
        "PutObject",
        "UploadPart",
    },
    "secretsmanager": {"CreateSecret", "GetSecretValue", "PutSecretValue"},
    "sesv2": {"SendEmail"},
    "sns": {"Publish"},
    "sqs": {"SendMessageBatch"},
}

Model = dict[str, Any]


def prune_botocore_data(data: Path) -> None:
    """Leaves in `data` the models of the operations above, uncompressed and without documentation.

    botocore's own settings (partitions, retry rules, defaults) stay as they are.
    """
    for directory in [path for path in data.iterdir() if path.is_dir()]:
        if directory.name in OPERATIONS:
            _prune_service(directory, OPERATIONS[directory.name])
        else:
            shutil.rmtree(directory)
    _rewrite(data / "endpoints.json", _keep_service_endpoints)


def _prune_service(directory: Path, operations: set[str]) -> None:
    *old_versions, newest = sorted(path for path in directory.iterdir() if path.is_dir())
    for version in old_versions:
        shutil.rmtree(version)
    for path in newest.iterdir():
        if path.name.startswith(("examples", "waiters")) or ".sdk-extras" in path.name:
            path.unlink()
        elif path.name.startswith("service"):
            _rewrite(path, lambda model: _keep_operations(model, operations))
        elif path.name.startswith("paginators"):
            _rewrite(path, lambda model: _keep_pages(model, operations))
        else:
            _rewrite(path, lambda model: model)


def _rewrite(path: Path, change: Callable[[Model], Model]) -> None:
    packed = path.suffix == ".gz"
    content = path.read_bytes()
    model = json.loads(gzip.decompress(content) if packed else content)
    path.unlink()
    target = path.with_suffix("") if packed else path
    target.write_text(json.dumps(change(model), separators=(",", ":")))


def _keep_operations(model: Model, operations: set[str]) -> Model:
    missing = operations - model["operations"].keys()
    if missing:
        raise KeyError(f"botocore knows no operation {sorted(missing)}")
    kept = {name: model["operations"][name] for name in sorted(operations)}
    shapes = _reachable(model["shapes"], kept)
    slim: Model = _without_documentation({**model, "operations": kept, "shapes": shapes})
    # Of these botocore reads the documentation too (1.44).
    return slim | {name: model[name] for name in ("clientContextParams",) if name in model}


def _keep_pages(model: Model, operations: set[str]) -> Model:
    return {"pagination": {name: pages for name, pages in model["pagination"].items() if name in operations}}


def _keep_service_endpoints(model: Model) -> Model:
    for partition in model["partitions"]:
        partition["services"] = {name: entry for name, entry in partition["services"].items() if name in OPERATIONS}
    return model


def _reachable(shapes: Model, roots: Model) -> Model:
    found: set[str] = set()
    pending = set(_shape_names(roots))
    while pending:
        name = pending.pop()
        found.add(name)
        pending |= set(_shape_names(shapes[name])) - found
    return {name: shapes[name] for name in sorted(found)}


def _shape_names(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        if isinstance(node.get("shape"), str):
            yield node["shape"]
        for child in node.values():
            yield from _shape_names(child)
    elif isinstance(node, list):
        for child in node:
            yield from _shape_names(child)


def _without_documentation(node: Any) -> Any:
    if isinstance(node, dict):
        # A member may itself be called "documentation": only the text is left out.
        return {
            key: _without_documentation(child)
            for key, child in node.items()
            if not (key == "documentation" and isinstance(child, str))
        }
    return [_without_documentation(child) for child in node] if isinstance(node, list) else node
