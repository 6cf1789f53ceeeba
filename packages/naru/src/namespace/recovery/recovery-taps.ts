/** Tells the taps how sessions go on, and why they do not. */
import type { Offset } from '../../backplane/backplane.js';
import { recoveryContinued, recoveryFailed, recoveryTaken } from '../../taps/taps.js';
import type { RecoveredState, Restored } from './written-session.js';

/** A client goes on with its session. */
export function tellContinued(namespace: string, { id, after, isElsewhere }: RecoveredState): void {
  if (recoveryContinued.hasSubscribers) recoveryContinued.publish({ namespace, socket: id, after, isElsewhere });
}

/** A client has asked for its session. Without a state, it does not get it. */
export function tellSought(namespace: string, found: Restored | undefined, after: Offset | undefined): void {
  if (found?.state || !recoveryFailed.hasSubscribers) return;
  recoveryFailed.publish({ namespace, reason: found ? 'gap' : 'unknown', after });
}

/** The home did not say whether it has a session. */
export function tellUnavailable(namespace: string, after: Offset | undefined): void {
  if (recoveryFailed.hasSubscribers) recoveryFailed.publish({ namespace, reason: 'unavailable', after });
}

/** Another process has a session. */
export function tellTaken(namespace: string, socket: string): void {
  if (recoveryTaken.hasSubscribers) recoveryTaken.publish({ namespace, socket });
}
