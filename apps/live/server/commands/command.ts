/** A command is one request that a page can make, with its rate limit, the check of its argument, and its action. */
import type { Answer } from '../../shared/protocol.js';
import type { LiveSocket } from '../live-server.js';
import type { Kind } from '../people/pace.js';
import type { Person } from '../people/people.js';
import type { World } from '../world.js';
import type { Reader } from './readers.js';

/** The one who asks: a person, by one connection. */
export interface Asker {
  readonly person: Person;
  readonly socket: LiveSocket;
}

/** One command. `run` takes the unchecked argument of the event and returns the acknowledgement. */
export interface Command {
  readonly event: string;
  run(world: World, asker: Asker, raw: unknown): Answer | Promise<Answer>;
}

/** Makes a command. `kind` is the rate limit that applies before the argument is read. */
export function command<A>(
  event: string,
  kind: Kind,
  read: Reader<A>,
  act: (world: World, asker: Asker, ask: A) => Answer | Promise<Answer>,
): Command {
  return {
    event,
    run(world, asker, raw) {
      const waitMs = asker.person.pace.take(kind, world.now());
      if (waitMs > 0) return no('slow', Math.ceil(waitMs));
      const ask = read(raw);
      return ask === undefined ? no('bad') : act(world, asker, ask);
    },
  };
}

/** Listens to all commands of a connection. Other events only count towards the limit of their sender. */
export function listen(commands: readonly Command[], world: World, asker: Asker): void {
  const { person, socket } = asker;
  // A client may send anything, so the arguments are unknown here, despite the event map.
  const raw = socket as unknown as { on(event: string, listener: (...args: unknown[]) => void): void };
  // Naru calls `onAny` before the listener of the event: here it counts every event of the connection.
  socket.onAny(() => {
    if (person.pace.take('flood', world.now()) > 0) socket.disconnect(true);
  });
  for (const { event, run } of commands) {
    raw.on(event, (...args) => {
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
export function no(why: Exclude<Answer, { ok: true }>['why'], waitMs?: number): Answer {
  return waitMs === undefined ? { ok: false, why } : { ok: false, why, waitMs };
}

/** An answer that grants a command. */
export function yes<T extends object>(more: T): Answer<T> {
  return { ok: true, ...more };
}
