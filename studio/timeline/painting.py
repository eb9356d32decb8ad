"""How ruler, lanes and density look."""

import numpy as np
from PySide6.QtCore import QLineF, QPointF, QRectF, Qt
from PySide6.QtGui import QBrush, QColor, QFont, QPainter, QPen, QPolygonF

from core.overlay.colours import REJECTED
from core.overlay.layers import Layers
from core.trajectories.model import Kind, Review
from studio.canvas.colours import KEYFRAME, label_colour, loss_colour, track_colour
from studio.painting import saved
from studio.theme import Colours
from studio.timeline.keyframe_drag import KeyframeDrag
from studio.timeline.lanes import Lane
from studio.timeline.time_scale import TimeScale
from studio.timeline.trim import TrimDrag
from studio.view_state import Filling

_LABELS_APART = 64.0  # view pixels between numbers of the ruler
_TICKS_APART = 6.0
_TICK_EDGE = QColor(0, 40, 50, 150)  # beside a keyframe's tick, so that it is seen on any colour


def lane_colour(lane: Lane, layers: Layers) -> QColor:
    """Grey for what was rejected; by the label or the loss where that is asked for; else the track's own."""
    if layers.colour_by == "label":
        return label_colour(lane.label, lane.review, layers.labels)
    if layers.colour_by == "loss":
        return loss_colour(lane.id, lane.review, layers.losses)
    if lane.review == Review.REJECTED:
        return QColor(*(int(value) for value in REJECTED))
    return track_colour(lane.id)


def draw_ruler(
    painter: QPainter, rect: QRectF, names: float, scale: TimeScale, frames: int, colours: Colours
) -> None:
    """Frame numbers and ticks, right of the first `names` pixels."""
    painter.fillRect(rect, QColor(colours.window))
    _title(painter, rect, names, "Frame", colours)
    rect = rect.adjusted(names, 0, 0, 0)
    with saved(painter):
        painter.setClipRect(rect)
        step, minor = scale.step(_LABELS_APART), scale.step(_TICKS_APART)
        first = max(scale.frame(rect.left()), 0)
        last = min(scale.frame(rect.right()), frames - 1)
        painter.setPen(QColor(colours.edge))
        top, bottom = rect.bottom() - 4, rect.bottom()
        xs = [scale.middle(frame) for frame in range(first - first % minor, last + 1, minor)]
        painter.drawLines([QLineF(x, top, x, bottom) for x in xs])
        for frame in range(first - first % step, last + 1, step):
            x = scale.middle(frame)
            painter.setPen(QColor(colours.muted))
            painter.drawLine(QPointF(x, rect.bottom() - 7), QPointF(x, rect.bottom()))
            painter.setPen(QColor(colours.muted))
            place = QRectF(x - 40, rect.top(), 80, rect.height() - 7)
            painter.drawText(place, Qt.AlignmentFlag.AlignCenter, str(frame))


def draw_density(
    painter: QPainter,
    rect: QRectF,
    names: float,
    scale: TimeScale,
    counts: np.ndarray,
    frame: int,
    colours: Colours,
) -> None:
    """How many points each frame has, as a filled curve from 0 to the most of any frame."""
    painter.fillRect(rect.adjusted(0, 0, names - rect.width(), 0), QColor(colours.window))
    here = int(counts[min(frame, len(counts) - 1)])
    _title(painter, rect, names, "1 point here" if here == 1 else f"{here:,} points here", colours)
    painter.setPen(QColor(colours.border))
    painter.drawLine(rect.topLeft() + QPointF(names, 0), rect.topRight())
    curve = rect.adjusted(names, 0, 0, -1)
    painter.fillRect(curve.adjusted(0, 1, 0, 0), QColor(colours.base))
    with saved(painter):
        painter.setClipRect(curve)
        fill = QColor(colours.mark)
        painter.setPen(QPen(fill, 1))
        fill.setAlpha(70)
        painter.setBrush(fill)
        painter.drawPolygon(_steps(curve, scale, counts))
    painter.setPen(QColor(colours.border))
    painter.drawLine(rect.bottomLeft(), rect.bottomRight())


