// The page: takes the two files, shows what the check found. Everything is put in as text, never as markup.
let lang = (navigator.language || 'zh').startsWith('zh') ? 0 : 1;
const BIGGEST = 30_000_000; // bytes
const given = { proof: null, keys: null };
let last = null;
const byId = id => document.getElementById(id);
const fill = (text, numbers) => text.replace(/\{(\d)\}/g, (_, at) => String(numbers[at]));
const say = (words, ...numbers) => fill(words[lang], numbers);
const moment = ms => ms <= 8640000000000000n ? new Date(Number(ms)).toISOString().replace('T', ' ').replace('.000Z', 'Z') : String(ms);

function element(name, text = '', look = '', ...children) {
  const made = document.createElement(name);
  if (text) made.textContent = text;
  if (look) made.className = look;
  made.append(...children);
  return made;
}

// GTIN and serial, or SSCC, of a Digital Link, an element string or bare digits; '' when it is none of these.
function keyOf(code) {
  const text = code.trim();
  const link = /\/01\/(\d{14})(?:\/22\/[^/?]+)?(?:\/10\/[^/?]+)?\/21\/([^/?#]+)/.exec(text);
  if (link) { try { return `${link[1]} ${decodeURIComponent(link[2])}`; } catch { return ''; } }
  const brackets = /^\(01\)(\d{14})(?:\((?:1[0-9]|22)\)[^(]*)*\(21\)([^(]+)/.exec(text);
  if (brackets) return `${brackets[1]} ${brackets[2]}`;
  const box = /(?:\/00\/|^\(00\)|^00)(\d{18})(?!\d)/.exec(text);
  return box ? box[1] : '';
}

function deed(leaf, at) {
  const step = DEEDS[Number(leaf.step)] || [`#${leaf.step}`, `#${leaf.step}`], proof = TIMES[Number(leaf.proof)] || TIMES[0];
  const time = leaf.record < 0n ? '—' : moment(leaf.record);
  const parts = [
    `${say(WORDS.happened)} ${moment(leaf.time)} · ${say(WORDS.recorded)} ${time} · ${say(proof)}`,
    leaf.actor && `${say(WORDS.by)} ${leaf.actor.slice(0, 12)}`, leaf.location && `${say(WORDS.place)} ${leaf.location.slice(0, 12)}`,
  ];
  const title = `${at + 1}. ${say(step)}${leaf.in_force ? '' : ` (${say(WORDS.out_of_force)})`}`;
  return element('li', '', '', element('b', title), ...parts.filter(part => part).map(part => element('small', part)));
}

function stepLine(name, done) {
  const found = done.steps.find(step => step[0] === name), failed = done.failed === name;
  const look = found ? 'yes' : failed ? 'no' : 'open';
  const numbers = found ? found.slice(1) : [];
  if (name === 'issuer' && found) numbers[1] = moment(numbers[1]);
  const start = STEPS[name][lang].split('{')[0]; // without the numbers that are not known
  const text = found ? say(STEPS[name], ...numbers) : start.replace(/ ?[（(:：;；][^（(:：;；]*$/, '');
  const line = element('li', '', look, element('b', found ? '✓ ' : failed ? '✗ ' : '· '), text);
  if (failed) line.append(element('small', done.why));
  if (!found && !failed) line.append(element('small', say(WORDS.unchecked)));
  if (name === 'signatures' && found) {
    for (const one of done.proof.checkpoints)
      line.append(element('small', say(WORDS.lane, `${one.generation}/${one.partition}`, one.size, moment(one.time_ms), one.signers.join(', '))));
  }
  return line;
}

function show() {
  const place = byId('result'), done = last;
  place.replaceChildren();
  if (!done) return;
  if (typeof done === 'string') { place.append(element('section', say(WORDS[done]), 'card stop')); return; }
  const holds = !done.failed, verdict = element('section', '', `card ${holds ? 'ok' : 'stop'}`);
  verdict.append(element('h2', say(holds ? WORDS.good : WORDS.bad)));
  verdict.append(element('p', holds ? say(WORDS.good_text, done.leaves.length) : say(WORDS.bad_text)));
  if (holds) {
    const typed = byId('code').value.trim(), same = typed === done.proof.unit || (keyOf(typed) && keyOf(typed) === keyOf(done.proof.unit));
    verdict.append(element('p', `${say(WORDS.about)} `, '', element('code', done.proof.unit)));
    if (typed) verdict.append(element('p', say(same ? WORDS.same : WORDS.differs), same ? 'good' : 'bad'));
    verdict.append(element('p', say(WORDS.not_proven), 'soft'));
  }
  const steps = element('section', '', 'card', element('h2', say(WORDS.steps)));
  steps.append(element('ol', '', 'steps', ...Object.keys(STEPS).map(name => stepLine(name, done))));
  place.append(verdict, steps);
  if (!holds) return;
  const entries = element('section', '', 'card', element('h2', say(WORDS.entries)), element('p', say(WORDS.entries_note), 'soft'));
  entries.append(element('ol', '', 'steps', ...done.leaves.map(deed)));
  place.append(entries);
  if (!done.proof.claims.length) return;
  const claims = element('section', '', 'card', element('h2', say(WORDS.claims)), element('p', say(WORDS.claims_note), 'soft'));
  claims.append(element('pre', writeJson(done.proof.claims)));
  place.append(claims);
}

function speak() {
  document.documentElement.lang = lang ? 'en' : 'zh-CN';
  document.title = say(WORDS.title);
  for (const node of document.querySelectorAll('[data-say]')) node.textContent = say(WORDS[node.dataset.say]);
  show();
}

function run() {
  const bytes = which => byId(`${which}-text`).value ? utf8(byId(`${which}-text`).value) : given[which];
  const [proof, keys] = [bytes('proof'), bytes('keys')];
  if (!proof || !keys) last = 'missing';
  else if (proof.length + keys.length > BIGGEST) last = 'fault';
  else {
    try {
      last = checkProof(proof, keys);
    } catch (error) { // a file too strange for the machine (memory, depth) is never a proof that holds
      if (!(error instanceof RangeError)) throw error;
      last = 'fault';
    }
  }
  show();
  byId('result').focus();
}

async function take(which, file) {
  if (!file) return;
  given[which] = new Uint8Array(await file.arrayBuffer());
  byId(`${which}-text`).value = '';
  byId(`${which}-name`).textContent = `${file.name}, ${file.size} B`;
}

for (const which of ['proof', 'keys']) {
  const place = byId(`${which}-drop`);
  byId(`${which}-file`).addEventListener('change', event => take(which, event.target.files[0]));
  place.addEventListener('dragover', event => event.preventDefault());
  place.addEventListener('drop', event => { event.preventDefault(); take(which, event.dataTransfer.files[0]); });
}
byId('go').addEventListener('click', run);
byId('lang').addEventListener('click', () => { lang = 1 - lang; speak(); });
speak();
