import { expect, it, vi } from 'vitest';
import { FakeClock } from '../../../../testing/src/fake-clock.js';
import type { WebTransportPair } from '../../../../testing/src/web-transport-pair.js';
import type { Transport } from '../../../src/client/engine/transport.js';
import { WebTransportStream } from '../../../src/client/webtransport/webtransport-stream.js';
import { RecordDecoder } from '../../../src/protocol/record/decoder.js';
import { encodeRecord } from '../../../src/protocol/record/encode.js';
import { encodeDatagram } from '../../../src/protocol/webtransport/datagram.js';
import { serveWebTransport } from '../served-webtransport.js';

/** Opens a transport, and the server's end of its session. */
async function open(query: Record<string, unknown> = {}, more: object = {}) {
  const clock = new FakeClock();
  const pairs = serveWebTransport(() => undefined);
  const units: unknown[] = [];
  const volatile: unknown[] = [];
  const owner = {
    opts: {
      query,
      clock,
      socket: { binaryType: 'arraybuffer', emit: (_: string, packet: unknown) => volatile.push(packet) },
      ...more,
    },
    query,
    readyState: 'opening',
    uri: () => 'https://naru.test/',
    onOpen: vi.fn(() => {
      owner.readyState = 'open';
    }),
    onUnit: (unit: unknown) => void units.push(unit),
    onClose: vi.fn(),
    onError: vi.fn((_message: string, _error: unknown) => undefined),
  };
  const stream = new WebTransportStream(owner as unknown as Transport);
  const pair = pairs[0] as WebTransportPair;
  const { value: far } = await pair.server.incomingBidirectionalStreams.getReader().read();
  const received: unknown[] = [];
  const decoder = new RecordDecoder(1_000_000);
  const sink = { onUnit: (_: undefined, unit: unknown) => void received.push(unit), onViolation: () => undefined };
  const write = (chunk: Uint8Array): void => decoder.decode(chunk, 0, sink, undefined);
  far?.readable.pipeTo(new WritableStream({ write })).catch(() => undefined);
  const writer = far?.writable.getWriter();
  await clock.settle();
  const send = (...all: (string | Uint8Array)[]) => writer?.write(Buffer.concat(all.map(encodeRecord)));
  const sendBytes = (bytes: Uint8Array) => writer?.write(bytes);
  return { clock, pair, owner, stream, units, volatile, received, send, sendBytes };
}

it('opens a session, and announces that it reads datagrams', async () => {
  const { owner, received } = await open();
  expect([received, owner.onOpen.mock.calls.length]).toEqual([['0', '6datagrams'], 1]);
});

it('announces that in an upgrade only after the change-over', async () => {
  const { clock, received, stream } = await open({ sid: 'a"b' });
  expect(received).toEqual(['0{"sid":"a\\"b"}']);
  stream.write(['2probe']);
  await clock.settle();
  stream.write(['5', '4after']);
  await clock.settle();
  expect(received.slice(1)).toEqual(['2probe', '5', '6datagrams', '4after']);
});

it('does not announce datagrams if a custom parser reads the messages', async () => {
  const { received } = await open({}, { parser: {} });
  expect(received).toEqual(['0']);
});

it('writes text, bytes and Blobs in their order', async () => {
  const { clock, received, stream } = await open();
  let isDone = false;
  stream.write(['4a', new Blob(['blob']), Uint8Array.of(1), '4b']).then(() => {
    isDone = true;
  });
  await clock.settle();
  await vi.waitFor(() => expect(isDone).toBe(true), { timeout: 20_000 });
  await clock.settle();
  const texts = received
    .slice(2)
    .map((unit) => (typeof unit === 'string' ? unit : Buffer.from(unit as Uint8Array).toString()));
  expect(texts).toEqual(['4a', 'blob', '\x01', '4b']);
});

it('finishes a write when the server reads it', async () => {
  const { clock, pair, stream } = await open();
  pair.hold();
  let isDone = false;
  stream.write([new Uint8Array(70_000)]).then(() => {
    isDone = true;
  });
  await clock.settle();
  expect(isDone).toBe(false);
  pair.release();
  await clock.settle();
  expect(isDone).toBe(true);
});

it('sends no datagram before the server has announced that it reads them', async () => {
  const { clock, stream, send } = await open();
  expect(stream.sendVolatile(['2["a"]'])).toBe(false);
  send('6datagrams');
  await clock.settle();
  expect(stream.sendVolatile(['2["a"]'])).toBe(true);
  expect(stream.sendVolatile(['2["a"]', new Blob(['later'])])).toBe(false);
  expect(stream.sendVolatile([`2["${'x'.repeat(2_000)}"]`])).toBe(false);
});

