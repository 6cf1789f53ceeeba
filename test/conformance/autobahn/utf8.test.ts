/** Chapter 6: valid and invalid UTF-8 in any fragments. Invalid text is refused as soon as it cannot become valid. */
import { expect, it } from 'vitest';
import * as d from './driver.js';

const hex = (text: string): Buffer => Buffer.from(text.replaceAll(' ', ''), 'hex');
const KOSME = hex('cebae1bdb9cf83cebcceb5');
const BEYOND = hex('f4908080');
const EDITED = Buffer.from('edited');

d.chapter('6.1 to 6.3: empty fragments, valid text and invalid text', ({ frame }, check) => {
  const valid = 'Hello-µ@ßöäüàá-UTF-8!!';
  const bytes = Buffer.from(valid);
  const invalid = Buffer.concat([KOSME, hex('eda080'), EDITED]);
  check([
    { id: '6.1.1', send: [frame(d.TEXT)], expect: ['text '], close: 'clean' },
    { id: '6.1.2', send: [frame(d.TEXT_FIRST), frame(d.MORE), frame(d.LAST)], expect: ['text '], close: 'clean' },
    {
      id: '6.1.3',
      send: [frame(d.TEXT_FIRST), frame(d.MORE, 'middle'), frame(d.LAST)],
      expect: ['text middle'],
      close: 'clean',
    },
    { id: '6.2.1', send: [frame(d.TEXT, valid)], expect: [`text ${valid}`], close: 'clean' },
    { id: '6.2.2', send: d.fragments(d.TEXT, bytes, 12, frame), expect: [`text ${valid}`], close: 'clean' },
    { id: '6.2.3', send: d.fragments(d.TEXT, bytes, 1, frame), expect: [`text ${valid}`], close: 'clean' },
    { id: '6.2.4', send: d.fragments(d.TEXT, KOSME, 1, frame), expect: [`text ${KOSME}`], close: 'clean' },
    { id: '6.3.1', send: [frame(d.TEXT, invalid)], close: 1007 },
    { id: '6.3.2', send: d.fragments(d.TEXT, invalid, 1, frame), close: 1007 },
  ]);
});

d.chapter('6.4: text is refused at the byte that makes it invalid', (side) => {
  const { frame } = side;
  const all = Buffer.concat([KOSME, BEYOND, EDITED]);
  const whole = frame(d.TEXT, all);
  const header = whole.length - all.length;
  const cases: [string, Buffer, Buffer][] = [
    ['6.4.1', frame(d.TEXT_FIRST, KOSME), frame(d.MORE, BEYOND)],
    ['6.4.2', frame(d.TEXT_FIRST, all.subarray(0, 12)), frame(d.MORE, all.subarray(12, 13))],
    ['6.4.3', whole.subarray(0, header + 11), whole.subarray(header + 11, header + 15)],
    ['6.4.4', whole.subarray(0, header + 12), whole.subarray(header + 12, header + 13)],
  ];
  for (const [id, good, bad] of cases) {
    it(`case ${id}`, async () => {
      const peer = await side.open();
      await peer.flush(good);
      // At the end of a fragment, a ping shows that the good part was read. Inside a frame only time could show that.
      if (id < '6.4.3') await d.settle(peer, side);
      else await new Promise((resolve) => setTimeout(resolve, 20));
      expect([peer.describe(), peer.isEnded]).toEqual(['', false]);
      await peer.flush(bad);
      await peer.ended();
      expect(peer.describe()).toBe('close 1007 a text message is not UTF-8');
      peer.socket.destroy();
    });
  }
});

