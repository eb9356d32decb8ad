"""The devkit's rules, one detection after the other, from the files alone: what the views are checked by."""

from pathlib import Path
from xml.etree import ElementTree

from core.datasets.voc import CLASSES


class PlainRun:
    """The annotations and the comp4 files of a run, read anew.

    Attributes:
        objects: image → (class, box, difficult, truncated) of each, in the file's order.
        detections: class → (score, image, box), surest first.
    """

    def __init__(self, voc: Path, detections: Path) -> None:
        self.objects = {}
        for id in (voc / "ImageSets" / "Main" / "test.txt").read_text().split():
            root = ElementTree.parse(voc / "Annotations" / f"{id}.xml").getroot()
            self.objects[id] = [_object(one) for one in root.iter("object")]
        self.detections = {}
        for name in CLASSES:
            lines = (detections / f"comp4_det_test_{name}.txt").read_text().splitlines()
            found = [(float(f[1]), f[0], _box(f[2:])) for f in (line.split() for line in lines)]
            self.detections[name] = sorted(found, key=lambda one: -one[0])  # stable

    def found(self, name: str, threshold: float = -1.0) -> list[tuple[int, str, int]]:
        """(rank from 0, image, number of the object) of each detection that finds one."""
        taken, found = set(), []
        for rank, (score, image, box) in enumerate(self.detections[name]):
            own = [place for place, one in enumerate(self.objects[image]) if one[0] == name]
            best = max(own, key=lambda place: overlap(box, self.objects[image][place][1]), default=None)
            if score < threshold or best is None or overlap(box, self.objects[image][best][1]) < 0.5:
                continue
            if not self.objects[image][best][2] and (image, best) not in taken:
                taken.add((image, best))
                found.append((rank, image, best))
        return found

    def ignored(self, name: str, threshold: float = -1.0) -> int:
        """How many detections hit a difficult object."""
        count = 0
        for score, image, box in self.detections[name]:
            own = [one for one in self.objects[image] if one[0] == name]
            best = max(own, key=lambda one: overlap(box, one[1]), default=None)
            count += score >= threshold and best is not None and overlap(box, best[1]) >= 0.5 and best[2]
        return count

    def counted(self, name: str) -> list[tuple[str, int]]:
        """(image, number) of each object that is not difficult."""
        return [
            (image, place)
            for image, objects in self.objects.items()
            for place, one in enumerate(objects)
            if one[0] == name and not one[2]
        ]

    def kept(self, name: str, threshold: float) -> int:
        """How many detections have such a score or a higher one."""
        return sum(score >= threshold for score, _, _ in self.detections[name])


def overlap(a, b) -> float:
    """IoU with the devkit's + 1, of corners that are counted from 1 and inclusive."""
    wide, high = (min(a[k + 2], b[k + 2]) - max(a[k], b[k]) + 1 for k in (0, 1))
    if wide <= 0 or high <= 0:
        return 0.0
    areas = [(box[2] - box[0] + 1) * (box[3] - box[1] + 1) for box in (a, b)]
    return wide * high / (sum(areas) - wide * high)


def _object(element):
    box = [float(element.find("bndbox").find(name).text) for name in ("xmin", "ymin", "xmax", "ymax")]
    flags = [element.find(name).text == "1" for name in ("difficult", "truncated")]
    return (element.find("name").text, box, *flags)


def _box(fields):
    return [float(value) for value in fields]
