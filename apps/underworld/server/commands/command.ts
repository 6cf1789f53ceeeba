/** A command is one request that a page can make, with its rate limit, the check of its argument, and its action. */
import type { Answer } from '../../shared/protocol.js';
import type { RiderSocket } from '../chat-server.js';
import type { Kind } from '../riders/pace.js';
import type { Rider } from '../riders/riders.js';
import type { World } from '../world.js';
import type { Reader } from './readers.js';

/** One command. `run` takes the unchecked argument of the event and returns the acknowledgement. */
export interface Command {
  readonly event: string;
  run(world: World, rider: Rider, raw: unknown): Answer | Promise<Answer>;
}

/** Makes a command. `kind` is the rate limit that applies before the argument is read. A command without one applies a limit itself. */
export function command<A>(
  event: string,
  kind: Kind | undefined,
  read: Reader<A>,
  act: (world: World, rider: Rider, ask: A) => Answer | Promise<Answer>,
): Command {
  return {
    event,
    run(world, rider, raw) {
      const waitMs = kind ? rider.pace.take(kind, world.now()) : 0;
      if (waitMs > 0) return slow(waitMs);
      const ask = read(raw);
      return ask === undefined ? no('bad') : act(world, rider, ask);
    },
  };
}

/** Listens to all commands of a connection. Other events only count towards the limit of their sender. */
export function listen(commands: readonly Command[], world: World, rider: Rider, socket: RiderSocket): void {
  // A client may send anything, so the arguments are unknown here, despite the event map.
  const raw = socket as unknown as {
    on(event: string, listener: (...args: unknown[]) => void): void;
  };
  // Naru calls `onAny` before the listener of the event: here it counts every event of the connection.
  socket.onAny(() => {
    if (rider.pace.take('flood', world.now()) > 0) socket.disconnect(true);
  });
  for (const { event, run } of commands) {
    raw.on(event, (...args) => {
      // A newer connection of the same rider has taken over.
      if (rider.socket !== socket) return;
      // The last argument is the acknowledgement, if the client asked for one.
      const reply = args.at(-1);
      const first = typeof args[0] === 'function' ? undefined : args[0];
      const answer = run(world, rider, first);
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

/** An answer that asks for a slower pace. */
export function slow(waitMs: number): Answer {
  return no('slow', Math.ceil(waitMs));
}

/** An answer that grants a command. */
export function yes<T extends object>(more: T): Answer<T> {
  return { ok: true, ...more };
}
