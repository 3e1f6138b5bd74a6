"""Who may import whom. The table below is the design; the code is read as text."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
STAGES = ("synthetic", "deliveries", "linkage", "projects", "workspace", "release", "reports")
CORE = (
    "ids",
    "errors",
    "clock",
    "progress",
    "measured",
    "receipts",
    "site",
    "files",
    "identifiers",
)
MAY_CHECK_DISCLOSURE = ("release", "reports", "linkage")
SLOW_AT_IMPORT = ("pandas", "statsmodels", "matplotlib", "formulaic")


def modules(folder):
    return sorted((ROOT / folder).rglob("*.py"))


def imported(path, root=ROOT):
    """Full dotted names imported anywhere in a file, relative ones resolved."""
    package = path.relative_to(root).with_suffix("").parts
    names = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            base = list(package[: len(package) - node.level]) if node.level else []
            stem = ".".join([*base, *([node.module] if node.module else [])])
            names |= {stem} | {f"{stem}.{alias.name}" for alias in node.names}
    return names


def starts(names, prefix):
    return {name for name in names if name == prefix or name.startswith(prefix + ".")}


@pytest.mark.parametrize("path", modules("disclosure_control"), ids=str)
def test_disclosure_control_imports_nothing_from_enclave(path):
    assert starts(imported(path), "enclave") == set()


@pytest.mark.parametrize("stage", STAGES)
def test_stages_never_import_each_other(stage):
    for path in modules(f"enclave/{stage}"):
        for other in set(STAGES) - {stage}:
            assert starts(imported(path), f"enclave.{other}") == set(), path


@pytest.mark.parametrize("stage", STAGES)
def test_stages_import_only_the_core_and_custody(stage):
    allowed = {f"enclave.{name}" for name in (*CORE, "custody", stage)} | {"enclave.__version__"}
    for path in modules(f"enclave/{stage}"):
        ours = starts(imported(path), "enclave") - {"enclave"}
        strange = {name for name in ours if not any(starts({name}, good) for good in allowed)}
        assert strange == set(), path


def test_custody_imports_only_the_core():
    allowed = {f"enclave.{name}" for name in (*CORE, "custody")} | {"enclave.__version__"}
    for path in modules("enclave/custody"):
        ours = starts(imported(path), "enclave") - {"enclave"}
        assert {n for n in ours if not any(starts({n}, good) for good in allowed)} == set(), path


@pytest.mark.parametrize("name", CORE)
def test_the_core_imports_only_the_core(name):
    allowed = {f"enclave.{other}" for other in CORE}
    paths = modules(f"enclave/{name}") or [ROOT / "enclave" / f"{name}.py"]
    for path in paths:
        ours = starts(imported(path), "enclave") - {"enclave"}
        assert {n for n in ours if not any(starts({n}, good) for good in allowed)} == set(), path


@pytest.mark.parametrize("path", modules("enclave"), ids=str)
def test_disclosure_control_is_imported_by_few_stages_and_through_its_root(path):
    names = starts(imported(path), "disclosure_control")
    inside = path.relative_to(ROOT / "enclave").parts[0] in MAY_CHECK_DISCLOSURE
    assert names <= ({"disclosure_control"} if inside else set())


@pytest.mark.parametrize("path", [*modules("enclave"), *modules("disclosure_control")], ids=str)
def test_no_module_imports_pandas_or_its_heavy_company(path):
    top = {name.partition(".")[0] for name in module_level_imports(path)}
    assert top & set(SLOW_AT_IMPORT) == set()


@pytest.mark.parametrize("path", modules("enclave"), ids=str)
def test_pandera_has_one_owner(path):
    if path != ROOT / "enclave/deliveries/validation.py":
        assert starts(imported(path), "pandera") == set()


@pytest.mark.parametrize("path", modules("enclave/cli"), ids=str)
def test_commands_load_nothing_heavy_before_they_run(path):
    heavy = {"polars", "pandera", "numpy", "django", "scipy", "nbclient", "sqlalchemy"}
    names = module_level_imports(path)
    assert {name.partition(".")[0] for name in names} & heavy == set()
    stages = {f"enclave.{stage}" for stage in (*STAGES, "custody", "journey", "demo", "summary")}
    assert {name for name in names if any(starts({name}, s) for s in stages)} == set()


def module_level_imports(path):
    """Names imported when the module is loaded, type-checking blocks left out."""
    names = set()
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return names


def test_the_guard_sees_imports_inside_functions_and_relative_ones(tmp_path):
    file = tmp_path / "enclave" / "linkage" / "odd.py"
    file.parent.mkdir(parents=True)
    file.write_text("from ..release import decide\ndef f():\n    import enclave.reports\n")
    names = imported(file, tmp_path)
    assert starts(names, "enclave.release") != set()
    assert starts(names, "enclave.reports") != set()
