"""Small files that unpack to gigabytes: each is read in a process of its own, under a limit of memory.

python -m tests.reliability.bombs READER FILE … says how reading each ended and what it took.
"""

import contextlib
import json
import math
import os
import struct
import subprocess
import sys
import tempfile
import time
import zipfile
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path

import numpy as np

from core.datasets.clip import Clip
from core.errors import StudioError
from tests.reliability.attack import Attack, Row, Skipped, failed, seeds

LIMIT = 3 << 30
"""Bytes of address space beyond what a process has when it begins to read."""
MOST = 600 << 20
"""Bytes that a reader may take: a picture of 2^27 pixels, the largest that is shown, has 400 MB as RGB."""
PATIENCE = 60
"""Seconds after which a reader counts as hung."""
ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Bomb:
    """A file that is small on disk; `make` writes it, `reader` is a key of `READERS`."""

    name: str
    reader: str
    make: Callable[[Path], None]


@dataclass(frozen=True)
class Ended:
    """How a reader ended: `said` is its sentence, or the name of what it raised with `is_clean` false.

    `peak` are the bytes of memory that it and its children took at most, `seconds` how long it took.
    """

    is_clean: bool
    said: str
    peak: int
    seconds: float


# --- files ------------------------------------------------------------------------------------


def _npz(path: Path, **shapes: tuple[str, tuple[int, ...]]) -> None:
    """An archive of arrays of zeros."""
    block = bytes(1 << 20)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, allowZip64=True) as archive:
        for name, (kind, shape) in shapes.items():
            text = f"{{'descr': '{kind}', 'fortran_order': False, 'shape': {shape}, }}\n".encode()
            with archive.open(f"{name}.npy", "w", force_zip64=True) as file:
                file.write(b"\x93NUMPY\x01\x00" + struct.pack("<H", len(text)) + text)
                left = math.prod(shape) * np.dtype(kind).itemsize
                while left > 0:
                    file.write(block[:left])
                    left -= len(block)


def proposals(path: Path) -> None:
    _npz(path, ids=("<U1", (0,)), offsets=("<i8", (1,)), boxes=("<f4", (210_000_000, 4)))


def tapvid(path: Path) -> None:
    _npz(path, tracks=("<f4", (20_000, 10_000, 2)), occluded=("|b1", (20_000, 10_000)))


def webp(path: Path) -> None:
    from PIL import Image

    Image.new("1", (16383, 16383)).convert("L").save(path, "WEBP", lossless=True, method=0, quality=0)


def tiff(path: Path) -> None:
    from PIL import Image

    Image.new("1", (23_000, 23_000)).save(path, "TIFF", compression="group4")


def gif(path: Path) -> None:
    from PIL import Image

    image = Image.new("P", (8, 8))
    image.save(path, "GIF")
    data = bytearray(path.read_bytes())
    data[6:10] = struct.pack("<HH", 60_000, 60_000)
    path.write_bytes(data)


def jpeg2000(path: Path) -> None:
    from PIL import Image

    Image.new("L", (64, 64)).save(path, "JPEG2000")
    data = path.read_bytes()
    for place in (data.find(b"ihdr") + 4, data.find(b"\xff\x51") + 6):
        data = data[:place] + struct.pack(">II", 60_000, 60_000) + data[place + 8 :]
    path.write_bytes(data)


def _film(path: Path, side: int, codec: str, packing: str) -> None:
    import av

    picture = av.VideoFrame(side, side, packing)
    for plane in picture.planes:
        plane.update(bytes(plane.buffer_size))
    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec, rate=Fraction(10))
        stream.width, stream.height, stream.pix_fmt = side, side, packing
        for number in range(3):
            picture.pts = number
            container.mux(stream.encode(picture))
        container.mux(stream.encode(None))


def mov(path: Path) -> None:
    _film(path, 16_000, "png", "gray")


def growing_film(path: Path) -> None:
    """Pictures of MJPEG that get larger than the file's head says."""
    import cv2

    _film(path, 64, "mjpeg", "yuvj420p")
    data = path.read_bytes()
    _, large = cv2.imencode(".jpg", np.zeros((12_000, 12_000), np.uint8))
    start = data.find(b"\xff\xd8")
    end = data.find(b"\xff\xd9", start) + 2
    small = bytearray(data[start:end])
    place = large.tobytes().find(b"\xff\xc0")
    head = small.find(b"\xff\xc0")
    small[head + 5 : head + 9] = large.tobytes()[place + 5 : place + 9]
    path.write_bytes(data[:start] + bytes(small) + data[end:])


