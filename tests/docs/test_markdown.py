"""Every Markdown page is linked, its links lead somewhere, its lines fit, and its sentences are short."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LONGEST = 120
LONGEST_ROW = 190
MOST_WORDS = 25
LINK = re.compile(r"(?<!!)\[[^]]*\]\(([^)\s]+)\)")
PAGES = sorted(
    subprocess.run(["git", "ls-files", "*.md"], cwd=ROOT, capture_output=True, text=True, check=True).stdout.split()
)


def _prose(text: str) -> str:
    """The text without its code blocks."""
    return re.sub(r"^ *```.*?^ *```", "", text, flags=re.MULTILINE | re.DOTALL)


def _targets(page: str) -> list[tuple[Path, str]]:
    """The files and headings that a page links to within the repository."""
    links = LINK.findall(_prose((ROOT / page).read_text(encoding="utf-8")))
    pairs = [link.partition("#")[::2] for link in links if not re.match("[a-z]+:", link)]
    return [((ROOT / page).parent / path if path else ROOT / page, heading) for path, heading in pairs]


def _anchors(page: Path) -> set[str]:
    """The anchors that GitHub gives a page's headings."""
    headings = re.findall(r"^#+ (.*)$", _prose(page.read_text(encoding="utf-8")), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES)
def test_every_relative_link_resolves(page: str) -> None:
    broken = [
        f"{path.relative_to(ROOT)}#{heading}" if heading else str(path)
        for path, heading in _targets(page)
        if not path.exists() or (heading and heading not in _anchors(path))
    ]
    assert not broken


def test_the_readme_leads_to_every_document() -> None:
    reached, todo = set(), ["README.md"]
    while todo:
        page = todo.pop()
        reached.add(page)
        linked = {str(path.resolve().relative_to(ROOT)) for path, _ in _targets(page)}
        todo += sorted(name for name in linked if name in PAGES and name not in reached)
    assert {page for page in PAGES if page.startswith("docs/")} <= reached


@pytest.mark.parametrize("page", PAGES)
def test_lines_are_short_enough(page: str) -> None:
    """Rows of tables cannot be broken, nor can a line that holds nothing but one long address."""
    lines = (ROOT / page).read_text(encoding="utf-8").splitlines()
    long = [
        number
        for number, line in enumerate(lines, 1)
        if len(line) > LONGEST and not line.lstrip().startswith("|") and not re.fullmatch(r"\W*\S*https?:\S+", line)
    ]
    assert not long


GENERATED = {"docs/design/planted.md"}
HISTORY = {"CHANGELOG.md", "bench/RESULTS.md"}
WRITTEN = [page for page in PAGES if page not in GENERATED | HISTORY]


@pytest.mark.parametrize("page", WRITTEN)
def test_rows_of_tables_are_short_enough(page: str) -> None:
    """A longer cell is better a section below the table."""
    lines = (ROOT / page).read_text(encoding="utf-8").splitlines()
    assert not [line for line in lines if len(line) > LONGEST_ROW]


VAGUE = re.compile(r"\b(somebody|someone|nobody|whoever|anew|but for|be it)\b", re.IGNORECASE)


def _sentences(page: str) -> list[str]:
    """The sentences of a page's paragraphs, list items and cells; a piece of code counts as one word."""
    text = "\n".join(
        line
        for line in _prose((ROOT / page).read_text(encoding="utf-8")).splitlines()
        if not line.startswith(("    ", "#"))
    )
    text = re.sub(r"\]\([^)]*\)", "]", re.sub(r"`[^`]*`", "X", text))
    pieces = re.split(r"\n\s*\n|\n(?=\s*(?:[-*|]|\d+\.)\s)|\|", text)
    return [sentence for piece in pieces for sentence in re.split(r"(?<=[.:;?!])\s+", " ".join(piece.split()))]


@pytest.mark.parametrize("page", WRITTEN)
def test_sentences_are_short_and_name_who_acts(page: str) -> None:
    assert not [s for s in _sentences(page) if len(s.split()) > MOST_WORDS or VAGUE.search(s)]
