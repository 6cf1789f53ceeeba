/** Collects what taps tell during a test, as pairs of a name without `naru:` and its facts. */
import { onTestFinished } from 'vitest';
import type { Tap } from '../../src/taps/tap.js';

export function hear(...taps: readonly object[]): [name: string, facts: object][] {
  const heard: [string, object][] = [];
  for (const tap of taps as readonly Tap<object>[]) {
    const listener = (facts: object): unknown => heard.push([tap.name.slice('naru:'.length), facts]);
    tap.subscribe(listener);
    onTestFinished(() => void tap.unsubscribe(listener));
  }
  return heard;
}
