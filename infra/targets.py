"""The machines that the product is packaged for."""

import sys
from dataclasses import dataclass, replace


@dataclass(frozen=True)
class Target:
    """One kind of machine: a Python version (`major.minor`) and a platform in uv's words, None for the machine at hand.

    Without `bytecode` only sources are packaged.
    """

    name: str
    python: str
    platform: str | None = None
    bytecode: bool = True


LOCAL = Target("local", f"{sys.version_info.major}.{sys.version_info.minor}")

# Lambda's Python 3.14 runs on Amazon Linux 2023, which has glibc 2.34: wheels for glibc 2.28 and older fit.
LAMBDA = Target("lambda", "3.14", "aarch64-manylinux_2_28")

# Bytecode for Lambda needs an interpreter of Lambda's version. A machine without one can still check everything else.
LAMBDA_SOURCES = replace(LAMBDA, name="lambda-sources", bytecode=False)

TARGETS = {target.name: target for target in (LOCAL, LAMBDA, LAMBDA_SOURCES)}
