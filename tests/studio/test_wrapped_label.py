import pytest

from studio.wrapped_label import LONGEST, WrappedLabel, breakable

NAMES = (
    "blackswan_on_the_river_in_the_morning_mist_recorded_with_camera_two_at_60_fps_take_07",
    "/data/of-someone/a-folder-with-a-very-long-name/JPEGImages/480p/blackswan",
    "湖の黒い白鳥の長い映像ファイル名テスト第七回目撮影湖の黒い白鳥",
    "w" * 100,
)


@pytest.mark.parametrize("name", NAMES)
def test_a_long_name_does_not_set_the_width(qtbot, name):
    label = WrappedLabel(f"{name} is held out: none of it trains.")
    qtbot.addWidget(label)
    short = label.fontMetrics().horizontalAdvance("w" * LONGEST)
    assert label.minimumSizeHint().width() <= short + 2 * label.fontMetrics().maxWidth()
    assert label.text() == f"{name} is held out: none of it trains."


@pytest.mark.parametrize("name", NAMES)
def test_nothing_of_a_name_is_lost(name):
    assert breakable(name).replace("\u200b", "") == name
    assert max(map(len, breakable(name).split("\u200b"))) <= LONGEST


def test_a_number_is_not_parted_from_its_percent_sign():
    assert breakable("RandomNet, quoted: 33.4 %, not comparable") == (
        "RandomNet, quoted: 33.4\u00a0%, not comparable"
    )


def test_words_of_a_sentence_stay_whole():
    assert breakable("Select a track to see its pictures.") == "Select a track to see its pictures."
