"""What a recording may hold."""

import pytest

from scripted_server import recorded


def test_arrivals_are_in_order_of_time() -> None:
    assert len(recorded((0.1, 0.2), (0.1, 0.2), (0.3, 0.2)).arrivals) == 3
    with pytest.raises(ValueError, match="order of time"):
        recorded((0.3, 0.2), (0.1, 0.2))
