// SM3 (GB/T 32905-2016) and SM2 verification (GB/T 32918.2-2016, curve of GB/T 32918.5-2017). Plain and slow: a proof has few
// signatures. Nothing here is secret, so nothing needs constant time.
const utf8 = text => new TextEncoder().encode(text);
const toHex = bytes => Array.from(bytes, byte => byte.toString(16).padStart(2, '0')).join('');
const fromHex = text => Uint8Array.from(text.match(/../g) || [], pair => parseInt(pair, 16));
const sameBytes = (a, b) => a.length === b.length && a.every((byte, at) => byte === b[at]);

function joined(...parts) {
  const all = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) { all.set(part, at); at += part.length; }
  return all;
}

const rotated = (x, n) => (x << n % 32) | (x >>> (32 - n % 32) % 32);

function sm3(message) {
  const padded = new Uint8Array(((message.length + 8 >> 6) + 1) * 64);
  padded.set(message);
  padded[message.length] = 0x80;
  const view = new DataView(padded.buffer);
  view.setUint32(padded.length - 8, Math.floor(message.length / 0x20000000));
  view.setUint32(padded.length - 4, message.length << 3);
  const state = Int32Array.of(0x7380166f, 0x4914b2b9, 0x172442d7, 0xda8a0600 | 0, 0xa96f30bc | 0, 0x163138aa, 0xe38dee4d | 0, 0xb0fb0e4e | 0);
  const w = new Int32Array(68);
  for (let block = 0; block < padded.length; block += 64) {
    for (let j = 0; j < 16; j++) w[j] = view.getInt32(block + 4 * j);
    for (let j = 16; j < 68; j++) {
      const x = w[j - 16] ^ w[j - 9] ^ rotated(w[j - 3], 15);
      w[j] = x ^ rotated(x, 15) ^ rotated(x, 23) ^ rotated(w[j - 13], 7) ^ w[j - 6];
    }
    let [a, b, c, d, e, f, g, h] = state;
    for (let j = 0; j < 64; j++) {
      const early = j < 16;
      const ss1 = rotated(rotated(a, 12) + e + rotated(early ? 0x79cc4519 : 0x7a879d8a, j) | 0, 7);
      const tt1 = (early ? a ^ b ^ c : (a & b) | (a & c) | (b & c)) + d + (ss1 ^ rotated(a, 12)) + (w[j] ^ w[j + 4]) | 0;
      const tt2 = (early ? e ^ f ^ g : (e & f) | (~e & g)) + h + ss1 + w[j] | 0;
      d = c; c = rotated(b, 9); b = a; a = tt1;
      h = g; g = rotated(f, 19); f = e; e = tt2 ^ rotated(tt2, 9) ^ rotated(tt2, 17);
    }
    [a, b, c, d, e, f, g, h].forEach((value, j) => { state[j] ^= value; });
  }
  const digest = new Uint8Array(32);
  state.forEach((value, j) => new DataView(digest.buffer).setInt32(4 * j, value));
  return digest;
}

const P = 0xFFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF00000000FFFFFFFFFFFFFFFFn;
const B = 0x28E9FA9E9D9F5E344D5A9E4BCF6509A7F39789F515AB8F92DDBCBD414D940E93n;
const N = 0xFFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFF7203DF6B21C6052B53BBF40939D54123n;
const GX = 0x32C4AE2C1F1981195F9904466A39C9948FE30BBFF2660BE1715A4589334C74C7n;
const GY = 0xBC3736A2F4F6779C59BDCEE36B692153D0A9877CC62A474002DF32E52139F0A0n;
const toNumber = bytes => BigInt('0x' + (toHex(bytes) || '0'));
const to32 = number => fromHex(number.toString(16).padStart(64, '0'));
const mod = (x, m = P) => { const rest = x % m; return rest < 0n ? rest + m : rest; };