def _steps(rect: QRectF, scale: TimeScale, counts: np.ndarray) -> QPolygonF:
    first = min(max(scale.frame(rect.left()), 0), len(counts) - 1)
    last = min(max(scale.frame(rect.right()), first), len(counts) - 1)
    stride = max(1, int(1 / scale.width))  # several frames in a pixel: the most of them
    starts = np.arange(first, last + 1, stride)
    tops = np.maximum.reduceat(counts[first : last + 1], starts - first)
    heights = tops / max(int(counts.max()), 1) * (rect.height() - 4)
    bottom = rect.bottom()
    edges = scale.xs(np.append(starts, last + 1)).tolist()
    corners = [QPointF(edges[0], bottom)]
    for number, y in enumerate((bottom - heights).tolist()):
        corners += (QPointF(edges[number], y), QPointF(edges[number + 1], y))
    return QPolygonF([*corners, QPointF(edges[-1], bottom)])


def draw_name(painter: QPainter, rect: QRectF, lane: Lane, colour: QColor, colours: Colours) -> None:
    """A dot in a colour and its name, cut where it is too long."""
    with saved(painter):
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setBrush(colour)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.drawEllipse(QRectF(rect.left() + 10, rect.center().y() - 3.5, 7, 7))
        painter.setPen(QColor(colours.muted if lane.review == Review.REJECTED else colours.text))
        painter.setFont(_small(painter))
        place = rect.adjusted(26, 0, -8, 0)
        elide = Qt.TextElideMode.ElideRight
        text = painter.fontMetrics().elidedText(lane.name, elide, round(place.width()))
        painter.drawText(place, Qt.AlignmentFlag.AlignVCenter, text)


def draw_playhead(
    painter: QPainter, rect: QRectF, ruler: float, scale: TimeScale, frame: int, colours: Colours
) -> None:
    """A line through the frame that is shown, with its number in the ruler's height at the top."""
    x = scale.middle(frame)
    if not rect.left() <= x <= rect.right():
        return
    with saved(painter):
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(QColor(colours.mark), 2))
        painter.drawLine(QPointF(x, rect.top()), QPointF(x, rect.bottom()))
        width = painter.fontMetrics().horizontalAdvance(str(frame)) + 10
        tag = QRectF(max(x - width / 2, rect.left()), rect.top() + 1, width, ruler - 8)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(colours.accent))
        painter.drawRoundedRect(tag, 3, 3)
        painter.setPen(QColor(colours.on_accent))
        painter.drawText(tag, Qt.AlignmentFlag.AlignCenter, str(frame))


def draw_mark(
    painter: QPainter, rect: QRectF, scale: TimeScale, marked: tuple[int, int], colours: Colours
) -> None:
    """Frames that are marked, over a lane or in the ruler."""
    with saved(painter):
        painter.setClipRect(rect, Qt.ClipOperation.IntersectClip)
        part = _span(rect, scale, *marked)
        veil = QColor(colours.mark)
        veil.setAlpha(90)
        painter.fillRect(part, veil)
        painter.setPen(QPen(QColor(colours.mark), 2))
        for x in (part.left() + 1, part.right() - 1):
            painter.drawLine(QPointF(x, part.top()), QPointF(x, part.bottom()))


def say(painter: QPainter, rect: QRectF, text: str, colours: Colours) -> None:
    """What will appear here."""
    painter.setPen(QColor(colours.muted))
    how = Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap
    painter.drawText(rect.adjusted(8, 0, -8, 0), int(how), text)


def _small(painter: QPainter) -> QFont:
    """Letters that a row has room for."""
    font = QFont(painter.font())
    font.setPixelSize(11)
    return font


def _title(painter: QPainter, rect: QRectF, names: float, text: str, colours: Colours) -> None:
    painter.setPen(QColor(colours.muted))
    place = QRectF(rect.left() + 10, rect.top(), names - 18, rect.height())
    painter.drawText(place, Qt.AlignmentFlag.AlignVCenter, text)


