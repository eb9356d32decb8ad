from dataclasses import replace

import pytest
from PySide6.QtCore import Qt

from core.datasets.clip import Use
from core.trajectories.bulk_edits import AddClips, ReplacePoints
from core.trajectories.model import Review
from core.trajectories.trajectory_edits import SetReview
from studio import theme
from studio.document import FEW, Document
from studio.tables.clip_list import REVIEWED_COLUMN, ClipList
from studio.view_state import ViewState
from tests.studio.small_project import draw_clip, draw_points

NO_KEY = Qt.KeyboardModifier.NoModifier
SHARE = Qt.ItemDataRole.UserRole + 1


@pytest.fixture
def clips(qtbot, small_document: Document) -> ClipList:
    clips = ClipList(small_document, ViewState())
    qtbot.addWidget(clips)
    clips.show()
    return clips


def row(clips: ClipList, name: str):
    (item,) = clips.tree.findItems(name, Qt.MatchFlag.MatchExactly | Qt.MatchFlag.MatchRecursive)
    return item


def test_clips_stand_under_their_data_set_with_their_counts(clips: ClipList):
    assert clips.tree.topLevelItemCount() == 1
    assert clips.tree.topLevelItem(0).text(0) == "Frames"
    assert [row(clips, "birds").text(column) for column in range(4)] == ["birds", "12", "3", "22"]
    assert [row(clips, "cars").text(column) for column in range(4)] == ["cars", "12", "3", "21"]


def test_a_narrow_panel_leaves_the_names_their_room(clips: ClipList):
    shown = {}
    for width in (400, 290, 200, 400):
        clips.resize(width, 300)
        shown[width] = [column for column in range(5) if not clips.tree.isColumnHidden(column)]
        assert clips.tree.columnWidth(0) >= 100
    assert shown == {400: [0, 1, 2, 3, 4], 290: [0, 1, 3, 4], 200: [0, 3]}


def test_the_first_clip_is_looked_at_and_a_click_looks_at_another(clips: ClipList, qtbot):
    assert clips._view.clip.name == "birds"
    rect = clips.tree.visualItemRect(row(clips, "cars"))
    qtbot.mouseClick(clips.tree.viewport(), Qt.MouseButton.LeftButton, pos=rect.center())
    assert clips._view.clip.name == "cars"
    assert clips.tree.currentItem() is row(clips, "cars")


def test_the_list_follows_the_clip(clips: ClipList, small_document: Document):
    clips._view.set_clip(small_document.clips()[1].clip)
    assert clips.tree.currentItem() is row(clips, "cars")


def test_a_clip_with_one_annotator_offers_no_choice(clips: ClipList, small_document: Document):
    texts = [action.text() for action in clips.menu_for(small_document.clips()[0].clip).actions()]
    assert texts == ["", "Train on", "Hold out", "Leave out", "", "Open folder"]


def choose(clips: ClipList, clip, verb: str) -> None:
    """As somebody does in the menu of a clip."""
    menu = clips.menu_for(clip)
    (action,) = (action for action in menu.actions() if action.text().startswith(verb))
    action.trigger()


def uses(document: Document) -> list[Use]:
    return [one.clip.use for one in document.clips()]


def test_a_clip_is_held_out_in_its_menu_and_undo_trains_on_it_again(
    clips: ClipList, small_document: Document
):
    clips.edit_asked.connect(small_document.perform)
    cars = small_document.clips()[1].clip
    assert row(clips, "cars").icon(0).isNull()
    choose(clips, cars, "Hold out")
    assert uses(small_document) == [Use.TRAIN, Use.HELD_OUT]
    assert not row(clips, "cars").icon(0).isNull()
    assert row(clips, "birds").icon(0).isNull()
    assert "Held out: it only measures" in row(clips, "cars").toolTip(0)
    held_out = next(one.clip for one in small_document.clips() if one.clip.name == "cars")
    assert [a.text() for a in clips.menu_for(held_out).actions() if a.isChecked()] == ["Hold out"]
    assert small_document.last_edit().text == "Hold out cars"
    choose(clips, held_out, "Hold out")  # which it is: no edit
    assert small_document.last_edit().text == "Hold out cars"
    small_document.undo()
    assert uses(small_document) == [Use.TRAIN, Use.TRAIN]
    assert row(clips, "cars").icon(0).isNull()
    assert clips._view.clip.name == "birds"


def test_the_selected_clips_are_left_out_in_one_step(clips: ClipList, small_document: Document, qtbot):
    clips.edit_asked.connect(small_document.perform)
    for name, keys in (("cars", NO_KEY), ("birds", Qt.KeyboardModifier.ControlModifier)):
        rect = clips.tree.visualItemRect(row(clips, name))
        qtbot.mouseClick(clips.tree.viewport(), Qt.MouseButton.LeftButton, keys, rect.center())
    birds, cars = (one.clip for one in small_document.clips())
    choose(clips, birds, "Leave out 2 clips")
    assert uses(small_document) == [Use.LEFT_OUT, Use.LEFT_OUT]
    assert len(clips.tree.selectedItems()) == 2
    small_document.undo()
    assert uses(small_document) == [Use.TRAIN, Use.TRAIN]
    clips.tree.setCurrentItem(row(clips, "birds"))
    choose(clips, cars, "Leave out")  # which is not selected
    assert uses(small_document) == [Use.TRAIN, Use.LEFT_OUT]


