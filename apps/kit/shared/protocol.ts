/** Data that pages and servers of all applications exchange: people, answers and reports. */

/** A person as others see them. The name is three numbers, which each page words in its own language. */
export interface Card {
  /** The public alias, stable for one session. It does not reveal the secret ticket that it was computed from. */
  readonly id: string;
  /** Indexes of an adjective and a noun, and a number from 10 to 99. */
  readonly name: readonly [adjective: number, noun: number, number: number];
  /** Index of a colour, from 0 to 11. */
  readonly hue: number;
}

/** A refusal of a command. `why` is one of the codes of the application. */
export interface Refused<Why extends string> {
  readonly ok: false;
  readonly why: Why;
  readonly waitMs?: number;
}

/** The acknowledgement of a command. */
export type AnswerOf<Why extends string, T = object> = ({ readonly ok: true } & T) | Refused<Why>;

/** The reasons for a report. The server checks the reason and forgets it. */
export const REPORT_REASONS = ['spam', 'abuse', 'sexual', 'other'] as const;

/** A reason for a report. */
export type ReportReason = (typeof REPORT_REASONS)[number];
