import { describe, expect, it } from 'vitest';
import { rulesFrom } from '../server/rules.js';
import { CONDUCT } from '../shared/limits.js';

describe('the rules', () => {
  it('come from the variables of one application', () => {
    const env = { APP_GRACE_MS: '5', APP_REPORTS_TO_MUTE: '1', OTHER_REPORTER_AGE_MS: '7' };
    expect(rulesFrom(env, 'APP', 30)).toEqual({
      graceMs: 5,
      reportsToMute: 1,
      reporterAgeMs: CONDUCT.reporterAgeMs,
    });
  });

  it('are the defaults where a variable is missing or unusable', () => {
    for (const text of [undefined, '', ' ', 'soon', '-1', '1.5', '1e400']) {
      expect([text, rulesFrom({ APP_GRACE_MS: text }, 'APP', 30).graceMs]).toEqual([text, 30]);
    }
  });
});
