import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { TALK_BYTES_MAX } from '../../naru/src/backplane/talk/exchange.js';
import { SeededRandom } from '../../testing/src/seeded-random.js';
import { encodeFrame, type Frame, type FrameHead, FrameReader } from '../src/frames.js';

const HEADS: readonly FrameHead[] = [
  { kind: 'nodes', version: 1, name: 'a.sock', nodes: ['one', 'two'] },
  { kind: 'talk', to: 'one', envelope: { kind: 'say', from: 'two', namespace: '/é' } },
  { kind: 'talk', to: 'one', envelope: { kind: 'ask', from: 'two', namespace: '/', id: 7 } },
  { kind: 'talk', to: 'one', envelope: { kind: 'answer', from: 'two', id: 7 } },
  { kind: 'talk', to: 'one', envelope: { kind: 'fail', from: 'two', id: 8 } },
  { kind: 'say', namespace: '/é' },
];

function frame(head: string, body = 0): Buffer {
  const bytes = Buffer.alloc(8 + Buffer.byteLength(head));
  bytes.writeUInt32BE(Buffer.byteLength(head), 0);
  bytes.writeUInt32BE(body, 4);
  bytes.write(head, 8);
  return bytes;
}

describe('the frames of a link', () => {
  it('are read as they were written, however they are cut', () => {
    const bodies = HEADS.map((_, at) => Buffer.alloc(at * 1_000, at));
    const bytes = Buffer.concat(HEADS.flatMap((head, at) => encodeFrame(head, bodies[at])));
    for (let seed = 1; seed <= 50; seed += 1) {
      const random = new SeededRandom(seed);
      const reader = new FrameReader();
      const frames: Frame[] = [];
      for (let at = 0; at < bytes.length; ) {
        const end = at + 1 + Math.floor(random.fraction() * 3_000);
        reader.read(bytes.subarray(at, end), (each) => frames.push(each));
        at = end;
      }
      expect(frames.map(({ head }) => head)).toEqual(HEADS);
      expect(
        frames.map(({ body }) => Buffer.compare(Buffer.from(body), bodies[body.byteLength / 1_000] as Buffer)),
      ).toEqual(HEADS.map(() => 0));
    }
  });

  it.each([
    ['no JSON', frame('{')],
    ['null', frame('null')],
    ['no kind', frame('{"kind":7}')],
    ['nodes that are no texts', frame('{"kind":"nodes","version":1,"name":"a.sock","nodes":[1]}')],
    ['no version', frame('{"kind":"nodes","name":"a.sock","nodes":[]}')],
    ['an envelope without a sender', frame('{"kind":"talk","to":"a","envelope":{"kind":"say","namespace":"/"}}')],
    [
      'a question without a number',
      frame('{"kind":"talk","to":"a","envelope":{"kind":"ask","from":"b","namespace":"/"}}'),
    ],
    ['a message to all without a namespace', frame('{"kind":"say"}')],
    ['no envelope', frame('{"kind":"talk","to":"a"}')],
    ['a head that is too large', frame('x'.repeat(1024 * 1024 + 1))],
    ['a body that is too large', frame('{}', TALK_BYTES_MAX + 1)],
  ])('are refused with %s', (_, bytes) => {
    expect(() => new FrameReader().read(bytes, () => undefined)).toThrow(
      expect.objectContaining({ code: 'LINK_BAD_FRAME' }),
    );
  });

  it('pass over kinds that a later version has added', () => {
    const kinds: unknown[] = [];
    const later = [
      '{"kind":"x","y":1}',
      '{"kind":"talk","to":"a","envelope":{"kind":"sing","from":"b"}}',
      '{"kind":"x"}',
    ];
    const known = '{"kind":"nodes","version":1,"name":"a.sock","nodes":[],"address":"of a later version"}';
    new FrameReader().read(Buffer.concat([...later, known].map((head) => frame(head))), ({ head }) =>
      kinds.push(head.kind),
    );
    expect(kinds).toEqual(['nodes']);
  });

  it('take memory only for the bytes that came, and read them in linear time', () => {
    const reader = new FrameReader();
    const body = Buffer.alloc(200_000, 7);
    const bytes = Buffer.concat(encodeFrame(HEADS[1] as FrameHead, body));
    const allocate = vi.spyOn(Buffer, 'allocUnsafe');
    onTestFinished(() => allocate.mockRestore());
    reader.read(frame('{}', TALK_BYTES_MAX), () => expect.fail('a frame'));
    const claimed = allocate.mock.calls.reduce((sum, [size]) => sum + size, 0);
    const small = new FrameReader();
    const frames: Frame[] = [];
    for (let at = 0; at < bytes.length; at += 1) small.read(bytes.subarray(at, at + 1), (each) => frames.push(each));
    const copied = allocate.mock.calls.reduce((sum, [size]) => sum + size, 0) - claimed;
    expect([claimed < 1_000, copied < 3 * bytes.length, frames.length]).toEqual([true, true, 1]);
    expect(Buffer.compare(frames[0]?.body as Buffer, body)).toBe(0);
  });

  it('have no body until the reader allows it', () => {
    const bytes = Buffer.concat(encodeFrame(HEADS[1] as FrameHead, Buffer.of(1)));
    expect(() => new FrameReader(0).read(bytes, () => undefined)).toThrow('is too large');
  });
});
