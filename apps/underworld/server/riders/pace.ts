/** The limits of what a rider does, which it is told about in its language. */
import { Pace } from 'naru-apps-kit/server/pace.js';
import { LIMITS } from '../../shared/limits.js';

/** The kinds of request, each with a bucket of its own. */
export type Kind = keyof typeof RATES;

/** Makes the pace of a new rider. */
export function freshPace(): Pace<Kind> {
  return new Pace(RATES);
}

const RATES = {
  say: { burst: 6, perSecond: 0.8, isWarned: true },
  react: { burst: 12, perSecond: 1, isWarned: true },
  picture: { burst: 3, perSecond: 0.1, isWarned: true },
  make: { burst: LIMITS.stationsMadePerRider, perSecond: LIMITS.stationsMadePerRider / 3_600, isWarned: false },
  report: { burst: 6, perSecond: 0.05, isWarned: true },
  act: { burst: 40, perSecond: 4, isWarned: true },
} as const;
