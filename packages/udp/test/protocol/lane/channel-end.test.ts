import { expect, it } from 'vitest';
import { CHANNEL_BYTES_MAX, ChannelEnd } from '../../../src/protocol/lane/channel-end.js';
import { LANE_FRESH_MS } from '../../../src/protocol/lane/freshness.js';

/** Two ends whose datagrams wait until they are delivered. */
function createPair() {
  const clock = { now: 0 };
  const now = () => clock.now;
  const create = (isServer: boolean) => {
    const sent: Uint8Array[] = [];
    const heard: unknown[] = [];
    const channel = { bufferedBytes: 0, send: (datagram: Uint8Array) => sent.push(datagram) };
    return { sent, heard, channel, end: new ChannelEnd(channel, isServer, now, (units) => heard.push(units)) };
  };
  return { clock, client: create(false), server: create(true) };
}

it('delivers whole messages, and drops those that a newer one has overtaken', () => {
  const { client, server } = createPair();
  expect(client.end.send(['42["a"]'])).toBe(true);
  expect(client.end.send(['451-["b",{}]', Uint8Array.of(1, 2)])).toBe(true);
  const [first = new Uint8Array(), second = new Uint8Array()] = client.sent;
  for (const datagram of [second, first, second]) server.end.receive(datagram);
  expect(server.heard).toEqual([['451-["b",{}]', Uint8Array.of(1, 2)]]);
});

it('refuses what does not fit a datagram, and drops what would be late', () => {
  const { client } = createPair();
  expect(client.end.send(['x'.repeat(CHANNEL_BYTES_MAX)])).toBe(false);
  client.channel.bufferedBytes = 1_000_000;
  expect(client.end.send(['4'])).toBe(true);
  expect(client.sent).toEqual([]);
});

it('stays fresh by signs, and leaves a lane that works in one direction only', () => {
  const { clock, client, server } = createPair();
  client.end.giveSign();
  server.end.receive(client.sent.pop() ?? new Uint8Array());
  expect([server.sent.length, server.heard]).toEqual([1, []]);
  clock.now = LANE_FRESH_MS;
  client.end.receive(server.sent.pop() ?? new Uint8Array());
  expect([client.end.isFresh, client.end.silentMs, client.heard]).toEqual([true, 0, []]);
  // From here on, nothing of the server arrives.
  clock.now += LANE_FRESH_MS;
  expect([client.end.isFresh, client.end.send(['4'])]).toEqual([false, false]);
  client.end.giveSign();
  server.end.receive(client.sent.pop() ?? new Uint8Array());
  expect([server.end.isFresh, server.end.send(['4'])]).toEqual([false, false]);
});

it.each([[[]], [[1, 2, 3, 4]], [[0, 0, 0, 9, 126, 255]], [Array.from({ length: 99 }, () => 255)]])(
  'ignores a datagram that is not one: %j',
  (bytes) => {
    const { clock, server } = createPair();
    clock.now = LANE_FRESH_MS;
    server.end.receive(Uint8Array.from(bytes));
    expect([server.heard, server.sent, server.end.isFresh]).toEqual([[], [], false]);
  },
);
