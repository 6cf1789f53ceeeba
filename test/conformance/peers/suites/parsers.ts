/** A custom parser: the msgpack parser from npm on both ends. */

import parser from 'socket.io-msgpack-parser';
import { describe, expect, it } from 'vitest';
import { MODE_NAMES, MODES, next, type Pair, stage } from '../harness.js';

/** Claims about the `parser` option. */
export function parsers(pair: Pair): void {
  describe.skipIf(pair.version === 2).each(MODE_NAMES)('with the msgpack parser, by %s', (mode) => {
    const transports = [...MODES[mode]];

    it('carries events, bytes and acks both ways', async () => {
      const server = await stage(pair, { parser });
      const { client, socket } = await server.join('', { transports, parser } as object);
      socket.on('ask', (n: number, bytes: Buffer, ack: (...args: unknown[]) => void) => ack(n + 1, { bytes }));
      const [n, bag] = await new Promise<[number, { bytes: Buffer }]>((resolve) =>
        client.emit('ask', 1, Buffer.from([1, 2]), (...args: [number, { bytes: Buffer }]) => resolve(args)),
      );
      expect([n, Buffer.from(bag.bytes)]).toEqual([2, Buffer.from([1, 2])]);
      client.on('ask', (text: string, ack: (answer: unknown) => void) => ack(`${text}!`));
      expect(await socket.timeout(5000).emitWithAck('ask', '나루')).toBe('나루!');
    });

    it('carries broadcasts to a room, and namespaces with their refusals', async () => {
      const server = await stage(pair, { parser });
      server.io
        .of('/guarded')
        .use((_socket, proceed) => proceed(Object.assign(new Error('no'), { data: { code: 1 } })));
      server.io.of('/open');
      const { client, socket } = await server.join('/open', { transports, parser } as object);
      socket.join('room');
      const arrived = next(client, 'news');
      server.io
        .of('/open')
        .to('room')
        .emit('news', { list: [1, 'a', null, true] }, Buffer.from('x'));
      const [bag, bytes] = (await arrived) as [unknown, Buffer];
      expect(bag).toEqual({ list: [1, 'a', null, true] });
      expect(Buffer.from(bytes)).toEqual(Buffer.from('x'));
      const refused = server.client('/guarded', { transports, parser, reconnection: false } as object);
      const [error] = (await next(refused, 'connect_error')) as [Error & { data: unknown }];
      expect([error.message, error.data]).toEqual(['no', { code: 1 }]);
    });

    it('keeps the order of 300 events', async () => {
      const server = await stage(pair, { parser });
      const { client, socket } = await server.join('', { transports, parser } as object);
      const seen: number[] = [];
      client.on('n', (value: number) => seen.push(value));
      for (let value = 0; value < 300; value++) socket.emit('n', value, Buffer.alloc(value % 7));
      const done = next(client, 'done');
      socket.emit('done');
      await done;
      expect(seen).toEqual(Array.from({ length: 300 }, (_, index) => index));
    });
  });
}
