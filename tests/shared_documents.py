"""The published documents and hash vectors beside the project, and how XML is compared."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from lxml import etree

DATA = Path(__file__).resolve().parents[1].parent / "shared" / "data"

present = pytest.mark.skipif(not DATA.is_dir(), reason="../shared/data (published examples and hash vectors) is not there")


def documents(*suffixes: str) -> list[Any]:
    """One pytest parameter per published document."""
    found = [path for path in sorted(DATA.rglob("*")) if path.suffix in (suffixes or (".jsonld", ".xml"))]
    return [pytest.param(path, id=path.relative_to(DATA).as_posix()) for path in found]


def vectors() -> list[Any]:
    return [parameter for parameter in documents() if parameter.values[0].with_suffix(".hashes").exists()]


def xml_meaning(node: etree._Element) -> Any:
    """What an element says: full names, attributes and children in any order, numbers by value; no prefixes, no layout."""
    children = [child for child in node if isinstance(child.tag, str)]
    attributes = sorted((str(name), _number(str(value))) for name, value in node.attrib.items())
    text = (node.text or "").strip()
    tail = (node.tail or "").strip()
    return (node.tag, attributes, _number(text), tail, sorted((xml_meaning(child) for child in children), key=repr))


def _number(text: str) -> str:
    try:
        return repr(float(text))
    except ValueError:
        return text
