"""What the forms of a project held last, also after a restart."""

from collections.abc import Collection
from functools import partial
from pathlib import Path
from typing import Any

from core.identity.looks import COLOURS
from studio.forms.settings_form import SettingsForm
from studio.window.settings import WindowSettings


class FormMemory:
    """Shows in a form what it held last, and remembers what is changed in it."""

    def __init__(self, settings: WindowSettings, project: Path) -> None:
        self._settings, self._project = settings, project

    def join(self, name: str, form: SettingsForm[Any], without: Collection[str] = ()) -> None:
        """Remember a form by a name.

        Args:
            without: fields that begin anew each time.
        """
        kept = self._settings.form(self._project, name)
        kept = {key: value for key, value in kept.items() if key not in without and _is_there(key, value)}
        if kept:
            form.show_values(kept)
        form.changed.connect(partial(self._keep, name, form))

    def _keep(self, name: str, form: SettingsForm[Any]) -> None:
        if not form.problem():
            self._settings.set_form(self._project, name, form.values())


def _is_there(key: str, value: Any) -> bool:
    """Whether what a trunk starts from still lies where it lay."""
    return key != "init" or value in ("", "random", COLOURS) or Path(str(value)).exists()
