"""Small XML files of strangers as trees whose elements know their lines; hostile ones are refused.

Tags are in lower case and without the prefix of a namespace: programs write `object`, `OBJECT` and
`voc:object`.
"""

import functools
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from xml.etree import ElementTree
from xml.parsers import expat

from core.errors import StudioError
from core.text_file import decoded
from core.whole_file import open_file, unreadable

_LARGEST = 10_000_000  # bytes of a file
_DEEPEST = 32  # elements within elements; VOC's annotations have 5
_DECLARATION = re.compile(r"\s*<\?xml\b[^>]*\?>")
_ENCODING = re.compile(r"encoding\s*=\s*[\"']([\w.-]+)[\"']")
_PARTIAL = "latin-1"  # of a file that says no encoding and is not Unicode: what is ASCII in it is right


class Element(ElementTree.Element):
    """An element and the `line` of its file that it starts in, from 1."""

    line = 0


def parse(path: Path) -> Element:
    """The root of a file; document types (entities come with them) and deep nesting are refused.

    Raises:
        StudioError: the file is missing, cannot be read, or is no such XML; names the line.
    """
    try:
        if not path.exists():
            raise StudioError(f"The annotation {path} is missing; put it back.")
        with open_file(path) as file:
            data = file.read(_LARGEST + 1)
    except OSError as error:
        raise unreadable(path, error) from error
    if len(data) > _LARGEST:
        raise StudioError(f"{path} is larger than 10 MB, so it is no annotation; restore it.")
    builder = _Builder()
    try:
        try:
            return builder.tree(data)
        except (expat.ExpatError, ValueError, LookupError):  # as it stands, or as its maker's encoding
            builder = _Builder("utf-8")
            return builder.tree(_as_utf8(data, path))
    except expat.ExpatError as error:
        raise StudioError(f"{path} is not whole XML ({error}); restore it.") from error
    except (ValueError, LookupError) as error:
        raise StudioError(f"{path} has an unknown encoding ({error}); save it as UTF-8.") from error
    except _RefusedError as error:
        raise StudioError(f"{path}, line {builder.line}, {error}; take that out.") from error


def _as_utf8(data: bytes, path: Path) -> bytes:
    """A file in UTF-16 without a mark, or in an encoding that expat does not know, such as GB 2312.

    What the file itself declares is no longer true; the parser is told so.
    """
    declared = _DECLARATION.match(data[:200].decode("latin-1"))
    said = _ENCODING.search(declared[0]) if declared else None
    if said and not said[1].lower().startswith("utf"):  # whose marks `decoded` knows
        text = data.decode(said[1])
    else:
        text = decoded(data, path, _PARTIAL)
    return text.encode()


class _RefusedError(Exception):
    """What no annotation has and a hostile file may; says what."""


def children(element: Element, tag: str) -> Iterator[Element]:
    """The children of a tag."""
    for each in element:
        if each.tag == tag:
            yield each  # type: ignore[misc]  # the builder makes no others


def child(element: Element, tag: str) -> Element | None:
    """The first child of a tag."""
    return next(children(element, tag), None)


def text(element: Element | None, tag: str) -> str:
    """The text of the first child of a tag, without blanks around it; empty where there is none."""
    for each in element if element is not None else ():
        if each.tag == tag:
            return (each.text or "").strip()
    return ""


@functools.lru_cache(maxsize=1000)
def _bare(tag: str) -> str:
    return tag.rpartition(":")[2].lower()


class _Builder:
    """ElementTree's own parser does not tell lines, so expat is asked directly."""

    def __init__(self, encoding: str | None = None) -> None:
        self._parser = expat.ParserCreate(encoding)
        self._parser.buffer_text = True
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end
        self._parser.StartDoctypeDeclHandler = self._refuse
        self._tree = ElementTree.TreeBuilder(Element)
        self._parser.CharacterDataHandler = self._tree.data
        self._depth = 0

    @property
    def line(self) -> int:
        return self._parser.CurrentLineNumber

    def tree(self, data: bytes) -> Element:
        self._parser.Parse(data, True)
        root = self._tree.close()
        assert isinstance(root, Element)
        return root

    def _start(self, tag: str, attributes: Mapping[str, str]) -> None:
        self._depth += 1
        if self._depth > _DEEPEST:
            raise _RefusedError("nests its elements too deeply")
        element = self._tree.start(_bare(tag), dict(attributes))
        assert isinstance(element, Element)
        element.line = self._parser.CurrentLineNumber

    def _end(self, tag: str) -> None:
        self._depth -= 1
        self._tree.end(_bare(tag))

    def _refuse(self, *_: object) -> None:
        raise _RefusedError("declares a document type (DOCTYPE), which can carry hostile entities")
