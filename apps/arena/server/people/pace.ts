/** The rate limits of a person. */
import { Pace } from 'naru-apps-kit/server/pace.js';

/** The kinds of request, each with a bucket of its own. */
export type Kind = keyof typeof RATES;

/** Makes the pace of a new person. */
export function freshPace(): Pace<Kind> {
  return new Pace(RATES);
}

const RATES = {
  play: { burst: 10, perSecond: 0.5, isWarned: false },
  name: { burst: 10, perSecond: 0.5, isWarned: true },
  act: { burst: 20, perSecond: 2, isWarned: false },
  /** Messages with inputs. A page sends 30 in a second. Further ones are dropped. */
  inputs: { burst: 60, perSecond: 36, isWarned: false },
  /** Every event of any kind. A client that empties this bucket is disconnected. */
  flood: { burst: 300, perSecond: 100, isWarned: false },
} as const;
