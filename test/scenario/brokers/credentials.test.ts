/**
 * Nodes on a real Redis and a real NATS whose credentials end every few seconds. `NARU_CREDENTIALS_MS` and
 * `NARU_CREDENTIALS_RUN_MS` set how long they hold, and how long the nodes run.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { RemoteBackplane } from '../../../packages/broker/src/remote-backplane.js';
import { io as connect } from '../../../packages/naru/src/client/index.js';
import { Server } from '../../../packages/naru/src/entry/index.js';
import { nats } from '../../../packages/nats/src/nats.js';
import { redis } from '../../../packages/redis/src/redis.js';
import { Broker, whyNoBroker } from '../../kit/brokers/broker.mjs';
import { createOperator } from '../../kit/brokers/nats-keys.js';

/** Milliseconds for which credentials hold, and for which the nodes run. */
const LIFE_MS = Number(process.env.NARU_CREDENTIALS_MS ?? 3_000);
const RUN_MS = Number(process.env.NARU_CREDENTIALS_RUN_MS ?? 12_000);
/** Milliseconds between two events. */
const PACE_MS = 10;

/** A broker that ends each connection whose credentials have ended. */
interface Place {
  /** How often credentials were asked for, and how often connections were ended. */
  readonly counts: { asked: number };
  open(): RemoteBackplane;
}

function folderOfTest(): string {
  const folder = mkdtempSync(join(tmpdir(), 'naru-credentials-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

const PLACES = {
  /** The users of Redis are deleted when they end, and their connections with them. */
  async redis(): Promise<Place> {
    const broker = new Broker('redis', folderOfTest());
    onTestFinished(() => broker.kill());
    await broker.start();
    const counts = { asked: 0 };
    const credentials = async () => {
      counts.asked += 1;
      const [username, password] = [`user-${counts.asked}`, `pw-${counts.asked}`];
      await broker.say(`ACL SETUSER ${username} on >${password} ~* &* +@all`);
      setTimeout(() => broker.say(`ACL DELUSER ${username}`).catch(() => undefined), LIFE_MS).unref();
      return { username, password, expiresAt: Date.now() + LIFE_MS };
    };
    return { counts, open: () => redis(broker.url, { credentials }) };
  },
  /** NATS ends connections itself when their tokens end. */
  async nats(): Promise<Place> {
    const folder = folderOfTest();
    const operator = createOperator();
    writeFileSync(join(folder, 'nats.conf'), operator.config);
    const broker = new Broker('nats', join(folder, 'data'), ['-c', join(folder, 'nats.conf')]);
    onTestFinished(() => broker.kill());
    await broker.start();
    const counts = { asked: 0 };
    const credentials = async () => {
      counts.asked += 1;
      const expiresAt = Date.now() + LIFE_MS;
      return { creds: operator.credentialsUntil(expiresAt), expiresAt: Math.floor(expiresAt / 1_000) * 1_000 };
    };
    return { counts, open: () => nats(broker.url, { credentials }) };
  },
};

/** A node with a client in a room. Notes everything that goes wrong. */
async function startNode(backplane: RemoteBackplane) {
  const io = new Server({ backplane });
  const [troubles, received]: [unknown[], number[]] = [[], []];
  io.on('log_error', (error) => troubles.push(error));
  const questions: number[] = [];
  io.on('question', (n: number, answer: (text: string) => void) => {
    questions.push(n);
    answer('here');
  });
  io.on('connection', (socket) => void socket.join('room'));
  await io.ready();
  backplane.onState((state) => troubles.push(state));
  const http = createServer();
  io.attach(http);
  await new Promise<void>((resolve) => void http.listen(0, '127.0.0.1', resolve));
  const { port } = http.address() as AddressInfo;
  const client = connect(`http://127.0.0.1:${port}`, { transports: ['websocket'] });
  client.on('n', (n: number) => received.push(n));
  client.on('disconnect', (reason: string) => troubles.push(reason));
  await new Promise<void>((resolve) => client.on('connect', () => resolve()));
  onTestFinished(async () => {
    client.off().close();
    await io.close();
    await backplane.close();
  });
  return { io, received, questions, troubles };
}

describe.each(['redis', 'nats'] as const)('nodes whose credentials for %s end', (kind) => {
  const missing = whyNoBroker(kind);
  if (missing !== undefined) console.warn(`SKIPPED: credentials for ${kind}. ${missing}`);

  it.skipIf(missing !== undefined)(
    'run on without an error, and lose and repeat nothing',
    async () => {
      const place = await PLACES[kind]();
      const nodes = [await startNode(place.open()), await startNode(place.open())] as const;
      const [one, two] = nodes;
      await expect.poll(async () => (await one.io.fetchSockets()).length).toBe(2);
      const failures: unknown[] = [];
      const until = Date.now() + RUN_MS;
      let sent = 0;
      for (let n = 0; Date.now() < until; n += 1) {
        (n % 2 ? one : two).io.to('room').emit('n', n);
        sent = n + 1;
        if (n % 20 === 0)
          one.io.serverSideEmitWithAck('question', n).then(
            (answers: unknown) => JSON.stringify(answers) === '["here"]' || failures.push(answers),
            (error: unknown) => failures.push(error),
          );
        if (n % 20 === 10)
          two.io.fetchSockets().then(
            ({ length }: { length: number }) => length === 2 || failures.push(length),
            (error: unknown) => failures.push(error),
          );
        await delay(PACE_MS);
      }
      const all = Array.from({ length: sent }, (_, n) => n);
      for (const { received } of nodes) await expect.poll(() => received.toSorted((a, b) => a - b)).toEqual(all);
      expect([one.troubles, two.troubles, failures]).toEqual([[], [], []]);
      expect(two.questions).toEqual(all.filter((n) => n % 20 === 0));
      expect(place.counts.asked).toBeGreaterThanOrEqual(2 * Math.floor(RUN_MS / LIFE_MS));
    },
    48_000 + RUN_MS,
  );
});
