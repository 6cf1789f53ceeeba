/** A command is one request that a page can make, with its rate limit, the check of its argument, and its action. */
import type { AnswerOf, Refused } from '../shared/protocol.js';
import type { Reader } from './readers.js';

/** One command. `run` takes the unchecked argument of the event and returns the acknowledgement. */
export interface Command<World, Asker, Answer> {
  readonly event: string;
  run(world: World, asker: Asker, raw: unknown): Answer | Promise<Answer>;
}

/** The clock of an application, in milliseconds. */
interface Clocked {
  now(): number;
}

/** The one who asks, with rate limits. */
interface Paced<Kind extends string> {
  readonly pace: { take(kind: Kind, now: number): number };
}

/** Returns the function that makes the commands of an application. */
export function commandMaker<
  World extends Clocked,
  Asker extends Paced<Kind>,
  Kind extends string,
  Why extends string,
>() {
  type Answer = AnswerOf<Why | 'bad' | 'slow'>;
  /**
   * `kind` is the rate limit that applies before the argument is read. A command without one applies a limit itself.
   */
  return <A>(
    event: string,
    kind: Kind | undefined,
    read: Reader<A>,
    act: (world: World, asker: Asker, ask: A) => Answer | Promise<Answer>,
  ): Command<World, Asker, Answer> => ({
    event,
    run(world, asker, raw) {
      const waitMs = kind ? asker.pace.take(kind, world.now()) : 0;
      if (waitMs > 0) return slow(waitMs);
      const ask = read(raw);
      return ask === undefined ? no('bad') : act(world, asker, ask);
    },
  });
}

/** The part of a socket that commands use. */
interface AskingSocket {
  onAny(listener: () => void): unknown;
  disconnect(close: boolean): unknown;
}

/**
 * Listens to all commands of a connection. Every event counts towards the limit `flood` of its sender. A connection
 * that is not current any more gets no answer.
 */
export function listen<World extends Clocked, Asker extends Paced<'flood'>, Answer>(
  commands: readonly Command<World, Asker, Answer>[],
  world: World,
  asker: Asker,
  socket: AskingSocket,
  isCurrent = () => true,
): void {
  // A client may send anything, so the arguments are unknown here, despite the event map.
  const raw = socket as unknown as { on(event: string, listener: (...args: unknown[]) => void): void };
  // Naru calls `onAny` before the listener of the event: here it counts every event of the connection.
  socket.onAny(() => {
    if (asker.pace.take('flood', world.now()) > 0) socket.disconnect(true);
  });
  for (const { event, run } of commands) {
    raw.on(event, (...args) => {
      if (!isCurrent()) return;
      // The last argument is the acknowledgement, if the client asked for one.
      const reply = args.at(-1);
      const first = typeof args[0] === 'function' ? undefined : args[0];
      const answer = run(world, asker, first);
      if (typeof reply !== 'function') return;
      if (answer instanceof Promise) void answer.then((later) => reply(later));
      else reply(answer);
    });
  }
}

/** An answer that refuses a command. */
export function no<Why extends string>(why: Why, waitMs?: number): Refused<Why> {
  return waitMs === undefined ? { ok: false, why } : { ok: false, why, waitMs };
}

/** An answer that asks for a slower pace. */
export function slow(waitMs: number): Refused<'slow'> {
  return no('slow', Math.ceil(waitMs));
}

/** An answer that grants a command. */
export function yes<T extends object>(more: T): { readonly ok: true } & T {
  return { ok: true, ...more };
}
