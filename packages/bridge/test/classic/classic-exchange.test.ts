/** A bridge to nodes with the Redis adapter, with a client that has no Redis. Its messages come from the test. */
import { describe, expect, it } from 'vitest';
import { memoryBackplane } from '../../../naru/src/backplane/memory.js';
import type { BridgedNamespace, BridgeHost } from '../../../naru/src/entry/bridge.js';
import { FakeClock, SeededRandom } from '../../../testing/src/entry/index.js';
import { ClassicExchange } from '../../src/classic/classic-exchange.js';
import { encode } from '../../src/codec.js';
import { SocketIoBridge } from '../../src/socket-io-bridge.js';

async function build(isLogged = false) {
  const clock = new FakeClock();
  let hear: (channel: string, message: Buffer) => void = () => undefined;
  const opened: string[] = [];
  const client = {
    status: 'ready',
    psubscribe: async (...patterns: string[]) => void opened.push(...patterns),
    subscribe: async (channel: string) => void opened.push(channel),
    unsubscribe: async () => undefined,
    publish: async () => 1,
    call: async () => ['x', 1],
    on: (event: string, listener: (...args: never[]) => void) => {
      if (event === 'ready') listener();
      if (event === 'pmessageBuffer')
        hear = (channel, message) => listener(...(['', Buffer.from(channel), message] as never[]));
    },
    off: () => undefined,
    disconnect: () => void opened.push('end'),
  };
  const errors: string[] = [];
  const host: BridgeHost = {
    ...{ clock, random: new SeededRandom(1), backplane: memoryBackplane(clock, { ageMs: 1_000, bytes: 1_000 }) },
    recoveryMs: 0,
    isLogged: () => isLogged,
    whenDelivered: () => undefined,
    onError: (error) => errors.push(error.message),
  };
  const bridge = new SocketIoBridge(host, {
    requestsTimeout: 5_000,
    createExchange: (context) => new ClassicExchange(context, { duplicate: () => client }, 'key'),
  });
  const got: unknown[][] = [];
  const namespace = (name: string) =>
    ({
      name,
      deliver: ({ rooms, flags }: { rooms: Set<string>; flags: object }, data: unknown) =>
        got.push([name, [...rooms], flags, data]),
      act: ({ rooms }: { rooms: Set<string> }, action: unknown) => got.push([name, [...rooms], action]),
      describe: () => [],
    }) as object as BridgedNamespace;
  const span = bridge.join(namespace('/'));
  await clock.advance(10);
  return {
    clock,
    bridge,
    span,
    got,
    errors,
    opened,
    hear: (channel: string, message: Buffer) => hear(channel, message),
  };
}

const event = (uid: string, nsp: string | undefined, flags = {}): Buffer =>
  Buffer.from(encode([uid, { type: 2, data: ['said', 1], nsp }, { rooms: ['home'], except: [], flags }]));
const join = (uid: string | undefined): Buffer =>
  Buffer.from(JSON.stringify({ uid, type: 2, opts: { rooms: ['home'] }, rooms: ['new'] }));

describe('a bridge', () => {
  it('takes the events and changes of Socket.IO, and not those of other nodes of Naru', async () => {
    const { hear, got, errors, opened } = await build();
    expect(opened).toEqual(['key#*', 'key-request#*', 'key-response#*', 'key-naru#', 'key-naru#', 'key-request#/#']);
    hear('key#/#', event('old', '/'));
    hear('key#/#home#', event('old', undefined, { volatile: true, compress: false }));
    hear('key#/#', event('naru-2', '/'));
    hear('key#/other#', event('old', '/other'));
    hear('key-request#/#', join(undefined));
    hear('key-request#/#', join('naru-2'));
    expect(got).toEqual([
      ['/', ['home'], {}, ['said', 1]],
      ['/', ['home'], { volatile: true, compress: false }, ['said', 1]],
      ['/', ['home'], ['join', ['new']]],
    ]);
    expect(errors).toEqual([]);
  });

  it('gives events for the log to the node that appends, and volatile ones to all', async () => {
    const { hear, got } = await build(true);
    hear('key#/#', event('old', '/'));
    hear('key-request#/#', join('old'));
    hear('key#/#', event('old', '/', { volatile: true }));
    expect(got).toEqual([['/', ['home'], { volatile: true }, ['said', 1]]]);
  });

  it('reports what it cannot read, at most once a minute', async () => {
    const { clock, hear, errors, got } = await build();
    for (let n = 0; n < 100; n += 1) hear('key#/#', Buffer.from([0xc1]));
    hear('key-request#/#', Buffer.from('{"uid":5}'));
    const text = 'The bridge to Socket.IO passes over messages that no adapter sends';
    expect(errors).toEqual([text]);
    await clock.advance(60_001);
    hear('key-request#/#', Buffer.from('{"uid":5}'));
    expect(errors).toEqual([text, text]);
    expect(got).toEqual([]);
  });

  it('takes nothing after its server has closed, and begins again with it', async () => {
    const { clock, bridge, span, opened } = await build();
    const closed = bridge.close();
    await clock.advance(10);
    await closed;
    expect(opened.splice(0).slice(-2)).toEqual(['end', 'end']);
    bridge.reopen();
    await clock.advance(10);
    expect(opened).toContain('key-request#/#');
    span.close();
  });
});
