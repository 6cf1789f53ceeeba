/** Replaces the `WebTransport` of pages: clients create pairs with it, and the test gets their other ends. */
import { onTestFinished } from 'vitest';
import { type WebTransportPair, webTransportClass } from '../../../testing/src/web-transport-pair.js';

/** Sets `globalThis.WebTransport` until the test is over. `onPair` gets each session, and may throw to refuse it. */
export function serveWebTransport(onPair: (pair: WebTransportPair, url: string) => void): WebTransportPair[] {
  const pairs: WebTransportPair[] = [];
  const former = Object.getOwnPropertyDescriptor(globalThis, 'WebTransport');
  const value = webTransportClass((pair, url) => {
    pairs.push(pair);
    onPair(pair, url);
  });
  Object.defineProperty(globalThis, 'WebTransport', { configurable: true, writable: true, value });
  onTestFinished(() => {
    if (former) Object.defineProperty(globalThis, 'WebTransport', former);
    else Reflect.deleteProperty(globalThis, 'WebTransport');
  });
  return pairs;
}
