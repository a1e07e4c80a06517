"""The pinned command line of the CDK understands what the pinned library writes."""

import subprocess

from infra.paths import ROOT
from infra.stacks.outputs import STACK
from tests.infra.assembly import Assembly


def test_the_command_line_reads_the_assembly(deployed: Assembly) -> None:
    command = [str(ROOT / "node_modules" / ".bin" / "cdk"), "list", "--app", str(deployed.directory), "--no-notices"]
    run = subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT)
    assert run.stdout.split() == [STACK], run.stderr
