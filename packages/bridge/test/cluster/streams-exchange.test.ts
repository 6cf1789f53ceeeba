/** A bridge to nodes with the adapter for streams, with a client that has no Redis. Its messages come from the test. */
import { describe, expect, it } from 'vitest';
import type { BridgedNamespace, Target } from '../../../naru/src/entry/bridge.js';
import { FakeClock } from '../../../testing/src/entry/index.js';
import { StreamsExchange } from '../../src/cluster/streams-exchange.js';
import { encode } from '../../src/codec.js';
import type { Heard } from '../../src/kept-messages.js';

const HOME: Target = { rooms: new Set(['home']), except: new Set(), flags: {} };
const OPTS = { rooms: ['home'], except: [], flags: {} };

async function build(isWhole = false) {
  const clock = new FakeClock();
  let hear: (channel: string, message: Buffer) => void = () => undefined;
  let give: (entries: unknown) => void = () => undefined;
  let ids = 0;
  const sent: unknown[][] = [];
  const commands: Record<string, (...args: string[]) => unknown> = {
    XREVRANGE: () => [],
    XREAD: () =>
      new Promise((resolve) => {
        give = resolve;
      }),
    XADD: (_stream, ...args) => sent.push(args.slice(4)),
    PUBSUB: () => ['x', 3],
  };
  const client = {
    status: 'ready',
    psubscribe: async () => undefined,
    subscribe: async () => undefined,
    unsubscribe: async () => undefined,
    publish: async (channel: string) => sent.push([channel]),
    call: async (name: string, ...args: string[]) => commands[name]?.(...args),
    on: (event: string, listener: (...args: never[]) => void) => {
      if (event === 'ready') listener();
      if (event === 'pmessageBuffer')
        hear = (channel, message) => listener(...(['', Buffer.from(channel), message] as never[]));
    },
    off: () => undefined,
    disconnect: () => undefined,
  };
  const heard: Heard[] = [];
  const said: unknown[] = [];
  let [strange, gaps] = [0, 0];
  const context = {
    ...{ clock, uid: 'naru-1', requestsTimeout: 5_000, recoveryMs: 0 },
    createId: () => 'id',
    onHeard: (one: Heard) => heard.push(one),
    onSaid: (value: unknown) => said.push(value) > 0,
    onLost: () => undefined,
    onLate: () => undefined,
    onGap: () => {
      gaps += 1;
    },
    onStrange: () => {
      strange += 1;
    },
    onError: (error: unknown) => expect.fail(String(error)),
  };
  const settings = { streamName: 's', key: 'key', maxLen: 100, isWhole };
  const exchange = new StreamsExchange(context, { duplicate: () => client }, settings);
  const close = exchange.open();
  const namespace = { name: '/', describe: () => [], whenKept: (callback: () => void) => callback() };
  const span = exchange.join(namespace as object as BridgedNamespace, () => undefined);
  await clock.advance(10);
  /** Appends entries to the stream. */
  const append = async (...all: Record<string, string>[]): Promise<void> => {
    const entries = all.map((fields) => {
      ids += 1;
      return [`${ids}-1`, Object.entries(fields).flat()];
    });
    give([['s', entries]]);
    await clock.advance(10);
  };
  const publish = (channel: string, message: Uint8Array): void => hear(channel, Buffer.from(message));
  return { clock, exchange, span, sent, heard, said, append, publish, close, gaps: () => gaps, strange: () => strange };
}

const json = JSON.stringify;
const packet = { type: 2, data: ['said', 1], nsp: '/' };

describe('a node among nodes with the adapter for streams', () => {
  it('takes the events and changes of the stream, and not those of other nodes of Naru', async () => {
    const { append, heard, said, strange, gaps } = await build();
    expect(gaps()).toBe(1);
    await append(
      { uid: 'old', nsp: '/', type: '3', data: json({ packet, opts: OPTS }) },
      { uid: 'naru-2', nsp: '/', type: '3', data: json({ packet, opts: OPTS }) },
      { uid: 'naru-1', nsp: '/', type: '3', data: json({ packet, opts: OPTS }) },
      { uid: 'emitter', nsp: '/side', type: '4', data: json({ opts: OPTS, rooms: ['new'] }) },
      { naru: json({ mark: 'x' }) },
    );
    const bytes = encode({ packet: { ...packet, data: ['said', new Uint8Array([1])] }, opts: OPTS });
    await append({ uid: 'old', nsp: '/', type: '3', data: Buffer.from(bytes).toString('base64') });
    expect(heard.map(({ uid, namespace, data, action }) => [uid, namespace, data ?? action])).toEqual([
      ['old', '/', ['said', 1]],
      ['emitter', '/side', ['join', ['new']]],
      ['old', '/', ['said', Buffer.from([1])]],
    ]);
    expect(heard[0]?.target.rooms).toEqual(new Set(['home']));
    expect([said, strange()]).toEqual([[{ mark: 'x' }], 0]);
  });

  it('passes over what no adapter sends', async () => {
    const { append, publish, heard, strange } = await build();
    await append({ nothing: 'x' }, { uid: 'old', nsp: '/', type: 'x' }, { uid: 'old', nsp: '/', type: '3', data: '{' });
    await append({ uid: 'old', nsp: '/', type: '3', data: json({ packet: 5, opts: OPTS }) });
    expect(strange()).toBe(4);
    publish('key#/#', new Uint8Array([0xc1]));
    publish('key#/#', encode({ uid: 5 }));
    expect(strange()).toBe(6);
    // Responses to other nodes, and namespaces that are not in use here.
    publish('key#/#old#', new Uint8Array([0xc1]));
    publish('key#/other#', new Uint8Array([0xc1]));
    expect([strange(), heard]).toEqual([6, []]);
  });

  it('sends requests and responses on channels, and the rest by the stream', async () => {
    const { clock, span, sent, publish } = await build();
    span.send(HOME, ['said', 1]);
    span.emit(['name']);
    publish('key#/#', encode({ uid: 'old', nsp: '/', type: 7, data: { requestId: 'r', opts: OPTS } }));
    await clock.advance(10);
    expect(sent).toEqual([
      ['uid', 'naru-1', 'nsp', '/', 'type', '3', 'data', json({ packet, opts: OPTS })],
      ['key#/#'],
      ['key#/#old#'],
    ]);
  });

  it('has everything in the stream with version 0.2, and shows that it is there', async () => {
    const { clock, span, sent, append, close } = await build(true);
    const kinds = (): unknown[] => sent.splice(0).map((each) => each[5]);
    expect(kinds()).toEqual(['1']);
    await append(
      { uid: 'naru-1', nsp: '/', type: '1' },
      { uid: 'old', nsp: '/', type: '1' },
      { uid: 'old', nsp: '/', type: '7', data: json({ requestId: 'r', opts: OPTS }) },
    );
    expect(kinds()).toEqual(['2', '8']);
    const found = span.fetch(HOME);
    await clock.advance(600);
    expect(kinds()).toEqual(['7']);
    await append({ uid: 'old', nsp: '/', type: '8', data: json({ requestId: 'id', sockets: [] }) });
    expect(await found).toEqual({ found: [], missing: [] });
    await clock.advance(5_000);
    expect(kinds()).toEqual(['2']);
    span.close();
    await clock.advance(10);
    expect(kinds()).toEqual(['13']);
    const closed = close();
    await clock.advance(2_000);
    await closed;
  });
});
