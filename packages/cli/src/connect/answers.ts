/** Matches answers to questions on a wire that carries both, with a time limit. */
import { UnavailableError } from 'naru/base';

/** Milliseconds to wait for an answer. */
export const ANSWER_MS = 10_000;

interface Question<Answer> {
  readonly resolve: (answer: Answer) => void;
  readonly reject: (error: Error) => void;
  readonly timer: NodeJS.Timeout;
}

/** The open questions by their ids. Invariant: each question is settled once, and none is left after `close`. */
export class Answers<Answer> {
  readonly #questions = new Map<string, Question<Answer>>();
  #nextId = 1;

  /**
   * Asks a question: `send` gets the id that the answer will carry. Rejects with the error that `send` throws, or with
   * TIMEOUT.
   */
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

  /** Resolves a question. Returns `false` when no question has this id. */
  resolve(id: unknown, answer: Answer): boolean {
    const question = this.#take(String(id));
    question?.resolve(answer);
    return question !== undefined;
  }

  /** Rejects a question. Returns `false` when no question has this id. */
  reject(id: unknown, message: string, code: 'REFUSED' | 'TIMEOUT' | 'DISCONNECTED' = 'REFUSED'): boolean {
    const question = this.#take(String(id));
    question?.reject(new UnavailableError(code, message));
    return question !== undefined;
  }

  /** Rejects all open questions, because no more answers will come. */
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
