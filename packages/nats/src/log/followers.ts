/** The namespaces that an uplink follows: their streams tell of each message as soon as they have it. */
import { tellBatch } from '@naru/broker';
import type { NatsMessage } from '../driver.js';
import { tokenOf } from '../names.js';
import type { UplinkParts } from '../uplink.js';
import type { Group } from './group.js';
import { headOf } from './pages.js';

/** The base record that the writer of a message knows. */
export const BASE_HEADER = 'Naru-Base';
/** A message with this header says that there may be messages that were not told. */
const MORE_HEADER = 'Naru-More';

/** A namespace that is followed. */
interface Followed {
  readonly group: Group;
  end(): void;
}

/** The followers of one uplink. */
export class LogFollowers {
  readonly #parts: UplinkParts;
  readonly #isOwn: (id: string) => boolean;
  readonly #followed = new Map<string, Followed>();
  /** For own messages that were told and not answered yet: the sequence of the message before. */
  readonly #previous = new Map<number, number>();

  /** `isOwn` tells whether an id is that of a message of this node without an answer. */
  constructor(parts: UplinkParts, isOwn: (id: string) => boolean) {
    this.#parts = parts;
    this.#isOwn = isOwn;
  }

  /** From now on, the uplink is told of a namespace. */
  follow(group: Group, namespace: string): void {
    this.unfollow(namespace);
    const end = this.#parts.connection.subscribe(this.#subject(group, namespace), (message) =>
      this.#take(group, namespace, message),
    );
    this.#followed.set(namespace, { group, end });
    group.namespace(namespace).isFollowed = true;
  }

  /** Ends that. */
  unfollow(namespace: string): void {
    const followed = this.#followed.get(namespace);
    if (!followed) return;
    followed.end();
    followed.group.namespace(namespace).isFollowed = false;
    this.#followed.delete(namespace);
  }

  /**
   * Returns the sequence of the message before an own one, `undefined` if the own one was not told. 0 stands for none.
   */
  takePrevious(seq: number): number | undefined {
    const previous = this.#previous.get(seq);
    this.#previous.delete(seq);
    return previous;
  }

  /** Says to the followers of a namespace that there may be messages that they were not told of. */
  tellMore(group: Group, namespace: string): void {
    this.#parts.connection.publish(this.#subject(group, namespace), new Uint8Array(0), { [MORE_HEADER]: '1' });
  }

  /**
   * Looks whether messages were not told. Between servers they can get lost, and the next one that shows it may be far
   * off.
   */
  check(): void {
    const { connection, handler } = this.#parts;
    for (const [namespace, { group }] of this.#followed) {
      const { subject } = group.namespace(namespace);
      const known = group.namespace(namespace).newest.seq;
      connection.get(group.stream, { last_by_subj: subject }).then(
        (message) => {
          if (message && message.seq > known && group.namespace(namespace).newest.seq === known)
            handler.onMore(namespace);
        },
        // The connection has an answer that cannot be read. The next look asks again.
        () => undefined,
      );
    }
  }

  #take(group: Group, namespace: string, { body, header }: NatsMessage): void {
    const { handler } = this.#parts;
    if (header(MORE_HEADER) !== undefined || Number(header(BASE_HEADER)) > group.baseSeq) {
      handler.onMore(namespace);
      return;
    }
    const seq = Number(header('Nats-Sequence'));
    const previous = Number(header('Nats-Last-Sequence'));
    const id = header('Nats-Msg-Id');
    const { count } = headOf(id);
    group.note(group.namespace(namespace), seq, count);
    group.cache.add(namespace, { seq, body, count }, previous);
    // The answer to the append brings the same.
    if (this.#isOwn(id ?? '')) {
      this.#previous.set(seq, previous);
      return;
    }
    tellBatch(handler, namespace, group.offset(previous), group.numbers.last(seq), body);
  }

  #subject({ pushPrefix }: Group, namespace: string): string {
    return `${pushPrefix}.${tokenOf(namespace)}`;
  }
}
