"""Tables of the graph in SQLite. A change is a new migration at the end of `MIGRATIONS`.

Units and events are numbered (`epc`, `event_key`): names of 50 and hashes of 32 bytes stand once, the many rows carry small
ints. A name says nothing: a unit is known when it has a `unit` row. Numbers depend on the order of arrival, so they are never
shown nor compared (`dump`). STRICT, so that a value of a wrong type can't even be edited in.

Never ANALYZE nor PRAGMA optimize: with statistics SQLite 3.40 chooses Bloom filters that scan whole tables.
"""

from __future__ import annotations

from storage.sqlite import Migration

_FIRST = """
CREATE TABLE progress (source TEXT PRIMARY KEY, next INTEGER NOT NULL, head BLOB NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE epc (id INTEGER PRIMARY KEY, epc TEXT NOT NULL UNIQUE) STRICT;
CREATE TABLE event_key (id INTEGER PRIMARY KEY, hash BLOB NOT NULL UNIQUE) STRICT;

CREATE TABLE unit (
  id INTEGER PRIMARY KEY, kind TEXT NOT NULL, gtin TEXT NOT NULL, serial TEXT NOT NULL, lot TEXT NOT NULL,
  generation INTEGER NOT NULL, partition INTEGER NOT NULL,
  number INTEGER NOT NULL, n INTEGER NOT NULL,   -- the last decisions message and the leaves after it
  number0 INTEGER NOT NULL, n0 INTEGER NOT NULL, -- the one before
  key BLOB NOT NULL, acc BLOB NOT NULL,
  content REAL NOT NULL, loaded INTEGER NOT NULL,
  status INTEGER NOT NULL, possessor TEXT NOT NULL, owner TEXT NOT NULL, location TEXT NOT NULL, addressee TEXT NOT NULL,
  container INTEGER NOT NULL, remaining REAL NOT NULL, hold TEXT NOT NULL, chain TEXT NOT NULL, verdict TEXT NOT NULL,
  marks TEXT NOT NULL, shown_lot TEXT NOT NULL, expiry TEXT NOT NULL, since INTEGER NOT NULL
) STRICT;
CREATE INDEX unit_lot ON unit (gtin, lot);
CREATE INDEX unit_loaded ON unit (container, possessor) WHERE loaded = 1;
CREATE INDEX unit_addressed ON unit (addressee) WHERE loaded = 1 AND container = 0 AND addressee <> '';
CREATE TABLE lot (gtin TEXT NOT NULL, lot TEXT NOT NULL, units INTEGER NOT NULL, PRIMARY KEY (gtin, lot)) STRICT, WITHOUT ROWID;
CREATE INDEX lot_lot ON lot (lot);

CREATE TABLE stay (
  unit INTEGER NOT NULL, t_from INTEGER NOT NULL, ord INTEGER NOT NULL, t_to INTEGER NOT NULL, status INTEGER NOT NULL,
  party TEXT NOT NULL, owner TEXT NOT NULL, location TEXT NOT NULL, addressee TEXT NOT NULL, event INTEGER NOT NULL,
  inferred INTEGER NOT NULL, PRIMARY KEY (unit, t_from, ord)
) STRICT, WITHOUT ROWID;
CREATE TABLE packed (
  child INTEGER NOT NULL, t_from INTEGER NOT NULL, ord INTEGER NOT NULL, t_to INTEGER NOT NULL, container INTEGER NOT NULL,
  event INTEGER NOT NULL, PRIMARY KEY (child, t_from, ord)
) STRICT, WITHOUT ROWID;
CREATE INDEX packed_container ON packed (container, t_to, t_from);

CREATE TABLE verdict (
  unit INTEGER NOT NULL, event INTEGER NOT NULL, kind INTEGER NOT NULL, source INTEGER NOT NULL, declared INTEGER NOT NULL,
  step INTEGER NOT NULL, biz_step TEXT NOT NULL, time INTEGER NOT NULL, place INTEGER NOT NULL, record_time INTEGER NOT NULL,
  actor TEXT NOT NULL, location TEXT NOT NULL, outcome TEXT NOT NULL, applies INTEGER NOT NULL, proof TEXT NOT NULL,
  attested TEXT NOT NULL, party TEXT NOT NULL, PRIMARY KEY (unit, event, kind, source, declared)
) STRICT, WITHOUT ROWID;
CREATE INDEX verdict_event ON verdict (event, kind, outcome);
CREATE INDEX verdict_inbox ON verdict (party, record_time) WHERE outcome IN ('rejected', 'pending', 'undecidable', 'suspect');
CREATE TABLE finding (
  unit INTEGER NOT NULL, event INTEGER NOT NULL, kind INTEGER NOT NULL, source INTEGER NOT NULL, declared INTEGER NOT NULL,
  ord INTEGER NOT NULL, code TEXT NOT NULL, severity TEXT NOT NULL, evidence TEXT NOT NULL, record_time INTEGER NOT NULL,
  party TEXT NOT NULL, PRIMARY KEY (unit, event, kind, source, declared, ord)
) STRICT, WITHOUT ROWID;
CREATE INDEX finding_time ON finding (record_time);
CREATE INDEX finding_code ON finding (code, record_time);
CREATE INDEX finding_party ON finding (party, record_time);

CREATE TABLE load (container INTEGER PRIMARY KEY, units INTEGER NOT NULL) STRICT;
CREATE TABLE stock (
  container INTEGER NOT NULL, gtin TEXT NOT NULL, lot TEXT NOT NULL, expiry TEXT NOT NULL, party TEXT NOT NULL,
  location TEXT NOT NULL, addressee TEXT NOT NULL, state TEXT NOT NULL, quantity INTEGER NOT NULL,
  PRIMARY KEY (container, gtin, lot, expiry, party, location, addressee, state)
) STRICT, WITHOUT ROWID;
CREATE INDEX stock_party ON stock (party, gtin) WHERE container = 0;
CREATE INDEX stock_addressee ON stock (addressee, gtin) WHERE addressee <> '';
CREATE INDEX stock_gtin ON stock (gtin);
CREATE TABLE sale (
  unit INTEGER NOT NULL, event INTEGER NOT NULL, time INTEGER NOT NULL, part REAL NOT NULL, party TEXT NOT NULL,
  location TEXT NOT NULL, applies INTEGER NOT NULL, counted INTEGER NOT NULL, PRIMARY KEY (unit, event)
) STRICT, WITHOUT ROWID;
CREATE TABLE consumption (
  party TEXT NOT NULL, gtin TEXT NOT NULL, day INTEGER NOT NULL, location TEXT NOT NULL, quantity INTEGER NOT NULL,
  PRIMARY KEY (party, gtin, day, location)
) STRICT, WITHOUT ROWID;

CREATE TABLE document (
  partition INTEGER NOT NULL, offset INTEGER NOT NULL, capture TEXT NOT NULL, party TEXT NOT NULL, record_time INTEGER NOT NULL,
  registry INTEGER NOT NULL, rules INTEGER NOT NULL, content_type TEXT NOT NULL, digest BLOB NOT NULL, seal BLOB NOT NULL,
  context BLOB NOT NULL, PRIMARY KEY (partition, offset)
) STRICT, WITHOUT ROWID;
CREATE INDEX document_capture ON document (capture);
CREATE TABLE event (
  id INTEGER PRIMARY KEY, key INTEGER NOT NULL, declared INTEGER NOT NULL, type TEXT NOT NULL, action TEXT NOT NULL,
  biz_step TEXT NOT NULL, disposition TEXT NOT NULL, time INTEGER NOT NULL, record_time INTEGER NOT NULL, party TEXT NOT NULL,
  actor TEXT NOT NULL, location TEXT NOT NULL, partition INTEGER NOT NULL, offset INTEGER NOT NULL, seq INTEGER NOT NULL,
  json BLOB NOT NULL, UNIQUE (key, declared)
) STRICT;
CREATE INDEX event_time ON event (time);
CREATE INDEX event_step ON event (biz_step, time);
CREATE TABLE event_unit (
  unit INTEGER NOT NULL, time INTEGER NOT NULL, event INTEGER NOT NULL, role INTEGER NOT NULL,
  PRIMARY KEY (unit, time, event, role)
) STRICT, WITHOUT ROWID;
CREATE TABLE carried (
  partition INTEGER NOT NULL, offset INTEGER NOT NULL, seq INTEGER NOT NULL, event INTEGER NOT NULL,
  PRIMARY KEY (partition, offset, seq)
) STRICT, WITHOUT ROWID;
CREATE INDEX carried_event ON carried (event);

CREATE TABLE undecidable (
  generation INTEGER NOT NULL, partition INTEGER NOT NULL, number INTEGER NOT NULL, ord INTEGER NOT NULL, offset INTEGER NOT NULL,
  raw BLOB NOT NULL, reason TEXT NOT NULL, PRIMARY KEY (generation, partition, number, ord)
) STRICT, WITHOUT ROWID;
CREATE TABLE receipt (
  generation INTEGER NOT NULL, partition INTEGER NOT NULL, first INTEGER NOT NULL, last INTEGER NOT NULL, batch INTEGER NOT NULL,
  committed_ms INTEGER NOT NULL, size INTEGER NOT NULL, PRIMARY KEY (generation, partition, first)
) STRICT, WITHOUT ROWID;
"""

