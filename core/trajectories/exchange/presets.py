"""How other programs name and mean the columns of their tables, one record a program.

In all of them frames count from 0, and a whole number is the middle of a pixel: the centre of the top
left one is (0, 0), while here it is (0.5, 0.5), so half a pixel is added on reading.

- napari: a Tracks layer is `ID, T, (Z,) Y, X` (napari.org, *Using the tracks layer*); saved by its own
  writer the columns are `axis-0`, `axis-1`, …; data coordinates are those of the middles of voxels.
- trackpy: `locate` gives centres of mass in indices of pixels, `link` adds `frame` and `particle`.
- TrackMate: *Export spots table to CSV*; below the names stand lines of titles and units. Positions are
  in the unit of the picture, which need not be the pixel. Spots without a `TRACK_ID` are in no track.
- DeepLabCut: a column a body part and coordinate, named in several lines; a `likelihood` under 0.6 (its
  own `pcutoff`) is taken for hidden, as there.
- SLEAP: *Export analysis CSV*; a row an animal and frame, three columns a node. Written with one node.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from core.trajectories.exchange.sheet import Head, plain


@dataclass(frozen=True, kw_only=True)
class Preset:
    """The columns of one program.

    Attributes:
        name: what it is called on the command line.
        title: the program's name.
        layouts: role (see `column_mapping`) → column; of several the first whose columns are all there is
            read.
        parts: how the columns of several points in one row end: x, y and, where there is one, how sure it
            is; empty where a row is one point.
        least: how sure a point must be to be seen.
        stacked: whether the names stand in several lines.
        centre: coordinate of the centre of the top left pixel.
        writes: role → column of what is exported; the first layout where it is empty.
    """

    name: str
    title: str
    layouts: tuple[Mapping[str, str], ...]
    parts: tuple[str, ...] = ()
    least: float = 0
    stacked: bool = False
    centre: float = 0
    writes: Mapping[str, str] = field(default_factory=dict)

    def fits(self, head: Head) -> bool:
        """Whether the head of a table shows for certain that it is this program's."""
        names = {plain(name) for name in head.names}
        several = [name for name in names if self.parts and name.endswith(self.parts[0])]
        there = any({plain(name) for name in layout.values()} <= names for layout in self.layouts)
        return head.named and head.stacked == self.stacked and there and bool(several) == bool(self.parts)


_NAPARI = (
    {"trajectory": "ID", "frame": "T", "y": "Y", "x": "X"},
    {"trajectory": "track_id", "frame": "T", "y": "Y", "x": "X"},
    {"trajectory": "axis-0", "frame": "axis-1", "y": "axis-3", "x": "axis-4"},  # with Z
    {"trajectory": "axis-0", "frame": "axis-1", "y": "axis-2", "x": "axis-3"},
    {"frame": "axis-0", "y": "axis-1", "x": "axis-2"},  # a Points layer: no tracks
    {"trajectory": "1", "frame": "2", "y": "4", "x": "5"},  # an array saved without names
    {"trajectory": "1", "frame": "2", "y": "3", "x": "4"},
)

PRESETS = {
    preset.name: preset
    for preset in (
        Preset(name="napari", title="napari", layouts=_NAPARI),
        Preset(
            name="trackpy",
            title="trackpy",
            layouts=({"frame": "frame", "trajectory": "particle", "y": "y", "x": "x"},),
        ),
        Preset(
            name="trackmate",
            title="TrackMate",
            layouts=({"trajectory": "TRACK_ID", "x": "POSITION_X", "y": "POSITION_Y", "frame": "FRAME"},),
        ),
        Preset(
            name="dlc",
            title="DeepLabCut",
            layouts=({"frame": "frame"},),
            parts=(".x", ".y", ".likelihood"),
            least=0.6,
            stacked=True,
        ),
        Preset(
            name="sleap",
            title="SLEAP",
            layouts=({"trajectory": "track", "frame": "frame_idx"},),
            parts=(".x", ".y", ".score"),
            writes={
                "trajectory": "track",
                "frame": "frame_idx",
                "confidence": "instance.score",
                "x": "point.x",
                "y": "point.y",
            },
        ),
    )
}
"""The programs by name."""


def found(head: Head) -> Preset | None:
    """The program whose table it is for certain, if there is one."""
    return next((preset for preset in PRESETS.values() if preset.fits(head)), None)
