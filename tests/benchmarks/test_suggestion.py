from benchmarks.suggestion import means


def figures(overall, extracted):
    return {
        "density": 1.0,
        "overall": overall,
        "average": 2 * overall,
        "over_segmentation": 1,
        "extracted": extracted,
        "objects": 2,
    }


def test_shares_are_averaged_and_objects_counted_over_sequences():
    found = means(
        {
            "one": {"first-10": figures(2.0, 1), "all": figures(0.0, 2)},
            "other": {"first-10": figures(5.0, 0), "all": figures(1.0, 2)},
        }
    )
    assert found == {"first-10": {**figures(3.5, 1), "objects": 4}, "all": {**figures(0.5, 4), "objects": 4}}
    assert means({"one": {"first-10": figures(2.0, 1)}}) == {"first-10": figures(2.0, 1)}
