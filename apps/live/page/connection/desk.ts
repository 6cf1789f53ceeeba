/** Follows the broadcast of a program whose key this page has. */
import type { Ending, Desk as Figures } from '../../shared/protocol.js';
import type { OwnAir } from '../state/state.js';
import type { Session } from './session.js';

/** The desk of one key. */
export class Desk {
  readonly #session: Session;
  readonly #stops: (() => void)[] = [];

  constructor(session: Session, key: string) {
    this.#session = session;
    const { socket, store } = session;
    const onDesk = (id: string, desk: Figures): void => this.#set(id, { status: 'on', desk, why: undefined });
    const onOff = (id: string, why: Ending): void => this.#set(id, { status: 'refused', desk: undefined, why });
    const onList = (): void => {
      const { program, onAir } = store.state;
      if (!program || onAir.some(({ id, isLost }) => id === program.id && !isLost)) return;
      if (program.status === 'on') this.#set(program.id, { status: 'waiting', desk: undefined });
    };
    socket.on('desk', onDesk);
    socket.on('off', onOff);
    this.#stops.push(
      () => socket.off('desk', onDesk),
      () => socket.off('off', onOff),
      store.watch(onList),
      session.whenOnline(() => void this.#open(key)),
    );
  }

  /** Ends the desk. */
  close(): void {
    for (const stop of this.#stops.splice(0)) stop();
    this.#session.store.set({ program: undefined });
  }

  async #open(key: string): Promise<void> {
    const answer = await this.#session.ask<{ id: string; onAir: boolean }>((socket) =>
      socket.emitWithAck('desk:open', { key }),
    );
    if (!answer.ok) return;
    this.#session.store.set({ program: undefined });
    const none = { isCameraOff: false, isSilent: false, isSlow: false } as const;
    const status = answer.onAir ? 'on' : 'waiting';
    this.#session.store.set({ program: { id: answer.id, kind: 'program', status, ...none } });
    await this.#session.readTalk(answer.id);
  }

  #set(id: string, fields: Partial<OwnAir>): void {
    const { store } = this.#session;
    const { program } = store.state;
    if (program?.id === id) store.set({ program: { ...program, ...fields } });
  }
}
