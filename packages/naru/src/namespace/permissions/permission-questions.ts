/**
 * Asks the application what clients may do. Questions run in parallel, and the requests of one client still take effect
 * in their order.
 */
import { type Answer, after, answerOf, unlessThere } from '../../base/steps/answer.js';
import { attempt, throwLater } from '../../base/uncaught.js';

/** Requests of one client that may wait at once. */
export const REQUESTS_PER_CLIENT_MAX = 10_000;

/** Questions that may be open at once in a namespace. */
const QUESTIONS_MAX = 100_000;

/** One request of a client. `act` carries out its outcome once that is known. */
interface Request {
  act: (() => void) | undefined;
}

/** The requests of a client. The first `doneCount` of them are done. */
interface Line {
  readonly requests: Request[];
  doneCount: number;
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
    return this.#openCount >= QUESTIONS_MAX;
  }

  /** Asks a question. Calls `decide` or `failed` after the client's earlier requests. */
  ask(client: S, question: () => unknown, decide: (verdict: unknown) => void, failed: () => void): void {
    let verdict: Answer<unknown>;
    try {
      verdict = answerOf(question());
    } catch (error) {
      throwLater(error);
      this.queue(client, failed);
      return;
    }
    let act = (request: () => void): void => this.queue(client, request);
    unlessThere(verdict, () => {
      act = this.#wait(client);
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
  queue(client: S, act: () => void): void {
    const line = this.#lines.get(client);
    // Requests that arise while the last one in line is carried out do not wait.
    if (line && line.doneCount < line.requests.length) line.requests.push({ act });
    else act();
  }

  /** Keeps a place in the line of a client. Returns the function that acts when it is that request's turn. */
  #wait(client: S): (act: () => void) => void {
    const request: Request = { act: undefined };
    const line = this.#lines.get(client);
    if (line) line.requests.push(request);
    else this.#lines.set(client, { requests: [request], doneCount: 0 });
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
      attempt(request.act);
    }
    if (line.doneCount === requests.length) this.#lines.delete(client);
    else if (line.doneCount > requests.length / 2) {
      requests.splice(0, line.doneCount);
      line.doneCount = 0;
    }
  }
}
