/**
 * The common part of clients that open their own connections: they give up a silent one, and dial again after a loss.
 */
import type { Timer } from '../../../packages/naru/src/base/clock.js';
import { SoakClient } from './soak-client.js';

/** Milliseconds until the client dials again. */
const DELAY_MS = [100, 2_000] as const;

/** A client that dials. Its subclasses report when data arrives, and when a connection is over. */
export abstract class DiallingClient extends SoakClient {
  #silence: Timer | undefined = undefined;
  #redial: Timer | undefined = undefined;

  /**
   * Data has arrived, or a connection has begun. `onSilence` follows when nothing more arrives for `silenceMs`
   * milliseconds.
   */
  protected listenFor(silenceMs: number, onSilence: () => void): void {
    this.#quiet();
    this.#silence = this.state.clock.setTimeout(onSilence, silenceMs, undefined);
  }

  /** The connection is lost. Another one follows while the client wants one. */
  protected lost(): void {
    this.#quiet();
    if (!this.isWanted) return;
    this.#redial ??= this.state.clock.setTimeout(
      () => {
        this.#redial = undefined;
        this.open();
      },
      this.random.integer(...DELAY_MS),
      undefined,
    );
  }

  /** The client leaves, and stops all waiting. */
  protected rest(): void {
    this.#quiet();
    if (this.#redial !== undefined) this.state.clock.clearTimeout(this.#redial);
    this.#redial = undefined;
  }

  #quiet(): void {
    if (this.#silence !== undefined) this.state.clock.clearTimeout(this.#silence);
    this.#silence = undefined;
  }
}
