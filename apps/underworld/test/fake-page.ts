/** A page without a screen: its state, and a socket whose answers the test chooses. */

import type { ChatSocket } from '../page/connection/socket.js';
import { entered, withPlace } from '../page/state/places.js';
import { stateAtStart } from '../page/state/state.js';
import { Store } from '../page/state/store.js';
import type { Card, Message } from '../shared/protocol.js';

/** Another person. */
export const BO: Card = { id: 'bo', name: [1, 1, 11], hue: 1, client: 'web' };

/** A message at a position. */
export function message(seq: number, key = `k${seq}`): Message {
  return { seq, key, from: BO, at: seq, text: `text ${seq}` };
}

/** Answers a request. `undefined` stands for a missing answer, which the page treats like a lost connection. */
export type Answering = (event: string, ...args: readonly unknown[]) => unknown;

/** The socket. */
export class FakeSocket {
  id = 'first';
  connected = true;
  readonly asked: (readonly unknown[])[] = [];
  answer: Answering = () => undefined;

  timeout(): this {
    return this;
  }

  emit(...event: readonly unknown[]): void {
    this.asked.push(event);
  }

  async emitWithAck(event: string, ...args: readonly unknown[]): Promise<unknown> {
    this.asked.push([event, ...args]);
    const answer = await this.answer(event, ...args);
    if (answer === undefined) throw new Error('the test gave no answer');
    return answer;
  }

  /** The socket with the type that the page expects. */
  get forPage(): ChatSocket {
    return this as unknown as ChatSocket;
  }
}

/** Makes a page that is in some stations. */
export function pageIn(...ids: readonly string[]): Store {
  const store = new Store(stateAtStart({ language: 'en', theme: 'auto' }, { type: 'map' }));
  store.set({ link: 'online', you: { id: 'me', name: [0, 0, 10], hue: 0, client: 'web' } });
  for (const id of ids) {
    store.take(withPlace(id, false));
    store.take(entered(id, { members: [], here: 1, messages: [], reactions: [] }));
  }
  return store;
}
