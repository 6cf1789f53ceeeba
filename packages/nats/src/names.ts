/** The names of streams and subjects. Everything of one application begins with its name. */

/** Number of groups. Each namespace belongs to one, and each group has a stream for its logs. */
export const GROUPS = 16;

/** The names of one application. */
export class NatsNames {
  readonly #app: string;

  constructor(app: string) {
    this.#app = app;
  }

  /** The stream with the logs of a group. */
  logStream(group: number): string {
    return `NARU_${this.#app}_${group}`;
  }

  /**
   * A subject in the stream of a group. The log of a namespace is `log.<namespace>.all`, and `log.<namespace>.<tag>`
   * for messages to the nodes with one tag. Other parts are records of the stream itself.
   */
  logSubject(group: number, ...parts: readonly string[]): string {
    return `naru.${this.#app}.${group}.${parts.join('.')}`;
  }

  /** The subject on which the stream of a group tells of a message to a subject of it. */
  pushSubject(group: number, ...parts: readonly string[]): string {
    return `naru.${this.#app}.push.${group}.${parts.join('.')}`;
  }

  /** The stream of texts or tables. Its name ends with the kind, which no stream of logs does. */
  storeStream(...kind: readonly string[]): string {
    return `NARU_${this.#app}_${kind.join('_')}`;
  }

  /** The beginning of the subjects of such a stream. */
  storeSubject(...kind: readonly string[]): string {
    return `naru.${this.#app}.${kind.join('.')}`;
  }

  /** The subject of what uplinks say on a channel. */
  saidSubject(channel: string): string {
    return `naru.${this.#app}.said.${tokenOf(channel)}`;
  }
}

/** Whether a subject is one of those that are chosen: the same, or one with any last part for `*`. */
export function isAmong(subject: string, chosen: string): boolean {
  return chosen.endsWith('.*') ? subject.startsWith(chosen.slice(0, -1)) : subject === chosen;
}

/** Returns the group of a namespace. */
export function groupOf(namespace: string): number {
  // FNV-1a spreads names that differ only at their ends.
  let hash = 0x811c9dc5;
  for (let at = 0; at < namespace.length; at += 1) hash = Math.imul(hash ^ namespace.charCodeAt(at), 0x01000193);
  return (hash >>> 0) % GROUPS;
}

/**
 * Returns a name as one token of a subject: letters, digits, "_" and "-" as they are, and each other unit of UTF-16 as
 * "%2F" or "%u20AC". The empty name is "%".
 */
export function tokenOf(name: string): string {
  if (name === '') return '%';
  return name.replace(/[^A-Za-z0-9_-]/g, (unit) => {
    const code = unit.charCodeAt(0);
    const digits = code.toString(16).toUpperCase();
    return code < 256 ? `%${digits.padStart(2, '0')}` : `%u${digits.padStart(4, '0')}`;
  });
}

/** Returns the name that a token stands for. */
export function nameOf(token: string): string {
  if (token === '%') return '';
  return token.replace(/%u([0-9A-F]{4})|%([0-9A-F]{2})/g, (_, four, two) =>
    String.fromCharCode(Number.parseInt(four ?? two, 16)),
  );
}
