"""XML that can't hurt its reader: no entities, no DTD, no network, bounded depth and text."""

from __future__ import annotations

import re
from xml.parsers import expat

from lxml import etree

from pedigree.errors import DocumentError, Fault
from pedigree.wire.limits import Limits

_DECLARED = re.compile(rb"""\s*<\?xml\s[^>]{0,200}?encoding\s*=\s*["']([A-Za-z0-9._-]{1,40})["']""")
_ENCODINGS = frozenset(
    ("utf-8", "utf8", "us-ascii", "ascii", "iso-8859-1", "latin1", "windows-1252", "gb18030", "gbk", "gb2312", "utf-16")
)
"""All but the last leave ASCII as it is, so that a DOCTYPE can't hide in the bytes."""


def parse_tree(body: bytes, limits: Limits) -> etree._Element:
    """The root element, without comments and processing instructions. Raises DocumentError: not well-formed, a DOCTYPE with
    anything but a name, entity references, deeper or longer than the limits."""
    encoding = _encoding(body)
    if b"DOCTYPE" in body or encoding == "utf-16":
        _check_doctype(body, encoding)
    parser = etree.XMLParser(
        encoding=encoding,
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        dtd_validation=False,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
        collect_ids=False,
    )
    try:
        root = etree.fromstring(body, parser)
    except etree.XMLSyntaxError as wrong:
        line, column = wrong.position
        raise _refuse(f"line {line}, column {column}", (wrong.msg or "no XML")[:200], "well-formed XML") from wrong
    _check(root, limits, texts=len(body) > limits.text)
    return root


def _encoding(body: bytes) -> str:
    if body[:2] in (b"\xff\xfe", b"\xfe\xff") and body[2:4] != b"\0\0":
        return "utf-16"
    declared = _DECLARED.match(body.removeprefix(b"\xef\xbb\xbf")[:512])
    name = declared[1].decode().lower() if declared else "utf-8"
    if name not in _ENCODINGS or name == "utf-16" or b"\0" in body[:4]:
        raise _refuse("", f"the encoding {name}" if declared else "an unknown encoding", "UTF-8")
    return name


def _check_doctype(body: bytes, encoding: str) -> None:
    """Refuse a DOCTYPE that has an internal subset (even an empty one) or names an external DTD, before the tree parser, which
    would look at both, sees it."""

    def doctype(name: str, system: str | None, public: str | None, subset: bool) -> None:
        if subset or system or public:
            raise _refuse("DOCTYPE", "an internal subset or an external DTD", "no DOCTYPE, or one with a name only")

    def element(name: str, attributes: dict[str, str]) -> None:
        raise _RootReachedError

    reader = expat.ParserCreate("utf-8")
    reader.StartDoctypeDeclHandler = doctype
    reader.StartElementHandler = element
    try:
        reader.Parse(body.decode(encoding).removeprefix("\ufeff").encode(), True)
    except _RootReachedError:
        return
    except (expat.ExpatError, UnicodeError) as wrong:
        raise _refuse("", str(wrong)[:200], "well-formed XML") from wrong


class _RootReachedError(Exception):
    """The prolog is over."""


def _check(root: etree._Element, limits: Limits, texts: bool) -> None:
    level = [root]
    for _ in range(limits.depth):
        below = []
        for node in level:
            if len(node.attrib) > limits.attributes:  # reading n of them takes the library n * n steps
                raise _refuse(_path(node), f"{len(node.attrib)} attributes", f"at most {limits.attributes}")
            for child in node:
                if not isinstance(child.tag, str):
                    raise _refuse(_path(node), "an entity reference", "text")
                below.append(child)
            if texts:
                _check_texts(node, limits.text)
        level = below
        if not level:
            return
    raise _refuse(_path(level[0]), "deeper nesting", f"at most {limits.depth} levels")


def _check_texts(node: etree._Element, limit: int) -> None:
    for text in (node.tag, node.text, node.tail, *node.attrib.keys(), *node.attrib.values()):
        if text is not None and len(text) > limit:
            raise _refuse(_path(node), f"a text of {len(text)} characters", f"at most {limit}")


def _path(node: etree._Element) -> str:
    return node.getroottree().getpath(node)


def _refuse(place: str, found: str, expected: str) -> DocumentError:
    fault = Fault(place, found, expected)
    return DocumentError(f"not an EPCIS document: {fault}", (fault,))
