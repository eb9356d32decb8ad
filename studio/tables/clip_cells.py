"""What the cells of the list of clips show, and in which order they stand."""

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QIcon, QPainter
from PySide6.QtWidgets import QLineEdit, QStyledItemDelegate, QStyleOptionViewItem, QTreeWidgetItem, QWidget

from core.datasets.clip import Clip, Use
from core.datasets.folder import natural_key
from core.trajectories.store import ClipSummary
from studio import icons, theme
from studio.painting import saved
from studio.tables.clip_pictures import ClipPictures

NAME, USE, FRAMES, KEYFRAMES, TRACKS, REVIEWED = range(6)
TITLES = ("Clip", "Use", "Frames", "Keyframes", "Tracks", "Reviewed")
TIPS = (
    "Data set and clip",
    "Whether it trains, is held out to measure only, or is left out; click to choose",
    "Frames it has",
    "Frames that hold a keyframe of an object",
    "Objects and points",
    "Share of tracks that were accepted or rejected",
)
USES = {
    Use.TRAIN: ("train", "", "Trains"),
    Use.HELD_OUT: ("held out", "held_out", "Held out: it only measures what was learnt on the others"),
    Use.LEFT_OUT: ("left out", "left_out", "Left out: it neither trains nor measures"),
}
"""What a clip is for → its word, its icon and a sentence; clips that train, as most do, have no icon."""

ROW = theme.ROW
"""Pixels, at least, of a row's height."""

PICTURE = QSize(30, 18)
"""Pixels of the picture beside a name."""

SIGN = QSize(14, 14)
"""Pixels of an icon."""

SHARE = Qt.ItemDataRole.UserRole + 1
_CLIP = Qt.ItemDataRole.UserRole

Index = QModelIndex | QPersistentModelIndex


def clip_of(item: QTreeWidgetItem | None) -> Clip | None:
    """The clip of a row; None for a group's."""
    clip: Clip | None = item.data(NAME, _CLIP) if item is not None else None
    return clip


class ClipItem(QTreeWidgetItem):
    """The row of a clip."""

    def __init__(self, group: QTreeWidgetItem) -> None:
        super().__init__(group)
        self.setFlags(self.flags() | Qt.ItemFlag.ItemIsEditable)
        self._orders: tuple[tuple[object, ...], ...] = ()
        self._column = NAME
        self._shown: ClipSummary | None = None
        for column in (FRAMES, KEYFRAMES, TRACKS):
            self.setTextAlignment(column, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)

    def show(self, one: ClipSummary) -> bool:
        """Show a clip with its counts; False where it shows them already."""
        if one == self._shown:
            return False
        self._shown = one
        clip, tracks = one.clip, one.objects + one.points
        share = (one.accepted + one.rejected) / tracks if tracks else 0.0
        name = natural_key(clip.name)
        use = list(Use).index(clip.use)
        numbers = (use, clip.frames, one.annotated, tracks, share)
        self._orders = ((name,), *((number, name) for number in numbers))
        word, icon, sentence = USES[clip.use]
        self.setData(NAME, _CLIP, clip)
        self.setText(NAME, clip.name)
        self.setText(USE, word)
        self.setIcon(USE, icons.icon(icon) if icon else QIcon())
        for column, number in ((FRAMES, clip.frames), (KEYFRAMES, one.annotated), (TRACKS, tracks)):
            self.setText(column, f"{number:,}")
        self.setData(REVIEWED, SHARE, share)
        self.setToolTip(NAME, f"{clip.name}, {clip.width} × {clip.height}\n{sentence}\n{clip.root}")
        self.setToolTip(USE, f"{sentence}.\nClick to choose.")
        waiting = f" ({one.suggested:,} suggested)" if one.suggested else ""
        self.setToolTip(TRACKS, f"{one.objects:,} objects{waiting}, {one.points:,} points")
        self.setToolTip(REVIEWED, f"{one.accepted:,} accepted, {one.rejected:,} rejected")
        return True

    def retint(self) -> None:
        """Draw its icon in the colours of the palette."""
        clip = clip_of(self)
        icon = USES[clip.use][1] if clip is not None else ""
        if icon:
            self.setIcon(USE, icons.icon(icon))

    def order_by(self, column: int) -> None:
        """Compare by a column, and by name where that is equal."""
        self._column = column

    def __lt__(self, other: QTreeWidgetItem) -> bool:
        if isinstance(other, ClipItem):
            return self._orders[self._column] < other._orders[self._column]
        return False


class ClipCells(QStyledItemDelegate):
    """Rows of one height whatever the theme, with pictures before names; a bar for what is reviewed.

    Signals:
        renamed(Clip, str): another name was typed.
    """

    renamed = Signal(object, str)

    def __init__(self, pictures: ClipPictures, parent: QWidget) -> None:
        super().__init__(parent)
        self._pictures = pictures

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        return QSize(PICTURE.width(), max(ROW, option.fontMetrics.height() + theme.SPACE // 4))

    def initStyleOption(self, option: QStyleOptionViewItem, index: Index) -> None:
        super().initStyleOption(option, index)
        clip = index.data(_CLIP)
        if clip is None:
            option.decorationSize = SIGN
        else:
            option.features |= QStyleOptionViewItem.ViewItemFeature.HasDecoration
            option.decorationSize = PICTURE
            option.icon = self._pictures.icon(clip)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        super().paint(painter, option, index)
        share = index.data(SHARE)
        if share is not None:
            _draw_share(painter, QRectF(option.rect), share)

    def setEditorData(self, editor: QWidget, index: Index) -> None:
        assert isinstance(editor, QLineEdit)
        editor.setText(index.data(_CLIP).name)
        editor.selectAll()

    def setModelData(self, editor: QWidget, model: object, index: Index) -> None:
        assert isinstance(editor, QLineEdit)
        clip = index.data(_CLIP)
        if editor.text().strip() != clip.name:
            self.renamed.emit(clip, editor.text())


def _draw_share(painter: QPainter, area: QRectF, share: float) -> None:
    c = theme.colours()
    area = area.adjusted(6, 0, -6, 0)
    bar = QRectF(area.left(), area.center().y() - 2, area.width(), 4)
    with saved(painter):
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(c.border))
        painter.drawRoundedRect(bar, 2, 2)
        painter.setBrush(QColor(c.good))
        bar.setWidth(max(bar.width() * share, 4.0 if share > 0 else 0.0))
        painter.drawRoundedRect(bar, 2, 2)
