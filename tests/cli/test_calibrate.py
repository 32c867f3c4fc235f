"""What `onset calibrate` refuses before it loads anything."""

import pytest

from onset.cli.calibrate import calibrate
from onset.errors import InvalidRequest


@pytest.mark.parametrize(
    "options, message",
    [
        ({"voices": "af_heart,nobody"}, "'nobody'. Choices: af_alloy"),
        ({"voices": "af_heart+am_michael"}, "Choices: af_alloy"),
        ({"speeds": "1,fast"}, "from 0.5 to 2"),
        ({"speeds": "3"}, "from 0.5 to 2"),
    ],
)
def test_what_cannot_be_calibrated_is_refused(options: dict[str, str], message: str) -> None:
    with pytest.raises(InvalidRequest, match=message.replace("+", r"\+")):
        calibrate(**options)  # type: ignore[arg-type]
