"""Tells which dependencies nobody seems to maintain: whose last release is long ago.

    python scripts/release/unmaintained.py --years 3

Asks the package index that pip is set up for, by pip's own code (private, so it may break with a
new pip), for one page a package: some minutes. Looks at all that requirements/ lists. Yanked files
do not count. An index that does not tell dates (PEP 700) is told.
"""

import argparse
import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

from lock_requirements import BUILD, ROOT, SETS, Tree, pins
from pip._internal.commands.download import DownloadCommand
from pip._internal.index.collector import LinkCollector
from pip._internal.models.link import Link

YEAR = timedelta(days=365.25)


@contextmanager
def index_of_pip() -> Iterator[LinkCollector]:
    """What asks the index, with this machine's settings of pip."""
    command = DownloadCommand("download", "")
    options, _ = command.parse_args([])
    with command.main_context():
        yield LinkCollector.create(command.get_default_session(options), options=options)


def releases(index: LinkCollector, name: str) -> Iterator[datetime]:
    """When each file of a package that is not yanked was uploaded, as far as indexes tell."""
    for location in index.search_scope.get_index_urls_locations(name):
        if not location.startswith("http"):
            continue
        page = index.fetch_response(Link(location))
        try:
            files = json.loads(page.content)["files"] if page else []
        except ValueError:  # HTML, which has no dates
            continue
        for file in files:
            if "upload-time" in file and not file.get("yanked"):
                yield datetime.fromisoformat(file["upload-time"])


def main() -> None:
    """Print the packages with the date of their last release, oldest first."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--years", type=float, default=3.0, help="how long ago; default 3")
    parser.add_argument("--root", type=Path, default=ROOT, help="the checkout")
    arguments = parser.parse_args()
    tree = Tree(arguments.root)
    sets = {pin.name: name for name in (BUILD, *SETS) for pin in pins(tree.path(name).read_text())}
    with index_of_pip() as index:
        last = {name: max(releases(index, name), default=None) for name in sets}
    since = datetime.now(UTC) - arguments.years * YEAR
    old = sorted((day, name) for name, day in last.items() if day is not None and day < since)
    for day, name in old:
        print(f"{day:%Y-%m-%d}  {name} (requirements/{sets[name]}.txt)")
    for name in (name for name, day in last.items() if day is None):
        print(f"not told    {name} (requirements/{sets[name]}.txt)")
    print(f"{len(old)} of {len(last)} had no release for {arguments.years:g} years.")


if __name__ == "__main__":
    main()
