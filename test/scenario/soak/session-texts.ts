/**
 * Faults of the texts of sessions in a home on another machine: it refuses them for a while, or loses some that it has.
 */
import type { HomeRequest, StoreName } from '../../../packages/broker/src/home.js';
import { UnavailableError } from '../../../packages/naru/src/base/errors.js';
import { getOrCreate } from '../../../packages/naru/src/base/get-or-create.js';
import type { FakeClock } from '../../../packages/testing/src/fake-clock.js';
import type { LateHome } from '../../../packages/testing/src/late-home/late-home.js';
import type { SeededRandom } from '../../../packages/testing/src/seeded-random.js';

/** A text that the home has, or has lost. */
interface SessionText {
  readonly store: StoreName;
  readonly socketId: string;
}

/**
 * Milliseconds in which a server reports a refused text. It may stand still for 15 seconds before the answer arrives,
 * and again after it.
 */
const REPORTED_MS = 35_000;

/** The texts of sessions. Servers cannot tell a text that was lost from one that has expired or was evicted. */
export class SessionTexts {
  readonly #clock: FakeClock;
  readonly #home: LateHome;
  readonly #texts = new Map<string, SessionText>();
  /** Until when the home lacked the texts of sessions, in milliseconds since the Unix epoch, by their sockets. */
  readonly #absentUntil = new Map<string, number>();
  /** When the home refused texts of sessions, by their sockets. */
  readonly #refusals = new Map<string, number[]>();
  #refusedUntil = 0;
  #refusedAt = 0;

  constructor(clock: FakeClock, home: LateHome) {
    this.#clock = clock;
    this.#home = home;
    const carryOut = home.carryOut.bind(home);
    home.carryOut = (request, line) => {
      const write = writeOf(request);
      if (write?.value !== undefined && clock.now() < this.#refusedUntil) {
        if (!this.#texts.has(write.key)) this.#absentUntil.set(idIn(write.value), Number.POSITIVE_INFINITY);
        this.#refusedAt = clock.now();
        getOrCreate(this.#refusals, idIn(write.value), () => []).push(clock.now());
        throw new UnavailableError('REFUSED', 'The simulated home has no room for the text of a session.');
      }
      const answer = carryOut(request, line);
      // A repeated request gets its answer again, also if the text was lost in between.
      if (write && home.storeOf(write.store).get(write.key) === write.value) this.#onWritten(write);
      return answer;
    };
  }

  /** Refuses all texts for `ms` milliseconds. */
  refuse(ms: number): void {
    this.#refusedUntil = Math.max(this.#refusedUntil, this.#clock.now() + ms);
  }

  /** Ends that. */
  accept(): void {
    this.#refusedUntil = 0;
  }

  /** Whether it has refused texts a short time ago. */
  get isRefused(): boolean {
    return this.#refusedAt + REPORTED_MS >= this.#clock.now();
  }

  /** Loses a share of the texts. */
  lose(share: number, random: SeededRandom): void {
    for (const [key, { store, socketId }] of this.#texts) {
      if (!random.chance(share)) continue;
      this.#home.storeOf(store).delete(key);
      this.#texts.delete(key);
      this.#absentUntil.set(socketId, Number.POSITIVE_INFINITY);
    }
  }

  /** Whether the home lacked the text of a session at some time since `since`. */
  wasAbsent(socketId: string, since: number): boolean {
    return (this.#absentUntil.get(socketId) ?? 0) >= since;
  }

  /** Whether the home refused the text of a session with a change that was made at `at`. */
  wasRefused(socketId: string, at: number): boolean {
    return this.#refusals.get(socketId)?.some((refused) => refused >= at && refused <= at + REPORTED_MS) ?? false;
  }

  #onWritten({ store, key, value }: SessionWrite): void {
    if (value === undefined) {
      this.#texts.delete(key);
      return;
    }
    const socketId = idIn(value);
    this.#texts.set(key, { store, socketId });
    const until = this.#absentUntil.get(socketId);
    if (until !== undefined) this.#absentUntil.set(socketId, Math.min(until, this.#clock.now()));
  }
}

/** A session that is to be written, or deleted if it has no value. */
interface SessionWrite {
  readonly store: StoreName;
  readonly key: string;
  readonly value: string | undefined;
}

function idIn(text: string): string {
  return (JSON.parse(text) as { id: string }).id;
}

function writeOf({ method, args }: HomeRequest): SessionWrite | undefined {
  if (method !== 'set' && method !== 'swap' && method !== 'delete') return undefined;
  const [store, key] = args;
  if (!key.startsWith('session ')) return undefined;
  return { store, key, value: method === 'set' ? args[2] : method === 'swap' ? args[3] : undefined };
}