# For EPCIS queries. Side tables carry the event's time in their key: what they name is read along time, page by page.
# What the documents gave is taken from their log again, which alone has all that is indexed now.
_QUERIES = """
DELETE FROM carried;
DELETE FROM event_unit;
DELETE FROM event;
DELETE FROM document;
DELETE FROM progress WHERE source LIKE 'documents/%';
ALTER TABLE event ADD COLUMN read_point INTEGER NOT NULL DEFAULT 0;
ALTER TABLE event ADD COLUMN biz_location INTEGER NOT NULL DEFAULT 0;
ALTER TABLE event ADD COLUMN event_id TEXT NOT NULL DEFAULT '';
CREATE INDEX event_recorded ON event (record_time);
CREATE INDEX event_named ON event (event_id) WHERE event_id <> '';
CREATE INDEX event_read_point ON event (read_point, time) WHERE read_point <> 0;
CREATE INDEX event_biz_location ON event (biz_location, time) WHERE biz_location <> 0;
CREATE INDEX event_disposition ON event (disposition, time) WHERE disposition <> '';
CREATE TABLE field (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE) STRICT; -- kind, section, name, alias
CREATE TABLE event_field (
  field INTEGER NOT NULL, value ANY NOT NULL, time INTEGER NOT NULL, event INTEGER NOT NULL,
  PRIMARY KEY (field, value, time, event)
) STRICT, WITHOUT ROWID;
CREATE TABLE event_party (
  party INTEGER NOT NULL, time INTEGER NOT NULL, event INTEGER NOT NULL, PRIMARY KEY (party, time, event)
) STRICT, WITHOUT ROWID;
CREATE TABLE master_data (
  element INTEGER NOT NULL, vocabulary TEXT NOT NULL, attribute TEXT NOT NULL, value TEXT NOT NULL, compared TEXT NOT NULL,
  party TEXT NOT NULL, record_time INTEGER NOT NULL, partition INTEGER NOT NULL, offset INTEGER NOT NULL,
  PRIMARY KEY (element, vocabulary, attribute)
) STRICT, WITHOUT ROWID;
CREATE INDEX master_data_attribute ON master_data (attribute, compared);
"""

MIGRATIONS: tuple[Migration, ...] = (_FIRST, _QUERIES)
TABLES = (
    "progress", "epc", "event_key", "unit", "lot", "stay", "packed", "verdict", "finding", "load", "stock", "sale",
    "consumption", "document", "event", "event_unit", "carried", "undecidable", "receipt", "field", "event_field", "event_party",
    "master_data",
)  # fmt: skip
"""All of them, for `clear`."""
