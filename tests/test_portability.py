"""What other systems ask for, as far as it can be seen here: see `docs/reliability.md` for what cannot."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

from tests.test_architecture import IMPORTS, MODULES, ROOT, reachable, within

WITHOUT_POSIX = """
import importlib, os, signal, sys
before = set(sys.modules)
names = sys.argv[1:]
for name in names:
    importlib.import_module(name)  # what they need of others may ask which system this is
for name in {name for name in sys.modules if name.split(".")[0] in ("core", "studio", "main")}:
    del sys.modules[name]
sys.platform = "win32"
for name in ("fcntl", "grp", "posix", "pty", "pwd", "resource", "termios"):
    sys.modules[name] = None
for name in ("O_DIRECTORY", "fork", "getpgid", "getuid", "geteuid", "killpg", "mkfifo", "sched_getaffinity"):
    delattr(os, name)
for name in ("SIGHUP", "SIGKILL", "SIGPROF", "setitimer"):
    delattr(signal, name)
for name in names:
    importlib.import_module(name)
"""


def calls(path: Path) -> list[ast.Call]:
    return [one for one in ast.walk(ast.parse(path.read_text("utf-8"))) if isinstance(one, ast.Call)]


def name_of(call: ast.Call) -> str:
    called = call.func
    return called.attr if isinstance(called, ast.Attribute) else getattr(called, "id", "")


def writes_text(call: ast.Call) -> bool:
    """Whether it is `write_text`, or `open` with a mode that writes text."""
    if name_of(call) == "write_text":
        return True
    modes = [one.value for one in call.args[1:2] if isinstance(one, ast.Constant)]
    is_open = isinstance(call.func, ast.Name) and call.func.id == "open"
    return is_open and any(set(str(mode)) & set("wax+") and "b" not in str(mode) for mode in modes)


@pytest.mark.parametrize("module", [one for one in MODULES if one.split(".")[0] in ("core", "studio")])
def test_a_text_file_says_its_encoding_and_how_its_lines_end(module):
    for call in calls(MODULES[module]):
        said = {one.arg for one in call.keywords}
        if writes_text(call):
            assert {"encoding", "newline"} <= said, f"{module}:{call.lineno}"
        if name_of(call) == "read_text" and isinstance(call.func, ast.Attribute) and not call.args:
            assert "encoding" in said, f"{module}:{call.lineno}"
        if name_of(call) in ("run", "Popen") and {"text", "universal_newlines"} & said:
            assert "encoding" in said, f"{module}:{call.lineno}"


def test_the_program_loads_where_posix_is_absent():
    """Windows has none of these modules, functions and signals: they are asked for where they are needed."""
    torch = {name for name, others in IMPORTS.items() if any(within(one, "torch") for one in others)}
    names = [one for one in MODULES if not torch & reachable([one]) and "migrations" not in one] + ["main"]
    command = [sys.executable, "-c", WITHOUT_POSIX, *names]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
