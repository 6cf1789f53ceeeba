import { expect, test, vi } from 'vitest';
import { readBlobs } from '../../../src/client/engine/blobs.js';

test('packets without a Blob are written at once, as they are', () => {
  const packets = [
    { type: 'message', data: 'a' },
    { type: 'ping' },
    { type: 'message', data: Uint8Array.of(1) },
  ] as const;
  const write = vi.fn();
  readBlobs(packets, write, vi.fn());
  expect(write).toHaveBeenCalledWith(packets);
});

test('a Blob is read, and all keep their order', async () => {
  const write = vi.fn();
  readBlobs(
    [
      { type: 'message', data: new Blob(['x']) },
      { type: 'message', data: 'a' },
    ],
    write,
    vi.fn(),
  );
  expect(write).not.toHaveBeenCalled();
  await vi.waitFor(() => expect(write).toHaveBeenCalledOnce(), { timeout: 20_000 });
  const [packets] = write.mock.calls[0] as [{ data: unknown }[]];
  expect(packets.map(({ data }) => data)).toEqual([new TextEncoder().encode('x').buffer, 'a']);
});

test('a Blob that cannot be read is a failure', async () => {
  const fail = vi.fn();
  const blob = new Blob(['x']);
  blob.arrayBuffer = () => Promise.reject(new RangeError('gone'));
  readBlobs([{ type: 'message', data: blob }], vi.fn(), fail);
  await vi.waitFor(() => expect(fail).toHaveBeenCalledWith(expect.objectContaining({ message: 'gone' })), {
    timeout: 20_000,
  });
});
