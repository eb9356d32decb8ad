"""What is drawn smooth on top of the overlay: the selection, what is under the mouse, names, previews."""

from collections.abc import Sequence, Set

import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QImage, QPainter, QPainterPath, QPalette, QPen, QPolygonF

from core.overlay.colours import premultiplied
from core.overlay.layers import Layers
from core.overlay.mask_shapes import MaskShape, MaskShapes
from core.overlay.scene import ObjectHere, Scene
from core.overlay.scene_colours import object_colours
from core.overlay.track_names import track_name
from core.overlay.trails import trails
from core.tracking.camera_motion import CameraMotion
from core.trajectories.model import Review
from studio.canvas.camera import Camera
from studio.canvas.colours import colour_of
from studio.canvas.hit_test import handle_places
from studio.view_state import ViewState

MOST_POINTS = 200
"""Selected points that are drawn smooth; beyond, the overlay's own brightness has to do."""

_CASING = QColor(0, 0, 0, 150)  # around lines, so that they are seen on any frame
_NAME_WIDTH = 180.0  # view pixels


def draw_trajectory(
    painter: QPainter,
    scene: Scene,
    trajectory_id: int,
    camera: Camera,
    shapes: MaskShapes,
    layers: Layers,
    strong: bool,
    motion: CameraMotion | None = None,
) -> None:
    """A trajectory with bright lines; `strong` for the selection, else for what is under the mouse.

    `motion`: of the camera, which the path of a point is drawn without.
    """
    one, place = scene.object(trajectory_id), scene.point(trajectory_id)
    if one is not None:
        colour = colour_of(scene, trajectory_id, layers)
        draw_object(painter, one, colour, camera, shapes, layers, strong)
    elif place is not None:
        colour = colour_of(scene, trajectory_id, layers)
        draw_point(painter, scene, place, colour, camera, layers, strong, motion)


def draw_object(
    painter: QPainter,
    one: ObjectHere,
    colour: QColor,
    camera: Camera,
    shapes: MaskShapes,
    layers: Layers,
    strong: bool,
) -> None:
    """The outline and the box of an object."""
    shape = shapes.of(one.mask) if one.mask and layers.masks else None
    if shape is not None:
        dashed = one.occluded or one.suggested
        style = Qt.PenStyle.DashLine if dashed else Qt.PenStyle.SolidLine
        stroke(painter, outline_path(shape, camera), colour, 2.0 if strong else 1.5, style)
    if layers.boxes or shape is None:
        rect, hidden = camera.rect(one.box), one.occluded
        draw_box(painter, rect, colour, dashed=not one.keyframe, strong=strong, dotted=hidden)


def draw_box(
    painter: QPainter, rect: QRectF, colour: QColor, *, dashed: bool, strong: bool, dotted: bool = False
) -> None:
    """A box of the view; dashes for what was propagated, dots for what is occluded."""
    path = QPainterPath()
    path.addRect(rect)
    style = Qt.PenStyle.DashLine if dashed else Qt.PenStyle.SolidLine
    stroke(painter, path, colour, 2.0 if strong else 1.5, Qt.PenStyle.DotLine if dotted else style)


def draw_handles(painter: QPainter, box: np.ndarray, camera: Camera) -> None:
    """The eight handles of a box."""
    painter.setPen(QPen(_CASING, 1))
    painter.setBrush(Qt.GlobalColor.white)
    for x, y in camera.to_view(handle_places(box)):
        painter.drawRect(QRectF(x - 3.5, y - 3.5, 7, 7))
    painter.setBrush(Qt.BrushStyle.NoBrush)


def draw_point(
    painter: QPainter,
    scene: Scene,
    place: int,
    colour: QColor,
    camera: Camera,
    layers: Layers,
    strong: bool,
    motion: CameraMotion | None = None,
) -> None:
    """A point (its place in `scene.ids`) with its path behind and ahead; `motion` as above."""
    behind, ahead = max(layers.trail, 1), layers.ahead
    one = scene.places[place : place + 1]
    line = trails(scene.points, one, scene.frame, behind, ahead, motion)[0]
    path = QPainterPath()
    path.addPolygon(polygon(camera.to_view(line)))
    stroke(painter, path, colour, 2.0 if strong else 1.5)
    x, y = camera.to_view(scene.xy[place])
    draw_head(painter, QPointF(float(x), float(y)), colour, strong)


