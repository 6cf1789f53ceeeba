/** Sending to everybody in a namespace, and choosing some of them: what `to`, `in` and `except` begin with. */
import { Emitter, type EventName } from '../base/emitter.js';
import type { BroadcastOperator } from './broadcast.js';
import type { DrainedOptions } from './slow-readers/drain-waits.js';
import type { Socket } from './socket/socket.js';
import type { Room, SocketId } from './target.js';

/** Each method does what the method of that name does on an operator that means everybody. */
export abstract class Audience extends Emitter {
  /** Everybody. */
  protected abstract readonly everybody: BroadcastOperator<Socket>;

  /** Sends an event to everybody. See BroadcastOperator. */
  emit(name: EventName, ...args: unknown[]): boolean {
    return this.everybody.emit(name, ...args);
  }

  /** Sends an event to everybody and resolves with all acknowledgements. */
  emitWithAck(name: EventName, ...args: unknown[]): Promise<unknown> {
    return this.everybody.emitWithAck(name, ...args);
  }

  /** Sends a `message` event to everybody. */
  send(...args: unknown[]): this {
    this.emit('message', ...args);
    return this;
  }

  /** Same as `send`. */
  write(...args: unknown[]): this {
    return this.send(...args);
  }

  /** The sockets in a room, or rooms. */
  to(room: Room | readonly Room[]): BroadcastOperator<Socket> {
    return this.everybody.to(room);
  }

  /** Same as `to`. */
  in(room: Room | readonly Room[]): BroadcastOperator<Socket> {
    return this.everybody.in(room);
  }

  /** Everybody but the sockets in a room, or rooms. */
  except(room: Room | readonly Room[]): BroadcastOperator<Socket> {
    return this.everybody.except(room);
  }

  /** See BroadcastOperator. */
  compress(compress: boolean): BroadcastOperator<Socket> {
    return this.everybody.compress(compress);
  }

  /** See BroadcastOperator. */
  timeout(timeoutMs: number): BroadcastOperator<Socket> {
    return this.everybody.timeout(timeoutMs);
  }

  /** See BroadcastOperator. */
  get volatile(): BroadcastOperator<Socket> {
    return this.everybody.volatile;
  }

  /** See BroadcastOperator. */
  get local(): BroadcastOperator<Socket> {
    return this.everybody.local;
  }

  /** The ids of all sockets. Older name of what `fetchSockets` gives. */
  allSockets(): Promise<Set<SocketId>> {
    return this.everybody.allSockets();
  }

  /** All sockets. */
  fetchSockets(): Promise<Socket[]> {
    return this.everybody.fetchSockets();
  }

  /** Has all sockets join rooms. */
  socketsJoin(room: Room | readonly Room[]): void {
    this.everybody.socketsJoin(room);
  }

  /** Has all sockets leave rooms. */
  socketsLeave(room: Room | readonly Room[]): void {
    this.everybody.socketsLeave(room);
  }

  /** Disconnects all sockets. */
  disconnectSockets(close = false): void {
    this.everybody.disconnectSockets(close);
  }

  /** See BroadcastOperator. */
  key(key: string): BroadcastOperator<Socket> {
    return this.everybody.key(key);
  }

  /** See BroadcastOperator. */
  drained(options?: DrainedOptions): Promise<boolean> {
    return this.everybody.drained(options);
  }
}
