"""What a project's files say is shown as it is: names, sentences and labels of others are no markup."""

import re
from pathlib import Path

from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QApplication, QLabel, QMessageBox, QToolTip

from studio.app import Studio
from studio.plots.legend import Legend

HOSTILE = "<h1>big</h1><img src='/etc/passwd'>"
PLAIN, RICH = Qt.TextFormat.PlainText, Qt.TextFormat.RichText
STUDIO = Path(__file__).parents[2] / "studio"


class OwnLabel(QLabel):
    pass


def test_labels_messages_and_tips_are_plain_unless_they_say_otherwise(studio: Studio, qtbot):
    for label in (QLabel(HOSTILE, studio.window), OwnLabel(HOSTILE, studio.window)):
        label.show()
        assert label.textFormat() is PLAIN
        assert label.text() == HOSTILE
    legend = Legend(studio.window)
    legend.show()
    assert legend.textFormat() is RICH
    box = QMessageBox(studio.window)
    box.setText(HOSTILE)
    box.setInformativeText(HOSTILE)
    box.show()
    assert {one.textFormat() for one in box.findChildren(QLabel)} == {PLAIN}
    box.close()
    QToolTip.showText(studio.window.mapToGlobal(QPoint(9, 9)), HOSTILE, studio.window)
    tips = [one for one in QApplication.topLevelWidgets() if one.metaObject().className() == "QTipLabel"]
    assert tips
    assert all(isinstance(tip, QLabel) and tip.textFormat() is PLAIN for tip in tips)
    QToolTip.hideText()


def test_a_change_of_theme_leaves_them_so(studio: Studio):
    label = QLabel(HOSTILE, studio.window)
    label.show()
    before = studio.window.preferences.now.theme
    studio.window.commands["theme_dark" if before != "dark" else "theme_light"].trigger()
    assert label.textFormat() is PLAIN


def test_rich_text_is_said_in_few_places_which_escape_what_they_show():
    rich = {
        path.relative_to(STUDIO).as_posix(): path.read_text(encoding="utf-8")
        for path in sorted(STUDIO.glob("**/*.py"))
    }
    found = {
        name for name, text in rich.items() if re.search(r"RichText|AutoText\)|MarkdownText|setHtml", text)
    }
    assert found == {
        "plots/legend.py",
        "plots/figure.py",
        "panels/track_plot.py",
        "comparison/picture_pair.py",
    }
    drawn = {name for name, text in rich.items() if "<span" in text or "<b>" in text or "<br>" in text}
    unescaped = {name for name in drawn if "escape(" not in rich[name]}
    assert unescaped == {
        "evaluation/picture_view.py",  # verdicts
        "panels/track_plot.py",  # kinds of marks
    }
