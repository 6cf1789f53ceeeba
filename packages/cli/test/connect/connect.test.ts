import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest';
import { certificate } from '../../../../test/conformance/peers/certificate.js';
import { build } from '../../../../test/kit/programs/naru.js';
import { Screen } from './screen.js';
import { go, openServer } from './visits.js';

const PROGRAM = fileURLToPath(new URL('../../dist/esm/main.js', import.meta.url));
const TERMINAL = fileURLToPath(new URL('at_terminal.py', import.meta.url));
const PYTHON = '/usr/bin/python3';

beforeAll(build);

function whyNoTerminal(): string | undefined {
  try {
    execFileSync(PYTHON, ['-c', 'import pty'], { stdio: 'pipe' });
    return undefined;
  } catch {
    return 'a terminal is made by python3 (apt-get install python3)';
  }
}

function folder(): string {
  const path = mkdtempSync(join(tmpdir(), 'naru-visit-'));
  onTestFinished(() => rmSync(path, { recursive: true }));
  return path;
}

function follow(child: ChildProcess) {
  onTestFinished(() => {
    child.kill('SIGKILL');
  });
  const written = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const) {
    child[name]?.setEncoding('utf8').on('data', (text: string) => {
      written[name] += text;
    });
  }
  const ended = once(child, 'close').then(([code]) => ({ code: code as number | null, ...written }));
  return { child, written, ended };
}

/** Runs the program with lines from a pipe. */
function pipe(args: readonly string[], lines = '', env: Record<string, string> = {}) {
  const child = spawn(process.execPath, [PROGRAM, 'connect', ...args], { env: { PATH: process.env.PATH, ...env } });
  child.stdin.end(lines);
  return follow(child);
}

/** Runs the program at a terminal. */
function sit(args: readonly string[], state: string, columns = 60) {
  const command = [TERMINAL, String(columns), process.execPath, PROGRAM, 'connect', ...args];
  const { child, ended } = follow(spawn(PYTHON, command, { env: { PATH: process.env.PATH, XDG_STATE_HOME: state } }));
  const screen = new Screen(columns);
  child.stdout?.on('data', (text: string) => screen.write(text));
  return {
    screen,
    ended,
    press: (keys: string) => child.stdin?.write(keys),
    see: (pattern: RegExp) => vi.waitFor(() => expect(screen.text).toMatch(pattern), { timeout: 25_000, interval: 10 }),
  };
}

describe('with lines from a pipe', () => {
  it('executes them in order, and ends with 0', async () => {
    const { ws } = await openServer();
    const { code, stdout, stderr } = await pipe([ws], '/join lobby\n/to lobby say 1\n/ask time\n/rooms').ended;
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout.replace(/[\w-]{20}/, '<id>').split('\n')).toEqual([
      '* connected: <id> over websocket',
      '* joined lobby',
      'say 1',
      '= 1 "noon" "/"',
      '* rooms lobby',
      '',
    ]);
  });

  it('continues after a line that fails', async () => {
    const { tcp } = await openServer();
    const { code, stdout } = await pipe([tcp], '/nonsense\n/join closed\n/ask time\n').ended;
    expect(code).toBe(0);
    expect(stdout).toMatch(/^! there is no command \/nonsense.*\n! .*\(FORBIDDEN\)\n= 1 "noon" "\/"\n$/m);
  });

  it.each([
    [['localhost:3000'], /^naru: "localhost:3000" is not an address to connect to; write http:\/\/host:port, .*\n$/],
    [['tcp://localhost'], /^naru: "tcp:\/\/localhost" has no port: .*\n$/],
    [['tcp://localhost:1', '--transport', 'polling'], /^naru: --transport is for http:\/\/ .*\n$/],
    [['http://localhost', '--transport', 'pigeon'], /^naru: --transport is 'pigeon'; it must be one of .*\n$/],
    [['http://localhost', '--ca', '/no/such/file'], /^naru: --ca cannot be read: ENOENT.*\n$/],
    [['http://localhost', '--auth', 'me'], /^naru: --auth is no JSON object such as .*\n$/],
    [['http://localhost', '--auth', '[1]'], /^naru: --auth is .*\n$/],
    [[], /^naru: 'naru connect' needs an address to connect to; .*\n$/],
  ])('ends %j with one line, and 1', async (args, line) => {
    const { code, stdout, stderr } = await pipe(args).ended;
    expect([code, stdout]).toEqual([1, '']);
    expect(stderr).toMatch(line);
  });

  it('ends with 1 when nobody listens, and when the server disconnects it', async () => {
    const nobody = await pipe(['ws://127.0.0.1:1'], 'say 1\n').ended;
    expect(nobody).toMatchObject({ code: 1, stderr: '' });
    expect(nobody.stdout).toMatch(/^! cannot connect: .*ECONNREFUSED.*\n$/);
    const { ws } = await openServer();
    const kicked = await pipe([ws], 'kick 1\n/ask later\n').ended;
    expect(kicked).toMatchObject({ code: 1, stderr: '' });
    expect(kicked.stdout).toMatch(/^\* disconnected: io server disconnect$/m);
  });

  it('authenticates, trusts the given certificate, and shows frames', async () => {
    const { wss } = await openServer();
    const ca = join(folder(), 'ca.pem');
    writeFileSync(ca, certificate.cert);
    const args = [`${wss}/members`, '--auth', '{"token":"right"}', '--wire'];
    for (const trust of [['--ca', ca], ['--insecure']]) {
      const { code, stdout } = await pipe([...args, ...trust], '/ask time\n').ended;
      expect(code).toBe(0);
      expect(stdout).toMatch(/^ {2}> message 0\/members,\{"token":"right"\}$/m);
      expect(stdout).toMatch(/^= 1 "noon" "\/members"$/m);
    }
    expect(await pipe(args, '').ended).toMatchObject({ code: 1 });
  });

  it.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)('ends with 0 on %s', async (signal) => {
    const { udp } = await openServer();
    const child = spawn(process.execPath, [PROGRAM, 'connect', udp]);
    const { written, ended } = follow(child);
    await vi.waitFor(() => expect(written.stdout).toContain('* connected'), { timeout: 25_000 });
    child.kill(signal);
    expect(await ended).toMatchObject({ code: 0, stderr: '' });
  });

  it('ends when nobody reads its output any more', async () => {
    const { http, io } = await openServer();
    const child = spawn(process.execPath, [PROGRAM, 'connect', `${http}/events/lobby`]);
    const { written, ended } = follow(child);
    await vi.waitFor(() => expect(written.stdout).toContain('* connected'), { timeout: 25_000 });
    child.stdout.destroy();
    const timer = setInterval(() => io.to('lobby').emit('news', 1), 10);
    expect(await ended).toMatchObject({ code: 0, stderr: '' });
    clearInterval(timer);
  });
});

