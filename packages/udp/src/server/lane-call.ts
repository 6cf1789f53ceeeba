/** The call with which clients ask for a lane, for the endpoints of a server that answer it. */
import { getOrCreate } from 'naru/base';
import type { ClientCall, ServerEndpoint, Session } from 'naru/wire';

/** An endpoint that offers lanes. */
export interface LaneEndpoint extends Pick<ServerEndpoint, 'address' | 'ready'> {
  /** Returns the answer to a client that asks for a lane. */
  offerLane(session: Session, asked: unknown): object;
}

/** One call. Of several endpoints of a server, the newest one that is open answers it. */
export class LaneCall {
  readonly #name: string;
  /** The endpoints of each server, by its calls, the oldest first. */
  readonly #endpoints = new WeakMap<object, Set<LaneEndpoint>>();

  constructor(name: string) {
    this.#name = name;
  }

  /** Lets an endpoint answer the call of a server, unless it cannot be opened. */
  add(calls: Map<string, ClientCall>, endpoint: LaneEndpoint): void {
    const endpoints = getOrCreate(this.#endpoints, calls, () => new Set<LaneEndpoint>());
    endpoints.add(endpoint);
    endpoint.ready.catch(() => this.remove(calls, endpoint));
    calls.set(this.#name, (_namespace, member, [asked], answer) => {
      const newestFirst = [...endpoints].reverse();
      const chosen = newestFirst.find(({ address }) => address !== undefined) ?? newestFirst[0];
      if (chosen) answer(chosen.offerLane(member.client.conn, asked));
    });
  }

  /** Removes an endpoint. Without any, the call is unknown. */
  remove(calls: Map<string, ClientCall>, endpoint: LaneEndpoint): void {
    const endpoints = this.#endpoints.get(calls);
    if (endpoints?.delete(endpoint) && endpoints.size === 0) calls.delete(this.#name);
  }
}
