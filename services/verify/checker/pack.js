// msgpack, as far as batch records, checkpoints and leaves need it.
const LARGEST = 2n ** 63n - 1n;
const BIG = bytes => bytes.length ? toNumber(bytes) : 0n;

// The one value in `bytes`: whole numbers are BigInt, floats Number, raw bytes Uint8Array. Anything after it is refused.
function unpack(bytes) {
  let at = 0;
  const take = size => {
    if (at + size > bytes.length) throw new Fail('msgpack ends too early');
    return bytes.slice(at, at += size);
  };
  const size = width => Number(BIG(take(width)));
  const list = (count, depth) => { const found = []; while (count-- > 0) found.push(value(depth + 1)); return found; };
  const pairs = (count, depth) => ({ map: list(2 * count, depth) });
  const float = (width, read) => read.call(new DataView(take(width).buffer), 0);
  const value = depth => {
    if (depth > DEEPEST) throw new Fail('nested too deep');
    const tag = take(1)[0];
    if (tag < 0x80) return BigInt(tag);
    if (tag < 0x90) return pairs(tag & 15, depth);
    if (tag < 0xa0) return list(tag & 15, depth);
    if (tag < 0xc0) return textOf(take(tag & 31));
    if (tag >= 0xe0) return BigInt(tag - 256);
    if (tag === 0xc0) return null;
    if (tag === 0xc2 || tag === 0xc3) return tag === 0xc3;
    if (tag >= 0xc4 && tag <= 0xc6) return take(size(1 << tag - 0xc4));
    if (tag >= 0xc7 && tag <= 0xc9) return { extension: take(size(1 << tag - 0xc7) + 1) };
    if (tag === 0xca) return float(4, DataView.prototype.getFloat32);
    if (tag === 0xcb) return float(8, DataView.prototype.getFloat64);
    if (tag >= 0xcc && tag <= 0xcf) return BIG(take(1 << tag - 0xcc));
    if (tag >= 0xd0 && tag <= 0xd3) return BigInt.asIntN(8 << tag - 0xd0, BIG(take(1 << tag - 0xd0)));
    if (tag >= 0xd4 && tag <= 0xd8) return { extension: take((1 << tag - 0xd4) + 1) };
    if (tag >= 0xd9 && tag <= 0xdb) return textOf(take(size(1 << tag - 0xd9)));
    if (tag === 0xdc || tag === 0xdd) return list(size(tag === 0xdc ? 2 : 4), depth);
    if (tag === 0xde || tag === 0xdf) return pairs(size(tag === 0xde ? 2 : 4), depth);
    throw new Fail('a byte that msgpack does not know');
  };
  const found = value(0);
  if (at !== bytes.length) throw new Fail('bytes after the end');
  return found;
}

const number = (value, width) => fromHex(value.toString(16).padStart(2 * width, '0'));

// The shortest msgpack of a list of strings (under 65536 bytes), numbers (BigInt from 0) and bytes (under 256).
function pack(values) {
  return joined(Uint8Array.of(0x90 + values.length), ...values.map(value => {
    if (typeof value === 'bigint') {
      if (value < 128n) return number(value, 1);
      const power = [8n, 16n, 32n, 64n].findIndex(bits => value < 1n << bits);
      return joined(Uint8Array.of(0xcc + power), number(value, 1 << power));
    }
    if (value instanceof Uint8Array) return joined(Uint8Array.of(0xc4, value.length), value);
    const raw = utf8(value), n = raw.length;
    return joined(Uint8Array.from(n < 32 ? [0xa0 + n] : n < 256 ? [0xd9, n] : [0xda, n >> 8, n & 255]), raw);
  }));
}

const isCount = value => typeof value === 'bigint' && value >= 0n && value <= LARGEST;
const isHash = value => value instanceof Uint8Array && value.length === 32;

// The batch record in its one encoding: pack(what was read) must give the same bytes.
function readBatch(bytes) {
  const found = unpack(bytes);
  const [form, generation, partition, first, last, lastHash, leafCount, root] = Array.isArray(found) ? found : [];
  const counts = [generation, partition, first, last, leafCount];
  if (form !== 'medtrace/batch/1' || found.length !== 8 || !counts.every(isCount) || ![lastHash, root].every(isHash))
    throw new Fail('no batch record');
  if (!sameBytes(pack(found), bytes)) throw new Fail('the batch record is not in its canonical form');
  if (last < first) throw new Fail('the batch record ends before it begins');
  return { generation, partition, leafCount, root };
}

const isInt = value => typeof value === 'bigint';
const isText = value => typeof value === 'string';
const isFlag = value => typeof value === 'boolean';
const isBytes = value => value instanceof Uint8Array;
const isReal = value => typeof value === 'number' || isInt(value);
const listOf = is => value => Array.isArray(value) && value.every(is);
const tuple = (...kinds) => value => Array.isArray(value) && value.length === kinds.length && kinds.every((is, at) => is(value[at]));
const CUSTODY = [isInt, isText, isText, isText, isText, isText, isText];
const isCustody = value => Array.isArray(value) && CUSTODY.every((is, at) => at >= value.length || is(value[at]));
const isChange = tuple(tuple(isInt, isInt, isBytes), isCustody);
const LEAF = {
  version: isInt, unit: isBytes, event: isBytes, kind: isInt, step: isInt, time: isInt, record: isInt, slack: isInt, proof: isInt,
  actor: isText, other: isText, owner: isText, location: isText, source: isText, quantity: isReal, flags: isInt, sale: isText,
  in_force: isFlag, circle: isFlag, custody: value => value === null || isCustody(value),
  quotes: listOf(tuple(isText, listOf(isChange))), marks: listOf(isText), rules: isInt, registry: isInt, attestation: isBytes,
};

// The leaf's fields by name. Fields that a later version adds at the end are passed over.
function readLeaf(bytes) {
  const found = unpack(bytes);
  if (!Array.isArray(found)) throw new Fail('no leaf');
  const leaf = {};
  Object.entries(LEAF).forEach(([name, is], at) => {
    if (at >= found.length || !is(found[at])) throw new Fail(`the leaf has no good field "${name}"`);
    leaf[name] = found[at];
  });
  return leaf;
}
