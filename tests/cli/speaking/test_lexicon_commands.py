"""`onset lexicon`: words are added, listed, checked, said, removed."""

from pathlib import Path

import pytest

from command_line import Command

PLS = (
    '<lexicon version="1.0" alphabet="ipa" xml:lang="en-US"><lexeme><grapheme>Ghoti</grapheme>'
    "<phoneme>fɪʃ</phoneme></lexeme></lexicon>"
)


def test_words_come_and_go(
    command: Command, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    file = ("--file", str(tmp_path / "words.txt"))
    assert command("lexicon", "add", "Siobhan", "/ʃəˈvɔːn/", *file) == 0
    assert command("lexicon", "add", "nginx", "engine x", "--lang", "en", *file) == 0
    (tmp_path / "words.pls").write_text(PLS, "utf-8")
    assert command("lexicon", "import", str(tmp_path / "words.pls"), *file) == 0
    capsys.readouterr()
    assert command("lexicon", "list", *file) == 0
    assert capsys.readouterr().out.splitlines() == [
        "Siobhan | /ʃəˈvɔːn/",
        "nginx | engine x | en",
        "Ghoti | /fɪʃ/ | en-us | exact",
    ]
    assert command("lexicon", "test", "Siobhan runs nginx.", *file) == 0
    words, phonemes = capsys.readouterr().out.splitlines()
    assert words == "Siobhan runs engine x."
    assert phonemes.startswith("ʃəˈvɔn ɹˈʌnz ˈɛnʤən")
    assert command("lexicon", "check", *file) == 0
    assert "3 entries" in capsys.readouterr().out
    assert command("lexicon", "remove", "nginx", *file) == 0
    assert command("lexicon", "remove", "nginx", *file) == 2


def test_a_wrong_entry_and_a_wrong_file_are_refused(
    command: Command, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    path = tmp_path / "words.txt"
    assert command("lexicon", "add", "a", "/ǃ/", "--file", str(path)) == 2
    assert not path.exists()
    path.write_text("a | b\nwrong\n", "utf-8")
    assert command("lexicon", "check", "--file", str(path)) == 2
    assert "words.txt, line 2" in capsys.readouterr().err


def test_say_shows_phonemes_with_the_words_of_the_user(
    command: Command,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    path = tmp_path / "words.txt"
    path.write_text("Siobhan | /ʃəˈvɔːn/\n", "utf-8")
    monkeypatch.setenv("ONSET_LEXICON", str(path))
    assert command("say", "Siobhan, 2.", "--phonemes") == 0
    assert capsys.readouterr().out.splitlines() == ["Siobhan, two.", "ʃəˈvɔn, tˈu."]
