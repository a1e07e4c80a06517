"""Packages the layers and the functions for a target: what the CDK app uploads, and nothing else."""

import argparse
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

from infra.bytecode import InterpreterMissingError, compile_tree, interpreter
from infra.cache import digest, exclusive, make_once
from infra.paths import BUILD, CORE_LAYER, DEPS_LAYER, FUNCTIONS
from infra.targets import TARGETS, Target
from layers.deps.build import install_dependencies

_BUILDERS = [Path(__file__), Path(__file__).with_name("bytecode.py"), Path(__file__).with_name("targets.py")]


def build(target: Target) -> Path:
    """Makes `.build/<target>` up to date and returns it: `layers/deps`, `layers/core` and `functions/<name>`.

    Raises InterpreterMissingError when the target wants bytecode and its interpreter is not installed.
    """
    with exclusive("build"):
        built = BUILD / target.name
        _make(built / "layers" / "deps", DEPS_LAYER, target, install_and_compile)
        _make(built / "layers" / "core", CORE_LAYER, target, copy_and_compile)
        _make(built / "functions", FUNCTIONS, target, copy_and_compile)
        return built


def _make(directory: Path, source: Path, target: Target, fill: Callable[[Path, Path, Target], None]) -> None:
    make_once(directory, _key(target, source), lambda made: fill(source, made, target))


def _key(target: Target, source: Path) -> str:
    compiler = interpreter(target) if target.bytecode else ""
    return digest([source, *_BUILDERS], repr(target), compiler, sys.platform)


def install_and_compile(source: Path, made: Path, target: Target) -> None:
    """Installs what `source/requirements.txt` pins into `made/python` and compiles it for `target`."""
    install_dependencies(source / "requirements.txt", made / "python", target)
    compile_tree(made, target)


def copy_and_compile(source: Path, made: Path, target: Target) -> None:
    """Copies a directory of Python sources to `made` and compiles them for `target`.

    Bytecode of the working tree stays behind: it has time stamps in it, which would change the hash of the package.
    """
    shutil.copytree(source, made, dirs_exist_ok=True, ignore=shutil.ignore_patterns("__pycache__"))
    compile_tree(made, target)


def main() -> None:
    """Builds for the target named on the command line and prints the directory."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("target", choices=TARGETS)
    try:
        print(build(TARGETS[parser.parse_args().target]))
    except InterpreterMissingError as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
