"""The templates of the page, and how they write figures."""

from functools import cache

from jinja2 import Environment, PackageLoader, StrictUndefined

from onset.serving.http.dashboard.panel_values import (
    capitalized,
    clock,
    day_and_clock,
    megabytes,
    milliseconds,
    percent,
    plain,
)


@cache
def templates() -> Environment:
    """The templates; they escape everything."""
    environment = Environment(
        loader=PackageLoader("onset.serving.http.dashboard", "."),
        undefined=StrictUndefined,
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "ms": milliseconds,
        "percent": percent,
        "plain": plain,
        "megabytes": megabytes,
        "clock": clock,
        "day_and_clock": day_and_clock,
        "capitalized": capitalized,
    }
    return environment
