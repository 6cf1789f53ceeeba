import { once } from 'node:events';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer, connect as dial } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { io as connect, type Socket } from 'socket.io-client';
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { certificate } from '../../../../test/conformance/peers/certificate.js';
import { makeFolder } from '../../../../test/kit/folders.js';
import { build, startNaru, startProgram } from '../../../../test/kit/programs/naru.js';
import { local } from '../../../local/src/local-backplane.js';
import { udp } from '../../../udp/src/client/udp-wire.js';
import { io as dialNaru } from '../../src/client/index.js';
import { Emitter } from '../../src/emitter/emitter.js';
import { app, isAnswered, isThere, listWorkers, type Options, open, openAt, place, serve, stop } from './serving.js';

beforeAll(build);

/**
 * Connects one client after another, `atOnce` at a time. Returns the process of each, and the transport that it ends
 * with.
 */
async function connectMany(url: string, count: number, options: Options = {}) {
  const pids = new Set<number>();
  const ends = new Map<string, number>();
  const secure = new Set<boolean>();
  const one = async (): Promise<void> => {
    const socket = connect(url, { forceNew: true, reconnection: false, ...options });
    try {
      await new Promise<void>((resolve, reject) => {
        socket.once('connect', resolve);
        socket.once('connect_error', reject);
      });
      const [pid, isSecure] = await new Promise<[number, boolean]>((resolve) => {
        socket.emit('where', (...answer: [number, boolean]) => resolve(answer));
      });
      pids.add(pid);
      secure.add(isSecure);
      const { engine } = socket.io;
      if (!options.transports && engine.transport.name === 'polling')
        await new Promise<void>((resolve) => engine.once('upgrade', () => resolve()));
      const { name } = engine.transport;
      ends.set(name, (ends.get(name) ?? 0) + 1);
    } finally {
      socket.close();
    }
  };
  const atOnce = 20;
  for (let begun = 0; begun < count; begun += atOnce)
    await Promise.all(Array.from({ length: Math.min(atOnce, count - begun) }, one));
  return { pids: pids.size, ends: Object.fromEntries(ends), secure: [...secure] };
}

describe('four workers behind one port', () => {
  it('connect 200 of 200 clients with default transports, which all upgrade', async () => {
    const { url } = await serve(4);
    expect(await connectMany(url, 200)).toEqual({ pids: 4, ends: { websocket: 200 }, secure: [false] });
  }, 120_000);

  it('connect 200 of 200 clients over TLS', async () => {
    const { cert, key } = certificate;
    const program = startProgram([
      fileURLToPath(new URL('secure.mjs', import.meta.url)),
      ...[join(makeFolder({}), 'data'), '4', cert, key],
    ]);
    const [, port] = await program.waitFor(/^port (\d+)$/m);
    const options = { rejectUnauthorized: false };
    expect(await connectMany(`https://127.0.0.1:${port}`, 200, options)).toEqual({
      pids: 4,
      ends: { websocket: 200 },
      secure: [true],
    });
    program.child.kill('SIGTERM');
    expect(await program.ended).toMatchObject({ code: 0, stderr: '' });
  }, 120_000);

  it('carry sessions that stay on polling, and deliver the events of all workers to them', async () => {
    const { url } = await serve(4);
    const sockets = Array.from({ length: 12 }, () => open(url, { transports: ['polling'] }));
    await Promise.all(sockets.map((socket) => new Promise((resolve) => socket.emit('where', resolve))));
    const heard = sockets.map((socket) => {
      const said: string[] = [];
      socket.on('said', (text: string) => said.push(text));
      return said;
    });
    for (const [at, socket] of sockets.entries()) socket.emit('say', `${at} ${'x'.repeat(50_000)}`);
    await expect.poll(() => heard.map((said) => said.length)).toEqual(Array(12).fill(12));
    for (const said of heard) expect(said).toEqual(heard[0]);
  });
});

