/** Sockets under failures of the environment: no file descriptors, a pulled cable. */
import { spawnSync } from 'node:child_process';
import { connect as connectNet, type Socket } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { runChild } from './child.js';

const descriptors = `
import { listen, connect } from './net.mjs';
const lost = [];
const listener = await listen('tcp://127.0.0.1:0', { onLost: (error) => lost.push(error.code) });
console.log(listener.localEndpoint.port);
const open = new Set();
let refused = 0;
let message = '';
process.stdin.once('data', async () => {
  const codes = [];
  // The last descriptor is kept free, so the first of these may still get it.
  const tried = await Promise.allSettled([1, 2, 3].map(() => connect('tcp://127.0.0.1:' + listener.localEndpoint.port)));
  for (const each of tried) codes.push(each.reason?.code ?? 'connected');
  const { reason } = tried.at(-1);
  console.log(JSON.stringify({ accepted: open.size, refused, message, lost: [...new Set(lost)], codes, said: reason?.message }));
  for (const each of tried) void each.value?.close();
});
for (;;) {
  try {
    const socket = await listener.accept();
    open.add(socket);
    void (async () => {
      for await (const chunk of socket) await socket.send(chunk);
      await socket.close();
      open.delete(socket);
    })().catch(() => open.delete(socket));
  } catch (error) {
    if (error.code !== 'NO_DESCRIPTORS') throw error;
    refused += 1;
    message = error.message;
  }
}
`;

describe.skipIf(process.platform === 'win32')('without file descriptors', () => {
  it('accept fails and works again afterwards, and connect rejects', async () => {
    const child = await runChild(descriptors, (node, module) => [
      'sh',
      '-c',
      'ulimit -n 64; exec "$0" "$1"',
      node,
      module,
    ]);
    const port = Number(await child.line());
    const sockets: Socket[] = [];
    const outcomes = Array.from({ length: 100 }, () => {
      const socket = connectNet(port, '127.0.0.1').on('error', () => {});
      sockets.push(socket);
      onTestFinished(() => void socket.destroy());
      // A client is either answered or closed, and never left hanging.
      return new Promise<string>((resolve) => {
        socket.on('connect', () => socket.write('?')).on('data', () => resolve('answered'));
        socket.on('close', () => resolve('closed'));
      });
    });
    const ends = await Promise.all(outcomes);
    const answered = ends.filter((end) => end === 'answered').length;
    child.process.stdin?.write('report\n');
    const report = JSON.parse(await child.line()) as Record<string, unknown>;
    expect(answered).toBeGreaterThan(10);
    expect(answered).toBeLessThan(64);
    expect(report).toMatchObject({ accepted: answered, lost: ['NO_DESCRIPTORS'] });
    expect(report.refused).toBeGreaterThan(0);
    expect(report.message).toBe(
      `there is no file descriptor left for tcp://127.0.0.1:${port}: close sockets, or raise the limit (ulimit -n) (EMFILE)`,
    );
    expect(report.codes).toContain('NO_DESCRIPTORS');
    expect(report.said).toBe(report.message);
    for (const socket of sockets) socket.destroy();
    // Descriptors are free again.
    for (let round = 0; round < 20; round += 1) {
      const late = connectNet(port, '127.0.0.1').on('error', () => {});
      const answer = await new Promise<string>((resolve) => {
        late.on('connect', () => late.write('again')).on('data', (data) => resolve(String(data)));
        late.on('close', () => resolve('closed'));
      });
      late.destroy();
      if (answer === 'again') return;
    }
    expect.fail('it did not go on');
  });
});

// Two networks with a cable between them. Without the far end, the near one gets no answer of any kind.
const cable = `
import { spawn, execFileSync } from 'node:child_process';
import { connect } from './net.mjs';
const ip = (...words) => execFileSync('ip', words);
if (process.argv[2] === 'far') {
  process.stdin.on('end', () => process.exit());
  const { listen } = await import('./net.mjs');
  process.stdin.on('data', async (line) => {
    if (String(line).startsWith('up')) {
      ip('addr', 'add', '10.99.0.2/24', 'dev', 'far');
      ip('link', 'set', 'far', 'up');
      const listener = await listen('tcp://10.99.0.2:7000');
      console.log('listening');
      for await (const socket of listener) {
        void (async () => { for await (const chunk of socket) await socket.send(chunk); })().catch(() => {});
      }
    } else {
      ip('link', 'set', 'far', 'down');
      console.log('down');
    }
  });
  console.log('here');
} else {
  const far = spawn('unshare', ['-n', process.execPath, import.meta.filename, 'far'], { stdio: ['pipe', 'pipe', 'inherit'] });
  const said = () => new Promise((resolve) => far.stdout.once('data', resolve));
  await said();
  ip('link', 'add', 'near', 'type', 'veth', 'peer', 'name', 'far');
  ip('link', 'set', 'far', 'netns', String(far.pid));
  ip('addr', 'add', '10.99.0.1/24', 'dev', 'near');
  ip('link', 'set', 'near', 'up');
  const listening = said();
  far.stdin.write('up');
  await listening;
  const signal = AbortSignal.timeout(10_000);
  const sockets = await Promise.all([0, 0, 1000].map((keepAliveMs) => connect('tcp://10.99.0.2:7000', { keepAliveMs, signal })));
  for (const socket of sockets) {
    await socket.send('hello');
    await socket.recv();
  }
  const [quiet, sending, kept] = sockets;
  const down = said();
  far.stdin.write('down');
  await down;
  const told = (promise) => promise.then(() => 'nothing', (error) => error.code);
  const outcomes = await Promise.all([
    told(quiet.recv({ signal: AbortSignal.timeout(300) })),
    told(connect('tcp://10.99.0.2:7000', { signal: AbortSignal.timeout(300) })),
    told((async () => { for (;;) await sending.send(Buffer.alloc(65536), { signal: AbortSignal.timeout(500) }); })()),
    told(kept.recv()),
  ]);
  for (const socket of sockets) await socket.close({ signal: AbortSignal.abort() });
  far.kill();
  console.log(JSON.stringify(outcomes));
}
`;

const canUnplug =
  process.platform === 'linux' &&
  process.getuid?.() === 0 &&
  spawnSync('unshare', ['-n', 'ip', 'link', 'add', 'x', 'type', 'veth', 'peer', 'name', 'y']).status === 0;

describe.skipIf(!canUnplug)('after the cable is pulled', () => {
  it('each verb ends at its time limit, and keep-alive finds out without one', { timeout: 40_000 }, async () => {
    const child = await runChild(cable, (node, module) => ['unshare', '-n', node, module]);
    expect(JSON.parse(await child.line())).toEqual(['TIMEOUT', 'TIMEOUT', 'TIMEOUT', 'TIMEOUT']);
  });
});
