/** A log on a server, and the names of a test for its requests. */

import type { WriteId } from '../../../broker/src/home.js';
import type { Erasure, LogRecord, Page } from '../../../naru/src/backplane/backplane.js';
import { LogMemory } from '../../src/log/log-memory.js';
import { NatsLog } from '../../src/log/nats-log.js';
import type { UplinkParts } from '../../src/uplink.js';

/** The log of one node, over one connection. */
export class LogTester {
  readonly log: NatsLog;
  readonly memory: LogMemory;
  #writes = 0;

  constructor(parts: UplinkParts, memory = new LogMemory(parts.names, parts.settings)) {
    this.memory = memory;
    this.log = new NatsLog(parts, memory);
  }

  write(): WriteId {
    this.#writes += 1;
    return { writer: 'writer-1', number: this.#writes, settled: 0 };
  }

  append(records: readonly LogRecord[], namespace = '/') {
    return this.log.methods.append(this.write(), namespace, records);
  }

  async erase(what: Erasure, write = this.write()): Promise<number> {
    await this.log.beginErasure(write, '/');
    return this.log.methods.erase(write, '/', what);
  }

  read(after: string, limit = 1_000): Promise<Page> {
    return this.log.methods.read(undefined, '/', after, limit);
  }
}

/** Returns a record with a text. */
export function recordOf(text: string, at = 1_800_000_000_000): LogRecord {
  return { rooms: [], except: [], event: JSON.stringify([text]), attachments: [], at };
}
