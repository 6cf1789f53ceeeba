/** The messages between servers. Inputs and snapshots travel in one bundle for each tick and server. */

import type { Ending, Place, Refusal } from '../../shared/protocol.js';
import type { GameServer } from '../game-server.js';
import type { Guest } from '../rooms/player.js';
import { ROOMS } from './journal.js';

/** The inputs of one connection. */
export type InputParcel = readonly [code: string, socket: string, bytes: Uint8Array];

/** The snapshot for one connection. */
export type SnapshotParcel = readonly [socket: string, bytes: Uint8Array];

/** A message from one server to another. */
export type Message =
  | { readonly type: 'enter'; readonly id: number; readonly code: string; readonly guest: Guest }
  | { readonly type: 'answer'; readonly id: number; readonly answer: Place | Refusal }
  | { readonly type: 'leave'; readonly code: string; readonly key: string; readonly why: Ending }
  | { readonly type: 'lose'; readonly code: string; readonly socket: string }
  | { readonly type: 'rename'; readonly code: string; readonly guest: Guest }
  | { readonly type: 'over'; readonly code: string; readonly socket: string; readonly why: Ending }
  | { readonly type: 'bundle'; readonly inputs: readonly InputParcel[]; readonly snapshots: readonly SnapshotParcel[] };

interface Bundle {
  inputs: InputParcel[];
  snapshots: SnapshotParcel[];
}

interface Question {
  /** The number of sweeps that it has seen. */
  age: number;
  readonly resolve: (answer: Place | Refusal) => void;
}

/** The part of a namespace that reaches other servers. */
interface Wire {
  on(event: 'post', listener: (to: string, from: string, message: Message) => void): unknown;
  on(event: 'who', listener: (answer: (node: string) => void) => void): unknown;
  serverSideEmitWithAck(event: 'who'): Promise<string[]>;
  serverSideEmit(event: 'post', to: string, from: string, message: Message): unknown;
}

/** Sends and receives messages. */
export class Post {
  /** The code of this server. A server without others needs none. */
  readonly here: string;
  readonly #wire: Wire;
  readonly #bundles = new Map<string, Bundle>();
  readonly #questions = new Map<number, Question>();
  #lastId = 0;

  constructor(io: GameServer, onMessage: (from: string, message: Message) => void) {
    this.here = io.node ?? 'alone';
    this.#wire = io.of(ROOMS) as unknown as Wire;
    this.#wire.on('post', (to, from, message) => {
      if (to !== this.here) return;
      if (message.type === 'answer') this.#answer(message.id, message.answer);
      else onMessage(from, message);
    });
    this.#wire.on('who', (answer) => answer(this.here));
  }

  /** The other servers. Undefined if one of them is late with its answer, because it may be there nevertheless. */
  async others(): Promise<ReadonlySet<string> | undefined> {
    const nodes = await this.#wire.serverSideEmitWithAck('who').catch(() => undefined);
    return nodes && new Set(nodes);
  }

  /** Sends a message. It may be lost if the other server dies. */
  send(to: string, message: Message): void {
    this.#wire.serverSideEmit('post', to, this.here, message);
  }

  /** Asks the owner of a room for a place. A server that does not answer in time counts as busy. */
  enter(to: string, code: string, guest: Guest): Promise<Place | Refusal> {
    const id = ++this.#lastId;
    return new Promise((resolve) => {
      this.#questions.set(id, { age: 0, resolve });
      this.send(to, { type: 'enter', id, code, guest });
    });
  }

  /** Adds inputs to the next bundle. A connection can fill it only as fast as its pace allows. */
  addInputs(to: string, parcel: InputParcel): void {
    this.#bundleFor(to).inputs.push(parcel);
  }

  /** Adds a snapshot to the next bundle. */
  addSnapshot(to: string, parcel: SnapshotParcel): void {
    this.#bundleFor(to).snapshots.push(parcel);
  }

  /** Sends the bundles. To be called at the end of each tick. */
  flush(): void {
    for (const [to, { inputs, snapshots }] of this.#bundles) this.send(to, { type: 'bundle', inputs, snapshots });
    this.#bundles.clear();
  }

  /** Gives up questions that nobody has answered. To be called about twice a second. */
  sweep(): void {
    for (const [id, question] of this.#questions) if (++question.age > SWEEPS_MAX) this.#answer(id, 'busy');
  }

  #bundleFor(to: string): Bundle {
    let bundle = this.#bundles.get(to);
    if (!bundle) {
      bundle = { inputs: [], snapshots: [] };
      this.#bundles.set(to, bundle);
    }
    return bundle;
  }

  #answer(id: number, answer: Place | Refusal): void {
    this.#questions.get(id)?.resolve(answer);
    this.#questions.delete(id);
  }
}

/** Sweeps after which a question counts as unanswered: a little more than the time of a lease. */
const SWEEPS_MAX = 7;
