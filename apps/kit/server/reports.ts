/** Counts reports, and mutes a person whom several people reported. It stores aliases and times, but no text. */
import { CONDUCT } from '../shared/limits.js';

/** The part of the limits that a deployment may set. */
export interface ReportRules {
  readonly reportsToMute: number;
  readonly reporterAgeMs: number;
}

interface Case {
  /** Reporters and when they reported. */
  readonly reporters: Map<string, number>;
  mutedUntil: number;
  mutes: number;
}

/** Invariant: a case exists only while it has a fresh report, a mute that runs, or a mute within the last hour. */
export class Reports {
  readonly #cases = new Map<string, Case>();
  readonly #rules: ReportRules;

  constructor(rules: ReportRules) {
    this.#rules = rules;
  }

  /** The number of open cases. */
  get count(): number {
    return this.#cases.size;
  }

  /** Takes a report. Returns the length of the mute that it causes in milliseconds, or 0. */
  add(offender: string, reporter: { id: string; bornAt: number }, now: number): number {
    // Reports of new sessions do not count, so someone who opens several tabs cannot mute anybody.
    if (now - reporter.bornAt < this.#rules.reporterAgeMs) return 0;
    let open = this.#cases.get(offender);
    if (!open) {
      open = { reporters: new Map(), mutedUntil: 0, mutes: 0 };
      this.#cases.set(offender, open);
    }
    if (now < open.mutedUntil) return 0;
    this.#forgetOld(open, now);
    open.reporters.set(reporter.id, now);
    if (open.reporters.size < this.#rules.reportsToMute) return 0;
    open.reporters.clear();
    const length = Math.min(CONDUCT.muteLongestMs, CONDUCT.muteMs * 2 ** open.mutes);
    open.mutes++;
    open.mutedUntil = now + length;
    return length;
  }

  /** The milliseconds left of a mute, or 0. */
  mutedFor(id: string, now: number): number {
    return Math.max(0, (this.#cases.get(id)?.mutedUntil ?? 0) - now);
  }

  /** Forgets old reports and closed cases. */
  sweep(now: number): void {
    for (const [id, open] of this.#cases) {
      this.#forgetOld(open, now);
      const isCold = open.mutes === 0 || now - open.mutedUntil > CONDUCT.muteLongestMs;
      if (open.reporters.size === 0 && isCold) this.#cases.delete(id);
    }
  }

  #forgetOld(open: Case, now: number): void {
    for (const [reporter, at] of open.reporters) {
      if (now - at > CONDUCT.reportWindowMs) open.reporters.delete(reporter);
    }
  }
}
