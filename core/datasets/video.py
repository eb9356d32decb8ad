"""Video files: an index made once by decoding all of it, and exact access to frame N by that index.

Frame N is the N-th picture that decoding from the start gives, whatever the container says of
rates, durations and counts. Access goes by presentation time from a key picture on; a key picture
is used only when seeking to it gave the very pixels that decoding from the start gave. Where the
times are missing or out of order (damaged files, some containers), decoding starts at frame 0.
Frames are turned as the file asks; coordinates are of the turned frames.
"""

import itertools
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import numpy as np
from av.video.frame import VideoFrame

from core.datasets.clip import Clip
from core.datasets.folder import files, folders, holding, some
from core.datasets.found import FoundClip, FoundClips
from core.datasets.image import image_names
from core.datasets.orientation import AS_STORED, upright, upright_size
from core.datasets.video_file import VideoFile
from core.errors import StudioError
from core.events import OnProgress

ANIMATIONS = (".gif", ".apng")
"""Of files that are taken as videos where they are named, or lie in a folder without pictures."""

SUFFIXES = (
    *(".mp4", ".avi", ".mov", ".mkv", ".webm", ".m4v", ".mpg", ".mpeg", ".ts", ".mts", ".m2ts", ".wmv"),
    *(".flv", ".ogv", ".3gp", ".vob", ".mxf", *ANIMATIONS),
)
"""Of files that are taken as videos, in lower case."""

_APART = 12  # frames between starting points: decoding as many takes less than one seek


def find(source: Path, on_progress: OnProgress) -> FoundClips | None:
    """The clip of a video file, or those of the video files in a folder or, without any, in its folders.

    Of a folder, files that cannot be read are left out, and said, while there are others.

    Raises:
        StudioError: no file can be read as a video.
    """
    paths = [source] if source.is_file() else _videos(source)
    if not paths and not image_names(source):
        paths = [path for folder in holding(source, _videos) for path in _videos(folder)]
    clips, warnings, refused = [], _passed_over(source, paths), []
    for number, path in enumerate(paths):
        on_progress(number, len(paths), path.name)
        on_frame = partial(_report_frame, on_progress, number, len(paths), path.name)
        try:
            clips.append(index_video(path, on_frame))
        except StudioError as error:
            refused.append(str(error))
    if refused and not clips:
        raise StudioError(refused[0])
    warnings += [f"Left out: {sentence}" for sentence in refused]
    return FoundClips(format="video", clips=tuple(clips), warnings=tuple(warnings)) if clips else None


def index_video(path: Path, on_frame: Callable[[int], None] = lambda frame: None) -> FoundClip:
    """Decode a video once and note the time of every frame and where decoding can start.

    `on_frame` is called with the number of each frame.

    Raises:
        StudioError: the file is missing, no video, holds no picture, or pictures of several sizes.
    """
    times: list[int | None] = []
    starts: dict[int, int] = {}  # frame -> checksum of its pixels
    sizes: set[tuple[int, int]] = set()
    interlaced = 0
    with VideoFile(path) as video:
        for number, frame in enumerate(video.from_start()):
            on_frame(number)
            times.append(frame.pts)
            sizes.add(upright_size(frame.width, frame.height, video.orientation))
            interlaced += frame.interlaced_frame
            if frame.key_frame and (not starts or number - max(starts) >= _APART):
                starts[number] = video.checksum(frame)
        if not times:
            raise StudioError(f"{path} holds no picture that can be decoded; replace it by a whole video.")
        if len(sizes) > 1:
            raise StudioError(f"{path} changes its frame size on the way; convert it to one size first.")
        ordered = _in_order(times)
        timestamps = tuple(ordered) if ordered else tuple(range(len(times)))
        keyframes = [0]
        if ordered:
            keyframes += [n for n, checksum in starts.items() if n and video.leads_to(ordered[n], checksum)]
        unit = video.seconds(1) if ordered else 0.0
        warnings = _warnings(video, timestamps if ordered else ())
    if interlaced * 2 > len(times):
        warnings.append(
            f"{path.name} is interlaced: every frame holds two moments in alternate lines; deinterlace it "
            "where edges look like combs."
        )
    width, height = sizes.pop()
    clip = Clip(
        name=path.stem,
        dataset="video",
        width=width,
        height=height,
        root=path.parent,
        files=(path.name,),
        timestamps=timestamps,
        keyframes=tuple(keyframes),
    )
    return FoundClip(clip=clip, unit=unit, warnings=tuple(warnings))


