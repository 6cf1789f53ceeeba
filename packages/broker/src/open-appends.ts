/** The appends under way to a home whose logs and texts are on different servers. */
import type { SwapOrder } from 'naru/backplane';
import type { HomeMethod } from './home.js';

/** The open appends of one uplink, to all namespaces. */
export class OpenAppends {
  readonly #appends = new Set<Promise<unknown>>();

  /** Notes an append until it settles. Returns it. */
  note(append: Promise<unknown>): Promise<unknown> {
    this.#appends.add(append);
    const end = (): boolean => this.#appends.delete(append);
    append.then(end, end);
    return append;
  }

  /** Resolves when all appends that are open now have settled. Returns `undefined` if all have settled. */
  settled(): Promise<unknown> | undefined {
    return this.#appends.size > 0 ? Promise.allSettled([...this.#appends]) : undefined;
  }
}

/** Whether a request for a text of no namespace takes effect after the appends that were made before it. */
export function followsAppends(method: HomeMethod, args: readonly unknown[]): boolean {
  return method === 'set' || (method === 'swap' && args[5] === ('after-appends' satisfies SwapOrder));
}
