/** Asks the application what clients may do: all at once, and yet what one client asked for takes effect in the order in which it did. */
import { attempt, callHook, throwLater } from '../../base/uncaught.js';

/** Things that one client may wait for at once. */
export const TURNS_PER_CLIENT_MAX = 10_000;

/** Questions that may be open at once in a namespace. */
const QUESTIONS_MAX = 100_000;

/** One thing that a client asked for; `act` is what becomes of it, once that is known. */
interface Turn {
  act: (() => void) | undefined;
}

/** What a client waits for; the first `doneCount` of it have had their turn. */
interface Line {
  readonly turns: Turn[];
  doneCount: number;
}

/**
 * The questions of one namespace. Guarantee: for one client, everything given to `ask` and `follow` happens in that order, whatever the
 * application takes its time for. Invariant: a client has an entry exactly while it waits for something.
 */
export class PermissionQuestions<S extends object> {
  readonly #lines = new Map<S, Line>();
  #openCount = 0;

  /** Whether a client waits for so much, or all of them do, that it may ask for nothing more now. */
  isFull(client: S): boolean {
    const line = this.#lines.get(client);
    if (line && line.turns.length - line.doneCount >= TURNS_PER_CLIENT_MAX) return true;
    return this.#openCount >= QUESTIONS_MAX;
  }

  /** Puts a question; one of `decide` and `failed` is called at the client's turn, or at once where it waits for nothing. */
  ask(client: S, question: () => unknown, decide: (verdict: unknown) => void, failed: () => void): void {
    let verdict: unknown;
    let hasFailed = false;
    callHook(
      () => {
        verdict = question();
      },
      () => {
        hasFailed = true;
      },
    );
    if (hasFailed) this.follow(client, failed);
    else if (isThenable(verdict)) this.#wait(client, verdict, decide, failed);
    else this.follow(client, () => decide(verdict));
  }

  /** Does something at the client's turn: at once where it waits for nothing. */
  follow(client: S, act: () => void): void {
    const line = this.#lines.get(client);
    // What the last one in line brings about is no reason to wait.
    if (line && line.doneCount < line.turns.length) line.turns.push({ act });
    else act();
  }

  #wait(client: S, verdict: PromiseLike<unknown>, decide: (verdict: unknown) => void, failed: () => void): void {
    const turn: Turn = { act: undefined };
    const line = this.#lines.get(client);
    if (line) line.turns.push(turn);
    else this.#lines.set(client, { turns: [turn], doneCount: 0 });
    this.#openCount += 1;
    const settle = (act: () => void): void => {
      this.#openCount -= 1;
      turn.act = act;
      this.#advance(client);
    };
    Promise.resolve(verdict).then(
      (settled) => settle(() => decide(settled)),
      (error) => {
        settle(failed);
        throwLater(error);
      },
    );
  }

  /** Does what is known, up to the first thing that is not. */
  #advance(client: S): void {
    const line = this.#lines.get(client);
    if (!line) return;
    const { turns } = line;
    // What happens may make the client ask for more, which then comes behind.
    for (let turn = turns[line.doneCount]; turn?.act; turn = turns[line.doneCount]) {
      line.doneCount += 1;
      attempt(turn.act);
    }
    if (line.doneCount === turns.length) this.#lines.delete(client);
    else if (line.doneCount > turns.length / 2) {
      turns.splice(0, line.doneCount);
      line.doneCount = 0;
    }
  }
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === 'object' && value !== null && typeof (value as { then?: unknown }).then === 'function';
}
