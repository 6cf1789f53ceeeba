import { once } from 'node:events';
import { cpSync, mkdirSync, symlinkSync } from 'node:fs';
import { createServer } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { io } from 'socket.io-client';
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { makeFolder } from '../../../../test/kit/folders.js';
import { build, startNaru, startProgram } from '../../../../test/kit/programs/naru.js';
import { serveNumbers } from '../../src/metrics/metrics-endpoint.js';

const urlLine = /^ {2}(http:\/\/\S+:\d+\/)$/m;
const metricsLine = /^Its metrics are at (http:\/\/\S+\/metrics)$/m;
const local = { HOST: '127.0.0.1', PORT: '0', NARU_METRICS: '127.0.0.1:0' };
const app = makeApp('exports.app = (io) => io.on("connection", (socket) => socket.on("ask", (answer) => answer()));');

function makeApp(source: string): () => string {
  return () => makeFolder({ 'index.js': source });
}

const textOf = async (url: string): Promise<string> => (await fetch(url)).text();

/** Connects and asks once. */
async function ask(url: string): Promise<void> {
  const socket = io(url, { transports: ['websocket'], forceNew: true, reconnection: false });
  onTestFinished(() => void socket.disconnect());
  await socket.emitWithAck('ask');
}

describe('serveNumbers', () => {
  const numbers = { contentType: 'text/x', metrics: async () => 'some 1\n' };
  const open = async (given = numbers) => {
    const reported: unknown[] = [];
    const { port } = await serveNumbers(given, { host: '127.0.0.1', port: 0 }, (error) => reported.push(error));
    return { url: `http://127.0.0.1:${port}`, reported };
  };

  it('answers at /metrics, and nowhere else', async () => {
    const { url } = await open();
    const reply = await fetch(`${url}/metrics?x=1`);
    expect([reply.status, reply.headers.get('content-type'), await reply.text()]).toEqual([200, 'text/x', 'some 1\n']);
    expect((await fetch(`${url}/`)).status).toBe(404);
    const posted = await fetch(`${url}/metrics`, { method: 'POST' });
    expect([posted.status, posted.headers.get('allow')]).toEqual([405, 'GET, HEAD']);
  });

  it('answers 500 if the numbers cannot be read, and says so', async () => {
    const error = new Error('broken');
    const { url, reported } = await open({ ...numbers, metrics: () => Promise.reject(error) });
    expect((await fetch(`${url}/metrics`)).status).toBe(500);
    expect(reported).toEqual([error]);
  });

  it('refuses a port that is in use', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    onTestFinished(() => void other.close());
    const { port } = other.address() as AddressInfo;
    await expect(serveNumbers(numbers, { host: '127.0.0.1', port }, () => undefined)).rejects.toMatchObject({
      name: 'ConfigError',
      message: expect.stringContaining(`--metrics cannot listen on port ${port}: `),
    });
  });
});

describe('naru serve --metrics', () => {
  beforeAll(build);

  it('serves the numbers of the app on a port of their own, and ends with the app', async () => {
    const program = startNaru(['serve', app(), '--data', 'memory'], local);
    const [, url = ''] = await program.waitFor(urlLine);
    const [, metrics = ''] = await program.waitFor(metricsLine);
    await ask(url);
    const text = await textOf(metrics);
    expect(text).toMatch(/^naru_sessions\{wire="websocket"\} 1$/m);
    expect(text).toMatch(/^naru_events_received_total 1$/m);
    expect((await fetch(`${url}metrics`)).status).toBe(404);
    const idle = connect(Number(new URL(metrics).port), '127.0.0.1');
    idle.on('error', () => undefined);
    await once(idle, 'connect');
    await program.waitFor(/^Press Ctrl-C/m);
    program.child.kill('SIGINT');
    expect(await program.ended).toMatchObject({ code: 0, stderr: '' });
  });

  it('serves the sum of all workers, which goes on to rise when one is killed', { timeout: 60_000 }, async () => {
    const folder = makeFolder({
      'index.js': 'exports.app = (io) => io.on("connection", (s) => s.on("ask", (answer) => answer(process.pid)));',
    });
    const program = startNaru(['serve', folder, '--workers', '2'], local);
    const [, url = ''] = await program.waitFor(urlLine);
    const [, metrics = ''] = await program.waitFor(metricsLine);
    await program.waitFor(/^It has 2 workers/m);
    const pids = new Set<number>();
    let count = 0;
    // A busy worker keeps the connections that come, so the first ones may all be at one worker.
    for (; pids.size < 2 || count < 6; count += 1) {
      const socket = io(url, { transports: ['websocket'], forceNew: true, reconnection: false });
      onTestFinished(() => void socket.disconnect());
      pids.add(await socket.emitWithAck('ask'));
    }
    const text = await textOf(metrics);
    const sessions = `naru_sessions{wire="websocket"} ${count}\n`;
    expect(text).toContain(sessions);
    expect(text).toContain(`naru_events_received_total ${count}\n`);
    expect(text).toMatch(/^naru_ready 2$/m);
    const [first = 0] = pids;
    process.kill(first, 'SIGKILL');
    await expect.poll(() => textOf(metrics)).not.toContain(sessions);
    expect(await textOf(metrics)).toContain(`naru_events_received_total ${count}\n`);
    await expect.poll(async () => await textOf(metrics)).toMatch(/^naru_ready 2$/m);
    await ask(url);
    expect(await textOf(metrics)).toContain(`naru_events_received_total ${count + 1}\n`);
  });

  it('names the packages to install if they are missing', async () => {
    // The program alone with the core, as npm installs it without its optional packages.
    const modules = join(makeFolder({}), 'node_modules');
    const packages = fileURLToPath(new URL('../../../', import.meta.url));
    mkdirSync(join(modules, '@naru'), { recursive: true });
    symlinkSync(join(packages, 'naru'), join(modules, 'naru'));
    for (const name of ['local', 'net', 'stomp', 'udp'])
      symlinkSync(join(packages, name), join(modules, '@naru', name));
    for (const part of ['package.json', 'dist'])
      cpSync(join(packages, 'cli', part), join(modules, '@naru/cli', part), { recursive: true });
    const program = startProgram([join(modules, '@naru/cli/dist/esm/main.js'), 'serve', app()], local);
    const { code, stdout, stderr } = await program.ended;
    expect([code, stdout]).toEqual([1, '']);
    expect(stderr).toMatch(/^naru: --metrics needs .* run: npm install @naru\/metrics prom-client\n$/);
  });
});
