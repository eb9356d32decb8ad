"""Why what looks at clips and tracks cannot be done now; for edits `TrackEdits.refusals` says it."""

from studio.canvas.camera import CLOSEST, FARTHEST
from studio.canvas.pane import CanvasPane
from studio.canvas.stage import LARGEST_BRUSH, SMALLEST_BRUSH
from studio.tables.track_table import TrackTable
from studio.view_state import ViewState

NO_CLIP = "Import clips first."
_FIRST, _LAST = "This is the first frame.", "This is the last frame."


def refusals(view: ViewState, canvas: CanvasPane, tracks: TrackTable) -> dict[str, str]:
    """Action → why it cannot be done now; empty where it can."""
    return {**_of_frames(view, canvas), **_of_selecting(view, tracks), **_of_drawing(view, canvas)}


def _of_frames(view: ViewState, canvas: CanvasPane) -> dict[str, str]:
    last = view.clip.frames - 1 if view.clip is not None else 0
    at_first, at_last = _FIRST if view.frame == 0 else "", _LAST if view.frame == last else ""
    alone = "This clip has one frame only." if last == 0 else ""
    stuck = not canvas.player.loop and not view.playing
    return {
        **dict.fromkeys(("previous_frame", "back_10", "back_100", "first_frame"), at_first),
        **dict.fromkeys(("next_frame", "forward_10", "forward_100", "last_frame"), at_last),
        "play": alone,
        "shuttle_back": alone or (at_first if stuck else ""),
        "shuttle_forward": alone or (at_last if stuck else ""),
    }


def _of_selecting(view: ViewState, tracks: TrackTable) -> dict[str, str]:
    shown = tracks.model.rowCount()
    empty = "" if shown else "The list of tracks is empty."
    every = len(view.selection) == shown and view.selection.issuperset(tracks.model.shown_ids.tolist())
    none = "" if view.selection else "Nothing is selected."
    only = tracks.only is not None
    return {
        "select_all": empty or ("Every track of the list is selected." if every else ""),
        "select_none": none,
        "invert_selection": empty,
        "next_track": empty,
        "previous_track": empty,
        "hide_others": "" if only or view.selection else "Select a track first.",
    }


def _of_drawing(view: ViewState, canvas: CanvasPane) -> dict[str, str]:
    stage, scale = canvas.stage, canvas.stage.camera.scale
    brush = (
        ""
        if view.tool in ("brush", "erase")
        else "Take the brush ({tool_brush}) or the eraser ({tool_erase}) first."
    )
    here = stage.scene.among(view.selection)
    seen = not view.selection or len(here.ids) or here.objects
    largest, smallest = stage.brush_radius >= LARGEST_BRUSH, stage.brush_radius <= SMALLEST_BRUSH
    return {
        "brush_larger": brush or ("The brush is at its largest." if largest else ""),
        "brush_smaller": brush or ("The brush is at its smallest." if smallest else ""),
        "zoom_selection": "" if seen else "What is selected is not in this frame.",
        "zoom_in": "The frame is as near as it gets." if scale >= CLOSEST else "",
        "zoom_out": "The frame is as far as it gets." if scale <= FARTHEST else "",
    }
