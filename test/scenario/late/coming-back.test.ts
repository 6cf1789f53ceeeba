/** How soon clients get their sessions back while others come back as well. */
import { describe, expect, it } from 'vitest';
import { RawClient } from '../../kit/clients/raw-client.js';
import { LateClient, type LateNode, LateStage } from './late-nodes.js';

const CLIENTS = 130;
/** Milliseconds of a request or an answer of the home, and between two clients that come back. */
const SLOW_MS = 100;
const EVERY_MS = 100;

/** A client that asks for its session, and asks again whenever the server has ended its connection. */
class Returning {
  /** Milliseconds until it had its session back. */
  backMs: number | undefined;
  closedCount = 0;
  readonly #node: LateNode;
  readonly #auth: { pid: string; offset?: string };
  readonly #since: number;
  #client: LateClient | undefined;

  constructor(node: LateNode, auth: { pid: string; offset?: string }) {
    this.#node = node;
    this.#auth = auth;
    this.#since = node.clock.now();
  }

  async look(): Promise<void> {
    const client = this.#client;
    if (client?.answer?.pid === this.#auth.pid) this.backMs ??= this.#node.clock.now() - this.#since;
    if (client && client.raw.ended === undefined) return;
    if (client) this.closedCount += 1;
    this.#client = new LateClient(await RawClient.open(this.#node, { answersPings: true }));
    this.#client.raw.send(`40${JSON.stringify(this.#auth)}`);
  }
}

/** Two servers, and the credentials of clients that the first one has just lost. */
async function build() {
  const stage = new LateStage({ callMs: [SLOW_MS, SLOW_MS], pushMs: [SLOW_MS, SLOW_MS] });
  const { clock } = stage;
  const node = await stage.node();
  const other = await stage.node();
  await other.enter();
  const clients: LateClient[] = [];
  while (clients.length < CLIENTS) clients.push(await node.enter(undefined, 0));
  await clock.advance(5_000);
  node.io.emit('seen');
  await clock.advance(2_000);
  const auths = clients.map(({ auth }) => auth);
  for (const client of clients) client.cut();
  return { clock, node, other, auths };
}

describe('a client that comes back', () => {
  it('has its session within seconds, although others come back after it before the home has answered', async () => {
    const { clock, node, other, auths } = await build();
    const returning: Returning[] = [];
    for (const auth of auths) {
      returning.push(new Returning(other, auth));
      for (const each of returning) await each.look();
      node.io.emit('said meanwhile');
      await clock.advance(EVERY_MS);
    }
    await clock.advance(2_000);
    for (const each of returning) await each.look();
    expect(returning.filter(({ closedCount }) => closedCount > 0)).toEqual([]);
    expect(returning.filter(({ backMs }) => backMs === undefined)).toEqual([]);
    expect(Math.max(...returning.map(({ backMs = Number.POSITIVE_INFINITY }) => backMs))).toBeLessThanOrEqual(3_000);
  });
});
