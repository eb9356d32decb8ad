"""A video file while it is open: which containers and streams are taken, and its pictures in order.

Only containers that hold their pictures themselves are opened: no playlist, no list of files, no stream
of a network, no text that would be drawn. Packets that cannot be decoded are passed over.
"""

import itertools
import zlib
from collections.abc import Iterable, Iterator
from fractions import Fraction
from pathlib import Path
from typing import cast

import av
import numpy as np
from av.container import InputContainer
from av.sidedata.sidedata import SideData, Type
from av.stream import Disposition
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from core.datasets.clip import MOST_PIXELS
from core.datasets.file_kind import why_no_video
from core.datasets.orientation import AS_STORED, of_matrix
from core.errors import StudioError
from core.whole_file import size_of

_CONTAINERS = (
    *("mov", "matroska", "avi", "mpeg", "mpegts", "asf", "flv", "ogg", "mxf", "dv", "rm", "nut", "wtv"),
    *("wav", "mp3", "aac", "flac", "aiff"),  # which hold sound, as is said then, and a picture of a cover
    *("gif", "apng", "ivf", "obu", "h264", "hevc", "m4v", "mpegvideo", "mjpeg", "yuv4mpegpipe", "cine"),
)
_OPTIONS = {
    "format_whitelist": ",".join(_CONTAINERS),
    "protocol_whitelist": "file",
    "max_pixels": str(2 * MOST_PIXELS),
}
"""What FFmpeg keeps to, also while it looks for streams."""

_NO_FILM = Disposition.attached_pic | Disposition.timed_thumbnails | Disposition.still_image
_LARGEST = 1 << 43  # bytes of a file; days of film
_HOPELESS = 10_000  # broken packets after which a file is given up
_COPY = 16  # pixels of each side of a copy that is made for its side data


