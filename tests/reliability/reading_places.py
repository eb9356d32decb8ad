"""Where the program reads what lies on disk or comes through a pipe, found in its source."""

import ast
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import FrameType

ROOT = Path(__file__).resolve().parents[2]

_READING = frozenset(
    (
        *("open_file", "read_whole", "read_text", "read_bytes", "read_lines", "lines_of", "decoded"),
        *("read_json", "read_record", "read_known", "filled", "parsed", "json_text", "loads"),
        *("read_arrays", "read_array", "arrays_of", "read_toml", "load_file", "read_tensor_head"),
        *("ZipFile", "InferenceSession", "loadmat", "File", "fromstring", "imdecode", "imreadmulti"),
        *("ParquetFile", "receive"),
    )
)
"""Functions that give what a file holds, or the first look into it."""

_OF_MODULES = frozenset((("av", "open"), ("sqlite3", "connect"), ("Image", "open"), ("jit", "load")))


def places() -> set[str]:
    """Every function that reads, as `core.events:from_json`."""
    found = set()
    for top in ("core", "studio"):
        for path in sorted((ROOT / top).rglob("*.py")):
            for function in _functions(ast.parse(path.read_text(encoding="utf-8"))):
                if any(map(_reads, _calls(function))):
                    found.add(f"{_module(path)}:{function.name}")
    return found


def reached(work: Callable[[], object]) -> set[str]:
    """The functions of the program that some work calls in this thread, as `places` names them."""
    found: set[tuple[str, str]] = set()

    def note(frame: FrameType, event: str, _: object) -> None:
        if event == "call":
            found.add((frame.f_code.co_filename, frame.f_code.co_name))

    sys.setprofile(note)
    try:
        work()
    finally:
        sys.setprofile(None)
    ours = ((Path(file), name) for file, name in found)
    return {f"{_module(file)}:{name}" for file, name in ours if file.is_relative_to(ROOT)}


def _module(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts)


def _functions(tree: ast.AST) -> Iterator[ast.FunctionDef]:
    return (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef))


def _calls(function: ast.FunctionDef) -> Iterator[ast.Call]:
    """Calls of a function's own, those of functions in it left out."""
    waiting: list[ast.AST] = list(function.body)
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.Call):
            yield node
        if not isinstance(node, ast.FunctionDef):
            waiting.extend(ast.iter_child_nodes(node))


def _reads(call: ast.Call) -> bool:
    if isinstance(call.func, ast.Name):
        return call.func.id in _READING or (call.func.id == "open" and not _writes(call))
    if isinstance(call.func, ast.Attribute):
        of = getattr(call.func.value, "id", getattr(call.func.value, "attr", ""))
        return call.func.attr in _READING or (of, call.func.attr) in _OF_MODULES
    return False


def _writes(call: ast.Call) -> bool:
    mode = call.args[1] if len(call.args) > 1 else None
    return isinstance(mode, ast.Constant) and str(mode.value)[0] in "wax"
