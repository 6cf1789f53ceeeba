import { once } from 'node:events';
import { existsSync, realpathSync } from 'node:fs';
import { createServer } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { io } from 'socket.io-client';
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { makeFolder } from '../../../test/kit/folders.js';
import { build, startNaru } from '../../../test/kit/programs/naru.js';
import { usage } from '../src/arguments.js';

beforeAll(build);

const app = 'exports.app = (io, { log }) => { log("app is up"); setInterval(() => {}, 1000); }';
const local = { HOST: '127.0.0.1', PORT: '0' };

const startApp = (source = app, env: Record<string, string> = local) =>
  startNaru(['serve', makeFolder({ 'index.js': source, 'public/index.html': 'home' })], env);

const urlLine = /^ {2}(http:\/\/\S+:\d+\/)$/m;

describe('naru', () => {
  it('prints its usage', async () => {
    expect(await startNaru(['--help']).ended).toMatchObject({ code: 0, stdout: usage, stderr: '' });
  });

  it.each([
    [['dance'], "naru: Unknown command 'dance'; see naru --help\n"],
    [['serve'], "naru: 'naru serve' needs a folder or a module to serve; see naru --help\n"],
    [['serve', 'no-such-app'], 'naru: no-such-app does not exist; name a folder or a module to serve\n'],
  ])('ends %j with one line and exit code 1', async (args, stderr) => {
    expect(await startNaru(args).ended).toEqual({ code: 1, signal: null, stdout: '', stderr });
  });
});

