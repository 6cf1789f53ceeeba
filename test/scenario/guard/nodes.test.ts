// needs: modules
/**
 * Three nodes with a guard on a folder, Redis and NATS. A token that one of them revokes is over on all of them. A
 * token is renewed although the node of its session is killed.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { type AddressInfo, createServer, connect as dial } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { io as connect } from '../../../packages/naru/src/client/index.js';
import { Broker, whyNoBroker } from '../../kit/brokers/broker.mjs';
import { enter, type GuardedNode, startNode, tokenOf, wait } from './nodes.js';

const LIFE_MS = Number(process.env.NARU_GUARD_LIFE_MS ?? 3_000);
const RUN_MS = Number(process.env.NARU_GUARD_RUN_MS ?? 8_000);

async function startHome(kind: string): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'naru-guard-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  if (kind === 'folder') return join(folder, 'data');
  const broker = new Broker(kind === 'nats' ? 'nats' : 'redis', folder);
  onTestFinished(() => broker.kill());
  await broker.start();
  return broker.url;
}

/** Leads each connection to the next node that lives. */
async function balance(nodes: readonly GuardedNode[]): Promise<string> {
  let turn = 0;
  const server = createServer((client) => {
    const alive = nodes.filter(({ child }) => child.exitCode === null && child.signalCode === null);
    turn += 1;
    const node = alive[turn % alive.length];
    if (!node) return void client.destroy();
    const peer = dial(node.port, '127.0.0.1');
    client.pipe(peer).pipe(client);
    for (const [one, other] of [
      [client, peer],
      [peer, client],
    ] as const) {
      one.on('error', () => undefined);
      one.on('close', () => other.destroy());
    }
  });
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

describe.each(['folder', 'redis', 'nats', 'redis without a log'])('nodes with a guard on %s', (kind) => {
  const missing = kind === 'folder' ? undefined : whyNoBroker(kind === 'nats' ? 'nats' : 'redis');
  if (missing !== undefined) console.warn(`SKIPPED: nodes with a guard on ${kind}. ${missing}`);
  const carrier = kind === 'redis without a log' ? 'carrier' : '';

  it.skipIf(missing !== undefined)(
    'put a person out who was revoked on another one, and let nobody back in',
    {
      timeout: 60_000,
    },
    async () => {
      const home = await startHome(kind);
      const [a, b, c] = (await Promise.all([1, 2, 3].map(() => startNode(home, carrier)))) as [
        GuardedNode,
        GuardedNode,
        GuardedNode,
      ];
      const token = tokenOf('42');
      const mine = [enter(b.port, token, 'websocket'), enter(c.port, token, 'polling')];
      const away = enter(c.port, token, 'websocket');
      const others = [b, c].map(({ port }) => enter(port, tokenOf('7'), 'websocket'));
      await expect.poll(() => [...mine, away, ...others].map(({ seen }) => seen[0])).toEqual(Array(5).fill('in'));
      away.socket.io.engine.close();
      await wait(50);
      await a.revoke({ user: '42' }, true);
      const later = enter(b.port, token, 'websocket');
      await expect
        .poll(() => mine.map(({ seen }) => seen), { timeout: 5_000 })
        .toEqual(Array(2).fill(['in', 'TOKEN_REVOKED', 'io server disconnect']));
      await expect.poll(() => away.seen.slice(2), { timeout: 10_000 }).toEqual(['TOKEN_REVOKED']);
      await expect.poll(() => later.seen, { timeout: 10_000 }).toEqual(['TOKEN_REVOKED']);
      expect(others.map(({ seen }) => seen)).toEqual([['in'], ['in']]);
      const anew = enter(c.port, tokenOf('42'), 'websocket');
      await expect.poll(() => anew.seen).toEqual(['in']);
    },
  );
});

it('a token is renewed although the node of its session is killed, and one that is not renewed ends', {
  timeout: RUN_MS + LIFE_MS + 60_000,
}, async () => {
  const home = await startHome('folder');
  const nodes = await Promise.all([1, 2].map(() => startNode(home)));
  const url = await balance(nodes);
  const options = { transports: ['websocket'], reconnectionDelay: 50, reconnectionDelayMax: 200, forceNew: true };
  const seen: string[] = [];
  const first = tokenOf('7', LIFE_MS);
  const renewing = connect(url, { ...options, auth: (give) => give({ token: tokenOf('42', LIFE_MS) }) });
  const still = connect(url, { ...options, auth: { token: first } });
  onTestFinished(() => void renewing.disconnect());
  onTestFinished(() => void still.disconnect());
  renewing.on('connect', () => seen.push(renewing.recovered ? 'recovered' : 'in'));
  renewing.on('naru:ended', ({ code }) => seen.push(code));
  const reasons: string[] = [];
  still.on('naru:ended', ({ code }) => reasons.push(code));
  still.on('connect_error', (error) => reasons.push((error as { data?: { code: string } }).data?.code ?? 'away'));
  await expect.poll(() => [renewing.connected, still.connected]).toEqual([true, true]);
  const pid = (await renewing.emitWithAck('node')) as unknown as number;
  const began = Date.now();
  nodes.find(({ child }) => child.pid === pid)?.child.kill('SIGKILL');
  await expect.poll(() => seen, { timeout: 10_000 }).toEqual(['in', 'recovered']);
  await expect
    .poll(() => reasons.filter((each) => each !== 'away'), { timeout: LIFE_MS + 10_000 })
    .toEqual(['TOKEN_EXPIRED']);
  await wait(Math.max(0, began + RUN_MS - Date.now()));
  expect([seen, renewing.connected, still.connected]).toEqual([['in', 'recovered'], true, false]);
});