class VideoFrames:
    """The frames of an indexed video; the decoder stays open, so reading on is fast. For one thread."""

    def __init__(self, clip: Clip) -> None:
        """Open the file.

        Raises:
            StudioError: it is missing or no video.
        """
        self._clip = clip
        self._video = VideoFile(clip.root / clip.files[0])
        self._pictures: Iterator[VideoFrame] = iter(())
        self._sought = False  # whether decoding began elsewhere than at frame 0
        self._next = -1  # the frame of the file that `_pictures` gives next; -1 before the first

    def __len__(self) -> int:
        return self._clip.frames

    def __getitem__(self, frame: int) -> np.ndarray:
        """Frame number `frame` as (H, W, 3) uint8, RGB.

        Raises:
            StudioError: the file is not the one that was imported.
            IndexError: there is no such frame.
        """
        if not 0 <= frame < len(self):
            raise IndexError(f"frame {frame} of {len(self)}")
        number = self._clip.start + frame * self._clip.step
        start = max((key for key in self._clip.keyframes if key <= number), default=0)
        if not 0 <= self._next <= number or start > self._next + _APART:
            self._start_at(start)
        picture = next(itertools.islice(self._pictures, number - self._next, None), None)
        self._next = number + 1
        if picture is not None and (not self._sought or picture.pts == self._clip.timestamps[number]):
            orientation = self._video.orientation if self._clip.upright else AS_STORED
            size = upright_size(picture.width, picture.height, orientation)
            if size == (self._clip.width, self._clip.height):
                return upright(self._video.pixels(picture), orientation)
        self._next = -1
        raise StudioError(
            f"{self._video.path} is not the video that was imported; restore that file, or import this one "
            "again."
        )

    def close(self) -> None:
        self._video.close()

    def __enter__(self) -> "VideoFrames":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _start_at(self, start: int) -> None:
        self._sought = start > 0
        if self._sought:
            self._pictures = self._video.from_time(self._clip.timestamps[start])
        else:
            self._pictures = self._video.from_start()
        self._next = start


def _report_frame(on_progress: OnProgress, number: int, total: int, name: str, frame: int) -> None:
    if frame % 100 == 0:
        on_progress(number, total, f"{name}, frame {frame}" if frame else name)


def _videos(folder: Path) -> list[Path]:
    found = files(folder, SUFFIXES)
    if any(path.suffix.lower() in ANIMATIONS for path in found) and image_names(folder):
        return [path for path in found if path.suffix.lower() not in ANIMATIONS]
    return found


def _passed_over(source: Path, paths: list[Path]) -> list[str]:
    """What lies beside the videos of a folder and is not taken."""
    if not paths or source.is_file() or paths[0].parent != source:
        return []
    warnings, pictures = [], image_names(source)
    others = [folder.name for folder in folders(source) if _videos(folder) or len(image_names(folder)) > 1]
    if others:
        warnings.append(
            f"{source.name} holds videos itself, so what lies in its folders was left out ({some(others)}); "
            "choose them one by one to import them."
        )
    if len(pictures) < 2:
        return warnings
    return [
        *warnings,
        f"{source.name} holds {len(pictures)} pictures beside its videos; they were left out, so put them "
        "into a folder of their own to import them.",
    ]


def _in_order(times: list[int | None]) -> list[int] | None:
    """The times if each is known and later than the one before, else None."""
    known = [time for time in times if time is not None]
    in_order = all(a < b for a, b in itertools.pairwise(known))
    return known if len(known) == len(times) and in_order else None


def _warnings(video: VideoFile, times: tuple[int, ...]) -> list[str]:
    warnings, name = [], video.path.name
    if video.broken:
        warnings.append(
            f"{name} is damaged: {video.broken} packets could not be decoded and were passed over."
        )
    announced, lasts = video.announced(), video.seconds(times[-1] - times[0]) if times else 0.0
    if times and lasts + 1 < 0.9 * announced:
        warnings.append(
            f"{name} announces {announced:.1f} s and holds {lasts:.1f} s of pictures; it may be cut short."
        )
    if video.orientation != AS_STORED:
        warnings.append(f"{name} is stored turned; its frames were turned as it asks.")
    if video.is_askew:
        warnings.append(f"{name} asks to be turned by no right angle; its frames were taken as stored.")
    if video.films() > 1:
        warnings.append(f"{name} holds {video.films()} streams of pictures; the first was taken.")
    return warnings