class VideoFile:
    """An open file and its first stream of moving pictures."""

    def __init__(self, path: Path) -> None:
        """Open it.

        Raises:
            StudioError: it is missing, no video, or its pictures are too large.
        """
        self.path = path
        self.broken = 0  # packets passed over
        self._seen = False  # whether a picture told how it is to be turned, which holds for all
        self._asked: int | None = AS_STORED
        self._container, self._stream = self._open()
        self._fresh = True

    def _open(self) -> tuple[InputContainer, VideoStream]:
        if not self.path.exists():
            raise StudioError(f"There is no file {self.path}; put it back, or use Find moved frames.")
        size_of(self.path, _LARGEST)
        try:
            # with the name of the protocol, no other is looked for in the path
            container = av.open(f"file:{self.path}", options=dict(_OPTIONS), metadata_errors="replace")
        except (av.error.FFmpegError, OSError, ValueError) as error:
            raise StudioError(why_no_video(self.path)) from error
        try:
            return container, self._film(container)
        except StudioError:
            container.close()
            raise

    def _film(self, container: InputContainer) -> VideoStream:
        films = _films(container)
        if not films:
            cover = "nothing but a picture of its cover" if container.streams.video else "no video"
            raise StudioError(f"{self.path} holds {cover}; choose a file with moving pictures.")
        context = films[0].codec_context
        if context is None:  # of streams that nothing here decodes
            raise StudioError(
                f"{self.path} holds pictures that are packed in a way unknown here; convert it to H.264."
            )
        if not context.width * context.height:  # what FFmpeg leaves where `_OPTIONS` refused its pictures
            raise StudioError(
                f"{self.path} has damaged pictures or far too large ones (at most {MOST_PIXELS:,} pixels); "
                "make them smaller, or convert it to H.264."
            )
        if context.width * context.height > MOST_PIXELS:
            raise StudioError(
                f"{self.path} is {context.width} x {context.height} pixels, which is too large (at most "
                f"{MOST_PIXELS:,} pixels); make it smaller."
            )
        context.options = {"max_pixels": str(MOST_PIXELS)}  # pictures may become larger on the way
        return films[0]

    def announced(self) -> float:
        """How long the file says it is, in seconds; 0 where it does not say."""
        stream = self._stream
        by_duration = float((stream.duration or 0) * (stream.time_base or 0))
        by_count = float(stream.frames / stream.average_rate) if stream.average_rate else 0.0
        return max(by_duration, by_count)

    @property
    def orientation(self) -> int:
        """How its pictures are to be turned, see `core.datasets.orientation`; known once one was read."""
        return self._asked or AS_STORED

    @property
    def is_askew(self) -> bool:
        """Whether they ask for another angle than right ones, which is not followed."""
        return self._asked is None

    def films(self) -> int:
        """How many streams of moving pictures it has."""
        return len(_films(self._container))

    @property
    def unit(self) -> Fraction:
        """Seconds of a unit of the stream's times; 0 where it does not say."""
        return self._stream.time_base or Fraction(0)

    def seconds(self, units: int) -> float:
        """A span of the stream's units in seconds."""
        return float(units * self.unit)

    def from_start(self) -> Iterator[VideoFrame]:
        """Every picture of the file, in order of presentation."""
        if not self._fresh:
            self._container.close()
            self._container, self._stream = self._open()
        self._fresh = False
        return self._pictures()

    def from_time(self, time: int) -> Iterator[VideoFrame]:
        """Pictures from the one at `time` on, in the stream's units; none when seeking passes over it."""
        self._fresh = False
        try:
            self._container.seek(time, stream=self._stream, backward=True)
        except (av.error.FFmpegError, OSError):
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
        first = itertools.islice(self.from_time(time), 1)
        return any(self.checksum(picture) == checksum for picture in first)

    def pixels(self, picture: VideoFrame) -> np.ndarray:
        """A picture as stored, (H, W, 3) uint8, RGB; what is transparent shows the colour it has.

        Raises:
            StudioError: its kind of colours cannot be converted.
        """
        try:
            return picture.to_ndarray(format="rgb24")
        except (av.error.FFmpegError, OSError, ValueError) as error:
            raise StudioError(
                f"{self.path} has pictures of a kind ({picture.format.name}) that cannot be shown; convert "
                "it to H.264."
            ) from error

    def checksum(self, picture: VideoFrame) -> int:
        """A number that pictures of the same pixels share."""
        return zlib.crc32(self.pixels(picture).tobytes())

    def close(self) -> None:
        self._container.close()

    def __enter__(self) -> "VideoFile":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _pictures(self) -> Iterator[VideoFrame]:
        packets, packet = self._container.demux(self._stream), None
        while True:
            packet = None
            try:
                packet = next(packets, None)
                if packet is None:
                    return
                pictures = packet.decode()
            except av.error.EOFError:
                return
            except IndexError:  # PyAV, of a packet of a stream that begins on the way, such as sound
                packets = self._container.demux(self._stream)
                continue
            except (av.error.FFmpegError, OSError, ValueError):
                self.broken += 1
                if packet is None or self.broken > _HOPELESS:
                    return
                continue
            for picture in pictures:
                if isinstance(picture, VideoFrame):
                    if not self._seen:
                        self._seen, self._asked = True, _orientation(picture)
                    yield picture


def _orientation(picture: VideoFrame) -> int | None:
    """How a picture is to be turned.

    A small copy of it is asked: PyAV ties a picture and the list of its side data into a ring, which would
    keep the decoder with its threads and pictures until garbage is collected.
    """
    try:
        copy = picture.reformat(_COPY, _COPY)
    except (av.error.FFmpegError, OSError, ValueError):  # it cannot be shown either, see `VideoFile.pixels`
        return AS_STORED
    for data in cast("Iterable[SideData]", copy.side_data):
        if data.type == Type.DISPLAYMATRIX:
            return of_matrix(np.frombuffer(memoryview(data), np.int32).tolist())
    return AS_STORED


def _films(container: InputContainer) -> list[VideoStream]:
    """Its streams of pictures that move: no cover, no thumbnails."""
    return [stream for stream in container.streams.video if not stream.disposition & _NO_FILM]
