import { Socket } from 'node:net';
import { expect, it, onTestFinished, vi } from 'vitest';
import { FakeClock } from '../../testing/src/fake-clock.js';
import { AcceptedLink } from '../src/accepted-link.js';
import { encodeFrame, type FrameHead } from '../src/frames.js';

const hello = (nodes: readonly string[], version = 1): Buffer =>
  Buffer.concat(encodeFrame({ kind: 'nodes', version, name: 'a.sock', nodes }));
const say = (from: string, body: Uint8Array): Buffer => {
  const head: FrameHead = { kind: 'talk', to: 'me', envelope: { kind: 'say', from, namespace: '/' } };
  return Buffer.concat(encodeFrame(head, body));
};

function build() {
  const clock = new FakeClock();
  const socket = new Socket();
  const log: unknown[] = [];
  const link = new AcceptedLink(socket, clock, {
    onNodes: ({ name }, nodes) => log.push([name, ...nodes]),
    onTalk: ({ head, body }) => log.push([head.envelope.from, body.byteLength]),
    onSaid: (namespace, message) => log.push(['said', namespace, message.byteLength]),
    onEnd: () => log.push('end'),
  });
  const read = (...chunks: Buffer[]): void => void socket.emit('data', Buffer.concat(chunks));
  return { clock, socket, log, link, read };
}

it('passes on what a process says for its nodes', async () => {
  const { clock, socket, log, link, read } = build();
  read(hello(['one']), say('one', new Uint8Array(5)));
  read(hello(['one', 'two']), say('two', new Uint8Array(0)));
  await clock.advance(60_000);
  expect([log, [...link.nodes], link.name, socket.destroyed]).toEqual([
    [
      ['a.sock', 'one'],
      ['one', 5],
      ['a.sock', 'one', 'two'],
      ['two', 0],
    ],
    ['one', 'two'],
    'a.sock',
    false,
  ]);
  expect(clock.timerCount).toBe(0);
});

it('ends with the first frame that breaks a rule, and passes on nothing of it', async () => {
  const { clock, socket, log, read } = build();
  read(hello(['one']), say('two', new Uint8Array(5)));
  await clock.settle();
  expect([log, socket.destroyed]).toEqual([[['a.sock', 'one'], 'end'], true]);
});

it('passes on what a process without nodes says to all, once it has said who it is', async () => {
  const message = Buffer.concat(encodeFrame({ kind: 'say', namespace: '/' }, new Uint8Array(3)));
  const { log, read } = build();
  read(hello([]), message, message);
  expect(log).toEqual([['a.sock'], ['said', '/', 3], ['said', '/', 3]]);
  const early = build();
  early.read(Buffer.concat(encodeFrame({ kind: 'say', namespace: '/' })));
  await early.clock.settle();
  expect([early.log, early.socket.destroyed]).toEqual([['end'], true]);
});

it('takes no body before it knows the process', async () => {
  const { clock, socket, log, read } = build();
  const claim = Buffer.alloc(8);
  claim.writeUInt32BE(1, 4);
  read(claim);
  await clock.settle();
  expect([log, socket.destroyed]).toEqual([['end'], true]);
});

it('ends after five seconds without a name, and warns of a later version', async () => {
  const silent = build();
  await silent.clock.advance(5_000);
  expect(silent.log).toEqual(['end']);
  const warn = vi.spyOn(process, 'emitWarning').mockReturnValue(undefined);
  onTestFinished(() => warn.mockRestore());
  const later = build();
  later.read(hello(['one'], 2));
  await later.clock.settle();
  expect([later.log, warn.mock.calls.length]).toEqual([['end'], 1]);
});
