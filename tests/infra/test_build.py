"""Building again changes nothing, and a change of the sources changes what it should."""

import hashlib
from pathlib import Path

import pytest

from infra import build, cache
from infra.bytecode import InterpreterMissingError, compile_tree, interpreter
from infra.synth import synthesise
from infra.targets import LAMBDA, LOCAL, Target


def contents(directory: Path) -> dict[str, str]:
    files = [path for path in directory.rglob("*") if path.is_file()]
    assert files
    return {str(path.relative_to(directory)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def test_the_same_sources_are_built_into_the_same_bytes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = build.build(LOCAL)
    monkeypatch.setattr(build, "BUILD", tmp_path)
    second = build.build(LOCAL)
    assert second.is_relative_to(tmp_path)
    for part in ("layers/deps", "layers/core", "functions"):
        assert contents(first / part) == contents(second / part)


def test_an_assembly_is_made_once() -> None:
    manifest = synthesise(LOCAL) / "manifest.json"
    before = manifest.stat()
    synthesise(LOCAL)
    assert manifest.stat().st_ino == before.st_ino


def test_a_package_holds_no_bytecode_of_the_working_tree(tmp_path: Path) -> None:
    source, made = tmp_path / "source", tmp_path / "made"
    (source / "__pycache__").mkdir(parents=True)
    (source / "__pycache__" / "stray.pyc").write_bytes(b"stray")
    (source / "handler.py").write_text("handler = print\n")
    build.copy_and_compile(source, made, LOCAL)
    assert [path.name for path in made.rglob("*.pyc")] == [f"handler.cpython-{LOCAL.python.replace('.', '')}.pyc"]


def test_bytecode_is_valid_whatever_the_time_stamps(tmp_path: Path) -> None:
    (tmp_path / "module.py").write_text("VALUE = 1\n")
    compile_tree(tmp_path, LOCAL)
    (compiled,) = tmp_path.rglob("*.pyc")
    flags = int.from_bytes(compiled.read_bytes()[4:8], "little")
    assert flags == 0b01, "hash-based, and not checked against the source"


def test_a_missing_interpreter_is_named_with_the_way_to_get_it() -> None:
    with pytest.raises(InterpreterMissingError, match=r"python install 2\.99"):
        interpreter(Target("unknown", "2.99"))


def test_lambda_gets_bytecode_of_its_own_python(tmp_path: Path) -> None:
    try:
        interpreter(LAMBDA)
    except InterpreterMissingError as error:
        pytest.skip(str(error))
    (tmp_path / "module.py").write_text("VALUE = 1\n")
    compile_tree(tmp_path, LAMBDA)
    assert [path.name for path in tmp_path.rglob("*.pyc")] == [f"module.cpython-{LAMBDA.python.replace('.', '')}.pyc"]


class TestDigest:
    @pytest.fixture(autouse=True)
    def _sources(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(cache, "ROOT", tmp_path)
        (tmp_path / "a.py").write_text("a")
        (tmp_path / "b.py").write_text("b")

    def test_names_contents_and_words_count(self, tmp_path: Path) -> None:
        digests = {cache.digest([tmp_path]), cache.digest([tmp_path], "word")}
        (tmp_path / "a.py").write_text("c")
        digests.add(cache.digest([tmp_path]))
        (tmp_path / "a.py").rename(tmp_path / "d.py")
        digests.add(cache.digest([tmp_path]))
        assert len(digests) == 4

    def test_bytecode_does_not_count(self, tmp_path: Path) -> None:
        before = cache.digest([tmp_path])
        (tmp_path / "__pycache__").mkdir()
        (tmp_path / "__pycache__" / "a.pyc").write_bytes(b"a")
        assert cache.digest([tmp_path]) == before


class TestMakeOnce:
    def test_makes_again_for_another_key_only(self, tmp_path: Path) -> None:
        made: list[Path] = []
        for key in ("one", "one", "two"):
            cache.make_once(tmp_path / "out", key, made.append)
        assert len(made) == 2

    def test_a_failure_leaves_the_old_directory(self, tmp_path: Path) -> None:
        cache.make_once(tmp_path / "out", "one", lambda directory: (directory / "old").touch())
        with pytest.raises(FileExistsError):
            cache.make_once(tmp_path / "out", "two", Path.mkdir)
        assert (tmp_path / "out" / "old").is_file()
        assert sorted(path.name for path in tmp_path.iterdir()) == ["out", "out.key"]
