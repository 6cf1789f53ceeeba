/** The errors of listeners: the hook that takes them, and the event that an uncaught one names. */
import { ConfigError, shown } from '../../base/errors.js';
import { callHook } from '../../base/uncaught.js';

/** The place of a listener that has failed. */
export interface ListenerFailure<Socket> {
  /** The name of the event. */
  readonly event: string;
  /** The socket whose listener it was, or that the listener of `connection` got. */
  readonly socket: Socket;
}

/** Takes the errors of listeners. */
export type ListenerErrorHook<Socket> = (error: unknown, failure: ListenerFailure<Socket>) => void;

/** The answer to an event whose listener has failed. It leaves out the reason, which may reveal details. */
export const LISTENER_FAILED = Object.freeze({
  error: Object.freeze({ code: 'LISTENER_FAILED', message: 'the listener of this event has failed' } as const),
});

/** Marks the functions that answer events. Middleware may add arguments after them. */
export const ANSWER = Symbol('answers an event');

/** Characters of an event's name that the stack of its error repeats. Clients choose the names of some events. */
const NAME_MAX = 100;

/** The errors of a server's listeners, and the hook that takes them. */
export class ListenerErrors {
  #hook: ListenerErrorHook<never> | undefined;

  /** Whether a function takes the errors. */
  get isHooked(): boolean {
    return this.#hook !== undefined;
  }

  /** Sets the function that takes the errors, or none. Throws ConfigError for anything else. */
  set(hook: ListenerErrorHook<never> | undefined): void {
    if (hook !== undefined && typeof hook !== 'function')
      throw new ConfigError('BAD_ARGUMENT', `onListenerError takes a function, got ${shown(hook)}`);
    this.#hook = hook;
  }

  /**
   * Takes an error of a listener that was called with `args`. With a hook, the client gets an answer if it waits for
   * one. Without a hook, throws the error, whose stack then names the event.
   */
  take(error: unknown, event: string, socket: { readonly id: string }, args: readonly unknown[]): void {
    const hook = this.#hook;
    if (!hook) {
      nameIn(error, event, socket.id);
      throw error;
    }
    for (const each of args) if (isAnswer(each)) each(LISTENER_FAILED);
    callHook(
      () => hook(error, { event, socket: socket as never }),
      () => undefined,
    );
  }
}

function isAnswer(argument: unknown): argument is (answer: unknown) => void {
  return typeof argument === 'function' && ANSWER in argument;
}

/**
 * Adds a line about the event to the stack of an error, once. Node prints the stack of an uncaught error. The name of
 * an event may be a number.
 */
function nameIn(error: unknown, event: unknown, id: string): void {
  if (!(error instanceof Error) || typeof error.stack !== 'string') return;
  const line = `\n    in a listener of ${JSON.stringify(String(event).slice(0, NAME_MAX))} (socket ${id})`;
  // A frozen error stays as it is.
  if (!error.stack.endsWith(line)) Reflect.set(error, 'stack', error.stack + line);
}
