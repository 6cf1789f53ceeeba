/** A door is one request that people can make: how it is paced, how it is checked, and what it does. */
import type { Answer } from '../shared/wire.js';
import type { Reader } from './asks.js';
import type { Kind } from './pace.js';
import type { Rider, RiderSocket } from './riders.js';
import type { World } from './world.js';

/** One request. `open` takes what came from outside and gives the answer. */
export interface Door {
  readonly event: string;
  open(world: World, rider: Rider, raw: unknown): Answer | Promise<Answer>;
}

/** Makes a door. `kind` paces it before anything is read; a door without one paces itself. */
export function door<A>(
  event: string,
  kind: Kind | undefined,
  read: Reader<A>,
  act: (world: World, rider: Rider, ask: A) => Answer | Promise<Answer>,
): Door {
  return {
    event,
    open(world, rider, raw) {
      const waitMs = kind ? rider.pace.take(kind, world.now()) : 0;
      if (waitMs > 0) return slow(waitMs);
      const ask = read(raw);
      return ask === undefined ? no('bad') : act(world, rider, ask);
    },
  };
}

/** Opens all doors to a connection. An event that no door knows costs its sender pace and does nothing. */
export function openDoors(doors: readonly Door[], world: World, rider: Rider, socket: RiderSocket): void {
  // The one place where events are untyped: a stranger's client sends what it likes.
  const raw = socket as unknown as {
    on(event: string, listener: (...args: unknown[]) => void): void;
  };
  socket.onAny(() => {
    if (rider.pace.take('flood', world.now()) > 0) socket.disconnect(true);
  });
  for (const { event, open } of doors) {
    raw.on(event, (...args) => {
      if (rider.socket !== socket) return;
      const reply = args.at(-1);
      const first = typeof args[0] === 'function' ? undefined : args[0];
      const answer = open(world, rider, first);
      if (typeof reply !== 'function') return;
      if (answer instanceof Promise) void answer.then((later) => reply(later));
      else reply(answer);
    });
  }
}

/** An answer that turns a request down. */
export function no(why: Exclude<Answer, { ok: true }>['why'], waitMs?: number): Answer {
  return waitMs === undefined ? { ok: false, why } : { ok: false, why, waitMs };
}

/** An answer that asks for a slower pace. */
export function slow(waitMs: number): Answer {
  return no('slow', Math.ceil(waitMs));
}

/** An answer that grants a request. */
export function yes<T extends object>(more: T): Answer<T> {
  return { ok: true, ...more };
}
