// A program on one side of the path that takes calls as messages.

/**
 * Calls a child that answers `{ id, name, args }` with `{ id, result }`, and sends `{ id: 0, result }` when it is
 * ready.
 */
export class CalledChild {
  ready;
  #child;
  #calls = new Map();
  #next = 0;
  #isOver = false;

  /** `onEnd` gets the reason when the child ends without being asked to. */
  constructor(child, onEnd) {
    this.#child = child;
    this.ready = new Promise((resolve) => this.#calls.set(0, resolve));
    child.on('message', ({ id, result }) => {
      this.#calls.get(id)?.(result);
      this.#calls.delete(id);
    });
    child.on('exit', (code, signal) => {
      if (!this.#isOver) onEnd(signal ?? code);
      this.#isOver = true;
      for (const answer of this.#calls.values()) answer(undefined);
    });
  }

  call(name, args = {}) {
    this.#next += 1;
    const id = this.#next;
    if (this.#isOver || !this.#child.connected) return Promise.resolve(undefined);
    this.#child.send({ id, name, args }, () => undefined);
    return new Promise((resolve) => this.#calls.set(id, resolve));
  }

  async end() {
    if (this.#isOver) return;
    this.#isOver = true;
    const ended = new Promise((resolve) => this.#child.once('exit', resolve));
    this.#child.kill('SIGKILL');
    await ended;
  }
}
