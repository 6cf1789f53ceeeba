import { connect } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { makeFolder } from '../../../test/kit/folders.js';
import type { Backplane, Log } from '../../naru/src/backplane/backplane.js';
import { memoryBackplane } from '../../naru/src/backplane/memory.js';
import { systemClock } from '../../naru/src/base/clock.js';
import { UnavailableError } from '../../naru/src/base/errors.js';
import { findApp } from '../src/app.js';
import { type Serving, type Surroundings, serve } from '../src/serve.js';

interface Served {
  readonly url: string;
  readonly serving: Serving;
  readonly lines: unknown[];
  readonly reports: unknown[];
}

const place = { host: '127.0.0.1', port: 0 };

function makeSurroundings() {
  const lines: unknown[] = [];
  const reports: unknown[] = [];
  const surroundings: Surroundings = {
    env: { COLOUR: 'green' },
    log: (line) => lines.push(line),
    report: (error) => reports.push(error),
  };
  return { lines, reports, surroundings };
}

/** Returns the parts of a log, which may be methods of a class, as functions. */
function logOf({ log }: Backplane): Log {
  return {
    append: (...args) => log.append(...args),
    read: (...args) => log.read(...args),
    readBack: (...args) => log.readBack(...args),
    extent: (...args) => log.extent(...args),
    erase: (...args) => log.erase(...args),
    retain: (...args) => log.retain(...args),
    follow: (...args) => log.follow(...args),
  };
}

async function serveFiles(files: Record<string, string>): Promise<Served> {
  const { lines, reports, surroundings } = makeSurroundings();
  const serving = await serve(
    findApp(makeFolder({ 'package.json': '{"type":"module"}', ...files })),
    place,
    surroundings,
  );
  onTestFinished(() => serving.close());
  return { url: `http://127.0.0.1:${serving.address.port}`, serving, lines, reports };
}

