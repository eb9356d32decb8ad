"""What is seen while a project is opened, and of how much of the window the work gets."""

from pathlib import Path

from PySide6.QtCore import QEvent, QObject, QPoint, QRect, QSize, Qt
from PySide6.QtWidgets import QAbstractButton, QToolButton, QWidget

from studio.app import Studio
from studio.timeline.lane_layout import ROW
from studio.window.settings import LastView
from studio.window.steps import STEPS
from tests.studio.at_the_window import activate

WORKSPACES = ("curate", "train", "evaluate", "compare", "probe", "table1")


class Watching(QObject):
    """Notes what happens to the curtain, and what the window is then."""

    def __init__(self, studio: Studio) -> None:
        super().__init__()
        self._studio = studio
        self.open_when_drawn: list[bool] = []
        self.seen_first: list[object] = []
        studio.window.curtain.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Paint:
            self.open_when_drawn.append(self._studio.session is not None)
        elif event.type() == QEvent.Type.Hide:
            self.seen_first.append(state(self._studio))
        return False


def state(studio: Studio) -> object:
    """What can be seen of a project: the frame, its tracks, its counter, and where everything is."""
    session = studio.session
    canvas = session.canvas
    shown, docks = canvas.frame_view.frame, studio.window.panels.docks
    return (
        session.view.clip.name,
        canvas.transport.frame.value(),
        canvas.stage.scene.frame,
        None if shown is None else int(shown[0, 0, 2]),
        {
            name: (docks[name].size(), docks[name].pos())
            for name in ("clips", "tracks", "inspector", "timeline")
        },
        canvas.frame_view.size(),
        session.curate.steps.size(),
    )


def test_a_project_is_covered_at_once_and_first_seen_as_it_stays(studio: Studio, small_project: Path, qtbot):
    studio.window.resize(1400, 900)
    studio._settings.set_last_view(small_project.resolve(), LastView("cars", 7, "curate"))
    watching = Watching(studio)
    assert studio.open_project(small_project)
    assert watching.open_when_drawn[0] is False  # the window says so before it is busy
    qtbot.waitUntil(studio.window.curtain.isHidden)
    with qtbot.waitSignal(studio.session.timeline.destroyed, timeout=400, raising=False):
        pass  # whatever would still move has moved
    assert state(studio)[:4] == ("cars", 7, 7, 70)
    assert watching.seen_first == [state(studio)]


def test_a_project_that_does_not_open_leaves_nothing_over_the_window(studio: Studio, tmp_path: Path):
    assert not studio.open_project(tmp_path)
    assert studio.window.curtain.isHidden()
    assert studio.new_project(tmp_path / "empty")
    studio.close_project()
    assert studio.window.curtain.isHidden()
    assert studio.welcome.isVisible()


def test_the_picture_has_most_of_the_window_and_lists_have_rows(open_studio: Studio, qtbot):
    window, session = open_studio.window, open_studio.session
    window.resize(1680, 1050)
    qtbot.waitUntil(lambda: window.panels.docks["inspector"].width() == 330)
    assert session.canvas.frame_view.height() >= 0.7 * window.height()
    lanes = session.timeline.viewport().height() - session.timeline.lanes.top
    assert lanes / ROW >= 10.5  # three times what there was room for
    rows = session.tracks.table
    assert 18 <= rows.rowHeight(0) <= 22
    assert rows.viewport().height() / rows.rowHeight(0) >= 26  # three times what there was room for
    assert session.clips.tree.viewport().height() / session.clips.tree.sizeHintForRow(0) >= 10
    assert len({one.y() for one in session.curate.job_buttons.values()}) == 1
    assert session.curate.strip.height() <= 36  # one line


def test_the_window_works_from_1000_by_640(open_studio: Studio, small_project: Path, qtbot):
    window = open_studio.window
    window.resize(1680, 1050)
    window.resize(1000, 640)
    for workspace in WORKSPACES:
        window.show_workspace(workspace)
        assert window.minimumSizeHint().width() <= 1000, workspace
        assert window.minimumSizeHint().height() <= 640, workspace
        assert window.size() == QSize(1000, 640), workspace
    window.show_workspace("curate")
    assert window.panels.docks["clips"].width() < 340  # all give way
    open_studio.close_project()  # what is kept of the layout is narrow
    assert open_studio.open_project(small_project)
    qtbot.waitUntil(window.curtain.isHidden)
    docks = window.panels.docks
    assert docks["inspector"].isVisible()
    window.resize(1680, 1050)
    qtbot.waitUntil(lambda: (docks["clips"].width(), docks["inspector"].width()) == (340, 330))


def test_the_strip_is_one_line_at_1440_and_what_is_folded_is_reached_by_key(open_studio: Studio, qtbot):
    window, session = open_studio.window, open_studio.session
    window.resize(1440, 900)
    bar, strip = session.canvas.layer_bar, session.curate.strip
    qtbot.waitUntil(lambda: strip.height() <= 36)
    assert bar.fold.isVisible()
    assert bar.fold.toolTip()
    assert not bar.trail.isVisible()
    bar.fold.setFocus()
    qtbot.keyClick(bar.fold, Qt.Key.Key_Space)
    assert bar.trail.isVisible()
    assert bar.trail.hasFocus()
    bar.trail.selectAll()
    qtbot.keyClicks(bar.trail, "7")
    qtbot.keyClick(bar.trail, Qt.Key.Key_Return)
    assert session.view.layers.trail == 7
    assert bar.fold.is_open  # another field may follow
    bar.colour_by.setCurrentIndex(bar.colour_by.findData("loss"))
    bar.colour_by.activated.emit(bar.colour_by.currentIndex())
    assert bar.fold.is_open
    assert bar.loss_run.isVisible()
    qtbot.keyClick(bar.fold.opened, Qt.Key.Key_Escape)
    assert not bar.trail.isVisible()
    window.resize(1680, 900)
    qtbot.waitUntil(lambda: bar.trail.isVisible() or strip.height() <= 36)
    open_studio.window.commands["colour_by_track"].trigger()
    assert bar.trail.isVisible()  # there is room again without the losses' run
    assert not bar.fold.isVisible()


