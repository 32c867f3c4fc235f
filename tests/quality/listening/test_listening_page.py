"""The page: it gives nothing away, asks no other place, and its script counts as `tally` does."""

import json
import re
from base64 import b64encode
from hashlib import sha256
from html.parser import HTMLParser
from itertools import product
from pathlib import Path
from typing import Any

import pytest

from listening_tones import ITEMS, NODE, conditions, facts, run_script, write
from onset.quality.listening.answer_files import read_answers
from onset.quality.listening.tally import TOLD, finding, needed, row, tally
from onset.stats.binomial import share_interval

needs_node = pytest.mark.skipif(NODE is None, reason="there is no Node to run the page's script")

NAMES = [name for name in conditions()]


class Reader(HTMLParser):
    """What a browser takes from a page: visible text, attributes, scripts and styles."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.text, self.attributes = "", list[tuple[str, str, str]]()
        self.inside, self.inline = "", dict[str, list[str]]()
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.attributes += [(tag, name, value or "") for name, value in attrs]
        self.inside = tag if tag in ("script", "style") else self.inside

    def handle_endtag(self, tag: str) -> None:
        self.inside = "" if tag == self.inside else self.inside

    def handle_data(self, data: str) -> None:
        if self.inside:
            self.inline.setdefault(self.inside, []).append(data)
        else:
            self.text += data

    def values(self, name: str) -> list[str]:
        return [value for _, attribute, value in self.attributes if attribute == name]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("listening")
    write(made)
    return made


@pytest.fixture(scope="module")
def html(folder: Path) -> str:
    return (folder / "index.html").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def page(html: str) -> Reader:
    return Reader(html)


def test_no_name_of_a_condition_can_be_read_anywhere(folder: Path, html: str) -> None:
    names = "|".join(path.name for path in folder.rglob("*"))
    for name in [*NAMES, "one.?shot", "old.?cut"]:
        assert not re.search(name, html, re.IGNORECASE), name
        assert not re.search(name, names, re.IGNORECASE), name
    assert facts(html)["key"]["conditions"] == NAMES  # they are there, but not to be read


def test_every_clip_of_the_key_is_there_and_no_other(folder: Path, html: str) -> None:
    clips = facts(html)["key"]["clips"]
    paths = [path for item in clips for path in item]
    assert len(paths) == len(set(paths)) == len(ITEMS) * len(NAMES)
    there = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    assert there == {"index.html", *paths}


def test_it_asks_no_other_place(html: str, page: Reader) -> None:
    assert not re.search(r"https?:|wss?:|//[a-z0-9-]+\.|@import|\burl\(", html)
    assert not page.values("src") and not page.values("href") and not page.values("style")
    assert not [name for _, name, _ in page.attributes if name.startswith("on")]


def test_its_policy_allows_its_own_script_and_style_only(page: Reader) -> None:
    (policy,) = [value for value in page.values("content") if "default-src" in value]
    rules = dict(rule.strip().split(" ", 1) for rule in policy.split(";"))
    assert rules["default-src"] == rules["base-uri"] == rules["form-action"] == "'none'"
    assert rules["media-src"] == "'self' file:"
    for kind, content in (("style", page.inline["style"][0]), ("script", page.inline["script"][1])):
        digest = b64encode(sha256(content.encode()).digest()).decode()
        assert rules[f"{kind}-src"] == f"'sha256-{digest}'"


def test_sentences_are_kept_whatever_they_contain(html: str) -> None:
    assert [item["text"] for item in facts(html)["items"]] == [item.text for item in ITEMS]
    assert [item["lang"] for item in facts(html)["items"]] == ["en-us", "en-gb", "es"]


def test_it_can_be_used_without_seeing_it(page: Reader) -> None:
    ids = page.values("id")
    assert len(ids) == len(set(ids))
    for name in ("aria-labelledby", "aria-controls"):
        assert set(page.values(name)) <= set(ids)
    assert page.values("aria-keyshortcuts") == ["A", "B", "X", "Space", "1", "2"]
    assert "status" in page.values("role") and ("html", "lang", "en") in page.attributes


def test_it_says_how_many_answers_are_needed(page: Reader) -> None:
    told = f"It takes {needed()} answers to a comparison to tell somebody who is right 75 %"
    assert told in " ".join(page.text.split())


def test_another_seed_gives_other_names(tmp_path: Path, html: str) -> None:
    assert facts(write(tmp_path / "same"))["key"] == facts(html)["key"]
    other = facts(write(tmp_path / "other", seed=8))
    assert not {*other["key"]["clips"][0]} & {*facts(html)["key"]["clips"][0]}
    assert other["id"] != facts(html)["id"]


SESSION = "0123456789abcdef" * 2


def planned(html: str, test: str, round: int = 0, session: str = SESSION) -> list[dict[str, Any]]:
    code = "return plan(values.key, values.session, values.test, values.round);"
    key = facts(html)["key"]
    found: list[dict[str, Any]] = run_script(code, key=key, session=session, test=test, round=round)
    return found


@needs_node
def test_a_round_asks_each_comparison_of_each_sentence_once(html: str) -> None:
    for test, x in (("abx", {"a", "b"}), ("preference", {None})):
        trials = planned(html, test)
        asked = {(trial["item"], trial["a"] or trial["b"]) for trial in trials}
        assert asked == set(product(range(len(ITEMS)), (1, 2))) and len(trials) == len(asked)
        assert all(0 in (trial["a"], trial["b"]) for trial in trials)
        assert {trial["x"] for trial in trials} <= x


@needs_node
def test_the_order_is_the_sessions_own_and_stays(html: str) -> None:
    first = planned(html, "abx")
    assert planned(html, "abx") == first
    assert planned(html, "abx", 1) != first
    assert planned(html, "abx", session="f" * 32) != first


@needs_node
def test_chance_gives_each_place_as_often(html: str) -> None:
    code = """
    const found = {x: 0, a: 0, first: 0, agree: 0, n: 0};
    for (let k = 0; k < 2000; k += 1) {
      const trials = plan(values.key, `session ${k}`, "abx", 0);
      found.first += trials[0].item === 0;
      for (const trial of trials) {
        found.n += 1;
        found.x += trial.x === "a";
        found.a += trial.a === 0;
        found.agree += (trial.x === "a") === (trial.a === 0);
      }
    }
    return found;
    """
    found = run_script(code, key=facts(html)["key"])
    for name in ("x", "a", "agree"):
        assert found[name] / found["n"] == pytest.approx(0.5, abs=0.02)  # four deviations
    assert found["first"] / 2000 == pytest.approx(1 / 3, abs=0.045)


@needs_node
def test_its_intervals_are_those_of_the_statistics() -> None:
    pairs = [(k, n) for n in (0, 1, 2, 12, 35, 36, 200) for k in range(n + 1)]
    found = run_script("return values.pairs.map(([k, n]) => interval(k, n));", pairs=pairs)
    assert found == [pytest.approx(share_interval(k, n), abs=1e-9) for k, n in pairs]


@needs_node
def test_its_words_are_those_of_the_tally() -> None:
    cases = [
        (test, list(share_interval(k, n)))
        for test in ("abx", "preference")
        for n in (0, 12, 36)
        for k in range(n + 1)
    ]
    code = "return values.cases.map(([test, ends]) => finding(test, ends, values.told));"
    found = run_script(code, cases=cases, told=TOLD)
    assert found == [finding(test, *ends) for test, ends in cases]
    assert len(set(found)) == 6


LISTEN = """
const state = {session: values.session, answers: {abx: [], preference: []}};
for (let i = 0; i < values.count; i += 1) {
  for (const test of TESTS) {
    const trial = questionAt(values.key, state.session, test, i);
    state.answers[test].push(LISTENER);
  }
}
const file = exported({id: "p"}, values.key, restored(JSON.stringify(state)));
return {file, rows: tally(file, values.told)};
"""


def listened(html: str, listener: str, folder: Path, count: int) -> tuple[list[Any], list[Any]]:
    """The page's rows of a listener, and the command's of the file that they export."""
    code = LISTEN.replace("LISTENER", listener)
    found = run_script(code, key=facts(html)["key"], session=SESSION, count=count, told=TOLD)
    path = folder / "answers.json"
    path.write_text(json.dumps(found["file"]))
    return found["rows"], tally(read_answers([path]))


@needs_node
def test_who_always_hears_it_is_told_from_chance(html: str, tmp_path: Path) -> None:
    shown, counted = listened(html, "trial.x ?? (trial.a === 0 ? 'a' : 'b')", tmp_path, 24)
    assert [(r.test, r.n, r.successes, str(r.finding)) for r in counted] == [
        *[("abx", 12, 12, "told apart")] * 2,
        *[("preference", 12, 0, "the other is preferred")] * 2,
    ]
    assert {r["finding"] for r in shown} == {"told apart", "the other is preferred"}


@needs_node
@pytest.mark.parametrize("listener", ["'a'", "i % 2 ? 'a' : 'b'", "trial.item % 2 ? 'a' : 'b'"])
def test_who_does_not_listen_is_at_chance(html: str, listener: str, tmp_path: Path) -> None:
    _, counted = listened(html, listener, tmp_path, 600)
    for found in counted:
        assert found.n == 300 and found.successes / 300 == pytest.approx(0.5, abs=0.12)


@needs_node
def test_the_page_and_the_command_count_alike(html: str, tmp_path: Path) -> None:
    shown, counted = listened(html, "i % 5 ? (trial.x ?? 'a') : 'b'", tmp_path, 31)
    figures = {(r["test"], r["condition"]): (r["n"], r["successes"], r["finding"]) for r in shown}
    assert figures == {(r.test, r.condition): (r.n, r.successes, str(r.finding)) for r in counted}
    for one in shown:
        same = row(one["test"], one["condition"], one["n"], one["successes"])
        assert (one["low"], one["high"]) == pytest.approx((same.low, same.high), abs=1e-9)


@needs_node
@pytest.mark.parametrize(
    "text", ["", "null", "{}", '{"session": 1}', f'{{"session": "{SESSION}"}}']
)
def test_what_is_no_state_is_not_gone_on_with(text: str) -> None:
    assert run_script("return restored(values.text);", text=text) is None
