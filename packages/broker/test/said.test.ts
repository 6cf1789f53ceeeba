import { expect, it } from 'vitest';
import { SAID_BYTES_MAX } from '../../naru/src/backplane/talk/exchange.js';
import { SeededRandom } from '../../testing/src/seeded-random.js';
import { decodeSaid, encodeSaid, isNodeCode, type SaidHead } from '../src/said.js';

const NODE = 'abcd-_12';
const FROM = { run: 'run', uplink: 3, number: 7 };
const HEADS: readonly SaidHead[] = [
  { kind: 'talk', to: NODE, envelope: { kind: 'ask', from: NODE, namespace: '/é', id: 7 }, pieces: 1 },
  { kind: 'talk', envelope: { kind: 'say', from: NODE, namespace: '/', isBroadcast: true }, pieces: 9 },
  { kind: 'piece', index: 4 },
  { kind: 'here', nodes: [NODE, 'ABCDEFGH'] },
  { kind: 'gone', nodes: [] },
];

function frame(head: string, body = ''): Buffer {
  const start = Buffer.from([1, 0, 0, 0, 0]);
  start.writeUInt32BE(Buffer.byteLength(head), 1);
  return Buffer.concat([start, Buffer.from(head + body)]);
}

it('reads frames as they were written', () => {
  for (const head of HEADS) {
    const bytes = encodeSaid(FROM, head, Buffer.from('body')) as Uint8Array;
    const said = decodeSaid(bytes);
    expect(said).toEqual({
      from: FROM,
      head: { run: FROM.run, link: FROM.uplink, frame: FROM.number, ...head },
      body: Buffer.from('body'),
    });
  }
});

it('writes a version, the size of the head, the head and the body', () => {
  const head = '{"run":"run","link":3,"frame":7,"kind":"piece","index":4}';
  expect(Buffer.from(encodeSaid(FROM, { kind: 'piece', index: 4 }, Buffer.of(255)) as Uint8Array)).toEqual(
    Buffer.concat([frame(head), Buffer.of(255)]),
  );
});

it('writes no frame above the limit, and reads none', () => {
  expect(encodeSaid(FROM, { kind: 'piece', index: 1 }, Buffer.alloc(SAID_BYTES_MAX))).toBeUndefined();
  const most = encodeSaid(FROM, { kind: 'piece', index: 1 }, Buffer.alloc(SAID_BYTES_MAX - 100)) as Uint8Array;
  expect(decodeSaid(most)).toMatchObject({ head: { index: 1 } });
  expect(decodeSaid(Buffer.concat([most, Buffer.alloc(100)]))).toBe('unreadable');
});

it('tells frames of a later version from those that nobody writes', () => {
  const later = [Buffer.of(2, 0, 0, 0, 0), frame('{"run":"a","link":1,"kind":"new","x":1}')];
  for (const bytes of later) expect(decodeSaid(bytes)).toBe('later');
  const wrong = [
    '',
    '[]',
    'null',
    '{',
    '{"run":"a","link":1}',
    '{"run":"a","link":-1,"kind":"piece","index":1}',
    '{"run":"a","link":1.5,"kind":"piece","index":1}',
    '{"run":7,"link":1,"kind":"piece","index":1}',
    `{"run":"${'a'.repeat(101)}","link":1,"kind":"piece","index":1}`,
    '{"run":"a","link":1,"kind":"piece","index":"1"}',
    '{"run":"a","link":1,"kind":"here","nodes":["../etc/x"]}',
    '{"run":"a","link":1,"kind":"gone","nodes":"abcdefgh"}',
    `{"run":"a","link":1,"kind":"here","nodes":${JSON.stringify(Array(1_001).fill(NODE))}}`,
    '{"run":"a","link":1,"kind":"talk","pieces":1,"envelope":{"kind":"say","from":"short","namespace":"/"}}',
    '{"run":"a","link":1,"kind":"talk","pieces":1,"envelope":{"kind":"ask","from":"abcdefgh","namespace":"/"}}',
    '{"run":"a","link":1,"kind":"talk","pieces":-1,"envelope":{"kind":"say","from":"abcdefgh","namespace":"/"}}',
    '{"run":"a","link":1,"kind":"talk","to":5,"pieces":1,"envelope":{"kind":"say","from":"abcdefgh","namespace":"/"}}',
  ];
  for (const head of wrong) expect([head, decodeSaid(frame(head))]).toEqual([head, 'unreadable']);
  for (const bytes of [Buffer.of(), Buffer.of(1, 0), Buffer.of(0, 0, 0, 0, 0), Buffer.of(1, 255, 255, 255, 255)])
    expect(decodeSaid(bytes)).toBe('unreadable');
});

it('reads anything without an exception, with a seed for each failure', () => {
  for (let seed = 1; seed <= 2_000; seed += 1) {
    const random = new SeededRandom(seed);
    const head = HEADS[seed % HEADS.length] as SaidHead;
    const bytes = Buffer.from(encodeSaid(FROM, head, Buffer.from('body')) as Uint8Array);
    for (let n = random.integer(1, 4); n > 0; n -= 1)
      bytes[random.integer(0, bytes.length - 1)] = random.integer(0, 255);
    const cut = bytes.subarray(0, random.integer(0, bytes.length));
    for (const each of [bytes, cut]) expect(() => decodeSaid(each), `seed ${seed}`).not.toThrow();
  }
});

it('knows the form of a node code', () => {
  expect([NODE, 'abcdefg', 'abcdefghi', 'abc/efgh', 7, undefined].map(isNodeCode)).toEqual([
    true,
    false,
    false,
    false,
    false,
    false,
  ]);
});
