"""Small XML files of strangers as trees whose elements know their lines; hostile ones are refused."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from xml.etree import ElementTree
from xml.parsers import expat

from core.errors import StudioError

_LARGEST = 10_000_000  # bytes of a file
_DEEPEST = 32  # elements within elements; VOC's annotations have 5


class Element(ElementTree.Element):
    """An element and the `line` of its file that it starts in, from 1."""

    line = 0


def parse(path: Path) -> Element:
    """The root of a file; document types (entities come with them) and deep nesting are refused.

    Raises:
        StudioError: the file is missing, cannot be read, or is no such XML; names the line.
    """
    try:
        with open(path, "rb") as file:
            data = file.read(_LARGEST + 1)
    except FileNotFoundError as error:
        raise StudioError(f"The annotation {path} is missing; put it back.") from error
    except OSError as error:
        raise StudioError(f"{path} cannot be read ({error.strerror}); check its permissions.") from error
    if len(data) > _LARGEST:
        raise StudioError(f"{path} is larger than 10 MB, so it is no annotation; restore it.")
    builder = _Builder()
    try:
        return builder.tree(data)
    except expat.ExpatError as error:
        raise StudioError(f"{path} is not whole XML ({error}); restore it.") from error
    except (ValueError, LookupError) as error:  # an encoding that Python does not know
        raise StudioError(f"{path} has an unknown encoding ({error}); save it as UTF-8.") from error
    except StudioError as error:
        raise StudioError(f"{path}, line {builder.line}, {error}; take that out.") from error


def children(element: Element, tag: str) -> Iterator[Element]:
    """The children of a tag, which is in lower case; the file may write it as it likes."""
    for each in element:
        if isinstance(each, Element) and each.tag.lower() == tag:
            yield each


def child(element: Element, tag: str) -> Element | None:
    """The first child of a tag."""
    return next(children(element, tag), None)


def text(element: Element | None, tag: str) -> str:
    """The text of the first child of a tag, without blanks around it; empty where there is none."""
    found = None if element is None else child(element, tag)
    return "" if found is None or found.text is None else found.text.strip()


class _Builder:
    """ElementTree's own parser does not tell lines, so expat is asked directly."""

    def __init__(self) -> None:
        self._parser = expat.ParserCreate()
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
            raise StudioError("nests its elements too deeply")
        element = self._tree.start(tag, dict(attributes))
        assert isinstance(element, Element)
        element.line = self._parser.CurrentLineNumber

    def _end(self, tag: str) -> None:
        self._depth -= 1
        self._tree.end(tag)

    def _refuse(self, *_: object) -> None:
        raise StudioError("declares a document type (DOCTYPE), which can carry hostile entities")
