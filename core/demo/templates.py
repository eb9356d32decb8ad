"""The HTML of the report, from the templates in `resources`."""

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