function inverse(x) {
  let [a, b, u, v] = [mod(x), P, 1n, 0n];
  while (b) { const q = a / b; [a, b, u, v] = [b, a - q * b, v, u - q * v]; }
  return mod(u);
}

// Points in Jacobian coordinates (x / z^2, y / z^3); z = 0 is the point at infinity.
const INFINITY = [1n, 1n, 0n];

function twice([x, y, z]) {
  if (z === 0n || y === 0n) return INFINITY;
  const zz = mod(z * z), yy = mod(y * y), s = mod(4n * x * yy), m = mod(3n * (x - zz) * (x + zz)); // a = -3
  const X = mod(m * m - 2n * s);
  return [X, mod(m * (s - X) - 8n * yy * yy), mod(2n * y * z)];
}

function plus(p, q) {
  if (p[2] === 0n) return q;
  if (q[2] === 0n) return p;
  const pz = mod(p[2] * p[2]), qz = mod(q[2] * q[2]);
  const u = mod(p[0] * qz), s = mod(p[1] * qz * q[2]);
  const h = mod(q[0] * pz - u), r = mod(q[1] * pz * p[2] - s);
  if (h === 0n) return r === 0n ? twice(p) : INFINITY;
  const hh = mod(h * h), hhh = mod(h * hh), v = mod(u * hh), X = mod(r * r - hhh - 2n * v);
  return [X, mod(r * (v - X) - s * hhh), mod(h * p[2] * q[2])];
}

function twoProducts(k, p, l, q) { // k p + l q, bit by bit
  const both = plus(p, q);
  let sum = INFINITY;
  for (let bit = 255n; bit >= 0n; bit--) {
    sum = twice(sum);
    const here = (k >> bit & 1n) + 2n * (l >> bit & 1n);
    if (here) sum = plus(sum, here === 1n ? p : here === 2n ? q : both);
  }
  return sum;
}

// 65 bytes, 04 || x || y, of a point of the curve.
function isPoint(point) {
  if (point.length !== 65 || point[0] !== 4) return false;
  const x = toNumber(point.slice(1, 33)), y = toNumber(point.slice(33));
  return x < P && y < P && mod(y * y - x * x * x + 3n * x - B) === 0n;
}

// [r, s] of a DER signature, or null: one encoding only, both in [1, n - 1], r + s not n.
function readSignature(der) {
  if (der.length < 8 || der.length > 72 || der[0] !== 0x30 || der[1] !== der.length - 2) return null;
  const numbers = [];
  let at = 2;
  while (at < der.length && numbers.length < 2) {
    const size = der[at + 1], content = der.slice(at + 2, at + 2 + size);
    if (der[at] !== 2 || !(size >= 1 && size <= 33) || content.length !== size) return null;
    if (content[0] & 0x80 || (content[0] === 0 && size > 1 && !(content[1] & 0x80))) return null;
    numbers.push(toNumber(content));
    at += 2 + size;
  }
  const [r, s] = numbers;
  if (at !== der.length || numbers.length !== 2 || r < 1n || s < 1n || r >= N || s >= N || r + s === N) return null;
  return numbers;
}

// SM2 with SM3, user id "1234567812345678": does `der` sign `message` under the key `point` (65 bytes)?
function sm2Holds(point, message, der) {
  const signature = readSignature(der);
  if (!isPoint(point) || !signature) return false;
  const [r, s] = signature, t = (r + s) % N;
  const curve = [P - 3n, B, GX, GY].map(to32);
  const z = sm3(joined(Uint8Array.of(0, 128), utf8('1234567812345678'), ...curve, point.slice(1)));
  const e = toNumber(sm3(joined(z, message)));
  const [x, , w] = twoProducts(s, [GX, GY, 1n], t, [toNumber(point.slice(1, 33)), toNumber(point.slice(33)), 1n]);
  if (w === 0n) return false;
  const back = inverse(w);
  return (e + mod(x * back * back)) % N === r;
}