describe('serve', () => {
  it('gives the app the server, the HTTP server, the environment and a log', async () => {
    const { lines } = await serveFiles({
      'index.js': `export function app(io, { http, env, log }) {
        log([typeof io.of, http.listening, env.COLOUR].join(' '));
      }`,
    });
    expect(lines).toEqual(['function false green']);
  });

  it('sends all clients away at once when it has to close without waves after all, and closes the app once', async () => {
    const { serving, lines } = await serveFiles({
      'index.js': 'export const app = (_io, { log }) => ({ close: () => log("closes") });',
    });
    let end: () => void = () => undefined;
    const drain = vi.spyOn(serving.io, 'drain').mockImplementation(
      () =>
        new Promise((resolve) => {
          end = resolve;
        }),
    );
    const gentle = serving.close(true);
    const endWaves = end;
    const fast = serving.close();
    expect(drain.mock.calls).toEqual([[], [{ withinMs: 0 }]]);
    expect(lines).toEqual([]);
    endWaves();
    await Promise.all([gentle, fast]);
    expect(lines).toEqual(['closes']);
  });

  it('answers from the app first, then from its files, then with 404', async () => {
    const { url } = await serveFiles({
      'index.js': `export async function app() {
        return { async request(req, res) {
          res.setHeader('X-App', 'yes');
          if (req.url !== '/health') return false;
          res.end('well');
          return true;
        } };
      }`,
      'public/health': 'file',
      'public/index.html': 'home',
    });
    expect(await (await fetch(`${url}/health`)).text()).toBe('well');
    const home = await fetch(`${url}/`);
    expect(await home.text()).toBe('home');
    expect(home.headers.get('x-app')).toBe('yes');
    expect(home.headers.get('x-content-type-options')).toBe('nosniff');
    expect(home.headers.get('referrer-policy')).toBe('same-origin');
    const none = await fetch(`${url}/none`, { method: 'POST', body: 'x' });
    expect(none.status).toBe(404);
    expect(none.headers.get('connection')).toBe('close');
  });

  it("leaves the engine's path to the engine", async () => {
    const { url } = await serveFiles({
      'index.js': 'export const app = () => ({ request(req, res) { res.end("app"); return true } })',
    });
    const reply = await fetch(`${url}/socket.io/?EIO=4&transport=polling`);
    expect(await reply.text()).toMatch(/^0\{"sid":/);
    expect(await (await fetch(`${url}/other`)).text()).toBe('app');
  });

  it('takes the server options that the app exports', async () => {
    const { url } = await serveFiles({
      'index.js': 'export const options = { path: "/line" }; export const app = () => {};',
    });
    expect(await (await fetch(`${url}/line/?EIO=4&transport=polling`)).text()).toMatch(/^0\{"sid":/);
    expect((await fetch(`${url}/socket.io/?EIO=4&transport=polling`)).status).toBe(404);
  });

  it('reports a failed answer, sends 500, and continues', async () => {
    const { url, reports } = await serveFiles({
      'index.js': `export const app = () => ({ request(req) { if (req.url === '/bad') throw new Error('bad answer') } })`,
      'public/good.txt': 'good',
    });
    expect((await fetch(`${url}/bad`)).status).toBe(500);
    expect(reports).toMatchObject([{ message: 'bad answer' }]);
    expect(await (await fetch(`${url}/good.txt`)).text()).toBe('good');
  });

  it("gives the app a log with the app's settings, closes it at the end, and opens none for an app with its own", async () => {
    const wanted: unknown[] = [];
    let isClosed = false;
    const { surroundings, reports } = makeSurroundings();
    const openData = async (retention: object) => {
      wanted.push(retention);
      const backplane = memoryBackplane(systemClock, { ageMs: 60_000, bytes: 1_000_000 });
      const close = async () => {
        isClosed = true;
      };
      return { backplane: { ...backplane, close }, folder: '/there' };
    };
    const source = `export const retention = { ageMs: 5_000 };
      export const app = async (io, { folder, log }) => { io.to("a").emit("x"); log((await io.history("a")).events.length); log(folder) }`;
    const folder = makeFolder({ 'package.json': '{"type":"module"}', 'index.js': source });
    const lines: unknown[] = [];
    const log = (line: unknown) => lines.push(line);
    const serving = await serve(findApp(folder), place, { ...surroundings, log, openData });
    expect([lines, wanted, isClosed]).toEqual([[1, '/there/app'], [{ ageMs: 5_000 }], false]);
    await serving.close();
    expect([isClosed, reports]).toEqual([true, []]);
    const own = `exports.options = { backplane: ${'globalThis.ownBackplane'} }; exports.app = () => {}`;
    Object.assign(globalThis, { ownBackplane: memoryBackplane(systemClock, { ageMs: 1_000, bytes: 1_000 }) });
    const other = await serve(findApp(makeFolder({ 'index.js': own })), place, { ...surroundings, openData });
    await other.close();
    expect([wanted.length, other.data]).toEqual([1, undefined]);
  });

  it('reports a failing log, once in a while, and continues', async () => {
    const { surroundings, reports } = makeSurroundings();
    const openData = async () => {
      const backplane = memoryBackplane(systemClock, { ageMs: 60_000, bytes: 1_000_000 });
      const append = () => {
        throw new UnavailableError('BUFFER_FULL', 'the disk of the log is full');
      };
      return { backplane: { ...backplane, log: { ...logOf(backplane), append } }, folder: '/full' };
    };
    const source =
      'exports.app = (io) => void io.on("connection", (s) => { io.emit("a", 1); setImmediate(() => io.emit("b", 2)) })';
    const serving = await serve(findApp(makeFolder({ 'index.js': source })), place, { ...surroundings, openData });
    onTestFinished(() => serving.close());
    const url = `http://127.0.0.1:${serving.address.port}/socket.io/?EIO=4&transport=polling`;
    const { sid } = JSON.parse((await (await fetch(url)).text()).slice(1)) as { sid: string };
    await fetch(`${url}&sid=${sid}`, { method: 'POST', body: '40' });
    let heard = '';
    while (!heard.includes('["b",2]')) heard += await (await fetch(`${url}&sid=${sid}`)).text();
    expect(heard).toContain('["a",1]');
    expect(reports).toMatchObject([
      { code: 'IO_FAILED', message: expect.stringContaining('the disk of the log is full') },
    ]);
  });

  it('serves an app without exports', async () => {
    const { url } = await serveFiles({ 'index.js': 'export default () => {}' });
    expect((await fetch(url)).status).toBe(404);
  });
});

describe('the endpoints of serve', () => {
  const files = {
    'index.js': `module.exports = (io, { http, log }) => {
      log(http);
      io.on("connection", (socket) => socket.emit("hello"));
    }`,
  };

  it('open besides HTTP, with their ports, and close with the rest', async () => {
    const { surroundings, reports } = makeSurroundings();
    const serving = await serve(findApp(makeFolder(files)), place, surroundings, [
      'tcp://127.0.0.1:0',
      'stomp://127.0.0.1:0',
      'udp://127.0.0.1:0',
    ]);
    expect(serving.endpoints.map(({ url }) => url.slice(0, url.indexOf(':')))).toEqual(['tcp', 'stomp', 'udp']);
    const [{ address } = { address: undefined }] = serving.endpoints;
    const { port } = address as { port: number };
    const person = connect(port, '127.0.0.1');
    person.write('\n');
    let heard = '';
    person.on('data', (chunk) => {
      heard += chunk;
    });
    await expect.poll(() => heard).toContain('* entered /\nhello\n');
    const ended = new Promise((resolve) => person.once('close', resolve));
    await serving.close();
    await ended;
    expect(reports).toEqual([]);
  });

  it('that are in use end the start, name the endpoint, and leave nothing open', async () => {
    const first = makeSurroundings();
    const other = await serve(findApp(makeFolder(files)), place, first.surroundings, ['tcp://127.0.0.1:0']);
    onTestFinished(() => other.close());
    const [{ address } = { address: undefined }] = other.endpoints;
    const { port } = address as { port: number };
    const { lines, surroundings } = makeSurroundings();
    const endpoints = ['stomp://127.0.0.1:0', `tcp://127.0.0.1:${port}`];
    await expect(serve(findApp(makeFolder(files)), place, surroundings, endpoints)).rejects.toMatchObject({
      code: 'ADDRESS_IN_USE',
      message: `tcp://127.0.0.1:${port} is in use by another program`,
    });
    expect(lines[0]).toMatchObject({ listening: false });
  });

  it('that fail at once end the start with one error rather than two', async () => {
    const { lines, surroundings } = makeSurroundings();
    const endpoints = ['tcp://203.0.113.1:1', 'tls://127.0.0.1:0'];
    await expect(serve(findApp(makeFolder(files)), place, surroundings, endpoints)).rejects.toMatchObject({
      code: 'BAD_OPTION',
    });
    expect(lines[0]).toMatchObject({ listening: false });
  });
});

describe('the end of serve', () => {
  it('closes the app once, and every connection, also a silent one', async () => {
    const { serving, lines } = await serveFiles({
      'index.js': 'export const app = (io, { log }) => ({ async close() { log("closed") } })',
    });
    const silent = connect(serving.address.port, '127.0.0.1');
    await new Promise((resolve) => silent.once('connect', resolve));
    const ended = new Promise((resolve) => silent.once('close', resolve));
    await Promise.all([serving.close(), serving.close()]);
    await ended;
    expect(lines).toEqual(['closed']);
    await expect(fetch(`http://127.0.0.1:${serving.address.port}`)).rejects.toThrow();
  });

  it('still closes the rest when the app fails to close', async () => {
    const { surroundings } = makeSurroundings();
    const app = findApp(
      makeFolder({ 'index.js': 'module.exports = () => ({ close() { throw new Error("stuck") } })' }),
    );
    const serving = await serve(app, place, surroundings);
    await expect(serving.close()).rejects.toThrow('stuck');
    await expect(fetch(`http://127.0.0.1:${serving.address.port}`)).rejects.toThrow();
  });

  it('rejects when the port is in use, and leaves nothing open', async () => {
    const { serving } = await serveFiles({ 'index.js': 'export const app = () => {}' });
    const { lines, surroundings } = makeSurroundings();
    const folder = makeFolder({
      'b.cjs': 'exports.app = (io, { http, log }) => (log(http), { close() { log("closed") } })',
    });
    const taken = { host: '127.0.0.1', port: serving.address.port };
    await expect(serve(findApp(join(folder, 'b.cjs')), taken, surroundings)).rejects.toMatchObject({
      code: 'EADDRINUSE',
    });
    expect(lines[0]).toMatchObject({ listening: false });
    expect(lines.slice(1)).toEqual(['closed']);
  });

  it('rejects with the error of the app at its start', async () => {
    const { lines, surroundings } = makeSurroundings();
    const app = findApp(
      makeFolder({
        'index.js': 'module.exports = async (io, { http, log }) => { log(http); throw new Error("no start") }',
      }),
    );
    await expect(serve(app, place, surroundings)).rejects.toThrow('no start');
    expect(lines[0]).toMatchObject({ listening: false });
  });
});
