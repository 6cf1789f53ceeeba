/** One namespace of a server, with channels that note what is published, on a fake clock. */
import { describe, expect, it } from 'vitest';
import type { BridgedNamespace, Target } from '../../../naru/src/entry/bridge.js';
import { FakeClock } from '../../../testing/src/entry/index.js';
import { ClassicSpan } from '../../src/classic/classic-span.js';
import { decode } from '../../src/codec.js';
import { Kind } from '../../src/messages.js';

const HOME: Target = { rooms: new Set(['home']), except: new Set(['b']), flags: { timeout: 1_000 } };
const FACTS = { id: 'x', handshake: {}, rooms: ['x', 'home'], data: 1 };

async function build(others: number | 'silent' = 2) {
  const clock = new FakeClock();
  const said: [channel: string, message: unknown][] = [];
  const announced: unknown[][] = [];
  const left: string[] = [];
  let answers: ((args: readonly unknown[]) => void) | undefined;
  const namespace = {
    name: '/side',
    describe: () => [FACTS],
    rooms: () => ['home', 'x'],
    act: () => undefined,
    whenKept: (callback: () => void) => callback(),
    announce: (...event: unknown[]) => announced.push(event),
    ask: (
      _target: unknown,
      _data: unknown,
      { onAsked, onAnswer }: { onAsked(n: number): void; onAnswer: typeof answers },
    ) => {
      answers = onAnswer;
      onAsked(1);
      return () => undefined;
    },
  } as object as BridgedNamespace;
  let ids = 0;
  const span = new ClassicSpan(namespace, {
    ...{ clock, uid: 'naru-1', key: 'key', requestsTimeout: 5_000 },
    channels: () => ({
      publish: (channel, message) => said.push([channel, decode(Buffer.from(message as string))]),
      append: () => expect.fail('appended'),
      enter: async () => undefined,
      leave: (channel) => left.push(channel),
      count: async () => {
        if (others === 'silent') return new Promise<never>(() => undefined);
        return others + 1;
      },
      close: async () => undefined,
    }),
    createId: () => {
      ids += 1;
      return `id ${ids}`;
    },
    onClose: () => left.push('closed'),
  });
  span.enter();
  await clock.advance(0);
  return { clock, span, said, announced, left, answer: (...args: unknown[]) => answers?.(args) };
}

describe('the calls of a namespace', () => {
  it('ask the clients of all other nodes, and end with the last answer', async () => {
    const { clock, span, said } = await build();
    const got: unknown[] = [];
    span.ask(HOME, ['name', 1], {
      onAnswer: (answer) => got.push(answer),
      onComplete: (missing) => got.push({ missing }),
    });
    await clock.advance(1);
    const opts = { rooms: ['home'], except: ['b'], flags: { timeout: 1_000 } };
    const packet = { type: 2, data: ['name', 1], nsp: '/side' };
    expect(said).toEqual([
      ['key-request#/side#', { uid: 'naru-1', requestId: 'id 1', type: Kind.BROADCAST, packet, opts }],
    ]);
    const respond = (response: object): void => span.onResponse({ requestId: 'id 1', ...response });
    respond({ type: Kind.ACK, packet: ['a list'] });
    respond({ type: Kind.CLIENT_COUNT, clientCount: 2 });
    respond({ type: Kind.CLIENT_COUNT, clientCount: 0 });
    expect(got).toEqual([['a list']]);
    respond({ type: Kind.ACK, packet: 'second' });
    respond({ type: Kind.ACK, packet: 'late' });
    expect(got).toEqual([['a list'], 'second', { missing: [] }]);
    expect(span.isWaiting).toBe(false);
  });

  it('tell how many nodes were silent when the caller stops waiting', async () => {
    const { clock, span } = await build(3);
    const stop = span.ask(HOME, ['name'], { onAnswer: () => undefined, onComplete: () => expect.fail('complete') });
    await clock.advance(1);
    span.onResponse({ requestId: 'id 1', type: Kind.CLIENT_COUNT, clientCount: 0 });
    expect(stop()).toEqual(['a node of Socket.IO', 'a node of Socket.IO']);
    expect(stop()).toEqual([]);
    const alone = await build(0);
    const missing = await new Promise((resolve) =>
      alone.span.ask(HOME, ['name'], { onAnswer: () => undefined, onComplete: resolve }),
    );
    expect([missing, alone.said.length]).toEqual([[], 1]);
  });

  it('find sockets, and leave out those of a response that cannot be read', async () => {
    const { clock, span, said } = await build();
    const found = span.fetch(HOME);
    await clock.advance(1);
    expect(said[0]?.[1]).toMatchObject({ type: Kind.FETCH, opts: { rooms: ['home'], except: ['b'] } });
    span.onResponse({ requestId: 'id 1', sockets: [FACTS, { id: 5 }, null] });
    span.onResponse({ requestId: 'id 1', sockets: 'none' });
    expect(await found).toEqual({ found: [FACTS], missing: [] });
    const late = span.fetch(HOME);
    await clock.advance(1);
    span.onResponse({ requestId: 'id 2', sockets: [FACTS] });
    await clock.advance(5_000);
    expect(await late).toEqual({ found: [FACTS], missing: ['a node of Socket.IO'] });
  });

  it('do not wait for a Redis that does not answer', async () => {
    const { clock, span } = await build('silent');
    const found = span.fetch(HOME);
    const emitted = span.emitWithAck(['name']).catch((error) => error);
    await clock.advance(5_000);
    expect(await found).toEqual({ found: [], missing: ['a node of Socket.IO'] });
    expect(await emitted).toMatchObject({ code: 'TIMEOUT', responses: [], missing: ['a node of Socket.IO'] });
  });

  it('count no answer of another node of Naru', async () => {
    const { clock, span } = await build();
    const emitted = span.emitWithAck(['name', 1]);
    await clock.advance(1);
    span.onResponse({ requestId: 'id 1', naru: true });
    span.onResponse({ requestId: 'id 1', type: Kind.SERVER_SIDE_EMIT, data: 'yes' });
    expect(await emitted).toEqual(['yes']);
  });

  it('end when the namespace is no longer used', async () => {
    const { clock, span, left } = await build();
    const found = span.fetch(HOME);
    await clock.advance(1);
    span.close();
    expect((await found).missing.length).toBe(2);
    expect(left).toEqual(['key-request#/side#', 'closed']);
  });
});

