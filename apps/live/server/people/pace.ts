/** The limits of what a person says and reports. */
import { Pace } from 'naru-apps-kit/server/pace.js';

/** The kinds of request, each with a bucket of its own. */
export type Kind = keyof typeof RATES;

/** Makes the pace of a new person. */
export function freshPace(): Pace<Kind> {
  return new Pace(RATES);
}

const RATES = {
  say: { burst: 6, perSecond: 0.8, isWarned: true },
  air: { burst: 8, perSecond: 0.2, isWarned: true },
  report: { burst: 6, perSecond: 0.05, isWarned: true },
} as const;
