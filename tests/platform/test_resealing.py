"""Whatever is sealed is sealed again with a new key: no room's part can be missing."""

import ast
from pathlib import Path

from tessera.platform.lazy_imports import load_place
from tessera.platform.resealing import Resealing
from tessera.wiring import RESEALINGS

SOURCE = Path(__file__).parents[2] / "src"


def functions_that_reseal() -> set[tuple[str, str]]:
    """Return module and name of every asynchronous function `reseal_…`."""
    found = set()
    for path in SOURCE.rglob("*.py"):
        module = ".".join(path.relative_to(SOURCE).with_suffix("").parts)
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.AsyncFunctionDef) and node.name.startswith("reseal_"):
                found.add((module, node.name))
    return found


def test_every_function_that_reseals_is_declared() -> None:
    declared = [load_place(place) for place in RESEALINGS]

    assert all(isinstance(each, Resealing) for each in declared)
    functions = {(each.reseal.__module__, each.reseal.__name__) for each in declared}
    assert functions == functions_that_reseal()
    assert len(functions) == len(RESEALINGS)


def test_a_count_reads_well() -> None:
    keys = load_place("tessera.connectors.keys.encryption_keys:RESEALING")
    profiles = load_place("tessera.connectors.sealed_secrets:RESEALING")

    assert keys.describe(1) == "1 encryption key"
    assert profiles.describe(1200) == "the secrets of 1,200 connection profiles"
