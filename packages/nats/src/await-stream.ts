/** Opens the streams of the nodes, and waits for a stream that was just created. */

import type { Clock } from 'naru/base';
import { ConfigError, decodeUtf8, encodeUtf8, UnavailableError, within } from 'naru/base';
import type { ApiError, NatsConnection } from './connection.js';

/** Questions to the stream, and the milliseconds for which each of them waits. */
const TRIES = 200;
const EVERY_MS = 25;
/** The status of an answer that nobody gives. */
const NO_RESPONDERS = 503;
/** A part of an answer without a leader. */
const NOT_NOW = '"code":503';

/** JetStream's numbers of errors. */
const NO_STREAM = 10059;
const NAME_IN_USE = 10058;
const SUBJECTS_OVERLAP = 10065;
const TOO_MANY_STREAMS = 10027;
const NO_PEERS = 10005;
/** The part of its description that says that servers of the cluster are away, and not that they lack room. */
const OFFLINE = 'peer offline';
/** The remedies for errors that more room does not help. */
const REMEDIES: Readonly<Record<number, string>> = {
  [SUBJECTS_OVERLAP]: 'Another program uses these subjects. Set the option "app" to another text.',
  [TOO_MANY_STREAMS]: 'Allow the account more of them. Naru makes up to 49.',
};
/**
 * How often a stream is looked for whose subjects another stream has. It is the same stream if another node creates it
 * now.
 */
const OVERLAPS_MAX = 20;

/** The answer of a stream about itself. */
export interface StreamInfo {
  readonly config: { readonly description?: string; readonly subjects: readonly string[] };
  readonly state: { readonly last_seq: number };
}

/**
 * Creates a stream unless it is there. Several nodes may do so at once. Rejects with UnavailableError (REFUSED) if NATS
 * refuses it, or (CONNECT_FAILED) while servers that it needs are away, and with ConfigError if the stream belongs to
 * another program.
 */
export async function openStream(
  connection: NatsConnection,
  clock: Clock,
  name: string,
  config: StreamInfo['config'] & Readonly<Record<string, unknown>>,
): Promise<StreamInfo> {
  for (let tries = 1; ; tries += 1) {
    let answer = await connection.api<StreamInfo>(`STREAM.INFO.${name}`);
    if (answer.error?.err_code === NO_STREAM)
      answer = await connection.api<StreamInfo>(`STREAM.CREATE.${name}`, { name, ...config });
    const { error, config: made, state } = answer;
    if (made && state) {
      if (!isOwn(made, config)) throw foreign(name);
      await awaitStream(connection, clock, name);
      return { config: made, state };
    }
    // A node that creates the stream at the same time may have taken the name, or the subjects before the name.
    const isRace = error?.err_code === NAME_IN_USE || error?.err_code === SUBJECTS_OVERLAP;
    if (!isRace || tries === OVERLAPS_MAX) throw streamFailed(name, error);
    await within(clock, new Promise<void>(() => undefined), EVERY_MS);
  }
}

/** Whether a stream is the one that this version makes. Not all of them have a description. */
function isOwn(
  made: StreamInfo['config'],
  { description = made.description, subjects }: StreamInfo['config'],
): boolean {
  return made.description === description && made.subjects[0] === subjects[0];
}

function foreign(name: string): ConfigError {
  return new ConfigError(
    'BAD_OPTION',
    `The stream "${name}" of NATS does not belong to this version of Naru. Delete it, or set the option "app".`,
  );
}

function streamFailed(name: string, error: ApiError | undefined): UnavailableError {
  const { err_code: code = 0, description = 'no answer' } = error ?? {};
  const what = `NATS cannot make the stream "${name}": ${description}.`;
  // A new leader of the cluster does not know yet which streams there are, and which servers.
  if (code === NO_PEERS && description.includes(OFFLINE))
    return new UnavailableError('CONNECT_FAILED', `${what} Start as many servers as there are "replicas".`);
  return new UnavailableError('REFUSED', `${what} ${REMEDIES[code] ?? 'Give JetStream more room.'}`);
}

/**
 * Resolves when a stream answers, or after five seconds. While any node creates a stream, or its servers choose their
 * leader, NATS shows it and drops requests to it without a word.
 */
export async function awaitStream(connection: NatsConnection, clock: Clock, stream: string): Promise<void> {
  // In a cluster, only the leader answers this.
  const method = connection.isClustered ? 'STREAM.MSG.GET' : 'DIRECT.GET';
  const question = encodeUtf8(JSON.stringify({ last_by_subj: 'none' }));
  // A server that is busy answers later than the question is asked again.
  let isThere = false;
  for (let tries = 0; tries < TRIES; tries += 1) {
    const asking = connection.request(`$JS.API.${method}.${stream}`, question, undefined, Number.POSITIVE_INFINITY);
    const answering = asking.then(({ status, body }) => {
      isThere ||= status !== NO_RESPONDERS && !decodeUtf8(body).includes(NOT_NOW);
      // It is asked again after a while.
      return isThere ? undefined : new Promise<void>(() => undefined);
    });
    await within(clock, answering, EVERY_MS);
    if (isThere) return;
  }
}
