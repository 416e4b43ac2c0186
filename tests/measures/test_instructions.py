"""Rules on instructions and replies."""

import pytest

from mintmark.measures.instructions import instruction_problem, looping, response_problem, task_problem


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("Write a poem about rain.", None),
        ("Write a poem.", "too_short"),
        ("word " * 151, "too_long"),
        ("word " * 150, None),
        ("- Write a poem about rain.", "starts_with_punctuation"),
        ("¿Qué ríos hay en Asia?", None),
        ("東京の川を三つ挙げて", None),
        ("Describe the Images below, please.", "names_unseen"),
        ("Say how one can go to sea.", "names_unseen"),
        ("Describe how imagery works in poems.", None),
        ("Name the profile of a river.", None),
        ("", "too_short"),
    ],
)
def test_which_instructions_are_of_use(text, reason):
    problem = instruction_problem(text)
    assert (problem[0] if problem else None) == reason


def test_banned_words_are_a_setting():
    assert instruction_problem("Use map to square a list.", banned=()) is None
    assert instruction_problem("Use C++ to square a list.", banned=("c++",)) == ("names_unseen", {"word": "c++"})


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("The Yangtze.", None),
        (" \n", "empty_response"),
        ("?!", "only_stop_words"),
        ("That is what it is.", "only_stop_words"),
        ("Sorry, but I cannot help.", "sorry"),
        ("I am sorry. " + "word " * 76, "sorry"),
        ("I am sorry. " + "word " * 77, None),
    ],
)
def test_which_responses_show_that_nothing_was_answered(text, reason):
    problem = response_problem(text)
    assert (problem[0] if problem else None) == reason


def test_which_instances_are_invalid():
    assert task_problem("1, 2", "3") is None
    assert task_problem("", "A poem") is None
    assert task_problem("1, 2", "") == ("empty_response", None)
    assert task_problem("1, 2", "1, 2") == ("echoes_input", None)
    assert task_problem("The words:", "3") == task_problem("1", "The sum is:") == ("unfinished", None)


def test_loops_are_told_from_texts():
    assert looping("yes " * 23) is None, "too short to say"
    assert looping("yes " * 24)[0] == "loops"
    assert looping(" ".join(str(i) for i in range(200))) is None
    half = " ".join(str(i) for i in range(40))
    assert looping(f"{half} {half}") == ("loops", {"repeated_share": 0.4667})
