/** A page's session whose server is the test. */
import type { Session } from '../page/connection/session.js';
import { stateAtStart } from '../page/state/state.js';
import { Store } from '../page/state/store.js';
import { en } from '../page/words/en.js';

type Listener = (...args: unknown[]) => void;
type Answer = (event: string, request: { readonly wish?: string }) => Promise<object>;

/** Opens a session at a place. `answer` answers its requests, and `more` adds members to its socket. */
export function fakeSession(place: Parameters<typeof stateAtStart>[1], answer: Answer, more: object = {}) {
  const store = new Store(stateAtStart({ language: 'en', theme: 'auto' } as never, place));
  /** The page's listeners, by event. */
  const listeners = new Map<string, Listener>();
  const on = (event: string, listener: Listener): void => void listeners.set(event, listener);
  const socket = { connected: true, on, emitWithAck: answer, ...more };
  const session = {
    store,
    socket,
    words: en,
    clock: { now: 0, isExact: true },
    wish: () => undefined,
    hasAsked: () => false,
    ask: (send: (asking: typeof socket) => unknown) => send(socket),
    whenOnline: (listener: () => void) => {
      listener();
      return () => undefined;
    },
    announce: () => undefined,
    readTalk: async () => undefined,
  };
  return { session: session as unknown as Session, store, listeners };
}
