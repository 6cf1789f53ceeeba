/** Waits for a stream that was just created. */
import { decodeUtf8, encodeUtf8 } from '../../base/bytes.js';
import type { Clock } from '../../base/clock.js';
import { within } from '../../base/within.js';
import type { NatsLine } from './line.js';

/** Questions to the stream, and the milliseconds for which each of them waits. */
const TRIES = 200;
const EVERY_MS = 25;
/** The status of an answer that nobody gives. */
const NO_RESPONDERS = 503;
/** A part of an answer without a leader. */
const NOT_NOW = '"code":503';

/**
 * Resolves when a stream answers, or after five seconds. While any node creates a stream, or its servers choose their leader, NATS shows it and
 * drops requests to it without a word.
 */
export async function awaitStream(line: NatsLine, clock: Clock, stream: string): Promise<void> {
  // In a cluster, only the leader answers this.
  const method = line.isClustered ? 'STREAM.MSG.GET' : 'DIRECT.GET';
  const question = encodeUtf8(JSON.stringify({ last_by_subj: 'none' }));
  // A server that is busy answers later than the question is asked again.
  let isThere = false;
  for (let tries = 0; tries < TRIES; tries += 1) {
    const answering = line.request(`$JS.API.${method}.${stream}`, question).then(({ status, body }) => {
      isThere ||= status !== NO_RESPONDERS && !decodeUtf8(body).includes(NOT_NOW);
      // It is asked again after a while.
      return isThere ? undefined : new Promise<void>(() => undefined);
    });
    await within(clock, answering, EVERY_MS);
    if (isThere) return;
  }
}
