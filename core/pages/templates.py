"""The HTML of pages, from the templates in `resources`."""

import base64
import importlib.resources
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

_TEMPLATES = Environment(
    loader=PackageLoader("resources", ""),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
    keep_trailing_newline=True,
)


def render(name: str, **values: Any) -> Markup:
    """A template with its values, which are escaped unless they were rendered themselves."""
    return Markup(_TEMPLATES.get_template(name).render(**values))


def style() -> Markup:
    """The style sheet that all pages share."""
    return Markup(importlib.resources.files("resources").joinpath("report.css").read_text(encoding="utf-8"))


def picture(kind: str, data: bytes, alt: str) -> dict[str, str]:
    """A picture that a page holds in itself, for the macro `picture`.

    Args:
        kind: `png` or `jpeg`.
        data: of the file.
        alt: what it shows, for those who do not see it.
    """
    return {"kind": kind, "data": base64.b64encode(data).decode("ascii"), "alt": alt}
