from core.free_name import free_name


def test_a_name_that_is_taken_gets_the_first_number_that_is_not():
    assert free_name("cars", {"birds"}.__contains__) == "cars"
    assert free_name("cars", {"cars"}.__contains__) == "cars-2"
    assert free_name("cars", {"cars", "cars-2", "cars-4"}.__contains__) == "cars-3"
    assert free_name("cars", {"cars"}.__contains__, separator=" ") == "cars 2"
