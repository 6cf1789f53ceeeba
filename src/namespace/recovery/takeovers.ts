/** Tells the other processes which sessions this one has taken, and learns which ones others have taken. */
import type { Offset } from '../../backplane/backplane.js';
import { carryOut, type Steps, waitFor } from '../../base/steps/answer.js';
import type { NamespaceLog } from '../log/namespace-log.js';

/** The first word of the message, and of the one that says how often each session was taken. */
const TAKEN = 'taken';
const TOOK = 'took';

type TakeoverLog = Pick<NamespaceLog, 'tell' | 'offset' | 'home'>;

/** A session that this process has taken. */
interface Claim {
  /** The offset of the message of this process, once it is known. */
  offset: Offset | undefined;
  /** The offset of the newest message of another process that came before that. */
  overtaken: Offset | undefined;
}

/**
 * Sessions that move between processes. Guarantee: if several processes take a session at the same moment, the one whose message stands last in
 * the log keeps it, and all others lose it. A message may reach a remote log long after a later one of another process, so a remote home decides
 * by itself. A message then says how often its session was taken.
 */
export class Takeovers {
  readonly #owner: string;
  readonly #log: TakeoverLog;
  readonly #onLost: (pid: string, takes: number) => void;
  #untold: (readonly [pid: string, takes: number])[] = [];
  /** The sessions whose message may stand in the log after records that this process has not delivered yet, oldest first. */
  readonly #claims = new Map<string, Claim>();

  /** `owner` names this process. `onLost` is called for a session that another process has taken. */
  constructor(owner: string, log: TakeoverLog, onLost: (pid: string, takes: number) => void) {
    this.#owner = owner;
    this.#log = log;
    this.#onLost = onLost;
  }

  /** Notes that this process has taken a session, and how often a process has done so. */
  take(pid: string, takes: number): void {
    this.#untold.push([pid, takes]);
    if (this.#log.home.decider === 'text') return;
    this.#claims.delete(pid);
    this.#claims.set(pid, { offset: undefined, overtaken: undefined });
  }

  /** Tells the others of the sessions that were taken since the last call. */
  tell(): void {
    const taken = this.#untold;
    if (taken.length === 0) return;
    this.#untold = [];
    if (this.#log.home.decider === 'text') {
      void this.#log.tell([[TOOK, this.#owner, ...taken.flat()]]);
      return;
    }
    this.#forgetPassed();
    const pids = taken.map(([pid]) => pid);
    void carryOut(this.#tellAll(pids));
  }

  *#tellAll(pids: readonly string[]): Steps<void> {
    const claims = pids.map((pid) => [pid, this.#claims.get(pid)] as const);
    const offset = yield* waitFor(this.#log.tell([[TAKEN, this.#owner, ...pids]]));
    for (const [pid, claim] of claims) if (claim) this.#place(pid, claim, offset);
  }

  /** Handles a message at its place in the log. */
  onTold([name, owner, ...rest]: readonly unknown[], offset: Offset): void {
    if (owner === this.#owner) return;
    if (name === TOOK) for (let at = 0; at < rest.length; at += 2) this.#onLost(String(rest[at]), Number(rest[at + 1]));
    if (name !== TAKEN) return;
    for (const each of rest) {
      const pid = String(each);
      const claim = this.#claims.get(pid);
      if (!claim || (claim.offset !== undefined && claim.offset < offset)) this.#lose(pid);
      else claim.overtaken = offset;
    }
  }

  /** The message of this process is in the log, or could not be stored. */
  #place(pid: string, claim: Claim, offset: Offset | undefined): void {
    if (this.#claims.get(pid) !== claim) return;
    claim.offset = offset;
    if (claim.overtaken !== undefined && claim.overtaken > (offset ?? '')) this.#lose(pid);
    else if (offset === undefined || offset <= this.#log.offset) this.#claims.delete(pid);
  }

  #lose(pid: string): void {
    this.#claims.delete(pid);
    this.#onLost(pid, Number.POSITIVE_INFINITY);
  }

  /** Forgets the claims that no message can precede any more. */
  #forgetPassed(): void {
    for (const [pid, { offset }] of this.#claims) {
      if (offset === undefined || offset > this.#log.offset) return;
      this.#claims.delete(pid);
    }
  }
}
