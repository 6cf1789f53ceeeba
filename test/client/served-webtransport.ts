/** Stands in for the `WebTransport` of pages: what clients make with it are pairs, whose other ends a test gets. */
import { onTestFinished } from 'vitest';
import { type WebTransportPair, webTransportClass } from '../../src/testing/web-transport-pair.js';

/** Sets `globalThis.WebTransport` until the test is over; `onPair` gets each session, and may throw to refuse it. */
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