const reason = whyNoTerminal();

describe('at a terminal', () => {
  if (reason !== undefined && process.env.NARU_REQUIRE_PEERS !== '1') {
    it.skip(reason, () => undefined);
    return;
  }

  it('keeps the line being typed whole while events arrive, completes it, and ends by Ctrl-D', async () => {
    const { ws, io } = await openServer();
    const seat = sit([ws], folder());
    await seat.see(/^\* connected: \S+ over websocket\n>$/);
    seat.press('/joi\t');
    await seat.see(/\n> \/join$/);
    seat.press('lobby\r');
    await seat.see(/\n\* joined lobby\n>$/);
    seat.press('/leave lo\t');
    await seat.see(/\n> \/leave lobby$/);
    for (let count = 0; count < 20; count += 1) io.to('lobby').emit('news', count);
    await seat.see(/\nnews 18\nnews 19\n> \/leave lobby$/);
    seat.press('\u0003');
    await seat.see(/\nnews 19\n>$/);
    seat.press('ne\t');
    await seat.see(/\n> news$/);
    const long = `"${'abcdefghij'.repeat(12)}"`;
    seat.press(long);
    await seat.see(/\ncdefghij"$/);
    io.to('lobby').emit('news', 'in between');
    await seat.see(/\nnews 19\nnews "in between"\n> news "[a-j]+\n[a-j]+\ncdefghij"$/);
    seat.press('\r');
    await seat.see(/cdefghij"\n>$/);
    seat.press('quiz 1\r');
    await seat.see(/\n\?1 question 6 7\n>$/);
    seat.press('\u0004');
    const { code } = await seat.ended;
    expect(code).toBe(0);
    expect(seat.screen.text).toMatch(/\n\?1 question 6 7$/);
    expect(seat.screen.cursor[1]).toBe(0);
  });

  it('recalls earlier lines with the up arrow, in the next visit too', async () => {
    const { tcp } = await openServer();
    const state = folder();
    const first = sit([tcp], state);
    await first.see(/> *$/);
    first.press('/ask time\r');
    await first.see(/= 1 "noon"/);
    first.press('/quit\r');
    expect((await first.ended).code).toBe(0);
    const second = sit([tcp], state);
    await second.see(/> *$/);
    second.press('\u001b[A');
    await second.see(/> \/quit$/);
    second.press('\u001b[A');
    await second.see(/> \/ask time$/);
    second.press('\r');
    await second.see(/= 1 "noon"/);
    second.press('\u0003');
    expect((await second.ended).code).toBe(0);
  });

  it('waits for a server that is not there yet, and can be left meanwhile', async () => {
    const seat = sit(['ws://127.0.0.1:1'], folder(), 120);
    await seat.see(/^! cannot connect: .*ECONNREFUSED.*; trying again until you leave\n>$/);
    seat.press('\u0003');
    expect((await seat.ended).code).toBe(0);
  });

  it('ends with 1, and without a prompt, when the server disconnects it', async () => {
    const { ws } = await openServer();
    const seat = sit([ws], folder());
    await seat.see(/> *$/);
    seat.press('kick 1\r');
    expect((await seat.ended).code).toBe(1);
    expect(seat.screen.text).toMatch(/\n\* disconnected: io server disconnect$/);
  });
});

describe('connectTo', () => {
  it('throws for an invalid address, before anything is opened', async () => {
    await expect(go('nowhere').ended).rejects.toMatchObject({ name: 'ConfigError', code: 'BAD_ARGUMENT' });
  });
});
