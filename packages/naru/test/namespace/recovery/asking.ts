import { EventEmitter } from 'node:events';
import type { AskingConnection } from '../../../src/namespace/recovery/session-search.js';
import type { ReadyState } from '../../../src/session/ready-state.js';

/** A connection whose client answers nothing until `answer`. */
export type FakeConnection = AskingConnection & { answer(): void; close(): void };

export function connectionOf(readyState: ReadyState, canAsk = true): FakeConnection {
  const pongs: (() => void)[] = [];
  const emitter = new EventEmitter();
  return Object.assign(emitter, {
    readyState,
    probe: (onPong: () => void) => canAsk && pongs.push(onPong) > 0,
    answer: () => {
      for (const onPong of pongs.splice(0)) onPong();
    },
    close: () => void emitter.emit('close'),
  }) as unknown as FakeConnection;
}