describe('the requests of other nodes', () => {
  const request = (kind: number, given: object, uid = 'old') => ({ uid, kind, requestId: 'r', given: given as never });

  it('are answered for the sockets of this node, and with nobody to a node of Naru', async () => {
    const { span, said } = await build();
    const opts = { rooms: [], except: [] };
    for (const uid of ['old', 'naru-2']) {
      expect(span.onRequest(request(Kind.FETCH, { opts }, uid))).toBe(true);
      expect(span.onRequest(request(Kind.ALL_ROOMS, {}, uid))).toBe(true);
      expect(span.onRequest(request(Kind.SOCKETS, { rooms: ['home'] }, uid))).toBe(true);
    }
    expect(said.map(([, message]) => message)).toEqual([
      { requestId: 'r', sockets: [FACTS] },
      { requestId: 'r', rooms: ['home', 'x'] },
      { requestId: 'r', sockets: ['x'] },
      { requestId: 'r', sockets: [] },
      { requestId: 'r', rooms: [] },
      { requestId: 'r', sockets: [] },
    ]);
  });

  it('call listeners, which answer once', async () => {
    const { span, said, announced } = await build();
    span.onRequest(request(Kind.SERVER_SIDE_EMIT, { data: ['name', 1] }));
    const [[name, args]] = announced as [[string, unknown[]]];
    expect([name, args[0]]).toEqual(['name', 1]);
    const answer = args[1] as (value: unknown) => void;
    answer('first');
    answer('second');
    span.onRequest(request(Kind.SERVER_SIDE_EMIT, { data: ['name', 1] }, 'naru-2'));
    expect(announced.length).toBe(1);
    expect(said.map(([, message]) => message)).toEqual([
      { type: Kind.SERVER_SIDE_EMIT, requestId: 'r', data: 'first' },
      { requestId: 'r', naru: true },
    ]);
    for (const data of [['connection'], ['new_namespace'], ['connect'], 'text', []])
      expect(() => span.onRequest(request(Kind.SERVER_SIDE_EMIT, { data }))).toThrow('cannot read');
  });

  it('ask the clients of this node', async () => {
    const { span, said, answer } = await build();
    const given = { opts: { rooms: ['home'], except: [] }, packet: { type: 2, data: ['name'] } };
    expect(span.onRequest(request(Kind.BROADCAST, given))).toBe(true);
    answer(new Uint8Array([1]), 'only the first counts');
    expect(said.map(([, message]) => message)).toEqual([
      { type: Kind.CLIENT_COUNT, requestId: 'r', clientCount: 1 },
      { type: Kind.ACK, requestId: 'r', packet: Buffer.from([1]) },
    ]);
    for (const bad of [{ opts: {}, packet: {} }, { packet: given.packet }, { ...given, packet: 'x' }])
      expect(span.onRequest(request(Kind.BROADCAST, bad))).toBe(false);
    expect(span.onRequest(request(99, {}))).toBe(false);
  });
});
