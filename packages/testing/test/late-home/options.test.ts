import { describe } from 'vitest';
import { walkOptions } from '../../../naru/test/base/options/walk.js';
import { LateHome } from '../../src/late-home/late-home.js';
import { lateHomeTable } from '../../src/late-home/options.js';

describe('the options of a LateHome', () => walkOptions(lateHomeTable, (given) => new LateHome(given)));
