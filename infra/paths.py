"""Where things are in the repository. Everything built lands in directories that git ignores."""

from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BUILD = ROOT / ".build"
INFRA = ROOT / "infra"

FUNCTIONS = ROOT / "functions"
CORE_LAYER = ROOT / "layers" / "core"
DEPS_LAYER = ROOT / "layers" / "deps"
