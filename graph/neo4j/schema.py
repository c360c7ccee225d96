"""Constraints and indexes, by numbered migrations. A change is a new migration at the end of `MIGRATIONS`.

Community has uniqueness constraints only. Labels are the field's words (`docs/cypher.md` shows all of them at work):

    (:Unit)-[:HAD]->(:Stay)               who had it when and where; only while it was handled itself
    (:Unit)-[:PACKED_IN]->(:Unit)         and in which container, half-open [t_from, t_to)
    (:Unit)-[:JUDGED]->(:Verdict)-[:FOUND]->(:Finding)
    (:Unit)-[:DISPENSED]->(:Sale)
    (:Document)-[:CARRIED]->(:Event)-[:NAMES]->(:Unit)
    (:Event)-[:SAYS]->(:Field)            everything else of an event that can be asked for; also who may see it

Every identifier that anything named is a Unit; `Mentioned` marks those that nothing was decided about, `Container` those that
hold units now; verdicts that somebody should look at are `Questioned`. Lot, Stock and Consumption are counters. Parties, places
and products are properties: a node for each of them would have millions of relationships.
"""

from __future__ import annotations

from graph.neo4j.server import Server
from pedigree.errors import StoreError

MIGRATIONS: tuple[tuple[str, ...], ...] = (
    (
        "CREATE CONSTRAINT unit_epc IF NOT EXISTS FOR (u:Unit) REQUIRE u.epc IS UNIQUE",
        "CREATE CONSTRAINT event_hash IF NOT EXISTS FOR (e:Event) REQUIRE (e.hash, e.declared) IS UNIQUE",
        "CREATE CONSTRAINT document_place IF NOT EXISTS FOR (d:Document) REQUIRE (d.partition, d.offset) IS UNIQUE",
        "CREATE CONSTRAINT lot_name IF NOT EXISTS FOR (l:Lot) REQUIRE (l.gtin, l.lot) IS UNIQUE",
        "CREATE CONSTRAINT stock_id IF NOT EXISTS FOR (s:Stock) REQUIRE s.id IS UNIQUE",
        "CREATE CONSTRAINT consumption_id IF NOT EXISTS FOR (c:Consumption) REQUIRE c.id IS UNIQUE",
        "CREATE CONSTRAINT progress_source IF NOT EXISTS FOR (p:Progress) REQUIRE p.source IS UNIQUE",
        "CREATE CONSTRAINT writer_name IF NOT EXISTS FOR (w:Writer) REQUIRE w.name IS UNIQUE",
        "CREATE INDEX unit_lot IF NOT EXISTS FOR (u:Unit) ON (u.gtin, u.lot)",
        "CREATE INDEX container_container IF NOT EXISTS FOR (c:Container) ON (c.container)",
        "CREATE INDEX container_possessor IF NOT EXISTS FOR (c:Container) ON (c.possessor)",
        "CREATE INDEX container_addressee IF NOT EXISTS FOR (c:Container) ON (c.addressee)",
        "CREATE INDEX stay_party_to IF NOT EXISTS FOR (s:Stay) ON (s.party, s.t_to)",
        "CREATE INDEX verdict_event IF NOT EXISTS FOR (v:Verdict) ON (v.event)",
        "CREATE INDEX questioned_party IF NOT EXISTS FOR (v:Questioned) ON (v.party, v.outcome, v.record_time)",
        "CREATE INDEX finding_time IF NOT EXISTS FOR (f:Finding) ON (f.record_time)",
        "CREATE INDEX finding_code IF NOT EXISTS FOR (f:Finding) ON (f.code, f.record_time)",
        "CREATE INDEX finding_party IF NOT EXISTS FOR (f:Finding) ON (f.party, f.record_time)",
        "CREATE INDEX lot_lot IF NOT EXISTS FOR (l:Lot) ON (l.lot)",
        "CREATE INDEX stock_container IF NOT EXISTS FOR (s:Stock) ON (s.container)",
        "CREATE INDEX stock_party IF NOT EXISTS FOR (s:Stock) ON (s.party)",
        "CREATE INDEX stock_addressee IF NOT EXISTS FOR (s:Stock) ON (s.addressee)",
        "CREATE INDEX stock_gtin IF NOT EXISTS FOR (s:Stock) ON (s.gtin)",
        "CREATE INDEX consumption_party IF NOT EXISTS FOR (c:Consumption) ON (c.party, c.day)",
        "CREATE INDEX event_time IF NOT EXISTS FOR (e:Event) ON (e.time)",
        "CREATE INDEX event_step IF NOT EXISTS FOR (e:Event) ON (e.biz_step, e.time)",
        "CREATE INDEX event_disposition IF NOT EXISTS FOR (e:Event) ON (e.disposition, e.time)",
        "CREATE INDEX event_read_point IF NOT EXISTS FOR (e:Event) ON (e.read_point, e.time)",
        "CREATE INDEX event_biz_location IF NOT EXISTS FOR (e:Event) ON (e.biz_location, e.time)",
        "CREATE INDEX event_record_time IF NOT EXISTS FOR (e:Event) ON (e.record_time)",
        "CREATE INDEX event_id IF NOT EXISTS FOR (e:Event) ON (e.event_id)",
        "CREATE INDEX field_value IF NOT EXISTS FOR (f:Field) ON (f.section, f.name, f.value, f.time)",
        "CREATE INDEX field_alias IF NOT EXISTS FOR (f:Field) ON (f.alias, f.value)",
        "CREATE CONSTRAINT master_data_id IF NOT EXISTS FOR (m:MasterData) REQUIRE m.id IS UNIQUE",
        "CREATE INDEX master_data_element IF NOT EXISTS FOR (m:MasterData) ON (m.element)",
        "CREATE INDEX master_data_attribute IF NOT EXISTS FOR (m:MasterData) ON (m.attribute, m.compared)",
        "CREATE INDEX document_capture IF NOT EXISTS FOR (d:Document) ON (d.capture)",
        "CREATE INDEX receipt_first IF NOT EXISTS FOR (r:Receipt) ON (r.generation, r.partition, r.first)",
    ),
)
LABELS = (
    "Unit", "Stay", "Verdict", "Finding", "Sale", "Lot", "Stock", "Consumption", "Document", "Event", "Field", "MasterData",
    "Undecidable", "Receipt", "Progress",
)  # fmt: skip
"""All nodes of ours, progress last, for `clear`."""


def version(server: Server) -> int:
    """How many migrations the database has seen."""
    return int(server.read(lambda tx: tx.one("MATCH (m:Migration) RETURN max(m.number)")) or 0)


def migrate(server: Server) -> None:
    """Bring the database to this version's schema. Statements of a migration are idempotent and its number is written last, so a
    crash, or another process at the same time, does no harm. StoreError: a newer version made it."""
    done = version(server)
    if done > len(MIGRATIONS):
        raise StoreError(f"{server.uri} has schema {done}, this version of Medtrace knows {len(MIGRATIONS)}: use the newer one")
    for number, statements in enumerate(MIGRATIONS[done:], done + 1):
        for statement in statements:
            server.run(statement)
        server.run("CALL db.awaitIndexes(300)")
        server.run("CREATE (:Migration {number: $number, at: datetime()})", number=number)
