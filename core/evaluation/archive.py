"""The archive that VOC's evaluation server takes: comp4 files under `results/VOC<year>/Main`."""

import gzip
import io
import tarfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from core.atomic_file import check_writable, write_atomically
from core.datasets.voc import CLASSES
from core.errors import StudioError
from core.evaluation import comp4
from core.whole_file import read_whole


def write_archive(archive: Path, detections: Path, year: int, set_name: str, images: Sequence[str]) -> int:
    """Check the comp4 files of a set and pack them as a `.tar.gz`; the same files give the same bytes.

    Args:
        archive: the file to write; an old one is replaced once the new one is whole.
        detections: the folder of the comp4 files, one for each of VOC's twenty classes.
        images: the ids that the set lists; there may be none detected in, but no other.

    Returns:
        The number of detections.

    Raises:
        StudioError: a class has no file, a line (named with its number) is not six finite fields or is of
            another image, there are no detections at all, or the archive cannot be written.
    """
    files = comp4.files_of(detections, set_name, CLASSES)
    missing = [comp4.file_name(set_name, name) for name in CLASSES if name not in files]
    if missing:
        raise StudioError(
            f"{detections} has {len(CLASSES) - len(missing)} of the {len(CLASSES)} files of {set_name}, "
            f"{missing[0]} is missing; detect in {set_name} first."
        )
    count = sum(len(comp4.read(path, images, most_odd=0).scores) for path in files.values())
    if count == 0:
        raise StudioError(f"{detections} holds no detections in {set_name}; detect with another detector.")
    try:
        check_writable(archive)
        write_atomically(archive, _packed(files, set_name, f"results/VOC{year}/Main"))
    except OSError as error:
        raise StudioError(
            f"Cannot write {archive} ({error.strerror}); free some space or choose another file."
        ) from error
    return count


def _packed(files: Mapping[str, Path], set_name: str, folder: str) -> bytes:
    """Neither the time nor the user is in it."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w", format=tarfile.USTAR_FORMAT) as tar:
        for name, path in files.items():
            data = read_whole(path)
            entry = tarfile.TarInfo(f"{folder}/{comp4.file_name(set_name, name)}")
            entry.size, entry.mode = len(data), 0o644
            tar.addfile(entry, io.BytesIO(data))
    return gzip.compress(packed.getvalue(), mtime=0)
