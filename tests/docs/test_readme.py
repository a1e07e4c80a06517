"""Every example of the README is run against the hub, and answers what the README says."""

import re
import shlex
import subprocess
from pathlib import Path

import pytest

from infra.local.demo import published
from infra.local.hub import Hub
from infra.paths import ROOT

README = (ROOT / "README.md").read_text()
BLOCKS = re.findall(r"```bash\n(.*?)```", README, re.DOTALL)
EXPECTED = re.compile(r"^#=> (.*)$", re.MULTILINE)
TARGETS = re.findall(r"^make ([a-z]+)", README, re.MULTILINE) + re.findall(r"`make ([a-z]+)`", README)


def _said_before_each_expectation(script: str, directory: Path) -> list[tuple[str, str]]:
    """Run the script; each expectation with what was said since the last command before it."""
    marked = EXPECTED.sub(lambda match: f"printf '@@%s\\n' {shlex.quote(match[1])}", script)
    result = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", marked],
        cwd=directory,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert result.returncode == 0, result.stderr
    said, pairs = "", []
    for line in result.stdout.splitlines():
        if line.startswith("@@"):
            pairs.append((line[2:], said))
        else:
            said = line
    return pairs


@pytest.fixture
def checkout(stack: Hub, tmp_path: Path) -> Path:
    """A folder in which the hub has written its facts, as the checkout is for whoever runs `make up`."""
    (tmp_path / ".local").mkdir()
    return tmp_path


def test_the_examples_answer_what_they_say(stack: Hub, checkout: Path) -> None:
    with published(stack, checkout / ".local" / "demo.json"):
        pairs = _said_before_each_expectation("\n".join(BLOCKS), checkout)
    assert len(pairs) == len(EXPECTED.findall(README))
    for expected, said in pairs:
        assert expected in said


@pytest.mark.parametrize("target", sorted(set(TARGETS)))
def test_the_commands_exist(target: str) -> None:
    assert re.search(rf"^{target}:", (ROOT / "Makefile").read_text(), re.MULTILINE)
