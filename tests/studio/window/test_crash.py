import errno
import sys

from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QWidget

from core.errors import StudioError
from studio.window.crash import Crashes, diagnostics, keep_log, log


def raised(error: BaseException):
    try:
        raise error
    except type(error):
        return sys.exc_info()


def test_a_bug_is_shown_with_its_traceback_and_can_be_copied(qtbot):
    parent = QWidget()
    qtbot.addWidget(parent)
    crashes = Crashes(parent)
    crashes.take(*raised(KeyError("no such thing")))
    assert crashes.dialog.isVisible()
    assert not crashes.dialog.isModal()
    assert "KeyError: 'no such thing'" in crashes.dialog.details.toPlainText()
    assert "test_crash.py" in crashes.dialog.details.toPlainText()
    crashes.dialog.copy_button.click()
    copied = QGuiApplication.clipboard().text()
    assert "KeyError" in copied
    assert "PySide6" in copied


def test_a_second_bug_is_added_to_the_first(qtbot):
    parent = QWidget()
    qtbot.addWidget(parent)
    crashes = Crashes(parent)
    crashes.take(*raised(KeyError("one")))
    crashes.take(*raised(ValueError("two")))
    text = crashes.dialog.details.toPlainText()
    assert text.index("one") < text.index("two")


def test_what_the_user_can_put_right_is_a_sentence_and_no_crash(qtbot):
    parent = QWidget()
    qtbot.addWidget(parent)
    crashes = Crashes(parent)
    with qtbot.waitSignal(crashes.refused) as refused:
        crashes.take(*raised(StudioError("Choose another folder.")))
    assert refused.args == ["Choose another folder."]
    assert not crashes.dialog.isVisible()


def test_a_disk_that_does_not_answer_is_a_sentence_and_no_crash(qtbot):
    parent = QWidget()
    qtbot.addWidget(parent)
    crashes = Crashes(parent)
    error = OSError(errno.EIO, "Input/output error", "clip.bmf")
    with qtbot.waitSignal(crashes.refused) as refused:
        crashes.take(OSError, error, None)
    assert "clip.bmf does not answer as it should (Input/output error); see that" in refused.args[0]
    assert not crashes.dialog.isVisible()


def test_the_log_keeps_the_one_before(tmp_path):
    handlers = list(log.parent.handlers)
    try:
        keep_log(tmp_path)
        log.warning("first")
        keep_log(tmp_path)
        log.warning("second")
    finally:
        for handler in [one for one in log.parent.handlers if one not in handlers]:
            log.parent.removeHandler(handler)
            handler.close()
    assert "first" in (tmp_path / "studio.previous.log").read_text()
    assert "second" in (tmp_path / "studio.log").read_text()


def test_diagnostics_name_versions_and_screens(qapp):
    text = diagnostics()
    assert "Python 3." in text
    assert "numpy" in text
    assert "offscreen" in text
