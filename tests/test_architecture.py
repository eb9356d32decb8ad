"""The rules of the whole tree: who imports whom, what may be used where, how large a file gets."""

import ast
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
SOURCES = sorted([*ROOT.glob("core/**/*.py"), *ROOT.glob("studio/**/*.py"), ROOT / "main.py"])
PYTHON = sorted([*SOURCES, *ROOT.glob("tests/**/*.py"), *ROOT.glob("benchmarks/**/*.py")])

LEVELS = (
    (
        "errors",
        "version",
        "atomic_file",
        "out_of_memory",
        "free_memory",
        "free_name",
        "usable_cores",
        "percent",
    ),
    ("stop_signals", "file_holder", "folder_lock", "links"),
    ("whole_file", "typed_values", "system_faults", "agreements"),
    ("text_file",),
    ("record_file",),
    ("geometry", "events", "config", "array_file", "tensor_head"),
    ("datasets", "filters", "polygons"),
    ("trajectories",),
    ("tracking",),
    ("motion_segmentation",),
    ("pairs", "networks", "training"),
    ("evaluation", "identity"),
    ("project", "pretraining", "detection", "review"),
    ("runs",),
    ("matrix", "pages", "overlay", "segmentation"),
    ("jobs",),
    ("worker", "check", "demo"),
    ("cli",),
)
"""The parts of `core`, lowest first: a part imports lower ones and itself, not its neighbours."""


