"""Every refusal of the spatial domain and of the maps says the same in English and in Chinese."""

import ast
import pickle
import re
from pathlib import Path

import pytest

import geodata
from geodata import errors
from geodata.errors import Fault, InputError, QingtuError, listed
from service.words import language, said

REPOSITORY = Path(geodata.__file__).parents[1]
# Refusals here are still in English alone.
ENGLISH_ONLY = ("geodata/geocode/",)
CHINESE = re.compile(r"[\u4e00-\u9fff]")
CLASSES = [kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, QingtuError)]
NAMES = {kind.__name__ for kind in CLASSES} | {"FontError"}


def refusals():
    """Return the place and the call of every error that is made, and every `Fault`."""
    found = []
    for package in ("geodata", "maps"):
        for path in sorted((REPOSITORY / package).rglob("*.py")):
            name = path.relative_to(REPOSITORY).as_posix()
            if name.startswith(ENGLISH_ONLY):
                continue
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Name)):
                    continue
                if node.func.id in NAMES or node.func.id == "Fault":
                    found.append(pytest.param(node, id=f"{name}:{node.lineno}"))
    return found


def both(call):
    """The English and the Chinese argument of a call."""
    if call.func.id == "Fault":
        return call.args
    return call.args[0], next((own.value for own in call.keywords if own.arg == "zh"), None)


def fixed_words(node):
    return "".join(
        part.value
        for part in ast.walk(node)
        if isinstance(part, ast.Constant) and isinstance(part.value, str)
    )


def values(node):
    """The variables that a sentence repeats; `en`, `zh` hold sentences, `name_zh` is `name` in Chinese."""
    names = {part.id.removesuffix("_zh") for part in ast.walk(node) if isinstance(part, ast.Name)}
    return names - {"en", "zh", "str"}


@pytest.mark.parametrize("call", refusals())
def test_a_refusal_speaks_both_languages_and_repeats_the_same_values(call):
    english, chinese = both(call)
    assert chinese is not None, "no Chinese: zh="
    # a sentence that is nothing but a variable comes from a place that is checked itself
    if isinstance(chinese, ast.Constant | ast.JoinedStr):
        assert CHINESE.search(fixed_words(chinese)) or not re.search("[A-Za-z]", fixed_words(english))
        assert not CHINESE.search(fixed_words(english))
    assert values(english) == values(chinese)


def test_refusals_are_found_at_all():
    found = refusals()
    assert len(found) > 150
    assert {"geodata/patterns/cells.py", "geodata/partition/points.py"} <= {
        own.id.split(":")[0] for own in found
    }


@pytest.mark.parametrize("kind", CLASSES)
def test_an_error_keeps_both_languages_on_its_way_from_a_worker(kind):
    error = pickle.loads(pickle.dumps(kind("no code", zh="没有代码")))
    assert (type(error), str(error), error.zh) == (kind, "no code", "没有代码")


@pytest.mark.parametrize(("chosen", "words"), [("zh", "没有代码"), ("en", "no code")])
def test_an_error_is_said_in_the_readers_language(chosen, words):
    token = language.set(chosen)
    try:
        assert said(QingtuError("no code", zh="没有代码")) == words
        assert said(QingtuError("words of the reader")) == "words of the reader"
        assert said(ValueError("other")) == "other"
    finally:
        language.reset(token)


def test_an_input_error_is_what_python_calls_a_value_error():
    with pytest.raises(ValueError, match="too many"):
        raise InputError("too many", zh="太多")


def test_faults_are_listed_up_to_a_number():
    faults = [Fault("a", "甲"), Fault("b", "乙"), Fault("c", "丙")]
    assert listed(faults) == ("a; b; c", "甲；乙；丙")
    assert listed(faults, most=2) == ("a; b (and 1 more)", "甲；乙（还有 1 处）")
    assert listed(faults, most=3) == listed(faults)
    assert listed([]) == ("", "")
