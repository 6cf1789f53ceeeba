/** Calls from one server to all others: each ends in time, and in calm times each is answered by all. */
import { type SoakNode, WHO } from './soak-node.js';
import { Violation } from './truth.js';
import type { World } from './world.js';

/**
 * Milliseconds in which a call ends: those of its deadline, those until a new server knows the others, and some to
 * spare.
 */
const CALL_MS = 5_000 + 1_000 + 500;
/** Calls under way in calm times. Links may break even then, and cost an answer. */
const TRIES = 10;

/** The result of a call. */
interface Outcome {
  readonly ids: readonly number[];
  readonly missing: readonly string[];
}

/** The calls of a world. */
export class Calls {
  readonly #world: World;

  constructor(world: World) {
    this.#world = world;
  }

  /** Has a server ask the others, and checks how the call ends. */
  ask(node: SoakNode): void {
    const { clock } = this.#world;
    const askedAt = clock.now();
    let isOver = false;
    const check = ({ ids, missing }: Outcome): void => {
      isOver = true;
      if (!node.isOpen) return;
      this.#world.counts.calls += 1;
      if (missing.length > 0) this.#world.counts.misses += 1;
      if (ids.includes(node.id) || new Set(ids).size !== ids.length)
        this.#world.fail(new Violation(`server ${node.id} got the answers of ${ids}`));
    };
    this.#call(node).then(check, (error) => {
      isOver = true;
      if (node.isOpen) this.#world.fail(error);
    });
    clock.setTimeout(
      () => {
        if (!isOver && node.isOpen && !node.wasPaused(askedAt))
          this.#world.fail(new Violation(`a call of server ${node.id} did not end`));
      },
      CALL_MS,
      undefined,
    );
  }

  /** Checks that each server reaches all others. */
  async expectAll(settled: <T>(asked: Promise<T>) => Promise<T>): Promise<void> {
    const nodes = this.#world.nodes.filter((node) => node !== undefined);
    for (const node of nodes) {
      const others = nodes.filter((each) => each !== node).map(({ id }) => id);
      let outcome: Outcome = { ids: [], missing: [] };
      const isWhole = (): boolean =>
        outcome.missing.length === 0 && String([...outcome.ids].sort()) === String(others.sort());
      for (let tries = 0; tries < TRIES && (tries === 0 || !isWhole()); tries += 1)
        outcome = await settled(this.#call(node));
      if (!isWhole())
        throw new Violation(
          `server ${node.id} reaches the servers ${outcome.ids} and misses ${outcome.missing}, expected ${others}`,
        );
    }
  }

  async #call({ io }: SoakNode): Promise<Outcome> {
    try {
      return { ids: await io.serverSideEmitWithAck(WHO), missing: [] };
    } catch (error) {
      const { code, responses, missing } = error as { code?: string; responses: number[]; missing: string[] };
      if (code !== 'TIMEOUT') throw error;
      return { ids: responses, missing };
    }
  }
}
