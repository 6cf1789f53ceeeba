/** The rate limits of a person. */
import { Pace } from 'naru-apps-kit/server/pace.js';

/** The kinds of request, each with a bucket of its own. */
export type Kind = keyof typeof RATES;

/** Makes the pace of a new person. */
export function freshPace(): Pace<Kind> {
  return new Pace(RATES);
}

const RATES = {
  say: { burst: 6, perSecond: 0.8, isWarned: true },
  heart: { burst: 10, perSecond: 3, isWarned: false },
  air: { burst: 8, perSecond: 0.2, isWarned: true },
  report: { burst: 6, perSecond: 0.05, isWarned: true },
  act: { burst: 40, perSecond: 4, isWarned: true },
  /** Stills of moments on the tape. */
  still: { burst: 40, perSecond: 8, isWarned: false },
  /** Readings of history, each of which may return a megabyte of pictures. */
  past: { burst: 60, perSecond: 6, isWarned: false },
  /** Every event of any kind. A client that empties this bucket is disconnected. */
  flood: { burst: 1_200, perSecond: 400, isWarned: false },
} as const;
