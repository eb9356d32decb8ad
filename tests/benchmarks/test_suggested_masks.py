from benchmarks.suggested_masks import summaries


def row(found, wrong):
    """Of a clip with two objects."""
    return {
        "objects": 2,
        "suggested": found + wrong,
        "J": [0.8] * found + [0.1] * (2 - found),
        "recalled": found,
        "recalled_well": found,
        "false": wrong,
        "to_first_s": 1.0,
    }


def test_clips_that_settings_were_chosen_on_are_summed_up_apart():
    found = summaries({"cars2": row(2, 0), "cars3": row(1, 1), "cars7": row(0, 1)})
    assert {half: one["objects"] for half, one in found.items()} == {
        "chosen on": 2,
        "others": 4,
        "together": 6,
    }
    assert found["chosen on"]["recall"] == 1
    assert found["others"]["recall"] == 0.25
    assert found["others"]["precision"] == 0.333
    assert found["together"]["false_a_clip"] == 0.67


def test_a_half_without_clips_is_left_out():
    assert set(summaries({"cars3": row(1, 0)})) == {"others", "together"}
