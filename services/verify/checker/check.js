// The check itself, in the order of docs/proof.md. Every step notes what it saw; the first that fails ends the check.
const whole = value => isWhole(value) && isCount(BigInt(value.text));
const pattern = form => value => typeof value === 'string' && form.test(value);
const isHex = pattern(/^(?:[0-9a-f]{2})*$/), isHexHash = pattern(/^[0-9a-f]{64}$/), isKeyId = pattern(/^[0-9a-f]{16}$/);
const textUpTo = most => value => typeof value === 'string' && value !== '' && [...value].length <= most;
const isName = value => textUpTo(200)(value) && !/[\x00-\x1f\x7f]/.test(value);
// Fields in order; in a proof all must be there and no other.
const shape = fields => value => value instanceof Map && value.size === Object.keys(fields).length
  && [...value.keys()].join() === Object.keys(fields).join() && Object.entries(fields).every(([name, is]) => is(value.get(name)));
const SIGNATURE = { signer: isName, key_id: isKeyId, signature: isHex };
const CHECKPOINT = {
  origin: isName, generation: whole, partition: whole, size: whole, root: isHexHash, time_ms: whole, signatures: listOf(shape(SIGNATURE)),
};
const ENTRY = {
  leaf: isHex, index: whole, batch_path: listOf(isHexHash), batch: isHex, batch_index: whole, lane_path: listOf(isHexHash),
};
const PROOF = {
  format: value => value === 'medtrace-proof', version: value => isWhole(value) && value.text === '1', unit: textUpTo(1000),
  claims: listOf(value => value instanceof Map), issuer: isName, issuer_key: isKeyId, issued_ms: whole, s1: isHexHash, count: whole,
  acc: isHexHash, leaves: listOf(shape(ENTRY)), checkpoints: listOf(shape(CHECKPOINT)), signature: isHex,
};

// Maps to plain objects, numerals to BigInt: for what has been checked against a shape.
function plain(value) {
  if (value instanceof Map) return Object.fromEntries([...value].map(([name, one]) => [name, name === 'claims' ? one : plain(one)]));
  if (Array.isArray(value)) return value.map(plain);
  return value instanceof Numeral ? BigInt(value.text) : value;
}

const USES = ['checkpoint', 'proof', 'token'];
const maybe = is => value => value === undefined || value === null || is(value);
const RING_KEY = {
  key_id: isKeyId, signer: isName, uses: listOf(value => USES.includes(value)), public_key: isHex,
  not_before: value => value === undefined || whole(value), not_after: maybe(whole), revoked: maybe(whole),
};

// The published keys: spaces and order of fields are free, unknown fields are not.
function readRing(bytes) {
  const file = readJson(textOf(bytes));
  const known = (map, fields) => map instanceof Map && [...map.keys()].every(name => name in fields)
    && Object.entries(fields).every(([name, is]) => is(map.get(name)));
  if (!known(file, { origin: isName, threshold: isWhole, keys: listOf(one => known(one, RING_KEY)) }))
    throw new Fail('no file of published keys: fields are missing, unknown or of another kind');
  const ring = plain(file), byId = new Map(), witnesses = new Set();
  for (const key of ring.keys) {
    key.point = fromHex(key.public_key);
    if (!isPoint(key.point)) throw new Fail(`key ${key.key_id} is no point of the SM2 curve`);
    if (toHex(sm3(key.point)).slice(0, 16) !== key.key_id) throw new Fail(`key ${key.key_id} has another number in truth`);
    if (byId.has(key.key_id)) throw new Fail(`key ${key.key_id} is listed twice`);
    byId.set(key.key_id, key);
    if (key.uses.includes('checkpoint')) witnesses.add(key.signer);
  }
  if (ring.threshold < 1n || ring.threshold > BigInt(Math.max(1, witnesses.size)))
    throw new Fail(`${ring.threshold} signatures can't be reached by ${witnesses.size} organisations`);
  return { ...ring, byId, witnesses: [...witnesses] };
}