def draw_lane(
    painter: QPainter,
    rect: QRectF,
    scale: TimeScale,
    lane: Lane,
    colour: QColor,
    colours: Colours,
    held: TrimDrag | KeyframeDrag | None = None,
    filling: Filling | None = None,
) -> None:
    """Bars of a lane, hatched where no person confirmed, with a tick a keyframe; gaps stay empty. One that is
    only suggested is pale, in dashes.

    Where the object is occluded the bar is hollow; a gap in which it is out of sight begins with a sign.
    Above a keyframe that the audit found poor stands a wedge, below frames that are to be checked a line. A
    hollow diamond stands in the frame whose annotation would mend most.

    Args:
        held: what of it is being dragged: what a trim would take is drawn faint, what an end would reach as
            an outline; where a keyframe would go stands a tick with the number of the frame.
        filling: the frames that are being filled again.
    """
    bar = rect.adjusted(0, 2, 0, -3)
    with saved(painter):
        painter.setClipRect(rect, Qt.ClipOperation.IntersectClip)
        if isinstance(held, TrimDrag):
            painter.setOpacity(0.25)
            _draw_bars(painter, bar, scale, lane, colour)
            _draw_ticks(painter, bar, scale, lane.keyframes)
            painter.setOpacity(1.0)
            left, right = scale.x(held.first), scale.x(held.last + 1)
            rest = QRectF(left, rect.top(), right - left, rect.height())
            painter.setClipRect(rest, Qt.ClipOperation.IntersectClip)
        if filling is not None and lane.kind == Kind.POINT:  # beneath its bar, which is seen to grow
            _draw_filling(painter, bar, scale, filling, "following", colours)
        _draw_bars(painter, bar, scale, lane, colour)
        _draw_sight(painter, bar, scale, lane, colour, colours)
        if isinstance(held, TrimDrag):
            _draw_reach(painter, bar, scale, held, colours)
        if filling is not None and lane.kind == Kind.OBJECT:
            _draw_filling(painter, bar, scale, filling, "filling", colours)
        _draw_ticks(painter, bar, scale, lane.keyframes)
        for first, last in lane.to_check:
            below = _span(bar, scale, first, last)
            below.setRect(below.left(), bar.bottom() + 1, max(below.width(), 2.0), 2)
            painter.fillRect(below, QColor(colours.warning))
        _draw_wedges(painter, bar, scale, lane.poor, colours)
        if lane.wanted is not None:
            _draw_wanted(painter, bar, scale, lane.wanted, colours)
        if isinstance(held, KeyframeDrag):
            _draw_moved(painter, rect, scale, held, colours)


def _draw_bars(painter: QPainter, bar: QRectF, scale: TimeScale, lane: Lane, colour: QColor) -> None:
    pale = QColor(colour)
    pale.setAlpha(70)
    painter.setPen(Qt.PenStyle.NoPen)
    for first, last in lane.solid:
        painter.fillRect(_span(bar, scale, first, last), colour)
    suggested = lane.review == Review.SUGGESTED
    for first, last in lane.propagated:
        part = _span(bar, scale, first, last)
        painter.fillRect(part, pale)
        if not suggested:
            painter.fillRect(part, QBrush(colour, Qt.BrushStyle.BDiagPattern))
    painter.setPen(QPen(colour, 1.5, Qt.PenStyle.DashLine) if suggested else QPen(colour, 1))
    painter.setBrush(Qt.BrushStyle.NoBrush)
    for first, last in lane.spans:
        painter.drawRect(_span(bar, scale, first, last).adjusted(0, 0, -1, -1))


def _draw_reach(painter: QPainter, bar: QRectF, scale: TimeScale, held: TrimDrag, colours: Colours) -> None:
    """Dashes around the frames beyond its ends that a lane is to be carried over."""
    painter.setPen(QPen(QColor(colours.mark), 1.5, Qt.PenStyle.DashLine))
    painter.setBrush(Qt.BrushStyle.NoBrush)
    for first, last in ((held.first, held.lane.first - 1), (held.lane.last + 1, held.last)):
        if first <= last:
            painter.drawRect(_span(bar, scale, first, last).adjusted(1, 1, -2, -2))


def _draw_sight(
    painter: QPainter, bar: QRectF, scale: TimeScale, lane: Lane, colour: QColor, colours: Colours
) -> None:
    """Hollow bars where it is occluded; a circle struck through and dots where it is out of sight."""
    for first, last in lane.occluded:
        part, edge = _span(bar, scale, first, last), round(bar.height() * 0.3)
        painter.fillRect(part.adjusted(0, edge, 0, -edge), QColor(colours.base))
    with saved(painter):
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        for first, last in lane.outside:
            part = _span(bar, scale, first, last)
            radius, middle = min(4.0, bar.height() / 2 - 0.5), part.center().y()
            at = QPointF(part.left() + radius + 2, middle)
            painter.setPen(QPen(colour, 1.5))
            painter.drawEllipse(at, radius, radius)
            step = radius * 0.7
            painter.drawLine(at + QPointF(-step, step), at + QPointF(step, -step))
            painter.setPen(QPen(colour, 1.5, Qt.PenStyle.DotLine))
            if part.right() > at.x() + radius + 4:
                painter.drawLine(QPointF(at.x() + radius + 3, middle), QPointF(part.right() - 2, middle))


