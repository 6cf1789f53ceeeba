/** Questions that wait for their answers on a wire that carries both, with a limit of time. */
import { UnavailableError } from '../../base/errors.js';

/** Milliseconds that an answer is waited for. */
export const ANSWER_MS = 10_000;

interface Question<Answer> {
  readonly resolve: (answer: Answer) => void;
  readonly reject: (error: Error) => void;
  readonly timer: NodeJS.Timeout;
}

/** Questions by their ids. Invariant: each is settled once, and none is left after `close`. */
export class Answers<Answer> {
  readonly #questions = new Map<string, Question<Answer>>();
  #nextId = 1;

  /** Asks by `send`, which gets the id that the answer will have. Rejects with what `send` throws, and with TIMEOUT. */
  ask(send: (id: number) => void): Promise<Answer> {
    const id = this.#nextId++;
    const key = String(id);
    return new Promise((resolve, reject) => {
      const late = `no answer within ${ANSWER_MS / 1_000} seconds`;
      const timer = setTimeout(() => this.reject(key, late, 'TIMEOUT'), ANSWER_MS);
      this.#questions.set(key, { resolve, reject, timer });
      try {
        send(id);
      } catch (error) {
        this.#take(key);
        reject(error as Error);
      }
    });
  }

  /** The answer came. `false`: nobody waits for it. */
  resolve(id: unknown, answer: Answer): boolean {
    const question = this.#take(String(id));
    question?.resolve(answer);
    return question !== undefined;
  }

  /** A refusal came. `false`: nobody waits for it. */
  reject(id: unknown, message: string, code: 'REFUSED' | 'TIMEOUT' | 'DISCONNECTED' = 'REFUSED'): boolean {
    const question = this.#take(String(id));
    question?.reject(new UnavailableError(code, message));
    return question !== undefined;
  }

  /** No answers come any more. */
  close(reason: string): void {
    for (const id of [...this.#questions.keys()]) this.reject(id, reason, 'DISCONNECTED');
  }

  #take(key: string): Question<Answer> | undefined {
    const question = this.#questions.get(key);
    clearTimeout(question?.timer);
    this.#questions.delete(key);
    return question;
  }
}
