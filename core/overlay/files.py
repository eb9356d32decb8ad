"""Overlays as files: a video that plays everywhere, or a picture a frame."""

import statistics
from collections.abc import Iterator, Sequence
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import av
import cv2
import numpy as np
from av.video.frame import VideoFrame
from av.video.reformatter import ColorRange, Colorspace
from av.video.stream import VideoStream

from core.datasets.clip import Clip
from core.datasets.reading import open_frames
from core.datasets.video_file import VideoFile
from core.errors import StudioError
from core.events import OnProgress
from core.overlay.rendering import Renderer, without_letters
from core.trajectories.exchange.choice import Choice
from core.trajectories.exchange.file_names import file_name
from core.trajectories.exchange.replacing import keep_frames, replacing, replacing_folder
from core.trajectories.model import ObjectTrajectory, PointTrajectories

VIDEO, PICTURES = "overlay", "overlay-pictures"
"""What they are called on the command line."""

TITLES = {VIDEO: "Overlay video (.mp4)", PICTURES: "Overlay pictures (.png)"}
"""What they are called in the window."""

_RATE = Fraction(25)
"""Frames a second where the source has no times, as images."""

_FASTEST, _SLOWEST = 1 / 240, 20.0
_NEW, _OLD = "libx264", "mpeg4"
_FINEST = 65_535  # parts of a second that MPEG-4 can tell apart
"""Seconds from frame to frame that the times of a video are believed to mean."""

_BT709 = 1  # in H.264's tables of colours
_QUALITY: dict[str, object] = {"crf": "18", "preset": "fast"}
_LARGEST = 16_384  # pixels a side that H.264 takes


def overlay_path(format: str, clip: Clip, folder: Path, name: str | None = None) -> Path:
    """Where an overlay is written: never under the name of the video that the clip may come from."""
    return folder / f"{name or file_name(clip.name)}-overlay{'.mp4' if format == VIDEO else ''}"


def overlay_losses(
    format: str, clip: Clip, points: PointTrajectories, objects: Sequence[ObjectTrajectory]
) -> list[str]:
    """What an overlay is not as the window shows it, in sentences."""
    said = []
    if format == VIDEO:
        width, height = _even(clip.width), _even(clip.height)
        if (width, height) != (clip.width, clip.height):
            said.append(
                f"The video is {width} x {height} pixels: such videos have even sides, so the last row or "
                "column is there twice."
            )
        if _encoder() != _NEW:
            said.append("The video is MPEG-4, which browsers do not play: no encoder of H.264 is here.")
    if labels := without_letters(objects):
        said.append(f"No font here has the letters of {', '.join(labels[:10])}; numbers stand for them.")
    return said


def frames_of(clip: Clip, choice: Choice) -> np.ndarray:
    """(N,) int64, the frames of a clip that are drawn."""
    every = np.arange(clip.frames)
    return every if choice.frames is None else every[choice.frames.holds(every)]


def write_overlay(
    format: str, path: Path, clip: Clip, renderer: Renderer, frames: np.ndarray, on_progress: OnProgress
) -> Path:
    """Write the overlay of a clip, whole or not at all; a frame at a time is held.

    Pictures are named after the frames of the clip's source.

    Args:
        format: `VIDEO` or `PICTURES`.
        path: of the file or folder; it takes the place of an older one.
        frames: (N,) int, those of the clip that are drawn, ascending; at least one.
        on_progress: called for each frame.

    Raises:
        StudioError: a frame cannot be read, or the place not be written.
    """
    keep_frames(clip, path)
    pictures = _pictures(clip, renderer, frames, on_progress)
    if format == PICTURES:
        with replacing_folder(path, "[0-9]*.png") as partial:
            for number, picture in zip(clip.source_frames(frames).tolist(), pictures, strict=True):
                _write_picture(partial / f"{number:05d}.png", picture)
    else:
        with replacing(path) as partial:
            _write_video(partial, clip, pictures, *_times(clip, frames))
    return path


def save_picture(path: Path, picture: np.ndarray) -> None:
    """Write (H, W, 3) uint8 RGB as a PNG, whole or not at all.

    Raises:
        StudioError: it cannot be written.
    """
    with replacing(path) as partial:
        _write_picture(partial, picture)


def _write_picture(path: Path, picture: np.ndarray) -> None:
    _, data = cv2.imencode(".png", picture[..., ::-1])
    path.write_bytes(data.tobytes())


def _pictures(
    clip: Clip, renderer: Renderer, frames: np.ndarray, on_progress: OnProgress
) -> Iterator[np.ndarray]:
    with open_frames(clip) as images:
        for place, frame in enumerate(frames.tolist()):
            on_progress(place, len(frames), clip.name)
            yield renderer.draw(images[frame], frame)


def _write_video(
    path: Path, clip: Clip, pictures: Iterator[np.ndarray], times: Sequence[int], unit: Fraction
) -> None:
    """Encode pictures, shown at some times in a unit of seconds."""
    width, height = _even(clip.width), _even(clip.height)
    if max(width, height) > _LARGEST:
        raise StudioError(f"{clip.name} is too large for a video; export {PICTURES}.")
    try:
        with av.open(f"file:{path}", "w", format="mp4", options={"movflags": "faststart"}) as container:
            stream = container.add_stream(_encoder(), rate=round(_rate(times, unit)) or 1)
            assert isinstance(stream, VideoStream)
            stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
            stream.time_base = stream.codec_context.time_base = unit
            stream.options = _QUALITY if _encoder() == _NEW else {"qscale": "2"}
            stream.codec_context.colorspace = _BT709
            stream.codec_context.color_range = ColorRange.MPEG
            for time, picture in zip(times, pictures, strict=True):
                padding = (0, height - clip.height), (0, width - clip.width), (0, 0)
                frame = VideoFrame.from_ndarray(np.pad(picture, padding, mode="edge"), format="rgb24")
                frame = frame.reformat(
                    format="yuv420p", dst_colorspace=Colorspace.ITU709, dst_color_range=ColorRange.MPEG
                )
                frame.pts, frame.time_base = time, unit
                container.mux(stream.encode(frame))
            container.mux(stream.encode())
    except av.error.FFmpegError as error:
        raise StudioError(f"The video cannot be written ({error.strerror}); choose another place.") from error


def _times(clip: Clip, frames: np.ndarray) -> tuple[list[int], Fraction]:
    """When each frame is shown, from 0 on, and the unit in seconds: as in the source where it says so.

    Raises:
        StudioError: the source is missing or no video.
    """
    if clip.is_video:
        with VideoFile(clip.root / clip.files[0]) as file:
            unit = file.unit
        times = [clip.timestamps[frame] for frame in clip.source_frames(frames).tolist()]
        times = [time - times[0] for time in times]
        if unit and _FASTEST <= 1 / _rate(times, unit) <= _SLOWEST:
            if _encoder() == _OLD and unit.denominator > _FINEST:
                return [round(time * unit * 1000) for time in times], Fraction(1, 1000)
            return times, unit
    return list(range(len(frames))), 1 / _RATE


def _rate(times: Sequence[int], unit: Fraction) -> Fraction:
    """Frames a second, as most of them are apart."""
    apart = statistics.median_low([after - before for before, after in pairwise(times)] or [1])
    return 1 / (unit * apart)


def _encoder() -> str:
    return _NEW if _NEW in av.codecs_available else _OLD


def _even(side: int) -> int:
    return side + side % 2
