"""What this program is called where it was started: in a clone `main.py`, else an installed command."""

import sys
from pathlib import Path


def program() -> str:
    """The name that help shows."""
    name = Path(sys.argv[0]).name.removesuffix(".exe")
    return name if name.startswith("associationnet") else "main.py"


def start() -> str:
    """What to type to start it."""
    return "python main.py" if program() == "main.py" else program()
