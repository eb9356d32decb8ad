"""Video files: an index made once by decoding all of it, and exact access to frame N by that index.

Frame N is the N-th picture that decoding from the start gives, whatever the container says of
rates, durations and counts. Access goes by presentation time from a key picture on; a key picture
is used only when seeking to it gave the very pixels that decoding from the start gave. Where the
times are missing or out of order (damaged files, some containers), decoding starts at frame 0.
Rotation that a file asks for is not applied: coordinates are of the stored frames.
"""

import itertools
import zlib
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import av
import numpy as np
from av.container import InputContainer
from av.video.frame import VideoFrame

from core.datasets.clip import Clip
from core.datasets.folder import natural_key
from core.datasets.found import FoundClip, FoundClips
from core.datasets.image import image_names
from core.errors import StudioError
from core.events import OnProgress

SUFFIXES = (
    ".mp4",
    ".avi",
    ".mov",
    ".mkv",
    ".webm",
    ".m4v",
    ".mpg",
    ".mpeg",
    ".ts",
    ".mts",
    ".wmv",
    ".flv",
    ".ogv",
)
"""Of files that are taken as videos, in lower case."""

_APART = 12  # frames between starting points: decoding as many takes less than one seek
_HOPELESS = 10_000  # broken packets after which a file is given up


def find(source: Path, on_progress: OnProgress) -> FoundClips | None:
    """The clip of a video file, or those of the video files in a folder or, one level down, in its folders.

    Raises:
        StudioError: a file cannot be read as a video.
    """
    paths = [source] if source.is_file() else _videos(source)
    if not paths and not image_names(source):
        inside = sorted(
            (item for item in source.iterdir() if item.is_dir()), key=lambda f: natural_key(f.name)
        )
        paths = [path for folder in inside for path in _videos(folder)]
    clips = []
    for number, path in enumerate(paths):
        on_progress(number, len(paths), path.name)
        clips.append(index_video(path, partial(_report_frame, on_progress, number, len(paths), path.name)))
    return FoundClips(format="video", clips=tuple(clips)) if clips else None


def index_video(path: Path, on_frame: Callable[[int], None] = lambda frame: None) -> FoundClip:
    """Decode a video once and note the time of every frame and where decoding can start.

    `on_frame` is called with the number of each frame.

    Raises:
        StudioError: the file is missing, no video, holds no picture, or pictures of several sizes.
    """
    times: list[int | None] = []
    starts: dict[int, int] = {}  # frame -> checksum of its pixels
    sizes: set[tuple[int, int]] = set()
    rotation = 0
    with _Decoder(path) as decoder:
        for number, frame in enumerate(decoder.from_start()):
            on_frame(number)
            times.append(frame.pts)
            sizes.add((frame.width, frame.height))
            rotation = rotation or frame.rotation
            if frame.key_frame and (not starts or number - max(starts) >= _APART):
                starts[number] = _checksum(frame)
        if not times:
            raise StudioError(f"{path} holds no picture that can be decoded; replace it by a whole video.")
        if len(sizes) > 1:
            raise StudioError(f"{path} changes its frame size on the way; convert it to one size first.")
        ordered = _in_order(times)
        timestamps = tuple(ordered) if ordered else tuple(range(len(times)))
        keyframes = [0]
        if ordered:
            keyframes += [n for n, checksum in starts.items() if n and decoder.leads_to(ordered[n], checksum)]
        unit = decoder.seconds(1) if ordered else 0.0
        warnings = _warnings(path, decoder, rotation, timestamps if ordered else ())
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
    return FoundClip(clip=clip, unit=unit, warnings=warnings)


class VideoFrames:
    """The frames of an indexed video; the decoder stays open, so reading on is fast. For one thread."""

    def __init__(self, clip: Clip) -> None:
        """Open the file.

        Raises:
            StudioError: it is missing or no video.
        """
        self._clip = clip
        self._decoder = _Decoder(clip.root / clip.files[0])
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
        if not 0 <= self._next <= number or start > self._next:
            self._start_at(start)
        picture = next(itertools.islice(self._pictures, number - self._next, None), None)
        self._next = number + 1
        if picture is None or not self._fits(picture, number):
            self._next = -1
            path = self._clip.root / self._clip.files[0]
            raise StudioError(
                f"{path} is not the video that was imported; restore that file, or import this one again."
            )
        return picture.to_ndarray(format="rgb24")

    def close(self) -> None:
        self._decoder.close()

    def __enter__(self) -> "VideoFrames":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _start_at(self, start: int) -> None:
        self._sought = start > 0
        if self._sought:
            self._pictures = self._decoder.from_time(self._clip.timestamps[start])
        else:
            self._pictures = self._decoder.from_start()
        self._next = start

    def _fits(self, picture: VideoFrame, number: int) -> bool:
        in_time = not self._sought or picture.pts == self._clip.timestamps[number]
        return in_time and (picture.width, picture.height) == (self._clip.width, self._clip.height)