// Why a key may not be used so at that time; '' when it may. From `revoked` on nothing is believed.
function refusal(ring, use, id, time) {
  const key = ring.byId.get(id);
  if (!key) return `key ${id} is not published`;
  if (!key.uses.includes(use)) return `key ${id} is not published for signing a ${use}`;
  if (time < (key.not_before ?? 0n)) return `key ${id} was not valid yet`;
  if (key.not_after != null && time >= key.not_after) return `key ${id} was not valid any more`;
  return key.revoked != null && time >= key.revoked ? `key ${id} is revoked` : '';
}

const leafHash = data => sm3(joined(Uint8Array.of(0), data));
const nodeHash = (left, right) => sm3(joined(Uint8Array.of(1), left, right));

// RFC 9162, section 2.1.3.2: does `path` lead from the leaf `index` of `size` to `root`?
function included(hash, index, size, path, root) {
  if (index >= size) return false;
  let at = index, last = size - 1n, value = hash;
  for (const sibling of path.map(fromHex)) {
    if (last === 0n) return false;
    if (at & 1n || at === last) {
      value = nodeHash(sibling, value);
      while (!(at & 1n) && at) { at >>= 1n; last >>= 1n; }
    } else value = nodeHash(value, sibling);
    at >>= 1n;
    last >>= 1n;
  }
  return last === 0n && sameBytes(value, root);
}

const checkpointBody = one => pack(['medtrace/checkpoint/1', one.origin, one.generation, one.partition, one.size, fromHex(one.root), one.time_ms]);
// By code points, as UTF-8 orders them; JavaScript's own order of strings is another one beyond the first 65536 characters.
const byPoints = (a, b) => { const [x, y] = [a, b].map(text => toHex(utf8(text))); return x < y ? -1 : x > y ? 1 : 0; };
const later = (a, b) => { const at = a.findIndex((value, k) => value !== b[k]); return at >= 0 && a[at] > b[at]; };

function checkCheckpoint(one, ring) {
  if (one.origin !== ring.origin) throw new Fail(`the checkpoint is of the network ${one.origin}, the keys are of ${ring.origin}`);
  one.signatures.forEach((entry, at) => {
    const before = one.signatures[at - 1];
    const order = before ? byPoints(before.signer, entry.signer) || byPoints(before.key_id, entry.key_id) : -1;
    if (order >= 0) throw new Fail('the signatures of the checkpoint are not in order, or repeated');
  });
  const body = checkpointBody(one), signers = new Set(), refused = [];
  for (const entry of one.signatures) {
    const why = refusal(ring, 'checkpoint', entry.key_id, one.time_ms);
    if (why) { refused.push(why); continue; }
    const key = ring.byId.get(entry.key_id);
    if (!sm2Holds(key.point, body, fromHex(entry.signature))) throw new Fail(`the signature of ${entry.signer} does not hold`);
    if (key.signer !== entry.signer) throw new Fail(`a signature in the name of ${entry.signer} is by a key of ${key.signer}`);
    signers.add(entry.signer);
  }
  if (BigInt(signers.size) < ring.threshold)
    throw new Fail([`${signers.size} good signatures of the ${ring.threshold} it needs`, ...refused].join('; '));
  return [...signers];
}

function checkLeaf(entry, lanes, unitKey) {
  const bytes = fromHex(entry.leaf), raw = fromHex(entry.batch), batch = readBatch(raw);
  const lane = lanes.get(`${batch.generation}/${batch.partition}`);
  if (!lane) throw new Fail(`there is no checkpoint for its lane ${batch.generation}/${batch.partition}`);
  if (!included(leafHash(raw), entry.batch_index, lane.size, entry.lane_path, fromHex(lane.root)))
    throw new Fail('its batch is not in the lane of the checkpoint');
  if (!included(leafHash(bytes), entry.index, batch.leafCount, entry.batch_path, batch.root)) throw new Fail('it is not in its batch');
  const leaf = readLeaf(bytes);
  if (!sameBytes(leaf.unit, unitKey)) throw new Fail('it belongs to another unit: its key does not follow from the unit and the secret');
  return { bytes, batch, leaf };
}

