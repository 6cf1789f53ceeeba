/** Finds the namespaces that have records in the streams of an application. */
import type { NatsConnection } from '../connection.js';
import { GROUPS, groupOf, type NatsNames, nameOf, tokenOf } from '../names.js';
import { headOf } from './pages.js';

/** Resolves with the names of the namespaces, sorted. A stream that does not exist has none. */
export async function listNamespaces(connection: NatsConnection, names: NatsNames): Promise<readonly string[]> {
  const found: string[] = [];
  for (let group = 0; group < GROUPS; group += 1) {
    const prefix = names.logSubject(group, 'log', '');
    for (let offset = 0, total = 1; offset < total; ) {
      const { state, total: count = 0 } = await connection.api<Info>(`STREAM.INFO.${names.logStream(group)}`, {
        subjects_filter: `${prefix}>`,
        offset,
      });
      const subjects = Object.keys(state?.subjects ?? {});
      for (const subject of subjects) found.push(nameOf(subject.slice(prefix.length)));
      total = subjects.length === 0 ? 0 : count;
      offset += subjects.length;
    }
  }
  return found.sort();
}

/** Resolves with the namespaces whose oldest message was made before a time, in milliseconds since the Unix epoch. */
export async function listOldNamespaces(
  connection: NatsConnection,
  names: NatsNames,
  time: number,
): Promise<readonly string[]> {
  const old: string[] = [];
  for (const name of await listNamespaces(connection, names)) {
    const group = groupOf(name);
    const subject = names.logSubject(group, 'log', tokenOf(name));
    const first = await connection.get(names.logStream(group), { next_by_subj: subject, seq: 1 });
    if (first && headOf(first.header('Nats-Msg-Id')).at < time) old.push(name);
  }
  return old;
}

/** A part of what JetStream says of a stream. */
interface Info {
  readonly state: { readonly subjects?: Readonly<Record<string, number>> };
  /** The number of subjects, of which an answer has at most 100,000. */
  readonly total: number;
}
