"""Where the lists, annotations and pictures of a VOC data set lie, in VOC's layout and in people's own.

VOC has `ImageSets/Main/<set>.txt`, `Annotations/<id>.xml` and `JPEGImages/<id>.jpg`. Names of folders may be
in any case; lists may lie in `ImageSets` or beside it too; pictures may be of any kind, in `images`, or
beside their annotations. Without a list of that name, `all` is every annotation.
"""

import itertools
import os
import re
from collections.abc import Collection
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from core.datasets.folder import entries, folders, is_leftover, same_name
from core.datasets.image import SUFFIXES
from core.errors import StudioError
from core.text_file import read_lines

ALL = "all"
"""The set of every annotation, where no list has this name."""

_PICTURES = ("jpegimages", "images", "image", "imgs", "img", "pictures")
_ANNOTATIONS = ("annotations", "annotation", "xml", "xmls")
_PLAIN_NAME = re.compile(r"\w[\w. -]*")
_FLAG = re.compile(r"[\s,;]+[+-]?[01]$")
_FIRST = 1000  # entries of a folder that are looked at while a person waits
_ENDINGS = (*SUFFIXES, ".xml")


@dataclass(frozen=True, eq=False)
class VocFolder:
    """A VOC data set on disk.

    Attributes:
        path: such as `VOC2007`.
        annotations: the folder of the XML files.
        pictures: the folder of the pictures.
        lists: the folders that may hold lists, the first that has one wins.
    """

    path: Path
    annotations: Path
    pictures: Path
    lists: tuple[Path, ...]

    @classmethod
    def find(cls, voc: Path, year: int) -> "VocFolder":
        """The data set in, under or above a folder.

        Args:
            voc: the VOCdevkit folder, the folder above it, or `VOC<year>` itself, or another that holds
                annotations.
            year: a folder `VOC<year>` of another year is not taken.

        Raises:
            StudioError: there is none.
        """
        parts = (*_ANNOTATIONS, *_PICTURES, "imagesets", "main")
        above = [voc.absolute().parent] if voc.name.lower() in parts else []  # a part of it is meant as all
        places = [
            folder
            for folder in (voc / f"VOC{year}", voc / "VOCdevkit" / f"VOC{year}", *above, voc)
            if not re.fullmatch(r"VOC\d{4}", folder.name) or folder.name == f"VOC{year}"
        ]
        try:
            # One with lists before one without: annotations may lie in many a folder.
            found = [cls.at(folder) for folder in places if folder.is_dir()]
            for one in [*(each for each in found if each.lists), *found]:
                if one.lists or one.annotation_paths:
                    return one
        except OSError as error:
            raise StudioError(f"{voc} cannot be read ({error.strerror}); check its permissions.") from error
        raise StudioError(
            f"{voc} holds no VOC{year}; choose the VOCdevkit folder with VOC{year}/ImageSets/Main in it, "
            "or a folder of annotations (.xml) with their pictures."
        )

    @classmethod
    def may_be_in(cls, voc: Path, year: int) -> bool:
        """Whether `find` may find one, by a look at the first entries of what may have very many."""
        name = f"VOC{year}"
        if voc.name == name or (voc / name).is_dir() or (voc / "VOCdevkit" / name).is_dir():
            return True
        try:
            with os.scandir(voc) as listed:
                first = [item.name.lower() for item in itertools.islice(listed, _FIRST)]
        except OSError:
            return False
        return any(item in ("imagesets", *_ANNOTATIONS) or item.endswith(".xml") for item in first)

    @classmethod
    def at(cls, path: Path) -> "VocFolder":
        """The data set of a folder, whose parts need not be there."""
        known = {item.name.lower(): item for item in folders(path)} if path.is_dir() else {}
        beside = path if _holds(path, (".xml",)) else path / "Annotations"  # which need not be there
        annotations = next((known[name] for name in _ANNOTATIONS if name in known), beside)
        pictures = next((known[name] for name in _PICTURES if name in known), None)
        if pictures is None:  # beside what describes them
            around = (folder for folder in (path, annotations) if _holds(folder, SUFFIXES))
            pictures = next(around, path / "JPEGImages")
        sets = known.get("imagesets")
        main = (
            None if sets is None else next((one for one in folders(sets) if one.name.lower() == "main"), None)
        )
        lists = () if sets is None else tuple(filter(None, (main, sets)))
        return cls(path, annotations, pictures, lists)

    def ids(self, name: str) -> list[str]:
        """The ids of a set in the order of its list, each once.

        Lists may name files (`photo.jpg`, `JPEGImages/photo.jpg`, any slashes), carry a second column of -1,
        0 and 1, as VOC's lists of a class do, and lines of comment that begin with `#`.

        Raises:
            StudioError: there is no such list, it cannot be read, lists nothing, or something that is no id.
        """
        path = self._list(name)
        if path is None and name == ALL:
            return [same_name(one.stem) for one in self.annotation_paths.values()]
        if path is None:
            raise StudioError(self._without_list(name))
        lines = [one for line in read_lines(path) for one in self._parted(line.strip().strip("\"'"))]
        ids = list(dict.fromkeys(self._id(line, path) for line in lines if line and not line.startswith("#")))
        if not ids:
            raise StudioError(f"{path} lists no images; restore it.")
        return ids

    def list_path(self, name: str) -> Path:
        """The file of a list, or the folder of annotations that stands for it."""
        return self._list(name) or self.annotations

    def picture_names(self, id: str, named: str = "") -> tuple[str, ...]:
        """The pictures of an id in `pictures`, the one to take first; there may be none.

        Args:
            id: which they are named after.
            named: else this, which an annotation may give.
        """
        stems = [id] + ([_stem(same_name(re.split(r"[\\/]", named)[-1]))] if named else [])
        keys = (key for stem in stems for key in (stem, stem.casefold()))
        return next((self._pictures[key] for key in keys if key in self._pictures), ())

    def annotation(self, id: str) -> Path | None:
        """The annotation of an id."""
        return self.annotation_paths.get(id) or self._annotations_in_any_case.get(id.casefold())

    @cached_property
    def annotation_paths(self) -> dict[str, Path]:
        """Every annotation by its id, in natural order."""
        if not self.annotations.is_dir():
            return {}
        listed = (item for item in entries(self.annotations) if item.suffix.lower() == ".xml")
        return {same_name(item.stem): item for item in listed}

    @cached_property
    def _annotations_in_any_case(self) -> dict[str, Path]:
        return {id.casefold(): path for id, path in self.annotation_paths.items()}

    @cached_property
    def _pictures(self) -> dict[str, tuple[str, ...]]:
        """Names of pictures by id, and by id in small letters; of several the first of `SUFFIXES` first."""
        found: dict[str, tuple[str, ...]] = {}
        if self.pictures.is_dir():
            names = [item.name for item in self.pictures.iterdir() if not is_leftover(item.name)]
            ranked = [
                (SUFFIXES.index(end), name)
                for name in names
                if (end := Path(name).suffix.lower()) in SUFFIXES
            ]
            for _, name in sorted(ranked):
                id = same_name(Path(name).stem)
                for key in {id, id.casefold()}:
                    found[key] = (*found.get(key, ()), name)
        return found

    def _list(self, name: str) -> Path | None:
        if not _PLAIN_NAME.fullmatch(name):
            return None
        places = (*self.lists, self.path)
        return next((path for folder in places if (path := folder / f"{name}.txt").is_file()), None)

    def _without_list(self, name: str) -> str:
        present = {
            item.stem: None
            for folder in self.lists
            for item in entries(folder)
            if item.suffix.lower() == ".txt" and "_" not in item.stem
        }
        if present or not self.annotation_paths:
            return f"{self.path.name} has no image set {name!r}; it has {', '.join(present) or 'none'}."
        place = self.path / "ImageSets" / "Main" / f"{name}.txt"
        return (
            f"{self.path} has no lists of images, but {len(self.annotation_paths):,} annotations; take the "
            f"set {ALL}, or write the ids of a set, one a line, into {place}."
        )

    def _parted(self, line: str) -> list[str]:
        """The ids of a line that lists several, else the line."""
        parts = [part.strip("\"'") for part in re.split(r"[\s,;]+", line)]
        several = len(parts) > 1 and not _FLAG.search(line) and not self._knows(same_name(line))
        return parts if several and all(self._knows(_stem(same_name(part))) for part in parts) else [line]

    def _id(self, line: str, path: Path) -> str:
        whole = same_name(line)
        if self._knows(whole):
            return whole
        for text in (whole, _FLAG.sub("", whole), re.split(r"[\s,;]", whole)[0]):
            parts = re.split(r"[\\/]", text)
            if ".." not in parts and self._knows(id := _stem(parts[-1])):
                return id
        parts = re.split(r"[\\/]", _FLAG.sub("", whole))
        inner = parts[1:-1] if parts[0].lower() in _PICTURES else parts[:-1]
        if (
            inner
            and ".." not in parts
            and any(place.joinpath(*inner).is_dir() for place in (self.pictures, self.annotations))
        ):
            raise StudioError(
                f"{path} lists {line[:60]!r}, and pictures in folders of {self.pictures.name} are not read; "
                "move them and their annotations out of these folders, and list their names alone."
            )
        id = _stem(parts[-1])
        if ".." in parts or not id or not id.isprintable() or id.startswith("."):
            raise StudioError(f"{path} lists {line[:40]!r}, which is no image id; correct it.")
        return id

    def _knows(self, id: str) -> bool:
        return id in self.annotation_paths or id in self._pictures


def _holds(folder: Path, endings: Collection[str]) -> bool:
    """Whether a folder has a file of some ending."""
    return folder.is_dir() and any(
        item.suffix.lower() in endings and not is_leftover(item.name) for item in folder.iterdir()
    )


def _stem(name: str) -> str:
    """A name without the ending of a picture or an annotation; dots may be part of an id."""
    return name[: -len(end)] if (end := Path(name).suffix).lower() in _ENDINGS else name