def draw_head(painter: QPainter, at: QPointF, colour: QColor, strong: bool) -> None:
    """Where a point is, in view coordinates."""
    painter.setPen(QPen(Qt.GlobalColor.white if strong else _CASING, 1.5))
    painter.setBrush(colour)
    radius = 4.5 if strong else 3.5
    painter.drawEllipse(at, radius, radius)
    painter.setBrush(Qt.BrushStyle.NoBrush)


def draw_names(
    painter: QPainter, scene: Scene, layers: Layers, camera: Camera, view: QRectF, selection: Set[int]
) -> None:
    """The number and name of every object, at the top left of its box; those selected over the others."""
    colours = object_colours(scene, layers)
    table = [QColor(*rgb) for rgb in colours.table.tolist()]
    metrics = QFontMetricsF(painter.font())
    order = sorted(range(len(scene.objects)), key=lambda number: scene.objects[number].id in selection)
    for number in order:
        one = scene.objects[number]
        rect = camera.rect(one.box)
        if rect.intersects(view):
            text = track_name(one.id, one.trajectory.label)
            _draw_tag(painter, rect.topLeft(), text, table[colours.index[number]], metrics, view)


def _draw_tag(
    painter: QPainter, corner: QPointF, text: str, colour: QColor, metrics: QFontMetricsF, view: QRectF
) -> None:
    """A name in a filled tag that stands on `corner`, held inside the view; long names are cut."""
    wide = metrics.horizontalAdvance(text)
    if wide > _NAME_WIDTH:
        text = metrics.elidedText(text, Qt.TextElideMode.ElideRight, _NAME_WIDTH)
        wide = metrics.horizontalAdvance(text)
    width, height = wide + 8, metrics.height() + 2
    x = min(max(corner.x() - 1, view.left()), max(view.left(), view.right() - width))
    y = min(max(corner.y() - height, view.top()), max(view.top(), view.bottom() - height))
    rect = QRectF(x, y, width, height)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(colour)
    painter.drawRoundedRect(rect, 3, 3)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.setPen(Qt.GlobalColor.black if colour.lightnessF() > 0.4 else Qt.GlobalColor.white)
    painter.drawText(rect, Qt.AlignmentFlag.AlignCenter, text)


def draw_note(painter: QPainter, corner: QPointF, text: str, palette: QPalette, view: QRectF) -> None:
    """A line about a track, beside `corner`, held inside the view."""
    metrics = QFontMetricsF(painter.font())
    width, height = metrics.horizontalAdvance(text) + 12, metrics.height() + 6
    x = min(max(corner.x() + 12, view.left()), max(view.left(), view.right() - width))
    y = corner.y() + 14
    if y + height > view.bottom():
        y = corner.y() - 8 - height
    rect = QRectF(x, y, width, height)
    background = palette.color(QPalette.ColorRole.ToolTipBase)
    background.setAlpha(235)
    painter.setPen(QPen(palette.color(QPalette.ColorRole.Mid), 1))
    painter.setBrush(background)
    painter.drawRoundedRect(rect, 3, 3)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.setPen(palette.color(QPalette.ColorRole.ToolTipText))
    painter.drawText(rect, Qt.AlignmentFlag.AlignCenter, text)


def draw_legend(
    painter: QPainter, rows: Sequence[tuple[str, QColor]], palette: QPalette, view: QRectF
) -> None:
    """What the colours of tracks mean, at the bottom left of the view; nothing without rows."""
    if not rows:
        return
    metrics = painter.fontMetrics()
    line = metrics.height() + 2
    width = max(metrics.horizontalAdvance(text) for text, _ in rows) + 34
    rect = QRectF(8, view.bottom() - 8 - len(rows) * line - 8, width, len(rows) * line + 8)
    background = palette.color(QPalette.ColorRole.Window)
    background.setAlpha(225)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(background)
    painter.drawRoundedRect(rect, 4, 4)
    for number, (text, colour) in enumerate(rows):
        top = rect.top() + 4 + number * line
        painter.setBrush(colour)
        edge = palette.color(QPalette.ColorRole.Mid)  # pale colours are seen on a pale ground, too
        painter.setPen(edge if colour.alpha() else QColor(Qt.GlobalColor.transparent))
        painter.drawRoundedRect(QRectF(rect.left() + 8, top + line / 2 - 5, 14, 10), 2, 2)
        painter.setPen(palette.color(QPalette.ColorRole.WindowText))
        painter.drawText(QRectF(rect.left() + 28, top, width, line), Qt.AlignmentFlag.AlignVCenter, text)
    painter.setBrush(Qt.BrushStyle.NoBrush)


