from pathlib import Path

import pytest

from studio.app import Studio
from tests.studio import densified


@pytest.fixture
def drawn_studio(open_studio: Studio, qtbot, drawn, tmp_path: Path) -> Studio:
    """The window at a clip of moving shapes, whose first object is selected; nothing is filled."""
    session = open_studio.session
    (tmp_path / "drawn").mkdir()
    densified.add_to(session.document, tmp_path / "drawn", drawn, fill=False)
    session.view.set_clip(next(one.clip for one in session.document.clips() if one.clip.name == "drawn"))
    session.view.set_selection({min(session.document.objects(session.view.clip.id))})
    qtbot.waitUntil(lambda: session.canvas.stage.clip == session.view.clip)
    return open_studio
