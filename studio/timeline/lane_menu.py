"""The context menu of a lane."""

from collections.abc import Callable, Set
from functools import partial

from PySide6.QtWidgets import QMenu, QWidget

from core.trajectories.journal import Edit
from core.trajectories.model import Review
from core.trajectories.trajectory_edits import DeleteTrajectories, Merge, SetReview, Split, Trim
from studio.editing.track_edits import OUTSIDE, TOO_FEW
from studio.timeline.lanes import Lane


def lane_menu(
    parent: QWidget, clip_id: int, lane: Lane, selection: Set[int], frame: int, ask: Callable[[Edit], object]
) -> QMenu:
    """What can be done with a lane at a frame, and with the selection that it is part of."""
    menu = QMenu(parent)
    menu.setToolTipsVisible(True)
    chosen = tuple(sorted(selection))
    many = f" {len(chosen):,} tracks" if len(chosen) > 1 else ""

    def add(text: str, edit: Edit, refusal: str = "") -> None:
        action = menu.addAction(text)
        action.setEnabled(not refusal)
        action.setToolTip(refusal)
        action.triggered.connect(partial(_ask, ask, edit))

    inside = "" if lane.first < frame <= lane.last else OUTSIDE
    add(f"&Split at frame {frame}", Split(clip_id, lane.id, frame), inside)
    add(f"&Merge{many or ' selected'}", Merge(clip_id, chosen), "" if len(chosen) > 1 else TOO_FEW)
    add(f"Trim &start to frame {frame}", Trim(clip_id, lane.id, frame, lane.last), inside)
    ends_later = "" if lane.first <= frame < lane.last else OUTSIDE
    add(f"Trim &end to frame {frame}", Trim(clip_id, lane.id, lane.first, frame), ends_later)
    menu.addSeparator()
    add(f"&Accept{many}", SetReview(clip_id, chosen, Review.ACCEPTED))
    add(f"&Reject{many}", SetReview(clip_id, chosen, Review.REJECTED))
    menu.addSeparator()
    add(f"&Delete{many}", DeleteTrajectories(clip_id, chosen))
    return menu


def _ask(ask: Callable[[Edit], object], edit: Edit, checked: bool = False) -> None:
    ask(edit)
