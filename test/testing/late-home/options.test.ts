import { describe } from 'vitest';
import { LateHome } from '../../../src/testing/late-home/late-home.js';
import { lateHomeTable } from '../../../src/testing/late-home/options.js';
import { walkOptions } from '../../base/options/walk.js';

describe('the options of a LateHome', () => walkOptions(lateHomeTable, (given) => new LateHome(given)));
