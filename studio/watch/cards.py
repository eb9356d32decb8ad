"""Cards of patches in a grid: pairs, triplets, neighbours. A click on a patch opens its frame."""

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QPoint, QRect, QRectF, Qt, QTimer, Signal
from PySide6.QtGui import (
    QColor,
    QContextMenuEvent,
    QHelpEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QResizeEvent,
    QShowEvent,
)
from PySide6.QtWidgets import QAbstractScrollArea, QFrame, QToolTip, QWidget

from studio import theme
from studio.watch.card_layout import APART, GAP, PAD, Card, CardLayout
from studio.watch.patch_cutter import Patch, cut_patches
from studio.watch.picture_cutter import PictureCutter

SIDE = 80
"""View pixels of a patch's side."""

SPOT = (("#000000", 3.5), ("#ffd54a", 1.5))
"""Colours and widths of the frame around a spot, one over the other, to be seen on any picture."""


class Cards(QAbstractScrollArea):
    """Cards in rows; only what is seen is cut out of its frames, in a thread.

    Click or Enter: open the frame of a patch. Arrows: go from patch to patch. Delete: reject what the card
    shows. Right click: what else can be done.

    Signals:
        opened(Patch): a person wants to see its frame.
        reject_asked(Patch): a person wants its trajectory to be rejected.
        menu_asked(Patch, QPoint): the context menu is wanted there, on the screen.
        failed(str): a frame cannot be read.
    """

    opened = Signal(object)
    reject_asked = Signal(object)
    menu_asked = Signal(object, QPoint)
    failed = Signal(str)

    def __init__(self, name: str, side: int = SIDE, parent: QWidget | None = None) -> None:
        """`name`: what the cards are, for a screen reader; `side` of a patch in view pixels."""
        super().__init__(parent)
        self._layout = CardLayout((), side, self.fontMetrics())
        self.current = (0, 0)
        self._side = side
        self._hovered: tuple[int, int] | None = None
        self.setAccessibleName(name)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAsNeeded)
        self.viewport().setMouseTracking(True)
        self.verticalScrollBar().setSingleStep(side // 2)
        self._cutter = PictureCutter(cut_patches, self)
        self._cutter.arrived.connect(self.viewport().update)
        self._cutter.failed.connect(self.failed)
        self._wanting = QTimer(self, interval=0, singleShot=True)
        self._wanting.timeout.connect(self._want)

    def show_cards(self, cards: Sequence[Card], from_top: bool = True) -> None:
        """Show these and no others; where not `from_top`, what is seen stays where it is."""
        self._layout = CardLayout(cards, self._side, self.fontMetrics())
        if from_top or self.current[0] >= len(self.cards):
            self.current = (0, 0)
            self.verticalScrollBar().setValue(0)
        self._hovered = None
        self._set_bars()

    @property
    def cards(self) -> tuple[Card, ...]:
        """What is shown."""
        return self._layout.cards

    def close_reader(self) -> None:
        """Wait for the thread."""
        self._cutter.close()

    def place(self, card: int, patch: int) -> QRect:
        """Where a patch lies in the viewport."""
        return self._layout.patch_rects(card)[patch]

    def cut(self) -> int:
        """How many of the patches have their picture."""
        return sum(self._cutter.picture(patch) is not None for card in self.cards for patch in card.patches)

    def _set_bars(self) -> None:
        layout, seen = self._layout, self.viewport().size()
        layout.seen = seen
        hidden = layout.hidden
        self.verticalScrollBar().setRange(0, hidden.height())
        self.verticalScrollBar().setPageStep(seen.height())
        self.horizontalScrollBar().setRange(0, hidden.width())
        self.horizontalScrollBar().setPageStep(seen.width())
        self._scroll()

    def _scroll(self) -> None:
        self._layout.scroll = QPoint(self.horizontalScrollBar().value(), self.verticalScrollBar().value())
        self._wanting.start()
        self.viewport().update()

    def _want(self) -> None:
        """Ask for the pictures of what is seen, and of a page below it."""
        if self.isVisible():
            cards = [self.cards[place] for place in self._layout.in_view(self.viewport().height())]
            patches = [patch for card in cards for patch in card.patches]
            self._cutter.want(patches, round(self._side * self.devicePixelRatioF()))

    # --- Qt -----------------------------------------------------------------------------------

    def paintEvent(self, event: QPaintEvent) -> None:
        colours = theme.colours(self)
        with QPainter(self.viewport()) as painter:
            painter.fillRect(self.viewport().rect(), QColor(colours.base))
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
            for card in self._layout.in_view():
                self._paint_card(painter, card, colours)

    def _paint_card(self, painter: QPainter, place: int, colours: theme.Colours) -> None:
        card, rect = self.cards[place], self._layout.card_rect(place)
        painter.setPen(QColor(colours.border))
        painter.setBrush(QColor(colours.window))
        painter.drawRoundedRect(rect, 4, 4)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        rects = self._layout.patch_rects(place)
        if card.struck:
            painter.setOpacity(0.35)
        for patch, at in zip(card.patches, rects, strict=True):
            picture = self._cutter.picture(patch)
            if picture is not None:
                painter.drawImage(at, picture)
            else:
                painter.fillRect(at, QColor(colours.stripe))
            if patch.spot is not None:
                for colour, width in SPOT:
                    painter.setPen(QPen(QColor(colour), width))
                    painter.drawRect(_within(patch, patch.spot, at))
            tone = {"good": colours.good, "bad": colours.bad}.get(patch.tone)
            if tone is not None:
                painter.setPen(QPen(QColor(tone), 2))
                painter.drawRect(at.adjusted(1, 1, -1, -1))
        painter.setOpacity(1)
        self._paint_words(painter, card, rect, rects, colours)
        for number, at in enumerate(rects):
            if (place, number) == self._hovered or (self.hasFocus() and (place, number) == self.current):
                painter.setPen(QPen(QColor(colours.mark), 2))
                painter.drawRect(at.adjusted(-1, -1, 1, 1))

    def _paint_words(
        self, painter: QPainter, card: Card, rect: QRect, rects: Sequence[QRect], colours: theme.Colours
    ) -> None:
        flags = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
        elide, metrics = Qt.TextElideMode.ElideRight, self.fontMetrics()
        painter.setPen(QColor(colours.muted))
        first = 0
        for title, group in zip(card.titles, card.groups, strict=bool(card.titles)):
            if group:
                room = rects[first + len(group) - 1].right() - rects[first].left() + APART - 2
                at = QRect(rects[first].left(), rect.top() + PAD // 2, room, self._layout.line)
                painter.drawText(at, flags, metrics.elidedText(title, elide, room))
            first += len(group)
        height = self._layout.line
        top = rects[0].bottom() + 1 + GAP if rects else rect.top() + PAD
        lines = ("rejected: trains nothing", *card.lines[1:]) if card.struck else card.lines
        for number, line in enumerate(lines):
            painter.setPen(QColor(colours.text if number == 0 else colours.muted))
            at = QRect(rect.left() + PAD, top + number * height, rect.width() - 2 * PAD, height)
            painter.drawText(at, flags, metrics.elidedText(line, elide, at.width()))

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._wanting.start()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._set_bars()

    def scrollContentsBy(self, dx: int, dy: int) -> None:
        self._scroll()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        self._hover(self._layout.at(event.position().toPoint()))

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        found = self._layout.at(event.position().toPoint())
        if found is not None and event.button() == Qt.MouseButton.LeftButton:
            self.current = found
            self.opened.emit(self._patch(found))

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        by_key = event.reason() == QContextMenuEvent.Reason.Keyboard
        found = self._on_current() if by_key else self._layout.at(event.pos())
        if found is not None:
            self.current = found
            middle = self.viewport().mapToGlobal(self.place(*found).center())
            self.menu_asked.emit(self._patch(found), middle if by_key else event.globalPos())

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key, found = event.key(), self._on_current()
        moves = {
            Qt.Key.Key_Left: -1,
            Qt.Key.Key_Right: 1,
            Qt.Key.Key_Up: -self._layout.columns,
            Qt.Key.Key_Down: self._layout.columns,
        }
        if found is None:
            super().keyPressEvent(event)
        elif key in moves:
            self._move(found, moves[Qt.Key(key)], sideways=key in (Qt.Key.Key_Left, Qt.Key.Key_Right))
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.opened.emit(self._patch(found))
        elif key in (Qt.Key.Key_Delete, Qt.Key.Key_Backspace):
            self.reject_asked.emit(self._patch(found))
        else:
            super().keyPressEvent(event)

    def viewportEvent(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            found = self._layout.at(event.pos())
            QToolTip.showText(event.globalPos(), self._about(found) if found else "", self)
            return True
        if event.type() == QEvent.Type.Leave:
            self._hover(None)
        return super().viewportEvent(event)

    def _move(self, found: tuple[int, int], by: int, sideways: bool) -> None:
        card, patch = found
        if sideways:
            patch += by
            if not 0 <= patch < len(self.cards[card].patches):
                card = min(max(card + by, 0), len(self.cards) - 1)
                patch = 0 if by > 0 else len(self.cards[card].patches) - 1
        elif 0 <= card + by < len(self.cards):
            card += by
            patch = min(patch, len(self.cards[card].patches) - 1)
        self.current = (card, patch)
        rect, bar = self._layout.card_rect(card), self.verticalScrollBar()
        if rect.top() < 0:
            bar.setValue(bar.value() + rect.top() - PAD)
        elif rect.bottom() > self.viewport().height():
            bar.setValue(bar.value() + rect.bottom() - self.viewport().height() + PAD)
        self.viewport().update()

    def _hover(self, found: tuple[int, int] | None) -> None:
        if found != self._hovered:
            self._hovered = found
            shapes = Qt.CursorShape
            self.viewport().setCursor(shapes.PointingHandCursor if found else shapes.ArrowCursor)
            self.viewport().update()

    def _on_current(self) -> tuple[int, int] | None:
        card, patch = self.current
        there = card < len(self.cards) and patch < len(self.cards[card].patches)
        return self.current if there else None

    def _patch(self, found: tuple[int, int]) -> Patch:
        return self.cards[found[0]].patches[found[1]]

    def _about(self, found: tuple[int, int]) -> str:
        patch = self._patch(found)
        track = f", track {patch.trajectory}" if patch.trajectory else ""
        where = f"{patch.clip.name}, frame {patch.frame}{track}"
        return "\n".join(filter(None, (where, patch.note, "Click to open the frame in Curate")))


def _within(patch: Patch, spot: tuple[float, float, float, float], at: QRect) -> QRectF:
    """Where a spot of a frame lies in the picture of a patch."""
    x1, y1, x2, y2 = patch.box
    wide, high = at.width() / max(x2 - x1, 1e-6), at.height() / max(y2 - y1, 1e-6)
    left = (x2 - spot[2] if patch.flip else spot[0] - x1) * wide
    place = QRectF(left, (spot[1] - y1) * high, (spot[2] - spot[0]) * wide, (spot[3] - spot[1]) * high)
    return place.translated(at.left(), at.top()).intersected(QRectF(at))