class _Decoder:
    """An open file and its first video stream; packets that cannot be decoded are passed over."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.broken = 0  # packets passed over
        self._container = self._open()
        self._fresh = True

    def _open(self) -> InputContainer:
        if not self.path.is_file():
            raise StudioError(f"There is no file {self.path}; put it back, or use Find moved frames.")
        try:
            container = av.open(str(self.path))
        except (av.error.FFmpegError, OSError) as error:
            raise StudioError(
                f"{self.path} is not a video that can be read; replace it by a whole one."
            ) from error
        if not container.streams.video:
            container.close()
            raise StudioError(f"{self.path} holds no video; choose a file with pictures.")
        return container

    def announced(self) -> float:
        """How long the file says it is, in seconds; 0 where it does not say."""
        stream = self._container.streams.video[0]
        by_duration = float((stream.duration or 0) * (stream.time_base or 0))
        by_count = float(stream.frames / stream.average_rate) if stream.average_rate else 0.0
        return max(by_duration, by_count)

    def seconds(self, units: int) -> float:
        """A span of the stream's units in seconds."""
        return float(units * (self._container.streams.video[0].time_base or 0))

    def from_start(self) -> Iterator[VideoFrame]:
        """Every picture of the file, in order of presentation."""
        if not self._fresh:
            self._container.close()
            self._container = self._open()
        self._fresh = False
        return self._pictures()

    def from_time(self, time: int) -> Iterator[VideoFrame]:
        """Pictures from the one at `time` on, in the stream's units; none when seeking passes over it."""
        self._fresh = False
        try:
            self._container.seek(time, stream=self._container.streams.video[0], backward=True)
        except av.error.FFmpegError:
            return
        reached = False
        for picture in self._pictures():
            if not reached:
                if picture.pts is None or picture.pts < time:
                    continue
                if picture.pts > time:
                    return
                reached = True
            yield picture

    def leads_to(self, time: int, checksum: int) -> bool:
        """Whether seeking to `time` gives the picture of that checksum."""
        return any(_checksum(picture) == checksum for picture in itertools.islice(self.from_time(time), 1))

    def close(self) -> None:
        self._container.close()

    def __enter__(self) -> "_Decoder":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _pictures(self) -> Iterator[VideoFrame]:
        packets = self._container.demux(self._container.streams.video[0])
        while True:
            try:
                packet = next(packets, None)
                if packet is None:
                    return
                pictures = packet.decode()
            except av.error.EOFError:
                return
            except av.error.FFmpegError:
                self.broken += 1
                if packet is None or self.broken > _HOPELESS:
                    return
                continue
            yield from (picture for picture in pictures if isinstance(picture, VideoFrame))


def _report_frame(on_progress: OnProgress, number: int, total: int, name: str, frame: int) -> None:
    if frame % 100 == 0:
        on_progress(number, total, f"{name}, frame {frame}" if frame else name)


def _videos(folder: Path) -> list[Path]:
    paths = (item for item in folder.iterdir() if item.suffix.lower() in SUFFIXES and item.is_file())
    return sorted(paths, key=lambda path: natural_key(path.name))


def _checksum(picture: VideoFrame) -> int:
    return zlib.crc32(picture.to_ndarray(format="rgb24").tobytes())


def _in_order(times: list[int | None]) -> list[int] | None:
    """The times if each is known and later than the one before, else None."""
    known = [time for time in times if time is not None]
    in_order = all(a < b for a, b in itertools.pairwise(known))
    return known if len(known) == len(times) and in_order else None


def _warnings(path: Path, decoder: _Decoder, rotation: int, times: tuple[int, ...]) -> tuple[str, ...]:
    warnings = []
    if decoder.broken:
        count = decoder.broken
        warnings.append(f"{path.name} is damaged: {count} packets could not be decoded and were passed over.")
    announced, lasts = decoder.announced(), decoder.seconds(times[-1] - times[0]) if times else 0.0
    if times and lasts + 1 < 0.9 * announced:
        warnings.append(
            f"{path.name} announces {announced:.1f} s and holds {lasts:.1f} s of pictures; "
            "it may be cut short."
        )
    if rotation:
        warnings.append(
            f"{path.name} asks to be turned by {rotation} degrees; its frames were taken as stored."
        )
    return tuple(warnings)
