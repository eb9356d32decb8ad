import pytest

from studio.document import Document
from studio.editing.refilling import Refilling
from studio.view_state import ViewState


@pytest.fixture
def refilling(document: Document, view: ViewState):
    refilling = Refilling(document, view, lambda: True)
    refilling.failed.connect(pytest.fail)
    yield refilling
    refilling.close()
