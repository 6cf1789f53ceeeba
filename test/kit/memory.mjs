/**
 * Measures memory that is really held. What the collector would free does not count, but V8 frees some of it a while after a
 * collection, in threads of its own. So a claim about memory polls until it holds: what is kept for good never goes away.
 */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

setFlagsFromString('--expose-gc');
/** @type {() => void} */
const collect = runInNewContext('gc');

/** Bytes of objects and buffers that live in this process, after a collection. */
export function liveBytes() {
  collect();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

/** The same without memory outside of the heap and of buffers, such as files that are mapped. */
export function liveBufferBytes() {
  collect();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}
