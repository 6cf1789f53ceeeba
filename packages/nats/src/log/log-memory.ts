/** The facts about its logs that a node keeps over all uplinks. */

import type { Retention } from 'naru/backplane';
import { getOrCreate } from 'naru/base';
import { groupOf, type NatsNames } from '../names.js';
import type { ErasureProgress } from './erasing.js';
import { Group } from './group.js';
import { LogRetention } from './retention.js';

/** The facts about its logs that a node keeps over all uplinks. */
export class LogMemory {
  readonly #names: NatsNames;
  readonly #groups = new Map<number, Group>();
  /** When each append without an answer was first sent, and what stood in the stream then. */
  readonly sent = new Map<string, { readonly at: number; readonly newestSeq: number }>();
  /** The erasures under way, by the numbers of their writes. */
  readonly erasures = new Map<number, ErasureProgress>();
  readonly retention: LogRetention;
  /** When this node last looked for old records of namespaces that nobody uses. */
  sweptAt: number | undefined;

  constructor(names: NatsNames, retention: Retention) {
    this.#names = names;
    this.retention = new LogRetention(retention);
  }

  /** Returns the group of a namespace. */
  group(namespace: string): Group {
    const number = groupOf(namespace);
    return getOrCreate(this.#groups, number, () => new Group(number, this.#names));
  }
}