// Steps that hold, each [name, numbers...]; then `failed` (name) and `why`, or neither. `leaves`: fields of the leaves.
function checkProof(proofBytes, keyBytes) {
  const done = { steps: [], leaves: [], proof: null, ring: null, failed: '', why: '' };
  let now = 'keys';
  const held = (...numbers) => done.steps.push([now, ...numbers]);
  try {
    const ring = done.ring = readRing(keyBytes);
    held(ring.origin, ring.keys.length, ring.witnesses.length, ring.threshold);
    now = 'file';
    const text = textOf(proofBytes), read = readJson(text);
    if (!shape(PROOF)(read)) throw new Fail('no proof file of version 1: fields are missing, unknown, out of order or of another kind');
    if (writeJson(read) + '\n' !== text) throw new Fail('not in its canonical form: a changed or re-written byte');
    const proof = done.proof = plain(read);
    held(proofBytes.length);
    now = 'count';
    if (!proof.leaves.length || proof.count !== BigInt(proof.leaves.length))
      throw new Fail(`the proof says ${proof.count} leaves and brings ${proof.leaves.length}`);
    held(proof.count);
    now = 'signatures';
    const lanes = new Map();
    let before = [-1n, -1n];
    for (const one of proof.checkpoints) {
      const place = [one.generation, one.partition];
      if (!later(place, before)) throw new Fail('the checkpoints are not in order, or two are of one lane');
      before = place;
      one.signers = checkCheckpoint(one, ring);
      lanes.set(place.join('/'), one);
    }
    held(proof.checkpoints, ring.threshold);
    now = 'leaves';
    const unitKey = sm3(joined(utf8(proof.unit), fromHex(proof.s1))), used = new Map();
    let acc = new Uint8Array(32);
    before = [-1n, -1n, -1n];
    proof.leaves.forEach((entry, at) => {
      try {
        const { bytes, batch, leaf } = checkLeaf(entry, lanes, unitKey);
        const place = [batch.generation, entry.batch_index, entry.index];
        if (!later(place, before) || (used.get(batch.generation) ?? batch.partition) !== batch.partition)
          throw new Fail('it is not in arrival order, or in another lane than its unit');
        used.set(batch.generation, batch.partition);
        before = place;
        acc = sm3(joined(acc, sm3(bytes)));
        done.leaves.push(leaf);
      } catch (wrong) {
        throw wrong instanceof Fail ? new Fail(`leaf ${at + 1} of ${proof.count}: ${wrong.message}`) : wrong;
      }
    });
    held(proof.count, toHex(unitKey));
    now = 'chain';
    if (used.size !== lanes.size) throw new Fail('a checkpoint belongs to none of the leaves');
    if (toHex(acc) !== proof.acc) throw new Fail('the hash chain over the leaves is not the one that the proof names');
    held(proof.acc);
    now = 'issuer';
    const why = refusal(ring, 'proof', proof.issuer_key, proof.issued_ms), key = ring.byId.get(proof.issuer_key);
    if (why) throw new Fail(why);
    const body = utf8('medtrace/proof/1\n' + writeJson(new Map([...read, ['signature', '']])) + '\n');
    if (!sm2Holds(key.point, body, fromHex(proof.signature))) throw new Fail("the issuer's signature over the whole file does not hold");
    if (key.signer !== proof.issuer) throw new Fail(`the proof names ${proof.issuer} but is signed by ${key.signer}`);
    held(proof.issuer, proof.issued_ms);
  } catch (wrong) {
    if (!(wrong instanceof Fail)) throw wrong;
    Object.assign(done, { failed: now, why: wrong.message });
  }
  return done;
}
