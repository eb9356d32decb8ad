"""What becomes of the tracks of a label that is renamed, merged or deleted; they are counted first."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QHBoxLayout,
    QLabel,
    QVBoxLayout,
    QWidget,
)

from studio import theme
from studio.elided_combo import ElidedCombo
from studio.labels.project_labels import ProjectLabels

NOTHING = "no label"


class ReplaceDialog(QDialog):
    """Says how many tracks get another label, and asks which where that is open.

    Signals:
        chosen(str): the label they get; empty for none.
    """

    chosen = Signal(str)

    def __init__(self, labels: ProjectLabels, name: str, verb: str, by: str | None, parent: QWidget) -> None:
        """About one label.

        Args:
            verb: what is done to it: `Rename`, `Merge` or `Delete`.
            by: the label that its tracks get; None where that is asked.
        """
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(f"{verb} label")
        count, clips = labels.count(name), labels.clips_of(name)
        tracks = f"{count:,} track{'s' if count != 1 else ''}"
        have = "has" if count == 1 else "have"
        where = f"{clips:,} clip{'s' if clips != 1 else ''}"
        self.sentence = QLabel(f"{tracks} in {where} {have} the label “{name}”.")
        self.sentence.setProperty("role", "heading")
        box = QVBoxLayout(self)
        box.setContentsMargins(*[2 * theme.SPACE] * 4)
        box.setSpacing(theme.SPACE)
        box.addWidget(self.sentence)
        self.by = ElidedCombo()
        if by is None:
            self.by.setAccessibleName("The label that they get")
            self.by.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
            self.by.setMinimumContentsLength(24)
            if verb == "Delete":
                self.by.addItem(NOTHING, "")
            for other in labels.list.labels:
                if other.name != name:
                    self.by.addItem(other.name, other.name)
            row = QHBoxLayout()
            row.addWidget(QLabel("They get" if count != 1 else "It gets"))
            row.addWidget(self.by, 1)
            box.addLayout(row)
        else:
            self.by.addItem(by, by)
            known = labels.list.named(by) is not None
            gets = f"{'They get' if count != 1 else 'It gets'} “{by}” instead"
            merged = f", as {labels.count(by):,} have already; the two become one." if known else "."
            box.addWidget(QLabel(gets + merged))
        for label in self.findChildren(QLabel):
            label.setWordWrap(True)
        note = QLabel("One edit; undo gives every track its label back.")
        note.setProperty("quiet", True)
        box.addWidget(note)
        self.buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel)
        self.do_button = self.buttons.addButton(verb, QDialogButtonBox.ButtonRole.AcceptRole)
        self.do_button.setDefault(True)
        box.addWidget(self.buttons)
        self.setMinimumWidth(380)
        self.buttons.rejected.connect(self.reject)
        self.buttons.accepted.connect(self.accept)
        self.accepted.connect(lambda: self.chosen.emit(self.by.currentData()))
