"""A card of patches, and where cards and patches lie in a grid."""

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QPoint, QRect, QSize
from PySide6.QtGui import QFontMetrics

from studio import theme
from studio.watch.patch_cutter import Patch

GAP = 4
PAD = theme.SPACE
APART = 2 * theme.SPACE
"""View pixels between groups of a card."""


@dataclass(frozen=True, eq=False)
class Card:
    """Patches that belong together.

    Attributes:
        groups: patches side by side, with more room between groups.
        lines: what is said of them, a line each; the first is strong.
        titles: what stands above each group; empty for none.
        struck: what it shows was rejected.
    """

    groups: tuple[tuple[Patch, ...], ...]
    lines: tuple[str, ...] = ()
    titles: tuple[str, ...] = ()
    struck: bool = False

    @property
    def patches(self) -> tuple[Patch, ...]:
        return tuple(patch for group in self.groups for patch in group)

    def width(self, side: int) -> int:
        """View pixels that its patches take."""
        inside = sum(len(group) * (side + GAP) - GAP for group in self.groups if group)
        return inside + (len(self.groups) - 1) * APART


class CardLayout:
    """Cards in rows of a viewport, all as large as the largest.

    Attributes:
        seen: the size of the viewport; scroll: how far it is scrolled, both in view pixels.
    """

    def __init__(self, cards: Sequence[Card], side: int, metrics: QFontMetrics) -> None:
        """`side` of a patch in view pixels."""
        self.cards, self.side, self.line = tuple(cards), side, metrics.height()
        self.seen, self.scroll = QSize(), QPoint()
        lines = max((len(card.lines) + bool(card.titles) for card in cards), default=0)
        words = max((metrics.horizontalAdvance(line) for card in cards for line in card.lines), default=0)
        widest = max((card.width(side) for card in cards), default=side)
        self.width = max(widest, min(words + 4, 2 * side + GAP + 70)) + 2 * PAD
        self.height = side + lines * self.line + 2 * PAD + (GAP if lines else 0)

    @property
    def columns(self) -> int:
        """Cards in a row."""
        return max(1, (self.seen.width() - PAD) // (self.width + PAD))

    @property
    def hidden(self) -> QSize:
        """How far it can be scrolled to the right and down."""
        rows = -(-len(self.cards) // self.columns)
        down = rows * (self.height + PAD) + PAD - self.seen.height()
        across = self.width + 2 * PAD - self.seen.width() if self.cards else 0
        return QSize(max(0, across), max(0, down))

    def card_rect(self, card: int) -> QRect:
        """Where a card lies in the viewport."""
        row, column = divmod(card, self.columns)
        x = PAD + column * (self.width + PAD) - self.scroll.x()
        y = PAD + row * (self.height + PAD) - self.scroll.y()
        return QRect(x, y, self.width, self.height)

    def patch_rects(self, card: int) -> list[QRect]:
        """Where its patches lie."""
        rect, one = self.card_rect(card), self.cards[card]
        x, rects = rect.left() + PAD, []
        y = rect.top() + PAD + (self.line if one.titles else 0)
        for group in one.groups:
            for _ in group:
                rects.append(QRect(x, y, self.side, self.side))
                x += self.side + GAP
            x += APART - GAP
        return rects

    def at(self, place: QPoint) -> tuple[int, int] | None:
        """The card and the patch at a place of the viewport; None beside them."""
        for card in self.in_view():
            for patch, rect in enumerate(self.patch_rects(card)):
                if rect.contains(place):
                    return card, patch
        return None

    def in_view(self, more: int = 0) -> range:
        """The cards that are seen, and those `more` pixels below."""
        step = self.height + PAD
        first = max(0, (self.scroll.y() - PAD) // step) * self.columns
        last = ((self.scroll.y() + self.seen.height() + more) // step + 1) * self.columns
        return range(min(first, len(self.cards)), min(last, len(self.cards)))
