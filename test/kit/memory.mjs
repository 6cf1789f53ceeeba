/**
 * Measures the memory that is in use. Garbage does not count, but V8 frees some of it a while after a collection, in
 * threads of its own. A claim about memory therefore polls until it holds: memory that is leaked never goes away.
 */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

setFlagsFromString('--expose-gc');
/** @type {() => void} */
const collect = runInNewContext('gc');

/** Returns the bytes of live objects and buffers of this process, after a collection. */
export function liveBytes() {
  collect();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

/** Returns the same without memory outside the heap and the buffers, such as mapped files. */
export function liveBufferBytes() {
  collect();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}
