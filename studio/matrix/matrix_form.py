"""The settings of a matrix as a form: all of a new one; what may grow of one that was begun."""

from pathlib import Path

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QLabel, QVBoxLayout, QWidget

from core.matrix.config import MatrixConfig, grown
from core.matrix.entries import NETWORKS, PAPER_NETWORKS, PAPER_SETTINGS, SCHEDULES, SETTINGS
from core.matrix.names import setting_title
from studio import theme
from studio.elided_combo import ElidedCombo
from studio.forms.checklist import Checklist
from studio.forms.setting_editors import Editor, NumberEditor, calm
from studio.forms.settings_form import SettingsForm
from studio.matrix.matrix_model import network_words

FIXED = ("voc", "caltech101", "schedule")
"""Settings that a matrix keeps for its life."""

_LEARNT_FROM = {"obj": "objects", "tr": "points", "objtr": "objects, points", "": ""}
_BEYOND = {next(name for name in NETWORKS if name not in PAPER_NETWORKS): "Beyond the paper:"}
_METHODS = {"": "no pretraining", "caltech101": "101 categories"}


class MatrixForm(QWidget):
    """Shows the settings of a new matrix, or of one that was begun, to which networks, settings and seeds
    may come.

    Signals:
        changed(): a person changed a field.
    """

    changed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._began: MatrixConfig | None = None
        self._networks, self._settings = Checklist(_networks(), _BEYOND), Checklist(_settings())
        self.form: SettingsForm[MatrixConfig] = SettingsForm(
            MatrixConfig,
            editors={
                "networks": self._networks,
                "settings": self._settings,
                "schedule": _ScheduleEditor(),
            },
        )
        self.form.changed.connect(self.changed)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.form)

    def show_settings(self, config: MatrixConfig, begun: bool) -> None:
        """Show the settings of a new matrix, or of one that was begun."""
        self._began = config if begun else None
        self._networks.keep(config.networks if begun else ())
        self._settings.keep(config.settings if begun else ())
        seeds = self.form.editor("seeds")
        assert isinstance(seeds, NumberEditor)
        seeds.set_minimum(config.seeds if begun else 1)
        for name in FIXED:
            row = self.form.editor(name).parentWidget()  # with the button that resets it
            assert row is not None
            row.setEnabled(not begun)
        self.form.set_value(config)

    def value(self) -> MatrixConfig:
        """The settings as chosen.

        Raises:
            StudioError: they contradict each other; the form shows the sentence too.
        """
        chosen = self.form.value()
        if self._began is None:
            return chosen
        return grown(self._began, {name: getattr(chosen, name) for name in GROWING})

    def problem(self) -> str:
        """What is wrong with the settings as chosen; empty if nothing."""
        return self.form.problem()


GROWING = ("networks", "settings", "seeds", "device", "workers", "cluster")
"""Settings that a matrix may be resumed with others of."""


class _ScheduleEditor(Editor):
    """A combo box, and below it what the schedule is for."""

    def __init__(self) -> None:
        super().__init__()
        self._box, self._words = ElidedCombo(), QLabel(wordWrap=True)
        self._box.addItems(list(SCHEDULES))
        self._words.setProperty("quiet", True)
        calm(self._box)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(theme.SPACE // 2)
        layout.addWidget(self._box)
        layout.addWidget(self._words)
        self.setFocusProxy(self._box)
        self._box.currentTextChanged.connect(self._say)
        self._box.currentTextChanged.connect(self.changed)
        self._say(self._box.currentText())

    def value(self) -> str:
        return self._box.currentText()

    def set_value(self, value: object) -> None:
        self._box.setCurrentText(str(value))

    def _say(self, name: str) -> None:
        words = SCHEDULES[name].words
        self._words.setText(f"{words[0].upper()}{words[1:]}.")


def first_settings(voc: Path, caltech101: Path | None, drawn: bool) -> MatrixConfig:
    """The settings that a new matrix is offered with: what the folders that are known have the images for.

    Args:
        voc, caltech101: folders; an empty path and None where none is known.
        drawn: whether they were drawn for a sample, so that only a short schedule makes sense.
    """
    settings = tuple(
        name for name in PAPER_SETTINGS if not voc.name or (voc / f"VOC{SETTINGS[name].year}").is_dir()
    )
    networks = tuple(name for name in PAPER_NETWORKS if name != "Caltech101Net" or caltech101 is not None)
    return MatrixConfig(
        voc=voc,
        caltech101=caltech101,
        networks=networks,
        settings=settings or PAPER_SETTINGS,
        schedule="smoke" if drawn else "paper",
    )


def _networks() -> dict[str, tuple[str, str, str]]:
    found = {}
    for name, made in NETWORKS.items():
        words = _METHODS.get(made.get("method", "")) or _LEARNT_FROM[made["regime"]]
        found[name] = name, words, network_words(name)
    return found


def _settings() -> dict[str, tuple[str, str, str]]:
    found = {}
    for name, each in SETTINGS.items():
        every = each.networks == frozenset(NETWORKS)
        who = [network for network in NETWORKS if network in each.networks]
        tip = (
            f"{setting_title(name)}: trained on {each.set}, measured on {each.test_set}"
            f"{' by the server of VOC, which alone can' if each.for_server else ''}. "
            f"In the paper: {'every network' if every else ' and '.join(who)}."
        )
        found[name] = setting_title(name), "all networks" if every else f"{len(who)} networks", tip
    return found