describe('the other endpoints', () => {
  it('are shared by the workers, over TCP, Unix sockets and STOMP', async () => {
    const path = join(makeFolder({}), 'a.sock');
    const endpoints = ['tcp://127.0.0.1:0', `unix:${path}`, 'stomp://127.0.0.1:0'];
    const { url, program } = await serve(
      2,
      {},
      endpoints.flatMap((endpoint) => ['--listen', endpoint]),
    );
    const [, stompPort] = await program.waitFor(/^ {2}stomp:\/\/localhost:(\d+)$/m);
    const answers = Array.from({ length: 4 }, async () => {
      const socket = dial({ port: Number(stompPort), host: '127.0.0.1' });
      onTestFinished(() => void socket.destroy());
      socket.write('CONNECT\naccept-version:1.2\nhost:/\n\n\0');
      const [frame] = await once(socket, 'data');
      return String(frame).slice(0, 9);
    });
    expect(await Promise.all(answers)).toEqual(Array(4).fill('CONNECTED'));
    const [, port] = await program.waitFor(/^ {2}tcp:\/\/localhost:(\d+)$/m);
    const heard = [{ port: Number(port), host: '127.0.0.1' }, { path }].flatMap((place) =>
      Array.from({ length: 4 }, () => {
        const socket = dial(place);
        onTestFinished(() => void socket.destroy());
        let text = '';
        socket.on('data', (chunk) => {
          text += chunk;
        });
        socket.write('where\n');
        return () => text;
      }),
    );
    await expect.poll(() => heard.every((text) => text().includes('entered /'))).toBe(true);
    const speaker = open(url);
    await new Promise((resolve) => speaker.emit('say', 'hello', resolve));
    await expect.poll(() => heard.every((text) => text().includes('said "hello"'))).toBe(true);
  });
});

describe('a UDP endpoint', () => {
  it('belongs to one worker, and another one takes it over at once when that ends or is killed', async () => {
    const fast = app.replace('options = {', 'options = { pingInterval: 200, pingTimeout: 400,');
    const { folder, program } = await serve(3, { 'index.js': fast }, ['--listen', 'udp://127.0.0.1:0']);
    const [, port] = await program.waitFor(/^ {2}udp:\/\/localhost:(\d+)$/m);
    const client = dialNaru(`udp://127.0.0.1:${port}`, { wires: [udp()], forceNew: true, reconnectionDelay: 10 });
    onTestFinished(() => void client.disconnect());
    const heard: string[] = [];
    client.on('said', (text: string) => heard.push(text));
    const ask = (): Promise<number> => new Promise((resolve) => client.emit('where', resolve));
    const backplane = local(join(folder, '.naru'));
    onTestFinished(() => backplane.close());
    const emitter = new Emitter(backplane);
    const hear = async (text: string): Promise<void> => {
      await emitter.to('all').emit('said', text);
      await expect.poll(() => heard).toContain(text);
    };
    const first = await ask();
    await hear('from the first');
    process.kill(first, 'SIGTERM');
    await once(client as object as NodeJS.EventEmitter, 'connect');
    const second = await ask();
    await hear('from the second');
    process.kill(second, 'SIGKILL');
    // The end of a killed worker shows in its silence.
    await once(client as object as NodeJS.EventEmitter, 'connect');
    const third = await ask();
    await hear('from the third');
    expect(new Set([first, second, third]).size).toBe(3);
  });
});

describe('a worker that is killed', () => {
  it('is replaced, and its clients go on at others with nothing lost', async () => {
    const { url, program } = await serve(2);
    const [killed = 0, other = 0] = await listWorkers(url, 2);
    const [listener, speaker] = await Promise.all([killed, other].map((pid) => openAt(url, pid)));
    const heard: number[] = [];
    const recovered: boolean[] = [];
    listener?.on('said', (number: number) => heard.push(number));
    listener?.on('connect', () => recovered.push(listener.recovered));
    for (let number = 0; number < 30; number += 1) {
      if (number === 10) process.kill(killed, 'SIGKILL');
      await new Promise((resolve) => speaker?.emit('say', number, resolve));
    }
    const all = Array.from({ length: 30 }, (_, number) => number);
    await expect.poll(() => heard.length).toBe(all.length);
    expect([heard, recovered]).toEqual([all, [true]]);
    const now = await listWorkers(url, 2);
    expect(now.filter((pid) => pid === killed || pid === other)).toEqual([other]);
    program.child.kill('SIGTERM');
    const { code, stderr } = await program.ended;
    expect(code).toBe(0);
    expect(stderr).toMatch(
      /^naru: worker \d \(process \d+\) ended: SIGKILL; another one takes its place (now|in \d+ ms)\n$/,
    );
  });
});

