"""Which packages of the engine may know of each other."""

import ast
from pathlib import Path

import pytest

import engine

ENGINE = Path(engine.__file__).parent
PACKAGES = ("photo", "imagery", "retrieval", "voting", "registration", "georeference", "records")
FORBIDDEN = [
    ("retrieval", "engine.registration"),
    ("registration", "engine.retrieval"),
    *((package, layer) for package in PACKAGES for layer in ("engine.rpc", "engine.service")),
]


def imported_modules(path: Path) -> set[str]:
    """Full names of all that a file imports, also inside functions."""
    names = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: imports are absolute"
            names |= {f"{node.module}.{alias.name}" for alias in node.names}
    return names


@pytest.mark.parametrize(("package", "forbidden"), FORBIDDEN)
def test_package_does_not_import(package: str, forbidden: str) -> None:
    files = sorted((ENGINE / package).glob("*.py"))
    assert files
    wrong = {
        f"{path.name}: {name}"
        for path in files
        for name in imported_modules(path)
        if name == forbidden or name.startswith(f"{forbidden}.")
    }
    assert not wrong


def test_engine_uses_threads_only() -> None:
    """Processes start differently on Windows and macOS (spawn) than on Linux (fork); the engine needs none."""
    for path in sorted(ENGINE.rglob("*.py")):
        text = path.read_text(encoding="utf-8")
        for word in ("multiprocessing", "ProcessPoolExecutor", "os.fork"):
            assert word not in text, f"{path.name}: {word}"
