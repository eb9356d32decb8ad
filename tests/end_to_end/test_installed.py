"""What an installation adds to a clone: two commands, a desktop entry and an icon."""

import configparser
import subprocess
import sys
import tomllib
from importlib.metadata import EntryPoint
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
COMMANDS = PROJECT["project"]["scripts"] | PROJECT["project"]["gui-scripts"]


def started_as(name: str, folder: Path, *words: str) -> subprocess.CompletedProcess:
    """Run what pip would write for a command of pyproject.toml."""
    module, function = COMMANDS[name].split(":")
    script = folder / name
    script.write_text(f"import sys\nfrom {module} import {function}\nsys.exit({function}())\n")
    env = {"PYTHONPATH": str(ROOT), "HOME": str(folder), "PATH": ""}
    command = [sys.executable, str(script), *words]
    return subprocess.run(
        command, cwd=folder, env=env, capture_output=True, text=True, check=False, timeout=600
    )


@pytest.mark.parametrize("name", ["associationnet", "associationnet-studio"])
def test_a_command_starts_and_calls_itself_by_its_name(tmp_path, name):
    assert callable(EntryPoint(name, COMMANDS[name], "console_scripts").load())
    told = started_as(name, tmp_path, "--help")
    assert (told.returncode, told.stderr) == (0, "")
    assert told.stdout.startswith(f"usage: {name} [-h]")
    assert started_as(name, tmp_path, "info", "--help").stdout.startswith(f"usage: {name} info [-h]")
    if sys.platform == "linux":
        without = started_as(name, tmp_path)
        assert without.returncode == 1
        assert "no display" in without.stderr


def test_in_a_clone_help_names_main_py():
    told = subprocess.run(
        [sys.executable, "main.py", "info", "--help"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert told.stdout.startswith("usage: main.py info [-h]")


def test_the_desktop_entry_names_a_command_and_an_icon_that_are_installed():
    installed = PROJECT["tool"]["setuptools"]["data-files"]
    (path,) = installed["share/applications"]
    reader = configparser.ConfigParser(interpolation=None)
    reader.optionxform = str  # type: ignore[assignment]
    reader.read(ROOT / path, encoding="utf-8")
    entry = reader["Desktop Entry"]
    assert entry["Type"] == "Application"
    assert entry["Exec"] in COMMANDS
    icons = [Path(icon) for folder, files in installed.items() if "icons" in folder for icon in files]
    assert {icon.suffix for icon in icons} == {".svg", ".png"}
    for icon in icons:
        assert icon.stem == entry["Icon"]
        assert (ROOT / icon).is_file()