def _draw_ticks(painter: QPainter, bar: QRectF, scale: TimeScale, keyframes: np.ndarray) -> None:
    width = min(max(scale.width * 0.3, 1.0), 3.0)
    for x in _middles(bar, scale, keyframes):
        tick = QRectF(x - width / 2, bar.top() - 1, width, bar.height() + 2)
        if width >= 2:
            painter.fillRect(tick.adjusted(-1, 0, 1, 0), _TICK_EDGE)
        painter.fillRect(tick, KEYFRAME)


def _draw_moved(
    painter: QPainter, rect: QRectF, scale: TimeScale, held: KeyframeDrag, colours: Colours
) -> None:
    """The tick of a keyframe where it would go, and the number of that frame beside it."""
    x, text = scale.middle(held.to), str(held.to)
    painter.setFont(_small(painter))
    painter.setPen(QPen(QColor(colours.accent), 2))
    painter.drawLine(QPointF(x, rect.top()), QPointF(x, rect.bottom()))
    width = painter.fontMetrics().horizontalAdvance(text) + 10
    left = x + 3 if x + 3 + width <= rect.right() else x - 3 - width
    tag = QRectF(left, rect.top(), width, rect.height())
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor(colours.accent))
    painter.drawRoundedRect(tag, 3, 3)
    painter.setPen(QColor(colours.on_accent))
    painter.drawText(tag, Qt.AlignmentFlag.AlignCenter, text)


def _draw_wedges(
    painter: QPainter, bar: QRectF, scale: TimeScale, frames: np.ndarray, colours: Colours
) -> None:
    with saved(painter):
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(QColor(colours.base), 1))
        painter.setBrush(QColor(colours.bad))
        top = bar.top() - 2
        for x in _middles(bar, scale, frames):
            painter.drawPolygon([QPointF(x - 5, top), QPointF(x + 5, top), QPointF(x, top + 7)])


def _draw_wanted(painter: QPainter, bar: QRectF, scale: TimeScale, frame: int, colours: Colours) -> None:
    x, y, radius = scale.middle(frame), bar.center().y(), min(4.0, bar.height() / 2 - 1)
    with saved(painter):
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(QColor(colours.text), 1.2))
        painter.setBrush(QColor(colours.base))
        corners = (
            QPointF(x - radius, y),
            QPointF(x, y - radius),
            QPointF(x + radius, y),
            QPointF(x, y + radius),
        )
        painter.drawPolygon(corners)


def _draw_filling(
    painter: QPainter, bar: QRectF, scale: TimeScale, filling: Filling, word: str, colours: Colours
) -> None:
    """A veil over frames that are filled again, with a word after the keyframe that they begin with."""
    part = _span(bar, scale, filling.first, filling.last)
    veil = QColor(colours.base)
    veil.setAlpha(170)
    painter.fillRect(part, veil)
    painter.setPen(QPen(QColor(colours.mark), 1, Qt.PenStyle.DashLine))
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.drawRect(part.adjusted(0, 0, -1, -1))
    painter.setPen(QColor(colours.mark))
    place = part.adjusted(scale.width + 4, -2, 0, 2)
    share = f" {filling.percent} %" if filling.percent else ""
    text = f"{word}…{share}" if place.width() > 80 else "…"
    painter.drawText(place, Qt.AlignmentFlag.AlignVCenter, text)


def _middles(bar: QRectF, scale: TimeScale, frames: np.ndarray) -> list[float]:
    """The middles of the frames that are seen, each pixel once."""
    xs = np.round(scale.xs(frames + 0.5))
    found: list[float] = np.unique(xs[(xs >= bar.left()) & (xs <= bar.right())]).tolist()
    return found


def _span(bar: QRectF, scale: TimeScale, first: int, last: int) -> QRectF:
    """Frames `first` to `last` of a bar, cut to a little more than what is seen."""
    left = max(scale.x(int(first)), bar.left() - 8)
    right = min(scale.x(int(last) + 1), bar.right() + 8)
    return QRectF(left, bar.top(), max(right - left, 0.0), bar.height())
