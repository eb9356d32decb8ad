"""A page of help: Markdown with pictures, and links to its headings and to other pages."""

from typing import Any

from PySide6.QtCore import QUrl
from PySide6.QtGui import QColor, QImage, QTextBlock, QTextCharFormat, QTextCursor, QTextDocument
from PySide6.QtWidgets import QTextBrowser, QTextEdit, QWidget

from studio import theme

WIDTH = 720
"""Pixels that a picture takes across at most."""


class HelpPage(QTextBrowser):
    """Links to the web open in the browser; the others stay here."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("Help")
        self.setOpenExternalLinks(True)
        self.document().setDocumentMargin(2 * theme.SPACE)

    def doSetSource(
        self, name: QUrl | str, type: QTextDocument.ResourceType = QTextDocument.ResourceType.UnknownResource
    ) -> None:
        super().doSetSource(name, type)
        self._name_headings()
        heading = QUrl(name).fragment()
        if heading:
            self.scrollToAnchor(heading)

    def loadResource(self, type: int, name: QUrl | str) -> Any:
        """Pictures are made to fit; on a fine screen they keep all their pixels."""
        if type == QTextDocument.ResourceType.ImageResource:
            image = QImage(self.source().resolved(QUrl(name)).toLocalFile())
            image.setDevicePixelRatio(max(1.0, image.width() / WIDTH))
            return image
        return super().loadResource(type, name)

    def find_first(self, text: str) -> int:
        """Go to the first place of a text and mark all of them; returns how many there are."""
        marks, cursor = [], QTextCursor(self.document())
        while text and not (cursor := self.document().find(text, cursor)).isNull():
            mark = QTextEdit.ExtraSelection()
            mark.cursor, mark.format = cursor, QTextCharFormat()
            mark.format.setBackground(QColor(theme.colours(self).accent))
            mark.format.setForeground(QColor(theme.colours(self).on_accent))
            marks.append(mark)
        self.setExtraSelections(marks)
        self.moveCursor(QTextCursor.MoveOperation.Start)
        if marks:
            self.find(text)
        return len(marks)

    def find_next(self, text: str, back: bool = False) -> None:
        """Go to the next place of a text, or the one before; from the last to the first."""
        flags = QTextDocument.FindFlag.FindBackward if back else QTextDocument.FindFlag(0)
        if text and not self.find(text, flags):
            ends = QTextCursor.MoveOperation
            self.moveCursor(ends.End if back else ends.Start)
            self.find(text, flags)

    def _name_headings(self) -> None:
        """Give headings the names by which links of Markdown call them, such as `#track-points`."""
        block: QTextBlock = self.document().begin()
        while block.isValid():
            if block.blockFormat().headingLevel():
                words = "".join(c for c in block.text().lower() if c.isalnum() or c in " -")
                named = QTextCharFormat()
                named.setAnchor(True)
                named.setAnchorNames([words.replace(" ", "-")])
                cursor = QTextCursor(block)
                cursor.movePosition(QTextCursor.MoveOperation.EndOfBlock, QTextCursor.MoveMode.KeepAnchor)
                cursor.mergeCharFormat(named)
            block = block.next()
