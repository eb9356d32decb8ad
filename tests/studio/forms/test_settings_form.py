"""A form shows settings, gives them back as they were, and says what is wrong with them."""

import dataclasses
from pathlib import Path
from typing import Any, get_type_hints

import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtWidgets import (
    QApplication,
    QComboBox,
    QFileDialog,
    QLabel,
    QLineEdit,
    QSpinBox,
    QToolButton,
    QWidget,
)

from core import config
from core.config import setting
from core.detection.config import VocConfig
from core.errors import StudioError
from core.jobs import JOBS
from core.pretraining.config import PretrainConfig
from studio.forms.setting_editors import ChoiceEditor, ListEditor, NumberEditor
from studio.forms.settings_form import SettingsForm


@dataclasses.dataclass(frozen=True, kw_only=True)
class Cake:
    layers: int = setting(3, "How many layers", "layers", minimum=1, maximum=9)
    sugar: float = setting(0.0005, "Sugar", "kg", minimum=0)
    icing: str = setting("lemon", "Which icing", choices=("lemon", "rum"))
    candles: bool = setting(False, "Whether it carries candles")
    recipe: Path | None = setting(None, "File of the recipe")
    kitchen: Path = setting(Path(), "Folder of the kitchen")
    heights: tuple[int, ...] = setting((4, 5), "Height of each layer", "cm", advanced=True)
    name: str = setting("", "What is written on it", advanced=True)

    def __post_init__(self) -> None:
        config.check(self)
        if self.candles and self.icing == "rum":
            raise StudioError("candles would burn the rum; choose lemon.")


OTHER = Cake(
    layers=7,
    sugar=1.25e-4,
    icing="rum",
    recipe=Path("/a/b.txt"),
    kitchen=Path("/k"),
    heights=(1, 2, 3),
    name="Ä, b",
)


@pytest.fixture
def form(qtbot: Any) -> SettingsForm[Cake]:
    form = SettingsForm(Cake)
    qtbot.addWidget(form)
    form.show()
    return form


def inner(form: QWidget, name: str, kind: type) -> Any:
    editor = form.findChild(QWidget, f"setting_{name}")
    assert editor is not None
    return editor.findChild(kind)


def test_a_new_form_holds_the_defaults(form: SettingsForm[Cake]) -> None:
    assert form.value() == Cake()


def test_settings_come_back_as_they_were_shown(form: SettingsForm[Cake]) -> None:
    form.set_value(OTHER)
    assert form.value() == OTHER
    form.set_value(Cake())
    assert form.value() == Cake()


def test_what_is_typed_counts_when_it_is_complete(form: SettingsForm[Cake], qtbot: Any) -> None:
    box: QSpinBox = inner(form, "layers", QSpinBox)
    box.selectAll()
    qtbot.keyClicks(box, "5")
    assert form.value().layers == 3
    qtbot.keyClick(box, Qt.Key.Key_Return)
    assert form.value().layers == 5
    assert box.text() == "5 layers"


def test_small_numbers_are_shown_without_trailing_zeros(form: SettingsForm[Cake]) -> None:
    assert inner(form, "sugar", QLineEdit).text() == "0.0005 kg"


def test_contradicting_settings_are_said_in_the_form(form: SettingsForm[Cake], qtbot: Any) -> None:
    said = form.findChild(QLabel, "form_problem")
    assert said.isHidden()
    form.editor("candles").set_value(True)
    inner(form, "icing", QComboBox).setCurrentText("rum")
    assert said.text() == "candles would burn the rum; choose lemon."
    assert not said.isHidden()
    with pytest.raises(StudioError, match="burn"):
        form.value()
    inner(form, "icing", QComboBox).setCurrentText("lemon")
    assert said.isHidden()


def test_a_list_of_other_things_than_numbers_is_refused(form: SettingsForm[Cake]) -> None:
    inner(form, "heights", QLineEdit).setText("1, two")
    assert form.problem() == "heights must be of type int, not 'two'."


def test_a_changed_field_is_bold_and_can_be_reset(form: SettingsForm[Cake], qtbot: Any) -> None:
    label = next(one for one in form.findChildren(QLabel) if one.text() == "Layers")
    reset = next(one for one in form.findChildren(QToolButton) if one.accessibleName() == "Reset layers")
    assert not label.font().bold()
    assert reset.isHidden()
    inner(form, "layers", QSpinBox).setValue(8)
    assert label.font().bold()
    with qtbot.waitSignal(form.changed):
        qtbot.mouseClick(reset, Qt.MouseButton.LeftButton)
    assert form.value() == Cake()
    assert not label.font().bold()


