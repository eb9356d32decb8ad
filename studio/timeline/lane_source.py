"""Which trajectories have a lane, and their lanes, made when they are first seen."""

from dataclasses import replace

import numpy as np

from core.datasets.clip import Clip
from core.trajectories.model import ObjectTrajectory, PointTrajectories
from studio.document import Document
from studio.timeline.lanes import Lane, density, object_lane, point_lane
from studio.view_state import ViewState

MOST_POINT_LANES = 200
"""Selected point trajectories that get a lane of their own."""


class LaneSource:
    """The lanes of `view.clip`: objects that the filter shows or that are selected, then selected points.

    Attributes:
        ids: the trajectories that have a lane, from the top.
        density: (frames,) int64, how many of the points that the filter shows are in each frame;
            empty where there are none.
    """

    def __init__(self, document: Document, view: ViewState) -> None:
        self._document = document
        self._view = view
        self._lanes: dict[int, tuple[ObjectTrajectory | None, Lane]] = {}  # by id, and what it was made of
        self._clip: Clip | None = None
        self.ids: list[int] = []
        self.density = np.zeros(0, np.int64)

    def read(self) -> None:
        """Take the trajectories from the document again."""
        self._keep_lanes()
        self.density = np.zeros(0, np.int64)
        clip, shown = self._view.clip, self._view.shown
        if clip is not None:
            points = self._points
            kept = np.ones(len(points), bool)
            if shown is not None:
                kept = np.isin(points.ids, np.fromiter(shown, np.int64, len(shown)))
            if kept.any():
                self.density = density(points, kept, clip.frames)
        self.choose()

    def _keep_lanes(self) -> None:
        """Keep the lanes of the objects that are the same as before."""
        clip, before = self._view.clip, self._clip
        now = self._document.objects(clip.id) if clip is not None and clip == before else {}
        lanes = self._lanes.items()
        self._lanes = {id: made for id, made in lanes if made[0] is not None and now.get(id) is made[0]}
        self._clip = clip

    def choose(self) -> None:
        """Choose the lanes again, after another selection."""
        clip, shown = self._view.clip, self._view.shown
        self.ids = []
        if clip is not None:
            objects = self._document.objects(clip.id)
            selection = self._view.selection
            self.ids = [id for id in objects if shown is None or id in shown or id in selection]
            chosen = np.array(sorted(selection), np.int64)
            points = chosen[np.isin(chosen, self._points.ids)]
            self.ids += points[:MOST_POINT_LANES].tolist()

    @property
    def empty_text(self) -> str:
        """What is said where no lane is."""
        clip = self._view.clip
        if clip is not None and self._document.objects(clip.id):
            return "The filter hides every object of this clip; clear it to see them"
        return "No objects in this clip yet; draw a box to begin one, or suggest objects"

    def lane(self, trajectory_id: int) -> Lane:
        """The lane of one of `ids`."""
        if trajectory_id not in self._lanes:
            self._lanes[trajectory_id] = self._made(trajectory_id)
        return self._lanes[trajectory_id][1]

    def _made(self, trajectory_id: int) -> tuple[ObjectTrajectory | None, Lane]:
        clip = self._view.clip
        one = self._document.objects(clip.id).get(trajectory_id) if clip is not None else None
        if one is not None and clip is not None:
            lane = object_lane(one)
            return one, replace(lane, outside=np.minimum(lane.outside, clip.frames - 1))
        points = self._points
        return None, point_lane(points, int(np.searchsorted(points.ids, trajectory_id)))

    @property
    def _points(self) -> PointTrajectories:
        if self._view.clip is None:
            raise ValueError("there is no clip")
        return self._document.points(self._view.clip.id)
