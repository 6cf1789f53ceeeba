/**
 * Asks the application what clients may do. Questions run in parallel, and the requests of one client still take effect
 * in their order.
 */
import { memoryOf } from '../../base/bytes.js';
import { getOrCreate } from '../../base/get-or-create.js';
import { type Answer, after, answerOf, unlessThere } from '../../base/steps/answer.js';
import { attempt, throwLater } from '../../base/uncaught.js';

/** Requests of one client that may wait at once. */
export const REQUESTS_PER_CLIENT_MAX = 10_000;

/** Bytes of the waiting requests of one client beyond which it may make no more. */
export const REQUEST_BYTES_PER_CLIENT_MAX = 64 * 1024 * 1024;

/** Questions that may be open at once in a namespace. */
const QUESTIONS_MAX = 100_000;

/** One request of a client. `act` carries out its outcome once that is known. */
interface Request {
  act: (() => void) | undefined;
  readonly bytes: number;
}

/** The requests of a client. The first `doneCount` of them are done, and the others take `bytes` of memory. */
interface Line {
  readonly requests: Request[];
  doneCount: number;
  bytes: number;
}

/**
 * The questions of one namespace. Guarantee: everything passed to `ask` and `queue` for one client happens in that
 * order, however long the application takes. Invariant: a client has an entry exactly while it waits for something.
 */
export class PermissionQuestions<S extends object> {
  readonly #lines = new Map<S, Line>();
  #openCount = 0;

  /** Whether a client, or all clients together, wait for so many requests that this client may make no more. */
  isFull(client: S): boolean {
    const line = this.#lines.get(client);
    if (line && line.requests.length - line.doneCount >= REQUESTS_PER_CLIENT_MAX) return true;
    return this.#openCount >= QUESTIONS_MAX || (line?.bytes ?? 0) > REQUEST_BYTES_PER_CLIENT_MAX;
  }

  /**
   * Asks a question. Calls `decide` or `failed` after the client's earlier requests. `held` is what the request keeps
   * in memory until then.
   */
  ask(
    client: S,
    question: () => unknown,
    decide: (verdict: unknown) => void,
    failed: () => void,
    held?: unknown,
  ): void {
    let verdict: Answer<unknown>;
    try {
      verdict = answerOf(question());
    } catch (error) {
      throwLater(error);
      this.queue(client, failed, held);
      return;
    }
    let act = (request: () => void): void => this.queue(client, request, held);
    unlessThere(verdict, () => {
      act = this.#wait(client, memoryOf(held));
    });
    after(
      verdict,
      (answer) => act(() => decide(answer)),
      (error) => {
        act(failed);
        throwLater(error);
      },
    );
  }

  /** Acts after the client's earlier requests, or at once when none wait. */
  queue(client: S, act: () => void, held?: unknown): void {
    const line = this.#lines.get(client);
    // Requests that arise while the last one in line is carried out do not wait.
    if (line && line.doneCount < line.requests.length) append(line, { act, bytes: memoryOf(held) });
    else act();
  }

  /** Keeps a place in the line of a client. Returns the function that acts when it is that request's turn. */
  #wait(client: S, bytes: number): (act: () => void) => void {
    const request: Request = { act: undefined, bytes };
    append(
      getOrCreate(this.#lines, client, () => ({ requests: [], doneCount: 0, bytes: 0 })),
      request,
    );
    this.#openCount += 1;
    return (act) => {
      this.#openCount -= 1;
      request.act = act;
      this.#advance(client);
    };
  }

  /** Carries out requests in order, up to the first undecided one. */
  #advance(client: S): void {
    const line = this.#lines.get(client);
    if (!line) return;
    const { requests } = line;
    // An action may make the client ask for more. These requests go to the end of the line.
    for (let request = requests[line.doneCount]; request?.act; request = requests[line.doneCount]) {
      line.doneCount += 1;
      line.bytes -= request.bytes;
      attempt(request.act);
      // The request may stay in the list for a while, and what it holds may be large.
      request.act = undefined;
    }
    if (line.doneCount === requests.length) this.#lines.delete(client);
    else if (line.doneCount > requests.length / 2) {
      requests.splice(0, line.doneCount);
      line.doneCount = 0;
    }
  }
}

function append(line: Line, request: Request): void {
  line.requests.push(request);
  line.bytes += request.bytes;
}
