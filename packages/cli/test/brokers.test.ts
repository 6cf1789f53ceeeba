/** The program on a Redis and on a NATS: servers, events that are published, and the log. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { io, type Socket } from 'socket.io-client';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { Broker, whyNoBroker } from '../../../test/kit/brokers/broker.mjs';
import { makeFolder } from '../../../test/kit/folders.js';
import { fixedPort } from '../../../test/kit/ports.mjs';
import { build, type Ended, startNaru } from '../../../test/kit/programs/naru.js';

beforeAll(build);

const SOURCE = `export const options = { connectionStateRecovery: {} };
export function app(io) {
  io.on('connection', (socket) => {
    socket.join('lobby');
    socket.on('say', (text, done) => { io.to('lobby').emit('said', text); done(); });
  });
}`;

describe.each(['redis', 'nats'] as const)('naru on %s', (kind) => {
  const missing = whyNoBroker(kind);
  if (missing !== undefined) console.warn(`SKIPPED: naru on ${kind}. ${missing}`);
  const folder = mkdtempSync(join(tmpdir(), 'naru-cli-'));
  const broker = new Broker(kind, folder);

  beforeAll(() => (missing === undefined ? broker.start() : undefined));
  afterAll(async () => {
    await broker.kill();
    rmSync(folder, { recursive: true, force: true });
  });

  /** Starts a server, and a stock client of it. */
  async function serve(): Promise<{ client: Socket; heard: unknown[][] }> {
    const app = join(makeFolder({ 'app.mjs': SOURCE }), 'app.mjs');
    const program = startNaru(['serve', app, '--backplane', broker.url], { HOST: '127.0.0.1', PORT: '0' });
    const [, url = ''] = await program.waitFor(/^ {2}(http:\/\/\S+)\/$/m);
    const client = io(url, { transports: ['websocket'], forceNew: true });
    onTestFinished(() => void client.disconnect());
    const heard: unknown[][] = [];
    client.onAny((...event: unknown[]) => heard.push(event.slice(0, -1)));
    await new Promise<void>((resolve) => client.once('connect', resolve));
    return { client, heard };
  }

  const naru = (...args: string[]): Promise<Ended> => startNaru(args).ended;

  it.skipIf(missing !== undefined)(
    'serves on several processes, publishes to all of them, and shows the log',
    async () => {
      const servers = await Promise.all([serve(), serve()]);
      await servers[0]?.client.emitWithAck('say', 'one');
      const published = await naru(
        'publish',
        'said',
        '"two"',
        '--room',
        'lobby',
        '--by',
        'mina',
        '--backplane',
        broker.url,
      );
      expect(published).toMatchObject({ code: 0, stdout: '', stderr: '' });
      await naru('publish', 'said', '"elsewhere"', '--namespace', 'other', '--backplane', broker.url);
      for (const { heard } of servers)
        await expect
          .poll(() => heard)
          .toEqual([
            ['said', 'one'],
            ['said', 'two'],
          ]);
      const listed = await naru('log', broker.url);
      expect(listed.stdout).toMatch(
        /^\/ {2}2 records, \d+ bytes\n {2}from \w{11} .*\n {2}to {3}\w{11} .*\n\/other {2}1 record/,
      );
      const read = await naru('log', broker.url, 'read', '/');
      expect(read.stdout).toMatch(
        /^\w{11} {2}\S+ {2}lobby {2}\["said","one"\]\n\w{11} {2}\S+ {2}lobby {2}\["said","two"\]\n$/,
      );
      expect(await naru('log', broker.url, 'verify')).toMatchObject({
        code: 0,
        stdout: expect.stringMatching(/^\/ {2}\d records: no faults\n\/other {2}1 records: no faults\n$/),
      });
      const option = kind === 'redis' ? 'prefix' : 'app';
      expect((await naru('log', `${broker.url}?${option}=other`)).stdout).toBe('The log is empty.\n');
      const erased = await naru('log', broker.url, 'erase', '/', '--by', 'mina');
      expect(erased).toMatchObject({ code: 0, stdout: '/  1 record erased\n' });
      expect((await naru('log', broker.url, 'read', '/')).stdout).not.toContain('two');
      // The servers tell their clients of it.
      for (const { heard } of servers) expect(heard.length).toBe(2);
    },
  );

  it.skipIf(missing !== undefined)('says in one line that nobody is at an address, with exit code 1', async () => {
    const address = `${kind}://127.0.0.1:${await fixedPort()}`;
    for (const args of [
      ['log', address],
      ['publish', 'said', '--backplane', address],
      ['serve', makeFolder({ 'index.js': 'exports.app = () => undefined' }), '--port', '0', '--backplane', address],
    ]) {
      const { code, stderr } = await naru(...args);
      expect(code).toBe(1);
      expect(stderr).toMatch(/^naru: .*127\.0\.0\.1:\d+ cannot be reached.*\n$/);
    }
  });
});
