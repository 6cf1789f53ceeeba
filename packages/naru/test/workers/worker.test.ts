import { EventEmitter, once } from 'node:events';
import { existsSync, readdirSync, rmSync } from 'node:fs';
import { Agent, createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { makeFolder } from '../../../../test/kit/folders.js';
import { local } from '../../../local/src/local-backplane.js';
import type { ServerOptions } from '../../src/server/api/server.js';
import { Server } from '../../src/server/api/server.js';
import type { WorkerMessage } from '../../src/workers/messages.js';
import { runWorker, type StartWorker } from '../../src/workers/worker.js';

/** The process of a worker, whose signals, messages and exit a test makes and sees. */
class FakeProgram extends EventEmitter {
  readonly sent: WorkerMessage[] = [];
  connected = true;
  readonly exited: Promise<number>;
  exit: (code: number) => void = () => undefined;

  constructor() {
    super();
    this.exited = new Promise((resolve) => {
      this.exit = resolve;
    });
  }

  send(message: WorkerMessage): void {
    this.sent.push(message);
  }
}

function startLocal(options: Partial<ServerOptions> = {}) {
  const folder = makeFolder({});
  const http = createServer();
  const backplane = local(join(folder, 'data'));
  const io = new Server(http, { backplane, ...options });
  http.listen(0, '127.0.0.1');
  return { folder, http, io, backplane };
}

async function run(start: StartWorker) {
  const links = join(makeFolder({ 'links/.keep': '' }), 'links');
  const program = new FakeProgram();
  const reports: unknown[] = [];
  await runWorker(start, { folder: links, count: 4 }, program, (error) => reports.push(error));
  return { links, program, reports };
}

describe('a worker', () => {
  it('says that it takes traffic when it does, and has a link', async () => {
    const { io, http } = startLocal();
    const { links, program } = await run(() => ({ io, report: { any: 1 } }));
    expect(http.listening).toBe(true);
    expect(program.sent).toEqual([{ naru: 'ready', node: io.node, report: { any: 1 } }]);
    expect(readdirSync(links)).toContain(`${io.node}.sock`);
    program.emit('SIGINT');
    expect(await program.exited).toBe(0);
  });

  it.each([
    ['SIGTERM', (program: FakeProgram) => program.emit('SIGTERM'), true, false],
    ['SIGINT', (program: FakeProgram) => program.emit('SIGINT'), false, false],
    [
      'the primary',
      (program: FakeProgram) => program.emit('message', { naru: 'stop', isGentle: true, isLast: true }),
      true,
      true,
    ],
    [
      'a reload',
      (program: FakeProgram) => program.emit('message', { naru: 'stop', isGentle: true, isLast: false }),
      true,
      false,
    ],
    ['the death of the primary', (program: FakeProgram) => program.emit('disconnect'), false, false],
    [
      'the death of the primary while a connection is on its way to it',
      (program: FakeProgram) => {
        program.connected = false;
      },
      false,
      false,
    ],
  ])('ends on %s, and takes no more connections first if others take them', async (_name, end, isGentle, listens) => {
    const { io, http, backplane } = startLocal();
    const seen: unknown[] = [];
    const close = vi.fn(async (gently: boolean) => {
      seen.push(gently, http.listening);
      await io.close();
      await backplane.close();
    });
    const { links, program } = await run(() => ({ io, close }));
    end(program);
    end(program);
    expect(await program.exited).toBe(0);
    expect(seen).toEqual([isGentle, listens]);
    expect(existsSync(join(links, `${io.node}.sock`))).toBe(false);
  });

  it('takes no new clients any more before it has to end', async () => {
    const { io, http } = startLocal();
    const { program } = await run(() => io);
    program.emit('message', { naru: 'retire' });
    expect([http.listening, io.engine.admission.hasRoom]).toEqual([false, false]);
    program.emit('message', { naru: 'stop', isGentle: true, isLast: false });
    expect(await program.exited).toBe(0);
  });

  it('answers a request that is on its way on an idle connection when it retires, and ends the connection', async () => {
    const { io, http } = startLocal({ events: true });
    const { program } = await run(() => io);
    const agent = new Agent({ keepAlive: true });
    onTestFinished(() => agent.destroy());
    const { port } = http.address() as AddressInfo;
    const ask = (method: string, path: string, body = ''): Promise<unknown[]> =>
      new Promise((resolve, reject) => {
        const asking = request({ port, host: '127.0.0.1', method, path, agent }, (response) => {
          const { statusCode, headers } = response;
          let text = '';
          response.on('data', (chunk) => {
            text += chunk;
          });
          response.on('end', () => resolve([statusCode, headers.connection, text]));
        });
        asking.on('error', reject).end(body);
      });
    const path = '/socket.io/?EIO=4&transport=polling';
    const [[, , opened]] = await Promise.all([ask('GET', path), ask('PUT', '/events/a')]);
    const { sid } = JSON.parse(String(opened).slice(1)) as { sid: string };
    await expect.poll(() => Object.values(agent.freeSockets).flat().length).toBe(2);
    const answers = Promise.all([ask('POST', `${path}&sid=${sid}`, '40'), ask('PUT', '/events/a')]);
    program.emit('message', { naru: 'retire' });
    expect(await answers).toEqual([
      [200, 'close', 'ok'],
      [405, 'close', expect.any(String)],
    ]);
    program.emit('message', { naru: 'stop', isGentle: false, isLast: false });
    expect(await program.exited).toBe(0);
  });

  it.each([
    ['waits in a reload', true, false, 'late'],
    ['cuts a request off when all workers end', true, true, 'socket hang up'],
    ['cuts a request off when it has to hurry', false, false, 'socket hang up'],
  ])('%s, if the answer takes a second', async (_, isGentle, isLast, expected) => {
    const { io, http } = startLocal();
    let answer: () => void = () => undefined;
    http.prependListener('request', (_request, response) => {
      answer = () => setTimeout(() => response.end('late'), 1_000);
    });
    const { program } = await run(() => io);
    const { port } = http.address() as AddressInfo;
    const asking = request({ port, host: '127.0.0.1', path: '/other' });
    const answered = new Promise<string>((resolve) => {
      asking.on('response', (response) => response.on('data', (text) => resolve(String(text))));
      asking.on('error', ({ message }) => resolve(message));
    });
    asking.end();
    await once(http, 'request');
    program.emit('message', { naru: 'stop', isGentle, isLast });
    answer();
    expect(await answered).toBe(expected);
    expect(await program.exited).toBe(0);
  });

  it('closes its server and the log by itself', async () => {
    const { io, http } = startLocal();
    const { program } = await run(() => io);
    program.emit('message', { naru: 'stop', isGentle: true, isLast: true });
    expect(await program.exited).toBe(0);
    expect(http.listening).toBe(false);
    expect(() => io.opts.backplane?.log.append('/', [])).toThrow();
  });

  it('sends all clients away at once when it has to hurry, and its application closes once', async () => {
    const { io, backplane } = startLocal();
    const drain = vi
      .spyOn(io, 'drain')
      .mockImplementation((options) => (options?.withinMs === 0 ? Promise.resolve() : new Promise(() => undefined)));
    const closes: unknown[] = [];
    let finish: () => void = () => undefined;
    const close = (isGentle: boolean): Promise<void> => {
      closes.push(isGentle);
      return new Promise((resolve) => {
        finish = resolve;
      });
    };
    const { program } = await run(() => ({ io, close }));
    program.emit('message', { naru: 'stop', isGentle: true, isLast: true });
    expect(drain.mock.calls).toEqual([]);
    program.emit('message', { naru: 'stop', isGentle: false, isLast: true });
    expect([drain.mock.calls, closes]).toEqual([[[{ withinMs: 0 }]], [true]]);
    finish();
    expect(await program.exited).toBe(0);
    await io.close();
    await backplane.close();
  });

  it('takes its part of the bounds that hold for the machine', async () => {
    const { io } = startLocal({ handshakesPerSecondMax: 100 });
    expect(io.engine.admission.pace.perSecondMax).toBe(100);
    const { program } = await run(() => io);
    expect(io.engine.admission.pace.perSecondMax).toBe(25);
    program.emit('SIGINT');
    await program.exited;
  });

  it.each([
    ['SIGTERM', true],
    ['disconnect', false],
  ])('leaves the folder of the links to the primary, unless that is gone (%s)', async (event, isKept) => {
    const { io } = startLocal();
    const { links, program } = await run(() => io);
    rmSync(join(links, '.keep'));
    program.emit(event);
    await program.exited;
    expect(existsSync(links)).toBe(isKept);
  });

  it('removes the folder of the links, too, when the primary dies before the application has started', async () => {
    const links = makeFolder({});
    const program = new FakeProgram();
    void runWorker(
      () => new Promise(() => undefined),
      { folder: links, count: 1 },
      program,
      () => undefined,
    );
    program.emit('disconnect');
    expect([await program.exited, existsSync(links)]).toEqual([0, false]);
  });

  it('leaves SIGHUP to the primary', async () => {
    const { io } = startLocal();
    const { program } = await run(() => io);
    program.emit('SIGHUP');
    program.emit('message', { from: 'the application' });
    await new Promise((resolve) => setImmediate(resolve));
    expect((io.httpServer as { listening: boolean }).listening).toBe(true);
    program.emit('SIGINT');
    await program.exited;
  });

  it('needs a log that other processes share', async () => {
    const io = new Server();
    onTestFinished(() => void io.close());
    await expect(run(() => io)).rejects.toThrow('the workers need a log that all of them share');
  });

  it('reports why the application cannot close, and exits with 1', async () => {
    const { io, backplane } = startLocal();
    const { program, reports } = await run(() => ({ io, close: () => Promise.reject(new Error('stuck')) }));
    program.emit('SIGTERM');
    expect(await program.exited).toBe(1);
    expect(reports).toEqual([new Error('stuck')]);
    await io.close();
    await backplane.close();
  });
});
