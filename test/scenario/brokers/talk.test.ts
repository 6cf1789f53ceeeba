/**
 * Nodes that talk over a real Redis and a real NATS, while connections break and the broker ends. Leases pass in real
 * time.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RemoteBackplane } from '../../../packages/broker/src/remote-backplane.js';
import type { TalkMember } from '../../../packages/naru/src/backplane/talk/talk.js';
import { nats } from '../../../packages/nats/src/nats.js';
import { redis } from '../../../packages/redis/src/redis.js';
import { backplaneContract } from '../../../packages/testing/src/index.js';
import { Broker, type BrokerKind, whyNoBroker } from '../../kit/brokers/broker.mjs';
import { type Relay, startRelay } from '../../kit/relay/relay.mjs';

const OPEN: Readonly<Record<BrokerKind, (port: number, app: string) => RemoteBackplane>> = {
  redis: (port, app) => redis(`redis://127.0.0.1:${port}`, { prefix: app }),
  nats: (port, app) => nats(`nats://127.0.0.1:${port}`, { app }),
};
/** The cases of the contract that are about talk. */
const TALK = /every other node|broadcasts|code of its own|nodes that do not answer|a node that leaves/;
/** More than a lease and a renewal. */
const GONE_MS = 15_000;
/** Above the limit of a message of NATS. */
const LARGE = 5_000_000;

/** A node, the way to the broker that it alone uses, and what it was told. */
interface Talker {
  readonly backplane: RemoteBackplane;
  readonly member: TalkMember;
  readonly relay: Relay;
  readonly told: string[];
}

describe.each(['redis', 'nats'] as const)('nodes that talk over %s', (kind) => {
  const missing = whyNoBroker(kind);
  if (missing !== undefined) console.warn(`SKIPPED: talk over ${kind}. ${missing}`);
  const folder = mkdtempSync(join(tmpdir(), `naru-${kind}-`));
  const broker = new Broker(kind, folder);
  let apps = 0;
  const newApp = (): string => {
    apps += 1;
    return `talk-${apps}`;
  };

  beforeAll(() => broker.start());
  afterAll(async () => {
    await broker.kill();
    rmSync(folder, { recursive: true, force: true });
  });

  /** Opens three nodes that know each other, runs a test on them, and closes them. */
  const withThree = async (test: (one: Talker, two: Talker, three: Talker) => Promise<void>): Promise<void> => {
    const app = newApp();
    const open = async (): Promise<Talker> => {
      const relay = await startRelay(broker.port);
      const backplane = OPEN[kind](relay.port, app);
      const told: string[] = [];
      const member = backplane.talk.join({
        onMessage: (_from, _namespace, { byteLength }) => void told.push(`${byteLength} bytes`),
        onQuestion: (_from, _namespace, question) => question,
        onGone: (node) => void told.push(`gone ${node}`),
      });
      return { backplane, member, relay, told };
    };
    const talkers = [await open(), await open(), await open()] as const;
    try {
      await expect
        .poll(() => talkers.map(({ member }) => member.others.length), { timeout: GONE_MS })
        .toEqual([2, 2, 2]);
      await test(...talkers);
    } finally {
      for (const { backplane, relay } of talkers) {
        await backplane.close();
        await relay.close();
      }
    }
  };
  const ask = async ({ member }: Talker): Promise<readonly string[]> =>
    (await member.ask('/', new Uint8Array(1), 5_000)).missing;

  describe.skipIf(missing !== undefined)('that is there', () => {
    const cases = backplaneContract(async () => {
      const app = newApp();
      const open = (): RemoteBackplane => OPEN[kind](broker.port, app);
      return { backplane: open(), pass: (ms) => delay(ms), now: () => Date.now(), reopen: async () => open() };
    });
    it.each(cases.filter(({ name }) => TALK.test(name)))('$name', ({ run }) => run());

    it('carries messages above the limits of the broker', async () => {
      await withThree(async (one, two, three) => {
        one.member.publish('/', new Uint8Array(LARGE));
        await expect
          .poll(() => [two.told, three.told], { timeout: GONE_MS })
          .toEqual([[`${LARGE} bytes`], [`${LARGE} bytes`]]);
        const { answers } = await one.member.ask('/', new Uint8Array(LARGE), 10_000);
        expect([...answers.values()].map(({ byteLength }) => byteLength)).toEqual([LARGE, LARGE]);
      });
    });
  });

  describe.skipIf(missing !== undefined)('that breaks', () => {
    it('keeps a node whose connection was reset, and says at once that nobody hears it meanwhile', async () => {
      await withThree(async (one, two, three) => {
        three.relay.refuse();
        // The broker may take a question for a node whose connection it still believes in. That one is not waited for,
        // because the lease would end meanwhile.
        const atOnce = () => Promise.race([ask(one), delay(1_000, 'not at once')]);
        await expect.poll(atOnce, { interval: 0, timeout: GONE_MS }).toEqual([three.member.node]);
        three.relay.mend();
        await expect.poll(() => ask(one), { timeout: GONE_MS }).toEqual([]);
        await expect.poll(() => ask(three), { timeout: GONE_MS }).toEqual([]);
        expect([one.told, two.told, three.told]).toEqual([[], [], []]);
      });
    });

    it('finds a node again that was cut off for longer than its lease', async () => {
      await withThree(async (one, two, three) => {
        three.relay.refuse();
        const gone = [`gone ${three.member.node}`];
        await expect.poll(() => [one.told, two.told], { timeout: GONE_MS }).toEqual([gone, gone]);
        three.relay.mend();
        await expect.poll(() => one.member.others.length, { timeout: GONE_MS }).toBe(2);
        await expect.poll(() => ask(three), { timeout: GONE_MS }).toEqual([]);
        await expect.poll(() => ask(one), { timeout: GONE_MS }).toEqual([]);
        expect(three.told).toEqual([]);
      });
    });

    it('keeps all nodes when the broker is killed and comes back', async () => {
      await withThree(async (one, two, three) => {
        await broker.kill();
        await broker.start();
        for (const each of [one, two, three]) await expect.poll(() => ask(each), { timeout: GONE_MS }).toEqual([]);
        expect([one.told, two.told, three.told]).toEqual([[], [], []]);
      });
    });
  });
});
