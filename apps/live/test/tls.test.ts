import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { request } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Server } from 'naru';
import { io } from 'naru/client';
import { expect, it } from 'vitest';
import { certificate } from '../../../test/conformance/peers/certificate.js';
import { app } from '../server/main.js';
import type { FromPage, FromServer, Welcome } from '../shared/protocol.js';

it('serves pages and sockets over TLS with the certificate that it is given', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'live-tls-'));
  const [cert, key] = [join(folder, 'cert.pem'), join(folder, 'key.pem')];
  writeFileSync(cert, certificate.cert);
  writeFileSync(key, certificate.key);
  const http = createServer((_request, response) => response.end('a page'));
  const server = new Server<FromPage, FromServer>(http, { connectionStateRecovery: {} });
  const lines: string[] = [];
  const env = { LIVE_CERT: cert, LIVE_KEY: key, LIVE_TLS_PORT: '0', HOST: '127.0.0.1' };
  const hooks = await app(server, { http, env, log: (line) => lines.push(line) });
  try {
    const port = Number(/port (\d+)/.exec(lines[0] ?? '')?.[1]);
    const text = await new Promise<string>((done, fail) => {
      const asking = request({ host: '127.0.0.1', port, rejectUnauthorized: false }, (response) => {
        response.on('data', (chunk: Buffer) => done(chunk.toString()));
      });
      asking.on('error', fail).end();
    });
    expect(text).toBe('a page');
    const page = io(`https://127.0.0.1:${port}`, { transports: ['websocket'], rejectUnauthorized: false });
    const welcome = await new Promise<Welcome>((done) => page.once('welcome', done));
    expect(welcome.onAir).toEqual([]);
    page.disconnect();
    // The plain port is still there.
    http.listen(0, '127.0.0.1');
    await new Promise((done) => http.once('listening', done));
    const plain = await fetch(`http://127.0.0.1:${(http.address() as AddressInfo).port}/`);
    expect(await plain.text()).toBe('a page');
  } finally {
    hooks.close();
    await server.close();
    rmSync(folder, { recursive: true, force: true });
  }
});
