"""What a file is that is not taken for what it was handed over as, told by its first bytes."""

from pathlib import Path

from core.errors import StudioError
from core.whole_file import open_file

_ARCHIVES = (b"PK\x03\x04", b"PK\x05\x06", b"Rar!\x1a\x07", b"7z\xbc\xaf\x27\x1c", b"\x1f\x8b", b"BZh")
_LISTS = (b"#EXTM3U", b"ffconcat", b"<?xml", b"<MPD", b"v=0", b"[playlist]", b"<smil", b"<asx")
_HEIC = (b"ftyphei", b"ftyphev", b"ftypmif1", b"ftypmsf1", b"ftypavif", b"ftypavis")
_PICTURES = (b"\xff\xd8\xff", b"\x89PNG\r\n", b"II*\0", b"MM\0*", b"BM", b"P4\n", b"P5\n", b"P6\n")
_TRACKS = (".json", ".xml", ".txt", ".csv", ".tsv", ".npz", ".npy", ".parquet", ".dat")
_TAR = slice(257, 262)


def is_heic(head: bytes) -> bool:
    """Whether a file of these first bytes is a HEIC or AVIF picture."""
    return head[4:].startswith(_HEIC)


def is_archive(head: bytes) -> bool:
    """Whether a file of these first bytes holds other files, packed."""
    return head.startswith(_ARCHIVES) or head[_TAR] == b"ustar"


def why_no_video(path: Path) -> str:
    """The sentence for a file that no video could be read from."""
    try:
        with open_file(path) as file:
            head = file.read(1024)
    except StudioError as error:
        return str(error)
    if not head:
        return f"{path} is empty, so it is not a video that can be read; copy it again."
    if is_archive(head):
        return f"{path} is an archive; unpack it, then choose the folder that it gives."
    if is_heic(head):
        return f"{path} is a HEIC picture; save it as JPEG, then choose the folder that holds the frames."
    if head[8:12] == b"WEBP" and b"ANIM" in head[12:64]:
        return f"{path} is an animated WebP picture; save it as a GIF or a video."
    if head.startswith(_PICTURES) or head[8:12] == b"WEBP":
        return f"{path} is a picture; choose the folder that holds the frames."
    if path.suffix.lower() in _TRACKS:
        return f"{path} is no video; if it holds tracks, import their clip first and then them, as tracks."
    if head.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(_LISTS):
        return f"{path} is a list of other files and not a video; choose the videos that it names."
    return f"{path} is not a video that can be read; replace it by a whole one, or convert it to MP4."
