"""Whether everything that customers read can be said in every language."""

import ast
import os
import re
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from babel.messages import Catalog, Message
from babel.messages.mofile import read_mo

from config.checks import catalogs_are_compiled
from config.i18n import catalogs
from config.i18n.formats.de import formats as de
from config.i18n.formats.en_GB import formats as en_gb

FILES = pytest.mark.parametrize("file", catalogs.catalogs(), ids=lambda file: file.parent.parent.name)
GETTEXT = {"_", *catalogs.KEYWORDS}


def sentences(catalogue: Catalog) -> dict[tuple[Any, Any], Message]:
    """Return the messages of a catalogue, without its header."""
    return {(message.id, message.context): message for message in catalogue if message.id}


def forms(words: Any) -> list[str]:
    return [words] if isinstance(words, str) else list(words)


@FILES
def test_every_sentence_has_its_translation(file: Path) -> None:
    said, known = sentences(catalogs.collect()), sentences(catalogs.load(file))

    assert said.keys() - known.keys() == set(), "New: run `make words`, and translate them."
    assert known.keys() - said.keys() == set(), "Gone: run `make words`."
    assert [message.id for message in known.values() if not catalogs.is_translated(message)] == []


@FILES
def test_nothing_is_half_translated_or_left_over(file: Path) -> None:
    catalogue = catalogs.load(file)

    assert [message.id for message in catalogue if message.fuzzy and message.id] == []
    assert list(catalogue.obsolete) == []


@FILES
def test_a_translation_fills_in_what_the_sentence_does(file: Path) -> None:
    parts = re.compile(r"%\(\w+\)[a-z]|\{\w+\}|%%|</?[a-z][^>]*>")
    wrong = []
    for message in sentences(catalogs.load(file)).values():
        said = forms(message.id)
        for number, translated in enumerate(filter(None, forms(message.string))):
            sentence = said[min(number, len(said) - 1)]
            if sorted(parts.findall(sentence)) != sorted(parts.findall(translated)):
                wrong.append(translated)

    assert wrong == []


@FILES
def test_a_catalogue_is_as_make_words_leaves_it(file: Path, tmp_path: Path) -> None:
    copy = tmp_path / "xx" / "LC_MESSAGES" / file.name
    copy.parent.mkdir(parents=True)
    copy.write_bytes(file.read_bytes())

    catalogs.write(catalogs.load(file), copy)

    assert copy.read_text() == file.read_text()


def test_a_new_language_begins_with_every_sentence_and_its_own_plurals(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = catalogs.collect()
    monkeypatch.setattr(catalogs, "collect", lambda: said)
    monkeypatch.setattr(catalogs, "ROOT", tmp_path)

    catalogs.main("pl")

    (file,) = catalogs.catalogs()
    polish = catalogs.load(file)
    assert (file.relative_to(tmp_path), polish.num_plurals) == (Path("locale/pl/LC_MESSAGES/django.po"), 3)
    assert sentences(polish).keys() == sentences(said).keys()


def test_what_is_no_language_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(catalogs, "ROOT", tmp_path)

    with pytest.raises(SystemExit, match="There is no language 'klingon'"):
        catalogs.main("klingon")


def test_no_sentence_hides_where_it_is_not_collected() -> None:
    collected = {form for said, _context in sentences(catalogs.collect()) for form in forms(said)}
    hidden = []
    for path in catalogs.sources():
        if path.suffix == ".py":
            hidden += [text for text in marked(ast.parse(path.read_text())) if text not in collected]

    assert hidden == []


def marked(tree: ast.AST) -> list[str]:
    """Return the texts that the code hands to one of gettext's functions, wherever the call stands."""
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call) and node.args]
    named = [(call.func.id, call.args) for call in calls if isinstance(call.func, ast.Name)]
    # The first argument of those with a "p" is the context.
    texts = [arguments["pgettext" in name] for name, arguments in named if name in GETTEXT]
    return [str(text.value) for text in texts if isinstance(text, ast.Constant)]


# Compiling


@pytest.fixture
def shop_of_one_language(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Another root, whose German says one sentence; return its catalogue."""
    file = tmp_path / "locale" / "de" / "LC_MESSAGES" / "django.po"
    file.parent.mkdir(parents=True)
    say(file, "Guten Tag,")
    monkeypatch.setattr(catalogs, "ROOT", tmp_path)
    return file


def say(file: Path, words: str) -> None:
    catalogue = Catalog(locale="de", charset="utf-8")
    catalogue.add("Hello,", words)
    catalogs.write(catalogue, file)


def read(compiled: Path) -> Any:
    with compiled.open("rb") as lines:
        return read_mo(lines)["Hello,"].string


def test_what_is_older_than_its_catalogue_is_compiled_again(shop_of_one_language: Path) -> None:
    compiled = catalogs.compiled_copy(shop_of_one_language)
    catalogs.compile_stale()
    assert read(compiled) == "Guten Tag,"
    say(shop_of_one_language, "Hallo,")
    os.utime(compiled, (0, 0))

    catalogs.compile_stale()

    assert read(compiled) == "Hallo,"
    assert sorted(file.name for file in compiled.parent.iterdir()) == ["django.mo", "django.po"]


def test_a_shop_whose_catalogue_could_not_be_compiled_says_so(shop_of_one_language: Path) -> None:
    (error,) = catalogs_are_compiled()
    catalogs.compile_stale()

    assert (error.id, error.msg) == ("admit.E002", f"{shop_of_one_language} isn't compiled.")
    assert catalogs_are_compiled() == []


# Dates


def names(module: ModuleType) -> set[str]:
    return {name for name in vars(module) if name.isupper()}


def test_every_language_writes_the_same_dates() -> None:
    assert names(de) == names(en_gb)


def test_customers_templates_write_dates_by_the_languages_formats() -> None:
    known = {*names(en_gb), "c", "U"}  # These two are for machines.
    unknown = []
    for path in catalogs.sources():
        if path.suffix != ".py":
            used = re.findall(r"\|(?:date|time)(?::[\"']([^\"']*)[\"'])?", path.read_text())
            unknown += [(path.name, name) for name in used if name not in known]

    assert unknown == []
