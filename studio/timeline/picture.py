"""The whole picture of the timeline, from the parts of `painting.py`."""

from PySide6.QtCore import QRectF
from PySide6.QtGui import QColor, QPainter

from studio import theme
from studio.timeline.keyframe_drag import KeyframeDrag
from studio.timeline.lane_layout import DENSITY, NAMES, ROW, RULER, LaneLayout
from studio.timeline.mark_tool import MarkTool
from studio.timeline.painting import (
    draw_density,
    draw_lane,
    draw_mark,
    draw_name,
    draw_playhead,
    draw_ruler,
    lane_colour,
    say,
)
from studio.timeline.tools import LaneTool, ScrubTool
from studio.timeline.trim import TrimDrag


def draw_timeline(
    painter: QPainter,
    whole: QRectF,
    lanes: LaneLayout,
    tool: ScrubTool | LaneTool | MarkTool | None,
    colours: theme.Colours,
) -> None:
    """Lanes, ruler, density and playhead; or what to do where there is none of them."""
    painter.fillRect(whole, QColor(colours.base))
    if lanes.view.clip is None:
        say(painter, whole, "Open a clip to see its tracks over time", colours)
        return
    painter.setClipRect(whole.adjusted(0, lanes.top, 0, 0))
    for row in lanes.rows_seen():
        held = tool.held(lanes.source.ids[row]) if tool is not None else None
        _draw_row(painter, lanes, row, held, colours)
        if lanes.view.marked is not None and lanes.source.ids[row] in lanes.view.selection:
            draw_mark(painter, lanes.row_rect(row), lanes.scale, lanes.view.marked, colours)
    painter.setClipping(False)
    beside = whole.adjusted(NAMES, 0, 0, 0)
    if not lanes.source.ids:
        say(painter, beside.adjusted(0, lanes.top, 0, 0), lanes.source.empty_text, colours)
    draw_ruler(painter, QRectF(0, 0, whole.width(), RULER), NAMES, lanes.scale, lanes.frames, colours)
    if lanes.view.marked is not None:
        foot = QRectF(NAMES, RULER - 6, whole.width() - NAMES, 5)
        draw_mark(painter, foot, lanes.scale, lanes.view.marked, colours)
    counts, frame = lanes.source.density, lanes.view.frame
    if len(counts):
        strip = QRectF(0, RULER, whole.width(), DENSITY)
        draw_density(painter, strip, NAMES, lanes.scale, counts, frame, colours)
    painter.setPen(QColor(colours.border))
    painter.drawLine(NAMES - 1, 0, NAMES - 1, round(whole.bottom()))
    draw_playhead(painter, beside, RULER, lanes.scale, frame, colours)


def _draw_row(
    painter: QPainter,
    lanes: LaneLayout,
    row: int,
    held: TrimDrag | KeyframeDrag | None,
    colours: theme.Colours,
) -> None:
    """A lane on its background; `held`: what of it is being dragged."""
    id, rect, view = lanes.source.ids[row], lanes.row_rect(row), lanes.view
    background = QColor(colours.stripe if row % 2 else colours.base)
    if id in view.selection:
        background = QColor(colours.accent)
        background.setAlpha(70)
    elif id == view.hovered:
        background = QColor(colours.button)
    painter.fillRect(rect.adjusted(-NAMES, 0, 0, 0), background)
    lane = lanes.source.lane(id)
    colour = lane_colour(lane, view.layers)
    draw_lane(painter, rect, lanes.scale, lane, colour, colours, held, view.filling.get(id))
    draw_name(painter, QRectF(0, rect.top(), NAMES, ROW), lane, colour, colours)
