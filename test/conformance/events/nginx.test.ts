/** A reverse proxy as its package configures it: it buffers responses, speaks HTTP/1.0 to the server and names it as the host. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { nextSocket, openStage, openStream, openTexts, post, said } from '../../namespace/events/stage.js';
import { describeWith, NGINX, start } from './stage.js';

/** A port that was free a moment ago. */
function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number };
      server.close(() => resolve(port));
    });
  });
}

/** Puts nginx before a server; gives its URL. */
async function proxy(target: number, location = ''): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'naru-nginx-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  mkdirSync(join(folder, 'temp'));
  const port = await freePort();
  const temp = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((name) => `${name}_temp_path ${folder}/temp;`);
  const config = `
    daemon off; master_process off; pid ${folder}/pid; error_log ${folder}/error.log;
    events { worker_connections 100; }
    http {
      access_log off; ${temp.join(' ')}
      server { listen 127.0.0.1:${port}; location / { proxy_pass http://127.0.0.1:${target}; ${location} } }
    }`;
  writeFileSync(join(folder, 'nginx.conf'), config);
  start(NGINX, ['-c', join(folder, 'nginx.conf'), '-e', join(folder, 'error.log'), '-p', folder]);
  const url = `http://127.0.0.1:${port}`;
  await expect
    .poll(
      () =>
        fetch(`${url}/`).then(
          ({ status }) => status,
          () => 0,
        ),
      { timeout: 10_000 },
    )
    .toBe(404);
  return url;
}

describeWith(NGINX, 'nginx in front', () => {
  it('hands a stream on as it comes, although it buffers', async () => {
    const { io, port } = await openStage();
    const url = await proxy(port);
    const entered = nextSocket(io);
    const stream = await openStream(`${url}/events/lobby`);
    const socket = await entered;
    expect(stream.response.status).toBe(200);
    await expect.poll(stream.text).toBe(': naru\nretry: 3000\n\n');
    for (let count = 1; count <= 3; count += 1) {
      io.to('lobby').emit('say', count);
      expect((await stream.events.until(count)).map(said).at(-1)).toEqual(['say', [count]]);
    }
    expect(await post(`${url}/events/lobby`, '{"event":"say","args":[4]}')).toMatchObject({ status: 202 });
    expect((await stream.events.until(4)).map(said).at(-1)).toEqual(['say', [4]]);
    const gone = new Promise((resolve) => socket.on('disconnect', resolve));
    stream.close();
    expect(await gone).toBe('transport close');
  });

  it('hands WebSockets on where it is told to', async () => {
    const { io, port } = await openStage();
    const headers =
      'proxy_http_version 1.1; proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection upgrade;';
    const url = await proxy(port, `${headers} proxy_set_header X-Forwarded-Host $http_host;`);
    const entered = nextSocket(io);
    const page = await openTexts(`${url}/events/lobby`, { origin: url });
    (await entered).emit('say', 1);
    expect(await page.inbox.until(1)).toEqual([{ event: 'say', args: [1] }]);
    await expect(openTexts(`${url}/events/lobby`, { origin: 'http://elsewhere.example' })).rejects.toThrow(/^403/);
  });
});