/** Markus Kuhn's stress test, as in the suite's chapters 6.5 to 6.23. */
const VALID: Record<string, string[]> = {
  '6.5': [
    '68656c6c6f24776f726c64',
    '68656c6c6fc2a2776f726c64',
    '68656c6c6fe282ac776f726c64',
    '68656c6c6ff0a4ada2776f726c64',
    'cebae1bdb9cf83cebcceb5',
  ],
  '6.6': ['ceba', 'cebae1bdb9', 'cebae1bdb9cf83', 'cebae1bdb9cf83cebc', 'cebae1bdb9cf83cebcceb5'],
  '6.7': ['00', 'c280', 'e0a080', 'f0908080'],
  '6.9': ['7f', 'dfbf', 'efbfbf', 'f48fbfbf'],
  '6.11': ['ed9fbf', 'ee8080', 'efbfbd', 'f48fbfbf'],
  '6.22': nonCharacters(),
  '6.23': ['efbfb9', 'efbfba', 'efbfbb', 'efbfbc', 'efbfbd', 'efbfbe', 'efbfbf'],
};

const INCOMPLETE = ['c0', 'e080', 'f08080', 'f8808080', 'fc80808080', 'df', 'efbf', 'f7bfbf', 'fbbfbfbf', 'fdbfbfbfbf'];

const INVALID: Record<string, string[]> = {
  '6.6': ['ce', 'cebae1', 'cebae1bd', 'cebae1bdb9cf', 'cebae1bdb9cf83ce', 'cebae1bdb9cf83cebcce'],
  '6.8': ['f888808080', 'fc8480808080'],
  '6.10': ['f7bfbfbf', 'fbbfbfbfbf', 'fdbfbfbfbfbf'],
  '6.11': ['f4908080'],
  '6.12': ['80', 'bf', '80bf', '80bf80', '80bf80bf', '80bf80bf80', '80bf80bf80bf', range(0x80, 0xbf)],
  '6.13': [lonely(0xc0, 0xdf), lonely(0xe0, 0xef), lonely(0xf0, 0xf7), lonely(0xf8, 0xfb), lonely(0xfc, 0xfd)],
  '6.14': INCOMPLETE,
  '6.15': [INCOMPLETE.join('')],
  '6.16': ['fe', 'ff', 'fefeffff'],
  '6.17': ['c0af', 'e080af', 'f08080af', 'f8808080af', 'fc80808080af'],
  '6.18': ['c1bf', 'e09fbf', 'f08fbfbf', 'f887bfbfbf', 'fc83bfbfbfbf'],
  '6.19': ['c080', 'e08080', 'f0808080', 'f880808080', 'fc8080808080'],
  '6.20': ['eda080', 'edadbf', 'edae80', 'edafbf', 'edb080', 'edbe80', 'edbfbf'],
  '6.21': [
    'eda080edb080',
    'eda080edbfbf',
    'edadbfedb080',
    'edadbfedbfbf',
    'edae80edb080',
    'edae80edbfbf',
    'edafbfedb080',
    'edafbfedbfbf',
  ],
};

d.chapter('6.5 to 6.23: valid sequences come back', ({ frame }, check) => {
  for (const [chapter, sequences] of Object.entries(VALID)) {
    for (const text of sequences) {
      const payload = hex(text);
      const expected = [`text ${payload}`];
      check([{ id: `${chapter} ${text}`, send: [frame(d.TEXT, payload)], expect: expected, close: 'clean' }]);
    }
  }
});

d.chapter('6.6 to 6.21: invalid sequences end the connection', ({ frame }, check) => {
  for (const [chapter, sequences] of Object.entries(INVALID)) {
    for (const text of sequences) {
      check([{ id: `${chapter} ${text.slice(0, 32)}`, send: [frame(d.TEXT, hex(text))], close: 1007 }]);
    }
  }
});

function range(from: number, to: number): string {
  let text = '';
  for (let byte = from; byte < to; byte += 1) text += byte.toString(16);
  return text;
}

function lonely(from: number, to: number): string {
  let text = '';
  for (let byte = from; byte < to; byte += 1) text += `${byte.toString(16)}20`;
  return text;
}

/** U+nFFFE and U+nFFFF of every plane but the first, which 6.22 covers: noncharacters, but valid UTF-8. */
function nonCharacters(): string[] {
  const found = ['efbfbe', 'efbfbf'];
  for (let plane = 1; plane <= 16; plane += 1) {
    for (const low of [0xfffe, 0xffff])
      found.push(Buffer.from(String.fromCodePoint(plane * 0x1_0000 + low)).toString('hex'));
  }
  return found;
}