def test_advanced_fields_are_folded_until_one_differs(form: SettingsForm[Cake], qtbot: Any) -> None:
    advanced = form.findChild(QWidget, "advanced_settings")
    assert advanced.isHidden()
    qtbot.mouseClick(form.findChild(QToolButton, "advanced_fold"), Qt.MouseButton.LeftButton)
    assert not advanced.isHidden()


def test_advanced_settings_that_differ_are_shown(form: SettingsForm[Cake]) -> None:
    form.set_value(OTHER)
    assert not form.findChild(QWidget, "advanced_settings").isHidden()
    assert form.findChild(QToolButton, "advanced_fold").text() == "Advanced · 2 changed"


def test_every_row_says_what_it_is_for(form: SettingsForm[Cake]) -> None:
    assert form.editor("layers").toolTip() == "How many layers\nFrom 1 to 9.\nDefault: 3."
    assert form.editor("recipe").toolTip() == "File of the recipe\nDefault: none."


def test_the_wheel_passes_over_a_box_that_was_not_clicked(form: SettingsForm[Cake]) -> None:
    box: QSpinBox = inner(form, "layers", QSpinBox)
    box.clearFocus()
    QApplication.sendEvent(
        box,
        QWheelEvent(
            QPointF(5, 5),
            QPointF(box.mapToGlobal(QPoint(5, 5))),
            QPoint(),
            QPoint(0, 120),
            Qt.MouseButton.NoButton,
            Qt.KeyboardModifier.NoModifier,
            Qt.ScrollPhase.NoScrollPhase,
            False,
        ),
    )
    assert box.value() == 3


def test_an_editor_of_its_own_kind_takes_the_place_of_the_usual_one(qtbot: Any) -> None:
    form = SettingsForm(Cake, editors={"name": ChoiceEditor(("Ada", "Bo"))}, hidden=("sugar",))
    qtbot.addWidget(form)
    form.editor("name").set_value("Bo")
    assert form.value() == Cake(name="Bo")
    assert form.findChild(QWidget, "setting_sugar") is None


@pytest.mark.parametrize("job", JOBS)
def test_a_form_of_a_job_gives_no_number_beyond_its_range(qtbot, job):
    cls = JOBS[job].settings
    form = SettingsForm(cls)
    qtbot.addWidget(form)
    kinds = get_type_hints(cls)
    for field in dataclasses.fields(cls):
        editor, limits = form.editor(field.name), config.range_of(field, kinds[field.name])
        if isinstance(editor, NumberEditor):
            for value in (1e300, -1e300) if kinds[field.name] is float else (2**31 - 1, -(2**31)):
                editor.set_value(value)
                assert limits[0] <= editor.value() <= limits[1]
            editor.set_value(field.default)
        elif isinstance(editor, ListEditor) and limits is not None:
            line = editor.findChild(QLineEdit)
            line.setText("99999999999999999999")
            line.editingFinished.emit()
            assert form.problem() == f"{field.name} must be at most 2147483647, not 99999999999999999999."
            editor.set_value(field.default)


def test_a_word_or_a_file(qtbot, monkeypatch, tmp_path):
    form = SettingsForm(VocConfig)
    qtbot.addWidget(form)
    editor = form.editor("classes")
    box, browse = editor.findChild(QComboBox), editor.findChild(QToolButton)
    assert [box.itemText(place) for place in range(box.count())] == ["voc", "annotations"]
    assert form.value().classes == "voc"
    box.setCurrentIndex(1)
    assert form.value().classes == "annotations"
    file = tmp_path / "classes of ours.txt"
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_: (str(file), ""))
    with qtbot.waitSignal(form.changed):
        qtbot.mouseClick(browse, Qt.MouseButton.LeftButton)
    assert form.value().classes == str(file)
    box.setEditText("classes.txt")
    assert form.value().classes == str(Path("classes.txt").absolute())
    box.setEditText("")
    assert form.problem() == "classes must be a file, or one of voc, annotations."


def test_terms_are_said_in_plain_words_beside_them(qtbot):
    form = SettingsForm(PretrainConfig)
    qtbot.addWidget(form)
    box = form.editor("regime").findChild(QComboBox)
    assert [box.itemText(place) for place in range(box.count())] == [
        "obj (objects)",
        "tr (points)",
        "objtr (both)",
    ]
    assert form.value().regime == "objtr"
    labels = {label.text(): label.toolTip() for label in form.findChildren(QLabel) if label.buddy()}
    assert "Rate falls every" in labels
    assert "Step every" not in labels
    assert all(tip.splitlines()[0] for tip in labels.values())