def parquet(path: Path) -> None:
    import pyarrow
    import pyarrow.parquet

    rows = 60_000_000
    zeros = pyarrow.array(np.zeros(rows, np.float64))
    words = pyarrow.DictionaryArray.from_arrays(np.zeros(rows, np.int8), ["x" * 1000])
    table = {"x": zeros, "y": zeros, "frame": zeros, "trajectory": zeros, "label": words, "clip": words}
    pyarrow.parquet.write_table(
        pyarrow.table(table), path, compression="zstd", row_group_size=rows, compression_level=3
    )


def mat(path: Path) -> None:
    """Three hundred million zeros in the Segmentation of a groundTruth."""
    from scipy.io import savemat

    small = np.zeros((2, 2), np.uint8)
    savemat(path, {"groundTruth": {"Segmentation": small}})
    data = path.read_bytes()
    rows = columns = 16_384
    old = struct.pack("<IIii", 5, 8, 2, 2)
    inner = data[data.rfind(b"\x0e\0\0\0", 0, data.rfind(old)) + 8 : data.rfind(old)]
    pixels = struct.pack("<II", 2, rows * columns)
    picture = inner + struct.pack("<IIii", 5, 8, rows, columns) + struct.pack("<II", 1, 0) + pixels
    packer = zlib.compressobj(9)
    names = struct.pack("<HHI", 5, 4, 32) + struct.pack("<II", 1, 32) + b"Segmentation".ljust(32, b"\0")
    whole = (
        struct.pack("<IIII", 6, 8, 2, 0)
        + struct.pack("<IIii", 5, 8, 1, 1)
        + struct.pack("<II", 1, 11)
        + b"groundTruth".ljust(16, b"\0")
        + names
        + struct.pack("<II", 14, len(picture) + rows * columns)
    )
    packed = packer.compress(struct.pack("<II", 14, len(whole) + len(picture) + rows * columns) + whole)
    packed += packer.compress(picture)
    for _ in range(rows):
        packed += packer.compress(bytes(columns))
    packed += packer.flush()
    path.write_bytes(data[:128] + struct.pack("<II", 15, len(packed)) + packed)


def mat73(path: Path) -> None:
    import h5py

    with h5py.File(path, "w", userblock_size=512) as file:
        pixels = file.create_dataset(
            "groundTruth", (16_000, 16_000), "f8", chunks=(1000, 1000), compression="gzip", fillvalue=0
        )
        pixels.attrs["MATLAB_class"] = np.bytes_("double")
    data = bytearray(path.read_bytes())
    data[:10] = b"MATLAB 7.3"
    path.write_bytes(data)


def weights(path: Path) -> None:
    """A head of safetensors that claims a hundred million names."""
    path.write_bytes(struct.pack("<Q", 1 << 40) + b"{" * 1000)


def endless(path: Path) -> None:
    path.symlink_to("/dev/zero")


def pipe(path: Path) -> None:
    os.mkfifo(path)


# --- readers ----------------------------------------------------------------------------------


def _clip(path: Path) -> Clip:
    return Clip(name="a", dataset="frames", width=640, height=480, root=path.parent, files=("a",) * 10_000)


def _read_proposals(path: Path) -> None:
    from core.detection.proposal_file import Proposals

    Proposals.load(path)


def _read_tracks(format: str) -> Callable[[Path], None]:
    def read(path: Path) -> None:
        import importlib

        module = importlib.import_module(f"core.trajectories.exchange.{format}")
        module.read(path, _clip(path))

    return read


def _read_image(path: Path) -> None:
    from core.datasets.image import image_size, read_image

    image_size(path)
    read_image(path)


def _read_video(path: Path) -> None:
    from core.datasets.video_file import VideoFile

    with VideoFile(path) as video:
        for picture in video.from_start():
            video.pixels(picture)


def _read_mat(path: Path) -> None:
    from core.datasets.mat_reader import parsed

    with parsed([path] * 3) as found:
        found.picture(0, 0)


def _read_weights(path: Path) -> None:
    from core.networks.weights import FILE

    FILE.read(path)


READERS: dict[str, Callable[[Path], None]] = {
    "proposals": _read_proposals,
    "tapvid": _read_tracks("tapvid_reading"),
    "parquet": _read_tracks("parquet"),
    "csv": _read_tracks("table"),
    "image": _read_image,
    "video": _read_video,
    "mat": _read_mat,
    "weights": _read_weights,
}

_FAR = ("mat", "weights")
"""Readers that take seconds to begin."""

