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

/** The one who asks. Its pace limits kinds of requests, if the application has kinds. */
type Paced<Kind extends string> = [Kind] extends [never]
  ? object
  : { readonly pace: { take(kind: Kind, now: number): number } };

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
      const { pace } = asker as { pace?: { take(kind: string, now: number): number } };
      const waitMs = (kind && pace?.take(kind, world.now())) || 0;
      if (waitMs > 0) return slow(waitMs);
      const ask = read(raw);
      return ask === undefined ? no('bad') : act(world, asker, ask);
    },
  });
}

/** Listens to all commands of a connection. A connection that is not current any more gets no answer. */
export function listen<World, Asker, Answer>(
  commands: readonly Command<World, Asker, Answer>[],
  world: World,
  asker: Asker,
  socket: object,
  isCurrent = () => true,
): void {
  // A client may send anything, so the arguments are unknown here, despite the event map.
  const raw = socket as unknown as { on(event: string, listener: (...args: unknown[]) => void): void };
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
