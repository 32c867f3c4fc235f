"""Writes docs/dependencies.md: version, licence and origin of everything that is installed.

    python scripts/release/licences.py

The packages are those of requirements/, for `make setup` and for `make test`; what is told of them
is what each one's own metadata says, so they must be installed here.
"""

import sys
from importlib.metadata import Distribution, PackageNotFoundError, distribution

from lock_requirements import BUILD, ROOT, Tree, pins

PAGE = ROOT / "docs" / "dependencies.md"

SECTIONS = {
    "What `make setup` installs": (BUILD, "runtime", "ja"),
    "What `make test` installs besides": ("dev",),
}
"""The files of requirements/ for each table of the page."""

HEAD = """# Dependencies

Made by `python scripts/release/licences.py` from what each package says of itself, in the versions
of `requirements/`. What comes with a licence that binds who passes it on, as espeak-ng does, is in
[NOTICE](../NOTICE). `python scripts/release/unmaintained.py` tells whose last release is years ago.
"""

LINKS = ("source", "source code", "repository", "code", "github", "homepage", "home")
"""Names of links to where a package is made, best first, without case."""

NOT_SAID = "not said"


def field(package: Distribution, name: str) -> str:
    """A field of the metadata; empty if it is not there."""
    values = package.metadata.get_all(name) or [""]
    return str(values[0]).strip()


def licence(package: Distribution) -> str:
    """In the words of its metadata: the expression, else classifiers, else the first line."""
    classified = [
        line.rpartition("::")[2].strip()
        for line in package.metadata.get_all("Classifier") or ()
        if line.startswith("License ::") and not line.endswith(":: OSI Approved")
    ]
    first = field(package, "License").partition("\n")[0][:60]
    return field(package, "License-Expression") or ", ".join(classified) or first or NOT_SAID


def origin(package: Distribution) -> str:
    """Its source or home page, if it names one."""
    links = {}
    for line in package.metadata.get_all("Project-URL") or ():
        name, _, address = line.partition(",")
        links[name.strip().lower()] = address.strip()
    named = next((links[name] for name in LINKS if name in links), field(package, "Home-page"))
    return named or NOT_SAID


def page() -> str:
    """The page. Raises PackageNotFoundError for a package that is not installed here."""
    tree, lines = Tree(ROOT), [HEAD]
    for title, names in SECTIONS.items():
        lines += [f"## {title}\n", "| package | version | licence | origin |", "|---|---|---|---|"]
        listed = [pin for name in names for pin in pins(tree.path(name).read_text())]
        for pin in sorted(listed, key=lambda pin: pin.name):
            package = distribution(pin.name)
            row = (pin.name, pin.version, licence(package), origin(package))
            lines.append(f"| {' | '.join(cell.replace('|', '/') for cell in row)} |")
        lines.append("")
    return "\n".join(lines)


def main() -> None:
    """Write the page."""
    try:
        PAGE.write_text(page())
    except PackageNotFoundError as error:
        sys.exit(f"{error} Run `make test` first.")


if __name__ == "__main__":
    main()
