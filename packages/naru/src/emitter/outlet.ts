/**
 * Carries what an emitter sends into a backplane: events and changes of sockets through the log, everything else by
 * talk.
 */
import type { Backplane, LogRecord } from '../backplane/backplane.js';
import { BATCH_RECORDS_MAX, BATCH_SIZE_MAX } from '../backplane/record-size.js';
import { isShared } from '../backplane/shared.js';
import { NOBODY } from '../backplane/talk/exchange.js';
import { systemClock } from '../base/clock.js';
import { ConfigError, UnavailableError } from '../base/errors.js';
import { getOrCreate } from '../base/get-or-create.js';
import { after, ask } from '../base/steps/answer.js';
import { DIALECT_V5, StandardCodec } from '../namespace/event/codec.js';
import type { Target } from '../namespace/event/target.js';
import { batchSizeOf, type LoggedEvent, recordOf, toldEvent } from '../namespace/log/records.js';
import { encodeMessage, type RemoteMessage } from '../namespace/remote/remote.js';
import {
  actMessage,
  eventMessage,
  listenersMessage,
  toldMessage,
  volatileMessage,
} from '../namespace/remote/remote-calls.js';
import type { SocketAction } from '../namespace/socket/far-sockets.js';
import { PacketType } from '../protocol/socket-io/packet.js';

/** A record on its way into the log. */
interface Sent {
  readonly record: LogRecord;
  /** Characters and bytes. */
  readonly size: number;
  resolve(): void;
  reject(error: unknown): void;
}

/**
 * The way of an emitter into its backplane. Guarantee: what it sends to a namespace through the log is stored in the
 * order of the calls, and the records of calls without a pause together.
 */
export class Outlet {
  readonly #backplane: Backplane;
  readonly #isWithoutLog: (namespace: string) => boolean;
  readonly #codec = new StandardCodec(DIALECT_V5, {});
  /** The records that go out when the program pauses, by namespace. */
  readonly #pending = new Map<string, Sent[]>();
  /** The records that are not stored or refused yet, and the messages that are not on their way. */
  readonly #open = new Set<Promise<void>>();
  #isClosed = false;

  constructor(backplane: Backplane, isWithoutLog: (namespace: string) => boolean) {
    if (typeof backplane?.log?.append !== 'function')
      throw new ConfigError('BAD_ARGUMENT', `an emitter needs a backplane, such as local('./data')`);
    if (!isShared(backplane))
      throw new ConfigError(
        'BAD_ARGUMENT',
        'no other process reads a backplane in memory; emit from the server itself',
      );
    this.#backplane = backplane;
    this.#isWithoutLog = backplane.isCarrier ? () => true : isWithoutLog;
  }

  /**
   * Stores an event, or sends one that no log keeps to the nodes. Rejects with ConfigError for data that cannot be
   * encoded.
   */
  async emit(namespace: string, data: readonly unknown[], target: Target): Promise<void> {
    const isVolatile = target.flags.volatile === true;
    if (isVolatile || this.#isWithoutLog(namespace)) {
      await this.#say(namespace, (isVolatile ? volatileMessage : eventMessage)(target, data), true);
      return;
    }
    const packet = { type: PacketType.EVENT, nsp: namespace, data };
    await this.#store(namespace, { packet, packets: this.#codec.encode(packet, true), target });
  }

  /** Changes the sockets of a target on all nodes, in order with the events. */
  async act(namespace: string, target: Target, action: SocketAction): Promise<void> {
    const message = actMessage(NOBODY, target, action);
    if (this.#isWithoutLog(namespace)) await this.#say(namespace, toldMessage(message), true);
    else await this.#store(namespace, toldEvent(message));
  }

  /** Calls the listeners of all nodes for an event between servers. */
  async announce(namespace: string, event: readonly unknown[]): Promise<void> {
    await this.#say(namespace, listenersMessage(event), false);
  }

  /** Waits until everything is stored or refused, and closes the backplane. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#flush();
    await Promise.allSettled(this.#open);
    await this.#backplane.close();
  }

  async #say(namespace: string, message: RemoteMessage, isBroadcast: boolean): Promise<void> {
    this.#checkOpen();
    const { talk } = this.#backplane;
    if (!talk?.publish)
      throw new ConfigError(
        'WRONG_STATE',
        'volatile events, events between servers and namespaces without a log need a backplane that connects servers',
      );
    await this.#noted(talk.publish(namespace, encodeMessage(message), isBroadcast));
  }

  /** Notes what `close` waits for. */
  #noted(done: Promise<void>): Promise<void> {
    this.#open.add(done);
    const settled = (): void => void this.#open.delete(done);
    done.then(settled, settled);
    return done;
  }

  #store(namespace: string, event: LoggedEvent): Promise<void> {
    this.#checkOpen();
    const record = recordOf(event, this.#codec.isOwnFormat, systemClock.now());
    // A message to the nodes has no packets.
    const size = Math.max(batchSizeOf(event), record.event.length);
    const stored = new Promise<void>((resolve, reject) => {
      if (this.#pending.size === 0) queueMicrotask(() => this.#flush());
      getOrCreate(this.#pending, namespace, () => []).push({ record, size, resolve, reject });
    });
    return this.#noted(stored);
  }

  #flush(): void {
    const all = [...this.#pending];
    this.#pending.clear();
    for (const [namespace, sent] of all) {
      let [batch, bytes]: [Sent[], number] = [[], 0];
      for (const each of sent) {
        const isFull = batch.length >= BATCH_RECORDS_MAX || bytes + each.size > BATCH_SIZE_MAX;
        if (batch.length > 0 && isFull) {
          this.#append(namespace, batch);
          [batch, bytes] = [[], 0];
        }
        batch.push(each);
        bytes += each.size;
      }
      this.#append(namespace, batch);
    }
  }

  #append(namespace: string, sent: readonly Sent[]): void {
    const failed = (error: unknown): void => {
      for (const { reject } of sent) reject(error);
    };
    const stored = (): void => {
      for (const { resolve } of sent) resolve();
    };
    const records = sent.map(({ record }) => record);
    void ask(() => after(this.#backplane.log.append(namespace, records), stored), failed);
  }

  #checkOpen(): void {
    if (this.#isClosed) throw new UnavailableError('CLOSED', 'The emitter is closed.');
  }
}
