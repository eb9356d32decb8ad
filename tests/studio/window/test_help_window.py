"""The guide and the glossary, read in the window."""

import re
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QPalette, QTextCursor, QTextDocument
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QMenu

from studio import theme
from studio.window.help_page import WIDTH
from studio.window.help_window import FOLDER, PAGES

LEFT = Qt.MouseButton.LeftButton
NONE = Qt.KeyboardModifier.NoModifier


@pytest.fixture
def help_window(studio, qtbot):
    """The guide, opened from the menu."""
    bar = studio.window.menuBar()
    (entry,) = [action for action in bar.actions() if action.text() == "&Help"]
    QTest.mouseClick(bar, LEFT, NONE, bar.actionGeometry(entry).center())
    qtbot.waitUntil(lambda: isinstance(QApplication.activePopupWidget(), QMenu))
    QTest.keyClick(QApplication.activePopupWidget(), Qt.Key.Key_G)
    qtbot.waitUntil(studio._help.isVisible)
    return studio._help


def click_link(page, qtbot, text: str) -> None:
    """Scroll to a link by its text and click it."""
    cursor = page.document().find(text)
    while not cursor.isNull() and not cursor.charFormat().isAnchor():
        cursor = page.document().find(text, cursor)
    assert not cursor.isNull(), f"no link {text!r}"
    page.setTextCursor(cursor)
    page.ensureCursorVisible()
    place = QTextCursor(cursor)
    place.setPosition(cursor.selectionStart() + 1)
    QTest.mouseClick(page.viewport(), LEFT, NONE, page.cursorRect(place).center())


def test_the_menu_opens_the_guide_with_its_pictures(help_window):
    page = help_window.page
    assert help_window.windowTitle() == "Guide – Help"
    assert page.toPlainText().startswith("The window in ten minutes")
    pictures = re.findall(r"!\[[^]]*\]\(([^)]+)\)", (FOLDER / "guide.md").read_text(encoding="utf-8"))
    assert len(pictures) >= 6
    for name in pictures:
        assert (FOLDER / name).stat().st_size < 150_000
        image = page.loadResource(QTextDocument.ResourceType.ImageResource.value, name)
        assert 0 < image.deviceIndependentSize().width() <= WIDTH + 1
    assert sum((FOLDER / name).stat().st_size for name in pictures) < 1_000_000


def test_links_lead_to_headings_and_to_the_other_page_and_back(help_window, qtbot):
    page = help_window.page
    top = page.verticalScrollBar().value()
    click_link(page, qtbot, "Compare")
    qtbot.waitUntil(lambda: page.verticalScrollBar().value() > top + 500)
    click_link(page, qtbot, "glossary")
    qtbot.waitUntil(lambda: help_window.windowTitle() == "Glossary – Help")
    QTest.mouseClick(help_window.back_button, LEFT)
    qtbot.waitUntil(lambda: help_window.windowTitle() == "Guide – Help")
    QTest.mouseClick(help_window.page_buttons["glossary"], LEFT)
    assert help_window.windowTitle() == "Glossary – Help"


@pytest.mark.parametrize("name", PAGES)
def test_every_link_and_picture_of_a_page_is_there(help_window, name):
    text = (FOLDER / f"{name}.md").read_text(encoding="utf-8")
    help_window.show_page(name)
    document = help_window.page.document()
    names, block = set(), document.begin()
    while block.isValid():
        for fragment in block:
            names |= set(fragment.fragment().charFormat().anchorNames())
        block = block.next()
    for target in re.findall(r"\]\(([^)]+)\)", text):
        path, _, heading = target.partition("#")
        assert not path or (FOLDER / path).is_file(), target
        assert path or heading in names, target


def test_what_is_searched_is_counted_marked_and_gone_through(help_window, qtbot):
    help_window.show_page("glossary")
    field, page = help_window.field, help_window.page
    QTest.mouseClick(field, LEFT)
    QTest.keyClicks(field, "Keyframe")
    count = page.toPlainText().lower().count("keyframe")
    assert help_window.found.text() == f"{count} found"
    assert len(page.extraSelections()) == count
    places = []
    for _ in range(count):
        places.append(page.textCursor().position())
        QTest.keyClick(field, Qt.Key.Key_Return)
    assert places == sorted(set(places))
    assert page.textCursor().position() == places[0]  # from the last to the first
    QTest.keyClick(field, Qt.Key.Key_Return, Qt.KeyboardModifier.ShiftModifier)
    assert page.textCursor().position() == places[-1]
    field.clear()
    QTest.keyClicks(field, "xyzzy")
    assert help_window.found.text() == "Not found"
    assert not page.extraSelections()


def test_it_is_legible_in_the_dark_and_follows_the_theme(help_window, studio, qtbot):
    page = help_window.page
    for name, colours in (("dark", theme.DARK), ("light", theme.LIGHT)):
        studio.window.commands[f"theme_{name}"].trigger()
        qtbot.waitUntil(lambda colours=colours: link_colour(page) == colours.mark)
        assert page.palette().color(QPalette.ColorRole.Text).name() == colours.text
        assert page.palette().color(QPalette.ColorRole.Base).name() == colours.base


def link_colour(page) -> str:
    cursor = page.document().find("glossary")
    while not cursor.charFormat().isAnchor():
        cursor = page.document().find("glossary", cursor)
    return cursor.charFormat().foreground().color().name()


def test_its_keys_open_the_key_sheet_and_shift_f1_the_guide(studio, qtbot):
    QTest.keyClick(studio.window, Qt.Key.Key_F1, Qt.KeyboardModifier.ShiftModifier)
    qtbot.waitUntil(studio._help.isVisible)
    QTest.mouseClick(studio._help.keys_button, LEFT)
    qtbot.waitUntil(studio._key_sheet.isVisible)


def test_there_is_one_copy_of_each_page():
    docs = Path(__file__).parents[3] / "docs"
    for name in PAGES:
        assert f"](../resources/help/{name}.md)" in (docs / f"{name}.md").read_text(encoding="utf-8")