def name_of(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = {name_of(path): path for path in SOURCES}


def imports(path: Path) -> Iterator[str]:
    """Everything a file imports, wherever in it; `from a import b` gives both `a` and `a.b`."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import in line {node.lineno}"
            yield node.module or ""
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


IMPORTS = {name: set(imports(path)) for name, path in MODULES.items()}


def part_of(module: str) -> str | None:
    words = module.split(".")
    return words[1] if words[0] == "core" and len(words) > 1 else None


def level_of(part: str) -> int:
    return next(level for level, parts in enumerate(LEVELS) if part in parts)


def within(module: str, package: str) -> bool:
    return module == package or module.startswith(package + ".")


def reachable(starts: list[str]) -> set[str]:
    """Our modules that some modules import, directly or not; a package is imported with what is in it."""
    found, new = set(), list(starts)
    while new:
        module = new.pop()
        if module in MODULES and module not in found:
            found.add(module)
            new += IMPORTS[module]
            new += [module.rpartition(".")[0]]
    return found


@pytest.mark.parametrize("module", [module for module in MODULES if part_of(module)])
def test_a_part_of_core_imports_only_lower_parts(module):
    part = part_of(module)
    for other in IMPORTS[module]:
        lower = part_of(other)
        if lower and f"core.{lower}" in MODULES and lower != part:
            assert level_of(lower) < level_of(part), f"{module} imports {other}"


def test_core_knows_neither_qt_nor_the_window():
    for module, imported in IMPORTS.items():
        if within(module, "core"):
            for other in imported:
                assert other.split(".")[0] not in ("PySide6", "pyqtgraph", "studio"), f"{module}: {other}"


def test_the_window_reaches_no_torch():
    window = [module for module in MODULES if within(module, "studio")]
    for module in sorted(reachable([*window, "main"]) - {m for m in MODULES if within(m, "core.cli")}):
        assert not any(within(other, "torch") for other in IMPORTS[module]), f"{module} imports torch"


def test_a_process_with_the_window_has_no_torch():
    window = [module for module in MODULES if within(module, "studio")]
    code = f"import sys, {', '.join(['main', *window])}; print('torch' in sys.modules)"
    command = [sys.executable, "-c", code]
    result = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert result.stdout.strip() == "False", result.stderr


TORCH_FREE = (
    *("core.datasets", "core.trajectories", "core.tracking", "core.project", "core.runs", "core.cli"),
    *("core.matrix", "core.motion_segmentation"),
    *("core.demo", "core.check", "core.worker", "core.jobs.densify", "core.jobs.by_clip.results"),
    *("core.pairs", "core.evaluation.voc_ap", "core.evaluation.table1", "core.evaluation.probes"),
    *(
        "core.pretraining.record.preview",
        "core.pretraining.record.trajectory_losses",
        "core.pretraining.record.neighbours",
    ),
    *(
        "core.pretraining.record.excitations",
        "core.pretraining.record.held_out_scores",
        "core.identity.proposals",
        "core.identity.open_proposals",
    ),
    *("core.evaluation.probe_table", "core.evaluation.picture_differences", "core.pages"),
    *("core.overlay", "core.review", "core.segmentation.superpixel_cut", "core.segmentation.model_process"),
)


TORCH = ("core.tracking.torch_flow",)
"""Modules of torch-free rooms that use torch."""


def test_what_must_be_free_of_torch_is():
    torch_free = [
        module
        for module in MODULES
        if (any(within(module, package) for package in TORCH_FREE) or module.endswith(".config"))
        and module not in TORCH
    ]
    for module in sorted(reachable(torch_free)):
        assert not any(within(other, "torch") for other in IMPORTS[module]), f"{module} imports torch"


CV2 = (
    *("core.datasets", "core.tracking", "core.segmentation", "core.identity"),
    *("core.detection.proposals", "core.demo.pictures", "core.pages.thumbnails", "studio.canvas"),
    *("core.overlay", "core.motion_segmentation"),
)


def test_opencv_is_used_where_pictures_are_read_and_drawn():
    for module, imported in IMPORTS.items():
        if any(within(other, "cv2") for other in imported):
            assert any(within(module, package) for package in CV2), f"{module} uses cv2"


SQL = ("core.trajectories", "core.project")


def test_sql_is_written_in_trajectories_alone():
    for module, imported in IMPORTS.items():
        if any(within(module, package) for package in SQL):
            continue
        used = {other for other in imported if within(other, "sqlalchemy") or within(other, "sqlite3")}
        assert used <= {"sqlalchemy", "sqlalchemy.Connection"}, f"{module} uses {used}"


def test_only_the_document_writes():
    for path in SOURCES:
        if within(name_of(path), "studio") and path.name != "document.py":
            assert ".writing()" not in path.read_text(encoding="utf-8"), path


@pytest.mark.parametrize("path", PYTHON, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_file_holds_one_idea_and_is_named_after_it(path):
    assert len(path.read_text(encoding="utf-8").splitlines()) <= 400
    assert not re.search(r"util|helper|misc|common|manager|stuff", path.stem)


def calls(path: Path) -> Iterator[tuple[str, ast.Call]]:
    """The calls in a file, each with what is called, such as `torch.load`."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call):
            yield ast.unparse(node.func), node


PRINTERS = ("main", "core.cli")


@pytest.mark.parametrize("module", MODULES)
def test_nothing_is_unpickled_run_by_a_shell_or_bound_to_a_gpu(module):
    for called, call in calls(MODULES[module]):
        given = {keyword.arg: ast.unparse(keyword.value) for keyword in call.keywords}
        assert called not in ("torch.load", "eval", "exec", "os.system"), f"{module}: {called}"
        assert "True" not in (given.get("shell"), given.get("allow_pickle")), f"{module}: {called}"
        assert not called.endswith((".cuda", ".processEvents")), f"{module}: {called}"
        if called == "print":
            assert any(within(module, package) for package in PRINTERS), f"{module} prints"
        if called in ("np.load", "numpy.load"):
            assert given.get("allow_pickle") == "False", f"{module}: {called}"
    assert not any(within(other, "pickle") for other in IMPORTS[module]), f"{module} imports pickle"


def users(library: str) -> set[str]:
    return {module for module in MODULES if any(within(other, library) for other in IMPORTS[module])}


def printers() -> set[str]:
    return {module for module in MODULES if any(called == "print" for called, _ in calls(MODULES[module]))}


@pytest.mark.parametrize(
    ("allowed", "used"),
    [
        *((package, users("cv2")) for package in CV2),
        *((module, users("torch")) for module in TORCH),
        *((package, users("sqlalchemy")) for package in SQL),
        *((package, printers()) for package in PRINTERS),
        *((package, set(MODULES)) for package in TORCH_FREE),
        *((f"core.{part}", set(MODULES)) for level in LEVELS for part in level),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_is_allowed_is_used(allowed, used):
    """A rule that nothing needs any more, or that names what is no more there, is taken out."""
    assert any(within(module, allowed) for module in used)


@pytest.mark.parametrize("module", MODULES)
def test_nothing_is_caught_wholesale_and_dropped(module):
    for node in ast.walk(ast.parse(MODULES[module].read_text(encoding="utf-8"))):
        if isinstance(node, ast.ExceptHandler):
            assert node.type is not None, f"{module}:{node.lineno}: bare except"
            if ast.unparse(node.type) in ("Exception", "BaseException"):
                assert not all(isinstance(line, ast.Pass) for line in node.body), f"{module}:{node.lineno}"


def test_nothing_names_the_machine_it_was_written_on():
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=False)
    if listed.returncode:
        pytest.skip("not a git checkout")
    machine = re.compile(r"(?<![\w.])/(home|Users|root|opt|mnt)/\w")
    here = None if ROOT.is_relative_to(tempfile.gettempdir()) else f"/{ROOT.parts[1]}/"
    for name in listed.stdout.splitlines():
        path = ROOT / name
        if path.suffix in (".py", ".md", ".toml", ".txt", ".cfg", ".yml", ".html", "") and path.is_file():
            text = path.read_text(encoding="utf-8", errors="replace")
            found = machine.search(text)
            assert found is None, f"{name} names {found and found[0]}"
            assert here is None or not re.search(rf"(?<![\w.]){re.escape(here)}\w", text), f"{name}: {here}"


def test_qt_does_not_eat_references_to_none():
    """PySide6 6.12.0 takes one reference from None with every void call on Python < 3.12, and then aborts."""
    code = (
        "import sys; from PySide6.QtWidgets import QApplication, QLabel\n"
        "app = QApplication([]); label = QLabel(); before = sys.getrefcount(None)\n"
        "for _ in range(1000): label.setText('x')\n"
        "print(before - sys.getrefcount(None))"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert int(result.stdout) < 500
