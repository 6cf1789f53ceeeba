/** Finds the namespaces that have records in the streams of an application. */
import { getOrCreate } from 'naru/base';
import type { NatsConnection } from '../connection.js';
import { GROUPS, groupOf, type NatsNames, nameOf } from '../names.js';
import { headOf } from './pages.js';

/** Resolves with the names of the namespaces, sorted. A stream that does not exist has none. */
export async function listNamespaces(connection: NatsConnection, names: NatsNames): Promise<readonly string[]> {
  return [...(await readSubjects(connection, names)).keys()].sort();
}

/** Resolves with the subjects of each namespace. */
async function readSubjects(connection: NatsConnection, names: NatsNames): Promise<Map<string, string[]>> {
  const found = new Map<string, string[]>();
  for (let group = 0; group < GROUPS; group += 1) {
    const prefix = names.logSubject(group, 'log', '');
    for (let offset = 0, total = 1; offset < total; ) {
      const { state, total: count = 0 } = await connection.api<Info>(`STREAM.INFO.${names.logStream(group)}`, {
        subjects_filter: `${prefix}>`,
        offset,
      });
      const subjects = Object.keys(state?.subjects ?? {});
      for (const subject of subjects)
        getOrCreate(found, nameOf(subject.slice(prefix.length, subject.lastIndexOf('.'))), () => []).push(subject);
      total = subjects.length === 0 ? 0 : count;
      offset += subjects.length;
    }
  }
  return found;
}

/** Resolves with the namespaces whose oldest message was made before a time, in milliseconds since the Unix epoch. */
export async function listOldNamespaces(
  connection: NatsConnection,
  names: NatsNames,
  time: number,
): Promise<readonly string[]> {
  const old: string[] = [];
  for (const [name, subjects] of await readSubjects(connection, names)) {
    const stream = names.logStream(groupOf(name));
    const isOld = async (subject: string): Promise<boolean> => {
      const oldest = await connection.get(stream, { next_by_subj: subject, seq: 1 });
      return oldest !== undefined && headOf(oldest.header('Nats-Msg-Id')).at < time;
    };
    for (let at = 0; at < subjects.length && old.at(-1) !== name; at += 1)
      if (await isOld(subjects[at] as string)) old.push(name);
  }
  return old;
}

/** A part of what JetStream says of a stream. */
interface Info {
  readonly state: { readonly subjects?: Readonly<Record<string, number>> };
  /** The number of subjects, of which an answer has at most 100,000. */
  readonly total: number;
}
