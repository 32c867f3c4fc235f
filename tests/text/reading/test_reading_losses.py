"""Nothing that is written is lost, in any language; `make reading-losses` tries 5,000 lines."""

import pytest
from losses import generated, is_sign, losses

from onset.text.g2p.languages import LANGUAGES

LINES = 150


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_token_of_a_line_is_heard(lang: str) -> None:
    assert [loss for line in generated(lang, LINES) for loss in losses(line, lang)] == []


def test_what_is_lost_is_seen() -> None:
    (loss,) = losses(["dog", "|", "house"], "en-us")
    assert loss.token == "|" and is_sign(loss.token)
    assert [loss.token for loss in losses(["dog", "⚭", "house"], "en-us")] != []
