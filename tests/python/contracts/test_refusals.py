"""Every text with which a contract refuses is explained in the documentation and provoked by a test."""

import re
from pathlib import Path

import pytest
from deployed import ROOT

SOURCES = [*(ROOT / "contracts").glob("*.vy"), *(ROOT / "contracts" / "modules").glob("*.vy")]


def texts(path):
    return set(re.findall(r'(?:assert [^"]*|raise |\), )"([^"]+)"', path.read_text()))


@pytest.mark.parametrize("path", [path for path in SOURCES if texts(path)], ids=lambda path: path.stem)
def test_texts_are_explained_and_provoked(path):
    page = (ROOT / "docs" / "contracts.md").read_text()
    tests = "".join(file.read_text() for file in Path(__file__).parent.glob("test_*.py") if file != Path(__file__))
    for text in texts(path):
        assert f"`{text}`" in page, f"docs/contracts.md does not explain: {text}"
        assert text in tests, f"no test provokes: {text}"


def test_the_page_explains_nothing_that_is_not_there():
    page = (ROOT / "docs" / "contracts.md").read_text().split("## What a refusal says")[1]
    cells = [row.split("|")[1] for row in page.splitlines() if row.startswith("|")]
    explained = {text for cell in cells for text in re.findall(r"`([^`]+)`", cell)}
    assert explained <= set().union(*map(texts, SOURCES))
