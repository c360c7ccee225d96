"""EPCIS documents on the wire: JSON-LD and XML of EPCIS 2.0, XML of 1.2, to and from one lossless model.

Inside, an event is the JSON-LD object of EPCIS 2.0. XML is converted to and from it: extension elements become fields named
`prefix:local`, their attributes `@prefix:local`, the text beside attributes or children `#text`.
"""

from __future__ import annotations

from pedigree.wire.document import Document, where, within
from pedigree.wire.json_form import parse_json, to_json
from pedigree.wire.limits import Limits
from pedigree.wire.reading import parse, parse_event
from pedigree.wire.xml_reading import parse_xml
from pedigree.wire.xml_writing import to_xml

__all__ = ["Document", "Limits", "parse", "parse_event", "parse_json", "parse_xml", "to_json", "to_xml", "where", "within"]