describe('naru serve', () => {
  it('goes on when nobody reads its output any more', async () => {
    const program = startApp(
      'exports.app = (io, { log }) => io.on("connection", () => { log("a"); console.error("b"); });',
    );
    const [, url = ''] = await program.waitFor(urlLine);
    program.child.stdout?.destroy();
    program.child.stderr?.destroy();
    const socket = io(url, { transports: ['websocket'] });
    onTestFinished(() => void socket.disconnect());
    await new Promise<void>((resolve) => socket.once('connect', resolve));
    socket.disconnect().connect();
    await new Promise<void>((resolve) => socket.once('connect', resolve));
    expect(await (await fetch(url)).text()).toBe('home');
  });

  it('prints its addresses, and serves there', async () => {
    const program = startApp();
    const [, url = ''] = await program.waitFor(urlLine);
    expect(await (await fetch(url)).text()).toBe('home');
    await program.waitFor(/^app is up$/m);
    await program.waitFor(/^Press Ctrl-C to end it\.$/m);
  });

  it.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)(
    'ends with exit code 0 on %s, with sockets open',
    async (signal) => {
      const program = startApp();
      const [, url = ''] = await program.waitFor(urlLine);
      const silent = connect(Number(new URL(url).port), '127.0.0.1');
      silent.on('error', () => {});
      await once(silent, 'connect');
      const polling = fetch(`${url}socket.io/?EIO=4&transport=polling`).then((reply) => reply.text());
      expect(await polling).toMatch(/^0\{/);
      program.child.kill(signal);
      program.child.kill(signal);
      expect(await program.ended).toMatchObject({ code: 0, signal: null, stderr: '' });
    },
  );

  it('reports a port in use in one line, with exit code 1', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    onTestFinished(() => {
      other.close();
    });
    const { port } = other.address() as AddressInfo;
    const { code, stdout, stderr } = await startApp(app, { HOST: '127.0.0.1', PORT: String(port) }).ended;
    expect(code).toBe(1);
    expect(stdout).toBe('app is up\n');
    expect(stderr).toBe(
      `naru: port ${port} is in use by another program; stop it, or choose another port: PORT=${port + 1}\n`,
    );
  });

  /** Starts an app that says its name in a room, and prints what was said there. */
  const startTalker = (folder: string, name: string) => startNaru(['serve', folder], { ...local, WHO: name });
  const talker = `exports.app = async (io, { log, env }) => {
    io.to("a").emit("said", env.WHO);
    log((await io.history("a")).events.map(({ args }) => args[0]).join(" "));
  }`;

  it('keeps the log in a folder beside the app, also after kill -9 and from a second process', async () => {
    const folder = makeFolder({ 'index.js': talker });
    const first = startTalker(folder, 'one');
    await first.waitFor(/^one$/m);
    const second = startTalker(folder, 'two');
    await second.waitFor(/^one two$/m);
    first.child.kill('SIGKILL');
    await first.ended;
    const third = startTalker(folder, 'three');
    await third.waitFor(/^one two three$/m);
    // Before that, nothing handles the signal.
    for (const program of [second, third]) await program.waitFor(/^Press Ctrl-C/m);
    for (const { child } of [second, third]) child.kill('SIGTERM');
    // Two servers that share a folder tell of each other.
    const stderr = expect.stringMatching(/^(naru [\w-]{8}: (node [\w-]{8} is .*|drains 0 clients)\n)*$/);
    for (const { ended } of [second, third]) expect(await ended).toMatchObject({ code: 0, stderr });
  });

  // A test of its own: each of its programs takes seconds to start on a busy machine.
  it('lets naru log read the folder while it runs, and find it whole after kill -9', async () => {
    const folder = makeFolder({ 'index.js': talker });
    const program = startTalker(folder, 'one');
    await program.waitFor(/^one$/m);
    const [, data = ''] = await program.waitFor(/^Its log is in (.*)$/m);
    expect(resolve(data)).toBe(join(realpathSync(folder), '.naru'));
    const looked = await startNaru(['log', resolve(data), 'read', '/']).ended;
    expect(looked).toMatchObject({ code: 0, stderr: '' });
    expect(looked.stdout.match(/\["said","one"\]/g)).toHaveLength(1);
    program.child.kill('SIGKILL');
    await program.ended;
    expect(await startNaru(['log', resolve(data), 'verify']).ended).toMatchObject({ code: 0 });
  });

  it('keeps the log in the folder of --data or NARU_DATA, and in memory for "memory"', async () => {
    const folder = makeFolder({ 'index.js': app });
    const there = join(makeFolder({}), 'data');
    const asked = startNaru(['serve', folder], { ...local, NARU_DATA: there });
    await asked.waitFor(/^Press Ctrl-C/m);
    const memory = startNaru(['serve', folder, '--data', 'memory'], { ...local, NARU_DATA: there });
    await memory.waitFor(/^Its log is in memory\.$/m);
    expect([existsSync(join(there, 'data.mdb')), existsSync(join(folder, '.naru'))]).toEqual([true, false]);
  });

  it('ends with one line and exit code 1 when the folder for the log cannot be written', async () => {
    const file = join(makeFolder({ file: '' }), 'file');
    const { code, stdout, stderr } = await startNaru(['serve', makeFolder({ 'index.js': app }), '--data', file], local)
      .ended;
    expect([code, stdout]).toEqual([1, '']);
    expect(stderr).toMatch(/^naru: the data folder cannot be written: .* is a file; name another with .*\n$/);
  });

  it('runs in memory, and reports it, if LMDB does not load; everything else works', async () => {
    const hooks = fileURLToPath(new URL('no-lmdb.mjs', import.meta.url));
    // Newer versions of Node warn about the way in which the hooks are loaded.
    const env = { ...local, NODE_OPTIONS: `--import ${hooks}`, NODE_NO_WARNINGS: '1' };
    const program = startApp(app, env);
    await program.waitFor(/^Its log is in memory\.$/m);
    program.child.kill('SIGINT');
    const { code, stderr } = await program.ended;
    expect(code).toBe(0);
    expect(stderr).toMatch(/^naru: the log is in memory .* because LMDB does not load here; .*\n$/);
    expect(await startNaru(['--help'], env).ended).toMatchObject({ code: 0, stdout: usage });
  });

  it('ends the second process on one port, and keeps the log of the first whole', async () => {
    const folder = makeFolder({ 'index.js': app });
    const first = startNaru(['serve', folder], local);
    const [, url = ''] = await first.waitFor(urlLine);
    const { code, stderr } = await startNaru(['serve', folder], { HOST: '127.0.0.1', PORT: new URL(url).port }).ended;
    expect(code).toBe(1);
    expect(stderr).toMatch(/^naru: port \d+ is in use by another program; .*\n$/);
    expect((await fetch(url)).status).toBe(404);
    expect(await startNaru(['log', join(folder, '.naru'), 'verify']).ended).toMatchObject({ code: 0, stderr: '' });
  });

  it('prints the endpoints that it opens besides HTTP', async () => {
    const program = startApp(app, { ...local, NARU_LISTEN: 'tcp://127.0.0.1:0,udp://127.0.0.1:0' });
    const [, port] = await program.waitFor(/^ {2}tcp:\/\/localhost:(\d+)$/m);
    await program.waitFor(/^ {2}udp:\/\/localhost:\d+$/m);
    const person = connect(Number(port), '127.0.0.1');
    person.write('\n');
    const [answer] = (await once(person, 'data')) as [Buffer];
    expect(answer.toString()).toContain('* entered /');
    program.child.kill('SIGINT');
    expect(await program.ended).toMatchObject({ code: 0, stderr: '' });
  });

  it('reports an endpoint in use in one line, with exit code 1', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    onTestFinished(() => {
      other.close();
    });
    const endpoint = `tcp://127.0.0.1:${(other.address() as AddressInfo).port}`;
    const { code, stdout, stderr } = await startApp(app, { ...local, NARU_LISTEN: `stomp://127.0.0.1:0,${endpoint}` })
      .ended;
    expect([code, stdout]).toEqual([1, 'app is up\n']);
    expect(stderr).toBe(
      `naru: ${endpoint} is in use by another program; stop that program, or choose another endpoint with --listen or NARU_LISTEN\n`,
    );
  });

  it('reports an unknown address in one line', async () => {
    const { code, stderr } = await startApp(app, { HOST: '203.0.113.1', PORT: '0' }).ended;
    expect(code).toBe(1);
    expect(stderr).toMatch(/^naru: this machine has no address 203\.0\.113\.1; .*\n$/);
  });

  it('shows the stack of an app that fails to start, because its author needs it', async () => {
    const { code, stderr } = await startApp('throw new TypeError("my mistake")').ended;
    expect(code).toBe(1);
    expect(stderr).toMatch(/^naru: TypeError: my mistake\n {4}at .*index\.js:1/);
  });

  it('reports a failed request, and continues', async () => {
    const program = startApp('exports.app = () => ({ request() { throw new RangeError("bad answer") } })');
    const [, url = ''] = await program.waitFor(urlLine);
    expect((await fetch(url)).status).toBe(500);
    expect((await fetch(url)).status).toBe(500);
    program.child.kill('SIGINT');
    const { code, stderr } = await program.ended;
    expect(code).toBe(0);
    expect(stderr.match(/^naru: RangeError: bad answer$/gm)).toHaveLength(2);
  });
});
