"""Japanese is in misaki's notation, numbers sound as they are counted, and every word is said."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from onset.text.g2p.japanese import JapaneseG2P, misaki_cutlet
from onset.text.g2p.vocabulary import audible, encode, to_vocabulary

G2P = JapaneseG2P()


def said(text: str) -> str:
    return " ".join("".join(sound for _, sound in parts) for parts in G2P.convert(text.split()))


@pytest.mark.parametrize(
    "text",
    [
        "こんにちは!",
        "洗濯物を干し終えたとたんに, 大粒の雨が降りはじめた.",
        "祖母は鍵の束を, 誰も開けないビスケットの缶にしまっていた.",
        "お問い合わせはこちら. ご協力ありがとうございます.",
    ],
)
def test_a_sentence_sounds_as_misaki_says_it(text: str) -> None:
    assert said(text) == to_vocabulary(misaki_cutlet().Cutlet()(text)[0])


@pytest.mark.parametrize(
    ("text", "phonemes"),
    [
        ("四時", "joʥi"),
        ("七時十分", "ɕiʨiʥi ʥɨʔpɯɴ"),
        ("九月二十日", "kɯɡaʦɨ haʦɨka"),
        ("三月三日", "saŋɡaʦɨ mʲiʔka"),
        ("一月一日", "iʨiɡaʦɨ ʦɨitaʨi"),
        ("四人", "jo ɲiɴ"),
        ("三本", "saɴ boɴ"),
        ("十七日", "ʥɨː ɕiʨi ɲiʨi"),
        ("四時間", "jo ʥikaɴ"),
        ("六か月", "ɾoʔ kaɡeʦɨ"),
        ("八週間", "haʔ ɕɨːkaɴ"),
        ("三泊", "saɴ pakɯ"),
        ("三羽", "saɴ ba"),
        ("十パーセント", "ʥɨʔ paːsento"),
        ("何本", "naɴ boɴ"),
        ("零時", "ɾeːʥi"),
    ],
)
def test_numbers_sound_as_they_are_counted(text: str, phonemes: str) -> None:
    assert said(text).replace(" ", "") == phonemes.replace(" ", "")


@pytest.mark.parametrize(
    ("text", "phonemes"),
    [
        ("土曜日", "dojoːbʲi"),
        ("六月十四日木曜日", "ɾokɯɡaʦɨʥɨːjoʔkamokɯjoːbʲi"),
        ("十分の一", "ʥɨːbɯɴnoiʨi"),
        ("二分の一", "ɲibɯɴnoiʨi"),
        ("五分の遅刻", "ɡoɸɯɴnoʨikokɯ"),
        ("三対二", "saɴtaiɲi"),
        ("大なり五", "dainaɾʲiɡo"),
        ("小なり五", "ɕoːnaɾʲiɡo"),
        ("次の一手", "ʦɨɡʲinoiʔte"),
    ],
)
def test_words_beside_a_number_sound_as_they_are_meant(text: str, phonemes: str) -> None:
    assert said(text).replace(" ", "") == phonemes


def test_enough_is_not_ten_minutes() -> None:
    assert said("十分です").startswith("ʥɨːbɯɴ")


def test_a_doubled_consonant_takes_up_both_sides() -> None:
    assert said("買った") == "kaʔta"


def test_other_scripts_and_stray_kana_are_said() -> None:
    assert "ʃˈɜɹt" in said("shirtです")
    for text in ("っ", "ー", "んぁ", "ㇰ", "々", "〇", "𠀀", "ヷ", "123", "привет"):
        assert audible(said(text)), text


@settings(max_examples=150, derandomize=True)
@given(st.text("あかんっゃーアカンッャヴ々〇日本三十分時𠀀ab12.,!?“”()—", min_size=1, max_size=30))
def test_any_chunk_is_said_and_kept(chunk: str) -> None:
    (parts,) = G2P.convert([chunk])
    assert "".join(text for text, _ in parts) == chunk
    for text, sound in parts:
        encode(sound)
        assert audible(sound) == any(map(str.isalnum, text)), text
