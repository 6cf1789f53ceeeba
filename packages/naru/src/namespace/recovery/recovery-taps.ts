/** Tells the taps how sessions go on, and why they do not. */
import type { Offset } from '../../backplane/backplane.js';
import { recoveryContinued, recoveryFailed, recoveryTaken } from '../../taps/taps.js';
import type { RecoveredState } from './written-session.js';

/** A client goes on with its session. */
export function tellContinued(namespace: string, { id, after, isElsewhere }: RecoveredState): void {
  if (recoveryContinued.hasSubscribers) recoveryContinued.publish({ namespace, socket: id, after, isElsewhere });
}

/** A client does not get its session, for a reason of `recoveryFailed`. */
export function tellFailed(namespace: string, reason: string, after: Offset | undefined): void {
  if (recoveryFailed.hasSubscribers) recoveryFailed.publish({ namespace, reason, after });
}

/** Another process has a session. */
export function tellTaken(namespace: string, socket: string): void {
  if (recoveryTaken.hasSubscribers) recoveryTaken.publish({ namespace, socket });
}
