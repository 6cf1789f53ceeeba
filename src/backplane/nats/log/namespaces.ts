/** Finds the namespaces that have records in the streams of an application. */
import type { NatsLine } from '../line.js';
import { GROUPS, type NatsNames, nameOf } from '../names.js';

/** Resolves with the names of the namespaces, sorted. A stream that does not exist has none. */
export async function listNamespaces(line: NatsLine, names: NatsNames): Promise<readonly string[]> {
  const found: string[] = [];
  for (let group = 0; group < GROUPS; group += 1) {
    const prefix = names.logSubject(group, 'log', '');
    for (let offset = 0, total = 1; offset < total; ) {
      const { state, total: count = 0 } = await line.api<Info>(`STREAM.INFO.${names.logStream(group)}`, {
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

/** A part of what JetStream says of a stream. */
interface Info {
  readonly state: { readonly subjects?: Readonly<Record<string, number>> };
  /** The number of subjects, of which an answer has at most 100,000. */
  readonly total: number;
}