it('sends datagrams by `createWritable` where the platform has only that', async () => {
  const { clock, pair, stream, send } = await open();
  const { writable } = pair.client.datagrams;
  Object.assign(pair.client.datagrams, { writable: undefined, createWritable: () => writable });
  send('6datagrams');
  await clock.settle();
  expect(stream.sendVolatile(['2["a"]'])).toBe(true);
});

it.each([
  ['the platform cannot write any', (_writable: WritableStream): unknown => ({ writable: undefined })],
  ['another writer has their stream', (writable: WritableStream): unknown => void writable.getWriter()],
])('goes on without datagrams when %s', async (_name, change) => {
  const { clock, pair, owner, stream, send, units } = await open();
  const { datagrams } = pair.client;
  Object.assign(datagrams, change(datagrams.writable));
  send('6datagrams', '4a');
  await clock.settle();
  expect([stream.sendVolatile(['2["a"]']), units, owner.onError.mock.calls]).toEqual([false, ['4a'], []]);
});

it('fails on a record that is larger than `payloadBytesMax`', async () => {
  const { clock, owner, send, units } = await open({}, { payloadBytesMax: 100 });
  send(`4${'a'.repeat(99)}`, `4${'a'.repeat(100)}`);
  await clock.settle();
  expect([units.length, owner.onError.mock.calls]).toEqual([
    1,
    [['webtransport error', expect.objectContaining({ code: 'RECORD_TOO_BIG' })]],
  ]);
});

it("returns the bytes of datagrams in the engine's binary type", async () => {
  for (const [binaryType, type] of [
    ['arraybuffer', ArrayBuffer],
    ['blob', Blob],
    ['nodebuffer', Buffer],
  ] as const) {
    const volatile: { data: unknown[] }[] = [];
    const socket = { binaryType, emit: (_: string, packet: { data: unknown[] }) => volatile.push(packet) };
    const { clock, pair } = await open({}, { socket });
    const message = ['451-["a",{"_placeholder":true,"num":0}]', Uint8Array.of(1, 2)];
    pair.server.datagrams.writable.getWriter().write(encodeDatagram(0, message, 1_200) as Uint8Array);
    await clock.settle();
    expect(volatile[0]?.data[1]).toBeInstanceOf(type);
  }
});

it('drops invalid datagrams', async () => {
  const { clock, pair, volatile, owner } = await open();
  const writer = pair.server.datagrams.writable.getWriter();
  const broken = [Uint8Array.of(1), encodeDatagram(0, ['4nonsense'], 100), encodeDatagram(1, ['451-["a"]'], 100)];
  for (const datagram of broken) await writer.write(datagram as Uint8Array);
  await writer.write(encodeDatagram(2, ['42["a"]'], 100) as Uint8Array);
  await clock.settle();
  expect([volatile, owner.onError.mock.calls]).toEqual([[{ type: 2, nsp: '/', data: ['a'], id: undefined }], []]);
});

it('closes after the sent data, within the time of the server', async () => {
  const { clock, pair, received, stream } = await open();
  stream.write(['4last']);
  stream.close();
  await clock.settle();
  expect([received.at(-1), await pair.server.closed]).toEqual(['4last', { closeCode: 0, reason: '' }]);
  const silent = await open();
  silent.pair.hold();
  silent.stream.write(['4last']);
  silent.stream.close();
  await silent.clock.advance(3_000);
  expect(await silent.pair.client.closed).toEqual({ closeCode: 0, reason: '' });
  expect(silent.clock.timerCount).toBe(0);
});

it('reports the end of the session once', async () => {
  const closed = await open();
  closed.pair.server.close({ closeCode: 7, reason: 'so' });
  await closed.clock.settle();
  expect(closed.owner.onClose).toHaveBeenCalledWith({
    description: 'webtransport connection closed',
    context: { closeCode: 7, reason: 'so' },
  });
  const lost = await open();
  lost.pair.cut();
  await lost.clock.settle();
  expect(lost.owner.onError).toHaveBeenCalled();
  expect(lost.owner.onClose).not.toHaveBeenCalled();
});

it('continues when a listener throws', async () => {
  const { clock, owner, send } = await open();
  const uncaught = new Promise((resolve) => process.once('uncaughtException', resolve));
  const seen: unknown[] = [];
  owner.onUnit = (unit) => {
    seen.push(unit);
    if (unit === '4a') throw new Error('a listener');
  };
  send('4a', '4b');
  await clock.settle();
  expect(seen).toEqual(['4a', '4b']);
  expect(await uncaught).toMatchObject({ message: 'a listener' });
});

it('fails on text that is not UTF-8', async () => {
  const { clock, owner, sendBytes } = await open();
  sendBytes(Uint8Array.of(2, 0x34, 0xff));
  await clock.settle();
  expect(owner.onError.mock.calls[0]?.[1]).toMatchObject({ code: 'RECORD_BAD_UTF8' });
});