QUICK = (
    Bomb("gif.png", "image", gif),
    Bomb("jpeg2000.png", "image", jpeg2000),
    *(Bomb(f"endless {reader}", reader, endless) for reader in READERS if reader not in _FAR),
    *(Bomb(f"pipe {reader}", reader, pipe) for reader in READERS if reader not in _FAR),
)
"""Those that are made in a moment."""

SLOW = (
    Bomb("weights.safetensors", "weights", weights),
    *(Bomb(f"endless {reader}", reader, endless) for reader in _FAR),
    *(Bomb(f"pipe {reader}", reader, pipe) for reader in _FAR),
    Bomb("proposals.npz", "proposals", proposals),
    Bomb("tapvid.npz", "tapvid", tapvid),
    Bomb("webp.webp", "image", webp),
    Bomb("tiff.tif", "image", tiff),
    Bomb("film.mov", "video", mov),
    Bomb("growing.mov", "video", growing_film),
    Bomb("parquet.parquet", "parquet", parquet),
    Bomb("mat.mat", "mat", mat),
    Bomb("mat73.mat", "mat", mat73),
)


def ended(bombs: Sequence[tuple[Bomb, Path]]) -> list[Ended]:
    """Read files one after the other in a process of its own; those after one that ends it are missing."""
    words = [word for bomb, path in bombs for word in (bomb.reader, str(path))]
    command = [sys.executable, "-m", "tests.reliability.bombs", *words]
    hung = False
    with tempfile.TemporaryFile("w+") as out, tempfile.TemporaryFile("w+") as said:
        try:
            code = subprocess.run(
                command, cwd=ROOT, stdout=out, stderr=said, timeout=PATIENCE * len(bombs), check=False
            ).returncode
        except subprocess.TimeoutExpired:
            hung, code = True, 0
        out.seek(0)
        found = [Ended(**json.loads(line)) for line in out]
        said.seek(0)
        last = (said.read().strip().splitlines() or [""])[-1]
    if len(found) < len(bombs):
        found.append(Ended(False, "hung" if hung else f"exit code {code}: {last}", 0, 0))
    return found


def wrong(found: Ended) -> str:
    """What is wrong with how a reader ended; empty where nothing is."""
    if not found.is_clean:
        return found.said
    return f"took {found.peak >> 20:,} MB" if found.peak > MOST else ""


def bombs(seconds: float, seed: int) -> Row:
    """Every bomb gives a sentence, or little enough."""
    if sys.platform == "win32":
        raise Skipped("Windows has no limit of memory for a process")
    rounds, failures, largest = 0, [], 0
    with tempfile.TemporaryDirectory(prefix="associationnet-bombs-") as folder:
        made: dict[str, Path] = {}
        for one in seeds(seconds, seed):
            bomb = (*SLOW, *QUICK)[(one - 1) % len((*SLOW, *QUICK))]
            if bomb.name not in made:
                made[bomb.name] = Path(folder) / bomb.name
                bomb.make(made[bomb.name])
            (found,) = ended([(bomb, made[bomb.name])])
            rounds, largest = rounds + 1, max(largest, found.peak)
            if fault := wrong(found):
                failures.append(failed(one, f"{bomb.name}: {fault}"))
    return Row(rounds, tuple(failures), f"at most {largest >> 20:,} MB")


def _limited() -> None:
    import resource

    pages = (
        int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0]) if sys.platform == "linux" else 0
    )
    most = pages * resource.getpagesize() + LIMIT
    resource.setrlimit(resource.RLIMIT_AS, (most, most))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _peak() -> int:
    import resource

    unit = 1 if sys.platform == "darwin" else 1024
    children = unit * resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    if sys.platform == "linux":  # where a process that is begun inherits the peak of who began it
        lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
        return max(children, 1024 * int(next(line.split()[1] for line in lines if line.startswith("VmHWM"))))
    return max(children, unit * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)


def main(words: Sequence[str]) -> None:
    asked = [(READERS[reader], Path(path)) for reader, path in zip(words[::2], words[1::2], strict=True)]
    for read, path in asked:
        with contextlib.suppress(StudioError):
            read(path.with_name("missing"))  # so that what is imported is there
    _limited()
    for read, path in asked:
        before, began = _peak(), time.monotonic()
        try:
            read(path)
            found = Ended(True, "", 0, 0)
        except StudioError as error:
            found = Ended(True, str(error), 0, 0)
        except Exception as error:
            found = Ended(False, f"{type(error).__name__}: {error}"[:200], 0, 0)
        found = replace(found, peak=_peak() - before, seconds=round(time.monotonic() - began, 1))
        print(json.dumps(found.__dict__), flush=True)


ATTACKS = (Attack("bombs", bombs, share=1),)

if __name__ == "__main__":
    main(sys.argv[1:])
