import { once } from 'node:events';
import { type AddressInfo, connect, createServer } from 'node:net';
import { expect, it, onTestFinished } from 'vitest';
import { takeRawConnection } from '../../src/node-internals/raw-connection.js';
import { HandOvers, refuseRaw } from '../../src/workers/hand-over.js';

it('refuses a client as the engine does when its worker is gone', async () => {
  const server = createServer((socket) => {
    socket.once('data', () => {
      const connection = takeRawConnection(socket);
      if (connection) refuseRaw(connection);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  const client = connect((server.address() as AddressInfo).port, '127.0.0.1');
  let received = '';
  client.on('data', (chunk) => {
    received += chunk;
  });
  client.write('GET / HTTP/1.1\r\n\r\n');
  await once(client, 'end');
  expect(received).toMatch(/^HTTP\/1\.1 400 Bad Request\r\n[\s\S]*\r\n\r\nSession ID unknown\n$/);
});

it('closes a connection that has left, and refuses one that cannot leave', () => {
  const outcomes: string[] = [];
  const made = new HandOvers((connection) => outcomes.push(`refused ${String(connection)}`), 2);
  const make = (name: string) => ({ close: () => outcomes.push(`closed ${name}`), toString: () => name });
  const sent: ((error: Error | null) => void)[] = [];
  for (const name of ['one', 'two']) made.send(make(name), (_connection, done) => sent.push(done));
  expect(made.isFull).toBe(true);
  sent[0]?.(null);
  expect([made.isFull, outcomes]).toEqual([false, ['closed one']]);
  made.end();
  sent[1]?.(new Error('gone'));
  made.send(make('three'), (_connection, done) => done(new Error('gone')));
  expect(outcomes).toEqual(['closed one', 'refused two', 'refused three']);
});
