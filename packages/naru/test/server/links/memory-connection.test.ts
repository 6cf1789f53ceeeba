import { Buffer } from 'node:buffer';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { expect, it } from 'vitest';
import { MemoryConnection } from '../../../src/server/links/memory-connection.js';

it('reads the bytes that it is given, and collects those that are written', async () => {
  const connection = new MemoryConnection();
  connection.push('in');
  connection.write('one ');
  connection.end(Buffer.from('two'));
  const [chunk] = (await once(connection, 'data')) as [Buffer];
  expect([String(chunk), String(connection.written), connection.writableFinished]).toEqual(['in', 'one two', true]);
});

it('is a connection of an HTTP server', async () => {
  const connection = new MemoryConnection();
  const server = createServer((request, response) => response.end(`${request.url} answered`));
  server.emit('connection', connection);
  connection.push('GET /a HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n');
  await once(connection, 'finish');
  expect(String(connection.written)).toMatch(/^HTTP\/1\.1 200 OK\r\n[\s\S]*\r\n\r\n\/a answered$/);
});
