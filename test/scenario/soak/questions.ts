/** Asks servers what became of events for clients, and compares the answers with what the clients got. */
import { type Explanation, explain } from '../../../packages/explain/src/explain.js';
import { encodeOffset } from '../../../packages/naru/src/backplane/backplane.js';
import { SeededRandom } from '../../../packages/testing/src/seeded-random.js';
import type { SoakClient } from './soak-client.js';
import { type Kept, Violation } from './truth.js';
import type { World } from './world.js';

/** Events of so many milliseconds are asked for: a little less than servers remember. */
const ASKED_MS = 14 * 60_000;
/** The questions of one calm. */
const QUESTIONS = 8;

/** The verdicts about events that a client did not get. */
const REASONS: ReadonlySet<string> = new Set(['not-in-room', 'excluded', 'joined-later', 'left-before', 'gap']);

/** The questions of one run. */
export class Questions {
  readonly #world: World;
  readonly #random: SeededRandom;

  constructor(world: World) {
    this.#world = world;
    this.#random = new SeededRandom(world.plan.seed ^ 0x5e1f);
  }

  /** Asks about random clients and events. Throws a Violation for a wrong answer. */
  async ask(settled: <T>(asked: Promise<T>) => Promise<T>): Promise<void> {
    const { clients, nodes, counts } = this.#world;
    const asked = clients.filter(({ course }) => course.socketId !== '' && !course.options.isLog);
    const open = nodes.filter((node) => node !== undefined);
    for (let count = 0; count < QUESTIONS && asked.length > 0 && open.length > 0; count += 1) {
      const client = this.#random.pick(asked);
      const record = this.#pickRecord(client);
      if (!record) continue;
      const query = { client: client.course.socketId, event: encodeOffset(record.sequence) };
      const answer = await settled(explain(this.#random.pick(open).io, query));
      counts.explained += 1;
      this.#check(client, record, answer);
    }
  }

  /** Returns an event that servers may remember, and that the log still has. */
  #pickRecord({ course, plan }: SoakClient): Kept | undefined {
    const { truth, clock } = this.#world;
    const { kept, erased } = truth.of(plan.namespace);
    const oldest = course.options.oldest();
    const since = clock.now() - ASKED_MS;
    const isKnown = ({ sent, sequence, at, isForgotten }: Kept): boolean =>
      sent !== undefined && sequence >= oldest && at > since && isForgotten !== true && !erased.has(sequence);
    const known = kept.filter(isKnown);
    return known.length > 0 ? this.#random.pick(known) : undefined;
  }

  #check({ course, plan }: SoakClient, { sent, sequence }: Kept, { verdict, sentence, evidence }: Explanation): void {
    const { trace, counts } = this.#world;
    trace.note(`${plan.name} ${sent?.id} (${sequence}): ${verdict}`);
    const fail = (what: string): never => {
      throw new Violation(`${plan.name}: ${what} ${sent?.id} (${sequence}): ${sentence}\n${evidence.join('\n')}`);
    };
    if (verdict === 'unknown' || verdict === 'unknown-client') {
      counts.unknown += 1;
      if (!this.#world.hasLostMemory) fail('nobody knows of');
      return;
    }
    // The log has forgotten it while the servers were asked.
    // Another namespace may have an event with the same offset.
    const isElsewhere = verdict === 'unknown-event' || verdict === 'other-namespace';
    if (isElsewhere && sequence < course.options.oldest()) return;
    const isHeard = course.heard.has(`${course.socketId} ${sent?.id}`);
    if (isHeard && verdict !== 'delivered') fail('got');
    if (!isHeard && !REASONS.has(verdict)) fail('did not get');
    if (verdict === 'gap' && !course.isToldOf(sequence)) fail('was told of no gap around');
  }
}