def test_the_mark_is_legible_on_a_light_and_a_dark_palette(clips: ClipList, small_document: Document, qapp):
    clips.edit_asked.connect(small_document.perform)
    choose(clips, small_document.clips()[1].clip, "Hold out")
    for name, palette in (("light", theme.LIGHT), ("dark", theme.DARK), ("light", theme.LIGHT)):
        theme.apply(qapp, name)
        image = row(clips, "cars").icon(0).pixmap(36, 36).toImage()
        assert image.pixelColor(24, 18).name() == palette.text


def test_a_review_moves_the_bar(clips: ClipList, small_document: Document):
    clip = small_document.clips()[0].clip.id
    ids = tuple(small_document.points(clip).ids[:11].tolist())
    small_document.perform(SetReview(clip, ids, Review.REJECTED))
    assert row(clips, "birds").data(REVIEWED_COLUMN, SHARE) == 0.5
    assert row(clips, "cars").data(REVIEWED_COLUMN, SHARE) == 0


def test_imported_clips_appear_and_go_again_with_undo(clips: ClipList, small_document: Document, tmp_path):
    new = draw_clip(tmp_path / "more", "a new clip")
    small_document.perform(AddClips([(new, [])]))
    assert row(clips, "a new clip").text(3) == "0"
    assert clips._view.clip.name == "birds"
    clips._view.set_clip(small_document.clips()[0].clip)
    assert clips._view.clip.name == "a new clip"
    small_document.undo()
    assert clips._view.clip.name == "birds"


def test_a_clip_of_many_tracks_is_turned_to_when_they_are_read(
    clips: ClipList, small_document: Document, qtbot
):
    def click(name: str) -> None:
        rect = clips.tree.visualItemRect(row(clips, name))
        qtbot.mouseClick(clips.tree.viewport(), Qt.MouseButton.LeftButton, pos=rect.center())

    birds, cars = (one.clip for one in small_document.clips())
    with qtbot.waitSignal(small_document.performed):
        small_document.perform_later(ReplacePoints({cars.id: draw_points(FEW + 1)}))
    click("cars")
    assert clips._view.clip == birds
    assert clips.tree.currentItem() is row(clips, "cars")
    small_document.perform(SetReview(birds.id, (1,), Review.ACCEPTED))  # the list is read again meanwhile
    qtbot.waitUntil(lambda: clips._view.clip == cars)
    assert clips.tree.currentItem() is row(clips, "cars")
    clips._view.set_clip(birds)
    small_document.perform(ReplacePoints({cars.id: draw_points(FEW + 2)}))
    with qtbot.waitSignal(small_document.prepared):
        click("cars")
        clips._view.set_clip(None)
        clips._view.set_clip(birds)  # as somebody who thinks better of it
    assert clips._view.clip == birds
    assert clips.tree.currentItem() is row(clips, "birds")


def test_folders_of_a_data_set_stand_apart_and_a_long_one_is_closed(
    clips: ClipList, small_document: Document, tmp_path
):
    drawn = draw_clip(tmp_path / "drawn", "a")
    new = [replace(drawn, name=f"s{n}", dataset="moseg", root=tmp_path / "scenes") for n in (1, 2)]
    small_document.perform(AddClips([(clip, []) for clip in new]))
    assert groups(clips) == {"Frames": True, "Moseg": True}
    other = [replace(drawn, name=f"t{n}", dataset="moseg", root=tmp_path / "short clips") for n in range(60)]
    small_document.perform(AddClips([(clip, []) for clip in other]))
    assert groups(clips) == {"Frames": True, "Moseg: scenes": True, "Moseg: short clips, 60 clips": False}
    frames = [replace(drawn, name=f"u{n}", root=tmp_path / str(n)) for n in range(2)]
    small_document.perform(AddClips([(clip, []) for clip in frames]))
    assert next(iter(groups(clips))) == "Frames"  # which may lie anywhere, each in a folder of its own
    assert len(groups(clips)) == 3
    clip = next(one.clip for one in small_document.clips() if one.clip.name == "t30")
    clips._view.set_clip(clip)  # it is shown although its group was closed
    assert not clips.tree.visualItemRect(row(clips, "t30")).isEmpty()


def groups(clips: ClipList) -> dict[str, bool]:
    """The titles, and whether each is open."""
    items = [clips.tree.topLevelItem(place) for place in range(clips.tree.topLevelItemCount())]
    return {item.text(0): item.isExpanded() for item in items}
