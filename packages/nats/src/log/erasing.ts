/**
 * Erases records from the stream of a group. A message of a stream cannot be changed. So a rewritten batch without the
 * texts is written to a subject of its own, and then the server overwrites the message in its files.
 */

import type { WriteId } from '@naru/broker';
import { decodeBatch, encodeBatch } from '@naru/broker';
import type { Erasure, LogRecord } from 'naru/backplane';
import { erasedRecord, isToErase } from 'naru/backplane';
import { UnavailableError } from 'naru/base';
import type { UplinkParts } from '../uplink.js';
import type { Group } from './group.js';
import { messageId, type Piece, readPieces, recordsOf } from './pages.js';

/** The state of an erasure over all uplinks. */
export interface ErasureProgress {
  /** The erasure concerns messages up to this one. */
  readonly last: number;
  /** Erased records by the sequences of their messages. */
  readonly counts: Map<number, number>;
}

/** Records that are read at once. */
const PAGE = 1_024;

/** One erasure, over one uplink. */
export class LogEraser {
  readonly #parts: UplinkParts;
  readonly #group: Group;
  readonly #namespace: string;
  readonly #what: Erasure;
  readonly #write: WriteId;

  constructor(parts: UplinkParts, group: Group, namespace: string, what: Erasure, write: WriteId) {
    this.#parts = parts;
    this.#group = group;
    this.#namespace = namespace;
    this.#what = what;
    this.#write = write;
  }

  /** Erases the records, and resolves with their number. The erasers of later uplinks continue the same progress. */
  async run({ last, counts }: ErasureProgress): Promise<number> {
    const { connection, handler } = this.#parts;
    const only = 'offset' in this.#what ? (this.#group.numbers.place(this.#what.offset)?.seq ?? 0) : undefined;
    const end = Math.min(last, only ?? last);
    for (let from = only ?? 1; from <= end; ) {
      const { pieces, isEnd, to } = await readPieces(connection, this.#group, this.#namespace, from, end + 1, PAGE);
      await Promise.all(pieces.map((piece) => this.#erase(piece, counts)));
      handler.onWork?.();
      if (isEnd) break;
      from = to + 1;
    }
    return [...counts.values()].reduce((sum, count) => sum + count, 0);
  }

  async #erase(piece: Piece, counts: Map<number, number>): Promise<void> {
    const { seq } = piece;
    const records = recordsOf(this.#group, piece);
    const hits = records.map((record) => isToErase(record, this.#what));
    const count = hits.filter(Boolean).length;
    if (count > 0) {
      const rest: LogRecord[] = records.map((record, at) => (hits[at] ? erasedRecord(record) : record));
      await this.#rewrite(piece, rest);
      counts.set(seq, count);
    }
    // An earlier erasure may have stopped before it came to this.
    if (this.#group.namespace(this.#namespace).sides.has(seq)) await this.#removeTexts(seq);
  }

  async #rewrite({ seq, data }: Piece, records: readonly LogRecord[]): Promise<void> {
    const batch = decodeBatch(data);
    if (batch && !batch.records)
      throw new UnavailableError('REFUSED', 'A later version of Naru wrote the records. Erase them with that version.');
    const { writer, number } = this.#write;
    const { sideSubject } = this.#group.namespace(this.#namespace);
    const id = messageId(`erased-${writer}`, `${number}.${seq}`, records.length, records[0]?.at ?? 0);
    const rewritten = encodeBatch(batch ?? { writer, number }, records);
    const stored = await this.#parts.connection.store(`${sideSubject}.${seq}`, rewritten, { 'Nats-Msg-Id': id });
    this.#group.addSide(this.#group.namespace(this.#namespace), seq, stored.seq);
  }

  /** Makes the server overwrite the message, and older rewritten batches that stood for it. */
  async #removeTexts(seq: number): Promise<void> {
    const { connection } = this.#parts;
    const { stream } = this.#group;
    const state = this.#group.namespace(this.#namespace);
    const overwrite = (old: number): Promise<unknown> => connection.api(`STREAM.MSG.DELETE.${stream}`, { seq: old });
    await overwrite(seq);
    const newest = state.sides.get(seq) ?? 0;
    for (let from = 1; ; ) {
      const old = await connection.get(stream, { next_by_subj: `${state.sideSubject}.${seq}`, seq: from });
      if (!old || old.seq >= newest) return;
      await overwrite(old.seq);
      from = old.seq + 1;
    }
  }
}
