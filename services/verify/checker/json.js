// JSON read strictly and written in one spelling only. `JSON.parse` would lose what matters: big numbers, how a number was
// written, keys that occur twice.
class Fail extends Error {}
class Numeral { constructor(text) { this.text = text; } }
const DEEPEST = 900;
const isWhole = value => value instanceof Numeral && /^-?[0-9]+$/.test(value.text);

// Text of the bytes; strict UTF-8, a byte order mark stays and is refused later.
function textOf(bytes) {
  try { return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes); } catch { throw new Fail('not UTF-8'); }
}

// Objects become Maps (a repeated key: the last one counts), numbers Numerals.
function readJson(text) {
  let at = 0;
  const wrong = () => new Fail(`not JSON at character ${at}`);
  const blank = () => { while (' \t\n\r'.includes(text[at] || 'x')) at++; };
  const take = pattern => {
    pattern.lastIndex = at;
    const found = pattern.exec(text);
    if (!found) throw wrong();
    at += found[0].length;
    return found[0];
  };
  const string = () => {
    const raw = take(/"(?:[^"\\\x00-\x1f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"/y);
    const value = JSON.parse(raw);
    if (/\p{Surrogate}/u.test(value)) throw wrong();
    return value;
  };
  const many = (close, one) => {
    at++;
    blank();
    if (text[at] === close) { at++; return; }
    for (;;) {
      one();
      blank();
      const next = text[at++];
      if (next === close) return;
      if (next !== ',') throw wrong();
      blank();
    }
  };
  const value = depth => {
    if (depth > DEEPEST) throw new Fail('nested too deep');
    blank();
    if (text[at] === '{') {
      const found = new Map();
      many('}', () => {
        const name = string();
        blank();
        if (text[at++] !== ':') throw wrong();
        found.set(name, value(depth + 1));
      });
      return found;
    }
    if (text[at] === '[') {
      const found = [];
      many(']', () => found.push(value(depth + 1)));
      return found;
    }
    if (text[at] === '"') return string();
    if (/[tfn]/.test(text[at] || '')) return { true: true, false: false, null: null }[take(/true|false|null/y)];
    const numeral = take(/-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?/y);
    if (!Number.isFinite(Number(numeral)) && /[.eE]/.test(numeral)) throw new Fail('a number out of range');
    return new Numeral(numeral);
  };
  const found = value(0);
  blank();
  if (at !== text.length) throw wrong();
  return found;
}

const writeString = text => '"' + text.replace(/["\\\x00-\x1f]/g, one => JSON.stringify(one).slice(1, -1)) + '"';

// Whole numbers as they are; others with the fewest digits, fixed from 0.00001 to below 1e16, else as 1.5e300.
function writeNumber({ text }) {
  if (/^-?[0-9]+$/.test(text)) return text === '-0' ? '0' : text;
  const value = Number(text), sign = value < 0 || Object.is(value, -0) ? '-' : '';
  if (value === 0) return sign + '0.0';
  const [mantissa, power] = Math.abs(value).toExponential().split('e'), exponent = Number(power);
  if (exponent < -5 || exponent >= 16) return `${sign}${mantissa}e${exponent}`;
  const digits = mantissa.replace('.', '');
  if (exponent < 0) return sign + '0.' + '0'.repeat(-exponent - 1) + digits;
  return sign + digits.slice(0, exponent + 1).padEnd(exponent + 1, '0') + '.' + (digits.slice(exponent + 1) || '0');
}

// Two spaces of indentation, `"name": value`, empty lists and objects closed at once.
function writeJson(value, indent = '') {
  const inner = indent + '  ';
  const block = (open, close, items) => items.length ? `${open}\n${inner}${items.join(`,\n${inner}`)}\n${indent}${close}` : open + close;
  if (value instanceof Map) return block('{', '}', [...value].map(([name, one]) => `${writeString(name)}: ${writeJson(one, inner)}`));
  if (Array.isArray(value)) return block('[', ']', value.map(one => writeJson(one, inner)));
  if (value instanceof Numeral) return writeNumber(value);
  return typeof value === 'string' ? writeString(value) : String(value);
}
