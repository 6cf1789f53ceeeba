import net from 'node:net';
import { expect, it, onTestFinished, vi } from 'vitest';
import { describeNats } from '../../../test/kit/brokers/nats-server.js';
import { fixedPort } from '../../../test/kit/ports.mjs';
import { encodeUtf8 } from '../../naru/src/base/bytes.js';
import { connectNats } from '../src/driver.js';
import { readSettings } from '../src/options.js';

describeNats(
  'a connection of the driver',
  ({ broker }) => {
    it('carries messages with headers, and ends once', async () => {
      const socket = await connectNats(readSettings(broker.url, { user: 'ann', password: 'right' }));
      const heard: unknown[] = [];
      const end = socket.subscribe('a.*', ({ subject, reply, status, header }) => {
        heard.push([subject, reply, status, header('X-One'), header('X-Two')]);
      });
      socket.publish('a.b', encodeUtf8('1'), { 'X-One': '1' }, 'there');
      await socket.flush();
      end();
      socket.publish('a.b', encodeUtf8('2'));
      await socket.flush();
      expect(heard).toEqual([['a.b', 'there', undefined, '1', undefined]]);
      expect([socket.isClustered, socket.maxPayload]).toEqual([false, 1024 * 1024]);
      socket.close();
      await socket.closed;
      socket.publish('a.b', encodeUtf8('3'));
    });

    it('survives an error of its socket after its end, and sends nothing any more', async () => {
      const dial = vi.spyOn(net, 'createConnection');
      onTestFinished(() => dial.mockRestore());
      const connection = await connectNats(readSettings(broker.url, { user: 'ann', password: 'right' }));
      const socket = dial.mock.results[0]?.value as net.Socket;
      const write = vi.spyOn(socket, 'write');
      connection.close();
      connection.publish('a.b', encodeUtf8('1'));
      void connection.flush();
      await connection.closed;
      expect(write).not.toHaveBeenCalled();
      expect(() => socket.emit('error', new Error('write after end'))).not.toThrow();
    });

    it('names the login that a server refuses, the address that nobody has, and the file that is not there', async () => {
      const connect = (url: string, options: object) => connectNats(readSettings(url, options));
      await expect(connect(broker.url, { user: 'ann', password: 'wrong' })).rejects.toThrow(
        `NATS at 127.0.0.1:${broker.port} refused the login. Check user, password, token or keys.`,
      );
      const port = await fixedPort();
      await expect(connect(`nats://127.0.0.1:${port}`, {})).rejects.toThrow(
        `NATS at 127.0.0.1:${port} cannot be reached: `,
      );
      await expect(connect(broker.url, { credsFile: '/nowhere/creds' })).rejects.toThrow(
        'Option "credsFile" must name a readable file, got "/nowhere/creds".',
      );
      // A file without credentials is not the same as no file.
      const empty = { user: 'ann', password: 'right', credsFile: '/dev/null' };
      await expect(connect(broker.url, empty)).rejects.toThrow(/credentials/);
    });
  },
  ['--user', 'ann', '--pass', 'right'],
);