def test_nothing_of_the_strip_is_cut_off_at_any_width(open_studio: Studio, qtbot):
    strip = open_studio.session.curate.strip
    for width in (1000, 1200, 1440, 1680):
        open_studio.window.resize(width, 800)
        qtbot.wait(10)
        seen = [
            one for one in strip.findChildren(QWidget) if one.isVisible() and one.window() is strip.window()
        ]
        for one in seen:
            place = one.mapTo(strip, QPoint(0, 0))
            assert strip.rect().contains(QRect(place, one.size())), (width, one)


def test_buttons_of_tools_and_panels_are_large_enough_to_hit(open_studio: Studio):
    window, session = open_studio.window, open_studio.session
    places = (window.top, session.curate.strip, session.canvas.transport, *window.panels.docks.values())
    small = [
        (type(place).__name__, button.accessibleName() or button.text(), button.size())
        for place in places
        for button in place.findChildren(QAbstractButton)
        if isinstance(button, QToolButton)
        and button.isVisible()
        and button.objectName() == ""
        and min(button.width(), button.height()) < 28
    ]
    assert small == []


def test_steps_go_once_all_are_done_and_come_back_by_the_menu(open_studio: Studio):
    steps, action = open_studio.session.curate.steps, open_studio.window.commands["steps"]
    assert steps.isVisible()
    assert action.isChecked()
    steps.set_done(frozenset(STEPS))
    assert not steps.isVisible()
    assert not action.isChecked()
    action.trigger()
    assert steps.isVisible()


def test_a_panel_is_closed_and_floated_by_its_title(open_studio: Studio, qtbot):
    dock = open_studio.window.panels.docks["timeline"]
    title = dock.titleBarWidget()
    qtbot.mouseClick(title.float_button, Qt.MouseButton.LeftButton)
    assert dock.isFloating()
    qtbot.mouseClick(title.float_button, Qt.MouseButton.LeftButton)
    assert not dock.isFloating()
    qtbot.mouseClick(title.close_button, Qt.MouseButton.LeftButton)
    assert dock.isHidden()
    open_studio.window.commands["reset_layout"].trigger()
    assert dock.isVisible()


def test_a_number_beside_the_frame_keeps_the_keys_only_while_it_is_typed(open_studio: Studio, qtbot):
    activate(qtbot, open_studio.window)
    session = open_studio.session
    canvas, trail = session.canvas, session.canvas.layer_bar.trail
    for field, leave in ((canvas.transport.frame, Qt.Key.Key_Escape), (trail, Qt.Key.Key_Return)):
        qtbot.mouseClick(field.lineEdit(), Qt.MouseButton.LeftButton)
        assert field.hasFocus()
        field.selectAll()
        qtbot.keyClicks(field, "5")
        qtbot.keyClick(field, leave)
        assert canvas.frame_view.hasFocus()
    assert (session.view.frame, canvas.transport.frame.text(), session.view.layers.trail) == (0, "0", 5)
    upper = QPoint(trail.width() - 6, 5)
    qtbot.mouseClick(trail, Qt.MouseButton.LeftButton, pos=upper)
    assert (session.view.layers.trail, canvas.frame_view.hasFocus()) == (6, True)


def test_the_first_line_leaves_words_out_where_it_is_narrow(open_studio: Studio, qtbot):
    window, top = open_studio.window, open_studio.window.top
    window.resize(1800, 900)
    assert (top.project_label.text(), top.clip_label.text()) == ("small", "› birds")
    assert all(button.isVisible() for button in open_studio.session.curate.steps.buttons.values())
    top.show_clip("a_clip_with_quite_a_long_name" * 3)
    assert "…" in top.clip_label.text()
    window.resize(1000, 700)
    shown = [one.text() for one in open_studio.session.curate.steps.buttons.values() if one.isVisible()]
    assert shown == ["Next: Review"]
    qtbot.waitUntil(lambda: top.menus.sizeHint().width() <= top.menus.width())  # none behind a mark


def test_a_clips_name_leaves_out_of_the_first_line_what_a_width_would(open_studio: Studio):
    top, names = open_studio.window.top, ("a", "a_clip_with_a_long_name", "clip_7", "", "b" * 80, "b")

    def seen() -> list[tuple[bool, str]]:
        parts = (*open_studio.session.curate.steps.buttons.values(), top.project_label, top.clip_label)
        return [(part.isHidden(), part.text()) for part in parts]

    for width in range(800, 1800, 50):
        open_studio.window.resize(width, 700)
        for name in names:
            top.show_clip(name)
            shown = seen()
            top._fit()
            assert seen() == shown, (width, name)
