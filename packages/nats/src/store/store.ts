/** The texts and tables of an uplink to NATS. */

import type { StoreName } from '@naru/broker';
import { getOrCreate } from 'naru/base';
import { groupOf } from '../names.js';
import type { UplinkParts } from '../uplink.js';
import { Shelf } from './shelf.js';
import { NatsStream } from './stream.js';
import { NatsTables } from './tables.js';
import { NatsTexts } from './texts.js';
import type { SentWrites } from './writes.js';

/** The methods of a home that are not about logs. */
export type StoreMethods = NatsTexts['methods'] & NatsTables['methods'];

/** Returns the methods of an uplink for texts and tables. `sent` outlives uplinks. */
export function storeMethods(parts: UplinkParts, sent: SentWrites): StoreMethods {
  const { connection, names, settings } = parts;
  const { replicas } = settings;
  const shelves = new Map<string, Shelf>();
  const shelvesOf = (kind: string) => (store: StoreName) => {
    const group = `${groupOf(store ?? '')}`;
    return getOrCreate(shelves, `${kind} ${group}`, () => {
      const config = { name: names.storeStream(group, kind), prefix: names.storeSubject(kind, group), replicas };
      return new Shelf(new NatsStream(connection, config, parts.clock), sent, parts.clock);
    });
  };
  return {
    ...new NatsTexts(shelvesOf('texts')).methods,
    ...new NatsTables(shelvesOf('tables')).methods,
  };
}
