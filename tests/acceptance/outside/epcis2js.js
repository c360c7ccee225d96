// Captures and queries with epcis2.js. Arguments: the library's file, the server's address, an API key, two EPCs.
const [, , library, url, key, ...epcs] = process.argv;
const { EPCISDocument, capture, eventToHashedId, objectToEvent, setup } = require(library);

async function main() {
  setup({ apiUrl: url, headers: { 'content-type': 'application/json', authorization: `Bearer ${key}` } });
  const made = new EPCISDocument().setCreationDate('2026-09-01T10:00:00.000Z');
  for (const epc of epcs) {
    const event = {
      type: 'ObjectEvent',
      eventTime: '2026-09-01T10:00:00.000+08:00',
      eventTimeZoneOffset: '+08:00',
      action: 'OBSERVE',
      bizStep: 'storing',
      epcList: [epc],
    };
    made.addEvent(objectToEvent(event));
  }
  const answer = await capture(made);
  const job = answer.headers.get('location');
  const asked = new URLSearchParams({ MATCH_epc: epcs[1], EQ_bizStep: 'storing' });
  let events = [];
  for (let tries = 0; events.length === 0 && tries < 100; tries += 1) {
    const found = await fetch(`${url}/events?${asked}`, { headers: { authorization: `Bearer ${key}`, accept: 'application/json' } });
    events = (await found.json()).epcisBody.queryResults.resultsBody.eventList;
    if (events.length === 0) await new Promise((done) => setTimeout(done, 100));
  }
  const event = objectToEvent(events[0]);
  const context = 'https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld';
  console.log(
    JSON.stringify({
      status: answer.status,
      job,
      count: events.length,
      epcs: event.toObject().epcList,
      id: events[0].eventID,
      hash: eventToHashedId(events[0], context),
    }),
  );
}

main().catch((error) => {
  console.error(error);
  process.exit(1);
});
