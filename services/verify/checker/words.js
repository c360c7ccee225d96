// [中文, English]. {0}, {1}... stand for the numbers of a step.
const WORDS = {
  title: ['自己核对证明', 'Check a proof yourself'],
  other: ['English', '中文'],
  intro: [
    '本页在您的设备上核对证明文件，不联网，也不发送任何内容。您可以把它保存下来，断网后再打开。',
    'This page checks a proof file on your own device. It sends nothing and needs no network: you can save it, go offline and open it again.',
  ],
  proof: ['1. 证明文件', '1. The proof file'],
  keys: ['2. 已公布的公钥', '2. The published keys'],
  keys_from: [
    '文件名为 published.json。请从您信任的来源获取，例如监管机构或医院：如果公钥也来自提供证明的人，那么核对只说明两份文件相互吻合。',
    'A file named published.json. Get it from a source that you trust, such as the regulator or a hospital: if the keys come from whoever gave you the proof, all you learn is that the two files fit each other.',
  ],
  drop: ['选择文件、把文件拖到这里，或在下面粘贴', 'Choose a file, drop it here, or paste it below'],
  paste: ['粘贴内容', 'Paste the text'],
  code: ['3. 包装上的编码（可选）', '3. The code on the pack (optional)'],
  code_hint: ['例如 (01)06901234000009(21)FIRST-1，或二维码中的网址', 'such as (01)06901234000009(21)FIRST-1, or the address in the QR code'],
  check: ['核对', 'Check'],
  missing: ['请先给出证明文件和公钥。', 'Please give the proof file and the published keys first.'],
  good: ['证明成立', 'The proof holds'],
  bad: ['证明不成立', 'The proof does NOT hold'],
  good_text: [
    '账本确实记有关于这个编码的 {0} 条记录，并有足够多的机构签名。签名之后，没有人能更改而不被发现。',
    'The ledger holds the entries shown below about this code ({0}), and enough organisations have signed for them. Nobody could have changed them since without being noticed.',
  ],
  bad_text: [
    '文件已损坏或被更改，或公钥不是对应的公钥。请勿相信其中的内容，请重新下载两个文件后再试。',
    'The file is damaged or was changed, or these are not the keys that belong to it. Believe nothing in it; download both files again and try once more.',
  ],
  fault: ['无法核对：文件过大或形式异常。', 'It could not be checked: the file is too large or of a strange form.'],
  same: ['证明所说的正是您输入的编码。', 'The proof is about the code that you typed.'],
  differs: ['注意：证明说的是另一个编码！不是您手中的这一件。', 'Careful: the proof is about ANOTHER code, not the pack in your hand!'],
  about: ['关于', 'About'],
  not_proven: [
    '证明不说明：包装里装的是什么、贴着这个编码的是不是原件、上报的内容是否属实，签发者是否遗漏了记录，以及后来又发生了什么。时间由提交者上报，“已证实”的除外。',
    'What it does not say: what is inside the pack, whether the code is on the original or on a copy, whether what was reported is true, whether the issuer left an entry out, and what happened later. Times are as reported unless they are called proven.',
  ],
  steps: ['逐步核对', 'Step by step'],
  entries: ['账本中的记录', 'What the ledger holds'],
  entries_note: [
    '账本上没有名称，只有代码；同一代码在这一件商品内总是指同一方，在别的商品中则不同。',
    'The ledger holds no names, only codes. Within this unit the same code is always the same party; in other units it is another.',
  ],
  happened: ['发生', 'happened'],
  recorded: ['记录', 'recorded'],
  by: ['由', 'by'],
  place: ['地点', 'place'],
  out_of_force: ['已撤销', 'withdrawn'],
  claims: ['签发者的说法', 'What the issuer says'],
  claims_note: ['以下由签发者签名，但并非账本的内容。', 'Signed by the issuer; not part of the ledger.'],
  lane: ['分区 {0}：{1} 个批次，{2}，签名：{3}', 'lane {0}: {1} batches, {2}, signed by {3}'],
  unchecked: ['未核对', 'not checked'],
};

const STEPS = {
  keys: ['公钥文件完好：网络 {0}，{1} 个公钥，{2} 家见证机构，至少 {3} 家须签名', 'The keys can be read: network {0}; keys: {1}; witnessing organisations: {2}, of which {3} must sign'],
  file: ['证明文件形式正确，没有多余的字节（{0} 字节）', 'The proof file has the right form and not a byte too many ({0} bytes)'],
  count: ['记录条数与所称的相符（{0}）', 'As many entries are there as it says ({0})'],
  signatures: ['检查点的 SM2 签名成立', 'The SM2 signatures of the checkpoints hold'],
  leaves: ['所示记录都在已签名的账本中，且都属于这一件（{0} 条，账本代码 {1}）', 'Each entry is in the signed ledger and belongs to this unit (ledger key {1}; entries: {0})'],
  chain: ['所示记录的哈希链吻合：{0}。记录是否齐全，只有账本能说明：请比较条数和此值', 'The hash chain over the entries shown fits: {0}. Whether these are all, only the ledger can tell: compare their number and this value'],
  issuer: ['签发者对整个文件的签名成立：{0}，{1}', 'The signature of the issuer over the whole file holds: {0}, {1}'],
};

// By the numbers of pedigree/custody/steps.py; they are fixed for ever.
const DEEDS = [
  ['其他', 'other'], ['赋码生产', 'commissioned'], ['由转换产生', 'came out of a transformation'], ['收货', 'received'], ['验收', 'accepted'],
  ['开箱', 'unpacked a container'], ['从箱中取出', 'taken out of a container'], ['售出或发药', 'sold or dispensed'], ['装箱', 'packed a container'], ['被装入箱中', 'packed into a container'],
  ['发货', 'shipped'], ['交运', 'consigned'], ['取消发货', 'shipment cancelled'], ['注销编码', 'decommissioned'], ['销毁', 'destroyed'],
  ['用于转换', 'used up in a transformation'], ['暂停', 'put on hold'], ['解除暂停', 'released'], ['到达', 'arrived'], ['补登库存', 'declared as stock'],
  ['转换形成', 'formed by a transformation'], ['投入转换', 'fed into a transformation'], ['查询', 'asked by a unit inside'], ['数量变动', 'quantity changed'],
];
const TIMES = [['时间未证实', 'time not proven'], ['时间有界限', 'time bounded'], ['时间已证实', 'time proven']];
