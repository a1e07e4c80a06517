"""Deploys the synthesised stack to MiniStack as `cdk deploy` would to an account, in a second instead of ten."""

import io
import json
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError, WaiterError

from infra.local.differences import honourable_template, restore_dropped_settings
from infra.local.emulator import ACCOUNT, REGION, Emulator
from infra.stacks.outputs import STACK

PSEUDO_PARAMETERS = {"${AWS::AccountId}": ACCOUNT, "${AWS::Region}": REGION, "${AWS::Partition}": "aws"}
BUCKET = "deployment"
HINT = "(`make reset` forgets the data of earlier runs, and with it what an update may have stumbled over)"


class DeploymentFailedError(Exception):
    """CloudFormation refused the stack; the message holds its reasons."""


@dataclass(frozen=True)
class DeployedStack:
    """The stack as it stands in CloudFormation."""

    resources: dict[str, Any]
    """Logical id to the resource as the template has it."""
    physical_ids: dict[str, str]
    """Logical id to what the service calls the resource."""
    outputs: dict[str, str]

    def of_type(self, resource_type: str) -> Iterator[tuple[str, dict[str, Any]]]:
        """Physical id and properties of every resource of `resource_type`."""
        for logical_id, resource in self.resources.items():
            if resource["Type"] == resource_type:
                yield self.physical_ids[logical_id], resource.get("Properties", {})


def deploy(assembly: Path, emulator: Emulator, parameters: Mapping[str, str]) -> DeployedStack:
    """Create the stack of `assembly` with its parameters, or update it in place, which keeps its data; idempotent.

    Raises `DeploymentFailedError`.
    """
    _publish_assets(assembly / f"{STACK}.assets.json", emulator)
    template = honourable_template(json.loads((assembly / f"{STACK}.template.json").read_text()))
    _apply(emulator.client("cloudformation"), _publish_template(template, emulator), parameters)
    stack = _describe(template, emulator)
    restore_dropped_settings(stack.of_type, emulator)
    return stack


def _publish_assets(manifest: Path, emulator: Emulator) -> None:
    s3 = emulator.client("s3")
    for asset in json.loads(manifest.read_text())["files"].values():
        source = manifest.parent / asset["source"]["path"]
        for destination in asset["destinations"].values():
            bucket = _substitute(destination["bucketName"])
            s3.create_bucket(Bucket=bucket)
            _upload(s3, bucket, destination["objectKey"], source, zipped=asset["source"]["packaging"] == "zip")


def _upload(s3: Any, bucket: str, key: str, source: Path, *, zipped: bool) -> None:
    """Keys are hashes of the content: what is there already is right."""
    if s3.list_objects_v2(Bucket=bucket, Prefix=key)["KeyCount"]:
        return
    s3.put_object(Bucket=bucket, Key=key, Body=_zip(source) if zipped and source.is_dir() else source.read_bytes())


def _zip(directory: Path) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED, strict_timestamps=False) as archive:
        for path in sorted(path for path in directory.rglob("*") if path.is_file()):
            archive.write(path, path.relative_to(directory))
    return buffer.getvalue()


def _publish_template(template: dict[str, Any], emulator: Emulator) -> str:
    """Its URL: in the request itself a template may have 51,200 bytes only."""
    s3 = emulator.client("s3")
    s3.create_bucket(Bucket=BUCKET)
    s3.put_object(Bucket=BUCKET, Key=f"{STACK}.json", Body=json.dumps(template).encode())
    return f"{emulator.endpoint}/{BUCKET}/{STACK}.json"


def _apply(cloudformation: Any, template_url: str, parameters: Mapping[str, str]) -> None:
    given = [{"ParameterKey": name, "ParameterValue": value} for name, value in parameters.items()]
    request: dict[str, Any] = {"StackName": STACK, "TemplateURL": template_url, "Parameters": given}
    request["Capabilities"] = ["CAPABILITY_NAMED_IAM"]
    update = _exists(cloudformation)
    try:
        (cloudformation.update_stack if update else cloudformation.create_stack)(**request)
        waiter = cloudformation.get_waiter("stack_update_complete" if update else "stack_create_complete")
        waiter.wait(StackName=STACK, WaiterConfig={"Delay": 0.2, "MaxAttempts": 300})
    except ClientError as error:
        if "No updates are to be performed" not in str(error):
            raise DeploymentFailedError(f"{error} {HINT}") from error
    except WaiterError as error:
        raise DeploymentFailedError(f"{_reasons(cloudformation)} {HINT}") from error


def _exists(cloudformation: Any) -> bool:
    try:
        cloudformation.describe_stacks(StackName=STACK)
    except ClientError:
        return False
    return True


def _reasons(cloudformation: Any) -> str:
    events = cloudformation.describe_stack_events(StackName=STACK)["StackEvents"]
    failed = [event for event in events if event["ResourceStatus"].endswith("FAILED")]
    return "; ".join(f"{event['LogicalResourceId']}: {event.get('ResourceStatusReason')}" for event in failed)


def _describe(template: dict[str, Any], emulator: Emulator) -> DeployedStack:
    cloudformation = emulator.client("cloudformation")
    resources = cloudformation.describe_stack_resources(StackName=STACK)["StackResources"]
    outputs = cloudformation.describe_stacks(StackName=STACK)["Stacks"][0].get("Outputs", [])
    return DeployedStack(
        resources=template["Resources"],
        physical_ids={resource["LogicalResourceId"]: resource["PhysicalResourceId"] for resource in resources},
        outputs={output["OutputKey"]: output["OutputValue"] for output in outputs},
    )


def _substitute(text: str) -> str:
    for name, value in PSEUDO_PARAMETERS.items():
        text = text.replace(name, value)
    return text
