"""Pack real data small enough to carry to another machine, such as one with a GPU.

    python -m benchmarks.pack --clips DIR [DIR ...] --voc VOCdevkit --out PACK [--side 240] [--megabytes 60]

Frames are reduced to a short side, with their label pictures, and written as one DAVIS folder; a project is
made of them, its points tracked and its objects densified; as many pictures of VOC's trainval and test as the
budget leaves are copied unchanged, two of the first for one of the second, with their proposals. Prints what
was packed as JSON, also in `PACK/pack.json`. `benchmarks.gpu` works from such a folder.
"""

import argparse
import contextlib
import json
import shutil
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np

from core.datasets.found import FoundClip
from core.datasets.image import encode_palette_png
from core.datasets.label_meaning import palette
from core.datasets.readers import find_clips, read_labels
from core.datasets.reading import open_frames
from core.datasets.voc import read_split
from core.project.project import Project
from core.trajectories import store

ROOT = Path(__file__).resolve().parent.parent
QUALITY = 87
YEAR = 2007
PROPOSALS = 24_000
"""Bytes that the proposals of one picture take, about."""


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--clips", type=Path, nargs="+", required=True, metavar="DIR")
    parser.add_argument("--voc", type=Path, required=True, metavar="DIR")
    parser.add_argument("--out", type=Path, required=True, metavar="PACK")
    parser.add_argument("--side", type=int, default=240)
    parser.add_argument("--megabytes", type=float, default=60)
    parser.add_argument("--preset", default="fast", help="of tracking")
    parser.add_argument("--mode", default="rcnn", help="of selective search")
    args = parser.parse_args()
    out: Path = args.out.resolve()
    if out.exists() and any(out.iterdir()):
        sys.exit(f"{out} is not empty; name another folder.")

    project = out / "project"
    Project.create(project).close()  # frames inside a project move with it
    frames = 0
    for source in args.clips:
        for found in find_clips(source.resolve()).clips:
            frames += _reduce(found, project / "clips", args.side)
    _command("import", "--project", project, "--format", "davis", project / "clips")
    _command("track", "--project", project, "--preset", args.preset)
    _command("densify", "--project", project)
    trajectories = _trajectories(project)
    for left_over in ("runs", "cache", "backups", "trash"):
        shutil.rmtree(project / left_over, ignore_errors=True)
        (project / left_over).mkdir()

    counts = _copy_pictures(args.voc.resolve(), out, round(args.megabytes * 1e6) - _size(out))
    for name in counts:
        file = out / f"proposals-{name}.npz"
        _command("proposals", "--voc", out, "--set", name, "--mode", args.mode, "--out", file)
    summary = {
        "frames": frames,
        "pictures": counts,
        "trajectories": trajectories,
        "megabytes": round(_size(out) / 1e6, 1),
    }
    text = json.dumps(summary, indent=1)
    (out / "pack.json").write_text(text + "\n", encoding="utf-8")
    print(text)


def _reduce(found: FoundClip, out: Path, side: int) -> int:
    """Write a clip's frames and the first annotator's labels, smaller; returns how many frames."""
    clip = found.clip
    scale = min(1.0, side / min(clip.width, clip.height))
    size = round(clip.width * scale), round(clip.height * scale)
    pictures = out / "JPEGImages" / "480p" / clip.name
    masks = out / "Annotations" / "480p" / clip.name
    pictures.mkdir(parents=True)
    masks.mkdir(parents=True)
    with open_frames(clip) as frames:
        for number in range(len(frames)):
            smaller = cv2.resize(frames[number], size, interpolation=cv2.INTER_AREA)
            _, data = cv2.imencode(".jpg", smaller[:, :, ::-1], [cv2.IMWRITE_JPEG_QUALITY, QUALITY])
            (pictures / f"{number:05d}.jpg").write_bytes(data.tobytes())
        count = len(frames)
    for each in read_labels(found):
        if each.annotator == 0:
            reduced = cv2.resize(each.labels.astype(np.uint8), size, interpolation=cv2.INTER_NEAREST)
            (masks / f"{each.frame:05d}.png").write_bytes(encode_palette_png(reduced, palette()))
    return count


def _copy_pictures(voc: Path, out: Path, budget: int) -> dict[str, int]:
    """Copy pictures of trainval and test with their annotations; returns how many of each."""
    target = out / f"VOC{YEAR}"
    for folder in ("JPEGImages", "Annotations", "ImageSets/Main"):
        (target / folder).mkdir(parents=True)
    counts = {}
    for name, share in (("trainval", 2 / 3), ("test", 1 / 3)):
        left, ids = budget * share, []
        for image in read_split(voc, YEAR, name):
            xml = image.path.parent.parent / "Annotations" / f"{image.id}.xml"
            left -= image.path.stat().st_size + xml.stat().st_size + PROPOSALS
            if left < 0:
                break
            shutil.copy(image.path, target / "JPEGImages")
            shutil.copy(xml, target / "Annotations")
            ids.append(image.id)
        lines = "".join(f"{id}\n" for id in ids)
        (target / "ImageSets" / "Main" / f"{name}.txt").write_text(lines, encoding="utf-8")
        counts[name] = len(ids)
    return counts


def _command(*words: object) -> None:
    with contextlib.chdir(ROOT):
        done = subprocess.run([sys.executable, "main.py", *map(str, words)], stdout=sys.stderr, check=False)
    if done.returncode:
        sys.exit(f"main.py {words[0]} failed.")


def _trajectories(project: Path) -> dict[str, int]:
    with Project.open(project) as opened, opened.reading() as connection:
        found = store.summaries(connection)
    return {
        "clips": len(found),
        "objects": sum(one.objects for one in found),
        "points": sum(one.points for one in found),
    }


def _size(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


if __name__ == "__main__":
    main()
