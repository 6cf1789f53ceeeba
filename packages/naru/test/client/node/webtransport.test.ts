import { expect, it } from 'vitest';
import { NodeWebTransport } from '../../../src/client/node/webtransport.js';
import * as stream from '../../../src/client/webtransport/webtransport-stream.js';

class Opened extends NodeWebTransport {
  loaded(): ReturnType<NodeWebTransport['load']> {
    return this.load();
  }
}

it('returns bytes as Buffers of the same memory', () => {
  const transport = new NodeWebTransport({ query: {}, socket: { binaryType: 'nodebuffer' } });
  const packets: { data?: unknown }[] = [];
  transport.on('packet', (packet) => packets.push(packet));
  const memory = Uint8Array.of(0, 1, 2, 3);
  transport.onUnit(memory.subarray(1, 3));
  transport.onUnit('4text');
  expect(packets.map(({ data }) => data)).toEqual([Buffer.from([1, 2]), 'text']);
  memory[1] = 9;
  expect(packets[0]?.data).toEqual(Buffer.from([9, 2]));
});

it('loads nothing, because everything is there', async () => {
  expect(await new Opened({ query: {} }).loaded()).toBe(stream);
});