def under_way(scene: Scene, view: ViewState, camera: Camera) -> list[tuple[QPointF, str]]:
    """What is worked out in the background about the tracks of this frame: where to say it, and what."""
    notes = []
    for id in view.repairing:
        place = scene.point(id)
        if place is not None:
            x, y = camera.to_view(scene.xy[place])
            notes.append((QPointF(float(x), float(y)), "repairing the path… (Esc stops)"))
    for id, (first, last, percent) in view.filling.items():
        one, place = scene.object(id), scene.point(id)
        if place is not None:
            x, y = camera.to_view(scene.xy[place])
            share = f" {percent} %" if percent else ""
            notes.append((QPointF(float(x), float(y)), f"following the point…{share} (Esc stops)"))
        if one is not None:
            corner = camera.rect(one.box).bottomLeft()
            share = f" {percent} %" if percent else ""
            notes.append((corner, f"filling frames {first}–{last}…{share} (Esc stops)"))
    return notes


def about(scene: Scene, trajectory_id: int) -> str:
    """Number, name, kind of observation, state and forward-backward error of a trajectory here."""
    one, place = scene.object(trajectory_id), scene.point(trajectory_id)
    if one is not None:
        known = one.trajectory
        parts = [track_name(one.id, known.label), "keyframe" if one.keyframe else "propagated"]
        if not one.keyframe:
            parts.append(f"confidence {known.confidence[one.place]:.2f}")
        if one.occluded:
            parts.append("occluded")
        review = known.review
    elif place is not None:
        row, index = scene.rows[place], scene.places[place]
        parts = [track_name(trajectory_id, scene.points.labels[index])]
        error = float(scene.points.error[row])
        parts.append("error unknown" if np.isnan(error) else f"error {error:.2f} px")
        review = int(scene.points.review[index])
    else:
        return ""
    if review != Review.OPEN:
        parts.append(Review(review).name.lower())
    return " · ".join(parts)


def stroke(
    painter: QPainter,
    path: QPainterPath,
    colour: QColor,
    width: float,
    style: Qt.PenStyle = Qt.PenStyle.SolidLine,
) -> None:
    """A line with a dark casing, seen on any frame."""
    casing = QPen(_CASING, width + 2)
    casing.setJoinStyle(Qt.PenJoinStyle.RoundJoin)
    painter.strokePath(path, casing)
    pen = QPen(colour, width, style)
    pen.setJoinStyle(Qt.PenJoinStyle.RoundJoin)
    painter.strokePath(path, pen)


def outline_path(shape: MaskShape, camera: Camera) -> QPainterPath:
    """The outlines of a mask in the view."""
    path = QPainterPath()
    for line in shape.outlines:
        path.addPolygon(polygon(camera.to_view(line)))
        path.closeSubpath()
    return path


def polygon(places: np.ndarray) -> QPolygonF:
    """(n, 2) places as Qt takes them."""
    return QPolygonF([QPointF(float(x), float(y)) for x, y in places])


def draw_mask(painter: QPainter, mask: np.ndarray, colour: QColor, camera: Camera) -> None:
    """A mask (H, W) that is being painted, tinted."""
    shape = MaskShape.of(mask)
    if shape is not None:
        draw_shape(painter, shape, colour, camera)


def draw_shape(painter: QPainter, shape: MaskShape, colour: QColor, camera: Camera) -> None:
    """The shape of a mask that is being made, tinted."""
    rgb = np.array([(colour.red(), colour.green(), colour.blue())], np.uint8)
    pixels = np.where(shape.pixels, premultiplied(rgb, 120)[0], 0).astype(np.uint32)
    height, width = pixels.shape
    image = QImage(pixels.data, width, height, 4 * width, QImage.Format.Format_ARGB32_Premultiplied)
    box = np.array((shape.x, shape.y, shape.x + width, shape.y + height), np.float32)
    painter.drawImage(camera.rect(box), image)
    stroke(painter, outline_path(shape, camera), colour, 2.0)
