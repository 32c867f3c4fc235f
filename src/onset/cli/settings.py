"""`onset settings`: every setting, what it is now, and what it is for."""

from pydantic import SecretStr
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined
from rich.console import Console
from rich.table import Table

from onset.config import PREFIX, Settings, load_settings

UNSET = "-"
"""What stands for a setting that has no value."""


def settings() -> None:
    """List the settings, and what each is here.

    They are environment variables. An asterisk marks what the environment sets. Keys and tokens
    are not shown.
    """
    here = load_settings()
    table = Table("setting", "", "here", "", box=None, pad_edge=False)
    for name, field in Settings.model_fields.items():
        mark = "*" if name in here.model_fields_set else ""
        table.add_row(variable(name), mark, written(getattr(here, name)), field.description)
    Console().print(table)


def setting_rows() -> list[str]:
    """The table of docs/settings.md: every setting, its default, and what it is for."""
    rows = ["| setting | default | |", "|---|---|---|"]
    for name, field in Settings.model_fields.items():
        rows.append(f"| `{variable(name)}` | {_default(field)} | {field.description} |")
    return rows


def variable(name: str) -> str:
    """The environment variable of the setting `name`."""
    return PREFIX + name.upper()


def written(value: object) -> str:
    """A value as it is written into the environment; of what is secret only that it is there."""
    if value is None or value == ():
        return UNSET
    if isinstance(value, SecretStr):
        return "(set)"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float):
        return f"{value:g}"
    return ",".join(value) if isinstance(value, tuple) else f"{value}"


def _default(field: FieldInfo) -> str:
    if field.default is PydanticUndefined:
        return "by the machine"
    return "" if written(field.default) == UNSET else f"`{written(field.default)}`"
