"""Reads a cloud assembly: resources of the template by type, and packages by resource."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from infra.stacks.outputs import STACK

Properties = dict[str, Any]


@dataclass(frozen=True)
class Assembly:
    """The one stack of the app, in `directory`."""

    directory: Path
    resources: dict[str, dict[str, Any]]
    parameters: dict[str, Properties]

    @classmethod
    def read(cls, directory: Path) -> "Assembly":
        """Reads what `infra.synth` wrote."""
        template = json.loads((directory / f"{STACK}.template.json").read_text())
        return cls(directory, template["Resources"], template["Parameters"])

    def of_type(self, resource_type: str) -> dict[str, Properties]:
        """Logical id to properties; fails if there is none, so that no loop over the result is idle."""
        found = {
            name: resource["Properties"]
            for name, resource in self.resources.items()
            if resource["Type"] == resource_type
        }
        assert found, f"the template has no {resource_type}"
        return found

    def functions(self) -> dict[str, Properties]:
        """Service name, as in `deployment`, to the properties of the function."""
        functions = self.of_type("AWS::Lambda::Function").values()
        return {function["Environment"]["Variables"]["POWERTOOLS_SERVICE_NAME"]: function for function in functions}

    def packages(self, function: Properties) -> list[Path]:
        """The directories that the function imports from: its code, then its layers."""
        layers = [self.resources[logical_id(layer)]["Properties"]["Content"] for layer in function["Layers"]]
        return [self._package(function["Code"]), *(self._package(layer) / "python" for layer in layers)]

    def _package(self, code: Properties) -> Path:
        assets = json.loads((self.directory / f"{STACK}.assets.json").read_text())["files"]
        path: str = assets[code["S3Key"].removesuffix(".zip")]["source"]["path"]
        return self.directory / path


def logical_id(reference: Any) -> str:
    """The resource that a `Ref`, a `Fn::GetAtt` or a `Fn::Join` around one of them points at."""
    if "Ref" in reference:
        return str(reference["Ref"])
    if "Fn::GetAtt" in reference:
        return str(reference["Fn::GetAtt"][0])
    return next(logical_id(part) for part in reference["Fn::Join"][1] if isinstance(part, dict))
