"""AssociationNet Studio: the window, or one of the commands of `core.cli`."""

import os
import sys
from pathlib import Path

from core.stop_signals import INTERRUPTED, NUMBERS, StopSignals, pass_over


def main(arguments: list[str]) -> int:
    """Open the window, on a project or the sample if asked for; with a command, perform that instead."""
    sample = arguments == ["--sample"]
    if not arguments or sample or (len(arguments) == 1 and _is_folder(arguments[0])):
        if not _has_display():
            print("There is no display for the window; use a command, see --help.", file=sys.stderr)
            return 1
        import studio.app

        return studio.app.main(None if sample or not arguments else Path(arguments[0]), sample=sample)
    with StopSignals():  # loading takes a moment
        try:
            import core.cli
        except KeyboardInterrupt:
            print(INTERRUPTED, file=sys.stderr)
            return 130
    return core.cli.main(arguments)


def run() -> int:
    """What the installed commands `associationnet` and `associationnet-studio` do."""
    code = main(sys.argv[1:])
    if code == 130:
        pass_over(NUMBERS[1:])  # but for Ctrl+C
    return code


def _has_display() -> bool:
    """Qt would abort without one; elsewhere than on Linux there always is one."""
    names = ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM")
    return sys.platform != "linux" or any(os.environ.get(name) for name in names)


def _is_folder(word: str) -> bool:
    from core.cli import is_command

    return not is_command(word) and os.path.isdir(word)  # False for what no name can be, too


if __name__ == "__main__":
    sys.exit(run())