describe('a reload', () => {
  it('runs the new code in all workers, and each client moves once and misses no event', async () => {
    const version = (number: number) =>
      app.replace("'where', (done) => done?.(", `'where', (done) => done?.(${number}, `);
    const { url, folder, program } = await serve(3, { 'index.js': version(1) });
    const sockets = Array.from({ length: 12 }, (_, at) =>
      open(url, { transports: [at % 2 === 0 ? 'polling' : 'websocket'], reconnectionDelay: 10 }),
    );
    const ends = sockets.map((socket) => {
      const reasons: string[] = [];
      socket.on('disconnect', (reason) => reasons.push(reason));
      return reasons;
    });
    // A question may be lost with the connection of its client.
    const ask = (socket: Socket): Promise<number> =>
      socket
        .timeout(1_000)
        .emitWithAck('where')
        .catch(() => 0);
    await Promise.all(sockets.map((socket) => socket.emitWithAck('where')));
    expect(new Set(await Promise.all(sockets.map(ask)))).toEqual(new Set([1]));
    const heard = sockets.map((socket) => {
      const said: number[] = [];
      socket.on('said', (number: number) => said.push(number));
      return said;
    });
    const backplane = local(join(folder, '.naru'));
    onTestFinished(() => backplane.close());
    const emitter = new Emitter(backplane);
    writeFileSync(join(folder, 'index.js'), version(2));
    program.child.kill('SIGHUP');
    let count = 0;
    while (!(await Promise.all(sockets.map(ask))).every((number) => number === 2)) {
      await emitter.to('all').emit('said', count);
      count += 1;
    }
    await program.waitFor(/^Reload: all workers run the new code\.$/m);
    expect(
      ends.map(({ length }) => length),
      `ends: ${JSON.stringify(ends)}`,
    ).toEqual(Array(12).fill(1));
    await expect.poll(() => heard.map((said) => said.length)).toEqual(Array(12).fill(count));
    for (const said of heard) expect(said).toEqual(Array.from({ length: count }, (_, number) => number));
    program.child.kill('SIGTERM');
    const { code, stdout, stderr } = await program.ended;
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout.match(/^Reload: worker \d \(process \d+\) starts\.$/gm)).toHaveLength(3);
    expect(stdout.match(/^Reload: worker \d \(process \d+\) sends its clients away\.$/gm)).toHaveLength(3);
  });
});

