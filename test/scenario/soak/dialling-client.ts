/** What clients that make their connections by themselves have in common: they give up one that is silent, and dial again when one is lost. */
import type { Timer } from '../../../src/base/clock.js';
import { SoakClient } from './soak-client.js';

/** Milliseconds until it dials again. */
const DELAY_MS = [100, 2_000] as const;

/** A client that dials. Its subclasses say when something comes, and when a connection is over. */
export abstract class DiallingClient extends SoakClient {
  #silence: Timer | undefined = undefined;
  #redial: Timer | undefined = undefined;

  /** Something has come, or the connection was begun: `onSilence` follows when nothing more comes for so many milliseconds. */
  protected listenFor(silenceMs: number, onSilence: () => void): void {
    this.#quiet();
    this.#silence = this.state.clock.setTimeout(onSilence, silenceMs, undefined);
  }

  /** There is no connection any more; another follows, as long as one is wanted. */
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

  /** It leaves: nothing is waited for. */
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
