import { expect, test, vi } from 'vitest';
import { readBlobs, toBinaryType } from '../../../src/client/engine/data.js';
import { EngineSocket } from '../../../src/client/engine/engine.js';
import { WebSocketTransport } from '../../../src/client/engine/websocket.js';
import { createFakeLink } from '../fake-link.js';

const transport = () => new WebSocketTransport({ query: {} });

test('writes packets without a Blob at once, unchanged', () => {
  const packets = [
    { type: 'message', data: 'a' },
    { type: 'ping' },
    { type: 'message', data: Uint8Array.of(1) },
  ] as const;
  const write = vi.fn();
  readBlobs(transport(), packets, write);
  expect(write).toHaveBeenCalledWith(packets);
});

test('reads a Blob, and keeps the order of all packets', async () => {
  const write = vi.fn();
  const blob = new Blob(['x']);
  readBlobs(
    transport(),
    [
      { type: 'message', data: blob },
      { type: 'message', data: 'a' },
    ],
    write,
  );
  expect(write).not.toHaveBeenCalled();
  await vi.waitFor(() => expect(write).toHaveBeenCalledOnce(), { timeout: 20_000 });
  const [packets] = write.mock.calls[0] as [{ data: unknown }[]];
  expect(packets.map(({ data }) => data)).toEqual([new TextEncoder().encode('x').buffer, 'a']);
});

test('reports an unreadable Blob as an error of the transport', async () => {
  const fail = vi.fn();
  const blob = new Blob(['x']);
  blob.arrayBuffer = () => Promise.reject(new RangeError('gone'));
  const failing = transport();
  failing.on('error', fail);
  readBlobs(failing, [{ type: 'message', data: blob }], vi.fn());
  await vi.waitFor(() => expect(fail).toHaveBeenCalledWith(expect.objectContaining({ message: 'gone' })), {
    timeout: 20_000,
  });
});

test.each(['nodebuffer', 'arraybuffer', 'blob'])(
  'gives bytes as %s, and nothing of the buffer around them',
  async (binaryType) => {
    const given = toBinaryType(Buffer.from('abcdef').subarray(1, 3), { binaryType });
    expect(await new Blob([given as Uint8Array<ArrayBuffer>]).text()).toBe('bc');
  },
);

test('refuses data that the wire cannot carry at once', () => {
  const link = createFakeLink();
  const engine = new EngineSocket('http://host', { ...link.options, transports: ['websocket'] }, link.platform);
  link.last.accept();
  const check = vi.fn(() => {
    throw new RangeError('too large');
  });
  Object.assign(link.last, { check });
  expect(() => engine.send('much')).toThrow('too large');
  expect(check).toHaveBeenCalledWith(['much']);
  expect(engine.writeBuffer).toEqual([]);
});