describe('an event of a stock client during a reload', () => {
  const noting = app.replace(
    "socket.on('die'",
    "socket.on('note', (text, done) => { require('fs').appendFileSync(process.env.NOTES, text + '\\n'); setTimeout(done, 5); });\n      socket.on('die'",
  );

  it('is carried out once if it was said before the client heard of the end', async () => {
    const notes = join(makeFolder({ notes: '' }), 'notes');
    const { url, program } = await serve(3, { 'index.js': noting }, [], { NOTES: notes });
    const sockets = Array.from({ length: 12 }, (_, at) =>
      open(url, { transports: [at % 2 === 0 ? 'polling' : 'websocket'], reconnectionDelay: 10 }),
    );
    await Promise.all(sockets.map((socket) => socket.emitWithAck('where')));
    const answered: string[] = [];
    /** The texts that the client sent before it heard of the end, and that were not answered before that. */
    const crossed: string[] = [];
    /**
     * The texts that had to wait for an earlier POST. A client of Socket.IO drops those that still wait when it hears
     * of the end.
     */
    const waiting = new Set<string>();
    let isOver = false;
    const talk = async (socket: Socket, at: number): Promise<void> => {
      for (let number = 0; !isOver; number += 1) {
        const text = `${at} ${number}`;
        // The WebSocket of a client that has heard of the end drops what its program says until the program hears of
        // it, too.
        const { ws, writable } = socket.io.engine.transport as { ws?: WebSocket; writable: boolean };
        const hasHeard = ws !== undefined && ws.readyState !== ws.OPEN;
        if (!writable) waiting.add(text);
        await socket.emitWithAck('note', text).then(
          () => answered.push(text),
          () => hasHeard || crossed.push(text),
        );
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
    };
    const talking = sockets.map(talk);
    await expect.poll(() => answered.length).toBeGreaterThan(50);
    program.child.kill('SIGHUP');
    await program.waitFor(/^Reload: all workers run the new code\.$/m);
    await expect.poll(() => sockets.every(({ connected }) => connected)).toBe(true);
    isOver = true;
    await Promise.all(talking);
    const carriedOut = readFileSync(notes, 'utf8').trim().split('\n');
    expect(new Set(carriedOut).size).toBe(carriedOut.length);
    const isSure = (text: string): boolean => !waiting.has(text);
    expect(carriedOut.filter(isSure).sort()).toEqual([...answered, ...crossed].filter(isSure).sort());
    expect(carriedOut).toEqual(expect.arrayContaining(answered));
  });
});

describe('the end', () => {
  async function expectNothingLeft(
    { program, url, folder, links }: Awaited<ReturnType<typeof serve>>,
    kill: (workers: readonly number[]) => void | Promise<void>,
  ) {
    const workers = await listWorkers(url, 3);
    const sockets = workers.map(() => open(url, { reconnection: false }));
    const ends = sockets.map((socket) => once(socket as object as NodeJS.EventEmitter, 'disconnect'));
    await Promise.all(sockets.map((socket) => new Promise((resolve) => socket.emit('where', resolve))));
    await kill(workers);
    await Promise.all(ends);
    await expect.poll(() => workers.filter(isThere)).toEqual([]);
    await expect.poll(links).toEqual([]);
    const ended = await program.ended;
    expect(await startNaru(['log', join(folder, '.naru'), 'verify']).ended).toMatchObject({ code: 0 });
    return ended;
  }

  it.each(['SIGTERM', 'SIGINT'] as const)('of all comes by %s', async (signal) => {
    const serving = await serve(3);
    const kill = (): void => void serving.program.child.kill(signal);
    expect(await expectNothingLeft(serving, kill)).toMatchObject({
      code: 0,
      stderr: '',
    });
  });

  it('of all comes by a signal while the first worker starts, and nothing says that they serve', async () => {
    const started = 'exports.app = ({}, { log }) => { log("starts"); return new Promise(() => undefined); };';
    const program = startNaru(['serve', makeFolder({ 'index.js': started }), '--workers', '2'], place);
    await program.waitFor(/^starts$/m);
    program.child.kill('SIGTERM');
    expect(await program.ended).toMatchObject({ code: 0, stdout: 'starts\n', stderr: '' });
  });

  it('of the workers comes in order when the primary is killed', async () => {
    const serving = await serve(3);
    expect(serving.links()).toHaveLength(1);
    const kill = (): void => void serving.program.child.kill('SIGKILL');
    expect(await expectNothingLeft(serving, kill)).toMatchObject({ signal: 'SIGKILL', stderr: '' });
  });

  it('of the workers comes in order when the primary is killed before they have taken their connections', async () => {
    const serving = await serve(3);
    const { port } = new URL(serving.url);
    const ended = await expectNothingLeft(serving, async (workers) => {
      const stopped = workers.slice(0, 2);
      for (const pid of stopped) stop(pid);
      const waiting = Array.from({ length: 6 }, () => dial(Number(port), '127.0.0.1'));
      for (const socket of waiting) {
        onTestFinished(() => void socket.destroy());
        socket.on('error', () => undefined);
        if (socket.connecting) await once(socket, 'connect');
      }
      // The third worker answers one of these, so the primary has given all earlier connections away. Others may wait
      // for a stopped worker.
      while (!(await isAnswered(serving.url)));
      serving.program.child.kill('SIGKILL');
      await once(serving.program.child, 'exit');
      for (const pid of stopped) process.kill(pid, 'SIGCONT');
    });
    expect(ended).toMatchObject({ signal: 'SIGKILL', stderr: '' });
  });
});

describe('a start that fails', () => {
  it('is reported once, with exit code 1, and leaves nothing', async () => {
    const folder = makeFolder({ 'index.js': 'exports.app = () => { throw new Error("no such thing"); }' });
    const { code, stderr } = await startNaru(['serve', folder, '--workers', '3'], place).ended;
    expect(code).toBe(1);
    expect(stderr.match(/no such thing/g)?.length).toBe(1);
    expect(stderr).toMatch(/naru: worker 1 \(process \d+\) ended before it took traffic: exit code 1\n$/);
  });

  it('names a port in use', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    onTestFinished(() => void other.close());
    const { port } = other.address() as { port: number };
    const folder = makeFolder({ 'index.js': app });
    const args = ['serve', folder, '--workers', '2'];
    const { code, stderr } = await startNaru(args, { HOST: '127.0.0.1', PORT: String(port) }).ended;
    expect([code, existsSync(join(folder, '.naru'))]).toEqual([1, true]);
    expect(stderr).toMatch(new RegExp(`^naru: port ${port} is in use by another program;`));
  });

  it('is refused when the log is in memory, because the folder of the log cannot be used', async () => {
    const folder = makeFolder({ 'index.js': app, '.naru': 'a file' });
    const { code, stderr } = await startNaru(['serve', folder, '--workers', '2'], place).ended;
    expect(code).toBe(1);
    expect(stderr).toMatch(/the workers need a log that all of them share/);
  });
});
