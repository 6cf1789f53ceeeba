// needs: package
import { createServer, get } from 'node:http';
import type { AddressInfo } from 'node:net';
import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Server } from '../../../src/server/api/index.js';

const http = createServer((_request, response) => response.writeHead(404).end('application'));
const io = new Server(http, { cors: { origin: 'http://a.b' } });
let url = '';

beforeAll(async () => {
  await new Promise<void>((resolve) => http.listen(0, resolve));
  url = `http://127.0.0.1:${(http.address() as AddressInfo).port}/socket.io`;
});

afterAll(() => io.close());

const raw = (name: string, headers: Record<string, string> = {}, method = 'GET') =>
  fetch(`${url}/${name}`, { headers, method });

describe('serveClientFile', () => {
  it.each(['socket.io.js', 'socket.io.min.js', 'socket.io.esm.min.js', 'naru.webtransport.min.js'])(
    'serves %s with a map of its name',
    async (name) => {
      const response = await raw(name);
      const text = await response.text();
      expect(response.status).toBe(200);
      expect(response.headers.get('content-type')).toBe('application/javascript; charset=utf-8');
      expect(text).toContain(`sourceMappingURL=${name}.map`);
      const map = await raw(`${name}.map`);
      expect(map.headers.get('content-type')).toBe('application/json; charset=utf-8');
      expect(((await map.json()) as { sources: string[] }).sources.length).toBeGreaterThan(5);
    },
  );

  it('answers 304 to a client that has the file, by its ETag', async () => {
    const first = await raw('socket.io.min.js');
    await first.arrayBuffer();
    const etag = String(first.headers.get('etag'));
    for (const tag of [etag, `W/${etag}`, `"x", ${etag}`]) {
      expect((await raw('socket.io.min.js', { 'If-None-Match': tag })).status).toBe(304);
    }
    expect((await raw('socket.io.min.js?v=1', { 'If-None-Match': '"other"' })).status).toBe(200);
  });

  it('has another ETag for each encoding, and varies with the encoding and the origin', async () => {
    const tags = [];
    for (const encoding of ['identity', 'gzip', 'br']) {
      const { headers } = await raw('socket.io.min.js', { 'Accept-Encoding': encoding, Origin: 'http://a.b' });
      expect(headers.get('vary')).toBe('Origin, Accept-Encoding');
      tags.push(headers.get('etag'));
    }
    expect(new Set(tags).size).toBe(3);
  });

  it('compresses for clients that accept it', async () => {
    const ask = (encoding: string) =>
      new Promise<{ encoding: string | undefined; body: Buffer }>((resolve, reject) => {
        get(`${url}/socket.io.min.js`, { headers: { 'Accept-Encoding': encoding } }, async (response) => {
          const parts: Buffer[] = [];
          for await (const part of response) parts.push(part as Buffer);
          resolve({ encoding: response.headers['content-encoding'], body: Buffer.concat(parts) });
        }).on('error', reject);
      });
    const plain = await ask('identity');
    expect(plain.encoding).toBeUndefined();
    const gzip = await ask('gzip');
    expect(gunzipSync(gzip.body)).toEqual(plain.body);
    const brotli = await ask('gzip, br');
    expect(brotliDecompressSync(brotli.body)).toEqual(plain.body);
    expect((await ask('br;q=0, gzip;q=0')).encoding).toBeUndefined();
  });

  it('leaves every other name to the engine', async () => {
    for (const name of ['', 'socket.io.jsx', '../package.json', 'constructor', 'naru.js']) {
      const response = await raw(name);
      expect([400, 404]).toContain(response.status);
    }
  });

  it('gives a HEAD no body', async () => {
    const response = await raw('socket.io.min.js', {}, 'HEAD');
    expect(response.status).toBe(200);
    expect(Number(response.headers.get('content-length'))).toBeGreaterThan(1_000);
    expect(await response.text()).toBe('');
  });
});
